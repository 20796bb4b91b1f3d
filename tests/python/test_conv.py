# SPDX-License-Identifier: Apache-2.0
"""Convolutions: the order of their sums by products of gathered windows, every option against fp64 within derived bounds."""
import numpy as np
import pytest

import systole
from systole import _conv

U = 2.0**-24


def fp32(random, *shape):
    return random.standard_normal(shape).astype(np.float32)


def windows(x, kernel, strides, dilations):
    """(n, p, q, c, kernel rows, kernel columns) of a picture that is padded already."""
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilations)]
    seen = np.lib.stride_tricks.sliding_window_view(x, reach, (2, 3))
    seen = seen[:, :, :: strides[0], :: strides[1], :: dilations[0], :: dilations[1]]
    return seen.transpose(0, 2, 3, 1, 4, 5)


def exact(x, weight, bias, strides, pads, dilations, groups):
    """In fp64, by a sum over each window."""
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    seen = windows(padded, weight.shape[2:], strides, dilations)
    n, p, q, c = seen.shape[:4]
    seen = seen.reshape(n, p, q, groups, c // groups, *weight.shape[2:])
    parts = weight.astype(np.float64).reshape(groups, -1, *weight.shape[1:])
    y = np.einsum("npqgcij,gocij->ngopq", seen, parts).reshape(n, -1, p, q)
    return y + (0 if bias is None else bias.astype(np.float64)[:, None, None])


def test_conv2d_sums_in_the_order_row_column_channel(device, random):
    x, weight, bias = fp32(random, 2, 3, 6, 5), fp32(random, 4, 3, 3, 2), fp32(random, 4)
    got = systole.conv2d(x, weight, bias, device=device)
    rows = windows(x, (3, 2), (1, 1), (1, 1)).transpose(0, 1, 2, 4, 5, 3).reshape(-1, 18)
    columns = weight.transpose(2, 3, 1, 0).reshape(18, 4)
    wanted = systole.matmul(rows, columns, c=bias, from_c=True).reshape(2, 4, 4, 4).transpose(0, 3, 1, 2)
    assert got.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("case", range(8))
def test_conv2d_with_any_options_is_within_its_bound(device, random, case):
    random = np.random.default_rng([random.integers(1 << 31), case])
    groups = int(random.integers(1, 4))
    kernel = random.integers(1, 4, 2)
    strides, dilations, pads = (random.integers(low, 3, size).tolist() for low, size in ((1, 2), (1, 2), (0, 4)))
    x = fp32(random, 2, groups * int(random.integers(1, 4)), 7, 8)
    weight = fp32(random, groups * int(random.integers(1, 4)), x.shape[1] // groups, *kernel)
    bias = fp32(random, weight.shape[0]) if case % 2 else None
    options = {"stride": strides, "padding": pads, "dilation": dilations, "groups": groups}
    got = systole.conv2d(x, weight, bias, device=device, **options)
    wanted = exact(x, weight, bias, strides, pads, dilations, groups)
    size = exact(abs(x), abs(weight), None if bias is None else abs(bias), strides, pads, dilations, groups)
    k = weight[0].size + 1
    assert got.shape == wanted.shape
    assert np.all(np.abs(got - wanted) <= k * U / (1 - k * U) * size)
    assert got.tobytes() == systole.conv2d(x, weight, bias, **options).tobytes()


def test_conv2d_of_short_options_equals_long_ones(random):
    x, weight = fp32(random, 1, 2, 6, 7), fp32(random, 3, 2, 3, 3)
    short = systole.conv2d(x, weight, stride=2, padding=(1, 2))
    long = systole.conv2d(x, weight, stride=np.array([2, 2]), padding=(1, 2, 1, 2), dilation=[1], groups=np.int64(1))
    assert short.tobytes() == long.tobytes()
    assert systole.conv2d(x, weight, padding=1).tobytes() == systole.conv2d(x, weight, padding=(1, 1, 1, 1)).tobytes()


def test_conv2d_keeps_a_few_sessions(random):
    x, weight = fp32(random, 1, 1, 4, 4), fp32(random, 1, 1, 1, 1)
    for padding in range(2 * _conv._KEPT):
        assert systole.conv2d(x, weight, padding=padding).shape[2] == 4 + 2 * padding
    assert len(_conv._of_thread.sessions) == _conv._KEPT


PICTURE, WEIGHT = np.ones((1, 2, 4, 4), np.float32), np.ones((3, 2, 3, 3), np.float32)


@pytest.mark.parametrize(
    ("arguments", "options", "told"),
    [
        ((PICTURE, WEIGHT[:, :1]), {}, "2"),
        ((PICTURE[0], WEIGHT), {}, "'x'"),
        ((PICTURE.astype(np.float64), WEIGHT), {}, "takes float32, not float64"),
        ((PICTURE, WEIGHT, np.ones(2, np.float32)), {}, "bias|2"),
        ((PICTURE, WEIGHT), {"stride": 0}, "stride is 0"),
        ((PICTURE, WEIGHT), {"padding": -1}, "padding is -1"),
        ((PICTURE, WEIGHT), {"padding": (1, 2, 3)}, "1 or 2 or 4 integers"),
        ((PICTURE, WEIGHT), {"dilation": 1.5}, "dilation is 1.5"),
        ((PICTURE, WEIGHT), {"stride": (1, "2")}, "stride is"),
        ((PICTURE, WEIGHT), {"groups": 2}, "conv2d"),
        ((PICTURE, WEIGHT), {"device": 5}, "device is a int"),
    ],
)
def test_conv2d_refused_says_why_and_the_next_one_runs(arguments, options, told):
    with pytest.raises(systole.Error, match=told):
        systole.conv2d(*arguments, **options)
    assert systole.conv2d(PICTURE, WEIGHT).shape == (1, 3, 2, 2)
