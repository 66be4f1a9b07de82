"""Controls that leave out content: what reaches the model is the same whatever the entities are."""

import numpy as np
import pytest
import torch

from kgattn.errors import ConfigError
from kgattn.evidence.arms import ARMS, ArmInput
from kgattn.evidence.arms.types_only import to_type_sets, type_sets
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig, inject
from kgattn.ner.collate import Collator
from kgattn.ner.labels import LabelSet
from kgattn.training.checkpoints import load_tagger
from kgattn.training.encode import EncodedCorpus
from tests.evidence.arms.conftest import injected_by, read_by

CONFIG = InjectionConfig(entity_dim=16, code_dim=32, dropout=0.0)


def tables_of(graph: KnowledgeGraph, windows: list[dict], given: ArmInput) -> list[torch.Tensor]:
    """Bias and values of every layer, for windows as one batch."""
    from kgattn.mentions import MentionBatch

    torch.manual_seed(0)
    model = inject(load_tagger("bert-tiny", LabelSet(("A",))), graph, CONFIG).eval()
    for part in (model.kgattn.pair_bias, model.kgattn.mention_values):
        torch.nn.init.ones_(part.gate)
    batch = Collator(given.tokenizer)(windows)
    with torch.no_grad():
        context = model.kgattn(MentionBatch(batch["kg_token_slot"], batch["kg_entities"], batch["kg_priors"]))
    return [*context.pair_bias, *context.values]


def linked_windows(arm: str, encoded: EncodedCorpus, given: ArmInput) -> list[dict]:
    windows = read_by(ARMS[arm], encoded, given).features
    kept = [new for new, old in zip(windows, encoded.test.features, strict=True) if np.max(old["kg_entities"]) >= 0]
    return kept[:8]


@pytest.mark.parametrize("arm", ["links-only", "empty-graph"])
def test_every_window_with_as_many_mentions_gets_the_same_tables(
    arm: str, encoded: EncodedCorpus, given: ArmInput
) -> None:
    graph = injected_by(ARMS[arm], given.graph)
    windows = linked_windows(arm, encoded, given)
    entities = {str(feature["kg_entities"]) for feature in encoded.test.features}
    assert len(entities) > 5, "the linker tells the windows apart"

    tables = tables_of(graph, windows, given)
    true = tables_of(given.graph, linked_windows("biased", encoded, given), given)

    assert all(torch.equal(table, table[:1].expand_as(table)) for table in tables)
    assert any(bool(table.any()) for table in tables), "and yet they are not nothing"
    assert not all(torch.equal(table, table[:1].expand_as(table)) for table in true)


def test_in_the_empty_graph_every_word_lies_in_the_mention(encoded: EncodedCorpus, given: ArmInput) -> None:
    for feature in read_by(ARMS["empty-graph"], encoded, given).features:
        special = [token in given.tokenizer.all_special_ids for token in feature["input_ids"]]
        assert feature["kg_token_slot"] == [0 if yes else 1 for yes in special]


def test_entities_of_the_same_types_are_one_and_others_are_not(graph: KnowledgeGraph) -> None:
    gazetteer, place = type_sets(graph, 0), to_type_sets(graph, np.ones(graph.num_entities, dtype=np.int64), 0)

    for row, entity in enumerate(graph.entity_ids):
        assert sorted(graph.types(entity)) == sorted(gazetteer.types(gazetteer.entity_ids[int(place[row])]))
    assert len(set(place.tolist())) == gazetteer.num_entities == 3  # rivers, players, and one without types
    assert gazetteer.num_triples == 0
    assert set(gazetteer.labels) == {"entity"}


def test_types_only_needs_types() -> None:
    with pytest.raises(ConfigError, match="types-only needs entities of different types"):
        type_sets(KnowledgeGraph.from_triples([("a", "r", "b")]), 0)


def test_random_vectors_are_nearly_orthogonal_and_belong_to_the_entity(
    graph: KnowledgeGraph, renumbered: KnowledgeGraph
) -> None:
    first, other = injected_by(ARMS["random-vectors"], graph), injected_by(ARMS["random-vectors"], renumbered)
    rows = [renumbered.entity_index(entity) for entity in graph.entity_ids]

    products = first.features @ first.features.T

    np.testing.assert_allclose(np.diag(products), 1.0, rtol=1e-6)
    assert np.abs(products - np.eye(len(products))).max() < 0.6
    np.testing.assert_array_equal(first.features, other.features[rows])


def test_a_graph_with_vectors_keeps_room_for_them_in_its_blank_ones(graph: KnowledgeGraph) -> None:
    from dataclasses import replace

    given = replace(graph, features=np.ones((graph.num_entities, 5), dtype=np.float32))
    for arm in ("links-only", "types-only"):
        blank = injected_by(ARMS[arm], given)
        assert blank.features is not None
        assert blank.features.shape == (blank.num_entities, 5)
        assert not blank.features.any()
