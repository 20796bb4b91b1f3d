# SPDX-License-Identifier: Apache-2.0
"""
Writes a case, in the layout of the ONNX package, of each operator of com.microsoft that the library has: what ONNX Runtime itself makes of
random inputs. Arguments: folder, seed.
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

FOLDER, RANDOM = sys.argv[1], np.random.default_rng(int(sys.argv[2]))
X, C = "input", "constant"


def floats(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def bytes_of(*shape, dtype=np.uint8):
    limits = np.iinfo(dtype)
    return RANDOM.integers(limits.min, limits.max + 1, shape).astype(dtype)


def quantised(kind, *shape, scale=0.03, zero=128):
    """A tensor of bytes with its scale and its zero point."""
    return [(kind, bytes_of(*shape)), *by(scale, zero)]


def by(scale, zero):
    return [(C, np.float32(scale)), (C, np.uint8(zero))]


def case(name, operator, inputs, outputs=(0,), domain="com.microsoft", **attributes):
    """inputs: (X or C, array), None where one is left out; outputs: which of the operator's are wanted."""
    names = [f"i{i}" if value else "" for i, value in enumerate(inputs)]
    made = [f"o{i}" if i in outputs else "" for i in range(max(outputs) + 1)]
    given = {f"i{i}": np.asarray(v[1]) for i, v in enumerate(inputs) if v and v[0] == X}
    constants = [numpy_helper.from_array(np.asarray(v[1]), f"i{i}") for i, v in enumerate(inputs) if v and v[0] == C]
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in given.items()]
    node = helper.make_node(operator, names, made, domain=domain, name=name, **attributes)
    graph = helper.make_graph([node], name, infos, [onnx.ValueInfoProto(name=o) for o in made if o], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)], ir_version=9)
    wanted = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, given)
    del model.graph.output[:]
    for output, value in zip([o for o in made if o], wanted):
        model.graph.output.append(helper.make_tensor_value_info(output, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape))
    data = os.path.join(FOLDER, f"test_{name}", "test_data_set_0")
    os.makedirs(data)
    onnx.save(model, os.path.join(FOLDER, f"test_{name}", "model.onnx"))
    for kind, values in (("input", given.values()), ("output", wanted)):
        for i, value in enumerate(values):
            with open(os.path.join(data, f"{kind}_{i}.pb"), "wb") as file:
                file.write(numpy_helper.from_array(np.asarray(value)).SerializeToString())


def functions_and_norms():
    x, line = floats(2, 5, 8), [(C, floats(8)) for _ in range(3)]
    case("fast_gelu", "FastGelu", [(X, x), line[0]])
    case("bias_gelu", "BiasGelu", [(X, x), line[0]])
    case("gelu", "Gelu", [(X, x)])
    case("quick_gelu", "QuickGelu", [(X, x)], alpha=1.5)
    case("skip_layer_norm", "SkipLayerNormalization", [(X, x), (X, floats(2, 5, 8)), *line], outputs=(0, 3), epsilon=1e-5)
    case("skip_rms_norm", "SkipSimplifiedLayerNormalization", [(X, x), (X, floats(2, 5, 8)), line[0]], epsilon=1e-5)
    case("rms_norm", "SimplifiedLayerNormalization", [(X, x), line[0]], domain="", epsilon=1e-5, axis=-1)
    ids, segments = RANDOM.integers(0, 9, (2, 5)).astype(np.int32), RANDOM.integers(0, 2, (2, 5)).astype(np.int32)
    words, mask = [(C, floats(9, 8)), (C, floats(7, 8))], np.array([[1, 1, 1, 0, 0], [1] * 5], np.int32)
    case("embed", "EmbedLayerNormalization", [(X, ids), (X, segments), *words, (C, floats(2, 8)), *line[:2], (X, mask)], outputs=(0, 1), epsilon=1e-5)
    case("embed_without_segments", "EmbedLayerNormalization", [(X, ids), None, *words, None, *line[:2]], outputs=(0, 1))


