"""What is read from the source of a forward."""

import functools

import torch
from torch import nn

from kgattn.injection.source import fetches_attention, first_to_drop, passes_on


class Leaf(nn.Module):
    def forward(self, hidden, **flags):
        return functools.partial(torch.relu, hidden, **flags)


class Keeps(nn.Module):
    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, hidden, **kwargs):
        for part in self.parts:
            hidden = part(hidden, scale=kwargs.get("scale"))
        return hidden


class Passes(Keeps):
    def forward(self, hidden, **kwargs):
        for part in self.parts:
            hidden = part(hidden, **kwargs)
        return hidden


class Others(Keeps):
    def forward(self, hidden, *, settings, **kwargs):
        return super().forward(hidden, **settings)


class Plain(Keeps):
    def forward(self, hidden):
        return hidden


class Decorated(Keeps):
    @functools.wraps(Passes.forward)
    def forward(self, *args, **kwargs):
        return None


class Short(nn.Module):
    forward = lambda self, hidden, **kwargs: torch.relu(hidden, **kwargs)  # noqa: E731


def test_a_forward_passes_on_what_it_spreads_in_a_call():
    assert [passes_on(module()) for module in (Leaf, Passes, Decorated)] == [True] * 3
    assert [passes_on(module()) for module in (Keeps, Others, Plain)] == [False] * 3


def test_what_cannot_be_read_is_left_open():
    made_up = type("MadeUp", (nn.Module,), {"forward": eval("lambda self: None")})
    assert [passes_on(module) for module in (nn.ModuleList(), made_up(), Short())] == [None] * 3
    assert fetches_attention(made_up()) is None


def test_the_first_to_drop_is_the_outermost_on_the_way():
    leaves = Leaf(), Leaf()
    assert first_to_drop(Passes(Passes(leaves[0]), Passes(leaves[1]), Plain()), leaves) is None
    inner = Keeps(leaves[1])
    assert first_to_drop(Passes(Passes(leaves[0]), Passes(inner)), leaves) is inner
    outer = Plain(inner)
    assert first_to_drop(Passes(Passes(leaves[0]), outer), leaves) is outer
    assert first_to_drop(leaves[0], leaves) is None
