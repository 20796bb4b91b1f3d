# SPDX-License-Identifier: Apache-2.0
"""Random graphs whose arithmetic is exact in fp32 (small whole numbers, scales that are powers of two): whoever computes them, and however
nodes are fused, the numbers are the same."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE = 8


class Maker:
    """Nodes, constants and the values so far."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.values = [], [], ["x"]
        self.shapes = {"x": [SIDE, SIDE]}

    def name(self, hint):
        return f"{hint}{len(self.nodes)}_{len(self.constants)}"

    def constant(self, array, hint="c"):
        name = self.name(hint)
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, inputs, domain="", **attributes):
        out = self.name(op.lower())
        self.nodes.append(helper.make_node(op, inputs, [out], name=f"node{len(self.nodes)}", domain=domain, **attributes))
        return out

    def pick(self):
        return self.values[int(self.random.integers(0, len(self.values)))]

    def model(self, outputs, kind=TensorProto.FLOAT, shape=(SIDE, SIDE), opset=17):
        graph = helper.make_graph(self.nodes, "random", [helper.make_tensor_value_info("x", kind, shape)],
                                  [helper.make_empty_tensor_value_info(name) for name in outputs], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def floats(seed):
    """Matrices of whole numbers through products, what goes into them, and what is nobody's but ONNX Runtime's."""
    m = Maker(seed)
    limits = [m.constant(np.float32(v)) for v in (-8, 8)]
    outputs = set()
    for _ in range(int(m.random.integers(4, 24))):
        kind, x = int(m.random.integers(0, 12)), m.pick()
        if kind < 3:
            y = m.node("MatMul", [x, m.constant(m.random.integers(-1, 2, [SIDE, SIDE]).astype(np.float32))])
        elif kind == 3:
            y = m.node("Gemm", [x, m.pick(), m.constant(m.random.integers(-3, 4, [SIDE]).astype(np.float32))], transB=int(m.random.integers(0, 2)))
        elif kind == 4:
            y = m.node("MatMul", [x, m.pick()])
        elif kind == 5:
            y = m.node("Add", [x, m.pick()])
        elif kind == 6:
            y = m.node("Relu", [x])
        elif kind == 7:
            y = m.node(("Neg", "Abs")[int(m.random.integers(0, 2))], [x])
        elif kind == 8:
            y = m.node("Transpose", [x], perm=[1, 0])
        elif kind == 9:
            y = m.node("Max", [x, m.pick()])
        elif kind == 10:
            y = matrix(m, m.node("Reshape", [x, m.constant(np.array([2, 4 * SIDE], np.int64))]))
        else:
            image = m.node("Reshape", [x, m.constant(np.array([1, 4, 4, 4], np.int64))])
            weights = m.constant(m.random.integers(-1, 2, [4, 4, 3, 3]).astype(np.float32))
            y = matrix(m, m.node("Conv", [image, weights], pads=[1, 1, 1, 1]))
        if m.random.integers(0, 12) == 0:
            outputs.add(y)
        if kind < 6 or kind == 11:  # Sums stay so small that fp32 holds every partial one.
            y = m.node("Clip", [y, *limits])
        m.values.append(y)
    outputs |= {m.values[-1], m.values[int(m.random.integers(1, len(m.values)))]}
    return m.model(sorted(outputs)), m.random.integers(-4, 5, [SIDE, SIDE]).astype(np.float32)


def matrix(m, x):
    return m.node("Reshape", [x, m.constant(np.array([SIDE, SIDE], np.int64))])


class Quantised(Maker):
    """A chain, with branches, of operations between DequantizeLinear and QuantizeLinear; scales are powers of two."""

    def __init__(self, seed):
        super().__init__(seed)
        self.types = {}
        self.tensors = []  # (name of the bytes, channels, height or None)

    def quantised_type(self):
        unsigned = bool(self.random.integers(0, 2))
        kind = np.uint8 if unsigned else np.int8
        zero = int(self.random.integers(*((96, 160) if unsigned else (-32, 32))))
        return np.float32(2.0 ** -int(self.random.integers(2, 5))), kind(zero)

    def dequantize(self, name):
        scale, zero = self.types[name]
        return self.node("DequantizeLinear", [name, self.constant(scale), self.constant(zero)])

    def quantize(self, value):
        scale, zero = self.quantised_type()
        out = self.node("QuantizeLinear", [value, self.constant(scale), self.constant(zero)])
        self.types[out] = (scale, zero)
        return out

    def weights(self, shape, channels, axis):
        w = self.random.integers(-64, 64, shape).astype(np.int8)
        scales = (2.0 ** -self.random.integers(6, 9, [channels])).astype(np.float32)
        name = self.node("DequantizeLinear", [self.constant(w), self.constant(scales), self.constant(np.zeros([channels], np.int8))], axis=axis)
        return name, scales

    def conv(self, x, channels):
        r = self.random
        group = channels if r.integers(0, 3) == 0 else 1
        out = channels if group > 1 else int(r.integers(2, 7))
        w, scales = self.weights([out, channels // group, 3, 3], out, 0)
        inputs = [self.dequantize(x), w]
        if r.integers(0, 2):
            bias = r.integers(-500, 500, [out]).astype(np.int32)
            inputs.append(self.node("DequantizeLinear", [self.constant(bias), self.constant(self.types[x][0] * scales),
                                                         self.constant(np.zeros([out], np.int32))], axis=0))
        y = self.node("Conv", inputs, kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=group)
        return self.quantize(self.node("Relu", [y]) if r.integers(0, 2) else y), out

    def step(self, x, channels):
        """One operation on bytes of 1 x channels x SIDE x SIDE."""
        kind = int(self.random.integers(0, 7))
        if kind < 3:
            return self.conv(x, channels)
        if kind == 3:
            y = self.node("MaxPool", [self.dequantize(x)], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
            out = self.node("QuantizeLinear", [y, self.constant(self.types[x][0]), self.constant(self.types[x][1])])
            self.types[out] = self.types[x]
            return out, channels
        if kind == 4:
            same = [t for t, c in self.tensors if c == channels]
            other = same[int(self.random.integers(0, len(same)))]
            return self.quantize(self.node("Add", [self.dequantize(x), self.dequantize(other)])), channels
        if kind == 5:
            return self.quantize(self.node("Relu", [self.dequantize(x)])), channels
        # Nobody's but ONNX Runtime's, in the middle of it all.
        return self.quantize(self.node("Neg", [self.dequantize(x)])), channels


def quantised(seed):
    m = Quantised(seed)
    scale, zero = m.quantised_type()
    m.types["x"] = (scale, zero)
    channels = int(m.random.integers(2, 6))
    m.tensors.append(("x", channels))
    for _ in range(int(m.random.integers(2, 10))):
        x, c = m.tensors[-1 - int(m.random.integers(0, min(2, len(m.tensors))))]
        m.tensors.append(m.step(x, c))
    outputs = sorted({m.tensors[-1][0], m.tensors[int(m.random.integers(1, len(m.tensors)))][0]})
    if m.random.integers(0, 2):
        outputs.append(m.dequantize(m.tensors[-1][0]))
    info = np.iinfo(zero.dtype)
    x = m.random.integers(info.min, info.max + 1, [1, channels, SIDE, SIDE]).astype(zero.dtype)
    return m.model(outputs, helper.np_dtype_to_tensor_dtype(zero.dtype), [1, channels, SIDE, SIDE], 13), x
