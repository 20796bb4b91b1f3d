# SPDX-License-Identifier: Apache-2.0
"""Random networks: the same bits on every device, and ONNX Runtime's values. Arguments: seed, how many, device ..."""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx

import random_graph
import random_models

COMMAND = os.path.abspath(os.environ.get("SYSTOLE", "build/systole"))


def systole(*arguments):
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=200, check=False)
    return done.returncode, done.stdout + done.stderr


def differs(family, got, want):
    """
    What is wrong with an output, or None. A screen for what is plainly wrong: with normalisations in it a network may make much of
    the last bits. The derived bounds, node by node, are test-ort's.
    """
    if got.shape != want.shape or got.dtype != want.dtype:
        return f"{got.dtype}{got.shape} where ONNX Runtime has {want.dtype}{want.shape}"
    if not want.size:
        return None
    error = float(np.max(np.abs(got.astype(np.float64) - want.astype(np.float64))))
    size = max(float(np.max(np.abs(want))), 1e-2)
    if not np.isfinite(got).all():
        return "not finite"
    if family == "operators": # a product that lies between two bytes may go either way
        return None if error <= 1 else f"{error:.0f} off"
    return f"error {error:.3g} of {size:.3g}" if error > (0.02 if family == "bytes" else 2e-4) * size else None


def judge(seed, family, devices, folder):
    graph, outputs, family = random_models.grow(seed, family)
    if not outputs:
        return "" # nothing fitted
    model = graph.model(outputs)
    path = f"{folder}/model.onnx"
    if graph.chance(0.2):
        onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=200)
    else:
        onnx.save(model, path)
    try:
        want = random_graph.run_ort(path, graph.feeds)
    except Exception: # pylint: disable=broad-except
        return "" # the nodes one by one are right, their shapes together are not what it infers
    inputs = []
    for name, value in graph.feeds.items():
        np.save(f"{folder}/{name}.npy", value)
        inputs += ["--input", f"{name}={folder}/{name}.npy"]
    code, text = systole("run", path, "--device", "cpu", "--output", folder, *inputs)
    kinds = " ".join(n.op_type for n in graph.nodes if n.op_type != "Constant")
    if code:
        return f"{family} exit {code}: {text.strip()[-300:]} [{kinds}]"
    for name, value in zip(outputs, want):
        why = differs(family, np.load(f"{folder}/{name}.npy"), value)
        if why:
            return f"{family} {name}: {why} [opset {graph.opset}: {kinds}]"
    code, text = systole("compare", path, "--devices", ",".join(devices), *inputs)
    return f"{family} compare exit {code}: {text.strip()[-400:]} [{kinds}]" if code else None


def main():
    first, count, devices = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    failed = empty = 0
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            try:
                why = judge(seed, os.environ.get("FAMILY"), devices, folder)
            except subprocess.TimeoutExpired as late:
                why = f"hangs: {late}"
        empty += why == ""
        if why:
            failed += 1
            print(f"  seed {seed}: {why}", flush=True)
    print(f"seeds {first} to {first + count - 1}; skipped: nothing that was tried fitted, or ONNX Runtime infers other shapes")
    print(f"test-random-models: {count - failed - empty} passed, {failed} failed, {empty} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
