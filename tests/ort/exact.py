# SPDX-License-Identifier: Apache-2.0
"""One element of a quantised product or convolution, exactly: rational numbers, no rounding anywhere.

The network in QDQ form says  y = Q((sum over k of sx*(x-zx) * sw*w + sb*b) / sy),  with real numbers s and integers x, w, b.
ONNX Runtime computes this in fp32. On the way of each term there are at most: a rounding of sx*(x-zx) and one of sw*w, one of
their product, one for each of the K additions, one of the division; of the bias: of b, of sb*b, the additions, the division.
So what it rounds lies within gamma(K + 4) * (sum |..| + |sb*b|) / sy of the exact value, gamma(n) = n*u / (1 - n*u), u = 2^-24.
"""
from fractions import Fraction
from math import floor

import numpy as np

U = Fraction(1, 2 ** 24)


def gamma(n):
    return n * U / (1 - n * U)


def rational(value):
    return Fraction(float(value))


def round_to_even(value):
    down = floor(value)
    rest = value - down
    return down + (1 if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and down % 2) else 0)


class Product:
    """What is around one QuantizeLinear: the Conv, or the MatMul with its Add."""

    def __init__(self, network, nodes):
        by_op = {node.op_type: node for node in nodes}
        self.quantize, self.core = by_op["QuantizeLinear"], by_op.get("Conv") or by_op["MatMul"]
        add = by_op.get("Add")
        bias = self.core.input[2] if self.core.op_type == "Conv" else next(v for v in add.input if v not in self.core.output)
        dequantize = [network.maker[v] for v in (self.core.input[0], self.core.input[1], bias)]
        self.relu = "Relu" in by_op
        self.names = [v for node in dequantize for v in node.input] + list(self.quantize.input[1:])
        constant = network.constant
        self.sx, self.zx = constant(self.names[1]), int(constant(self.names[2]))
        self.w, self.sw, zw = (constant(v) for v in self.names[3:6])
        self.b, self.sb, zb = (constant(v) for v in self.names[6:9])
        self.sy, self.zy = constant(self.names[9]), int(constant(self.names[10]))
        if np.any(zw) or np.any(zb):
            raise SystemExit("weights and biases with a zero point are not foreseen here")

    def terms(self, x, at):
        """The factors (x - zx, w) of the element at `at` of the result for one batch element, and its channel."""
        if self.core.op_type == "MatMul":
            return x.astype(int) - self.zx, self.w[:, at[0]].astype(int), at[0]
        a = {p.name: list(p.ints) or p.i for p in self.core.attribute}
        channels, kh, kw = self.w.shape[1:]
        pads, strides, dilations = a["pads"], a["strides"], a["dilations"]
        group = at[0] // (self.w.shape[0] // a.get("group", 1))
        padded = np.pad(x.astype(int) - self.zx, ((0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
        rows = at[1] * strides[0] + dilations[0] * np.arange(kh)
        columns = at[2] * strides[1] + dilations[1] * np.arange(kw)
        window = padded[group * channels:(group + 1) * channels][:, rows][:, :, columns]
        return window.ravel(), self.w[at[0]].astype(int).ravel(), at[0]

    def value(self, x, at):
        """The exact value before it is rounded, zero point not added, and how far from it fp32 may be."""
        dx, w, channel = self.terms(x, at)
        def pick(v):
            return rational(v.ravel()[channel] if v.size > 1 else v)
        sx, sw, sb, sy = rational(self.sx), pick(self.sw), pick(self.sb), rational(self.sy)
        bias = sb * int(self.b[channel])
        total = sx * sw * int(np.dot(dx, w)) + bias
        size = sx * sw * int(np.dot(abs(dx), abs(w))) + abs(bias)
        return total / sy, gamma(len(w) + 4) * size / sy

    def rounded(self, value):
        value = max(value, 0) if self.relu else value
        return min(max(round_to_even(value) + self.zy, -128), 127)

    def explains(self, exact, reach, ours, theirs):
        """Is the half between the two answers, which differ by one, so near that fp32 cannot tell on which side the value is?"""
        tie = Fraction(int(ours) + int(theirs), 2) - self.zy
        return abs(int(ours) - int(theirs)) == 1 and abs(exact - tie) <= reach
