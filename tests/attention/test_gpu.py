"""On a CUDA device: kernels give the reference's answers, in float32 and in half precision, and auto takes fold."""

import pytest
import torch

from kgattn.attention import KERNELS
from kgattn.attention.kernels import fastest
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout
from kgattn.speed.kernels import Shape, measure_kernels

from .test_kernels import Case, make_case, run

pytestmark = pytest.mark.gpu


def on_cuda(case: Case, dtype: torch.dtype, grad: bool) -> Case:
    def move(tensor, kind=None):
        return None if tensor is None else tensor.detach().to("cuda", kind or tensor.dtype).requires_grad_(grad)

    return Case(
        *(move(tensor, dtype) for tensor in (case.query, case.key, case.value)),
        case.token_slot.cuda(),
        move(case.table),
        move(case.values),
        None if case.mask is None else case.mask.cuda(),
        case.is_causal,
        case.num_slots,
    )


@pytest.mark.parametrize("name", ["dense", "fold"])
@pytest.mark.parametrize("mask", ["none", "bool", "causal-flag"])
def test_kernels_equal_the_reference_with_gradients(name, mask):
    case = on_cuda(make_case(2, 2, 2, 64, 5, dim=32, group=2, mask=mask, dtype=torch.float32), torch.float32, True)
    expected, output = run("reference", case), run(name, case)
    torch.testing.assert_close(output, expected, rtol=1e-3, atol=1e-4)
    weight = torch.randn_like(expected)
    wanted = torch.autograd.grad((expected * weight).sum(), case.inputs())
    for ours, theirs in zip(torch.autograd.grad((output * weight).sum(), case.inputs()), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("name", ["dense", "fold", "flex"])
@pytest.mark.parametrize("mask", ["none", "bool", "causal-flag"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@torch.no_grad()
def test_inference_in_all_types(name, mask, dtype):
    case = on_cuda(make_case(3, 2, 2, 128, 9, dim=64, mask=mask, dtype=torch.float32), torch.float32, False)
    expected = run("reference", case)
    tolerance = {torch.float32: 1e-3, torch.bfloat16: 5e-2, torch.float16: 1e-2}[dtype]
    output = run(name, on_cuda(case, dtype, False))
    assert output.dtype == dtype
    torch.testing.assert_close(output.float(), expected, rtol=tolerance, atol=tolerance)


def test_auto_folds_and_dropout_keeps_the_mean():
    case = on_cuda(make_case(5, 1, 1, 16, 3, dim=8, dtype=torch.float32), torch.float32, False)
    bias = MentionBias(SlotLayout.of(case.token_slot, case.num_slots), case.table, case.values, 4.0)
    assert fastest(case.query, case.key, case.value, None, 0.1, bias) == "fold"
    expected = run("fold", case)
    mean = torch.stack([run("fold", case, dropout=0.3) for _ in range(4000)]).mean(0)
    torch.testing.assert_close(mean, expected, rtol=0.1, atol=0.1)


def test_kernels_can_be_timed():
    names = [name for name in KERNELS if name != "flex"]
    shape = Shape(2, 4, 128, 64, 8)
    timings = measure_kernels(shape, names, backward=True, repeats=2, device=torch.device("cuda"))
    assert [timing.name for timing in timings] == ["plain", "reference", "dense", "fold"]
