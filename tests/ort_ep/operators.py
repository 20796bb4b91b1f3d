# SPDX-License-Identifier: Apache-2.0
"""One operator at a time with random shapes and numbers: integers equal to ONNX Runtime's, floats within derived bounds of fp64."""
import numpy as np
from onnx import helper

import fp32_bound


def model_of(op, inputs, constants=(), **attributes):
    """A model of one node on named arrays; those in `constants` are initialisers."""
    names = [name if array is not None else "" for name, array in inputs]
    given = [(name, array) for name, array in inputs if array is not None]
    infos = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape) for name, a in given if name not in constants]
    tensors = [helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape, a.tobytes(), raw=True)
               for name, a in given if name in constants]
    node = helper.make_node(op, names, ["y"], **attributes)
    graph = helper.make_graph([node], "one", infos, [helper.make_empty_tensor_value_info("y")], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model, {name: a for name, a in given if name not in constants}


def byte_array(random, shape, small=False):
    """Weights stay within 7 bits: some processors' 8-bit instructions, which ONNX Runtime uses, saturate beyond."""
    if small:
        return random.integers(-64, 64, shape).astype(np.int8)
    return random.integers(0, 256, shape).astype(np.uint8) if random.integers(0, 2) else random.integers(-128, 128, shape).astype(np.int8)


def scalar_zero(random, like):
    info = np.iinfo(like.dtype)
    return np.asarray(random.integers(info.min // 4, info.max // 2 + 1), like.dtype)


def conv_attributes(random, group, kernel):
    return {"group": group, "kernel_shape": list(kernel), "strides": [int(random.integers(1, 3)) for _ in kernel],
            "dilations": [int(random.integers(1, 3)) for _ in kernel], "pads": [int(random.integers(0, 2)) for _ in range(2 * len(kernel))]}


def conv_shapes(random, dimensions):
    group = int(random.integers(1, 4))
    c, m = int(random.integers(1, 6)), int(random.integers(1, 6))
    kernel = [int(random.integers(1, 4)) for _ in range(dimensions)]
    size = [int(random.integers(6, 14)) for _ in range(dimensions)]
    return group, kernel, [int(random.integers(1, 3)), group * c, *size], [group * m, c, *kernel]


def integer(seed):
    """A product of integers: its model and inputs."""
    random = np.random.default_rng(seed)
    kind = int(random.integers(0, 4))
    if kind in (0, 1):
        group, kernel, x_shape, w_shape = conv_shapes(random, 2 if random.integers(0, 3) else 1)
        x, w = byte_array(random, x_shape), byte_array(random, w_shape, True)
        attributes = conv_attributes(random, group, kernel)
    else:
        m, k, n = (int(v) for v in random.integers(1, 50, 3))
        x, w = byte_array(random, [m, k]), byte_array(random, [k, n], True)
        attributes = {}
    constants = {"w", "sx", "zx", "sw", "zw", "sy", "zy", "b"} if random.integers(0, 4) else {"sx", "zx", "sw", "zw", "sy", "zy", "b"}
    zx, zw = scalar_zero(random, x), np.zeros([], np.int8)
    if kind in (1, 2):
        op = "ConvInteger" if kind == 1 else "MatMulInteger"
        return model_of(op, [("x", x), ("w", w), ("zx", zx), ("zw", zw)], constants, **attributes)
    length = int(np.prod(w.shape[1:])) if kind == 0 else w.shape[0]
    sx, sw = (np.asarray(v, np.float32) for v in random.uniform(0.01, 0.1, 2))
    sy = np.asarray(sx * sw * 40 * 74 * np.sqrt(length) / 100, np.float32)
    y = byte_array(random, [1])
    inputs = [("x", x), ("sx", sx), ("zx", zx), ("w", w), ("sw", sw), ("zw", zw), ("sy", sy), ("zy", scalar_zero(random, y if kind == 0 else x))]
    if kind == 0:
        inputs[7] = ("zy", scalar_zero(random, x))
        if random.integers(0, 2):
            inputs.append(("b", random.integers(-2000, 2000, [w.shape[0]]).astype(np.int32)))
        return model_of("QLinearConv", inputs, constants, **attributes)
    return model_of("QLinearMatMul", inputs, constants)


def fp64_conv(x, w, group, strides, dilations, pads):
    """Plain, with whatever strides and dilations."""
    n, half = x.shape[0], len(pads) // 2
    x = np.pad(x, ((0, 0), (0, 0), *[(pads[i], pads[half + i]) for i in range(half)]))
    out = [(x.shape[2 + i] - dilations[i] * (w.shape[2 + i] - 1) - 1) // strides[i] + 1 for i in range(half)]
    y = np.zeros([n, w.shape[0], *out])
    per = w.shape[0] // group
    for g in range(group):
        xs, ws = x[:, g * w.shape[1]:(g + 1) * w.shape[1]], w[g * per:(g + 1) * per]
        for at in np.ndindex(*w.shape[2:]):
            window = tuple(slice(at[i] * dilations[i], at[i] * dilations[i] + strides[i] * (out[i] - 1) + 1, strides[i]) for i in range(half))
            y[:, g * per:(g + 1) * per] += np.einsum("nc...,oc->no...", xs[(slice(None), slice(None), *window)], ws[(slice(None), slice(None), *at)])
    return y


def real(seed):
    """A product of fp32: model, inputs, fp64 result, bound."""
    random = np.random.default_rng(seed)
    kind = int(random.integers(0, 3))
    fixed = {"w", "c"} if random.integers(0, 3) else set()
    def array(shape):
        return random.standard_normal(shape).astype(np.float32)
    if kind == 0:
        group, kernel, x_shape, w_shape = conv_shapes(random, 2 if random.integers(0, 3) else 1)
        x, w, c = array(x_shape), array(w_shape), array([w_shape[0]])
        attributes = conv_attributes(random, group, kernel)
        geometry = [attributes[k] for k in ("group", "strides", "dilations", "pads")]
        model, feeds = model_of("Conv", [("x", x), ("w", w), ("c", c)], fixed, **attributes)
        along = c.astype(np.float64).reshape([1, -1] + [1] * len(kernel))
        wide = [v.astype(np.float64) for v in (x, w)]
        size = fp64_conv(*[np.abs(v) for v in wide], *geometry)
        return model, feeds, fp64_conv(*wide, *geometry) + along, fp32_bound.bound_x6(size, np.abs(along), int(np.prod(w_shape[1:])))
    m, k, n = (int(v) for v in random.integers(1, 70, 3))
    if kind == 1:
        batch = [int(v) for v in random.integers(1, 4, int(random.integers(0, 3)))]
        x, w = array([*batch, m, k]), array([k, n])
        model, feeds = model_of("MatMul", [("x", x), ("w", w)], fixed)
        x, w = x.astype(np.float64), w.astype(np.float64)
        return model, feeds, x @ w, fp32_bound.bound_x6(np.abs(x) @ np.abs(w), 0.0, k)
    ta, tb = (int(v) for v in random.integers(0, 2, 2))
    alpha, beta = (float(np.float32(v)) for v in random.uniform(-2, 2, 2))
    if random.integers(0, 2):
        alpha = beta = 1.0
    x, w, c = array([k, m] if ta else [m, k]), array([n, k] if tb else [k, n]), array([n])
    model, feeds = model_of("Gemm", [("x", x), ("w", w), ("c", c)], fixed, transA=ta, transB=tb, alpha=alpha, beta=beta)
    x, w, c = (v.astype(np.float64) for v in (x.T if ta else x, w.T if tb else w, c))
    size = abs(alpha) * (np.abs(x) @ np.abs(w)) + abs(beta) * np.abs(c)
    # The chain at x6, then at most two roundings: of alpha * acc, and of the sum with beta * c.
    bound = fp32_bound.bound_x6(size, np.abs(beta * c), k) + fp32_bound.gamma(3) * size
    return model, feeds, alpha * (x @ w) + beta * c, bound
