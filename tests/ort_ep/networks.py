# SPDX-License-Identifier: Apache-2.0
"""The int8 networks of MLPerf Tiny through the plug-in, every output against ONNX Runtime's own CPU provider."""
import os
import time

import numpy as np

import provider

INPUTS = 200
FEW = 5  # on the simulated RTL


def outputs(session, xs):
    name = session.get_inputs()[0].name
    return [session.run(None, {name: x})[0] for x in xs]


def judge(folder, model, seed, device, simulator, result):
    path = f"{folder}/mlperf_tiny/{model}_int8.onnx"
    if not os.path.exists(path):
        print(f"  SKIP: {path} is not there")
        result.skipped += 1
        return
    ours = provider.plugged(path, device)
    info = ours.get_inputs()[0]
    shape = [d if isinstance(d, int) else 1 for d in info.shape]
    xs = [np.random.default_rng(seed + i).integers(-128, 128, shape, np.int8) for i in range(INPUTS)]
    mine, others, fused = provider.assigned(ours)
    print(f"  {model}_int8, {INPUTS} inputs, seed {seed}: {sum(mine.values())} nodes in {fused} fused; left to ONNX Runtime: {others or 'none'}")
    start = time.monotonic()
    got = outputs(ours, xs)
    seconds = time.monotonic() - start
    want = outputs(provider.plain(path), xs)
    differ, values = provider.differing(got, want), sum(x.size for x in got)
    print(f"    {values - differ} of {values} output values equal to its own CPU provider's; {1000 * seconds / INPUTS:.2f} ms an input on {device}")
    result.count(f"{model}_int8: every output equals ONNX Runtime's own", differ == 0)
    result.count(f"{model}_int8: every product is the plug-in's", not {"Conv", "MatMul", "Gemm"} & set(others))
    result.row(f"{model} int8 through the plug-in: output values that differ from ONNX Runtime's CPU provider, of {values}", differ, "values", 0)
    unoptimised = outputs(provider.plugged(path, device, "off"), xs)
    own = outputs(provider.plain(path, "off"), xs)
    print(f"    optimisation off: the plug-in's output differs from its optimised one in {provider.differing(unoptimised, got)} values, "
          f"ONNX Runtime's own from its own in {provider.differing(own, want)}")
    result.count(f"{model}_int8: the plug-in gives the same with optimisation off", provider.differing(unoptimised, got) == 0)
    for other, count in (("cpu", INPUTS), (simulator, FEW)):
        again = outputs(provider.plugged(path, other), xs[:count])
        result.count(f"{model}_int8: {other} has the bits of {device}", provider.differing(again, got[:count]) == 0)
