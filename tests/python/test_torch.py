# SPDX-License-Identifier: Apache-2.0
"""PyTorch's layers on devices: against PyTorch in fp64 within derived bounds, the same bits on each device, errors."""
import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (Debian: python3-torch)")

import systole  # noqa: E402
import systole.torch as st  # noqa: E402
from conftest import SEED  # noqa: E402

U = 2.0**-24


def gamma(k):
    return k * U / (1 - k * U)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(SEED)


def with_gradients(layer, x, gradient):
    """The result and the gradients of x and of each parameter, for a gradient of the result."""
    x = x.detach().clone().requires_grad_()
    layer.zero_grad()
    y = layer(x)
    y.backward(gradient)
    return [y.detach(), x.grad] + [p.grad.clone() for p in layer.parameters()]


def check_layer(mine, theirs, x, longest):
    """mine against theirs in fp64; the bound's sums |a||b| are the same layer's on absolute values."""
    theirs.load_state_dict(mine.state_dict())
    exact, absolute = copy.deepcopy(theirs).double(), copy.deepcopy(theirs).double()
    with torch.no_grad():
        for p in absolute.parameters():
            p.abs_()
        gradient = torch.randn(theirs(x).shape)
    got = with_gradients(mine, x, gradient)
    wanted = with_gradients(exact, x.double(), gradient.double())
    size = with_gradients(absolute, x.double().abs(), gradient.double().abs())
    assert len(got) == len(wanted) >= 3
    for g, w, s in zip(got, wanted, size):
        assert g.shape == w.shape
        assert bool(((g.double() - w).abs() <= gamma(longest) * s + 2.0**-149).all())
        assert bool(w.abs().max() > 0)
    # A gradient that is wrong by a thousandth is noticed: the bound is no blanket.
    assert not bool(((got[2].double() * 1.001 - wanted[2]).abs() <= gamma(longest) * size[2]).all())
    return got


@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 5)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_forward_and_backward(device, shape, bias):
    mine, theirs = st.Linear(5, 7, bias=bias, on=device), torch.nn.Linear(5, 7, bias=bias)
    check_layer(mine, theirs, torch.randn(shape), 16)


CONVOLUTIONS = [
    {"kernel_size": 3},
    {"kernel_size": (3, 2), "padding": (2, 1), "stride": 2, "dilation": (1, 2), "groups": 2},
    {"kernel_size": 3, "padding": "same", "bias": False},
    {"kernel_size": 3, "padding": 1, "padding_mode": "reflect"},
    {"kernel_size": 1, "groups": 4},
]


@pytest.mark.parametrize("options", CONVOLUTIONS)
def test_conv2d_forward_and_backward(device, options):
    mine, theirs = st.Conv2d(4, 8, on=device, **options), torch.nn.Conv2d(4, 8, **options)
    x = torch.randn(2, 4, 6, 7)
    # The longest sum: of a weight's gradient, over batch and places, or of a picture's element, over channels and windows.
    got = check_layer(mine, theirs, x, 2 * 10 * 11 + 8 * 9 + 1)
    assert mine(x[0]).shape == got[0].shape[1:]


def test_matmul_forward_and_backward_broadcast():
    a, b = torch.randn(2, 1, 3, 4, requires_grad=True), torch.randn(5, 4, 6, requires_grad=True)
    x, y = a.detach().double().requires_grad_(), b.detach().double().requires_grad_()
    gradient = torch.randn(2, 5, 3, 6)
    got, wanted = st.matmul(a, b, on="hls:4x4"), x @ y
    got.backward(gradient)
    wanted.backward(gradient.double())
    p, q = x.detach().abs().requires_grad_(), y.detach().abs().requires_grad_()
    size = p @ q
    size.backward(gradient.double().abs())
    for g, w, s in ((got, wanted, size), (a.grad, x.grad, p.grad), (b.grad, y.grad, q.grad)):
        assert g.shape == w.shape
        assert bool(((g.double() - w).abs() <= gamma(6 * 5 + 3) * s).all())


def test_gradient_of_a_gradient():
    x, w = torch.randn(3, 4, requires_grad=True), torch.randn(5, 4, requires_grad=True)

    def penalty(product, x, w):
        (g,) = torch.autograd.grad((product(x, w) ** 2).sum(), x, create_graph=True)
        return torch.autograd.grad((g**2).sum(), w)[0]

    got = penalty(lambda x, w: st.linear(x, w, torch.zeros(5), on="hls:4x4"), x, w)
    wanted = penalty(lambda x, w: x @ w.T, x.double(), w.double())
    assert torch.allclose(got.double(), wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))


def test_training_gives_the_same_bits_on_each_device(device):
    def trained(on):
        torch.manual_seed(SEED)
        net = torch.nn.Sequential(
            st.Conv2d(1, 4, 3, padding=1, on=on), torch.nn.ReLU(), torch.nn.Flatten(), st.Linear(64, 3, on=on)
        )
        optimiser = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)
        x, labels = torch.randn(6, 1, 4, 4), torch.arange(6) % 3
        losses = []
        for _ in range(3):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), labels)
            loss.backward()
            optimiser.step()
            losses.append(float(loss))
        assert losses[-1] < losses[0]
        return [p.detach().numpy().tobytes() for p in net.parameters()]

    assert trained(device) == trained("cpu")


def test_products_forward_and_backward_run_on_the_device():
    with systole.Device("hls:4x4") as on:
        layer = st.Linear(5, 7, on=on)
        x = torch.randn(3, 5, requires_grad=True)
        y = layer(x)
        assert on.totals().macs == 105
        y.sum().backward()
        assert on.totals().macs == 105 * 3 + 21
        assert on.totals().on_host == 0


def test_tensors_are_read_where_they_are(monkeypatch):
    seen = []
    matmul = st._device.matmul

    def watched(a, b, **options):
        seen.append((a.ctypes.data, b.ctypes.data))
        return matmul(a, b, **options)

    monkeypatch.setattr(st._device, "matmul", watched)
    a, b = torch.randn(4, 3), torch.randn(5, 3)
    st.matmul(a, b.T)
    assert seen == [(a.data_ptr(), b.data_ptr())]


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (lambda: st.matmul(torch.ones(2, 2).double(), torch.ones(2, 2)), "torch.float64"),
        (lambda: st.matmul(torch.ones(2, 2), torch.ones(3, 2)), "2 columns and 3 rows"),
        (lambda: st.matmul(torch.ones(2, 2).to_sparse(), torch.ones(2, 2)), "sparse"),
        (lambda: st.Linear(3, 2)(torch.ones(2, 4)), "last dimensions differ"),
        (lambda: st.Linear(3, 2, dtype=torch.float64)(torch.ones(2, 3)), "torch.float64"),
        (lambda: st.Conv2d(3, 2, 1)(torch.ones(2, 4, 5, 5)), "3 channels"),
        (lambda: st.Conv2d(3, 2, 4)(torch.ones(2, 3, 3, 3)), "smaller than the kernel"),
        (lambda: st.Linear(3, 2, on="nonsense")(torch.ones(2, 3)), "nonsense"),
    ],
)
def test_refused_says_why(use, told):
    with pytest.raises(systole.Error, match=told):
        use()


def test_linear_of_no_rows():
    layer = st.Linear(3, 2, on="hls:4x4")
    x = torch.ones(0, 3, requires_grad=True)
    layer(x).sum().backward()
    assert np.count_nonzero(layer.weight.grad.numpy()) == 0
