# SPDX-License-Identifier: Apache-2.0
"""What sessions can meet: refusals with their words, failures of the device, threads, an unregistered plug-in, models of unusual make."""
import os
import subprocess
import sys
import tempfile
import threading

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import provider

FAKE = os.path.abspath("build/tests/libsystole_fake.so")


def small(dims=("n", 8), weights=None, opset=17, kind=TensorProto.FLOAT):
    """y = x w, of any number of rows."""
    w = np.arange(8 * 6).reshape(8, 6) % 7 - 3 if weights is None else weights
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"], name="the_product")], "small",
                              [helper.make_tensor_value_info("x", kind, dims)], [helper.make_empty_tensor_value_info("y")],
                              [numpy_helper.from_array(w.astype(helper.tensor_dtype_to_np_dtype(kind)), "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def refused(result, what, words, device, **more):
    """A session is refused, in words that have all of `words` in them."""
    try:
        provider.plugged(small(), device, **more)
    except Exception as error:  # whatever class ONNX Runtime has for it
        text = str(error)
        good = all(word in text for word in words)
        if not good:
            print(f"    said: {text}")
        result.count(f"refused: {what}", good)
        return
    result.count(f"refused: {what}", False)


def refusals(result):
    refused(result, "a device that is none", ["systole", "nonsense:4x4"], "nonsense:4x4")
    refused(result, "a size nobody built", ["systole", "63x63"], "hls:63x63")
    refused(result, "no device", ["no device", "SYSTOLE_ORT_DEVICE"], None)
    refused(result, "a precision that is none", ["x6, x3, x1"], "cpu", precision="x7")
    refused(result, "precision f32 on an array", ["f32", "cpu"], "hls:16x16", precision="f32")
    refused(result, "two precisions", ["x3", "x1", "give one"], "cpu,precision=x3", precision="x1")
    refused(result, "an option that is none", ["'colour'", "device, precision and verbose"], "cpu", colour="red")
    refused(result, "verbose that is none", ["verbose", "2"], "cpu", verbose=2)
    refused(result, "a device's name without end", ["characters"], "cpu," + "x" * 600)
    refused(result, "a device of another contract", ["0x123456789abcdef0", "contract"], f"sim:4x4,lib={FAKE},contract=0x123456789abcdef0")
    refused(result, "a device of another build", ["MISMATCH"], f"sim:4x4,lib={FAKE},build=5")


X = np.arange(32, dtype=np.float32).reshape(4, 8) % 5 - 2


def runs(session, x=X):
    return session.run(None, {"x": x})[0]


def right(y, x=X, model=None):
    return np.array_equal(y, runs(provider.plain(model or small()), x))


def shapes(result, device):
    session = provider.plugged(small(), device)
    good = all(right(runs(session, x), x) for x in (X, X[:1], np.tile(X, (9, 1)), X[:0], X, X[:3]))
    result.count("rows of any number, none too, from run to run", good)
    try:
        runs(session, X[:, :5])
        result.count("an input of another width is refused", False)
    except Exception:
        result.count("an input of another width is refused", True)
    result.count("and the session goes on", right(runs(session)))


def failing_device(result, simulator):
    """The memory refuses one read of the first run: that is an error, with the device's words, and the next run is right."""
    session = provider.plugged(small(), f"{simulator},error_read=5")
    try:
        runs(session)
        result.count("a run on a failing memory is an error", False)
    except Exception as error:
        print(f"    a failing memory: {str(error).splitlines()[-1]}")
        result.count("a run on a failing memory is an error", "systole" in str(error))
    result.count("the run after it is right", right(runs(session)))


def threads(result, device, sessions, each=25):
    """Threads that run sessions at the same time: one session all together, or each one its own."""
    wrong, models = [], [provider.plugged(small(), device) for _ in range(sessions)]
    want = [runs(provider.plain(small()), X + i) for i in range(4)]

    def work(number):
        for _ in range(each):
            if not np.array_equal(runs(models[number % sessions], X + number), want[number]):
                wrong.append(number)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    result.count(f"4 threads, {sessions} sessions on {device}", not wrong)


def unregister(result):
    """In a process of its own, for ONNX Runtime says that this is not to be done."""
    program = """
import sys
sys.path[:0] = ["tests/ort_ep"]
import special, provider
provider.register()
session = provider.plugged(special.small(), "cpu")
provider.ort.unregister_execution_provider_library(provider.NAME)
assert not provider.devices()
assert special.right(special.runs(session))
del session
provider.register()
assert special.right(special.runs(provider.plugged(special.small(), "hls:16x16")))
print("alive")
"""
    done = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=False)
    if done.returncode or "alive" not in done.stdout:
        print(f"    exit code {done.returncode}: {done.stderr[-500:]}")
    result.count("unregistered under a session, which runs on and is freed; registered again", done.returncode == 0 and "alive" in done.stdout)


def environment(result):
    """Without options the environment counts; verbose says what became of each node."""
    program = """
import sys
sys.path[:0] = ["tests/ort_ep"]
import special, provider
provider.register()
chosen = provider.ort.SessionOptions()
chosen.add_provider_for_devices(provider.devices(), {})
model = provider.data_of(special.beside())
session = provider.ort.InferenceSession(model, chosen)
print(provider.assigned.__name__, session.get_providers()[0])
"""
    around = dict(os.environ, SYSTOLE_ORT_DEVICE="hls:16x16", SYSTOLE_ORT_PRECISION="x3", SYSTOLE_ORT_VERBOSE="1")
    done = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=False, env=around)
    said = done.stderr
    good = all(words in said for words in ("hls:16x16,precision=x3: 2 of 3 nodes, in 2 fused", "MatMul 'first': in fused 0", "MatMul 'second': in fused 1",
                                           "Exp 'between': left to others: the array has no such operator"))
    if not good:
        print(f"    {done.returncode}: {said[-1500:]}")
    result.count("device, precision and verbose from the environment", good and done.returncode == 0 and "systole" in done.stdout)


