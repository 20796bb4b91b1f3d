#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_roofline.py <FILE.json : the ladder of `systole roofline --json` by its own numbers; says what its rates are of."""
import json
import sys

ladder = json.load(sys.stdin)
rungs, faults = ladder["rungs"], []
for g in rungs:
    rows, cols, depth = (int(n) for n in g["what"].split("x"))
    if g["macs"] != rows * cols * depth or abs(g["intensity"] * g["bytes"] - g["macs"]) > 1e-6 * g["macs"]:
        faults.append(f"{g['what']}: MACs")
    if abs(g["roof"] - min(ladder["peak"], g["intensity"] * ladder["bandwidth"])) > 1e-6 * g["roof"]:
        faults.append(f"{g['what']}: roof")
    if abs(g["share"] * g["roof"] - g["rate"]) > 1e-6 * g["rate"] or abs(g["share_of_peak"] * ladder["peak"] - g["rate"]) > 1e-6 * g["rate"]:
        faults.append(f"{g['what']}: share")
    if not g["rate_least"] <= g["rate"] <= g["rate_most"]:
        faults.append(f"{g['what']}: spread")
    if ladder["unit"] == "cycle" and (abs(g["rate"] * g["cycles"] - g["macs"]) > 1e-6 * g["macs"] or g["share"] > 1):
        faults.append(f"{g['what']}: {g['share']} of what its cycles allow")
for low, high in zip(rungs, rungs[1:]):
    if int(high["what"].split("x")[0]) != 2 * int(low["what"].split("x")[0]) or ladder["unit"] == "cycle" and high["rate"] < 0.99 * low["rate"]:
        faults.append(f"{high['what']}: no rung above {low['what']}")
print(f"{len(rungs)} rungs of a {ladder['unit']} by the clock of the {ladder['clock']}: {faults or 'consistent'}")
