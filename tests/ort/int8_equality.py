# SPDX-License-Identifier: Apache-2.0
"""int8 networks: every value of every layer held against ONNX Runtime's, as docs/decisions/onnx-runtime.md says."""
import numpy as np
import onnx
from onnx import TensorProto, helper

import exact
import models


def integer_form(network, mark):
    """The layer before `mark` by ONNX Runtime's own integer operator, or None where it is no product."""
    nodes, sources = network.segment(mark)
    if not any(node.op_type in ("Conv", "MatMul") for node in nodes):
        return None, None
    p = exact.Product(network, nodes)
    reshapes = [node for node in nodes if node.op_type == "Reshape"]
    x, sx, zx, w, sw, zw, b, _, _, sy, zy = p.names
    if p.core.op_type == "Conv":
        node = helper.make_node("QLinearConv", [x, sx, zx, w, sw, zw, sy, zy, b], [mark])
        node.attribute.extend(p.core.attribute)
    else:
        node = helper.make_node("QGemm", [x, sx, zx, w, sw, zw, b, sy, zy], [mark], domain="com.microsoft")
    return network.piece(reshapes + [node], sources, [mark], TensorProto.INT8), p


class Judge:
    """Counts, and prints what does not agree."""

    def __init__(self):
        self.values = self.integer_wrong = self.ties = self.unexplained = self.exact_ours = self.exact_theirs = 0

    def near_ties(self, name, product, x, ours, theirs):
        for at in np.argwhere(ours != theirs):
            mine, other = ours[tuple(at)], theirs[tuple(at)]
            if product is None:
                self.unexplained += 1
                print(f"    {name}{at.tolist()}: {mine}, ONNX Runtime {other}: this layer is no product")
                continue
            value, reach = product.value(x[at[0]], at[1:])
            good, right = product.explains(value, reach, mine, other), product.rounded(value)
            self.ties += good
            self.unexplained += not good
            self.exact_ours += right == mine
            self.exact_theirs += right == other
            half = exact.Fraction(int(mine) + int(other), 2) - product.zy
            print(f"    {name}{at.tolist()}: {mine}, ONNX Runtime {other}; exactly {float(value):.9f}, "
                  f"{float(abs(value - half)):.2e} from the half; fp32 is within {float(reach):.2e}: {'a near tie' if good else 'NOT A TIE'}")

    def layer(self, network, mark, values):
        """The layers' inputs are our own values of the layer before, so that a difference shows where it arises and nowhere else."""
        nodes, sources = network.segment(mark)
        feeds = {s: values[s] for s in sources}
        ours = values[mark]
        self.values += ours.size
        theirs = models.run_ort(models.ort_session(network.piece(nodes, sources, [mark], TensorProto.INT8)), feeds)[0]
        integer, product = integer_form(network, mark)
        x = values[sources[0]]
        if integer is not None:
            wrong = int(np.sum(models.run_ort(models.ort_session(integer), feeds)[0] != ours))
            self.integer_wrong += wrong
            if wrong:
                print(f"    {mark}: {wrong} values differ from ONNX Runtime's integer operator")
            reshape = next((node for node in nodes if node.op_type == "Reshape"), None)
            if reshape is not None:
                x = x.reshape([len(x)] + [int(d) for d in network.constant(reshape.input[1])][1:])
        self.near_ties(mark, product, x, ours, theirs)


SETTINGS = (("off", 1, 1), ("off", 2, 1), ("off", 1, None), ("all", 1, 1), ("all", 1, None))


def settings(path, name, x, ours):
    """ONNX Runtime's output with other batches, thread counts and optimisation, against its own and against ours."""
    base = None
    for level, threads, batch in SETTINGS:
        y = models.run_ort(models.ort_session(path, level, threads), {name: x}, batch or len(x))[0]
        base = y if base is None else base
        print(f"    ONNX Runtime, optimisation {level}, {threads} thread{'s'[:threads > 1]}, {batch or len(x)} at a time: "
              f"{int(np.sum(y != base))} output values differ from its first, {int(np.sum(y != ours))} from ours")
    return base


def judge(folder, model, seed, count, devices, result):
    path = f"{folder}/mlperf_tiny/{model}_int8.onnx"
    network = models.Network(path, lambda node: node.op_type == "QuantizeLinear")
    x = np.random.default_rng(seed).integers(-128, 128, [count] + network.shape, np.int8)
    print(f"  {model}_int8: {count} random inputs, seed {seed}")
    judged = Judge()
    values = None
    for device in devices:
        got = models.run_systole(network.with_marks(), network.input, x, device)
        if values is None:
            values = got
        result.count(f"{model}_int8: every layer on {device} has the bits of {devices[0]}", all(np.array_equal(got[k], values[k]) for k in got))
        plain = models.run_systole(onnx.load(path), network.input, x, device)
        result.count(f"{model}_int8: the model's output on {device} is that of its layers", np.array_equal(next(iter(plain.values())), got[network.output]))
    values[network.input] = x
    theirs = settings(path, network.input, x, values[network.output])
    for mark in network.marks:
        judged.layer(network, mark, values)
    differing = int(np.sum(values[network.output] != theirs))
    inputs = int(np.sum(np.any(values[network.output] != theirs, axis=1)))
    print(f"    output: {theirs.size - differing} of {theirs.size} values equal to ONNX Runtime's on the model as it is; {inputs} inputs differ")
    print(f"    layers: {judged.values} values; {judged.integer_wrong} differ from its integer operators; {judged.ties} near ties where its fp32 "
          f"rounds the other way (exactly rounded, ours is right in {judged.exact_ours}, its in {judged.exact_theirs}); {judged.unexplained} unexplained")
    result.count(f"{model}_int8: every value equals ONNX Runtime's integer operators", judged.integer_wrong == 0)
    result.count(f"{model}_int8: every other difference is a near tie", judged.unexplained == 0 and (differing == 0 or judged.ties > 0))
    result.row(f"{model} int8: output values that differ from ONNX Runtime, optimisation off, of {theirs.size}", differing, "values", 0)
    result.row(f"{model} int8: values that differ from ONNX Runtime's integer operators", judged.integer_wrong, "values", 0)
    result.row(f"{model} int8: differences from its fp32 path that no near tie explains", judged.unexplained, "values", 0)
