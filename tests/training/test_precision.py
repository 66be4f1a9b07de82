import pytest
import torch

from kgattn.errors import ConfigError
from kgattn.training.precision import autocast_type, cpu_lists_bf16, has_fast_bf16, training_device


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("flags\t: fpu avx512f avx512_bf16 x", True),
        ("flags : fpu amx_bf16", True),
        ("Features\t: fp asimd bf16", True),
        ("flags : fpu avx512f", False),
        ("model name : with bf16", False),
    ],
)
def test_cpu_flags_tell_whether_bfloat16_is_in_hardware(flags, expected):
    assert cpu_lists_bf16(f"processor : 0\n{flags}\n\nprocessor : 1\n") is expected


def test_choice_beats_the_probe():
    cpu = torch.device("cpu")
    assert autocast_type("off", cpu) is None
    assert autocast_type("on", cpu) is torch.bfloat16
    assert (autocast_type("auto", cpu) is torch.bfloat16) == has_fast_bf16(cpu)
    assert not has_fast_bf16(torch.device("meta"))


def test_cuda_without_bfloat16_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: False)
    cuda = torch.device("cuda")
    assert autocast_type("auto", cuda) is None
    with pytest.raises(ConfigError, match="bf16 is on, but this CUDA device has no bfloat16"):
        autocast_type("on", cuda)


def test_device_is_cuda_where_there_is_one():
    assert training_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
