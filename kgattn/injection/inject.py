"""`inject`: the one call that gives a model a graph."""

from typing import Any, TypeVar

from torch import nn

from kgattn.errors import ConfigError, GraphError, InjectionError
from kgattn.graph import KnowledgeGraph
from kgattn.injection.architectures import find_architecture
from kgattn.injection.attachment import attach
from kgattn.injection.config import InjectionConfig
from kgattn.injection.injection import Injection

ModelT = TypeVar("ModelT", bound=nn.Module)


def inject(model: ModelT, graph: KnowledgeGraph, config: InjectionConfig | None = None) -> ModelT:
    """Give a Transformers encoder a knowledge graph.

    The model keeps its class, its config and its weights; it gains `model.kgattn`, an `Injection` whose parameters
    train with the rest. Batches from `kgattn.Processor` then run biased; batches without links run as before. Gates
    start at zero, so outputs change only with training.

    Args:
        model: A model of a supported architecture, with or without a task head, on any device, in any precision. The
            one that will be called: heads of some families keep the links from an encoder that was injected alone.
        graph: The graph; only index tensors into it travel with batches.
        config: Settings; None takes the defaults.

    Returns:
        The same object.

    Raises:
        InjectionError: The model cannot be injected, or is already; nothing was changed.
        GraphError: `graph` is not a KnowledgeGraph with entities.
        ConfigError: `config` is not an InjectionConfig.
    """
    if not isinstance(graph, KnowledgeGraph):
        raise GraphError(
            f"inject needs a kgattn.KnowledgeGraph, got {type(graph).__name__}; make one with KnowledgeGraph.load"
        )
    if not isinstance(config, InjectionConfig | None):
        raise ConfigError(f"config must be a kgattn.InjectionConfig, got {type(config).__name__}")
    return inject_as(model, graph, config or InjectionConfig(), reads_types=None)


def inject_as(model: ModelT, graph: KnowledgeGraph, config: InjectionConfig, *, reads_types: bool | None) -> ModelT:
    """`inject` with a say in whether entity types are read; None reads them if the graph has some.

    A plugin keeps what it was made with, whatever graph it is given later.
    """
    architecture = find_architecture(model, config.attentions)
    injected = any(isinstance(module, Injection) for module in model.modules())
    if injected or any(hasattr(module, "kgattn_site") for module in architecture.attentions):
        raise InjectionError(
            "the model is already injected; call model.kgattn.remove() first, or model.kgattn.swap_graph(graph)"
        )
    if hasattr(model, "kgattn"):
        raise InjectionError("the model already has an attribute kgattn of its own; rename it")
    attentions = _chosen(architecture.attentions, config.layers)
    injection = (
        Injection(graph, config, architecture, graph.num_types > 0 if reads_types is None else reads_types)
        .to(next(model.parameters()).device)
        .train(model.training)
    )

    injection.attachment = attach(model, architecture, attentions, injection, config.kernel)
    return model


def _chosen(attentions: tuple[nn.Module, ...], layers: tuple[int, ...] | None) -> tuple[nn.Module, ...]:
    if layers is None:
        return attentions
    wrong = [layer for layer in layers if not 0 <= layer < len(attentions)]
    if wrong or not layers or len(set(layers)) != len(layers):
        raise InjectionError(f"layers must be different numbers in [0, {len(attentions)}), at least one, got {layers}")
    return tuple(attentions[layer] for layer in layers)


def plugin_of(model: nn.Module) -> Injection:
    """The model's injection.

    Raises:
        InjectionError: It has none.
    """
    injection: Any = getattr(model, "kgattn", None)
    copies = getattr(injection, "modules_to_save", None)
    if copies is not None:  # PEFT trains a copy
        injection = copies[injection.active_adapters[0]]
    if not isinstance(injection, Injection):
        raise InjectionError(f"this {type(model).__name__} has no injection; call kgattn.inject(model, graph) first")
    return injection
