# SPDX-License-Identifier: Apache-2.0
"""Where the library comes from, and whether the package's structs are the headers'."""
import ctypes
import ctypes.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import systole
from conftest import ROOT
from systole import _structs

PROGRAM = "import sys, systole\ntry:\n    print(systole.version())\nexcept systole.Error as e:\n    print(e.status, e.detail)"


def run(folder, environment=(), program=PROGRAM):
    kept = {name: value for name, value in os.environ.items() if name not in ("SYSTOLE_LIBRARY", "PYTHONPATH")}
    command = [sys.executable, "-B", "-c", program]
    done = subprocess.run(command, cwd=folder, env=kept | dict(environment), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.strip()


def test_library_in_a_checkout_is_found():
    assert run(ROOT) == systole.version()


def test_library_in_the_linkers_path_is_found(tmp_path):
    assert run(tmp_path, {"LD_LIBRARY_PATH": str(ROOT / "build")}) == systole.version()


def test_library_beside_the_package_is_found(tmp_path):
    package = tmp_path / "copy/systole"
    shutil.copytree(pathlib.Path(systole.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    os.symlink(ROOT / "build/libsystole.so.0", package / "libsystole.so.0")
    assert run(tmp_path, {"PYTHONPATH": str(tmp_path / "copy")}) == systole.version()


def test_library_missing_says_where_it_was_looked_for(tmp_path):
    told = run(tmp_path, {"SYSTOLE_LIBRARY": "/nowhere/libsystole.so.0"})
    assert told.startswith("NOT_FOUND") and "/nowhere/libsystole.so.0: no such file" in told and "make host" in told
    if not ctypes.util.find_library("systole"):
        assert run(tmp_path).startswith("NOT_FOUND")


def test_library_of_another_kind_is_refused(tmp_path):
    (tmp_path / "text.so").write_text("no library")
    assert run(tmp_path, {"SYSTOLE_LIBRARY": str(tmp_path / "text.so")}).startswith("NOT_FOUND")
    assert run(tmp_path, {"SYSTOLE_LIBRARY": "libc.so.6"}).startswith("MISMATCH libc.so.6 has no systole_version")


def test_program_ends_cleanly_with_everything_open(tmp_path):
    program = (
        "import numpy as np, systole, threading\n"
        "o = np.ones((4, 4), np.float32)\n"
        "d = systole.Device('hls:4x4'); d.me = d\n"
        f"s = systole.Session({str(ROOT / 'build/examples/resnet8.onnx')!r}, 'hls:4x4')\n"
        "y = s.run({'image': np.ones((1, 3, 32, 32), np.float32)})\n"
        "t = threading.Thread(target=lambda: systole.matmul(o, o, device='hls:4x4')); t.start(); t.join()\n"
        "print(systole.matmul(o, o, device=d)[0, 0], y['dense'].shape)"
    )
    assert run(tmp_path, {"SYSTOLE_LIBRARY": str(ROOT / "build/libsystole.so.0")}, program) == "4.0 (1, 10)"


def structs():
    snake = {"Product": "product", "Factor": "factor"}
    for name, kind in vars(_structs).items():
        if isinstance(kind, type) and issubclass(kind, ctypes.Structure) and kind is not ctypes.Structure:
            yield snake.get(name, re.sub("(?<!^)([A-Z])", r"_\1", name).lower()), kind


def test_structs_are_the_headers(tmp_path):
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if not compiler:
        pytest.skip("no C compiler")
    lines = ['#include "systole_multiply.h"']
    for name, kind in structs():
        lines.append(f'_Static_assert(sizeof(struct systole_{name}) == {ctypes.sizeof(kind)}, "{name}");')
        for field, *_ in kind._fields_:
            at = getattr(kind, field)
            where = f"(struct systole_{name} *)0)->{field}"
            lines.append(f'_Static_assert(offsetof(struct systole_{name}, {field}) == {at.offset}, "{name}.{field}");')
            lines.append(f'_Static_assert(sizeof(({where}) == {at.size}, "size of {name}.{field}");')
    assert len(lines) > 100
    source = tmp_path / "layout.c"
    source.write_text("\n".join(lines) + "\n")
    command = [compiler, "-std=c11", "-fsyntax-only", "-I", ROOT / "host/include", "-I", ROOT / "driver", source]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
