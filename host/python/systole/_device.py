# SPDX-License-Identifier: Apache-2.0
"""Devices, and matrix products on them."""
from __future__ import annotations

import ctypes as c
import dataclasses
import threading
from types import TracebackType
from typing import Any

import numpy as np

from . import _structs as s
from ._context import Context, Handle, encode
from ._error import Error
from ._library import library, text

Matrix = np.ndarray[Any, np.dtype[np.float32]]
_PRECISIONS = {None: 0, "x1": 1, "x3": 3, "x6": 6}
_ITEM = 4  # bytes of an element


@dataclasses.dataclass(frozen=True)
class Totals:
    """What a device or a session did so far, as struct systole_totals."""

    runs: int
    on_host: int
    special: int
    macs: int
    cycles: int
    busy: int
    read_bytes: int
    write_bytes: int
    rows: int
    cols: int


def read_totals(raw: s.Totals) -> Totals:
    """Return the C struct as its Python twin."""
    return Totals(*(getattr(raw, field.name) for field in dataclasses.fields(Totals)))


@dataclasses.dataclass(frozen=True)
class FoundDevice:
    """A device that was found, or (device None) a back end that has none here; detail says where, or why not."""

    backend: str
    purpose: str
    device: str | None
    detail: str


def devices() -> list[FoundDevice]:
    """List what can be opened here, and the back ends that have nothing here with why."""
    found = []

    def each(_user: int | None, backend: bytes, purpose: bytes, device: bytes | None, detail: bytes | None) -> None:
        found.append(FoundDevice(text(backend), text(purpose), text(device) if device else None, text(detail)))

    library().systole_devices(s.DeviceFn(each), None)
    return found


def describe(device: str) -> dict[str, int]:
    """Say how a device was built: its array's size, bus, hashes and each capability by name; all zero on the cpu. Opens it."""
    context = Context()
    info = s.sized(s.DeviceInfo)
    with context.use():
        context.check(library().systole_device_query(context.handle, encode(device, "device"), c.byref(info)))
    told = {name: int(getattr(info, name)) for name in ("rows", "cols", "has_fp", "bus_bytes", "version", "contract", "build")}
    for i in range(s.CAPABILITIES):
        name = text(library().systole_capability_name(i))
        if name:
            told[name] = int(info.capability[i])
    return told


class Device(Handle):
    """A device for matrix products: "cpu", "hls:16x16", "sim:16x16,precision=x3", ... as for the command.

    It is open until close(), the end of a `with` block, or until it is forgotten. Any thread may call it; one call runs at a
    time, others wait. Threads that are to multiply at once open a device each.
    """

    def __init__(self, name: str) -> None:
        """Open the device `name`."""
        lib = library()
        context = Context()
        handle = c.c_void_p()
        with context.use():
            context.check(lib.systole_multiplier_create(context.handle, encode(name, "device"), c.byref(handle)))
        self.name = name
        super().__init__(context, handle, lib.systole_multiplier_free)

    def __enter__(self) -> Device:
        """Return the device itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def totals(self) -> Totals:
        """Say what its products were so far."""
        raw = s.sized(s.Totals)
        with self._use() as handle:
            self._context.check(library().systole_multiplier_totals(handle, c.byref(raw)))
        return read_totals(raw)

    def multiply(self, product: s.Product) -> None:
        """Run one product that is described by the library's own struct."""
        with self._use() as handle:
            self._context.check(library().systole_multiply(handle, c.byref(product)))


_of_thread = threading.local()


def opened(device: Device | str) -> Device:
    """Return a device itself, or the one of that name which this thread has open: opened once, it stays until the thread ends."""
    if isinstance(device, Device):
        return device
    if not isinstance(device, str):
        raise Error("BAD_ARGUMENT", f"a device is a string or a systole.Device, not {type(device).__name__}")
    mine: dict[str, Device] = _of_thread.__dict__.setdefault("devices", {})
    if device not in mine or mine[device].closed:
        mine[device] = Device(device)
    return mine[device]


def _array(value: object, what: str) -> Matrix:
    array = np.asarray(value)
    if array.dtype != np.float32:
        raise Error("BAD_ARGUMENT", f"{what} is {array.dtype}: products take float32, as {what}.astype(numpy.float32) makes it")
    if array.ndim < 2:
        raise Error("BAD_ARGUMENT", f"{what} has {array.ndim} dimensions: at least rows and columns are needed")
    if any(stride % _ITEM for stride in array.strides) or not array.flags.aligned:
        array = array.copy()  # Elements that lie at odd bytes, as in a packed record.
    return array


def _overlaps_itself(array: Matrix) -> bool:
    """Whether elements may share memory: told by strides that are shorter than what they step over."""
    reach = 0
    for stride, count in sorted((abs(stride), count) for stride, count in zip(array.strides, array.shape) if count > 1):
        if stride < max(reach, _ITEM):
            return True
        reach = stride * count
    return False


