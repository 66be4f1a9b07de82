"""Tiny models of every supported architecture, a small graph, and batches with links."""

from dataclasses import dataclass
from functools import cache

import pytest
import torch
from transformers import (
    AlbertConfig,
    AlbertForTokenClassification,
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForTokenClassification,
    CamembertConfig,
    CamembertForTokenClassification,
    DebertaConfig,
    DebertaForTokenClassification,
    DebertaV2Config,
    DebertaV2ForTokenClassification,
    DistilBertConfig,
    DistilBertForTokenClassification,
    ElectraConfig,
    ElectraForTokenClassification,
    GPT2Config,
    GPT2ForTokenClassification,
    LlamaConfig,
    LlamaForTokenClassification,
    MarianConfig,
    MarianMTModel,
    ModernBertConfig,
    ModernBertForTokenClassification,
    MPNetConfig,
    MPNetForTokenClassification,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForTokenClassification,
    Qwen3Config,
    Qwen3ForTokenClassification,
    RobertaConfig,
    RobertaForTokenClassification,
    T5Config,
    T5ForTokenClassification,
    XLMRobertaConfig,
    XLMRobertaForTokenClassification,
)

from kgattn.attention import KERNELS
from kgattn.errors import InjectionError
from kgattn.graph import KnowledgeGraph
from kgattn.injection.adapters.passage import HOOKS_ARE_CHECKPOINTED
from kgattn.injection.architectures import ARCHITECTURES, find_architecture

CLOSE = {"rtol": 1e-4, "atol": 1e-5}
"""Where sums are taken in another order, in float32."""
COMMON = {"vocab_size": 60, "num_labels": 5}
SPECIAL = {"pad_token_id": 1, "bos_token_id": 2, "eos_token_id": 3, "decoder_start_token_id": 2}
WIDE = {
    **COMMON,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
}
GROUPED = {**WIDE, **SPECIAL, "num_key_value_heads": 2, "head_dim": 8}
POSITIONS = {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "pad_token_id": 1}
TWO_STACKS = {
    **COMMON,
    **SPECIAL,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
}


class MarianCopier(MarianMTModel):
    """Marian whose decoder reads the source where it is given nothing else, as BART's does."""

    def forward(self, input_ids=None, decoder_input_ids=None, **kwargs):
        decoder_input_ids = input_ids if decoder_input_ids is None else decoder_input_ids
        return super().forward(input_ids, decoder_input_ids=decoder_input_ids, **kwargs)


MODELS = {
    "albert": lambda: AlbertForTokenClassification(AlbertConfig(**WIDE, embedding_size=16)),
    "bart": lambda: BartForConditionalGeneration(BartConfig(**TWO_STACKS)),
    "bert": lambda: BertForTokenClassification(BertConfig(**WIDE)),
    "camembert": lambda: CamembertForTokenClassification(CamembertConfig(**WIDE)),
    "deberta": lambda: DebertaForTokenClassification(DebertaConfig(**WIDE, **POSITIONS)),
    "deberta-v2": lambda: DebertaV2ForTokenClassification(DebertaV2Config(**WIDE, **POSITIONS, position_buckets=8)),
    "distilbert": lambda: DistilBertForTokenClassification(
        DistilBertConfig(**COMMON, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=64)
    ),
    "electra": lambda: ElectraForTokenClassification(ElectraConfig(**WIDE, embedding_size=16)),
    "gpt2": lambda: GPT2ForTokenClassification(
        GPT2Config(**COMMON, **SPECIAL, n_embd=32, n_layer=2, n_head=4, n_inner=48, n_positions=64)
    ),
    "llama": lambda: LlamaForTokenClassification(LlamaConfig(**GROUPED)),
    "marian": lambda: MarianCopier(MarianConfig(**TWO_STACKS)),
    "modernbert": lambda: ModernBertForTokenClassification(
        ModernBertConfig(**WIDE, **SPECIAL, cls_token_id=2, sep_token_id=3, local_attention=8, mlp_dropout=0.1)
    ),
    "mpnet": lambda: MPNetForTokenClassification(MPNetConfig(**WIDE)),
    "qwen2": lambda: Qwen2ForTokenClassification(Qwen2Config(**GROUPED)),
    "qwen3": lambda: Qwen3ForTokenClassification(Qwen3Config(**GROUPED)),
    "roberta": lambda: RobertaForTokenClassification(RobertaConfig(**WIDE)),
    "t5": lambda: T5ForTokenClassification(
        T5Config(**COMMON, **SPECIAL, d_model=32, d_kv=8, num_layers=2, num_heads=4, d_ff=48)
    ),
    "xlm-roberta": lambda: XLMRobertaForTokenClassification(XLMRobertaConfig(**WIDE)),
}
assert set(MODELS) == set(ARCHITECTURES), "every supported architecture is under the laws"


EAGER_ONLY = {name for name, reach in ARCHITECTURES.items() if reach.adapter is not None}
"""These write their attention out in the model; Transformers has no other implementation of it."""


SERVED_SINCE = {"bart": "5.4", "marian": "5.4", "modernbert": "5.1", "t5": "5.15"}
"""The first version of transformers whose attention kgattn reaches; of all others the oldest one it supports."""


@cache
def why_not_served(architecture: str) -> str | None:
    """What `inject` says of an architecture if it needs a newer transformers than the one installed."""
    try:
        find_architecture(MODELS[architecture]())
    except InjectionError as error:
        if "use a newer transformers" in str(error):
            return str(error)
        raise
    return None


