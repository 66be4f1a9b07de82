"""Transformers' Trainer, set up for windows of text and a plugin: the part that every training of ours shares."""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from kgattn.training.config import TrainConfig
from kgattn.training.parameter_groups import parameter_groups
from kgattn.training.sampler import LengthGroupedSampler

Progress = Callable[[int, int], None]
"""Told after every step: steps done, steps in all."""


def count_steps(windows: int, num_epochs: int | float, batch_size: int, gradient_accumulation: int) -> int:
    """Steps of the optimizer that a training takes."""
    batches = math.ceil(windows / batch_size)
    return math.ceil(math.ceil(batches / gradient_accumulation) * num_epochs)


class QuietTrainer(Trainer):
    """Differences from the parent: parameter groups, batches of similar length, autocast without wrapping the model.

    It writes, prints and reports nothing by itself.

    Args:
        model: What is trained, on any device.
        config: Settings of the run.
        windows: What to train on, each with `input_ids`.
        collate: Makes a batch of windows.
        num_epochs: Passes over `windows`; the last may be a part of one.
        batch_size: Windows in a step's accumulated part.
        learning_rate: Of the base model.
        device: Where to train.
        autocast: Type to compute in; None is that of the weights.
        folder: Where a subclass that saves does so.
        progress: Told about every step.
        callbacks: What else is told how it gets on.
        loss: From outputs and labels, where `compute_loss` is not overridden.
    """

    def __init__(
        self,
        model: nn.Module,
        config: TrainConfig,
        windows: Sequence[dict[str, Any]],
        collate: Callable[[list[dict[str, Any]]], dict[str, Tensor]],
        *,
        num_epochs: int | float,
        batch_size: int,
        learning_rate: float,
        device: torch.device,
        autocast: torch.dtype | None,
        folder: str = ".",
        progress: Progress | None = None,
        callbacks: Sequence[TrainerCallback] = (),
        loss: Callable[..., Tensor] | None = None,
    ) -> None:
        self._settings, self._windows, self._autocast = config, windows, autocast
        steps = count_steps(len(windows), num_epochs, batch_size, config.gradient_accumulation)
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=num_epochs,
            per_device_train_batch_size=batch_size,
            gradient_accumulation_steps=config.gradient_accumulation,
            learning_rate=learning_rate,
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
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=windows,
            data_collator=collate,
            callbacks=[*([_Steps(progress)] if progress is not None else []), *callbacks],
            compute_loss_func=loss,
        )
        self.remove_callback(PrinterCallback)
        self.model_accepts_loss_kwargs = False  # the loss is ours, so the count of tokens need not reach the model

    def groups(self) -> list[dict[str, Any]]:
        """What the optimizer is given; the model is one tagger."""
        tagger: Any = self.model
        return self.groups_of(tagger)

    def groups_of(self, tagger: nn.Module) -> list[dict[str, Any]]:
        """`parameter_groups` of a tagger by this run's settings."""
        decayed = set(self.get_decay_parameter_names(tagger))
        return parameter_groups(tagger, decayed, self._settings.weight_decay, self._settings.plugin_rate)

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW over `groups`."""
        if self.optimizer is None:
            trained: Any = self.model
            optimizer_class, options = self.get_optimizer_cls_and_kwargs(self.args, trained)
            self.optimizer = optimizer_class(self.groups(), **options)
        return self.optimizer

    def autocast_smart_context_manager(
        self, cache_enabled: bool | None = True
    ) -> contextlib.AbstractContextManager[Any]:
        """Autocast around the forward pass alone; the model itself is not wrapped, as Accelerate would."""
        if self._autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(self.args.device.type, dtype=self._autocast, cache_enabled=bool(cache_enabled))

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthGroupedSampler:
        lengths = [len(window["input_ids"]) for window in self._windows]
        return LengthGroupedSampler(lengths, self.args.per_device_train_batch_size, self._settings.seed)


class _Steps(TrainerCallback):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report progress."""
        self._progress(state.global_step, state.max_steps)
