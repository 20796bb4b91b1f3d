# SPDX-License-Identifier: Apache-2.0
"""Cases of the ONNX package with numbers changed to what nobody expects: the command must answer, soon and within its memory.

usage: mutated_cases.py SYSTOLE FOLDER SEED COUNT      FOLDER: cases as tests/conformance/write_cases.py writes them

Of a case drawn at random one to three places are changed: an attribute, an element of an integer input or constant, a shape, an
input that is left out. The answer may be a result or an error; it may not be a signal, an error without a word, more than
LIMIT_S seconds without a word on what it is at, or more memory than LIMIT_BYTES where the answer is an error. Results may be
as large as the model says, and take their time: those are counted as skipped. MUTATED_DEVICE: where they run; MUTANTS: which of
them alone.
"""

import json
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
from onnx import numpy_helper

LIMIT_S = 5
PROGRESS = re.compile(r"systole: .*: \d+ of \d+, ")
LIMIT_BYTES = 2 << 30
NUMBERS = (0, 1, -1, 2, 3, 7, -2, 64, 1000, 65535, 65536, 1 << 20, 1 << 24, 10**9, 2**31 - 1, 2**31, -(2**31), 2**32, 2**40, 2**56, 2**62,
           2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-30, 1e9, 1e30, float("inf"), float("nan"), 1000.0, 65536.0)
TEXTS = ("", "nonsense", "SAME_UPPER", "VALID", "linear", "cubic", "nearest", "reflect", "wrap", "edge", "align_corners", "mean", "sum", "ij,jk->ik")
INTEGERS = (np.int64, np.int32, np.uint8, np.int8)


def new_number(draw, old):
    return draw.choice(NUMBERS) if draw.random() < 0.8 else int(old) + draw.choice((-1, 1, 2))


def clipped(value, kind):
    info = np.iinfo(kind)
    return max(info.min, min(info.max, value))


def change_array(draw, array):
    """One element, or the shape."""
    array = np.array(array)
    if array.dtype.type in INTEGERS and array.size and draw.random() < 0.8:
        at = draw.randrange(array.size)
        array.flat[at] = clipped(new_number(draw, array.flat[at]), array.dtype)
    elif array.dtype in (np.float32, np.float64) and array.size and array.size <= 8 and draw.random() < 0.7:
        array.flat[draw.randrange(array.size)] = draw.choice(FLOATS)
    elif array.ndim and array.dtype != object:
        shape = list(array.shape)
        shape[draw.randrange(array.ndim)] = draw.choice((0, 0, 1, 2, 3, 17))
        array = np.resize(array, shape) if draw.random() < 0.8 else array.reshape(-1)
    return array


def change_attribute(draw, attribute):
    kind = attribute.type
    if kind == onnx.AttributeProto.INT:
        attribute.i = new_number(draw, attribute.i)
    elif kind == onnx.AttributeProto.FLOAT:
        attribute.f = draw.choice(FLOATS)
    elif kind == onnx.AttributeProto.INTS and len(attribute.ints):
        how = draw.random()
        if how < 0.8:
            at = draw.randrange(len(attribute.ints))
            attribute.ints[at] = new_number(draw, attribute.ints[at])
        elif how < 0.9:
            attribute.ints.append(draw.choice(NUMBERS))
        else:
            attribute.ints.pop()
    elif kind == onnx.AttributeProto.STRING:
        attribute.s = draw.choice(TEXTS).encode()
    elif kind == onnx.AttributeProto.TENSOR:
        changed = change_array(draw, numpy_helper.to_array(attribute.t))
        attribute.t.CopyFrom(numpy_helper.from_array(changed, attribute.t.name))


