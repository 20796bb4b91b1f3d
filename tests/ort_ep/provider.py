# SPDX-License-Identifier: Apache-2.0
"""Sessions of ONNX Runtime with the plug-in and without."""
import os

import numpy as np
import onnxruntime as ort

NAME = "systole"
PATH = os.path.abspath("build/libsystole_ort_ep.so")
LEVELS = {"off": ort.GraphOptimizationLevel.ORT_DISABLE_ALL, "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL}


def register():
    ort.register_execution_provider_library(NAME, PATH)


def devices():
    return [d for d in ort.get_ep_devices() if d.ep_name == NAME]


def options(level="all", threads=1):
    result = ort.SessionOptions()
    result.graph_optimization_level = LEVELS[level]
    result.intra_op_num_threads = threads
    result.log_severity_level = 3
    return result


def data_of(model):
    return model if isinstance(model, (str, bytes)) else model.SerializeToString()


def plugged(model, device, level="all", **more):
    """With the plug-in on a device of Systole."""
    chosen = options(level)
    chosen.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    given = {key: str(value) for key, value in more.items()}
    if device is not None:
        given["device"] = device
    chosen.add_provider_for_devices(devices(), given)
    return ort.InferenceSession(data_of(model), chosen, enable_fallback=0)  # a refusal is to be seen, not to become a session on the CPU


def plain(model, level="all"):
    """ONNX Runtime's own, on the CPU."""
    return ort.InferenceSession(data_of(model), options(level), providers=["CPUExecutionProvider"])


def assigned(session):
    """How many nodes of each operator the plug-in has, and how many others; how many fused nodes. ONNX Runtime tells it from 1.24 on."""
    ours, others, fused = {}, {}, 0
    for part in session.get_provider_graph_assignment_info():
        count = ours if part.ep_name == NAME else others
        fused += part.ep_name == NAME
        for node in part.get_nodes():
            count[node.op_type] = count.get(node.op_type, 0) + 1
    return ours, others, fused


def differing(a, b):
    """How many values of two lists of arrays are not the same bits; all of them where shapes or types differ."""
    if len(a) != len(b):
        return max(sum(x.size for x in a), 1)
    total = 0
    for x, y in zip(a, b):
        x, y = np.asarray(x), np.asarray(y)
        if x.dtype != y.dtype or x.shape != y.shape:
            total += max(x.size, y.size, 1)
        elif x.tobytes() != y.tobytes():
            bits = np.dtype(f"u{x.dtype.itemsize}")
            total += int(np.sum(np.ascontiguousarray(x).view(bits) != np.ascontiguousarray(y).view(bits)))
    return total
