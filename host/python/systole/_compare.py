# SPDX-License-Identifier: Apache-2.0
"""One model on several devices, outputs compared bit by bit."""
from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._error import Error
from ._session import Array, Model, Session
from ._tensor import Tensor, type_of

_ULP_TYPES = {"float16", "bfloat16", "float32", "float64"}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """An output of a device beside that of the first one.

    equal: the same type, shape and bits. mismatches: elements of other bits, of `count`. max_ulp: the longest way between two
    that differ, counted in numbers of the type; None for types that are not floating point. max_abs: the largest difference,
    infinite where one of the two is a NaN. The two `_at` are flat indices, None when nothing differs.
    """

    device: str
    output: str
    equal: bool
    count: int
    mismatches: int
    max_abs: float
    max_abs_at: int | None
    max_ulp: int | None
    max_ulp_at: int | None


def _order(bits: np.ndarray[Any, Any]) -> list[int]:
    """Return integers that lie as the floating-point numbers of those bits do."""
    sign = 1 << (8 * bits.itemsize - 1)
    return [(sign - 1) - (b & (sign - 1)) if b & sign else b | sign for b in bits.tolist()]


def _compare(device: str, output: str, got: Array, wanted: Array) -> Comparison:
    a, b = got.base, wanted.base
    assert isinstance(a, Tensor) and isinstance(b, Tensor)
    if a.number != b.number or a.shape != b.shape:
        return Comparison(device, output, False, wanted.size, wanted.size, math.inf, None, None, None)
    unsigned = np.dtype(f"u{wanted.itemsize}")
    x, y = got.reshape(-1).view(unsigned), wanted.reshape(-1).view(unsigned)
    where = np.flatnonzero(x != y)
    distances = [abs(a.value(i) - b.value(i)) for i in where.tolist()]
    distances = [math.inf if math.isnan(d) else d for d in distances]
    max_abs = max(distances, default=0.0)
    at = int(where[distances.index(max_abs)]) if distances else None
    if type_of(b.number)[0] not in _ULP_TYPES:
        return Comparison(device, output, not distances, wanted.size, len(distances), max_abs, at, None, None)
    ulps = [abs(p - q) for p, q in zip(_order(x[where]), _order(y[where]))]
    max_ulp = max(ulps, default=0)
    ulp_at = int(where[ulps.index(max_ulp)]) if ulps else None
    return Comparison(device, output, not distances, wanted.size, len(distances), max_abs, at, max_ulp, ulp_at)


def compare(
    model: str | os.PathLike[str] | bytes | Model, devices: Sequence[str], inputs: Mapping[str, object]
) -> list[Comparison]:
    """Run a model on each of `devices`; return each output of the second and later ones beside the first one's.

    A device that cannot be opened or fails raises its Error, with the device's name in the detail.
    """
    if isinstance(devices, str) or len(devices) < 2:
        raise Error("BAD_ARGUMENT", f"devices is {devices!r}: a list of two or more is needed")
    shared = model if isinstance(model, Model) else Model(model)
    reference: dict[str, Array] = {}
    told = []
    for number, device in enumerate(devices):
        try:
            with Session(shared, device) as session:
                outputs = session.run(inputs)
        except Error as error:
            raise Error(error.status, f"on {device}: {error.detail}", error.operator) from error
        if number == 0:
            reference = outputs
        else:
            told += [_compare(device, name, outputs[name], reference[name]) for name in outputs]
    return told
