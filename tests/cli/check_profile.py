#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads what `systole run --profile --json` says and holds it against itself."""
import json
import sys

run = json.load(sys.stdin)
totals, steps = run["totals"], run["steps"]
shares = ("ARRAY_BUSY", "VECTOR_BUSY", "STALL_")


def check(what, holds):
    if not holds:
        print("wrong:", what)
        sys.exit(1)


for name in ("macs", "cycles", "read_bytes", "write_bytes", "on_host", "special"):
    check(name, sum(s[name] for s in steps) == totals[name])
for s in steps:
    counted = sum(v for k, v in s["counters"].items() if k.startswith(shares))
    check(f"{s['node']}: shares {counted}, cycles {s['cycles']}", counted == s["cycles"])
    check(f"{s['node']}: where", s["where"] in ("device", "host", "fused"))
    check(f"{s['node']}: a step on the host of a device says why", s["where"] != "host" or totals["rows"] == 0 or s["why"])
    check(f"{s['node']}: launches", s["where"] != "device" or s["launches"] > 0 or s["cycles"] > 0)
    check(f"{s['node']}: time", s["start"] >= 0 and s["seconds"] >= 0)
    if totals["cycles"] and s["cycles"]:
        most = s["cycles"] * totals["rows"] * totals["cols"]
        check(f"{s['node']}: use {s['utilisation']}", abs(s["utilisation"] - s["macs"] / most) < 1e-6 and s["utilisation"] <= 1)
check("nothing ran on the device", totals["rows"] == 0 or any(s["where"] == "device" for s in steps))
print("consistent")
