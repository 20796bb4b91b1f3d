# SPDX-License-Identifier: Apache-2.0
"""Layers for PyTorch whose matrix products, forward and backward, run on a device; the same bits on each device.

Tensors are float32 on PyTorch's "cpu"; their memory is read where it is. A device is a string or a systole.Device, `on=` of each
layer and function; docs/python.md says which products there are, and in which order their sums.
"""
from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from . import _device
from ._device import Device
from ._error import Error

__all__ = ["Conv2d", "Linear", "linear", "matmul"]


def _array(tensor: torch.Tensor, what: str) -> Any:
    if not isinstance(tensor, torch.Tensor):
        raise Error("BAD_ARGUMENT", f"{what} is a {type(tensor).__name__}: a torch.Tensor is needed")
    if tensor.device.type != "cpu" or tensor.dtype != torch.float32 or tensor.layout != torch.strided:
        told = f"{tensor.dtype}, {tensor.layout}, on {tensor.device}"
        raise Error("BAD_ARGUMENT", f"{what} is {told}: products take float32 in PyTorch's cpu memory")
    return tensor.detach().numpy()


def _product(a: torch.Tensor, b: torch.Tensor, on: Device | str, precision: str | None) -> torch.Tensor:
    return torch.from_numpy(_device.matmul(_array(a, "a"), _array(b, "b"), device=on, precision=precision))


class _Matmul(torch.autograd.Function):
    """a @ b; both gradients are products of the same kind, and so have gradients themselves."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor, on: Device | str, precision: str | None) -> torch.Tensor:
        ctx.save_for_backward(a, b)
        ctx.how = on, precision
        return _product(a, b, on, precision)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        a, b = ctx.saved_tensors
        da = db = None
        if ctx.needs_input_grad[0]:
            da = _Matmul.apply(gradient, b.transpose(-1, -2), *ctx.how).sum_to_size(a.shape)
        if ctx.needs_input_grad[1]:
            db = _Matmul.apply(a.transpose(-1, -2), gradient, *ctx.how).sum_to_size(b.shape)
        return da, db, None, None


class _Linear(torch.autograd.Function):
    """x @ weight.T with chains that start from the bias, for x with two dimensions."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, on: Device | str, precision: str | None
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.how = on, precision
        factors = _array(x, "x"), _array(weight, "weight")
        start = _array(bias, "bias")
        return torch.from_numpy(_device.matmul(*factors, trans_b=True, c=start, from_c=True, device=on, precision=precision))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        dx = dweight = dbias = None
        if ctx.needs_input_grad[0]:
            dx = _Matmul.apply(gradient, weight, *ctx.how)
        if ctx.needs_input_grad[1]:
            dweight = _Matmul.apply(gradient.transpose(0, 1), x, *ctx.how)
        if ctx.needs_input_grad[2]:
            ones = torch.ones(1, gradient.shape[0])
            dbias = _Matmul.apply(ones, gradient, *ctx.how).reshape(-1)
        return dx, dweight, dbias, None, None


def matmul(a: torch.Tensor, b: torch.Tensor, *, on: Device | str = "cpu", precision: str | None = None) -> torch.Tensor:
    """Return a @ b, two or more dimensions each, with gradients; leading dimensions broadcast.

    The gradients are g @ b.T and a.T @ g; where a factor was broadcast its products are then summed by PyTorch.
    """
    result: torch.Tensor = _Matmul.apply(a, b, on, precision)
    return result


def linear(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    *,
    on: Device | str = "cpu",
    precision: str | None = None,
) -> torch.Tensor:
    """Return x @ weight.T + bias as torch.nn.functional.linear, for x with at least one dimension, with gradients.

    The chain of an element starts from the bias. The gradients are g @ weight, g.T @ x, and ones @ g for the bias.
    """
    if x.shape[-1:] != weight.shape[1:]:
        raise Error("BAD_ARGUMENT", f"x {tuple(x.shape)} by weight {tuple(weight.shape)}: their last dimensions differ")
    rows = x.reshape(-1, x.shape[-1]) if x.numel() else x.reshape(x.shape[:-1].numel(), x.shape[-1])
    made: torch.Tensor
    if bias is None:
        made = _Matmul.apply(rows, weight.transpose(0, 1), on, precision)
    else:
        made = _Linear.apply(rows, weight, bias, on, precision)
    return made.reshape(*x.shape[:-1], weight.shape[0])


def _split(options: dict[str, Any]) -> tuple[Device | str, str | None]:
    return options.pop("on", "cpu"), options.pop("precision", None)


class Linear(nn.Linear):
    """torch.nn.Linear on a device: Linear(784, 10, on="hls:16x16", precision="x3"); the same parameters and state."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what torch.nn.Linear takes, and `on` and `precision`."""
        self.on, self.precision = _split(options)
        super().__init__(*arguments, **options)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102 (the class says it)
        return linear(x, self.weight, self.bias, on=self.on, precision=self.precision)


class Conv2d(nn.Conv2d):
    """torch.nn.Conv2d on a device, with all its options; the same parameters and state.

    The picture is padded, its windows are copied into rows (torch.nn.functional.unfold), and each group is one `linear` over
    (channel, kernel row, kernel column). Zeros of the padding are steps of the sums, as they are not in a session's Conv.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what torch.nn.Conv2d takes, and `on` and `precision`."""
        self.on, self.precision = _split(options)
        super().__init__(*arguments, **options)

    def _padded(self, x: torch.Tensor) -> torch.Tensor:
        widths = self._reversed_padding_repeated_twice
        if not any(widths):
            return x
        return functional.pad(x, widths, mode="constant" if self.padding_mode == "zeros" else self.padding_mode)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102 (the class says it)
        if x.dim() == 3:
            return self.forward(x.unsqueeze(0)).squeeze(0)
        if x.dim() != 4 or x.shape[1] != self.in_channels:
            wanted = f"({self.in_channels} channels, height, width), or a batch of those"
            raise Error("BAD_ARGUMENT", f"x is {tuple(x.shape)}: {wanted}")
        padded = self._padded(x)
        sides = zip(padded.shape[2:], self.kernel_size, self.stride, self.dilation)
        height, width = ((size - d * (k - 1) - 1) // step + 1 for size, k, step, d in sides)
        if height < 1 or width < 1:
            told = f"a padded picture of {tuple(padded.shape[2:])} is smaller"
            raise Error("BAD_ARGUMENT", f"{told} than the kernel {self.kernel_size} with its dilation {self.dilation}")
        windows = functional.unfold(padded, self.kernel_size, self.dilation, 0, self.stride)
        rows = windows.transpose(1, 2).reshape(x.shape[0] * height * width, -1)
        made = torch.cat([self._group(rows, g) for g in range(self.groups)], 1)
        return made.reshape(x.shape[0], height, width, self.out_channels).permute(0, 3, 1, 2)

    def _group(self, rows: torch.Tensor, group: int) -> torch.Tensor:
        outputs, taps = self.out_channels // self.groups, rows.shape[1] // self.groups
        of_group = slice(group * outputs, (group + 1) * outputs)
        weight = self.weight[of_group].reshape(outputs, taps)
        bias = None if self.bias is None else self.bias[of_group]
        return linear(rows[:, group * taps : (group + 1) * taps], weight, bias, on=self.on, precision=self.precision)
