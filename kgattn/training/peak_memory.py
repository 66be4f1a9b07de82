"""The most memory held since a moment, in a process that has done other work before."""

from pathlib import Path

import torch

_MIB = 2**20


class PeakMemory:
    """Counts from its making on.

    On a GPU it is what PyTorch allocated there. Elsewhere it is the resident memory of the whole process, whose mark
    Linux lets a process set back (proc(5), `clear_refs` and `VmHWM`); other systems keep one mark since the start,
    which would be that of another run, so nothing is said there.

    Args:
        device: Where the computation runs.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._reset = False
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            return
        try:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
            self._reset = True
        except OSError:  # not Linux, or one that was built without it
            self._reset = False

    def mib(self) -> float | None:
        """The peak so far, in MiB; None where the system does not say."""
        if self._device.type == "cuda":
            return float(torch.cuda.max_memory_allocated(self._device)) / _MIB
        if not self._reset:
            return None
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        kibibytes = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
        return None if kibibytes is None else kibibytes / 1024
