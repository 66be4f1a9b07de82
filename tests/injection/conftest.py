"""Tiny models of every supported architecture, a small graph, and batches with links."""

from dataclasses import dataclass

import pytest
import torch
from transformers import (
    BertConfig,
    BertForTokenClassification,
    CamembertConfig,
    CamembertForTokenClassification,
    DistilBertConfig,
    DistilBertForTokenClassification,
    ElectraConfig,
    ElectraForTokenClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForTokenClassification,
    XLMRobertaConfig,
    XLMRobertaForTokenClassification,
)

from kgattn.graph import KnowledgeGraph
from kgattn.injection.architectures import SELF_ATTENTION

COMMON = {"vocab_size": 60, "num_labels": 5}
WIDE = {
    **COMMON,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
}
MODELS = {
    "bert": lambda: BertForTokenClassification(BertConfig(**WIDE)),
    "camembert": lambda: CamembertForTokenClassification(CamembertConfig(**WIDE)),
    "distilbert": lambda: DistilBertForTokenClassification(
        DistilBertConfig(**COMMON, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=64)
    ),
    "electra": lambda: ElectraForTokenClassification(ElectraConfig(**WIDE, embedding_size=16)),
    "roberta": lambda: RobertaForTokenClassification(RobertaConfig(**WIDE)),
    "xlm-roberta": lambda: XLMRobertaForTokenClassification(XLMRobertaConfig(**WIDE)),
}
assert set(MODELS) == set(SELF_ATTENTION), "every supported architecture is under the laws"


def make_model(architecture: str, implementation: str = "sdpa") -> PreTrainedModel:
    """A small random model in eval mode; the same weights every time."""
    torch.manual_seed(1)
    model = MODELS[architecture]().eval()
    model.set_attn_implementation(implementation)
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


def make_batch(graph: KnowledgeGraph, length: int = 12) -> Batch:
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


@pytest.fixture(params=sorted(MODELS))
def architecture(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["sdpa", "eager"])
def implementation(request: pytest.FixtureRequest) -> str:
    return request.param