def beside():
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"], name="first"), helper.make_node("Exp", ["a"], ["b"], name="between"),
             helper.make_node("MatMul", ["b", "w"], ["y"], name="second")]
    w = numpy_helper.from_array(np.eye(8, dtype=np.float32), "w")
    graph = helper.make_graph(nodes, "beside", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 8])],
                              [helper.make_empty_tensor_value_info("y")], [w])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def inside_an_if(result, device):
    """The graphs inside nodes are ONNX Runtime's; what they read of ours comes out of the fused node."""
    def branch(name, op):
        return helper.make_graph([helper.make_node(op, ["a"], [name])], name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 6])])
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]),
             helper.make_node("If", ["which"], ["y"], then_branch=branch("t", "Neg"), else_branch=branch("e", "Abs"))]
    w = numpy_helper.from_array((np.arange(48).reshape(8, 6) % 7 - 3).astype(np.float32), "w")
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8]), helper.make_tensor_value_info("which", TensorProto.BOOL, [])]
    graph = helper.make_graph(nodes, "if", inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 6])], [w])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    ours, own = provider.plugged(model, device), provider.plain(model)
    feeds = [{"x": X, "which": np.array(b)} for b in (True, False)]
    result.count("a graph inside a node reads what a fused node makes", all(np.array_equal(ours.run(None, f)[0], own.run(None, f)[0]) for f in feeds))


def external_data(result, device):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        w = (np.arange(8 * 4096).reshape(8, 4096) % 7 - 3).astype(np.float32)
        onnx.save(small(weights=w), path, save_as_external_data=True, location="weights.bin", size_threshold=16)
        result.count("weights in a file of their own", np.array_equal(runs(provider.plugged(path, device)), runs(provider.plain(path))))


def half(result, device):
    model = small(kind=TensorProto.FLOAT16)
    x = X.astype(np.float16)
    result.count("fp16 products of whole numbers", np.array_equal(runs(provider.plugged(model, device), x), runs(provider.plain(model), x)))


def shared_weights(result, device):
    """One DequantizeLinear of constants for two products, one of them behind a node of ONNX Runtime's: it stays where it is, and both are right."""
    nodes = [helper.make_node("DequantizeLinear", ["w", "s", "z"], ["wd"]), helper.make_node("MatMul", ["x", "wd"], ["a"]),
             helper.make_node("Neg", ["a"], ["b"]), helper.make_node("MatMul", ["b", "wd"], ["y"])]
    arrays = {"w": (np.arange(64).reshape(8, 8) % 5 - 2).astype(np.int8), "s": np.float32(0.5), "z": np.int8(0)}
    constants = [numpy_helper.from_array(np.asarray(v), n) for n, v in arrays.items()]
    graph = helper.make_graph(nodes, "shared", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 8])],
                              [helper.make_empty_tensor_value_info("y")], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for level in ("off", "all"):
        same = np.array_equal(runs(provider.plugged(model, device, level)), runs(provider.plain(model, level)))
        result.count(f"weights of two products, optimisation {level}", same)


def judge(device, simulator, result):
    refusals(result)
    shapes(result, device)
    failing_device(result, simulator)
    threads(result, device, 1)
    threads(result, device, 2)
    unregister(result)
    environment(result)
    inside_an_if(result, device)
    external_data(result, device)
    half(result, device)
    shared_weights(result, device)
