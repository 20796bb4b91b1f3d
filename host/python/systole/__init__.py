# SPDX-License-Identifier: Apache-2.0
"""Neural networks and matrix products on a systolic array and on its references, with the same bits on each.

    import numpy, systole
    y = systole.matmul(a, b, device="hls:4x4")
    with systole.Session("model.onnx", "sim:4x4") as session:
        outputs = session.run({"input": picture})

The C library is loaded at the first call that needs it. `systole.torch`, imported by itself, has the same for PyTorch.
"""
from ._compare import Comparison, compare
from ._conv import conv2d
from ._device import Device, FoundDevice, Totals, describe, devices, matmul
from ._error import Error
from ._library import version
from ._session import Model, Session, Step, ValueInfo

__all__ = [
    "Comparison",
    "Device",
    "Error",
    "FoundDevice",
    "Model",
    "Session",
    "Step",
    "Totals",
    "ValueInfo",
    "compare",
    "conv2d",
    "describe",
    "devices",
    "matmul",
    "version",
]
