# SPDX-License-Identifier: Apache-2.0
"""Convolutions on devices: a model of one node, whose weights are an input."""
from __future__ import annotations

import operator
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from . import _onnx
from ._error import Error
from ._session import Array, Session

_FLOAT32 = 1
_KEPT = 8  # sessions a thread keeps
_of_thread = threading.local()

Options = tuple[str, bool, tuple[int, ...], tuple[int, ...], tuple[int, ...], int]


def _numbers(value: int | Sequence[int], what: str, least: int, lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Return `value` as a list of the last of `lengths`, repeated where it is shorter."""
    try:
        given = tuple(operator.index(v) for v in (value if isinstance(value, Iterable) else [value]))
    except TypeError:
        given = ()
    if len(given) not in (1, *lengths) or not all(least <= v < 1 << 31 for v in given):
        told = " or ".join(str(n) for n in (1, *lengths))
        raise Error("BAD_ARGUMENT", f"{what} is {value!r}: {told} integers from {least} to {(1 << 31) - 1}")
    return given * (lengths[-1] // len(given))


def _session(options: Options) -> Session:
    """Return this thread's session with those options; the ones used last are kept open."""
    mine: OrderedDict[Options, Session] = _of_thread.__dict__.setdefault("sessions", OrderedDict())
    if options not in mine:
        device, has_bias, strides, pads, dilations, group = options
        names = ["x", "weight"] + ["bias"] * has_bias
        node = _onnx.node("Conv", names, ["conv2d"], strides=strides, pads=pads, dilations=dilations, group=group)
        shapes: dict[str, list[int | str]] = {"x": ["n", "c", "h", "w"], "weight": ["o", "i", "k", "l"], "bias": ["o"]}
        result: _onnx.Value = ("conv2d", _FLOAT32, ["n", "o", "p", "q"])
        mine[options] = Session(_onnx.model([node], [(name, _FLOAT32, shapes[name]) for name in names], [result]), device)
        while len(mine) > _KEPT:
            mine.popitem(last=False)[1].close()
    mine.move_to_end(options)
    return mine[options]


def conv2d(
    x: object,
    weight: object,
    bias: object = None,
    *,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    device: str = "cpu",
) -> Array:
    """Return the convolution of x (n, c, h, w) with weight (o, c / groups, kernel rows, columns), and bias (o), in fp32.

    The device's own, as a session's Conv: sums over (row, column, channel), begun from the bias, padding is no step of them.
    stride, dilation: a number, or (rows, columns). padding: a number, (rows, columns), or (top, left, bottom, right).
    The result is a read-only array on the library's memory. A thread keeps the sessions of its last few kinds of call.
    """
    has_bias = bias is not None
    strides, dilations = _numbers(stride, "stride", 1, (2,)), _numbers(dilation, "dilation", 1, (2,))
    pads = _numbers(padding, "padding", 0, (2, 4))
    (group,) = _numbers(groups, "groups", 1, (1,))
    session = _session((device, has_bias, strides, pads, dilations, group))
    inputs = {"x": x, "weight": weight} | ({"bias": bias} if has_bias else {})
    return session.run(inputs)["conv2d"]
