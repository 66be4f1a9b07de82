"""Drawing random numbers without anyone noticing."""

from contextlib import AbstractContextManager

import torch


def untouched_random_state(device: torch.device) -> AbstractContextManager[None]:
    """What is drawn inside the block, on the CPU or on `device`, is drawn again by whoever comes next.

    So a model draws the same dropout masks with an injection as without: right after `inject` training, too, starts
    from plain's numbers bit for bit, and paired runs differ by the graph alone.
    """
    on_accelerator = device.type == "cuda"
    context: AbstractContextManager[None] = torch.random.fork_rng(devices=[device] if on_accelerator else [])
    return context
