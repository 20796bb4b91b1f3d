# SPDX-License-Identifier: Apache-2.0
"""ONNX models on devices."""
from __future__ import annotations

import ctypes as c
import dataclasses
import os
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

import numpy as np

from . import _structs as s
from ._context import Context, Handle, encode
from ._device import Totals, read_totals
from ._error import Error
from ._library import library, text
from ._tensor import Tensor, shape_of, tensor_of, type_of, view

Array = np.ndarray[Any, np.dtype[Any]]
_PLACES = ("host", "device", "fused")


@dataclasses.dataclass(frozen=True)
class ValueInfo:
    """An input or output of a model.

    dtype: the library's name, None when the model does not say; numpy_dtype: how an array shows it (bfloat16 as uint16, and types
    below a byte or of 8-bit floats as uint8, with their bits). shape: None for a free dimension, or for a free rank.
    """

    name: str
    dtype: str | None
    numpy_dtype: np.dtype[Any] | None
    shape: tuple[int | None, ...] | None
    number: int = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Step:
    """A step of a run, as struct systole_step: which node, where it ran, and what it cost.

    place: "host", "device" or "fused" (done by step number `into`, which may be fused itself). why: what of it the host did and
    why, None when there is nothing to explain. counters: the device's own, by name. start, seconds: by the host's clock since the
    run began.
    """

    node: str
    op: str
    place: str
    why: str | None
    into: int | None
    launches: int
    on_host: int
    special: int
    macs: int
    cycles: int
    busy: int
    read_bytes: int
    write_bytes: int
    start: float
    seconds: float
    counters: dict[str, int] = dataclasses.field(repr=False)


def _value_info(raw: s.ValueInfo) -> ValueInfo:
    name, dtype = type_of(raw.dtype) if raw.dtype else (None, None)
    return ValueInfo(text(raw.name), name, dtype, shape_of(raw), raw.dtype)


def _values(model: c.c_void_p, kind: str) -> tuple[ValueInfo, ...]:
    lib = library()
    count = getattr(lib, f"systole_model_{kind}_count")(model)
    told = []
    for i in range(count):
        raw = s.sized(s.ValueInfo)
        getattr(lib, f"systole_model_{kind}")(model, i, c.byref(raw))
        told.append(_value_info(raw))
    return tuple(told)


class Model(Handle):
    """An ONNX model, read from a file or from bytes; it never changes, and any number of sessions in any threads may share it."""

    def __init__(self, source: str | os.PathLike[str] | bytes) -> None:
        """Read `source`, a path or the file's bytes (those without external data)."""
        lib = library()
        context = Context()
        handle = c.c_void_p()
        with context.use():
            if isinstance(source, bytes):
                status = lib.systole_model_load_memory(context.handle, source, len(source), None, c.byref(handle))
            elif isinstance(source, (str, os.PathLike)):
                status = lib.systole_model_load(context.handle, encode(source, "model"), c.byref(handle))
            else:
                raise Error("BAD_ARGUMENT", f"a model is a path, bytes or a systole.Model, not {type(source).__name__}")
            context.check(status)
        super().__init__(context, handle, lib.systole_model_free)
        self.inputs: tuple[ValueInfo, ...] = _values(handle, "input")
        self.outputs: tuple[ValueInfo, ...] = _values(handle, "output")


class Session(Handle):
    """One model on one device. Any thread may call it; one call runs at a time, others wait. Threads that are to run at once have
    a session each.
    """

    def __init__(self, model: str | os.PathLike[str] | bytes | Model, device: str = "cpu") -> None:
        """Open `device` and compile `model` for it: a path, the file's bytes, or a Model that several sessions share."""
        lib = library()
        shared = model if isinstance(model, Model) else Model(model)
        context = Context()
        handle = c.c_void_p()
        with shared._use() as loaded, context.use():
            context.check(lib.systole_session_create(context.handle, loaded, encode(device, "device"), c.byref(handle)))
        self._own(context, handle, device)

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: str) -> Session:
        """Open a session that save() wrote, on a device of the same build; nothing is compiled."""
        lib = library()
        context = Context()
        handle = c.c_void_p()
        with context.use():
            where, name = encode(path, "session"), encode(device, "device")
            context.check(lib.systole_session_load(context.handle, where, name, c.byref(handle)))
        session = cls.__new__(cls)
        session._own(context, handle, device)
        return session

    def _own(self, context: Context, handle: c.c_void_p, device: str) -> None:
        lib = library()
        Handle.__init__(self, context, handle, lib.systole_session_free)
        model = lib.systole_session_model(handle)
        self.device = device
        self.inputs: tuple[ValueInfo, ...] = _values(model, "input")
        self.outputs: tuple[ValueInfo, ...] = _values(model, "output")
        self._wanted = {info.name: info.number for info in self.inputs}

    def __enter__(self) -> Session:
        """Return the session itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Close it; arrays that it gave stay."""
        self.close()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model with its compiled programs to a file."""
        with self._use() as handle:
            self._context.check(library().systole_session_save(handle, encode(path, "session")))

    def run(self, inputs: Mapping[str, object] | None = None, outputs: Iterable[str] | None = None) -> dict[str, Array]:
        """Run the model; return its outputs, or those that are named, as read-only arrays on the library's memory.

        inputs: arrays by name. They are copied, but for arrays that a run gave: those are handed on as they are. An input that
        is not named keeps what an earlier run gave it. An input with an initialiser may be named too.
        """
        wanted = [info.name for info in self.outputs] if outputs is None else list(outputs)
        with self._use() as handle:
            self._set(handle, inputs or {})
            self._context.check(library().systole_session_run(handle))
            return {name: view(self._get(handle, name)) for name in wanted}

    def _set(self, handle: c.c_void_p, inputs: Mapping[str, object]) -> None:
        tensors = {}
        for name, value in inputs.items():
            try:
                tensors[name] = tensor_of(self._context, value, self._wanted.get(name, 0))
            except Error as error:
                raise Error(error.status, f"input '{name}': {error.detail}") from None
        for name, tensor in tensors.items():
            self._context.check(library().systole_session_set(handle, encode(name, "input"), tensor.handle))

    def _get(self, handle: c.c_void_p, name: str) -> Tensor:
        got = c.c_void_p()
        self._context.check(library().systole_session_get(handle, encode(name, "output"), c.byref(got)))
        return Tensor(got)

    def profile(self) -> list[Step]:
        """List the steps of the last run in the order they ran, those before a failure too."""
        lib = library()
        told = []
        with self._use() as handle:
            names = [(i, text(lib.systole_counter_name(i))) for i in range(s.COUNTERS)]
            for index in range(lib.systole_session_step_count(handle)):
                raw = s.sized(s.Step)
                self._context.check(lib.systole_session_step(handle, index, c.byref(raw)))
                told.append(_step(raw, names))
        return told

    def totals(self) -> Totals:
        """Say what its runs did so far."""
        raw = s.sized(s.Totals)
        with self._use() as handle:
            self._context.check(library().systole_session_totals(handle, c.byref(raw)))
        return read_totals(raw)


def _step(raw: s.Step, names: list[tuple[int, str]]) -> Step:
    place = _PLACES[raw.place]
    same = {field.name: getattr(raw, field.name) for field in dataclasses.fields(Step)[5:-1]}
    return Step(
        node=text(raw.node),
        op=text(raw.op),
        place=place,
        why=text(raw.why) if raw.why else None,
        into=raw.into if place == "fused" else None,
        counters={name: raw.counter[i] for i, name in names if name},
        **same,
    )
