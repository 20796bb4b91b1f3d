# SPDX-License-Identifier: Apache-2.0
"""Finding and loading the C library, and what its functions take."""
from __future__ import annotations

import ctypes as c
import os
import threading
from pathlib import Path

from . import _structs as s
from ._error import Error

NAME = "libsystole.so.0"

# Function: result, arguments. Handles are void pointers.
_P = c.c_void_p
_OUT = c.POINTER(c.c_void_p)
_STATUS = c.c_int
_PROTOTYPES: dict[str, tuple[object, list[object]]] = {
    "version": (c.c_char_p, []),
    "status_name": (c.c_char_p, [c.c_int]),
    "status_text": (c.c_char_p, [c.c_int]),
    "context_create": (_STATUS, [c.POINTER(s.ContextOptions), _OUT]),
    "context_free": (None, [_P]),
    "context_detail": (c.c_char_p, [_P]),
    "context_operator": (c.c_char_p, [_P]),
    "tensor_create": (_STATUS, [_P, c.c_int, c.c_int, c.POINTER(c.c_int64), _P, _OUT]),
    "tensor_free": (None, [_P]),
    "tensor_dtype": (c.c_int, [_P]),
    "tensor_rank": (c.c_int, [_P]),
    "tensor_dims": (c.POINTER(c.c_int64), [_P]),
    "tensor_data": (_P, [_P]),
    "tensor_value": (c.c_double, [_P, c.c_int64]),
    "dtype_name": (c.c_char_p, [c.c_int]),
    "model_load": (_STATUS, [_P, c.c_char_p, _OUT]),
    "model_load_memory": (_STATUS, [_P, c.c_char_p, c.c_size_t, c.c_char_p, _OUT]),
    "model_free": (None, [_P]),
    "model_input_count": (c.c_int, [_P]),
    "model_output_count": (c.c_int, [_P]),
    "model_input": (_STATUS, [_P, c.c_int, c.POINTER(s.ValueInfo)]),
    "model_output": (_STATUS, [_P, c.c_int, c.POINTER(s.ValueInfo)]),
    "session_create": (_STATUS, [_P, _P, c.c_char_p, _OUT]),
    "session_free": (None, [_P]),
    "session_set": (_STATUS, [_P, c.c_char_p, _P]),
    "session_run": (_STATUS, [_P]),
    "session_get": (_STATUS, [_P, c.c_char_p, _OUT]),
    "session_save": (_STATUS, [_P, c.c_char_p]),
    "session_load": (_STATUS, [_P, c.c_char_p, c.c_char_p, _OUT]),
    "session_model": (_P, [_P]),
    "session_totals": (_STATUS, [_P, c.POINTER(s.Totals)]),
    "session_step_count": (c.c_uint64, [_P]),
    "session_step": (_STATUS, [_P, c.c_uint64, c.POINTER(s.Step)]),
    "counter_name": (c.c_char_p, [c.c_uint32]),
    "devices": (None, [s.DeviceFn, _P]),
    "device_query": (_STATUS, [_P, c.c_char_p, c.POINTER(s.DeviceInfo)]),
    "capability_name": (c.c_char_p, [c.c_uint32]),
    "multiplier_create": (_STATUS, [_P, c.c_char_p, _OUT]),
    "multiplier_free": (None, [_P]),
    "multiplier_totals": (_STATUS, [_P, c.POINTER(s.Totals)]),
    "multiply": (_STATUS, [_P, c.POINTER(s.Product)]),
}

_lock = threading.Lock()
_loaded: c.CDLL | None = None


def _is_checkout(folder: Path) -> bool:
    return (folder / "host/python/pyproject.toml").is_file() and (folder / "driver/status.def").is_file()


def _candidates() -> list[str]:
    """Places in the order they are tried; a bare name is looked for by the system's linker."""
    chosen = os.environ.get("SYSTOLE_LIBRARY")
    if chosen:
        return [chosen]
    here = Path(__file__).resolve().parent
    places = [here / NAME]
    # The package used from a checkout, or a program that is run in the root of one.
    roots = [*list(here.parents)[2:3], Path.cwd()]
    places += [root / "build" / NAME for root in roots if _is_checkout(root)]
    return [str(p) for p in dict.fromkeys(places)] + [NAME]


def _open() -> c.CDLL:
    tried = []
    for place in _candidates():
        is_path = "/" in place
        if is_path and not os.path.exists(place):
            tried.append(f"{place}: no such file")
            continue
        try:
            return c.CDLL(place)
        except OSError as error:
            tried.append(str(error) if is_path else f"the system's linker: {error}")
            if is_path:
                break  # A library that is there and cannot be loaded is told, not passed by.
    raise Error(
        "NOT_FOUND",
        f"{NAME} was not loaded; `make host` builds it, `make install` installs it, SYSTOLE_LIBRARY names one. Tried: "
        + "; ".join(tried),
    )


def _declare(library: c.CDLL) -> None:
    for name, (result, arguments) in _PROTOTYPES.items():
        try:
            function = getattr(library, f"systole_{name}")
        except AttributeError:
            raise Error(
                "MISMATCH", f"{library._name} has no systole_{name}: it is another version than this package, or not the library"
            ) from None
        function.restype, function.argtypes = result, arguments


def library() -> c.CDLL:
    """Return the library, loaded at the first call; a failure is tried again at the next."""
    global _loaded
    with _lock:
        if _loaded is None:
            opened = _open()
            _declare(opened)
            _loaded = opened
        return _loaded


def text(value: bytes | None) -> str:
    """Return a C string as text, "" for NULL."""
    return value.decode(errors="replace") if value else ""


def status_name(status: int) -> str:
    """Return the name of a status: "BAD_ARGUMENT"."""
    return text(library().systole_status_name(status))


def version() -> str:
    """Return the version of the loaded C library."""
    return text(library().systole_version())
