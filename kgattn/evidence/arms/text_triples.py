"""text-triples: the plain model, with what the graph says about the linked entities written behind the sentence.

K-BERT's idea (Liu et al. 2020, arXiv:1909.07606) without its machinery. Facts only use room that the window has left
under `max_length`: no word of the sentence is lost, and all gold entities count, as in every other arm.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from kgattn.evidence.arms.arm import Arm, ArmInput
from kgattn.evidence.arms.plain import nothing
from kgattn.graph import KnowledgeGraph
from kgattn.ner.features import EncodedSplit
from kgattn.ner.labels import IGNORE
from kgattn.ner.likeliest import likeliest
from kgattn.training.encode import without_links

TRIPLES = 4
"""Triples of an entity that are written at most."""


def facts_of(graph: KnowledgeGraph, entity: int) -> Iterator[str]:
    """What the graph says of an entity, the types first, then triples in the order in which they are sampled."""
    label = graph.labels[entity]
    types = graph.type_indices[graph.type_offsets[entity] : graph.type_offsets[entity + 1]]
    if len(types):
        yield f"{label} is {', '.join(sorted(graph.type_labels[int(row)] for row in types))}."
    adjacency = graph.adjacency
    start = int(adjacency.offsets[entity])
    for edge in range(start, min(start + TRIPLES, int(adjacency.offsets[entity + 1]))):
        kind, other = int(adjacency.edge_types[edge]), graph.labels[int(adjacency.neighbours[edge])]
        relation = graph.relation_labels[kind % graph.num_relations]
        yield f"{other} {relation} {label}." if kind < graph.num_relations else f"{label} {relation} {other}."


def append_facts(split: EncodedSplit, given: ArmInput) -> EncodedSplit:
    """The same windows without mentions, each with as many whole facts behind it as there is room for.

    In turns: the first fact of every linked entity, then the second of each.
    """
    writer = _Writer(given)
    bare = without_links(split)
    features = tuple(
        writer.append(feature, likeliest(linked["kg_entities"], linked["kg_priors"]))
        for feature, linked in zip(bare.features, split.features, strict=True)
    )
    return replace(bare, features=features)


class _Writer:
    """Turns facts into tokens, each once."""

    def __init__(self, given: ArmInput) -> None:
        self._graph, self._tokenizer = given.graph, given.tokenizer
        self._room = given.config.max_length
        end = given.tokenizer.sep_token_id
        self._end = [] if end is None else [end]
        self._segment = max(given.tokenizer("a", "b").get("token_type_ids", [0]))
        self._facts: dict[int, list[list[int]]] = {}

    def append(self, feature: dict[str, Any], entities: list[int]) -> dict[str, Any]:
        room = self._room - len(feature["input_ids"]) - len(self._end)
        named = dict.fromkeys(entity for entity in entities if entity >= 0)
        added: list[int] = []
        for turn in zip_longest(*map(self._tokens, named)):
            for tokens in turn:
                if tokens is not None and len(added) + len(tokens) <= room:
                    added += tokens
        if not added:
            return feature
        added += self._end
        fill = {"attention_mask": 1, "token_type_ids": self._segment, "labels": IGNORE, "word_ids": -1}
        more = {name: [*feature[name], *[value] * len(added)] for name, value in fill.items() if name in feature}
        return {**feature, **more, "input_ids": [*feature["input_ids"], *added]}

    def _tokens(self, entity: int) -> list[list[int]]:
        if entity not in self._facts:
            texts = list(facts_of(self._graph, entity))
            encode = self._tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
            self._facts[entity] = encode
        return self._facts[entity]


TEXT_TRIPLES = Arm(
    "text-triples",
    "plain, with facts about the linked entities written behind the sentence",
    "rival",
    injection=nothing,
    windows=append_facts,
)
