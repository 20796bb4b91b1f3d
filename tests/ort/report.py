# SPDX-License-Identifier: Apache-2.0
"""Checks counted, figures written as build/report/<name>.json."""
import json
import os


class Report:
    def __init__(self, name, command):
        self.name, self.command = name, command
        self.passed = self.failed = self.skipped = 0
        self.rows = []

    def count(self, what, good):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f"  FAILED: {what}")

    def row(self, claim, value, unit, bound, sense="max"):
        self.rows.append({"claim": claim, "value": value, "unit": unit, "bound": bound, "sense": sense, "command": self.command})

    def finish(self):
        os.makedirs("build/report", exist_ok=True)
        with open(f"build/report/{self.name}.json", "w", encoding="ascii") as file:
            json.dump(self.rows, file, indent=1)
            file.write("\n")
        print(f"{self.name}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0
