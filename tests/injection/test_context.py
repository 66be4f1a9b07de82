"""The context of a pass: what all layers share."""

import torch

from kgattn.attention import additive_mask
from kgattn.injection.context import MentionContext, TargetTokens
from kgattn.mentions import SlotLayout


def make(**settings):
    layout = SlotLayout.of(torch.tensor([[0, 1, 1, 0]]), 2)
    return MentionContext(layout, None, None, bound=4.0, gates_closed=False, **settings)


def test_a_mask_is_made_additive_once_a_pass():
    target = TargetTokens(SlotLayout.of(torch.tensor([[0, 1]]), 2), 0)
    context, mask = make(target=target), torch.ones(1, 1, 4, 4, dtype=torch.bool).tril()
    additive = context.additive(mask, torch.float32)
    assert torch.equal(additive, additive_mask(mask, torch.float32))
    assert context.additive(mask, torch.float32) is additive
    assert context.of_target.additive(mask, torch.float32) is additive
    assert context.additive(mask, torch.float64).dtype == torch.float64
    assert context.additive(mask.clone(), torch.float32) is not additive


def test_equal_rows_become_one():
    context, keep = make(), torch.tensor([[True, True, True, False]])
    full = keep[:, None, None].expand(1, 2, 4, 4).contiguous()
    assert torch.equal(context.additive(full, torch.float32)[:, :1], additive_mask(keep[:, None, None], torch.float32))
    full[0, 0, 0, 1] = False
    assert context.at(0).additive(full, torch.float32).shape == full.shape
    learned = torch.zeros(1, 1, 4, 4, requires_grad=True)
    assert context.additive(learned, torch.float32).shape == learned.shape


def test_a_later_pass_makes_its_own():
    """Its mask may be the same tensor with other numbers in it."""
    context, mask = make(), torch.ones(1, 1, 1, 4, dtype=torch.bool)
    context.additive(mask, torch.float32)
    mask[..., 3] = False
    assert context.at(1).additive(mask, torch.float32)[..., 3].item() == float("-inf")


def test_no_more_masks_are_held_than_a_model_has():
    context = make()
    for _ in range(20):
        context.additive(torch.ones(1, 1, 1, 4, dtype=torch.bool), torch.float32)
    assert len(context._masks) == 3


def test_what_was_prepared_serves_calls_that_are_alike():
    context, masks = make(), [torch.ones(1, 1, 1, 4, dtype=torch.bool) for _ in range(5)]
    for number, mask in enumerate(masks):
        context.keep(mask, (number,), lambda *call: call[0])
    assert context.prepared(masks[4], (4,)) is not None
    assert context.prepared(masks[4], (3,)) is None
    assert context.prepared(masks[3].clone(), (3,)) is None
    assert context.prepared(masks[1], (1,)) is None, "no more are held than a model has masks"
    assert context.at(2).prepared(masks[4], (4,)) is None
