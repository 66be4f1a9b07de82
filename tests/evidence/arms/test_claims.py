"""What every arm keeps of knowledge and links, and what it takes away: one table, one row an arm."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from kgattn.evidence.arms import ARMS, Arm, ArmInput
from kgattn.graph import KnowledgeGraph, Rule
from kgattn.injection import InjectionConfig, inject
from kgattn.ner.features import EncodedSplit
from kgattn.training.checkpoints import load_tagger
from kgattn.training.encode import EncodedCorpus
from tests.evidence.arms.conftest import encode, injected_by, make_graph, read_by

RULE = Rule("guests", "SELECT ?head ?tail WHERE { ?head relation:meets ?middle . ?middle relation:knows ?tail }")
BASE = InjectionConfig(entity_dim=16, code_dim=32, rules=(RULE,))
LINKS = ("spans", "candidates", "priors", "entities")
GRAPH = ("labels", "types", "triples", "relations", "degrees")
PARAMETERS = "parameters"
ALL = (*LINKS, *GRAPH, PARAMETERS)

KEPT = {
    "plain": LINKS,  # it is given links, and takes no notice: `train_run` drops them
    "biased": ALL,
    "bias-only": (*LINKS, *GRAPH),
    "values-only": (*LINKS, *GRAPH),
    "rules-only": (*LINKS, *GRAPH),
    "paths-only": (*LINKS, *GRAPH),
    "mean-neighbours": (*LINKS, *GRAPH),
    "empty-graph": (PARAMETERS,),
    "links-only": ("spans", PARAMETERS),
    "types-only": ("spans", "candidates", "priors", PARAMETERS),
    "shuffled-entities": ("spans", "candidates", "priors", *GRAPH, PARAMETERS),
    "rewired": (*LINKS, "labels", "types", "relations", "degrees", PARAMETERS),
    "relations-permuted": (*LINKS, "labels", "types", "relations", PARAMETERS),
    "random-vectors": LINKS,
    "linker-tagger": (*LINKS, *GRAPH),
    "distilled": (*LINKS, *GRAPH),  # before fine-tuning alone: tests/training/test_distant.py
    "text-triples": GRAPH,
    "tested-without": (*GRAPH, PARAMETERS),
    "swapped-graph": ("spans", "candidates", "priors", *GRAPH, PARAMETERS),
}


def test_every_arm_has_its_row() -> None:
    assert set(KEPT) == set(ARMS)


def links_of(split: EncodedSplit) -> dict[str, object]:
    features = split.features
    if "kg_entities" not in features[0]:
        return {}
    return {
        "spans": [feature["kg_token_slot"] for feature in features],
        "candidates": [[sum(row >= 0 for row in rows) for rows in feature["kg_entities"]] for feature in features],
        "priors": [feature["kg_priors"] for feature in features],
        "entities": [feature["kg_entities"] for feature in features],
    }


def content_of(graph: KnowledgeGraph) -> dict[str, object]:
    triples = np.asarray(graph.triples).tolist()
    ends = [(relation, "head", head) for head, relation, _ in triples]
    ends += [(relation, "tail", tail) for _, relation, tail in triples]
    return {
        "labels": list(graph.labels),
        "types": [graph.types(entity) for entity in graph.entity_ids],
        "triples": triples,
        "relations": Counter(relation for _, relation, _ in triples),
        "degrees": Counter(ends),
    }


def plugin_size(graph: KnowledgeGraph, injection: InjectionConfig) -> int:
    from kgattn.ner.labels import LabelSet

    model = inject(load_tagger("bert-tiny", LabelSet(("A",))), graph, injection)
    return sum(parameter.numel() for parameter in model.kgattn.parameters())


@pytest.mark.parametrize("arm", ARMS.values(), ids=list(ARMS))
def test_it_keeps_what_it_says_and_nothing_else(
    arm: Arm, graph: KnowledgeGraph, encoded: EncodedCorpus, given: ArmInput
) -> None:
    changed = injected_by(arm, graph)
    injection = arm.injection(BASE)
    before = links_of(encoded.test) | content_of(graph) | {PARAMETERS: plugin_size(graph, BASE)}
    after = links_of(read_by(arm, encoded, given))
    if arm.name != "plain":
        after |= content_of(changed)
    if injection is not None:
        after[PARAMETERS] = plugin_size(changed, injection)

    kept = {name for name in ALL if name in after and after[name] == before[name]}

    assert kept == set(KEPT[arm.name])


@pytest.mark.parametrize("arm", ARMS.values(), ids=list(ARMS))
def test_words_gold_and_what_is_scored_stay(arm: Arm, encoded: EncodedCorpus, given: ArmInput) -> None:
    split = read_by(arm, encoded, given)

    assert split.sentences == encoded.test.sentences
    assert split.linked is encoded.test.linked
    for now, before in zip(split.features, encoded.test.features, strict=True):
        length = len(before["input_ids"])
        for key in ("input_ids", "labels", "word_ids"):
            assert now[key][:length] == before[key]
        assert set(now["labels"][length:]) <= {-100}
        assert set(now["word_ids"][length:]) <= {-1}


@pytest.mark.parametrize("arm", ARMS.values(), ids=list(ARMS))
def test_numbering_changes_nothing(
    arm: Arm, corpus, config, graph: KnowledgeGraph, renumbered: KnowledgeGraph, encoded: EncodedCorpus, given: ArmInput
) -> None:
    """Entities and triples in another order give the same graph, and windows that name the same entities."""
    assert list(renumbered.entity_ids) != list(graph.entity_ids)
    other = encode(corpus, renumbered, config)
    graphs = injected_by(arm, graph, 3), injected_by(arm, renumbered, 3)
    settings = replace(given, config=replace(config, seed=3))
    windows = read_by(arm, encoded, settings), read_by(arm, other, replace(settings, graph=renumbered))

    assert graphs[0].fingerprint == graphs[1].fingerprint
    for one, two in zip(windows[0].features, windows[1].features, strict=True):
        assert {key: one[key] for key in one if key != "kg_entities"} == {
            key: two[key] for key in two if key != "kg_entities"
        }
        assert named(graphs[0], one) == named(graphs[1], two)


def named(graph: KnowledgeGraph, feature: dict) -> list[list[str | None]]:
    rows = feature.get("kg_entities", [])
    return [[graph.entity_ids[entity] if entity >= 0 else None for entity in row] for row in rows]


@pytest.mark.parametrize(
    "name", ["rewired", "relations-permuted", "random-vectors", "shuffled-entities", "swapped-graph"]
)
def test_chance_comes_from_the_seed_alone(name: str, encoded: EncodedCorpus, given: ArmInput, config) -> None:
    arm = ARMS[name]

    def outcome(seed: int) -> object:
        changed = injected_by(arm, given.graph, seed)
        windows = read_by(arm, encoded, replace(given, config=replace(config, seed=seed)))
        return changed.fingerprint, [feature["kg_entities"] for feature in windows.features]

    assert outcome(1) == outcome(1)
    assert outcome(1) != outcome(2)


def test_a_graph_in_another_order_is_the_same_graph(graph: KnowledgeGraph, renumbered: KnowledgeGraph) -> None:
    assert graph.fingerprint == renumbered.fingerprint == make_graph(list(graph.entity_ids)).fingerprint
