# SPDX-License-Identifier: Apache-2.0
"""Models and sessions: bits, types, arrays' memory and lifetime, errors, threads."""
import gc
import logging
import pickle
import threading

import numpy as np
import pytest

import systole
from systole._onnx import model, node

F32, BF16, I4, F64, I64 = 1, 16, 22, 11, 7
IDENTITY = model([node("Identity", ["x"], ["y"])], [("x", F32, ["n", 3])], [("y", F32, ["n", 3])])


def identity(dtype):
    return model([node("Identity", ["x"], ["y"])], [("x", dtype, [2, 3])], [("y", dtype, [2, 3])])


def picture(random):
    return {"image": random.standard_normal((1, 3, 32, 32)).astype(np.float32)}


def test_session_tells_inputs_and_outputs():
    with systole.Session(IDENTITY) as session:
        (x,), (y,) = session.inputs, session.outputs
        assert (x.name, x.dtype, x.numpy_dtype, x.shape) == ("x", "float32", np.float32, (None, 3))
        assert (y.name, y.shape) == ("y", (None, 3))


def done_by(steps, index):
    """A step may be fused into one that is itself fused into another."""
    for _ in steps:
        if steps[index].place != "fused":
            break
        index = steps[index].into
    return index


def test_session_on_each_device_equals_cpu(device, resnet, random):
    inputs = picture(random)
    with systole.Session(resnet) as on_cpu, systole.Session(str(resnet), device) as session:
        wanted, got = on_cpu.run(inputs), session.run(inputs)
        assert list(got) == [info.name for info in session.outputs]
        assert all(got[name].tobytes() == wanted[name].tobytes() for name in wanted)
        assert got["dense"].any()
        steps, totals = session.profile(), session.totals()
        assert totals.macs == sum(step.macs for step in steps) > 1_000_000
        if device != "cpu":
            assert (totals.rows, totals.cols) == (4, 4)
            assert {step.place for step in steps} >= {"device", "fused"}
            assert all(steps[done_by(steps, i)].place == "device" for i, s in enumerate(steps) if s.macs and s.place != "host")
        if device.startswith("sim"):
            assert totals.cycles > 0 and any(step.counters["CYCLES"] for step in steps)


def test_session_saved_and_loaded_gives_the_same_bits(resnet, random, tmp_path):
    inputs = picture(random)
    with systole.Session(resnet, "hls:4x4") as session:
        wanted = session.run(inputs)["dense"]
        session.save(tmp_path / "compiled")
    with systole.Session.load(tmp_path / "compiled", "hls:4x4") as loaded:
        assert loaded.run(inputs)["dense"].tobytes() == wanted.tobytes()
        assert loaded.inputs[0].name == "image"


STORED = [(BF16, "bfloat16", np.uint16), (I4, "int4", np.uint8), (F64, "float64", np.float64), (I64, "int64", np.int64)]


@pytest.mark.parametrize(("number", "name", "stored"), STORED)
def test_session_types_keep_their_bits(number, name, stored, random):
    with systole.Session(identity(number)) as session:
        assert (session.inputs[0].dtype, session.inputs[0].numpy_dtype) == (name, np.dtype(stored))
        x = random.integers(0, 7, (2, 3)).astype(stored)
        y = session.run({"x": x})["y"]
        assert y.dtype == x.dtype and y.tobytes() == x.tobytes()


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 3)])
def test_session_of_any_layout_and_size(shape, random):
    x = random.standard_normal((shape[0] * 2, 6)).astype(np.float32)[::-2, ::2]
    with systole.Session(IDENTITY) as session:
        for array in (x, np.asfortranarray(x), np.ascontiguousarray(x)):
            assert np.array_equal(session.run({"x": array})["y"], x)


def test_session_scalar_keeps_its_rank():
    add = model([node("Add", ["x", "x"], ["y"])], [("x", F64, [])], [("y", F64, [])])
    with systole.Session(add) as session:
        y = session.run({"x": 1.5})["y"]
        assert y.shape == () and y == 3


