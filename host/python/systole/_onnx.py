# SPDX-License-Identifier: Apache-2.0
"""ONNX models of a few nodes, written byte by byte (protocol buffers: a key, then a varint, or a length and bytes)."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Union

IR_VERSION, OPSET = 8, 18
_INT, _INTS = 2, 7  # kinds of an attribute

# A value's name, the number of its type, its shape with texts for free dimensions.
Value = tuple[str, int, Sequence[Union[int, str]]]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _value(name: str, dtype: int, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(_field(1, _field(2 if isinstance(d, str) else 1, d)) for d in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, dtype) + _field(2, dims)))


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _field(5, _field(1, name) + _field(3, value) + _field(20, _INT))
    return _field(5, _field(1, name) + b"".join(_field(8, v) for v in value) + _field(20, _INTS))


def node(op: str, inputs: Iterable[str], outputs: Sequence[str], **attributes: int | Sequence[int]) -> bytes:
    """Return a node that is named after its first output; attributes are numbers from 0 on, or lists of them."""
    ends = b"".join(_field(1, name) for name in inputs) + b"".join(_field(2, name) for name in outputs)
    told = b"".join(_attribute(name, value) for name, value in attributes.items())
    return ends + _field(3, outputs[0]) + _field(4, op) + told


def model(nodes: Iterable[bytes], inputs: Iterable[Value], outputs: Iterable[Value]) -> bytes:
    """Return the file of a model."""
    graph = b"".join(_field(1, n) for n in nodes) + _field(2, "systole")
    graph += b"".join(_field(11, _value(*v)) for v in inputs) + b"".join(_field(12, _value(*v)) for v in outputs)
    return _field(1, IR_VERSION) + _field(7, graph) + _field(8, _field(2, OPSET))
