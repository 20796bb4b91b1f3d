# SPDX-License-Identifier: Apache-2.0
"""Tensors of the library as NumPy arrays, and the other way."""
from __future__ import annotations

import ctypes as c
import functools
import math
import weakref
from typing import Any

import numpy as np

from . import _structs as s
from ._context import Context
from ._error import Error
from ._library import library, text

_NUMPYS = {np.dtype(code).name for code in np.typecodes["AllInteger"] + "?efd"}
_LAST_DTYPE = 63  # Numbers are asked up to here; those that are no type have no name.


@functools.cache
def _types() -> dict[int, tuple[str, np.dtype[Any]]]:
    """By the library's number: its name, and NumPy's type with the same bytes.

    What NumPy has not is seen as unsigned integers with its bits; those below a byte hold one element a byte.
    """
    types = {}
    for number in range(1, _LAST_DTYPE):
        name = text(library().systole_dtype_name(number))
        if name in _NUMPYS:
            types[number] = name, np.dtype(name)
        elif name.startswith(("float", "bfloat", "uint", "int")):
            types[number] = name, np.dtype(np.uint16 if name == "bfloat16" else np.uint8)
    return types


def type_of(number: int) -> tuple[str, np.dtype[Any]]:
    """Return the name and NumPy's type of one of the library's types."""
    try:
        return _types()[number]
    except KeyError:
        raise Error("UNSUPPORTED", f"element type {number}") from None


def _number_of(dtype: np.dtype[Any], wanted: int) -> int:
    """Return the library's number for an array's type; `wanted`: what the model asks for, 0 when it does not say."""
    if wanted:
        name, stored = type_of(wanted)
        # By name: extension types, such as another package's bfloat16.
        if dtype == stored or (dtype.name == name and dtype.isnative):
            return wanted
        as_bits = "" if stored.name == name else f", as NumPy's {stored.name} with its bits"
        raise Error("BAD_ARGUMENT", f"takes {name}{as_bits}, not {dtype}")
    for number, (name, _) in _types().items():
        if dtype.name == name and dtype.isnative:
            return number
    raise Error("BAD_ARGUMENT", f"NumPy's {dtype} is none of the library's types")


class Tensor:
    """One reference to a tensor of the library, held for as long as an array shows its memory."""

    def __init__(self, handle: c.c_void_p) -> None:
        """Own `handle`."""
        lib = library()
        self.handle = handle
        # At the program's end arrays may outlive finalizers: then the memory goes with the process.
        weakref.finalize(self, lib.systole_tensor_free, handle).atexit = False
        self.number: int = lib.systole_tensor_dtype(handle)
        rank = lib.systole_tensor_rank(handle)
        self.shape: tuple[int, ...] = tuple(lib.systole_tensor_dims(handle)[i] for i in range(rank))
        self.address: int = lib.systole_tensor_data(handle)

    @property
    def __array_interface__(self) -> dict[str, object]:
        """Its memory, read only: the session and other tensors may share it."""
        stored = type_of(self.number)[1]
        return {"shape": self.shape, "typestr": stored.str, "data": (self.address, True), "version": 3}

    def value(self, index: int) -> float:
        """Return an element as a double, whatever its type."""
        return float(library().systole_tensor_value(self.handle, index))


def view(tensor: Tensor) -> np.ndarray[Any, np.dtype[Any]]:
    """Return a read-only array on the tensor's own memory; the array keeps the tensor."""
    return np.asarray(tensor)


def _behind(array: np.ndarray[Any, np.dtype[Any]], wanted: int) -> Tensor | None:
    """Return the tensor of which `array` is the whole, unchanged view."""
    base = array.base
    is_whole = (
        isinstance(base, Tensor)
        and array.shape == base.shape
        and array.flags.c_contiguous
        and array.dtype == type_of(base.number)[1]
        and array.ctypes.data == base.address
    )
    return base if isinstance(base, Tensor) and is_whole and wanted in (0, base.number) else None


def tensor_of(context: Context, value: object, wanted: int = 0) -> Tensor:
    """Return an array as a tensor: its own when a session made it, else a copy (the library's tensors own their memory)."""
    array = np.asarray(value)
    own = _behind(array, wanted)
    if own is not None:
        return own
    number = _number_of(array.dtype, wanted)
    if not array.flags.c_contiguous:
        array = array.copy(order="C")
    handle = c.c_void_p()
    dims = (c.c_int64 * max(array.ndim, 1))(*array.shape)
    data = array.ctypes.data if math.prod(array.shape) else None
    context.check(library().systole_tensor_create(context.handle, number, array.ndim, dims, data, c.byref(handle)))
    return Tensor(handle)


def shape_of(info: s.ValueInfo) -> tuple[int | None, ...] | None:
    """Return the shape a model tells: None for a free dimension, None for the whole when the rank is free."""
    return None if info.rank < 0 else tuple(None if d < 0 else int(d) for d in info.dims[: info.rank])
