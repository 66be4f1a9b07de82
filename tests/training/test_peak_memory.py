import pathlib
import sys

import pytest
import torch

from kgattn.training.peak_memory import PeakMemory

CPU = torch.device("cpu")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux sets its mark back")
def test_what_is_held_for_a_moment_counts_and_what_was_held_before_does_not():
    before = PeakMemory(CPU)
    block = bytearray(b"x") * (256 * 2**20)
    while_held = before.mib()
    del block
    after = PeakMemory(CPU).mib()
    assert while_held is not None
    assert after is not None
    assert while_held - after > 200


def test_a_system_that_keeps_one_mark_is_not_believed(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("no")

    monkeypatch.setattr(pathlib.Path, "write_text", refuse)
    assert PeakMemory(CPU).mib() is None
