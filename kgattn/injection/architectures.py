"""Where the self-attention of each architecture is: the one table, and finding it in a model."""

from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel

from kgattn.errors import InjectionError

# model type -> class of its self-attention modules; all of these fetch the attention function from the registry
SELF_ATTENTION = {
    "bert": "BertSelfAttention",
    "camembert": "CamembertSelfAttention",
    "distilbert": "DistilBertSelfAttention",
    "electra": "ElectraSelfAttention",
    "roberta": "RobertaSelfAttention",
    "xlm-roberta": "XLMRobertaSelfAttention",
}
IMPLEMENTATIONS = ("sdpa", "eager")


@dataclass(frozen=True)
class Architecture:
    """What an injection needs to know of a model.

    Attributes:
        base: The encoder inside the task model, whose forward gets the context.
        attentions: Its self-attention modules, bottom layer first.
        num_heads: Attention heads of a layer.
        head_dim: Width of a head.
    """

    base: PreTrainedModel
    attentions: tuple[nn.Module, ...]
    num_heads: int
    head_dim: int


def find_architecture(model: nn.Module) -> Architecture:
    """Find the encoder and its self-attention; changes nothing.

    Raises:
        InjectionError: The model is no Transformers model, its architecture is not in the table, it has no
            self-attention, or its attention implementation cannot carry a bias.
    """
    if not isinstance(model, PreTrainedModel):
        raise InjectionError(
            f"inject needs a transformers PreTrainedModel, got {type(model).__name__}; load one with an Auto class"
        )
    base: PreTrainedModel = model.base_model  # type: ignore[assignment]
    model_type: str = base.config.model_type
    wanted = SELF_ATTENTION.get(model_type)
    attentions = tuple(module for module in base.modules() if type(module).__name__ == wanted)
    if not attentions:
        raise InjectionError(
            f"{type(model).__name__} (model type {model_type!r}) has no self-attention that kgattn reaches; "
            f"supported model types: {', '.join(SELF_ATTENTION)}"
        )
    implementation = base.config._attn_implementation
    if implementation not in IMPLEMENTATIONS:
        raise InjectionError(
            f"attention implementation must be {' or '.join(IMPLEMENTATIONS)} to carry a bias, got {implementation!r}; "
            'load the model with attn_implementation="sdpa"'
        )
    num_heads: int = base.config.num_attention_heads
    return Architecture(base, attentions, num_heads, base.config.hidden_size // num_heads)
