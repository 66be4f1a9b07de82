"""Whole steps of a model: training and inference, injected against plain, on the same inputs."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kgattn.errors import KernelError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig, inject
from kgattn.injection.architectures import find_architecture
from kgattn.injection.context import CONTEXT, MentionContext
from kgattn.mentions import MentionBatch
from kgattn.speed.kernels import Shape, spread_mentions
from kgattn.speed.measure import Timing, clock_for, interleave
from kgattn.speed.memory import peak_mib, saved_mib

GATE = 0.03
"""Open gates of about this size, so that bias and values are computed and used."""
TOLERANCE = 1e-3
"""Largest difference of two kernels' logits that is still rounding, in float32."""


@dataclass(frozen=True)
class StepSettings:
    """What kind of step is timed.

    Attributes:
        training: Forward and backward in train mode, else forward in eval mode.
        attention_dropout: Probability of dropping an attention weight in training.
        autocast: Compute in this type; None is the model's own.
        kernel: Attention kernel.
    """

    training: bool
    attention_dropout: float = 0.0
    autocast: torch.dtype | None = None
    kernel: str = "auto"


@dataclass(frozen=True)
class StepCost:
    """Timings of the variants of one step, and their memory.

    Attributes:
        timings: "plain" first; "plain again" shows the noise.
        saved_mib: What plain and the whole step keep for the backward pass, 0 without one.
        peak_mib: The most that plain and the whole step hold at once.
    """

    timings: tuple[Timing, ...]
    saved_mib: tuple[float, float]
    peak_mib: tuple[float, float]


def measure_step(
    model: Any, graph: KnowledgeGraph, batch: int, length: int, mentions: int, settings: StepSettings, repeats: int
) -> StepCost:
    """Time one kind of step of a model.

    Variants: "plain" and "plain again", the model that was never injected; "kernel", injected with the tables given,
    and gradients for them; "whole", everything from index tensors to logits; "no links", a batch without mentions.

    Args:
        model: A token classifier, not injected; it is copied, not changed.
        graph: The graph to inject.
        batch: Examples.
        length: Tokens of the longest; others are down to 0.7 of it.
        mentions: Mentions of an example, each of two tokens and one entity.
        settings: The kind of step.
        repeats: Rounds.

    Raises:
        KernelError: The outputs of the injected model by this kernel and by the reference differ.
    """
    plain, injected = _pair(model, graph, settings)
    device = next(plain.parameters()).device
    inputs, links = make_batch(plain.config.vocab_size, graph, Shape(batch, 1, length, 1, mentions), device)
    unlinked = {**links, "kg_token_slot": torch.zeros_like(links["kg_token_slot"])}
    context = _given_context(injected, links, settings.training)
    labels = torch.zeros_like(inputs["input_ids"])
    _check(injected, inputs, links, settings)

    autocast = settings.autocast

    def step(network: nn.Module, extra: dict[str, Any]) -> Callable[[], object]:
        def run() -> object:
            network.zero_grad(set_to_none=True)
            with (
                torch.autocast(device.type, autocast or torch.bfloat16, enabled=autocast is not None),
                torch.set_grad_enabled(settings.training),
            ):
                output = network(**inputs, **extra, labels=labels if settings.training else None)
            return output.loss.backward() if settings.training else output.logits

        return run

    runs = {
        "plain": step(plain, {}),
        "plain again": step(plain, {}),
        "kernel": step(injected, {CONTEXT: context}),
        "whole": step(injected, links),
        "no links": step(injected, unlinked),
    }
    timings = interleave(runs, repeats, clock_for(device)[1])

    def forward(network: nn.Module, extra: dict[str, Any]) -> Callable[[], object]:
        return lambda: network(**inputs, **extra, labels=labels).loss

    saved = (0.0, 0.0)
    if settings.training:
        known = (*plain.parameters(), *injected.parameters(), *inputs.values())
        saved = (saved_mib(forward(plain, {}), known), saved_mib(forward(injected, links), known))
    peaks = (peak_mib(runs["plain"], device), peak_mib(runs["whole"], device))
    return StepCost(tuple(timings), saved, peaks)


