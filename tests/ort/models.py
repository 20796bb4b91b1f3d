# SPDX-License-Identifier: Apache-2.0
"""Models cut into pieces, and run: by ONNX Runtime, and by the command `systole`."""
import os
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper


class Network:
    """A model; all that its nodes make has short names, and the values of interest ("marks") can be made outputs."""

    def __init__(self, path, is_mark):
        self.model = onnx.load(path)
        graph = self.model.graph
        names = {node.output[0]: f"value{i}" for i, node in enumerate(graph.node)}
        self.output = names.get(graph.output[0].name, graph.output[0].name)
        for node in graph.node:
            node.input[:] = [names.get(v, v) for v in node.input]
            node.output[:] = [names.get(v, v) for v in node.output]
        graph.output[0].name = self.output
        self.input = graph.input[0].name
        self.shape = [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim][1:]
        self.marks = [node.output[0] for node in graph.node if is_mark(node)]
        self.maker = {v: node for node in graph.node for v in node.output}
        self.constants = {t.name: t for t in graph.initializer}

    def constant(self, name):
        return numpy_helper.to_array(self.constants[name])

    def with_marks(self):
        """The whole model with every mark among its outputs."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        add_outputs(model, [v for v in self.marks if v != self.output])
        return model

    def segment(self, mark):
        """The nodes between the marks (or the input) before `mark` and `mark`, in order, and what they read of them."""
        wanted, sources = {mark}, set()
        nodes = []
        for node in reversed(self.model.graph.node):
            if not wanted & set(node.output):
                continue
            nodes.insert(0, node)
            for value in node.input:
                if value in self.marks or value == self.input:
                    sources.add(value)
                elif value and value not in self.constants:
                    wanted.add(value)
        return nodes, sorted(sources)

    def piece(self, nodes, sources, outputs, dtype):
        """A model of these nodes alone."""
        used = {v for node in nodes for v in node.input}
        graph = helper.make_graph(nodes, "piece", [helper.make_tensor_value_info(s, dtype, None) for s in sources], [],
                                  [t for name, t in self.constants.items() if name in used])
        model = helper.make_model(graph, opset_imports=list(self.model.opset_import), ir_version=self.model.ir_version)
        if any(node.domain == "com.microsoft" for node in nodes):
            model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
        add_outputs(model, outputs)
        return model


def add_outputs(model, names):
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)


def ort_session(model, level="off", threads=1):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = {"off": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
                                        "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL}[level]
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    data = model if isinstance(model, str) else model.SerializeToString()
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def run_ort(session, feeds, batch=1):
    """Every output, the inputs given `batch` at a time."""
    count = len(next(iter(feeds.values())))
    parts = [session.run(None, {k: v[i:i + batch] for k, v in feeds.items()}) for i in range(0, count, batch)]
    return [np.concatenate(p) for p in zip(*parts)]


def run_systole(model, name, x, device):
    """Every output by its name, the whole batch in one run of the command."""
    with tempfile.TemporaryDirectory() as folder:
        path, given = os.path.join(folder, "model.onnx"), os.path.join(folder, "x.npy")
        onnx.save(model, path)
        np.save(given, x)
        done = subprocess.run([os.environ.get("SYSTOLE", "build/systole"), "run", path, "--input", f"{name}={given}", "--output", folder, "--device", device],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"systole on {device}: exit code {done.returncode}: {done.stderr.strip()}")
        return {o.name: np.load(os.path.join(folder, o.name.replace(":", "_") + ".npy")) for o in model.graph.output}
