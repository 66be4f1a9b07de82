"""How each architecture's attention is reached: the one table, and finding it in a model."""

import warnings
from dataclasses import dataclass, replace

import transformers
from torch import nn
from transformers import PreTrainedModel

from kgattn.errors import InjectionError
from kgattn.injection.adapters import Adapter, load_adapter
from kgattn.injection.attention_function import IMPLEMENTATIONS
from kgattn.injection.config import ATTENTIONS, CROSS, ENCODER
from kgattn.injection.source import fetches_attention, first_to_drop


@dataclass(frozen=True)
class Reach:
    """Where an architecture's attention is.

    Attributes:
        attention: Class of the attention modules.
        stack: Name of the part of the base model to inject; None is the whole.
        cross: In a model of two stacks, name by which the layers of its `decoder` call their attention to the
            encoder's tokens; its other attention is self-attention.
        adapter: File in `adapters` for attention that is the model's own; None fetches it from the registry.
    """

    attention: str
    stack: str | None = None
    cross: str | None = None
    adapter: str | None = None


# model type -> how it is reached. Layers that share one module, as ALBERT's, share one table.
ARCHITECTURES = {
    "albert": Reach("AlbertAttention"),
    "bart": Reach("BartAttention", "encoder", "encoder_attn"),
    "bert": Reach("BertSelfAttention"),
    "camembert": Reach("CamembertSelfAttention"),
    "deberta": Reach("DisentangledSelfAttention", adapter="deberta"),
    "deberta-v2": Reach("DisentangledSelfAttention", adapter="deberta_v2"),
    "distilbert": Reach("DistilBertSelfAttention"),
    "electra": Reach("ElectraSelfAttention"),
    "gpt2": Reach("GPT2Attention"),
    "llama": Reach("LlamaAttention"),
    "marian": Reach("MarianAttention", "encoder", "encoder_attn"),
    "modernbert": Reach("ModernBertAttention"),
    "mpnet": Reach("MPNetSelfAttention", adapter="mpnet"),
    "qwen2": Reach("Qwen2Attention"),
    "qwen3": Reach("Qwen3Attention"),
    "roberta": Reach("RobertaSelfAttention"),
    "t5": Reach("T5Attention", "encoder", "EncDecAttention"),
    "xlm-roberta": Reach("XLMRobertaSelfAttention"),
}


@dataclass(frozen=True)
class Architecture:
    """What an injection needs to know of a model.

    Attributes:
        base: The part of the model whose calls get the context: the encoder, or a decoder that stands alone.
        attentions: The attention modules, bottom layer first; of two stacks in the order encoder, decoder, cross.
        kinds: Of each, whether it is one of the "encoder" (or the only stack), the "decoder" or "cross".
        num_heads: Attention heads of a layer.
        num_kv_heads: Heads of its keys and values; fewer under grouped-query attention.
        head_dim: Width of a head.
        adapter: How attention that is the model's own is reached; None is through the registry.
        whole: The model of both stacks, where more than the encoder is asked for.
    """

    base: PreTrainedModel
    attentions: tuple[nn.Module, ...]
    kinds: tuple[str, ...]
    num_heads: int
    num_kv_heads: int
    head_dim: int
    adapter: Adapter | None = None
    whole: PreTrainedModel | None = None


def find_architecture(model: nn.Module, asked: tuple[str, ...] | None = None) -> Architecture:
    """Find the encoder and its self-attention, or the attentions asked for; changes nothing.

    A model type outside the table is searched for modules that fetch their attention from Transformers' registry, which
    is said in a warning.

    Args:
        model: The model, with or without a head.
        asked: As `InjectionConfig.attentions`.

    Raises:
        InjectionError: The model is no Transformers model, it has no attention that can be reached, or not those asked
            for, or its attention implementation cannot carry a bias.
    """
    if type(model).__module__.startswith("peft.") and hasattr(model, "get_base_model"):
        model = model.get_base_model()  # type: ignore[operator]  # adapters are inside it already
    if not isinstance(model, PreTrainedModel):
        raise InjectionError(
            f"inject needs a transformers PreTrainedModel, got {type(model).__name__}; load one with an Auto class"
        )
    base: PreTrainedModel = model.base_model  # type: ignore[assignment]
    model_type: str = base.config.model_type
    reach, adapter = ARCHITECTURES.get(model_type), None
    if asked is not None:
        return _two_stacks(type(model).__name__, base, reach, asked)
    if reach is not None:
        base = base if reach.stack is None else _stack(base, reach.stack)
        adapter = None if reach.adapter is None else load_adapter(reach.adapter)
        attentions = tuple(module for module in base.modules() if _is_reached(module, reach.attention, adapter))
    else:
        base, attentions = _search(base)
    attentions = tuple(module for module in attentions if not getattr(module, "is_cross_attention", False))
    if not attentions:
        raise InjectionError(
            f"{type(model).__name__} (model type {model_type!r}) of transformers {transformers.__version__} has no "
            f"self-attention that kgattn reaches; supported model types: {', '.join(ARCHITECTURES)}"
        )
    _refuse_what_would_go_wrong(base, attentions, adapter)
    architecture = _describe(base, attentions, adapter)
    if reach is None:
        warnings.warn(
            f"model type {model_type!r} is untested with kgattn; {len(attentions)} modules "
            f"{type(attentions[0]).__name__} were found by their use of Transformers' attention registry",
            stacklevel=3,
        )
    return architecture


