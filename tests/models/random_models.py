# SPDX-License-Identifier: Apache-2.0
"""Random networks of the kinds that people bring."""
import numpy as np

from random_graph import Grown

FLOAT = np.dtype(np.float32)
SIZES = (1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 23)


class Network(Grown):
    """Steps, each of which takes a tensor and gives one, or None where it does not fit."""

    # ---- Steps of networks of images ----

    def conv_form(self, x, transposed=False):
        spatial = x.ndim - 2
        kernel = [int(self.one(1, 1, 2, 3, 3, 4, 5)) for _ in range(spatial)]
        form = {"kernel_shape": kernel, "strides": [self.one(1, 1, 2, 3) for _ in kernel],
                "dilations": [self.one(1, 1, 1, 2, 3) for _ in kernel]}
        kind = self.one("pads", "pads", "pads", "VALID", None, *(() if transposed else ("SAME_UPPER", "SAME_LOWER")))
        if kind == "pads":
            form["pads"] = [int(self.random.integers(0, k + 1)) for k in kernel * 2]
        elif kind:
            form["auto_pad"] = kind
            if not transposed and self.chance(0.7):
                form["dilations"] = [1] * spatial
        return {k: v for k, v in form.items() if k not in ("dilations", "strides") or self.chance(0.8)}

    def conv(self, x):
        value = self.values[x]
        channels = value.shape[1]
        groups = self.one(1, 1, 1, channels, *(g for g in (2, 3, 4) if channels % g == 0))
        many = groups * int(self.one(1, 1, 2, 3)) if groups > 1 else int(self.one(*SIZES))
        form = self.conv_form(value)
        w = self.floats(many, channels // groups, *form["kernel_shape"], scale=0.4)
        inputs = [x, self.constant(w)] + ([self.constant(self.floats(many), "b")] if self.chance(0.6) else [])
        return self.add("Conv", inputs, group=groups, **form)

    def conv_transpose(self, x):
        value = self.values[x]
        channels = value.shape[1]
        groups = self.one(1, 1, channels)
        each = int(self.one(1, 2, 3, 5))
        form = self.conv_form(value, True)
        if self.chance(0.3) and "strides" in form:
            form["output_padding"] = [int(self.random.integers(0, s)) for s in form["strides"]]
        w = self.floats(channels, each, *form["kernel_shape"], scale=0.4)
        inputs = [x, self.constant(w)] + ([self.constant(self.floats(each * groups), "b")] if self.chance(0.5) else [])
        return self.add("ConvTranspose", inputs, group=groups, **form)

    def batch_norm(self, x):
        n = self.values[x].shape[1]
        variance = np.abs(self.floats(n)) + np.float32(0.1)
        inputs = [x] + [self.constant(v) for v in (self.floats(n), self.floats(n), self.floats(n), variance)]
        return self.add("BatchNormalization", inputs, epsilon=float(self.one(1e-5, 1e-3)))

    def pool(self, x):
        value = self.values[x]
        form = self.conv_form(value)
        form.pop("dilations", None)
        kind = self.one("MaxPool", "AveragePool")
        if "pads" in form:
            form["pads"] = [min(p, k - 1) for p, k in zip(form["pads"], form["kernel_shape"] * 2)]
        if "auto_pad" not in form and self.chance(0.4):
            form["ceil_mode"] = 1
        if kind == "AveragePool" and self.chance(0.5):
            form["count_include_pad"] = 1
        # For SAME ONNX Runtime pads as if there were no dilation.
        if kind == "MaxPool" and self.chance(0.3) and "auto_pad" not in form:
            form["dilations"] = [self.one(1, 2) for _ in form["kernel_shape"]]
        for i, (size, k) in enumerate(zip(value.shape[2:], form["kernel_shape"])):
            room = size + sum(form.get("pads", [0] * 8)[i::value.ndim - 2]) - (k - 1) * form.get("dilations", [1] * 8)[i] - 1
            if room < 0 and "SAME" not in form.get("auto_pad", "") and "ceil_mode" not in form:
                return None # ONNX Runtime makes it one window all the same, where the stride is larger than what is missing
        return self.add(kind, [x], **form)

    def resize(self, x):
        value = self.values[x]
        mode = self.one("nearest", "linear", "cubic")
        rule = self.one("asymmetric", "half_pixel", "align_corners", "pytorch_half_pixel")
        form = {"mode": mode, "coordinate_transformation_mode": rule}
        if mode == "nearest":
            form["nearest_mode"] = self.one("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")
        empty = self.constant(np.zeros(0, np.float32)) if self.opset < 13 else ""
        # Where scales leave a fraction, these two are one thing in the ONNX package's cases and another in ONNX Runtime.
        if rule in ("align_corners", "pytorch_half_pixel") or self.chance(0.3):
            sizes = list(value.shape[:2]) + [int(self.one(*SIZES)) for _ in value.shape[2:]]
            return self.add("Resize", [x, empty, empty, self.constant(np.array(sizes, np.int64))], **form)
        # Behind 0.7 nearest has ties in fp32 that the number itself has not.
        factors = (0.5, 2, 1.5, 3, 2 if mode == "nearest" else 0.7)
        scales = np.array([1, 1] + [self.one(*factors) for _ in value.shape[2:]], np.float32)
        return self.add("Resize", [x, empty, self.constant(scales)], **form)

    def unary(self, x):
        kind = self.one("Relu", "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Clip", "HardSigmoid", "Softplus", "Erf", "Identity",
                        "Neg", "Abs", "HardSwish", "Gelu", "Mish", "Selu", "Softsign", "Cos", "Floor")
        if kind == "Clip":
            low, high = (self.constant(np.float32(v)) for v in (self.one(-1, 0), self.one(1, 6)))
            return self.add(kind, [x, self.one(low, ""), self.one(high, high, "")])
        return self.add(kind, [x])

    def binary(self, x):
        value = self.values[x]
        same = [n for n, v in self.values.items()
                if v.shape == value.shape and v.dtype == FLOAT and n != x and not n.startswith("w")]
        kind = self.one("Add", "Add", "Mul", "Sub", "Sum", "Max", "Min")
        if same and self.chance(0.7):
            other = self.one(*same)
        else:
            shape = [d if self.chance(0.5) else 1 for d in value.shape][int(self.random.integers(0, value.ndim)):]
            other = self.constant(self.floats(*shape))
        return self.add(kind, [x, other] if self.chance(0.5) else [other, x])

    def concat(self, x):
        value = self.values[x]
        axis = int(self.random.integers(0, value.ndim))
        near = [n for n, v in self.values.items() if v.ndim == value.ndim and v.dtype == FLOAT and v.size
                and all(a == b for i, (a, b) in enumerate(zip(v.shape, value.shape)) if i != axis)]
        inputs = [x, self.one(*near)] + ([x] if self.chance(0.2) else [])
        return self.add("Concat", inputs, axis=self.one(axis, axis - value.ndim))

    def slice(self, x):
        value = self.values[x]
        axis = int(self.random.integers(0, value.ndim))
        start, end, step = self.one((0, 2, 1), (1, 9999, 1), (-3, 2 ** 31, 1), (9999, -9999, -1), (0, 999, 2), (-1, -9999, -2))
        where = (start, end, self.one(axis, axis - value.ndim), step)
        return self.add("Slice", [x] + [self.constant(np.array([v], np.int64)) for v in where])

    def transpose(self, x):
        return self.add("Transpose", [x], perm=[int(i) for i in self.random.permutation(self.values[x].ndim)])

    def pad(self, x):
        value = self.values[x]
        pads = self.random.integers(-1 if self.chance(0.2) else 0, 3, 2 * value.ndim)
        pads[[0, 1, value.ndim, value.ndim + 1]] = 0
        inputs = [x, self.constant(pads.astype(np.int64))] + ([self.constant(np.float32(0.5))] if self.chance(0.3) else [])
        return self.add("Pad", inputs, mode=self.one("constant", "reflect", "edge"))

    def normalise(self, x):
        value = self.values[x]
        kind = self.one("InstanceNormalization", "LRN", "LpNormalization", "Softmax", "LogSoftmax")
        if kind == "InstanceNormalization":
            return self.add(kind, [x, self.constant(self.floats(value.shape[1])), self.constant(self.floats(value.shape[1]))])
        if kind == "LRN":
            return self.add(kind, [x], size=self.one(1, 3, 5))
        return self.add(kind, [x], axis=self.one(-1, 1))

    def depth(self, x):
        kind = self.one("DepthToSpace", "SpaceToDepth")
        return self.add(kind, [x], blocksize=2)

    def reduce(self, x):
        value = self.values[x]
        axes = [int(i) for i in self.random.choice(value.ndim, int(self.random.integers(1, value.ndim + 1)), replace=False)]
        kind = self.one("ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2")
        if self.opset >= 18 or (kind == "ReduceSum" and self.opset >= 13):
            return self.add(kind, [x, self.constant(np.array(axes, np.int64))], keepdims=1)
        return self.add(kind, [x], axes=axes, keepdims=1)

    # ---- Steps of networks of rows ----

    def matmul(self, x):
        value = self.values[x]
        k = value.shape[-1] if value.ndim else 1
        n = int(self.one(*SIZES))
        batch = list(value.shape[:-2]) if self.chance(0.2) else []
        y = self.add("MatMul", [x, self.constant(self.floats(*batch, k, n, scale=0.4))])
        if y and self.chance(0.5):
            y = self.add("Add", self.one([y, self.constant(self.floats(n))], [self.constant(self.floats(1, n)), y]))
        return y

    def gemm(self, x):
        value = self.values[x]
        if value.ndim != 2:
            return None
        left, right = self.one(0, 0, 1), self.one(0, 1)
        k, n = value.shape[0 if left else 1], int(self.one(*SIZES))
        rows = value.shape[1 if left else 0]
        inputs = [x, self.constant(self.floats(*((n, k) if right else (k, n)), scale=0.4))]
        if self.chance(0.7):
            inputs.append(self.constant(self.floats(*self.one((n,), (1, n), (rows, n), (rows, 1), (1,), ()))))
        more = self.one({}, {}, {"alpha": 0.5}, {"beta": -2.0}, {"alpha": 1.5, "beta": 0.25})
        return self.add("Gemm", inputs, transA=left, transB=right, **more)

    def product_of_two(self, x):
        """x times its own transpose, as in attention."""
        value = self.values[x]
        if value.ndim < 2:
            return None
        order = list(range(value.ndim))
        order[-1], order[-2] = order[-2], order[-1]
        y = self.add("Transpose", [x], perm=order)
        y = y and self.add("MatMul", [x, y])
        y = y and self.add("Mul", [y, self.constant(np.float32(0.3))])
        y = y and self.add("Softmax", [y], axis=-1)
        return y and self.add("MatMul", [y, x])

    def heads(self, x):
        value = self.values[x]
        if value.ndim != 3:
            return None
        count = self.one(*(h for h in (1, 2, 3, 4) if value.shape[2] % h == 0))
        y = self.add("Reshape", [x, self.constant(np.array([0, 0, count, -1], np.int64))])
        y = y and self.add("Transpose", [y], perm=[0, 2, 1, 3])
        y = y and self.product_of_two(y)
        y = y and self.add("Transpose", [y], perm=[0, 2, 1, 3])
        return y and self.add("Reshape", [y, self.constant(np.array([0, 0, -1], np.int64))])

    def layer_norm(self, x):
        n = self.values[x].shape[-1]
        if self.opset < 17:
            return None
        inputs = [x, self.constant(self.floats(n))] + ([self.constant(self.floats(n))] if self.chance(0.6) else [])
        return self.add("LayerNormalization", inputs, axis=-1)

    def gather(self, x):
        value = self.values[x]
        axis = int(self.random.integers(0, value.ndim))
        if not value.shape[axis]:
            return None
        picks = self.random.integers(-value.shape[axis], value.shape[axis], self.one((3,), (2, 2), (1,)))
        return self.add("Gather", [x, self.constant(picks.astype(self.one(np.int64, np.int32)))], axis=axis)

    def recurrent(self, x):
        value = self.values[x]
        if value.ndim != 3:
            return None
        kind = self.one("RNN", "LSTM", "GRU")
        gates, hidden = {"RNN": 1, "LSTM": 4, "GRU": 3}[kind], int(self.one(1, 3, 5, 8))
        way = self.one("forward", "reverse", "bidirectional")
        d = 2 if way == "bidirectional" else 1
        inputs = [x] + [self.constant(self.floats(d, gates * hidden, k, scale=0.4)) for k in (value.shape[2], hidden)]
        if self.chance(0.6):
            inputs.append(self.constant(self.floats(d, 2 * gates * hidden)))
            if self.chance(0.4):
                inputs.append(self.constant(self.random.integers(1, value.shape[0] + 1, value.shape[1]).astype(np.int32)))
                if self.chance(0.5):
                    inputs.append(self.constant(self.floats(d, value.shape[1], hidden)))
        form = {"linear_before_reset": 1} if kind == "GRU" and self.chance(0.5) else {}
        y = self.add(kind, inputs, 2, hidden_size=hidden, direction=way, **form)
        if not y:
            return None
        if self.chance(0.3):
            return y[1]
        y = self.add("Transpose", [y[0]], perm=[0, 2, 1, 3])
        return y and self.add("Reshape", [y, self.constant(np.array([value.shape[0], value.shape[1], -1], np.int64))])

    def flatten(self, x):
        return self.add("Flatten", [x], axis=int(self.random.integers(1, self.values[x].ndim + 1)))

    # ---- 8 bit ----

    def scale_of(self, value, kind):
        low, high = min(float(value.min(initial=0)), 0.0), max(float(value.max(initial=0)), 0.0)
        scale = np.float32(max(high - low, 1e-3) / 255)
        zero = round(-low / float(scale))
        least = int(np.iinfo(kind).min)
        return scale, np.array(zero + least).clip(least, least + 255).astype(kind)

    def quantise(self, x):
        """QuantizeLinear, DequantizeLinear behind it."""
        kind = self.one(np.uint8, np.int8)
        scale, zero = (self.constant(v) for v in self.scale_of(self.values[x], kind))
        y = self.add("QuantizeLinear", [x, scale, zero])
        return y and self.add("DequantizeLinear", [y, scale, zero])

    def weights8(self, w, axis):
        each = self.chance(0.5) and self.opset >= 13
        over = tuple(i for i in range(w.ndim) if i != axis)
        scale = (np.abs(w).max(axis=over) if each else np.abs(w).max()).astype(np.float32) / np.float32(63) + np.float32(1e-6)
        wide = scale.reshape([-1 if i == axis else 1 for i in range(w.ndim)]) if each else scale
        zero = np.zeros(scale.shape, np.int8)
        q = np.rint(w / wide).clip(-127, 127).astype(np.int8)
        if self.chance(0.2):
            q, zero = (q.astype(np.int16) + 128).astype(np.uint8), (zero.astype(np.int16) + 128).astype(np.uint8)
        inputs = [self.constant(v) for v in (q, scale, zero)]
        return self.add("DequantizeLinear", inputs, **({"axis": axis} if each else {})), scale

    def bias8(self, x, scale, n):
        """Of int32, at the product's scale."""
        source = next(node for node in self.nodes if node.output[0] == x)
        whole = (self.values[source.input[1]] * scale).astype(np.float32)
        q = self.random.integers(-1000, 1000, n).astype(np.int32)
        form = {"axis": 0} if whole.ndim else {}
        return self.add("DequantizeLinear", [self.constant(q), self.constant(whole)], **form)

    def conv8(self, x):
        value = self.values[x]
        if value.ndim < 3:
            return None
        channels = value.shape[1]
        groups = self.one(1, 1, channels)
        many = groups * int(self.one(1, 2, 3)) if groups > 1 else int(self.one(*SIZES))
        form = self.conv_form(value)
        w, scale = self.weights8(self.floats(many, channels // groups, *form["kernel_shape"], scale=0.4), 0)
        bias = [self.bias8(x, scale, many)] if self.chance(0.6) else []
        y = w and self.add("Conv", [x, w] + bias, group=groups, **form)
        if y and self.chance(0.4):
            y = self.add("Relu", [y])
        return y

    def matmul8(self, x):
        n = int(self.one(*SIZES))
        value = self.values[x]
        if value.ndim < 2:
            return None
        w, scale = self.weights8(self.floats(value.shape[-1], n, scale=0.4), 1)
        if value.ndim == 2 and self.chance(0.5):
            return w and self.add("Gemm", [x, w, self.bias8(x, scale, n)])
        return w and self.add("MatMul", [x, w])


    # ---- 8 bit, as operators of their own: x is of bytes ----

    def numbers_of(self, x):
        """Scale and zero point of bytes: of the node that made them, or new ones."""
        if x not in self.scales:
            kind = self.values[x].dtype.type
            scale = self.constant(np.float32(self.one(0.01, 0.02, 0.5)))
            self.scales[x] = (scale, self.constant(kind(self.random.integers(0, 100))))
        return self.scales[x]

    def scaled(self, y, scale, zero):
        if y:
            self.scales[y] = (scale, zero)
        return y

    def result(self, spread):
        kind = self.one(np.uint8, np.int8)
        return self.constant(np.float32(spread)), self.constant(kind(self.random.integers(0, 100)))

    def bytes_like(self, *shape):
        """Weights: of 7 bits, so that ONNX Runtime saturates nowhere on old processors."""
        return self.random.integers(-63, 64, shape).astype(np.int8)

    def qlinear_conv(self, x):
        value = self.values[x]
        channels = value.shape[1]
        groups = self.one(1, 1, channels)
        many = groups * int(self.one(1, 2)) if groups > 1 else int(self.one(*SIZES))
        form = self.conv_form(value)
        scale, zero = self.numbers_of(x)
        each = self.chance(0.5)
        w_scale = np.full(many if each else (), 0.02, np.float32) * np.float32(1 + self.random.random())
        out = self.result(float(self.values[scale]) * 2)
        w = self.bytes_like(many, channels // groups, *form["kernel_shape"])
        weights = [self.constant(v) for v in (w, w_scale.astype(np.float32), np.zeros(w_scale.shape, np.int8))]
        inputs = [x, scale, zero, *weights, *out]
        if self.chance(0.5):
            inputs.append(self.constant(self.random.integers(-2000, 2000, many).astype(np.int32)))
        return self.scaled(self.add("QLinearConv", inputs, group=groups, **form), *out)

    def qlinear_matmul(self, x):
        scale, zero = self.numbers_of(x)
        out = self.result(float(self.values[scale]) * 2)
        w = self.bytes_like(self.values[x].shape[-1], int(self.one(*SIZES)))
        weights = [self.constant(v) for v in (w, np.float32(0.02), np.int8(self.one(0, 0, 5)))]
        inputs = [x, scale, zero, *weights, *out]
        return self.scaled(self.add("QLinearMatMul", inputs), *out)

    def integers(self, x):
        """Exact integers; they end there."""
        value, zero = self.values[x], self.numbers_of(x)[1]
        if value.ndim == 4 and self.chance(0.5):
            form = self.conv_form(value)
            w = self.constant(self.bytes_like(5, value.shape[1], *form["kernel_shape"]))
            self.ends.append(self.add("ConvInteger", [x, w, zero], **form))
        else:
            w = self.constant(self.bytes_like(value.shape[-1], int(self.one(*SIZES))))
            self.ends.append(self.add("MatMulInteger", [x, w, zero] if self.chance(0.5) else [x, w]))
        return None

    def moved(self, x):
        y = getattr(self, self.one("slice", "transpose", "flatten"))(x)
        return self.scaled(y, *self.numbers_of(x))

    def byte_pool(self, x):
        if self.opset < 12:
            return None
        y = self.add("MaxPool", [x], kernel_shape=[2] * (self.values[x].ndim - 2))
        return self.scaled(y, *self.numbers_of(x))


IMAGES = ("conv conv conv conv_transpose batch_norm pool pool resize unary unary binary binary concat slice pad normalise depth "
          "reduce transpose").split()
ROWS = ("matmul matmul gemm unary binary layer_norm layer_norm concat slice gather product_of_two transpose normalise reduce "
        "flatten").split()
SEQUENCES = ROWS + "heads heads recurrent recurrent".split()
BYTES = "conv8 conv8 conv8 matmul8 pool unary binary binary concat slice transpose flatten reduce pad".split()
OPERATORS = "qlinear_conv qlinear_conv qlinear_conv qlinear_matmul qlinear_matmul integers moved byte_pool".split()


def grow(seed, family=None):
    """A network: the graph, its outputs, its family."""
    g = Network(seed)
    family = family or g.one("images", "images", "rows", "sequences", "sequences", "bytes", "bytes", "operators")
    if family in ("bytes", "operators"):
        g.opset = max(g.opset, 10)
    if family in ("images", "bytes"):
        sizes = [int(g.one(1, 1, 2)), int(g.one(1, 2, 3, 4, 8, 17)), int(g.one(1, 3, 7, 8, 12, 13)), int(g.one(1, 5, 8, 11))]
        x = g.input(g.floats(*(sizes if g.chance(0.85) else sizes[:3])))
    elif family == "rows":
        x = g.input(g.floats(int(g.one(1, 2, 5, 13)), int(g.one(*SIZES))))
    elif family == "operators":
        kind = g.one(np.uint8, np.int8)
        sizes = [int(g.one(1, 2)), int(g.one(1, 3, 4, 8)), int(g.one(1, 7, 12)), int(g.one(1, 5, 8))]
        x = g.input(g.random.integers(np.iinfo(kind).min, np.iinfo(kind).max + 1, sizes).astype(kind))
    else:
        x = g.input(g.floats(int(g.one(1, 2, 3)), int(g.one(1, 5, 7, 9)), int(g.one(1, 4, 6, 12))))
    steps = {"images": IMAGES, "rows": ROWS, "sequences": SEQUENCES, "bytes": BYTES, "operators": OPERATORS}[family]
    tips = []
    if family == "bytes":
        x = g.quantise(x)
    for _ in range(int(g.random.integers(1, 9))):
        try:
            y = getattr(g, g.one(*steps))(x)
        except (IndexError, ValueError): # too few dimensions for this step
            continue
        if y is None or not g.values[y].size:
            continue
        if family == "bytes" and g.chance(0.95):
            y = g.quantise(y) or y
        if g.chance(0.15):
            tips.append(y)
        if g.chance(0.9):
            x = y
    tips += [y for y in g.ends if y and g.values[y].size]
    return g, list(dict.fromkeys(tips + [x] if any(x == n.output[0] for n in g.nodes) else tips)), family