def products():
    case("matmul_both_transposed", "FusedMatMul", [(X, floats(2, 3, 8, 5)), (X, floats(2, 3, 6, 8))], transA=1, transB=1, alpha=0.3)
    case("matmul_transposed", "FusedMatMul", [(X, floats(4, 8)), (C, floats(6, 8))], transB=1)
    case("gemm_leaky", "FusedGemm", [(X, floats(4, 8)), (C, floats(8, 6)), (C, floats(6))], activation="LeakyRelu", activation_alpha=0.2, alpha=0.5)
    conv = [(X, floats(1, 3, 7, 7)), (C, floats(4, 3, 3, 3)), (C, floats(4))]
    for name, parameters in (("Relu", None), ("Tanh", None), ("Sigmoid", None), ("LeakyRelu", [0.1]), ("Clip", [-0.2, 0.7]), ("HardSigmoid", [0.2, 0.4])):
        more = {"activation_params": parameters} if parameters else {}
        case(f"conv_{name.lower()}", "FusedConv", conv, activation=name, **more)
    case("conv_sum", "FusedConv", [*conv, (X, floats(1, 4, 5, 5))], activation="Relu")
    for bits, block, k, n in ((4, 16, 40, 6), (4, 32, 64, 5), (8, 16, 33, 4)):
        blocks, form = -(-k // block), {"K": k, "N": n, "bits": bits, "block_size": block}
        weights = [(C, bytes_of(n, blocks, block * bits // 8)), (C, floats(n * blocks))]
        zeros = (C, bytes_of(n * ((blocks * bits + 7) // 8)))
        case(f"matmul_{bits}_bits_{block}", "MatMulNBits", [(X, floats(2, 3, k)), *weights], **form)
        case(f"matmul_{bits}_bits_{block}_zeros", "MatMulNBits", [(X, floats(3, k)), *weights, zeros], **form)
    scales, b = (C, np.abs(floats(5))), (C, bytes_of(8, 5, dtype=np.int8))
    zeros = (C, np.zeros(5, np.int8))
    case("matmul_to_float", "MatMulIntegerToFloat", [(X, bytes_of(3, 8)), b, (X, np.float32(0.02)), scales, (X, np.uint8(120)), zeros, scales])
    scale, zero = (C, np.array([0.02], np.float32)), (C, np.array([3], np.int8))
    case("matmul_dynamic", "DynamicQuantizeMatMul", [(X, floats(3, 8)), b, scale, zero, scales])
    a, bias = quantised(X, 3, 8, scale=0.02, zero=100), (C, RANDOM.integers(-900, 900, 5).astype(np.int32))
    case("gemm_of_bytes", "QGemm", [*a, b, (C, np.float32(0.01)), (C, np.int8(0)), bias, *by(0.5, 120)])
    case("gemm_of_bytes_to_float", "QGemm", [*a, (C, bytes_of(5, 8, dtype=np.int8)), scales, zeros], transB=1, alpha=0.5)


def of_bytes():
    case("sigmoid_of_bytes", "QLinearSigmoid", [*quantised(X, 3, 8), *by(1 / 256, 0)])
    case("leaky_of_bytes", "QLinearLeakyRelu", [*quantised(X, 3, 8), *by(0.03, 20)], alpha=0.1)
    case("softmax_of_bytes", "QLinearSoftmax", [*quantised(X, 3, 8), *by(1 / 256, 0)], axis=-1, opset=13)
    case("product_of_bytes", "QLinearMul", [*quantised(X, 3, 8), *quantised(X, 8, scale=0.02, zero=100), *by(0.05, 110)])
    case("concat_of_bytes", "QLinearConcat", [*by(0.04, 100), *quantised(X, 2, 3), *quantised(X, 2, 4, scale=0.05, zero=90)], axis=1)
    condition = (X, RANDOM.integers(0, 2, (3, 4)).astype(bool))
    case("where_of_bytes", "QLinearWhere", [condition, *quantised(X, 3, 4), *quantised(X, 3, 4, scale=0.02, zero=100), *by(0.05, 110)])
    case("words_to_floats", "DequantizeLinear", [(X, bytes_of(3, 4, dtype=np.uint16)), (C, np.float32(0.01)), (C, np.uint16(30000))])


def attentions():
    x, two = (X, floats(2, 5, 8)), {"num_heads": 2}
    projection = [(C, floats(8, 24)), (C, floats(24))]
    keys = np.array([[1, 1, 0, 1, 0], [1] * 5], np.int32)
    masks = {"length": np.array([3, 5], np.int32), "ends": np.array([3, 5, 0, 1], np.int32), "keys": keys,
             "pairs": RANDOM.integers(0, 2, (2, 5, 5)).astype(np.int32)}
    for name, mask in masks.items():
        case(f"attention_{name}", "Attention", [x, *projection, (X, mask)], **two)
    case("attention", "Attention", [x, *projection], **two)
    case("attention_causal", "Attention", [x, *projection], unidirectional=1, **two)
    case("attention_past", "Attention", [x, *projection, None, (X, floats(2, 2, 2, 3, 4))], outputs=(0, 1), unidirectional=1, **two)
    case("attention_sum", "Attention", [x, *projection, None, None, (X, floats(2, 2, 5, 5))], **two)
    case("attention_sizes", "Attention", [x, (C, floats(8, 20)), (C, floats(20))], qkv_hidden_sizes=[8, 8, 4], **two)
    pair, bias = [(X, floats(2, 6, 8)), (X, floats(2, 6, 8))], (C, floats(24))
    case("heads", "MultiHeadAttention", [x, *pair, bias], **two)
    case("heads_scale", "MultiHeadAttention", [x, *pair], scale=0.3, **two)
    mask = np.array([[1, 1, 0, 1, 0, 1], [1] * 6], np.int32)
    case("heads_mask", "MultiHeadAttention", [x, *pair, None, (X, mask), (X, floats(1, 2, 5, 6))], **two)
    case("heads_cross", "MultiHeadAttention", [x, (X, floats(2, 2, 6, 4)), (X, floats(2, 2, 6, 4))], **two)
    now, past = [(X, floats(2, 5, 8)), (X, floats(2, 5, 8))], [(X, floats(2, 2, 3, 4)), (X, floats(2, 2, 3, 4))]
    case("heads_past", "MultiHeadAttention", [x, *now, bias, None, None, *past], outputs=(0, 1, 2), unidirectional=1, **two)
    turns = [(C, floats(9, 2)), (C, floats(9, 2))]
    case("rotary", "RotaryEmbedding", [x, (X, RANDOM.integers(0, 9, (2, 5))), *turns], **two)
    case("rotary_from", "RotaryEmbedding", [(X, floats(2, 2, 5, 4)), (X, np.array([2])), *turns])


functions_and_norms()
products()
of_bytes()
attentions()
