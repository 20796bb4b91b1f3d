# SPDX-License-Identifier: Apache-2.0
"""fp32 networks at precision x6: errors against fp64, each node given our own input to it, in units of derived bounds.

One fp32 chain: gamma(K) * (|c| + sum|ab|), gamma(n) = n*u / (1 - n*u), u = 2^-24. The six passes of x6: bound_x6.
"""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto

import models

U = 2.0 ** -24


def gamma(n):
    return n * U / (1 - n * U)


def conv(x, w, attributes):
    """In fp64; whose own error, at most 2^-29 of the bound for any K, is left out of account."""
    pads, strides, group = attributes["pads"], attributes["strides"], attributes.get("group", 1)
    if attributes["dilations"] != [1, 1]:
        raise SystemExit("dilated convolutions are not foreseen here")
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::strides[0], ::strides[1]]
    windows = windows.reshape((len(x), group, -1) + windows.shape[2:])
    weights = w.reshape((group, -1) + w.shape[1:])
    y = np.einsum("ngchwij,gocij->ngohw", windows, weights, optimize=True)
    return y.reshape((len(x), -1) + y.shape[3:])


class Exact:
    """The nodes of a network in fp64, each with what fp32 may be off by."""

    def __init__(self, network):
        self.network = network

    def constant(self, name):
        """A constant, or one behind a DequantizeLinear, whose rounding is part of the network."""
        if name in self.network.constants:
            return self.network.constant(name).astype(np.float64)
        node = self.network.maker[name]
        q, scale, zero = (self.network.constant(v).astype(np.float32) for v in node.input)
        axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
        def along(v):
            return v.reshape([-1 if i == axis else 1 for i in range(q.ndim)] if v.size > 1 else [1] * q.ndim)
        return ((q - along(zero)) * along(scale)).astype(np.float64)

    def product(self, node, x):
        """The product; sum|ab|; |c|, 0 where there is no bias; K."""
        w = self.constant(node.input[1])
        if node.op_type == "MatMul":
            return x @ w, np.abs(x) @ np.abs(w), 0.0, w.shape[0]
        attributes = {a.name: list(a.ints) or a.i for a in node.attribute}
        bias = self.constant(node.input[2]).reshape(1, -1, 1, 1)
        return conv(x, w, attributes) + bias, conv(np.abs(x), np.abs(w), attributes), np.abs(bias), int(np.prod(w.shape[1:]))

    def other(self, node, x):
        """What the host does: its value, and the bound."""
        if node.op_type == "Add":
            y = x + self.constant(node.input[1])
            return y, U * np.abs(y)
        if node.op_type == "Relu":
            return np.maximum(x, 0), 0 * x
        if node.op_type == "AveragePool":
            kernel = next(list(a.ints) for a in node.attribute if a.name == "kernel_shape")
            if kernel != list(x.shape[2:]):
                raise SystemExit("only pools over everything are foreseen here")
            return x.mean((2, 3), keepdims=True), gamma(kernel[0] * kernel[1]) * np.abs(x).mean((2, 3), keepdims=True)
        if node.op_type == "Softmax":
            z = np.exp(x - x.max(-1, keepdims=True))
            y = z / z.sum(-1, keepdims=True)
            return y, U * (1 + 2.0 ** -20) * y # made as double, rounded once
        raise SystemExit(f"{node.op_type} is not foreseen here")

    def run(self, x):
        """The whole network."""
        for node in self.network.model.graph.node:
            if node.op_type == "Reshape":
                x = x.reshape([len(x)] + [int(d) for d in self.network.constant(node.input[1])][1:])
            elif node.op_type != "DequantizeLinear":
                x = self.product(node, x)[0] if node.op_type in ("MatMul", "Conv") else self.other(node, x)[0]
        return x


def bound_x6(size, c, k):
    """
    Passes hl, lh, mm, hm, mh, then hh. bf16 has 8 significant bits: |x - h| <= 2^-8 |x|, |x - h - m| <= 2^-17 |x|. So the five small products
    are together at most 2^-7 (1 + 2^-6) |ab|, hh at most (1 + 2^-6) |ab|, what is left out (ml, lm, ll) at most 2^-24 (1 + 2^-7) |ab|. c and the
    small ones go through 6K roundings, hh through K.
    """
    return gamma(6 * k) * (c + 2.0 ** -7 * (1 + 2.0 ** -6) * size) + (gamma(k) * (1 + 2.0 ** -6) + 2.0 ** -24 * (1 + 2.0 ** -7)) * size


