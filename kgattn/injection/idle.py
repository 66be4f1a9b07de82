"""Zero gradients for parameters that a batch did not use."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx


def touch(output: Tensor, parameters: tuple[Tensor, ...]) -> Tensor:
    """The output, bit for bit, with parameters in its history that will get zero gradients.

    Distributed training waits in the backward pass for the gradient of every parameter, in every process.
    """
    touched: Tensor = _Touch.apply(output, *parameters)  # type: ignore[no-untyped-call]
    return touched


class _Touch(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, output: Tensor, *parameters: Tensor) -> Tensor:
        ctx.save_for_backward(*parameters)
        return output.view_as(output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        return grad, *(torch.zeros_like(parameter) for parameter in ctx.saved_tensors)
