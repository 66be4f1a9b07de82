"""Fine-tuning of a tagger: dev scores of whole entities, the best weights kept, sound checkpoints."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import TrainerCallback

from kgattn.ner.collate import Collator
from kgattn.ner.features import KG_KEYS
from kgattn.ner.labels import IGNORE
from kgattn.training.config import TrainConfig
from kgattn.training.link_dropout import hide_windows
from kgattn.training.quiet_trainer import Progress, QuietTrainer
from kgattn.training.resume import read_checkpoint, write_checkpoint
from kgattn.training.token_dropout import TokenDropout

SLOTS = KG_KEYS[0]


class TaggerTrainer(QuietTrainer):
    """Trains one model, keeping the weights of the best dev evaluation.

    Differences from the parent: a loss averaged over all labelled tokens of a step, and checkpoints that are whole or
    absent and hold no pickle.

    Args:
        model: The model, injected or not, on any device.
        config: Settings of the run.
        features: Training windows.
        collator: Makes batches of windows.
        dev_f1: Scores the model on dev, in [0, 1].
        token_dropout: Hides input tokens in training.
        folder: Where checkpoints go; None keeps none.
        num_epochs: Passes over `features`.
        device: Where to train.
        autocast: Type to compute in; None is that of the weights.
        progress: Told about every step.
        on_log: Given all log entries so far whenever there is a new one.
        seconds_before: Wall time that went into the model before; a checkpoint knows its own.
    """

    def __init__(
        self,
        model: nn.Module,
        config: TrainConfig,
        features: Sequence[dict[str, Any]],
        collator: Collator,
        dev_f1: Callable[[nn.Module], float],
        *,
        token_dropout: TokenDropout,
        folder: Path | None,
        num_epochs: int,
        device: torch.device,
        autocast: torch.dtype | None,
        progress: Progress | None = None,
        on_log: Callable[[Sequence[dict[str, Any]]], None] | None = None,
        seconds_before: float = 0.0,
    ) -> None:
        self.best_weights: dict[str, Tensor] = {}
        self.best_f1 = -1.0
        self.best_epoch = 0
        self._dev_f1 = dev_f1
        self._token_dropout = token_dropout
        self._tagger = model
        self._folder = folder
        self._seconds_before = seconds_before
        self._started = time.perf_counter()
        super().__init__(
            model,
            config,
            features,
            collator,
            num_epochs=num_epochs,
            batch_size=config.batch_size,
            learning_rate=config.learning_rate,
            device=device,
            autocast=autocast,
            folder=str(folder or "."),
            progress=progress,
            callbacks=[_Schedule(config.evaluation_epochs(num_epochs), folder is not None, on_log)],
            loss=token_loss,
        )

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Tensor], *args: Any, **kwargs: Any
    ) -> Tensor | tuple[Tensor, Any]:
        """The parent's loss on inputs some tokens and links of which are hidden; only training comes here."""
        shown = {**inputs, "input_ids": self._token_dropout(inputs["input_ids"])}
        if SLOTS in shown:
            shown[SLOTS] = hide_windows(shown[SLOTS], self._settings.link_dropout)
        loss: Tensor | tuple[Tensor, Any] = super().compute_loss(model, shown, *args, **kwargs)
        return loss

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: list[str] | None = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """Score dev, keep the weights if they are the best so far, and log."""
        f1 = self._dev_f1(self._tagger)
        if f1 > self.best_f1:
            self.best_f1, self.best_epoch = f1, round(self.state.epoch or 0)
            self.best_weights = {
                name: tensor.detach().cpu().clone() for name, tensor in self._tagger.state_dict().items()
            }
        metrics = {f"{metric_key_prefix}_f1": f1}
        self.log(dict(metrics))
        return metrics

    def dev_curve(self) -> tuple[tuple[int, float], ...]:
        """Epoch, from 1, and F1 of every dev evaluation."""
        return tuple(
            (round(entry["epoch"]), entry["eval_f1"]) for entry in self.state.log_history if "eval_f1" in entry
        )

    def loss_curve(self) -> tuple[tuple[int, float], ...]:
        """Epoch, from 1, and mean training loss since the line before."""
        return tuple((round(entry["epoch"]), entry["loss"]) for entry in self.state.log_history if "loss" in entry)

    def seconds(self) -> float:
        """Wall time of training and dev evaluations so far, with what came before, that of a killed run included."""
        return self._seconds_before + time.perf_counter() - self._started

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        if self._folder is not None:
            best = None if self.best_epoch == round(self.state.epoch or 0) else self.best_weights
            write_checkpoint(self._folder, self, best)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        checkpoint = read_checkpoint(Path(resume_from_checkpoint))
        self._tagger.load_state_dict(checkpoint.weights)
        self.best_weights, self.best_f1 = checkpoint.best_weights, checkpoint.best_f1
        self.best_epoch, self._seconds_before = checkpoint.best_epoch, checkpoint.state["seconds"]

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            read_checkpoint(Path(checkpoint)).restore_optimizer(self.optimizer, self.lr_scheduler)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            read_checkpoint(Path(checkpoint)).restore_random()


def token_loss(outputs: Any, labels: Tensor, num_items_in_batch: Tensor | int | None = None) -> Tensor:
    """Cross-entropy summed over labelled tokens, divided by those of the whole step (or of this part, if not given)."""
    logits = outputs.logits.float()
    total = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORE, reduction="sum")
    count = (labels != IGNORE).sum() if num_items_in_batch is None else num_items_in_batch
    return total / count


class _Schedule(TrainerCallback):
    """Asks for an evaluation, a log line and a checkpoint after the chosen epochs."""

    def __init__(
        self,
        epochs: Sequence[int],
        save: bool,
        on_log: Callable[[Sequence[dict[str, Any]]], None] | None,
    ) -> None:
        self._epochs = frozenset(epochs)
        self._save = save
        self._on_log = on_log

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Hand on what is logged."""
        if self._on_log is not None:
            # without the parent's closing summary, which holds timings of the last session alone
            self._on_log([entry for entry in state.log_history if "train_runtime" not in entry])

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Ask for what is due."""
        due = round(state.epoch) in self._epochs
        control.should_evaluate = due
        control.should_log = due
        control.should_save = due and self._save
        return control
