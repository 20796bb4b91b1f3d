# SPDX-License-Identifier: Apache-2.0
"""One row a claim: value, bound and command, from the reports of the targets that measure.

usage: table.py REPORT ...          reports that are not there are told, and no failure
"""
import json
import pathlib
import sys


def judge(row):
    if row["sense"] == "min" and not row["bound"]:
        return ""
    met = row["value"] >= row["bound"] if row["sense"] == "min" else row["value"] <= row["bound"]
    return "met" if met else "MISSED"


def main():
    missed = rows = 0
    for path in map(pathlib.Path, sys.argv[1:]):
        if not path.exists():
            print(f"{path}: not measured yet")
            continue
        print(f"\n{path.stem}")
        for row in json.loads(path.read_text(encoding="utf-8")):
            verdict = judge(row)
            rows += 1
            missed += verdict == "MISSED"
            bound = f"{'>=' if row['sense'] == 'min' else '<='} {row['bound']:g}" if verdict else ""
            print(f"  {row['value']:>12g} {row['unit']:<10} {bound:>10} {verdict:<7} {row['claim']}   [{row['command']}]")
    print(f"\n{rows} rows, {missed} below what was asked")


main()
