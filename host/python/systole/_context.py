# SPDX-License-Identifier: Apache-2.0
"""A context of the library, and handles that are made with it and freed once."""
from __future__ import annotations

import ctypes as c
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from . import _structs as s
from ._error import Error
from ._library import library, status_name, text

_logger = logging.getLogger("systole")
_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}


def _log(_user: int | None, level: int, line: bytes) -> None:
    # What fails is raised as an Error, with the same text: in the log it is for those who look closely.
    logged = logging.DEBUG if level == 1 else _LEVELS.get(level, logging.DEBUG)
    _logger.log(logged, "%s", text(line))


_log_callback = s.LogFn(_log)  # Kept: the library calls it as long as there is a context.


class Context:
    """Belongs to one thread at a time: whoever uses it holds `use()`, others wait."""

    def __init__(self) -> None:
        """Create one that logs to the logger "systole"."""
        lib = library()
        options = s.sized(s.ContextOptions)
        options.log = _log_callback
        self.handle = c.c_void_p()
        self._lock = threading.RLock()
        self._in_use = False
        status = lib.systole_context_create(c.byref(options), c.byref(self.handle))
        if status:
            raise Error(status_name(status), text(lib.systole_status_text(status)))
        self._free = weakref.finalize(self, lib.systole_context_free, self.handle)

    @contextmanager
    def use(self) -> Iterator[None]:
        """Wait for another thread's call; a call from inside one's own, from a log handler, is refused."""
        with self._lock:
            if self._in_use:
                raise Error("BAD_STATE", "a call from a log handler: this device or session is in the middle of another")
            self._in_use = True
            try:
                yield
            finally:
                self._in_use = False

    def check(self, status: int) -> None:
        """Raise what the library says of a status that is not OK."""
        if status == 0:
            return
        lib = library()
        detail = text(lib.systole_context_detail(self.handle)) or text(lib.systole_status_text(status))
        raise Error(status_name(status), detail, text(lib.systole_context_operator(self.handle)))


class Handle:
    """Something of the library's that is freed once: by `close()`, when it is forgotten, or at the program's end.

    The finalizer keeps the context, so that whatever the order in which objects are forgotten, the context goes last.
    """

    def __init__(self, context: Context, handle: c.c_void_p, free: Callable[[c.c_void_p], None]) -> None:
        """Own `handle`, of `context`."""
        self._context = context
        self._handle = handle
        self._finalizer = weakref.finalize(self, _release, context, handle, free)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return not self._finalizer.alive

    def close(self) -> None:
        """Free it now; waits for a call that is running in another thread. Closing twice does nothing."""
        with self._context.use():
            self._finalizer()

    @contextmanager
    def _use(self) -> Iterator[c.c_void_p]:
        with self._context.use():
            if self.closed:
                raise Error("BAD_STATE", f"this {type(self).__name__} is closed")
            yield self._handle


def _release(_context: Context, handle: c.c_void_p, free: Callable[[c.c_void_p], None]) -> None:
    free(handle)


def encode(value: str | os.PathLike[str], what: str) -> bytes:
    """Return a text or path as a C string; a NUL inside would cut it short silently."""
    if not isinstance(value, (str, os.PathLike)):
        raise Error("BAD_ARGUMENT", f"{what} is a {type(value).__name__}: a string is needed")
    raw = os.fsencode(value)
    if b"\0" in raw:
        raise Error("BAD_ARGUMENT", f"{what} {value!r} has a NUL inside")
    return raw
