"""Which number type a device computes fast in."""

from pathlib import Path

import torch

from kgattn.errors import ConfigError

_CPU_INFO = Path("/proc/cpuinfo")
_CPU_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")


def training_device() -> torch.device:
    """CUDA where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast_type(choice: str, device: torch.device) -> torch.dtype | None:
    """The type for autocast under the choice `auto`, `on` or `off`: bfloat16, or None for none.

    Raises:
        ConfigError: bfloat16 is asked for on a CUDA device that lacks it.
    """
    if choice == "on" and device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise ConfigError("bf16 is on, but this CUDA device has no bfloat16; use auto or off")
    return torch.bfloat16 if choice == "on" or (choice == "auto" and has_fast_bf16(device)) else None


def has_fast_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware; an emulated type would be slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    if _CPU_INFO.is_file():
        return cpu_lists_bf16(_CPU_INFO.read_text(encoding="utf-8", errors="replace"))
    return False


def cpu_lists_bf16(cpu_info: str) -> bool:
    """Whether the flags in the text of Linux's /proc/cpuinfo (x86 "flags", Arm "Features") name bfloat16."""
    for line in cpu_info.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return bool(set(value.split()) & set(_CPU_FLAGS))
    return False
