"""How each architecture's self-attention is reached: the one table, and finding it in a model."""

import inspect
import warnings
from dataclasses import dataclass

import transformers
from torch import nn
from transformers import PreTrainedModel

from kgattn.errors import InjectionError
from kgattn.injection.adapters import Adapter, load_adapter
from kgattn.injection.attention_function import IMPLEMENTATIONS


@dataclass(frozen=True)
class Reach:
    """Where an architecture's self-attention is.

    Attributes:
        attention: Class of the self-attention modules.
        stack: Name of the part of the base model to inject; None is the whole.
        adapter: File in `adapters` for attention that is the model's own; None fetches it from the registry.
    """

    attention: str
    stack: str | None = None
    adapter: str | None = None


# model type -> how it is reached. Layers that share one module, as ALBERT's, share one table.
ARCHITECTURES = {
    "albert": Reach("AlbertAttention"),
    "bart": Reach("BartAttention", "encoder"),
    "bert": Reach("BertSelfAttention"),
    "camembert": Reach("CamembertSelfAttention"),
    "deberta": Reach("DisentangledSelfAttention", adapter="deberta"),
    "deberta-v2": Reach("DisentangledSelfAttention", adapter="deberta_v2"),
    "distilbert": Reach("DistilBertSelfAttention"),
    "electra": Reach("ElectraSelfAttention"),
    "gpt2": Reach("GPT2Attention"),
    "llama": Reach("LlamaAttention"),
    "marian": Reach("MarianAttention", "encoder"),
    "modernbert": Reach("ModernBertAttention"),
    "mpnet": Reach("MPNetSelfAttention", adapter="mpnet"),
    "qwen2": Reach("Qwen2Attention"),
    "qwen3": Reach("Qwen3Attention"),
    "roberta": Reach("RobertaSelfAttention"),
    "t5": Reach("T5Attention", "encoder"),
    "xlm-roberta": Reach("XLMRobertaSelfAttention"),
}


@dataclass(frozen=True)
class Architecture:
    """What an injection needs to know of a model.

    Attributes:
        base: The part of the model whose calls get the context: the encoder, or a decoder that stands alone.
        attentions: Its self-attention modules, bottom layer first.
        num_heads: Attention heads of a layer.
        num_kv_heads: Heads of its keys and values; fewer under grouped-query attention.
        head_dim: Width of a head.
        adapter: How attention that is the model's own is reached; None is through the registry.
    """

    base: PreTrainedModel
    attentions: tuple[nn.Module, ...]
    num_heads: int
    num_kv_heads: int
    head_dim: int
    adapter: Adapter | None = None


def find_architecture(model: nn.Module) -> Architecture:
    """Find the encoder and its self-attention; changes nothing.

    A model type outside the table is searched for modules that fetch their attention from Transformers' registry, which
    is said in a warning.

    Raises:
        InjectionError: The model is no Transformers model, it has no self-attention that can be reached, or its
            attention implementation cannot carry a bias.
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
    if reach is not None:
        base = base if reach.stack is None else _stack(base, reach.stack)
        adapter = None if reach.adapter is None else load_adapter(reach.adapter)
        attentions = tuple(module for module in base.modules() if _is_reached(module, reach.attention, adapter))
    else:
        base, attentions = _search(base)
    attentions = tuple(module for module in attentions if not getattr(module, "is_cross_attention", False))
    if not attentions:
        raise InjectionError(
            f"{type(model).__name__} (model type {model_type!r}) has no self-attention that kgattn reaches; "
            f"supported model types: {', '.join(ARCHITECTURES)}"
        )
    if adapter is None and _fetches_attention(attentions[0]) is False:
        raise InjectionError(
            f"{type(attentions[0]).__name__} of transformers {transformers.__version__} does not fetch its attention "
            "from the registry, so the graph would have no effect; use a newer transformers"
        )
    implementation = base.config._attn_implementation
    if implementation not in IMPLEMENTATIONS:
        raise InjectionError(
            f"attention implementation must be {' or '.join(IMPLEMENTATIONS)} to carry a bias, got {implementation!r}; "
            'load the model with attn_implementation="sdpa"'
        )
    _refuse_what_would_go_wrong(base, attentions)
    architecture = _describe(base, attentions, adapter)
    if reach is None:
        warnings.warn(
            f"model type {model_type!r} is untested with kgattn; {len(attentions)} modules "
            f"{type(attentions[0]).__name__} were found by their use of Transformers' attention registry",
            stacklevel=3,
        )
    return architecture


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


def _refuse_what_would_go_wrong(base: PreTrainedModel, attentions: tuple[nn.Module, ...]) -> None:
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
    return Architecture(base, attentions, num_heads, num_kv_heads, head_dim, adapter)


def _search(base: PreTrainedModel) -> tuple[PreTrainedModel, tuple[nn.Module, ...]]:
    """The encoder of an unknown architecture, or its only stack, and what looks like self-attention in it."""
    if base.config.is_encoder_decoder:
        base = base.get_encoder()
    named = [
        (name, module)
        for name, module in base.named_modules()
        if getattr(module, "config", None) is not None and _fetches_attention(module)
    ]
    return base, tuple(module for name, module in named if "cross" not in name and "encoder_attn" not in name)


def _fetches_attention(module: nn.Module) -> bool | None:
    """Whether its forward looks the attention function up; None where there is no source to read."""
    try:
        return "ALL_ATTENTION_FUNCTIONS" in inspect.getsource(type(module).forward)
    except (OSError, TypeError):
        return None
