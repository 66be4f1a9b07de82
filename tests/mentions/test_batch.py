"""Mention tensors: what fits, what is refused, and repeating for beams."""

import pytest
import torch

from kgattn.errors import SlotError
from kgattn.mentions import MentionBatch

CPU = torch.device("cpu")


def make(token_slot=((0, 1, 1, 0), (0, 0, 2, 0)), entities=(((3, 1), (-1, -1)), ((0, -1), (2, -1)))):
    entities = torch.tensor(entities)
    return MentionBatch(torch.tensor(token_slot), entities, (entities >= 0).float() / 2)


def test_a_batch_that_fits_passes():
    MentionBatch.checked(*make(), num_entities=4, device=CPU)
    assert make().num_slots == 3
    assert make().candidate_mask().sum() == 4


def test_links_need_a_token_and_a_candidate():
    assert make().has_links()
    assert not make(token_slot=((0, 0),) * 2).has_links()
    assert not make(entities=(((-1,), (-1,)),) * 2).has_links()


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (make(token_slot=((0, 3, 0, 0), (0, 0, 0, 0))), r"kg_token_slot must lie in \[0, 3\), got 3 in row 0"),
        (make(entities=(((3, 1), (-1, -1)), ((0, -1), (4, -1)))), r"kg_entities must lie in \[-1, 4\), got 4 in row 1"),
        (
            make(entities=(((3, 1), (-1, -1)), ((0, -1), (-2, -1)))),
            r"kg_entities must lie in \[-1, 4\), got -2 in row 1",
        ),
        ((make().token_slot[0], *list(make())[1:]), "kg_token_slot must have 2 axes"),
        ((make().token_slot[:1], *list(make())[1:]), "must share the batch"),
        ((make().token_slot, make().entities, make().priors[:, :, :1]), "must share the batch"),
        ((make().token_slot.float(), *list(make())[1:]), "must be integers"),
        ((make().token_slot, make().entities, make().priors * 3), r"kg_priors must lie in \[0, 1\]"),
        ([tensor.to("meta") for tensor in make()], "must be on the model's device cpu, got meta"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_refused_with_its_place(tensors, message):
    with pytest.raises(SlotError, match=message):
        MentionBatch.checked(*tensors, num_entities=4, device=CPU)


def test_repeating_for_beams():
    repeated = make().repeat_to(4)
    assert repeated.token_slot.tolist() == [[0, 1, 1, 0]] * 2 + [[0, 0, 2, 0]] * 2
    assert make().repeat_to(2).entities is not None
    with pytest.raises(SlotError, match="multiple of the 2 linked examples, got 3"):
        make().repeat_to(3)
