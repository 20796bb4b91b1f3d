# SPDX-License-Identifier: Apache-2.0
"""The library's structs, field by field as in systole.h and systole_multiply.h (a test compiles a comparison of the two)."""
from __future__ import annotations

import ctypes as c
from typing import TypeVar

MAX_RANK = 16
COUNTERS = 32
CAPABILITIES = 32

LogFn = c.CFUNCTYPE(None, c.c_void_p, c.c_int, c.c_char_p)
DeviceFn = c.CFUNCTYPE(None, c.c_void_p, c.c_char_p, c.c_char_p, c.c_char_p, c.c_char_p)


class ContextOptions(c.Structure):
    """struct systole_context_options."""

    _fields_ = [("size", c.c_size_t), ("log", LogFn), ("log_user", c.c_void_p)]


class ValueInfo(c.Structure):
    """struct systole_value_info."""

    _fields_ = [
        ("size", c.c_size_t),
        ("name", c.c_char_p),
        ("dtype", c.c_int),
        ("rank", c.c_int),
        ("dims", c.c_int64 * MAX_RANK),
    ]


class Totals(c.Structure):
    """struct systole_totals."""

    _fields_ = [("size", c.c_size_t)] + [
        (name, c.c_uint64)
        for name in ("runs", "on_host", "special", "macs", "cycles", "busy", "read_bytes", "write_bytes", "rows", "cols")
    ]


class Step(c.Structure):
    """struct systole_step."""

    _fields_ = [
        ("size", c.c_size_t),
        ("node", c.c_char_p),
        ("op", c.c_char_p),
        ("place", c.c_int),
        ("why", c.c_char_p),
        ("into", c.c_uint64),
        ("launches", c.c_uint64),
        ("on_host", c.c_uint64),
        ("special", c.c_uint64),
        ("macs", c.c_uint64),
        ("cycles", c.c_uint64),
        ("busy", c.c_uint64),
        ("read_bytes", c.c_uint64),
        ("write_bytes", c.c_uint64),
        ("counter", c.c_uint64 * COUNTERS),
        ("start", c.c_double),
        ("seconds", c.c_double),
    ]


class DeviceInfo(c.Structure):
    """struct systole_device_info."""

    _fields_ = [
        ("size", c.c_size_t),
        ("rows", c.c_uint32),
        ("cols", c.c_uint32),
        ("has_fp", c.c_uint32),
        ("bus_bytes", c.c_uint32),
        ("version", c.c_uint32),
        ("contract", c.c_uint64),
        ("build", c.c_uint64),
        ("capability", c.c_uint32 * CAPABILITIES),
    ]


class Factor(c.Structure):
    """struct systole_factor."""

    _fields_ = [("data", c.c_void_p), ("row", c.c_int64), ("column", c.c_int64)]


class Product(c.Structure):
    """struct systole_product."""

    _fields_ = [
        ("size", c.c_size_t),
        ("m", c.c_int64),
        ("n", c.c_int64),
        ("k", c.c_int64),
        ("a", Factor),
        ("b", Factor),
        ("c", c.c_void_p),
        ("c_row", c.c_int64),
        ("c_column", c.c_int64),
        ("alpha", c.c_float),
        ("beta", c.c_float),
        ("precision", c.c_int),
        ("from_c", c.c_int),
    ]


S = TypeVar("S", bound=c.Structure)


def sized(kind: type[S]) -> S:
    """Return a zeroed struct that says its own size, as the library wants it."""
    struct = kind()
    struct.size = c.sizeof(kind)
    return struct
