"""Arms are read by name, and each is set up as its name says."""

import pytest

from kgattn.errors import ConfigError
from kgattn.evidence.arms import ARMS, parse_arms
from kgattn.graph import Rule
from kgattn.injection import InjectionConfig

RULE = Rule("via", "SELECT ?head ?tail WHERE { ?head relation:in ?tail }")
BASE = InjectionConfig(entity_dim=32, pair_terms=("types",), rules=(RULE,))
SAME = ("biased", "empty-graph", "links-only", "types-only", "shuffled-entities", "rewired", "relations-permuted")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        *((name, {}) for name in (*SAME, "random-vectors", "tested-without", "swapped-graph")),
        ("bias-only", {"values": False}),
        ("values-only", {"bias": False, "pair_terms": (), "rules": ()}),
        ("rules-only", {"values": False, "content": False, "relations": False, "pair_terms": ()}),
        (
            "paths-only",
            {"values": False, "content": False, "relations": False, "pair_terms": ("edges", "paths"), "rules": ()},
        ),
        ("mean-neighbours", {"encoder": "mean"}),
    ],
)
def test_injecting_arms_change_only_what_they_are_named_for(name: str, changes: dict) -> None:
    settings = {"entity_dim": 32, "pair_terms": ("types",), "rules": (RULE,)}
    assert ARMS[name].injection(BASE) == InjectionConfig(**{**settings, **changes})


@pytest.mark.parametrize("name", ["plain", "linker-tagger", "text-triples"])
def test_arms_without_the_plugin_inject_nothing(name: str) -> None:
    assert ARMS[name].injection(BASE) is None


def test_parts_of_something_that_is_off_are_refused() -> None:
    with pytest.raises(ConfigError, match="both off"):
        ARMS["bias-only"].injection(InjectionConfig(bias=False))
    with pytest.raises(ConfigError, match="rules-only needs SELECT rules, got none; add --rules FOLDER"):
        ARMS["rules-only"].injection(InjectionConfig())


def test_arms_whose_models_can_be_used_are_told_apart() -> None:
    parts = {"bias-only", "values-only", "rules-only", "paths-only", "mean-neighbours"}
    assert {arm.name for arm in ARMS.values() if arm.leaves_model} == {"plain", "biased", "shuffled-entities", *parts}


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
