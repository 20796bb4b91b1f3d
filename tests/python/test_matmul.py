# SPDX-License-Identifier: Apache-2.0
"""Matrix products: bits against the same chains in NumPy, errors, ownership, threads."""
import gc
import threading

import numpy as np
import pytest

import systole


def same(x, y):
    return x.shape == y.shape and x.tobytes() == y.tobytes()


def fp32(random, *shape):
    return random.standard_normal(shape).astype(np.float32)


def bound(a, b, c=0.0):
    """gamma_K * (|c| + sum |ab|), for one more rounding where something is added."""
    u = 2.0**-24
    k = a.shape[-1] + 1
    return k * u / (1 - k * u) * (np.abs(c) + np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64)) + 2.0**-149


@pytest.mark.parametrize("precision", ["x1", "x3", "x6"])
def test_matmul_of_small_integers_is_exact(device, random, precision):
    for _ in range(6):
        m, n, k = random.integers(1, 20, 3)
        a, b = (random.integers(-8, 9, shape).astype(np.float32) for shape in ((m, k), (k, n)))
        assert same(systole.matmul(a, b, device=device, precision=precision) + 0, a @ b + 0)


def test_matmul_x1_is_the_chain_of_bf16(device, random):
    # Operands that are bf16 already: products are exact in fp64, and each addition is rounded once to fp32.
    a, b = (fp32(random, *shape).view(np.uint32) & 0xFFFF0000 for shape in ((5, 9), (9, 6)))
    a, b = a.astype(np.uint32).view(np.float32), b.astype(np.uint32).view(np.float32)
    accumulated = np.zeros((5, 6), np.float32)
    for k in range(9):
        # 16 bits of product and 24 of sum lie within the 53 of fp64 unless the exponents are far apart; then it is no test.
        products = a[:, k, None].astype(np.float64) * b[k]
        accumulated = (accumulated.astype(np.float64) + products).astype(np.float32)
    assert same(systole.matmul(a, b, device=device, precision="x1"), accumulated)


@pytest.mark.parametrize("trans_a", [False, True])
@pytest.mark.parametrize("trans_b", [False, True])
def test_matmul_transposed_and_strided_equals_contiguous(device, random, trans_a, trans_b):
    a, b = fp32(random, 7, 11), fp32(random, 11, 5)
    wanted = systole.matmul(a, b)
    assert np.all(np.abs(wanted - a.astype(np.float64) @ b) <= bound(a, b))
    wide_a, wide_b = np.zeros((14, 33), np.float32), np.zeros((22, 10), np.float32)
    spread_a, spread_b = wide_a[::-2, ::3], wide_b[1::2, ::-2]  # strides of either sign
    spread_a[...], spread_b[...] = a, b
    for x, y in ((a, b), (spread_a, spread_b), (np.asfortranarray(a), np.asfortranarray(b))):
        x, y = (x.T if trans_a else x), (y.T if trans_b else y)
        assert same(systole.matmul(x, y, trans_a=trans_a, trans_b=trans_b, device=device), wanted)


def test_matmul_reads_arrays_where_they_are(random, monkeypatch):
    seen = []
    multiply = systole.Device.multiply
    monkeypatch.setattr(systole.Device, "multiply", lambda self, p: (seen.append((p.a.data, p.b.data, p.c)), multiply(self, p)))
    a, b, out = fp32(random, 4, 6)[:, ::2], fp32(random, 5, 3).T, np.empty((4, 5), np.float32)
    assert systole.matmul(a, b, out=out) is out
    assert seen == [(a.ctypes.data, b.ctypes.data, out.ctypes.data)]


def test_matmul_broadcast_equals_its_parts(device, random):
    a, b = fp32(random, 2, 1, 3, 4), fp32(random, 3, 4, 5)
    c = fp32(random, 5)
    got = systole.matmul(a, b, c=c, beta=0.5, alpha=2, device=device)
    assert got.shape == (2, 3, 3, 5)
    for i, j in np.ndindex(2, 3):
        part = systole.matmul(a[i, 0], b[j], c=np.broadcast_to(c, (3, 5)), beta=0.5, alpha=2)
        assert same(got[i, j], part)
    assert np.all(np.abs(got - (2.0 * (a.astype(np.float64) @ b) + 0.5 * c)) <= 3 * bound(a, b, np.abs(c)))


def test_matmul_from_c_starts_the_chain(device, random):
    a, b, c = fp32(random, 3, 4), fp32(random, 4, 2), fp32(random, 3, 2)
    before = c.copy()
    got = systole.matmul(a, b, c=c, from_c=True, device=device)
    assert same(c, before)
    assert same(got, systole.matmul(a, b, c=c, from_c=True))
    assert np.all(np.abs(got - (a.astype(np.float64) @ b + c)) <= bound(a, b, np.abs(c)))
    in_place = systole.matmul(a, b, c=c, from_c=True, out=c, device=device)
    assert in_place is c and same(c, got)


