"""Hiding input tokens in training, so that a tagger cannot live on the few words its training sentences hold."""

from typing import Any

import torch
from torch import Tensor

from kgattn.errors import ConfigError
from kgattn.shapes import Int


class TokenDropout:
    """Replaces input tokens by the mask token, each with the same probability; labels stay.

    Word dropout (Iyyer et al. 2015, sec. 3.2, "Deep Unordered Composition Rivals Syntactic Methods") with the mask
    token that the encoder knows from its pre-training. All arms of a comparison train under it.

    Args:
        tokenizer: Names the mask token and the special tokens, which are never hidden.
        probability: In [0, 1); 0 hides nothing and draws no random numbers.

    Raises:
        ConfigError: The tokenizer has no mask token and tokens are to be hidden.
    """

    def __init__(self, tokenizer: Any, probability: float) -> None:
        if probability and tokenizer.mask_token_id is None:
            raise ConfigError(
                f"token_dropout needs a mask token, {type(tokenizer).__name__} has none; set token_dropout to 0"
            )
        self._probability = probability
        self._mask = tokenizer.mask_token_id
        self._special = torch.tensor(sorted(tokenizer.all_special_ids))

    def __call__(self, input_ids: Int[Tensor, "batch token"]) -> Int[Tensor, "batch token"]:
        """Hide tokens by torch's global random state."""
        if not self._probability:
            return input_ids
        hidden = torch.rand(input_ids.shape, device=input_ids.device) < self._probability
        hidden &= ~torch.isin(input_ids, self._special.to(input_ids.device))
        return input_ids.masked_fill(hidden, self._mask)
