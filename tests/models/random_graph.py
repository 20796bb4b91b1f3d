# SPDX-License-Identifier: Apache-2.0
"""A graph that grows node by node: a node that ONNX Runtime refuses is taken back."""
import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper


def run_ort(model, feeds):
    """Node by node, as the file says: nothing fused, nothing reordered."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    data = model if isinstance(model, str) else model.SerializeToString()
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"]).run(None, feeds)


class Grown:
    """A graph under construction, and the values that it has so far."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.opset = int(self.random.choice((7, 9, 10, 11, 12, 13, 14, 16, 17, 18, 20, 21, 22)))
        self.nodes, self.constants, self.inputs, self.feeds, self.values = [], [], [], {}, {}
        self.as_nodes = self.random.random() < 0.3
        self.dynamic = self.random.random() < 0.4
        self.serial = 0
        self.ends, self.scales = [], {}

    def name(self, what):
        self.serial += 1
        return f"{what}_{self.serial}"

    def one(self, *choices):
        return choices[int(self.random.integers(len(choices)))]

    def chance(self, p):
        return bool(self.random.random() < p)

    def floats(self, *shape, scale=1.0):
        return (self.random.standard_normal(shape) * scale).astype(np.float32)

    def input(self, value):
        name = self.name("input")
        shape = list(value.shape)
        if self.dynamic and shape:
            shape[0] = "batch"
        self.inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), shape))
        self.feeds[name] = self.values[name] = value
        return name

    def constant(self, value, what="w"):
        value = np.asarray(value)
        name = self.name(what)
        tensor = numpy_helper.from_array(value, name)
        if self.as_nodes:
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.constants.append(tensor)
        self.values[name] = value
        return name

    def model(self, outputs):
        infos = [helper.make_tensor_value_info(o, helper.np_dtype_to_tensor_dtype(self.values[o].dtype), None) for o in outputs]
        graph = helper.make_graph(self.nodes, "random", self.inputs, infos, self.constants)
        imports = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=imports, ir_version=8 if self.opset < 21 else 10)

    def add(self, kind, inputs, outputs=1, domain="", **attributes):
        """The node's outputs, or None where it cannot be, or makes what is not a number."""
        if None in inputs:
            return None
        names = [self.name(kind) for _ in range(outputs)]
        node = helper.make_node(kind, inputs, names, domain=domain, **attributes)
        used = {i: self.values[i] for i in inputs if i}
        infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in used.items()]
        graph = helper.make_graph([node], "one", infos, [onnx.ValueInfoProto(name=n) for n in names])
        imports = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        try:
            results = run_ort(helper.make_model(graph, opset_imports=imports, ir_version=8 if self.opset < 21 else 10), used)
        except Exception: # pylint: disable=broad-except
            return None
        if kind.endswith(("Conv", "Pool")) and not all(r.size for r in results):
            return None # a window larger than what it walks over: an error here
        if any(r.dtype.kind == "f" and not np.isfinite(r).all() for r in results) or sum(r.size for r in results) > 60000:
            return None
        self.nodes.append(node)
        self.values.update(zip(names, results))
        return names[0] if outputs == 1 else names
