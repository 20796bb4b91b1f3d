#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_wave.py LONG SHORT: two FST files; both span some time, the first one more. A cycle is two units of time."""
import struct
import sys

spans = []
for path in sys.argv[1:]:
    with open(path, "rb") as f:
        kind, _, start, end = struct.unpack(">BQQQ", f.read(25))
    spans.append(end - start if kind == 0 else -1)
print("waves" if spans[0] > spans[1] > 1000 else f"wrong: {spans}")
