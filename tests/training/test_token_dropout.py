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
    shown = TokenDropout(tokenizer, 0.2)(input_ids)
    hidden = shown == tokenizer.mask_token_id
    assert 0.18 < hidden[:, 1:-1].float().mean() < 0.22
    assert not hidden[:, [0, -1]].any()
    assert torch.equal(shown[~hidden], input_ids[~hidden])


def test_zero_hides_nothing_and_draws_nothing(tokenizer):
    input_ids = torch.randint(1000, 2000, (2, 5))
    state = torch.get_rng_state()
    assert TokenDropout(tokenizer, 0.0)(input_ids) is input_ids
    assert torch.equal(torch.get_rng_state(), state)


def test_a_tokenizer_without_a_mask_token_is_refused(tokenizer):
    bare = AutoTokenizer.from_pretrained(tokenizer.name_or_path)
    bare.mask_token = None
    with pytest.raises(ConfigError, match=r"token_dropout needs a mask token, .* has none; set token_dropout to 0"):
        TokenDropout(bare, 0.1)
    TokenDropout(bare, 0.0)
