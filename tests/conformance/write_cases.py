# SPDX-License-Identifier: Apache-2.0
"""Writes the ONNX package's backend cases out as folders.

usage: write_cases.py KIND FOLDER      KIND: node, simple, pytorch-operator, pytorch-converted, light

node cases come from the package's Python loader and get files for their inputs and outputs; the other kinds are in the
package as folders, and are copied. Of the light models the package has the output only: their input is the one its runner
makes, and light_NAME.onnx becomes light_NAME/model.onnx.
"""

import os
import pathlib
import shutil
import sys
import warnings

import numpy as np
import onnx
from onnx import numpy_helper


def write_value(path, value, type_proto):
    """One TensorProto, SequenceProto or OptionalProto, as the package's own generator writes it."""
    if isinstance(value, onnx.TensorProto):
        proto = value
    elif type_proto.HasField("map_type"):
        proto = numpy_helper.from_dict(value, "")
    elif type_proto.HasField("sequence_type"):
        proto = numpy_helper.from_list(value, "")
    elif type_proto.HasField("optional_type"):
        proto = numpy_helper.from_optional(value, "")
    else:
        proto = numpy_helper.from_array(np.asarray(value), "")
    path.write_bytes(proto.SerializeToString())


def write_node_cases(folder):
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases:
        root = folder / case.name
        root.mkdir(parents=True)
        (root / "model.onnx").write_bytes(case.model.SerializeToString())
        for i, (inputs, outputs) in enumerate(case.data_sets):
            data = root / f"test_data_set_{i}"
            data.mkdir()
            for n, (value, info) in enumerate(zip(inputs, case.model.graph.input)):
                write_value(data / f"input_{n}.pb", value, info.type)
            for n, (value, info) in enumerate(zip(outputs, case.model.graph.output)):
                write_value(data / f"output_{n}.pb", value, info.type)
    return len(cases)


def copy_cases(source, folder):
    names = sorted(p.name for p in source.iterdir() if (p / "model.onnx").exists())
    for name in names:
        shutil.copytree(source / name, folder / name)
    return len(names)


def light_input(model):
    """What the package's runner feeds a light model: ones, counted up, of the first input's shape."""
    initialisers = {t.name for t in model.graph.initializer}
    info = next(i for i in model.graph.input if i.name not in initialisers)
    shape = [d.dim_value for d in info.type.tensor_type.shape.dim]
    n = int(np.prod(shape))
    return (np.arange(n).reshape(shape) / n).astype(np.float32)


def write_light_cases(source, folder):
    models = sorted(source.glob("*.onnx"))
    for path in models:
        data = folder / path.stem / "test_data_set_0"
        data.mkdir(parents=True)
        shutil.copy(path, data.parent / "model.onnx")
        shutil.copy(source / f"{path.stem}_output_0.pb", data / "output_0.pb")
        value = light_input(onnx.load(path))
        (data / "input_0.pb").write_bytes(numpy_helper.from_array(value, "").SerializeToString())
    return len(models)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    kind, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    package = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
    temporary = folder.with_name(folder.name + ".new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    if kind == "node":
        n = write_node_cases(temporary)
    elif kind == "light":
        n = write_light_cases(package / "light", temporary)
    else:
        n = copy_cases(package / kind, temporary)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(temporary, folder)
    print(f"{folder}: {n} cases of onnx {onnx.__version__}")


main()
