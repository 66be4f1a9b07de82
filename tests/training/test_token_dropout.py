import pytest
import torch
from transformers import AutoTokenizer

from kgattn.errors import ConfigError
from kgattn.training.token_dropout import TokenDropout


@pytest.fixture(scope="module")
def tokenizer(bert_tiny_path):
    return AutoTokenizer.from_pretrained(bert_tiny_path)


def test_its_share_of_ordinary_tokens_is_hidden(tokenizer):
    torch.manual_seed(0)
    input_ids = torch.randint(1000, 2000, (40, 100))
    input_ids[:, 0], input_ids[:, -1] = tokenizer.cls_token_id, tokenizer.pad_token_id
    shown = TokenDropout(tokenizer, 0.2, 0.0)(input_ids)
    hidden = shown == tokenizer.mask_token_id
    assert 0.18 < hidden[:, 1:-1].float().mean() < 0.22
    assert not hidden[:, [0, -1]].any()
    assert torch.equal(shown[~hidden], input_ids[~hidden])


def test_mentions_are_hidden_in_whole_where_there_are_links(tokenizer):
    torch.manual_seed(0)
    input_ids = torch.randint(1000, 2000, (500, 9))
    token_slot = torch.tensor([[0, 1, 1, 1, 0, 2, 2, 3, 0]]).expand(500, -1)
    dropout = TokenDropout(tokenizer, 0.0, 0.3)
    hidden = dropout(input_ids, token_slot) == tokenizer.mask_token_id
    assert not hidden[:, token_slot[0] == 0].any()
    for slot in (1, 2, 3):
        mention = hidden[:, token_slot[0] == slot]
        assert torch.equal(mention.all(dim=1), mention.any(dim=1))
        assert 0.22 < mention[:, 0].float().mean() < 0.38
    assert torch.equal(dropout(input_ids), input_ids)
    assert torch.equal(dropout(input_ids, torch.zeros_like(token_slot)), input_ids)


def test_zero_hides_nothing_and_draws_nothing(tokenizer):
    input_ids = torch.randint(1000, 2000, (2, 5))
    state = torch.get_rng_state()
    assert torch.equal(TokenDropout(tokenizer, 0.0, 0.0)(input_ids, torch.ones_like(input_ids)), input_ids)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("shares", [(0.1, 0.0), (0.0, 0.1)])
def test_a_tokenizer_without_a_mask_token_is_refused(tokenizer, shares):
    bare = AutoTokenizer.from_pretrained(tokenizer.name_or_path)
    bare.mask_token = None
    with pytest.raises(
        ConfigError, match=r"needs a mask token, .* has none; set token_dropout and mention_masking to 0"
    ):
        TokenDropout(bare, *shares)
    ids = torch.randint(1000, 2000, (1, 4))
    assert torch.equal(TokenDropout(bare, 0.0, 0.0)(ids), ids)