def make_graph(num_entities: int, seed: int = 0) -> KnowledgeGraph:
    """A random graph of two triples an entity, with few entities in many triples and many in few, and eight types."""
    generator = np.random.default_rng(seed)
    heads = generator.integers(0, num_entities, 2 * num_entities)
    tails = (num_entities * generator.random(2 * num_entities) ** 3).astype(int)
    relations = generator.integers(0, 12, 2 * num_entities)
    triples = [(f"e{h}", f"r{r}", f"e{t}") for h, r, t in zip(heads, relations, tails, strict=True) if h != t]
    labels = {f"e{number}": f"entity {number}" for number in range(num_entities)}
    types = {name: [f"type {number % 8}"] for number, name in enumerate(labels)}
    return KnowledgeGraph.from_triples(triples, labels=labels, types=types)


def _pair(model: Any, graph: KnowledgeGraph, settings: StepSettings) -> tuple[Any, Any]:
    plain, injected = sharing_parameters(model), sharing_parameters(model)
    for network in (plain, injected):
        for module in find_architecture(network).attentions:
            set_attention_dropout(module, settings.attention_dropout)
    injected = inject(injected, graph, InjectionConfig(kernel=settings.kernel))
    open_gates(injected)
    return plain.train(settings.training), injected.train(settings.training)


def open_gates(injected: Any) -> None:
    """Move every gate of an injected model off zero, by random amounts of the size of `GATE`."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in injected.kgattn.named_parameters():
            if name.endswith("gate"):
                parameter.copy_(GATE * torch.randn(parameter.shape, generator=generator))


def sharing_parameters(model: Any) -> Any:
    """A copy with the same parameters: where in memory weights lie makes a difference of a per cent."""
    return copy.deepcopy(model, {id(parameter): parameter for parameter in model.parameters()})


def set_attention_dropout(module: nn.Module, probability: float) -> None:
    """Set it in one attention module; architectures keep it as a number or as a module, under one of these names."""
    for name in ("dropout", "attention_dropout", "attn_dropout"):
        part = getattr(module, name, None)
        if isinstance(part, nn.Dropout):
            part.p = probability
        elif isinstance(part, float):
            setattr(module, name, probability)


def make_batch(
    vocabulary: int, graph: KnowledgeGraph, shape: Shape, device: torch.device
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Random inputs, and links of random entities of the graph: `kg_*` tensors."""
    generator = torch.Generator().manual_seed(0)
    slots, keep = spread_mentions(shape, generator)
    ids = torch.randint(vocabulary // 4, vocabulary, slots.shape, generator=generator)
    entities = torch.randint(0, graph.num_entities, (shape.batch, shape.mentions, 1), generator=generator)
    inputs = {"input_ids": ids, "attention_mask": keep.long()}
    links = {"kg_token_slot": slots, "kg_entities": entities, "kg_priors": torch.ones(entities.shape)}
    inputs, links = ({name: tensor.to(device) for name, tensor in part.items()} for part in (inputs, links))
    return inputs, links


def _given_context(injected: Any, links: dict[str, Tensor], training: bool) -> MentionContext:
    context: MentionContext = injected.kgattn(MentionBatch(*links.values()))

    def leaves(tables: tuple[Tensor, ...] | None) -> tuple[Tensor, ...] | None:
        return None if tables is None else tuple(table.detach().clone().requires_grad_(training) for table in tables)

    return replace(context, pair_bias=leaves(context.pair_bias), values=leaves(context.values))


@torch.no_grad()
def _check(injected: Any, inputs: dict[str, Tensor], links: dict[str, Tensor], settings: StepSettings) -> None:
    """Every kernel the step may take, in eval mode, where nothing is random, and in the model's own precision."""
    sites = [module.kgattn_site for module in injected.modules() if hasattr(module, "kgattn_site")]
    injected.eval()
    able = ("dense", "fold", "block") if inputs["input_ids"].device.type == "cpu" else ("dense", "fold")
    taken = able if settings.kernel == "auto" else (settings.kernel,)
    logits = []
    for kernel in ("reference", *taken):
        for site in sites:
            site.kernel = kernel
        logits.append(injected(**inputs, **links).logits.float())
    for site in sites:
        site.kernel = settings.kernel
    injected.train(settings.training)
    for kernel, found in zip(taken, logits[1:], strict=True):
        error = float((found - logits[0]).abs().max())
        if error > TOLERANCE:
            raise KernelError(f"the model by the kernel {kernel!r} is {error:.2g} off the reference")
