# SPDX-License-Identifier: Apache-2.0
"""What the tests share: devices that are built, a seed that is printed, the line that counts them."""
import os
import pathlib

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("SEED", "1"))


def pytest_report_header():
    return f"seed {SEED} (SEED= gives another)"


def pytest_terminal_summary(terminalreporter):
    counts = {kind: len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")}
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"SKIP: {report.longrepr[-1]}")
    failed = counts["failed"] + counts["error"]
    told = f"{counts['passed']} passed, {failed} failed, {counts['skipped']} skipped"
    terminalreporter.write_line(f"test-python, seed {SEED}: {told}")


@pytest.fixture
def random():
    return np.random.default_rng(SEED)


@pytest.fixture(params=["cpu", "hls:4x4", "sim:4x4"])
def device(request):
    import systole

    if request.param == "sim:4x4" and "sim:4x4" not in {d.device for d in systole.devices()}:
        pytest.skip("sim:4x4 is not built (make sim ROWS=4 COLS=4)")
    return request.param


@pytest.fixture(scope="session")
def resnet():
    return ROOT / "build/examples/resnet8.onnx"
