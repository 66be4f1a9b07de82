import numpy as np
import torch

from kgattn.training.link_dropout import hide_mentions, hide_windows
from kgattn.training.run import train_run


def test_mentions_go_one_by_one():
    slots = torch.tensor([[0, 1, 1, 2, 0], [3, 0, 1, 1, 2]]).repeat(200, 1)
    assert torch.equal(hide_mentions(slots, 0.0), slots)
    assert not hide_mentions(slots, 1.0).any()
    torch.manual_seed(0)
    left = hide_mentions(slots, 0.5)
    assert torch.equal(left[left > 0], slots[left > 0])
    pair = left[::2, 1:3]  # a mention stays or goes in whole
    assert torch.equal(pair[:, 0], pair[:, 1])
    assert 0.35 < (pair[:, 0] > 0).float().mean() < 0.65


def test_windows_lose_all_their_links_or_none():
    slots = torch.tensor([[0, 1, 1, 2]]).repeat(400, 1)
    torch.manual_seed(0)
    left = hide_windows(slots, 0.25)
    kept = left.any(dim=1)
    assert torch.equal(left[kept], slots[kept])
    assert not left[~kept].any()
    assert 0.68 < kept.float().mean() < 0.82


def test_zero_hides_nothing_and_draws_nothing():
    slots = torch.tensor([[0, 1, 1, 2]])
    state = torch.get_rng_state()
    assert hide_windows(slots, 0.0) is slots
    assert torch.equal(torch.get_rng_state(), state)


def test_a_model_that_is_shown_no_link_in_training_keeps_its_gates_shut(corpus, graph, config, injection):
    def opened(share):
        changed = config.with_changes({"arm": "biased", "link_dropout": share})
        gates = train_run(changed, corpus, graph, None, injection=injection).gates
        return np.abs([gates["bias"], gates["values"]]).max()

    assert opened(0.0) > 0
    assert opened(1 - 1e-9) == 0


def test_plain_is_trained_as_without(corpus, config):
    curves = [
        train_run(config.with_changes({"link_dropout": share}), corpus, None, None).loss_curve for share in (0.0, 0.9)
    ]
    assert curves[0] == curves[1]
