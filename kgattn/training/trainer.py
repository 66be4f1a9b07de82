"""Transformers' Trainer, set up for taggers: own parameter groups, dev scores of whole entities, sound checkpoints."""

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from kgattn.ner.collate import Collator
from kgattn.ner.labels import IGNORE
from kgattn.training.config import TrainConfig
from kgattn.training.resume import read_checkpoint, write_checkpoint
from kgattn.training.sampler import LengthGroupedSampler
from kgattn.training.token_dropout import TokenDropout

PLUGIN_PREFIX = "kgattn."
Progress = Callable[[int, int], None]
"""Told after every step: steps done, steps in all."""


class TaggerTrainer(Trainer):
    """Trains one model, keeping the weights of the best dev evaluation.

    Differences from the parent: three parameter groups, batches of similar length, a loss averaged over all labelled
    tokens of a step, autocast without wrapping the model, and checkpoints that are whole or absent and hold no pickle.

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
    ) -> None:
        steps = math.ceil(math.ceil(len(features) / config.batch_size) / config.gradient_accumulation) * num_epochs
        arguments = TrainingArguments(
            output_dir=str(folder or "."),
            num_train_epochs=num_epochs,
            per_device_train_batch_size=config.batch_size,
            gradient_accumulation_steps=config.gradient_accumulation,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            max_grad_norm=config.max_grad_norm,
            warmup_steps=math.ceil(config.warmup_ratio * steps),
            lr_scheduler_type="linear",
            optim="adamw_torch_fused",
            seed=config.seed,
            use_cpu=device.type == "cpu",
            logging_strategy="no",
            eval_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=device.type == "cuda",
        )
        self.best_weights: dict[str, Tensor] = {}
        self.best_f1 = -1.0
        self.best_epoch = 0
        self._settings = config
        self._dev_f1 = dev_f1
        self._token_dropout = token_dropout
        self._features = features
        self._tagger = model
        self._folder = folder
        self._autocast = autocast
        self._seconds_before = 0.0
        self._started = time.perf_counter()
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=features,
            data_collator=collator,
            compute_loss_func=token_loss,
            callbacks=[_Schedule(config.evaluation_epochs(num_epochs), folder is not None, progress, on_log)],
        )
        self.remove_callback(PrinterCallback)
        self.model_accepts_loss_kwargs = False  # the loss is ours, so the count of tokens need not reach the model

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW over three groups: matrices, then vectors of the base model, then the plugin at its own rate."""
        if self.optimizer is None:
            tagger: Any = self.model if model is None else model
            decayed = set(self.get_decay_parameter_names(tagger))
            matrices: list[nn.Parameter] = []
            vectors: list[nn.Parameter] = []
            plugin: list[nn.Parameter] = []
            for name, parameter in tagger.named_parameters():
                if parameter.requires_grad:
                    group = plugin if name.startswith(PLUGIN_PREFIX) else matrices if name in decayed else vectors
                    group.append(parameter)
            groups: list[dict[str, Any]] = [
                {"params": matrices, "weight_decay": self._settings.weight_decay},
                {"params": vectors, "weight_decay": 0.0},
                {"params": plugin, "weight_decay": 0.0, "lr": self._settings.plugin_rate},
            ]
            optimizer_class, options = self.get_optimizer_cls_and_kwargs(self.args, tagger)
            self.optimizer = optimizer_class([group for group in groups if group["params"]], **options)
        return self.optimizer

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Tensor], *args: Any, **kwargs: Any
    ) -> Tensor | tuple[Tensor, Any]:
        """The parent's loss on inputs some tokens of which are hidden; only training comes here."""
        shown = {**inputs, "input_ids": self._token_dropout(inputs["input_ids"])}
        loss: Tensor | tuple[Tensor, Any] = super().compute_loss(model, shown, *args, **kwargs)
        return loss

    def autocast_smart_context_manager(
        self, cache_enabled: bool | None = True
    ) -> contextlib.AbstractContextManager[Any]:
        """Autocast around the forward pass alone; the model itself is not wrapped, as Accelerate would."""
        if self._autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(self.args.device.type, dtype=self._autocast, cache_enabled=bool(cache_enabled))

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthGroupedSampler:
        lengths = [len(feature["input_ids"]) for feature in self._features]
        return LengthGroupedSampler(lengths, self._settings.batch_size, self._settings.seed)

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
        """Wall time of training and dev evaluations so far, that of a killed run before its checkpoint included."""
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
    """Asks for an evaluation, a log line and a checkpoint after the chosen epochs, and reports progress."""

    def __init__(
        self,
        epochs: Sequence[int],
        save: bool,
        progress: Progress | None,
        on_log: Callable[[Sequence[dict[str, Any]]], None] | None,
    ) -> None:
        self._epochs = frozenset(epochs)
        self._save = save
        self._progress = progress
        self._on_log = on_log

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Hand on what is logged."""
        if self._on_log is not None:
            # without the parent's closing summary, which holds timings of the last session alone
            self._on_log([entry for entry in state.log_history if "train_runtime" not in entry])

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report progress."""
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Ask for what is due."""
        due = round(state.epoch) in self._epochs
        control.should_evaluate = due
        control.should_log = due
        control.should_save = due and self._save
        return control