def _two_stacks(name: str, whole: PreTrainedModel, reach: Reach | None, asked: tuple[str, ...]) -> Architecture:
    """The attentions asked for of a model of two stacks.

    Raises:
        InjectionError: It has one stack or is not in the table, or its attentions differ in their heads.
    """
    encoder, decoder = (getattr(whole, part, None) for part in ("encoder", "decoder"))
    if reach is None or reach.cross is None or encoder is None or decoder is None:
        known = ", ".join(model_type for model_type, each in ARCHITECTURES.items() if each.cross is not None)
        raise InjectionError(
            f"attentions={asked!r} is for models of an encoder and a decoder of type {known}; {name} (model type "
            f"{whole.config.model_type!r}) is none: leave attentions at None, or inject the whole model"
        )
    found: list[tuple[str, nn.Module]] = []
    for kind in (kind for kind in ATTENTIONS if kind in asked):
        stack = encoder if kind == ENCODER else decoder
        found += [
            (kind, module)
            for path, module in stack.named_modules()
            if type(module).__name__ == reach.attention and (path.endswith(reach.cross) == (kind == CROSS))
        ]
    kinds, attentions = zip(*found, strict=True)
    _refuse_what_would_go_wrong(whole, attentions, None)
    architecture = _describe(encoder, attentions, None)
    heads = {getattr(module, "num_heads", None) or module.n_heads for module in attentions}
    if len(heads) > 1:
        raise InjectionError(
            f"the attentions {', '.join(asked)} have {' and '.join(map(str, sorted(heads)))} heads, and an injection "
            'needs one number; ask for some of them alone, as attentions=("encoder",)'
        )
    num_heads = heads.pop()
    return replace(architecture, kinds=kinds, num_heads=num_heads, num_kv_heads=num_heads, whole=whole)


def _stack(base: PreTrainedModel, name: str) -> PreTrainedModel:
    """The encoder of a model of two stacks; one that is an encoder already is taken as it is.

    Raises:
        InjectionError: It is a decoder alone, which reads its encoder's vectors, if any, from outside.
    """
    stack: PreTrainedModel | None = getattr(base, name, None)
    if stack is None and (base.config.is_decoder or hasattr(base, "decoder")):
        raise InjectionError(
            f"{type(base).__name__} is the decoder of a model of type {base.config.model_type!r}, of which kgattn "
            "injects the encoder; inject the whole model"
        )
    return base if stack is None else stack


def _refuse_what_has_no_effect(base: PreTrainedModel, attentions: tuple[nn.Module, ...]) -> None:
    """In older versions of Transformers attention is the model's own, or what the hook hands down is dropped midway."""
    deaf = next((module for module in attentions if fetches_attention(module) is False), None)
    if deaf is not None:
        raise InjectionError(
            f"{type(deaf).__name__} of transformers {transformers.__version__} does not fetch its attention "
            "from the registry, so the graph would have no effect; use a newer transformers"
        )
    mute = first_to_drop(base, attentions)
    if mute is not None:
        raise InjectionError(
            f"{type(mute).__name__} of transformers {transformers.__version__} drops arguments it does not know, so "
            "the graph would have no effect; use a newer transformers"
        )


def _refuse_what_would_go_wrong(
    base: PreTrainedModel, attentions: tuple[nn.Module, ...], adapter: Adapter | None
) -> None:
    if adapter is None:
        _refuse_what_has_no_effect(base, attentions)
    implementation = base.config._attn_implementation
    if implementation not in IMPLEMENTATIONS:
        raise InjectionError(
            f"attention implementation must be {' or '.join(IMPLEMENTATIONS)} to carry a bias, got {implementation!r}; "
            'load the model with attn_implementation="sdpa"'
        )
    devices = {parameter.device for module in attentions for parameter in module.parameters()}
    if len(devices) > 1:
        names = ", ".join(sorted(map(str, devices)))
        raise InjectionError(f"all layers must be on one device, got {names}; load the model without a device_map")
    if base.config._attn_implementation == "eager" and getattr(base.config, "reorder_and_upcast_attn", False):
        raise InjectionError(
            'attention with reorder_and_upcast_attn is the model\'s own; load it with attn_implementation="sdpa"'
        )


def _is_reached(module: nn.Module, attention: str, adapter: Adapter | None) -> bool:
    if adapter is None:
        return type(module).__name__ == attention
    return type(module) in (adapter.plain, adapter.injected)  # swapping the class of any other would lose it


def _describe(base: PreTrainedModel, attentions: tuple[nn.Module, ...], adapter: Adapter | None) -> Architecture:
    config, first = base.config, attentions[0]
    num_heads: int | None = getattr(config, "num_attention_heads", None)
    if num_heads is None:
        raise InjectionError(
            f"{type(base).__name__} (model type {config.model_type!r}) is several models in one; inject the part that "
            "reads the text"
        )
    widths = (getattr(first, name, None) for name in ("head_dim", "attention_head_size", "key_value_proj_dim"))
    head_dim = next((width for width in widths if isinstance(width, int)), config.hidden_size // num_heads)
    num_kv_heads: int = getattr(config, "num_key_value_heads", None) or num_heads
    kinds = (ENCODER,) * len(attentions)
    return Architecture(base, attentions, kinds, num_heads, num_kv_heads, head_dim, adapter)


def _search(base: PreTrainedModel) -> tuple[PreTrainedModel, tuple[nn.Module, ...]]:
    """The encoder of an unknown architecture, or its only stack, and what looks like self-attention in it."""
    if base.config.is_encoder_decoder:
        base = base.get_encoder()
    named = [
        (name, module)
        for name, module in base.named_modules()
        if getattr(module, "config", None) is not None and fetches_attention(module)
    ]
    return base, tuple(module for name, module in named if "cross" not in name and "encoder_attn" not in name)
