"""Warm-up before fine-tuning: learn from text without gold what the linker and the graph say of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgattn.graph import KnowledgeGraph
from kgattn.ner.collate import Collator
from kgattn.ner.features import KG_KEYS
from kgattn.shapes import Float, Int
from kgattn.training.config import TrainConfig
from kgattn.training.distant_targets import INSIDE, DistantTargets
from kgattn.training.link_dropout import hide_mentions
from kgattn.training.quiet_trainer import Progress, QuietTrainer, count_steps
from kgattn.training.token_dropout import TokenDropout

BATCH_FACTOR = 2
"""Windows of a step for each one in a step of fine-tuning: the targets are many and noisy."""
HIDDEN_LINKS = 0.5
"""Share of mentions whose link is withheld: their types must then be read off the text."""
UNLINKED_WEIGHT = 0.2
"""Of a token without a link in the loss: it may well be an entity that the graph lacks."""
HEAD_RATE = 1e-3
TARGETS = "targets"


def distant_steps(windows: int, config: TrainConfig) -> int:
    """Steps of the optimizer that `learn_links` takes on so many windows."""
    return count_steps(windows, config.distant_epochs, BATCH_FACTOR * config.batch_size, config.gradient_accumulation)


def learn_links(
    model: nn.Module,
    graph: KnowledgeGraph,
    windows: Sequence[dict[str, Any]],
    collator: Collator,
    config: TrainConfig,
    *,
    device: torch.device,
    autocast: torch.dtype | None,
    progress: Progress | None = None,
) -> None:
    """Train a model to tell, for every token, whether a mention lies there and of which types its entity is.

    Distant supervision (Mintz et al. 2009): no gold takes part. Half of the links are withheld, and some of the tokens,
    so that the base model learns the types from the words and the plugin learns to hand them over. What the linker
    misses counts little (the unlabelled entity problem, Li et al. 2021, arXiv:2012.05426). The head that predicts is
    thrown away.

    Args:
        model: Changed in place. Where nothing is injected it is shown no links, and learns from the words alone.
        graph: The injected graph, of which the windows name entities.
        windows: Windows with links, of any text. Labels in them are not looked at.
        collator: Pads windows.
        config: For `distant_epochs`, the rates and the seed.
        device: Where to train.
        autocast: Type to compute in; None is that of the weights.
        progress: Told about every step.
    """
    targets = DistantTargets.of(graph, windows)
    learner = _Learner(model, nn.Linear(_hidden_size(model), len(targets)))
    _DistantTrainer(learner, config, windows, collator, targets, device, autocast, progress).train()


class _Learner(nn.Module):
    """A tagger, and a head of its own on the vectors of its last layer."""

    def __init__(self, tagger: nn.Module, head: nn.Linear) -> None:
        super().__init__()
        self.tagger, self.head = tagger, head

    def forward(self, **inputs: Tensor) -> Float[Tensor, "batch token target"]:
        hidden: Tensor = self.tagger(**inputs, output_hidden_states=True).hidden_states[-1]
        logits: Tensor = self.head(hidden.float())
        return logits


class _DistantTrainer(QuietTrainer):
    def __init__(
        self,
        learner: _Learner,
        config: TrainConfig,
        windows: Sequence[dict[str, Any]],
        collator: Collator,
        targets: DistantTargets,
        device: torch.device,
        autocast: torch.dtype | None,
        progress: Progress | None,
    ) -> None:
        self._learner = learner
        self._hide = TokenDropout(collator.tokenizer, config.token_dropout)

        def collate(chosen: list[dict[str, Any]]) -> dict[str, Tensor]:
            inputs = collator.inputs(chosen)
            return {**inputs, TARGETS: targets.batch(chosen, inputs["kg_token_slot"])}

        super().__init__(
            learner,
            config,
            windows,
            collate,
            num_epochs=config.distant_epochs,
            batch_size=BATCH_FACTOR * config.batch_size,
            learning_rate=config.learning_rate,
            device=device,
            autocast=autocast,
            progress=progress,
        )

    def groups(self) -> list[dict[str, Any]]:
        head = list(self._learner.head.parameters())
        return [*self.groups_of(self._learner.tagger), {"params": head, "weight_decay": 0.0, "lr": HEAD_RATE}]

    def compute_loss(
        self, model: nn.Module, inputs: Mapping[str, Tensor], *args: Any, **kwargs: Any
    ) -> Tensor | tuple[Tensor, Any]:
        shown = {name: tensor for name, tensor in inputs.items() if name != TARGETS}
        shown["input_ids"] = self._hide(shown["input_ids"])
        if hasattr(self._learner.tagger, "kgattn"):
            shown["kg_token_slot"] = hide_mentions(shown["kg_token_slot"], HIDDEN_LINKS)
        else:
            shown = {name: tensor for name, tensor in shown.items() if name not in KG_KEYS}
        return distant_loss(model(**shown), inputs[TARGETS], inputs["attention_mask"])


def distant_loss(
    logits: Float[Tensor, "batch token target"],
    targets: Float[Tensor, "batch token target"],
    attention_mask: Int[Tensor, "batch token"],
) -> Float[Tensor, ""]:
    """Binary cross-entropy summed over the targets, a weighted mean over the tokens that are no padding."""
    inside = targets[..., INSIDE]
    weights = attention_mask * (inside + (1 - inside) * UNLINKED_WEIGHT)
    losses = F.binary_cross_entropy_with_logits(logits.float(), targets, reduction="none").sum(dim=-1)
    mean: Tensor = (losses * weights).sum() / weights.sum()
    return mean


def _hidden_size(model: nn.Module) -> int:
    config: Any = model.config
    return int(config.hidden_size)
