#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_trace.py FILE: the instructions in a trace of `systole run --trace`, against the steps of the same trace."""
import json
import sys
from collections import defaultdict

with open(sys.argv[1], encoding="utf-8") as f:
    events = json.load(f)["traceEvents"]
names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name" and e["pid"] == 2}
tracks = defaultdict(list)
for e in events:
    if e["ph"] == "X" and e["pid"] == 2:
        tracks[e["tid"]].append((e["ts"], e["ts"] + e["dur"]))
end = max(e for _, e in tracks[1])
overlaps = sum(a[1] > b[0] for spans in tracks.values() for a, b in zip(sorted(spans), sorted(spans)[1:]))
late = sum(e > end for tid, spans in tracks.items() if tid > 1 for _, e in spans)
print("queues:", sorted({names[tid] for tid in tracks if tid > 1}), "overlapping:", overlaps, "beyond the end:", late)