def test_matmul_into_a_factor_reads_it_first(random):
    a, b = fp32(random, 4, 4), fp32(random, 4, 4)
    wanted = systole.matmul(a, b)
    assert systole.matmul(a, b, out=a) is a
    assert same(a, wanted)


def test_matmul_of_nothing():
    empty = systole.matmul(np.zeros((0, 3), np.float32), np.zeros((3, 2), np.float32))
    assert empty.shape == (0, 2)
    assert same(systole.matmul(np.ones((2, 0), np.float32), np.ones((0, 3), np.float32)), np.zeros((2, 3), np.float32))


def test_matmul_of_unaligned_fields(random):
    record = np.zeros((3, 3), np.dtype([("tag", "u1"), ("value", "<f4")]))
    record["value"] = fp32(random, 3, 3)
    assert same(systole.matmul(record["value"], np.eye(3, dtype=np.float32)), record["value"].copy())


ONES = np.ones((2, 2), np.float32)


@pytest.mark.parametrize(
    ("arguments", "options", "told"),
    [
        ((ONES, np.ones((3, 2), np.float32)), {}, "2 columns and 3 rows"),
        ((ONES.astype(np.float64), ONES), {}, "a is float64"),
        ((ONES, ONES.astype(">f4")), {}, "b is >f4"),
        ((ONES[0], ONES), {}, "1 dimensions"),
        ((ONES, ONES), {"c": np.ones((3, 2), np.float32), "beta": 1}, "c is (3, 2)"),
        ((ONES, ONES), {"c": ONES.astype(int), "beta": 1}, "c is int64"),
        ((ONES, ONES), {"beta": 1}, "not given"),
        ((ONES, ONES), {"c": ONES, "from_c": True, "alpha": 2}, "alpha 1"),
        ((ONES, ONES), {"precision": "x2"}, "x1, x3 and x6"),
        ((ONES, ONES), {"out": np.ones((2, 3), np.float32)}, "out is float32 (2, 3)"),
        ((ONES, ONES), {"out": np.broadcast_to(ONES, (2, 2))}, "writeable"),
        ((ONES, ONES), {"out": np.lib.stride_tricks.as_strided(np.zeros(4, np.float32), (2, 2), (4, 4))}, "share memory"),
        ((np.ones((2, 2, 2), np.float32), np.ones((3, 2, 2), np.float32)), {}, "broadcast"),
        ((ONES, ONES), {"device": 3}, "systole.Device"),
    ],
)
def test_matmul_refused_says_why(arguments, options, told):
    with pytest.raises(systole.Error) as raised:
        systole.matmul(*arguments, **options)
    assert raised.value.status == "BAD_ARGUMENT"
    assert told in raised.value.detail


@pytest.mark.parametrize("name", ["", "nonsense:1", "hls:4x4,latency=oops", "cpu\0x", "hls:63x61", "x" * 5000])
def test_device_missing_says_its_status(name):
    with pytest.raises(systole.Error) as raised:
        systole.Device(name)
    assert raised.value.status in ("BAD_DEVICE", "NOT_FOUND", "BAD_ARGUMENT") and raised.value.detail


def test_device_closed_refuses():
    with systole.Device("cpu") as device:
        assert systole.matmul(ONES, ONES, device=device)[0, 0] == 2
        assert device.totals().macs == 8
    assert device.closed
    device.close()
    for use in (lambda: systole.matmul(ONES, ONES, device=device), device.totals):
        with pytest.raises(systole.Error, match="BAD_STATE: this Device is closed"):
            use()


def test_devices_in_two_threads_give_the_same_bits(random):
    a, b = fp32(random, 20, 30), fp32(random, 30, 10)
    wanted = systole.matmul(a, b)
    shared = systole.Device("hls:4x4")
    results = []

    def work(device):
        results.extend(same(systole.matmul(a, b, device=device), wanted) for _ in range(20))

    threads = [threading.Thread(target=work, args=(d,)) for d in ("hls:4x4", "hls:4x4", shared, shared)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 80


def test_device_string_stays_open_in_its_thread():
    from systole import _device

    first = _device.opened("cpu")
    assert _device.opened("cpu") is first
    first.close()
    assert _device.opened("cpu") is not first


def test_devices_forgotten_in_any_order():
    for order in ((0, 1), (1, 0)):
        held = [systole.Device("hls:4x4"), systole.Device("cpu")]
        held.append(held)  # a cycle: only the collector finds it
        for i in order:
            systole.matmul(ONES, ONES, device=held[i])
        del held
        gc.collect()


def test_devices_lists_what_is_there():
    found = {d.device for d in systole.devices()}
    assert {"cpu", "hls:4x4"} <= found
    assert all(d.detail for d in systole.devices() if d.device is None)
    told = systole.describe("hls:4x4")
    assert (told["rows"], told["COLS"]) == (4, 4)
