# SPDX-License-Identifier: Apache-2.0
"""Layers' outputs and gradients, as train_gradients wrote them, against PyTorch in fp64.

check_torch.py DIR [--wrong]. The bound is that of tests/unit/train_bench.h: gamma(6 K + 40) (M + spread max M), M the sum of the sizes of a gradient's terms.
With --wrong one element of each gradient is off by a thousandth of the largest, and every layer has to be refused.
"""
import pathlib
import sys

import numpy
import torch
from torch.nn import functional

torch.set_default_dtype(torch.float64)


def attention(x, causal=True):
    batch, time, width = x.shape
    q, k, v = (part.reshape(batch, time, 4, width // 12).transpose(1, 2) for part in x.split(width // 3, dim=2))
    scores = q @ k.transpose(2, 3) / (width // 12) ** 0.5
    if causal:
        scores = scores.masked_fill(torch.ones(time, time).triu(1).bool(), -torch.inf)
    return (scores.softmax(3) @ v).transpose(1, 2).reshape(batch, time, width // 3)


EPSILON = float(numpy.float32(1e-3))
LAYERS = {  # function, terms of a chain, spread
    "dense": (functional.linear, 20, 0),
    "conv_strided": (lambda x, w, b: functional.conv2d(x, w, b, stride=2, padding=1, groups=2), 60, 0),
    "conv_dilated": (lambda x, w, b: functional.conv2d(x, w, b, stride=3, padding=2, dilation=2), 40, 0),
    "relu": (torch.relu, 1, 1),
    "gelu": (functional.gelu, 1, 1),
    "gelu_tanh": (lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))), 1, 1),
    "tanh": (torch.tanh, 1, 1),
    "sigmoid": (torch.sigmoid, 1, 1),
    "max_pool": (lambda x: functional.max_pool2d(x, 3, 2), 4, 0),
    "average_pool": (lambda x: functional.avg_pool2d(x, 3, 2), 9, 0),
    "layer_norm": (lambda x, g, b: functional.layer_norm(x, x.shape[1:], g, b, EPSILON), 24, 4),
    "batch_norm": (lambda x, g, b: functional.batch_norm(x, None, None, g, b, True, 0, EPSILON), 48, 4),
    "batch_norm_running": (
        lambda x, g, b: functional.batch_norm(x, torch.full((3,), 0.25), torch.full((3,), 0.75), g, b, False, 0, EPSILON), 48, 1),
    "attention": (attention, 7, 4),
    "attention_all": (lambda x: attention(x, causal=False), 7, 4),
    "add": (torch.add, 3, 0),
    "embedding": (lambda x: x[torch.arange(10) * 3 % 7], 3, 0),
    "cross_entropy": (lambda x: functional.cross_entropy(x, torch.arange(9) * 4 % 11), 11, 1),
    "mean_square": (lambda x: functional.mse_loss(x, torch.arange(17) * 3.0 % 7 - 3), 17, 1),
}


def gamma(terms):
    n = (6 * terms + 40) * 2.0**-24
    return n / (1 - n)


def check(folder, name, wrong):
    function, terms, spread = LAYERS[name]

    def load(part):
        return torch.from_numpy(numpy.load(folder / f"{name}.{part}.npy").astype(numpy.float64))

    inputs = tuple(load(path.name.split(".")[1]) for path in sorted(folder.glob(f"{name}.x?.npy")))
    r = load("r")
    y = function(*inputs)
    worst = float((load("y") - y).abs().max() / (gamma(terms) * (terms + 4) * max(1, float(y.abs().max()))))
    jacobians = torch.autograd.functional.jacobian(function, inputs)
    for i, (x, jacobian) in enumerate(zip(inputs, jacobians)):
        terms_of = jacobian.reshape(r.numel(), x.numel()) * r.reshape(-1, 1)
        want, size = terms_of.sum(0), terms_of.abs().sum(0)
        got = load(f"g{i}").reshape(-1)
        if wrong:
            got[x.numel() // 2] += (1 + spread) * float(want.abs().max()) / 1000
        bound = gamma(terms) * (size + spread * size.max()) + 1e-12
        worst = max(worst, float(((got - want).abs() / bound).max()))
    return worst


folder, wrong = pathlib.Path(sys.argv[1]), "--wrong" in sys.argv
bad = 0
for name in LAYERS:
    worst = check(folder, name, wrong)
    bad += (worst <= 1) if wrong else not worst <= 1
    print(f"{name:18} {worst:.3f} of the bound")
sys.exit(bad != 0)