def test_outputs_are_read_only_and_outlive_the_session(random):
    x = random.standard_normal((2, 3)).astype(np.float32)
    session = systole.Session(IDENTITY)
    y = session.run({"x": x})["y"]
    z = y[1:]
    session.run({"x": x + 1})
    session.close()
    del session
    gc.collect()
    assert np.array_equal(y, x)
    with pytest.raises(ValueError, match="read-only"):
        y[0, 0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        y.setflags(write=True)
    del y
    gc.collect()
    assert np.array_equal(z, x[1:])


def test_inputs_may_change_after_the_run(random):
    x = random.standard_normal((2, 3)).astype(np.float32)
    kept = x.copy()
    with systole.Session(IDENTITY) as session:
        y = session.run({"x": x})["y"]
        x[...] = 0
        assert np.array_equal(y, kept)
        assert np.array_equal(session.run()["y"], kept)


def test_an_output_is_handed_on_without_a_copy(random):
    x = random.standard_normal((2, 3)).astype(np.float32)
    with systole.Session(IDENTITY) as one, systole.Session(IDENTITY) as other:
        from systole import _tensor

        y = one.run({"x": x})["y"]
        assert _tensor.tensor_of(other._context, y, F32) is y.base
        for changed in (y[:1], y.T, y[:, :2], y.reshape(3, 2), y.view(np.int32)):
            assert _tensor._behind(changed, 0) is None
        assert np.array_equal(other.run({"x": y})["y"], x)
        assert np.array_equal(other.run({"x": y[:1]})["y"], x[:1])


@pytest.mark.parametrize(
    ("inputs", "status", "told"),
    [
        ({}, "BAD_STATE", "'x' is not set"),
        ({"x": np.zeros((2, 4), np.float32)}, "BAD_ARGUMENT", "2x4"),
        ({"x": np.zeros(3, np.float32)}, "BAD_ARGUMENT", "'x'"),
        ({"x": np.zeros((2, 3))}, "BAD_ARGUMENT", "takes float32, not float64"),
        ({"x": np.zeros((2, 3), ">f4")}, "BAD_ARGUMENT", "takes float32"),
        ({"x": [["a", "b", "c"]]}, "BAD_ARGUMENT", "takes float32"),
        ({"z": np.zeros((2, 3), np.float32)}, "NOT_FOUND", "no input 'z'"),
        ({"z": np.zeros((2, 3), object)}, "BAD_ARGUMENT", "none of the library's types"),
        ({"x\0": np.zeros((2, 3), np.float32)}, "BAD_ARGUMENT", "NUL"),
        ({"z": np.zeros((1,) * 17, np.float32)}, "UNSUPPORTED", "17 dimensions"),
    ],
)
def test_run_refused_says_why_and_the_session_goes_on(inputs, status, told):
    with systole.Session(IDENTITY) as session:
        with pytest.raises(systole.Error) as raised:
            session.run(inputs)
        assert raised.value.status == status
        assert told in raised.value.detail
        assert session.run({"x": np.ones((1, 3), np.float32)})["y"].sum() == 3


def test_output_unknown_says_its_name():
    with systole.Session(IDENTITY) as session, pytest.raises(systole.Error, match="NOT_FOUND.*no output 'nothing'"):
        session.run({"x": np.ones((1, 3), np.float32)}, outputs=["nothing"])


@pytest.mark.parametrize(
    ("source", "status"),
    [(b"", "IO"), (b"no model", "IO"), ("/nowhere/a.onnx", "IO"), (3, "BAD_ARGUMENT"), (IDENTITY[:-30], "IO")],
)
def test_model_refused(source, status):
    with pytest.raises(systole.Error) as raised:
        systole.Session(source)
    assert raised.value.status == status
    assert raised.value.detail


def test_error_names_the_operator_and_is_pickled():
    unknown = model([node("NoSuchOperator", ["x"], ["y"])], [("x", F32, [3])], [("y", F32, [3])])
    with pytest.raises(systole.Error) as raised, systole.Session(unknown) as session:
        session.run({"x": np.zeros(3, np.float32)})
    again = pickle.loads(pickle.dumps(raised.value))
    assert raised.value.operator == "NoSuchOperator" == again.operator
    assert (again.status, again.detail) == (raised.value.status, raised.value.detail)


def test_session_closed_refuses():
    session = systole.Session(IDENTITY)
    session.close()
    for use in (session.run, session.profile, session.totals, lambda: session.save("/nowhere")):
        with pytest.raises(systole.Error, match="BAD_STATE: this Session is closed"):
            use()
    closed = systole.Model(IDENTITY)
    closed.close()
    with pytest.raises(systole.Error, match="this Model is closed"):
        systole.Session(closed)


def test_sessions_outlive_their_model(random):
    x = random.standard_normal((2, 3)).astype(np.float32)
    shared = systole.Model(IDENTITY)
    sessions = [systole.Session(shared, "hls:4x4") for _ in range(3)]
    shared.close()
    del shared
    gc.collect()
    while sessions:
        assert np.array_equal(sessions[0].run({"x": x})["y"], x)
        del sessions[0]
        gc.collect()


def test_sessions_in_two_threads_share_a_model(resnet, random):
    shared = systole.Model(resnet)
    inputs = picture(random)
    wanted = systole.Session(shared).run(inputs)["dense"].tobytes()
    together = systole.Session(shared, "hls:4x4")
    results = []

    def work(session):
        results.extend(session.run(inputs, ["dense"])["dense"].tobytes() == wanted for _ in range(3))

    threads = [threading.Thread(target=work, args=(s,)) for s in (systole.Session(shared, "hls:4x4"), together, together)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 9


def test_log_goes_to_logging_and_cannot_call_back(caplog):
    caplog.set_level(logging.DEBUG, "systole")
    session = systole.Session(IDENTITY)
    refused = []

    class CallsBack(logging.Handler):
        def emit(self, record):
            try:
                session.totals()
            except systole.Error as error:
                refused.append(error.status)

    handler = CallsBack()
    logging.getLogger("systole").addHandler(handler)
    try:
        with pytest.raises(systole.Error):
            session.run({})
    finally:
        logging.getLogger("systole").removeHandler(handler)
    assert "is not set" in caplog.text
    assert refused == ["BAD_STATE"]
    session.close()


def test_compare_finds_no_difference_between_devices(resnet, random):
    told = systole.compare(resnet, ["cpu", "hls:4x4"], picture(random))
    assert len(told) == 5 and all(c.equal and c.mismatches == 0 == c.max_ulp for c in told)


def test_compare_counts_what_differs(random):
    # Another precision has other bits: the figures are checked against NumPy's.
    product = model(
        [node("MatMul", ["a", "b"], ["y"])], [("a", F32, [6, 9]), ("b", F32, [9, 7])], [("y", F32, [6, 7])]
    )
    inputs = {"a": random.standard_normal((6, 9)).astype(np.float32), "b": random.standard_normal((9, 7)).astype(np.float32)}
    (told,) = systole.compare(product, ["cpu", "cpu,precision=x1"], inputs)
    x, y = (systole.Session(product, name).run(inputs)["y"].reshape(-1) for name in ("cpu", "cpu,precision=x1"))
    assert not told.equal and told.count == 42 and told.mismatches == np.count_nonzero(x != y) > 0
    assert told.max_abs == np.max(np.abs(x.astype(np.float64) - y)) == abs(float(x[told.max_abs_at]) - float(y[told.max_abs_at]))
    same_sign = np.sign(x) == np.sign(y)
    steps = np.abs(x.view(np.int32).astype(np.int64) - y.view(np.int32))
    assert same_sign[told.max_ulp_at] is np.True_ and told.max_ulp == steps[told.max_ulp_at] or not same_sign.all()
    assert told.max_ulp >= steps[same_sign].max()


def test_ulps_across_zero_and_bfloat16():
    from systole import _compare

    assert _compare._order(np.float32([1e-45, -1e-45]).view(np.uint32)) == [2**31 + 1, 2**31 - 2]
    assert _compare._order(np.array([0x0000, 0x8000, 0x3F80, 0xBF80], np.uint16)) == [0x8000, 0x7FFF, 0xBF80, 0x407F]


@pytest.mark.parametrize("devices", [["cpu"], [], "cpu"])
def test_compare_of_fewer_than_two_is_refused(devices):
    with pytest.raises(systole.Error, match="two or more"):
        systole.compare(IDENTITY, devices, {})


def test_compare_names_the_device_that_fails():
    with pytest.raises(systole.Error, match="on nonsense: "):
        systole.compare(IDENTITY, ["cpu", "nonsense"], {"x": np.ones((1, 3), np.float32)})