def skip_unless_served(architecture: str) -> None:
    refusal = why_not_served(architecture)
    if refusal is not None:
        pytest.skip(refusal)


def make_model(architecture: str, implementation: str = "sdpa") -> PreTrainedModel:
    """A small random model in eval mode; the same weights every time."""
    skip_unless_served(architecture)
    torch.manual_seed(1)
    model = MODELS[architecture]().eval()
    model.set_attn_implementation("eager" if architecture in EAGER_ONLY else implementation)
    return model


TRIPLES = [
    ("Berlin", "capital of", "Germany"),
    ("Paris", "capital of", "France"),
    ("Angela Merkel", "member of", "CDU"),
    ("CDU", "based in", "Germany"),
    ("Paris Hilton", "named after", "Paris"),
    ("Germany", "neighbour of", "France"),
]
TYPES = {
    "Berlin": ["city"],
    "Paris": ["city"],
    "Germany": ["country"],
    "France": ["country"],
    "CDU": ["party"],
    "Angela Merkel": ["person"],
    "Paris Hilton": ["person"],
}


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples(TRIPLES, types=TYPES)


@dataclass(frozen=True)
class Batch:
    """A batch with links, in parts, so that tests can pad, reorder and renumber it."""

    plain: dict[str, torch.Tensor]
    links: dict[str, torch.Tensor]

    @property
    def all(self) -> dict[str, torch.Tensor]:
        return {**self.plain, **self.links}


LENGTH = 16
"""Tokens of an example: a third of those of the first are linked, few enough for the kernel block."""


def make_batch(graph: KnowledgeGraph, length: int = LENGTH) -> Batch:
    """Three examples: joined and ambiguous mentions, one mention, none; the second is padded."""
    generator = torch.Generator().manual_seed(0)
    rows = graph.entity_index
    input_ids = torch.randint(5, 60, (3, length), generator=generator)
    attention_mask = torch.ones(3, length, dtype=torch.long)
    attention_mask[1, 8:] = 0
    input_ids[1, 8:] = 1
    token_slot = torch.zeros(3, length, dtype=torch.long)
    token_slot[0, 1:3], token_slot[0, 4], token_slot[0, 6:8] = 1, 2, 3
    token_slot[1, 2:4] = 1
    entities = torch.full((3, 3, 2), -1)
    entities[0, 0] = torch.tensor([rows("Paris"), rows("Paris Hilton")])
    entities[0, 1, 0] = rows("France")
    entities[0, 2, 0] = rows("Germany")
    entities[1, 0] = torch.tensor([rows("CDU"), rows("Angela Merkel")])
    priors = torch.zeros(3, 3, 2)
    priors[0, 0] = torch.tensor([0.7, 0.3])
    priors[0, 1, 0], priors[0, 2, 0] = 1.0, 0.9
    priors[1, 0] = torch.tensor([0.5, 0.25])
    return Batch(
        {"input_ids": input_ids, "attention_mask": attention_mask},
        {"kg_token_slot": token_slot, "kg_entities": entities, "kg_priors": priors},
    )


@pytest.fixture
def batch(graph: KnowledgeGraph) -> Batch:
    return make_batch(graph)


def open_gates(model: PreTrainedModel, size: float = 0.08) -> PreTrainedModel:
    """Move every gate off zero, as training would, by different amounts."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.kgattn.named_parameters():
            if name.endswith("gate"):
                parameter.copy_(size * torch.randn(parameter.shape, generator=generator))
    return model


def head_of(model: PreTrainedModel) -> torch.nn.Module:
    """What turns the last hidden states into logits."""
    return next(getattr(model, name) for name in ("classifier", "score", "lm_head") if hasattr(model, name))


def skip_unless_checkpointed(architecture: str) -> None:
    if architecture in EAGER_ONLY and HOOKS_ARE_CHECKPOINTED:
        pytest.skip(f"this transformers checkpoints {architecture}'s layers with their hooks: kgattn refuses")


def without_dropout(model: PreTrainedModel) -> PreTrainedModel:
    """In train mode, where checkpointing works, without the noise."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        for name in ("dropout", "attention_dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)
    return model.train()


def check_that_all_learn(model: PreTrainedModel, inputs: dict[str, torch.Tensor], labels: torch.Tensor) -> None:
    """Law 5: every parameter of the plugin gets a finite gradient that is not zero within two steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(2):
        optimizer.zero_grad()
        model(**inputs, labels=labels).loss.backward()
        optimizer.step()
    for name, parameter in model.kgattn.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.any(), name


@pytest.fixture(params=sorted(MODELS))
def architecture(request: pytest.FixtureRequest) -> str:
    return request.param


SLOW = tuple(name for name in KERNELS if name != "flex")  # which is for inference and refuses all else by name
ATTENTIONS = ["auto", "eager", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
"""How an injected model attends: by Transformers' written-out attention, or by a kernel in place of its "sdpa"."""


@pytest.fixture(params=ATTENTIONS)
def attention(request: pytest.FixtureRequest, architecture: str) -> str:
    if request.param != "eager" and architecture in EAGER_ONLY:
        pytest.skip(f"transformers has {architecture} with eager attention alone")
    if request.param in SLOW and architecture == "t5":
        pytest.skip("T5 adds a bias for positions to its own function: no kernel is asked")
    return request.param


@pytest.fixture
def implementation(attention: str) -> str:
    """What Transformers calls it."""
    return "eager" if attention == "eager" else "sdpa"


@pytest.fixture
def kernel(attention: str) -> str:
    """What an injection's settings call it."""
    return "auto" if attention == "eager" else attention
