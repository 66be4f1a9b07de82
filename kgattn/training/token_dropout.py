"""Hiding input tokens in training, so that a tagger cannot live on the few words its training sentences hold."""

from typing import Any

import torch
from torch import Tensor

from kgattn.errors import ConfigError
from kgattn.shapes import Bool, Int


class TokenDropout:
    """Replaces input tokens by the mask token; labels stay.

    Word dropout (Iyyer et al. 2015, sec. 3.2, "Deep Unordered Composition Rivals Syntactic Methods") with the mask
    token that the encoder knows from its pre-training, for every arm of a comparison. Where there are links, whole
    mentions are hidden too, as Zhang et al. 2023 ("Plug-and-Play Knowledge Injection for Pre-trained Language Models")
    train their plugin: what the words would have said, the model must then learn to take from the graph.

    Args:
        tokenizer: Names the mask token and the special tokens, which are never hidden.
        token_probability: Share of single tokens hidden, in [0, 1).
        mention_probability: Share of linked mentions hidden in whole, in [0, 1).

    Raises:
        ConfigError: The tokenizer has no mask token and something is to be hidden.
    """

    def __init__(self, tokenizer: Any, token_probability: float, mention_probability: float) -> None:
        if (token_probability or mention_probability) and tokenizer.mask_token_id is None:
            raise ConfigError(
                f"hiding tokens needs a mask token, {type(tokenizer).__name__} has none; "
                "set token_dropout and mention_masking to 0"
            )
        self._token_probability = token_probability
        self._mention_probability = mention_probability
        self._mask = tokenizer.mask_token_id
        self._special = torch.tensor(sorted(tokenizer.all_special_ids))

    def __call__(
        self, input_ids: Int[Tensor, "batch token"], token_slot: Int[Tensor, "batch token"] | None = None
    ) -> Int[Tensor, "batch token"]:
        """Hide tokens by torch's global random state.

        Args:
            input_ids: What the model would read.
            token_slot: Slot of each token, 0 for "no mention"; None without links.
        """
        hidden = self._single(input_ids)
        if token_slot is not None and self._mention_probability:
            hidden = hidden | self._whole_mentions(token_slot)
        special = torch.isin(input_ids, self._special.to(input_ids.device))
        return input_ids.masked_fill(hidden & ~special, self._mask or 0)

    def _single(self, input_ids: Tensor) -> Bool[Tensor, "batch token"]:
        if not self._token_probability:
            return torch.zeros_like(input_ids, dtype=torch.bool)
        return torch.rand(input_ids.shape, device=input_ids.device) < self._token_probability

    def _whole_mentions(self, token_slot: Tensor) -> Bool[Tensor, "batch token"]:
        shape = (len(token_slot), int(token_slot.max()) + 1)
        chosen = torch.rand(shape, device=token_slot.device) < self._mention_probability
        return chosen.gather(1, token_slot) & (token_slot > 0)
