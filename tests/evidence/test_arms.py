"""Each arm is set up as its name says."""

import numpy as np
import pytest

from kgattn.errors import ConfigError
from kgattn.evidence.arms import ARMS, parse_arms
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig

GRAPH = KnowledgeGraph.from_triples([("Arlen", "flows through", "Brooke"), ("Calder", "flows through", "Dunmore")])
BASE = InjectionConfig(entity_dim=32)


@pytest.mark.parametrize(
    ("name", "bias", "values"),
    [
        ("biased", True, True),
        ("bias-only", True, False),
        ("values-only", False, True),
        ("shuffled-entities", True, True),
    ],
)
def test_injecting_arms_change_only_what_they_are_named_for(name: str, bias: bool, values: bool) -> None:
    assert ARMS[name].injection(BASE) == InjectionConfig(entity_dim=32, bias=bias, values=values)


def test_plain_injects_nothing() -> None:
    assert ARMS["plain"].injection(BASE) is None


def test_a_part_that_the_settings_turn_off_leaves_nothing_to_inject() -> None:
    with pytest.raises(ConfigError, match="both off"):
        ARMS["bias-only"].injection(InjectionConfig(bias=False))


def test_only_the_control_exchanges_entities() -> None:
    link_counts = np.array([1, 1, 1, 1])

    maps = {name: arm.entity_map(GRAPH, link_counts, seed=0) for name, arm in ARMS.items()}

    assert [name for name, entity_map in maps.items() if entity_map is not None] == ["shuffled-entities"]
    assert sorted(maps["shuffled-entities"]) == [0, 1, 2, 3]
    assert (maps["shuffled-entities"] != np.arange(4)).all()


def test_arms_are_read_in_their_order() -> None:
    assert [arm.name for arm in parse_arms("biased, plain")] == ["biased", "plain"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("plain,bised", "arms must be among plain, biased, .* got 'bised'"),
        (" , ", "arms must be among .* got none"),
        ("plain,biased,plain", "each arm runs once"),
    ],
)
def test_wrong_names_are_refused(names: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_arms(names)
