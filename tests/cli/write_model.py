#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""write_model.py [--free] FILE NAME ... : an ONNX model of three numbers x, whose outputs have the names: x, its negative, x, and so on.

--free: of 2xN numbers, N being free.
"""
import sys


def field(number, value):
    """Of a message: bytes or text below 128 of them, or a number below 128."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    data = value.encode() if isinstance(value, str) else value
    size = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + size + data


def value_info(name):
    shape = field(2, field(1, field(1, 2)) + field(1, field(2, "N")) if free else field(1, field(1, 3)))
    return field(1, name) + field(2, field(1, field(1, 1) + shape))


free = sys.argv[1] == "--free"
path, *names = sys.argv[1 + free :]
nodes = b"".join(field(1, field(1, "x") + field(2, name) + field(4, ("Identity", "Neg")[i % 2])) for i, name in enumerate(names))
graph = nodes + field(2, "names") + field(11, value_info("x")) + b"".join(field(12, value_info(name)) for name in names)
with open(path, "wb") as f:
    f.write(field(1, 8) + field(7, graph) + field(8, field(2, 13)))
