# SPDX-License-Identifier: Apache-2.0
"""The plug-in in ONNX Runtime: docs/onnx-runtime-ep.md.

usage: test_ort_ep.py MODELS_DIR SEED DEVICE SIMULATOR
"""
import os
import sys

import numpy as np

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "ort"))

import graphs
import networks
import operators
import provider
import report
import special

GRAPHS = 150  # of each kind
OPERATORS = 150
FEW = 10  # on the simulated RTL


def unequal(a, b):
    """As numbers: both zeros are equal."""
    return sum(int(np.sum(x != y)) if x.shape == y.shape and x.dtype == y.dtype else max(x.size, 1) for x, y in zip(a, b))


def random_graphs(make, kind, seed, device, simulator, result):
    """Every output of random graphs equals what ONNX Runtime's CPU provider makes of the graph as it is written.

    Optimised it has a kernel of its own for the sum of quantised tensors, which adds the zero point before it rounds: halves go elsewhere.
    Graphs without such a sum equal the optimised ones too; where one is not the plug-in's (`left`), only the graph as it is written is compared.
    """
    wrong, nodes, ours, parts, own, left = 0, 0, 0, 0, 0, 0
    for i in range(GRAPHS):
        model, x = make(seed + i)
        want = provider.plain(model, "off").run(None, {"x": x})
        optimised = provider.plain(model, "all").run(None, {"x": x})
        changed = unequal(optimised, want)
        own += changed
        if make is not graphs.quantised or not any(node.op_type == "Add" for node in model.graph.node):
            wrong += changed
        for level in ("all", "off"):
            session = provider.plugged(model, device, level)
            mine, others, fused = provider.assigned(session)
            ours, nodes, parts = ours + sum(mine.values()), nodes + sum(mine.values()) + sum(others.values()), parts + fused
            got = session.run(None, {"x": x})
            if level == "all" and make is graphs.quantised and "Add" in others:
                left += 1
                continue
            bad = unequal(got, want)
            if bad:
                print(f"    seed {seed + i}, optimisation {level}: {bad} values differ")
            wrong += bad
        if i < FEW:
            again = provider.plugged(model, simulator, "off").run(None, {"x": x})
            wrong += provider.differing(again, got)
    print(f"  {GRAPHS} random graphs of {kind}, seeds {seed} to {seed + GRAPHS - 1}, optimised and not: {ours} of {nodes} nodes in {parts} fused, "
          f"{wrong} values differ ({left} not compared); between ONNX Runtime's own optimised and not: {own}")
    result.count(f"random graphs of {kind} equal ONNX Runtime's own", wrong == 0 and ours > 0 and parts > GRAPHS)
    result.row(f"random graphs of {kind}: values that differ from ONNX Runtime's CPU provider", wrong, "values", 0)


def integers(seed, device, result):
    wrong, taken, kinds = 0, 0, {}
    for i in range(OPERATORS):
        model, feeds = operators.integer(seed + i)
        session = provider.plugged(model, device)
        taken += provider.assigned(session)[2]
        op = model.graph.node[0].op_type
        kinds[op] = kinds.get(op, 0) + 1
        bad = provider.differing(session.run(None, feeds), provider.plain(model).run(None, feeds))
        if bad:
            print(f"    seed {seed + i}: {op}: {bad} values differ")
        wrong += bad
    print(f"  {OPERATORS} integer operators, seeds {seed} to {seed + OPERATORS - 1}: {kinds}, {wrong} values differ")
    result.count("integer operators equal ONNX Runtime's own", wrong == 0 and taken == OPERATORS)
    result.row("integer operators: values that differ from ONNX Runtime's CPU provider", wrong, "values", 0)


def reals(seed, device, simulator, result):
    worst, theirs, unlike, x1_unlike = 0.0, 0.0, 0, 0
    for i in range(OPERATORS):
        model, feeds, want, bound = operators.real(seed + i)
        got = provider.plugged(model, device).run(None, feeds)
        ratio = float(np.max(np.abs(got[0] - want) / np.maximum(bound, 1e-300)))
        if ratio > 1:
            print(f"    seed {seed + i}: {model.graph.node[0].op_type} is off by {ratio:.2f} of its bound")
        worst = max(worst, ratio)
        theirs = max(theirs, float(np.max(np.abs(provider.plain(model).run(None, feeds)[0] - want) / np.maximum(bound, 1e-300))))
        for other in ("cpu", simulator) if i < FEW else ("cpu",):
            unlike += provider.differing(provider.plugged(model, other).run(None, feeds), got)
        x1_unlike += provider.differing(provider.plugged(model, device, precision="x1").run(None, feeds), got) > 0
    print(f"  {OPERATORS} products of fp32, seeds {seed} to {seed + OPERATORS - 1}: largest error {worst:.3f} of the bound of x6, ONNX Runtime's {theirs:.3f}; "
          f"{unlike} values differ from device to device; x1 changes {x1_unlike}")
    result.count("products of fp32 within the bound of x6", worst <= 1)
    result.count("products of fp32 have the same bits on every device", unlike == 0)
    result.count("the precision is what was asked for", x1_unlike > OPERATORS // 2)
    result.row("products of fp32 through the plug-in: largest error in units of x6's derived bound", worst, "of the bound", 1)


def main():
    folder, seed, device, simulator = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    provider.register()
    result = report.Report("test-ort-ep", "make test-ort-ep")
    for model in ("ad", "kws"):
        networks.judge(folder, model, seed, device, simulator, result)
    random_graphs(graphs.quantised, "bytes", seed, device, simulator, result)
    random_graphs(graphs.floats, "fp32", seed, device, simulator, result)
    integers(seed, device, result)
    reals(seed, device, simulator, result)
    special.judge(device, simulator, result)
    return result.finish()


if __name__ == "__main__":
    sys.exit(main())
