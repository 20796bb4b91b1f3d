# SPDX-License-Identifier: Apache-2.0
"""Writes the ONNX package's light_resnet50 in two forms.

usage: write_resnet50.py FOLDER SEED

FOLDER/light/light_resnet50 is the case as the package has it: its weights are all one constant, and its output is given.
FOLDER/random.onnx has the same nodes and random weights, so that every channel of every layer is another, and among its
outputs what the last product reads and gives (the softmax of it is nearly all zeros); FOLDER/x.npy is a random picture for it.
"""
import pathlib
import shutil
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper


def write_case(source, folder):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    shutil.copy(source, folder / "model.onnx")
    shutil.copy(source.with_name(f"{source.stem}_output_0.pb"), data / "output_0.pb")
    # What the package's own runner feeds it: counted up from 0 towards 1.
    picture = (np.arange(3 * 224 * 224) / (3 * 224 * 224)).astype(np.float32).reshape(1, 3, 224, 224)
    (data / "input_0.pb").write_bytes(numpy_helper.from_array(picture).SerializeToString())


def random_weight(generator, role, shape):
    """Values that keep the activations of a residual network in size."""
    if role == "weight":
        return generator.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / np.prod(shape[1:])))
    if role in ("scale", "variance"):
        return generator.uniform(0.5, 1.5, shape).astype(np.float32)
    return generator.standard_normal(shape, np.float32) * np.float32(0.1)


ROLES = {"Conv": ["", "weight", "bias"], "Gemm": ["", "weight", "bias"], "BatchNormalization": ["", "scale", "bias", "mean", "variance"]}


def with_random_weights(model, seed):
    graph = model.graph
    role = {v: r for node in graph.node for v, r in zip(node.input, ROLES.get(node.op_type, []))}
    shapes = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    generator = np.random.default_rng(seed)
    made = [node for node in graph.node if node.op_type == "ConstantOfShape"]
    for node in made:
        name = node.output[0]
        graph.initializer.append(numpy_helper.from_array(random_weight(generator, role[name], [int(d) for d in shapes[node.input[0]]]), name))
        graph.node.remove(node)
    read = {v for node in graph.node for v in node.input}
    kept = [t for t in graph.initializer if t.name in read]
    picture = [i for i in graph.input if i.name in read - {t.name for t in kept}]
    last = next(node for node in graph.node if node.op_type == "Gemm")
    outputs = list(graph.output) + [helper.make_tensor_value_info(v, onnx.TensorProto.FLOAT, None) for v in (last.input[0], last.output[0])]
    new = helper.make_graph(list(graph.node), "resnet50", picture, outputs, kept)
    return helper.make_model(new, opset_imports=list(model.opset_import), ir_version=model.ir_version)


def main():
    folder, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    source = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / "light_resnet50.onnx"
    shutil.rmtree(folder, ignore_errors=True)
    write_case(source, folder / "light" / "light_resnet50")
    onnx.save(with_random_weights(onnx.load(source), seed), folder / "random.onnx")
    np.save(folder / "x.npy", np.random.default_rng(seed + 1).standard_normal((1, 3, 224, 224), np.float32))


main()