class Worst:
    """The largest errors, each in units of a bound."""

    def __init__(self):
        self.x6 = self.chain = self.theirs = self.host = 0.0

    def product(self, got, theirs, want, size, c, k):
        for name, value, bound in (("x6", got, bound_x6(size, c, k)), ("chain", got, gamma(k) * (c + size)),
                                   ("theirs", theirs, gamma(k) * (c + size))):
            setattr(self, name, max(getattr(self, name), largest(value - want, bound)))


def largest(error, bound):
    """An error where none is allowed is infinitely many of them."""
    error = np.abs(error)
    ratio = np.divide(error, bound, out=np.where(error > 0, np.inf, 0.0), where=bound > 0)
    return float(np.max(ratio))


def ulps(a, b):
    """The largest distance in units in the last place, of fp32."""
    i = [np.where(v.view(np.int32) < 0, np.int32(-2 ** 31) - v.view(np.int32), v.view(np.int32)).astype(np.int64) for v in (a, b)]
    return int(np.max(np.abs(i[0] - i[1])))


def nodes_of(network, values):
    """Of every node, given our own input to it: the largest errors in units of their bounds, ours and ONNX Runtime's."""
    exact, worst = Exact(network), Worst()
    for mark in network.marks:
        node = network.maker[mark]
        x = values[node.input[0]]
        if node.op_type not in ("MatMul", "Conv"):
            want, bound = exact.other(node, x.astype(np.float64))
            worst.host = max(worst.host, largest(values[mark] - want, bound))
            continue
        made = [network.maker[v] for v in node.input[1:] if v in network.maker]
        piece = network.piece(made + [node], [node.input[0]], [mark], TensorProto.FLOAT)
        theirs = models.run_ort(models.ort_session(piece), {node.input[0]: x})[0]
        worst.product(values[mark], theirs, *exact.product(node, x.astype(np.float64)))
    return worst


def judge(folder, model, seed, count, devices, result):
    path = f"{folder}/mlperf_tiny/{model}_f32.onnx"
    network = models.Network(path, lambda node: node.op_type not in ("DequantizeLinear", "Reshape"))
    seen = network.with_marks()
    reshaped = [node.output[0] for node in network.model.graph.node if node.op_type == "Reshape"]
    models.add_outputs(seen, reshaped)
    x = np.random.default_rng(seed).standard_normal([count] + network.shape, np.float32)
    print(f"  {model}_f32: {count} random inputs, seed {seed}")
    values = None
    for device in devices:
        got = models.run_systole(seen, network.input, x, device)
        values = got if values is None else values
        result.count(f"{model}_f32: every layer on {device} has the bits of {devices[0]}",
                     all(got[k].tobytes() == values[k].tobytes() for k in got))
    values[network.input] = x
    worst = nodes_of(network, values)
    y, other = values[network.output], models.run_ort(models.ort_session(path), {network.input: x})[0]
    want = Exact(network).run(x.astype(np.float64))
    print(f"    products, largest error in units of x6's bound: {worst.x6:.3f}; in units of gamma_K*(|c| + sum|ab|), that of one fp32 "
          f"chain: {worst.chain:.3f}, ONNX Runtime's {worst.theirs:.3f}")
    print(f"    the other nodes, in units of theirs: {worst.host:.3f}")
    print(f"    output, largest error against fp64: {np.max(np.abs(y - want)):.3g}, ONNX Runtime's {np.max(np.abs(other - want)):.3g}; "
          f"between the two at most {ulps(y, other)} ULP, {float(np.max(np.abs(y - other))):.3g}")
    result.count(f"{model}_f32: products within the bound of x6", worst.x6 <= 1)
    result.count(f"{model}_f32: the other nodes within theirs", worst.host <= 1)
    result.row(f"{model} fp32 at x6: largest error of a product, in units of x6's derived bound", worst.x6, "of the bound", 1)
    result.row(f"{model} fp32 at x6: the same in units of one fp32 chain's, gamma_K*(|c| + sum|ab|)", worst.chain, "of the bound", 1)
