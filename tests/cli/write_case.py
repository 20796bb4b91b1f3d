#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""write_case.py DIR IN.npy OUT.npy ... : a test_data_set_0 in DIR in the layout of the ONNX package, from files of NumPy's format."""
import ast
import os
import sys


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def tensor(path):
    """A TensorProto of fp32: dims 1, data_type 2, raw_data 9."""
    with open(path, "rb") as f:
        data = f.read()
    length = int.from_bytes(data[8:10], "little")
    head = ast.literal_eval(data[10:10 + length].decode())
    values = data[10 + length:]
    dims = b"".join(b"\x08" + varint(d) for d in head["shape"])
    return dims + b"\x10\x01\x4a" + varint(len(values)) + values


folder = os.path.join(sys.argv[1], "test_data_set_0")
os.makedirs(folder)
for i, path in enumerate(sys.argv[2:]):
    name = "input_0.pb" if i == 0 else f"output_{i - 1}.pb"
    with open(os.path.join(folder, name), "wb") as f:
        f.write(tensor(path))
