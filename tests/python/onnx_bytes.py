# SPDX-License-Identifier: Apache-2.0
"""ONNX models of a few nodes, written byte by byte (protocol buffers: a key, then a varint or a length and bytes)."""


def _varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _field(number, value):
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _value(name, dtype, shape):
    dims = b"".join(_field(1, _field(2, d) if isinstance(d, str) else _field(1, d)) for d in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, dtype) + _field(2, dims)))


def node(op, inputs, outputs, **integers):
    attributes = b"".join(_field(5, _field(1, k) + _field(3, v) + _field(20, 2)) for k, v in integers.items())
    ends = b"".join(_field(1, name) for name in inputs) + b"".join(_field(2, name) for name in outputs)
    return ends + _field(3, outputs[0]) + _field(4, op) + attributes


def model(nodes, inputs, outputs):
    """inputs, outputs: (name, ONNX's number of the type, shape with texts for free dimensions)."""
    graph = b"".join(_field(1, n) for n in nodes) + _field(2, "test")
    graph += b"".join(_field(11, _value(*v)) for v in inputs) + b"".join(_field(12, _value(*v)) for v in outputs)
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 18))