def nodes_of(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from nodes_of(attribute.g)


def change(draw, model, inputs):
    """One place; `inputs` are arrays by name."""
    nodes = list(nodes_of(model.graph))
    attributes = [a for n in nodes for a in n.attribute if a.type != onnx.AttributeProto.GRAPH]
    how = draw.random()
    if how < 0.5 and attributes:
        change_attribute(draw, draw.choice(attributes))
    elif how < 0.9 and inputs:
        name = draw.choice(sorted(inputs))
        inputs[name] = change_array(draw, inputs[name])
    elif how < 0.95 and model.graph.initializer:
        tensor = draw.choice(model.graph.initializer)
        tensor.CopyFrom(numpy_helper.from_array(change_array(draw, numpy_helper.to_array(tensor)), tensor.name))
    elif nodes:
        node = draw.choice(nodes)
        if len(node.input):
            node.input[draw.randrange(len(node.input))] = draw.choice(("", *node.input))


def free_shapes(model):
    """Inputs say their rank at most, so that what is inside the model is reached."""
    for value in model.graph.input:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")


def read_inputs(case, model):
    inputs = {}
    for i, value in enumerate(model.graph.input):
        path = case / "test_data_set_0" / f"input_{i}.pb"
        if not value.type.HasField("tensor_type") or not path.exists():
            return None
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        inputs[value.name] = numpy_helper.to_array(tensor)
    return inputs


def run(command, folder):
    """Exit code, seconds, largest memory, what it said."""
    with open(folder / "said", "w+b") as said:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "SYSTOLE_PROGRESS": "1"})
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid or time.monotonic() - began > LIMIT_S:
                break
            time.sleep(0.002)
        if not pid:
            process.kill()
            pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return process.returncode, time.monotonic() - began, usage.ru_maxrss * 1024, said.read(100000).decode(errors="replace")


def verdict(code, seconds, size, said):
    if seconds > LIMIT_S:
        return None if PROGRESS.search(said) else "takes too long, and does not say at what"
    if code < 0:
        return f"ends with signal {-code}"
    if code and size > LIMIT_BYTES:
        return f"took {size >> 20} MiB for an error"
    if code and not said.strip():
        return "an error without a word"
    if code and "runtime error" in said:
        return "undefined behaviour"
    return None


def mutate(systole, cases, seed, number, folder, device):
    draw = random.Random(f"{seed}:{number}")
    case = draw.choice(cases)
    model = onnx.load(case / "model.onnx")
    inputs = read_inputs(case, model)
    if inputs is None:
        return None
    free_shapes(model)
    try:
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            change(draw, model, inputs)
    except (TypeError, ValueError, OverflowError):
        return None
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    command = [systole, "run", str(folder / "model.onnx"), "--device", device]
    for i, (name, array) in enumerate(inputs.items()):
        (folder / f"input_{i}.pb").write_bytes(numpy_helper.from_array(array, name).SerializeToString())
        command += ["--input", f"{name}={folder}/input_{i}.pb"]
    code, seconds, size, said = run(command, folder)
    return case.name, code, seconds, size, said, verdict(code, seconds, size, said)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    systole, root, seed, count = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    numbers = [int(n) for n in os.environ.get("MUTANTS", "").split()] or range(count)
    device = os.environ.get("MUTATED_DEVICE", "cpu")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cases = sorted(p.parent for p in root.glob("*/*/model.onnx")) or sorted(p.parent for p in root.glob("*/model.onnx"))
    answers, failures, long, worst = {}, 0, 0, []
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            answer = mutate(systole, cases, seed, number, pathlib.Path(folder), device)
        if answer is None:
            continue
        name, code, seconds, size, said, wrong = answer
        answers[code] = answers.get(code, 0) + 1
        long += not wrong and seconds > LIMIT_S
        worst.append((seconds, size, number, name))
        if wrong or len(numbers) < 5:
            failures += bool(wrong)
            print(f"{number} {name}: {wrong}: {said.strip()[-300:]} ({seconds:.1f} s, {size >> 20} MiB)", flush=True)
    print("exit codes:", json.dumps({str(k): v for k, v in sorted(answers.items())}))
    for seconds, size, number, name in sorted(worst, reverse=True)[:5]:
        print(f"longest: {number} {name}: {seconds:.2f} s, {size >> 20} MiB")
    print(f"test-mutated-cases: {sum(answers.values()) - failures - long} passed, {failures} failed, {long} skipped")
    sys.exit(failures > 0)


main()