def _result(out: object, shape: tuple[int, ...], c_in: Matrix | None, factors: tuple[Matrix, Matrix]) -> tuple[Matrix, Matrix]:
    """Where the product is made, and what is returned: the same unless `out` shares memory with what is read."""
    if out is None:
        return (fresh := np.empty(shape, np.float32)), fresh
    if not isinstance(out, np.ndarray) or out.dtype != np.float32 or out.shape != shape or not out.flags.writeable:
        told = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise Error("BAD_ARGUMENT", f"out is {told}: a writeable float32 array {shape} is needed")
    if _overlaps_itself(out):
        raise Error("BAD_ARGUMENT", "elements of out share memory")
    is_apart = not any(np.shares_memory(out, read) for read in factors)
    is_apart = is_apart and (c_in is out or c_in is None or not np.shares_memory(out, c_in))
    is_whole = not any(stride % _ITEM for stride in out.strides) and bool(out.flags.aligned)
    return (out if is_apart and is_whole else np.empty(shape, np.float32)), out


def _factor(array: Matrix) -> s.Factor:
    row, column = array.strides
    return s.Factor(array.ctypes.data, row // _ITEM, column // _ITEM)


def _shapes(a: Matrix, b: Matrix) -> tuple[int, ...]:
    """Return the result's shape: the leading dimensions broadcast against each other."""
    if a.shape[-1] != b.shape[-2]:
        told = f"{a.shape} by {b.shape} after transposing"
        raise Error("BAD_ARGUMENT", f"{told}: {a.shape[-1]} columns and {b.shape[-2]} rows differ")
    try:
        leading = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise Error("BAD_ARGUMENT", f"leading dimensions {a.shape[:-2]} and {b.shape[:-2]} cannot be broadcast") from None
    return (*leading, a.shape[-2], b.shape[-1])


def _accumulated(c_in: object, shape: tuple[int, ...], beta: float, from_c: bool) -> Matrix | None:
    """Check what the product is added to; None when nothing is."""
    if c_in is None:
        if beta != 0 or from_c:
            raise Error("BAD_ARGUMENT", "beta and from_c are about c, which is not given")
        return None
    accumulated = np.asarray(c_in)
    if accumulated.dtype != np.float32:
        raise Error("BAD_ARGUMENT", f"c is {accumulated.dtype}: products take float32")
    try:
        np.broadcast_to(accumulated, shape)
    except ValueError:
        raise Error("BAD_ARGUMENT", f"c is {accumulated.shape}: the product is {shape}") from None
    return accumulated


def matmul(
    a: object,
    b: object,
    *,
    device: Device | str = "cpu",
    trans_a: bool = False,
    trans_b: bool = False,
    alpha: float = 1.0,
    beta: float = 0.0,
    c: object = None,
    from_c: bool = False,
    precision: str | None = None,
    out: Matrix | None = None,
) -> Matrix:
    """Return alpha * op(a) @ op(b) + beta * c in fp32, on a device; the same bits on each device.

    a, b: float32, of any strides, read where they are; trans_a and trans_b exchange their last two dimensions. More than two
    dimensions are products one after another, leading dimensions broadcast as in numpy.matmul.
    c: float32, broadcast to the result; it is not changed. With from_c the chains of additions start from c (alpha 1, beta 0),
    without it the result is fma(beta, c, fl(alpha * product)), and c is not read when beta is 0.
    precision: "x1", "x3" or "x6" passes of bf16; None: what the device string says, else x6.
    out: where the result goes, or a new array. `out=c` accumulates in place. When a product fails out is as it was, but for
    earlier products of several.
    """
    if precision not in _PRECISIONS:
        raise Error("BAD_ARGUMENT", f"precision {precision!r}: there are x1, x3 and x6")
    left, right = _array(a, "a"), _array(b, "b")
    left = left.swapaxes(-1, -2) if trans_a else left
    right = right.swapaxes(-1, -2) if trans_b else right
    shape = _shapes(left, right)
    accumulated = _accumulated(c, shape, beta, from_c)
    made, returned = _result(out, shape, accumulated, (left, right))
    if accumulated is not None and accumulated is not made and (beta != 0 or from_c):
        made[...] = accumulated
    _each(opened(device), left, right, made, (alpha, beta, _PRECISIONS[precision], from_c))
    if made is not returned:
        returned[...] = made
    return returned


def _each(on: Device, left: Matrix, right: Matrix, made: Matrix, how: tuple[float, float, int, bool]) -> None:
    leading = made.shape[:-2]
    left = np.broadcast_to(left, leading + left.shape[-2:])
    right = np.broadcast_to(right, leading + right.shape[-2:])
    alpha, beta, precision, from_c = how
    for at in np.ndindex(leading):
        x, y, z = left[at], right[at], made[at]
        product = s.sized(s.Product)
        (product.m, product.k), product.n = x.shape, y.shape[1]
        product.a, product.b, result = _factor(x), _factor(y), _factor(z)
        product.c, product.c_row, product.c_column = result.data, result.row, result.column
        product.alpha, product.beta = alpha, beta
        product.precision, product.from_c = precision, int(from_c)
        on.multiply(product)
