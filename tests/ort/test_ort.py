# SPDX-License-Identifier: Apache-2.0
"""Networks held against ONNX Runtime: docs/decisions/onnx-runtime.md.

usage: test_ort.py MODELS_DIR SEED DEVICE ...
"""
import sys

import fp32_bound
import int8_equality
import report

INPUTS = 200
FEW = 20 # six passes on a simulator take their time


def main():
    folder, seed, devices = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    fast = [d for d in devices if not d.startswith("sim:")]
    result = report.Report("test-ort", "make test-ort")
    for model in ("ad", "kws"):
        int8_equality.judge(folder, model, seed, INPUTS, devices, result)
    for model in ("ad", "kws"):
        fp32_bound.judge(folder, model, seed, INPUTS, fast, result)
        if fast != devices:
            fp32_bound.judge(folder, model, seed + 1, FEW, devices, result)
    return result.finish()


if __name__ == "__main__":
    sys.exit(main())
