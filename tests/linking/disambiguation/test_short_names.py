import dataclasses

import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig

OFF = LinkerConfig(variants=(), context_weight=0.0, coherence_weight=0.0, abbreviations=False, short_names=False)
ON = dataclasses.replace(OFF, short_names=True)


def links(graph, text, config=ON):
    doc = EntityLinker(graph, config=config)(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


@pytest.fixture(scope="module")
def people():
    labels = {"m": "Angela Merkel", "s": "South Carolina", "l": "Labour Party", "g": "Green Party", "r": "Red Party"}
    return KnowledgeGraph.from_triples([], labels=labels, types={"m": ["person"], "s": ["state"]})


def test_a_last_name_stands_for_the_person_later_on(people):
    text = "Merkel? Angela Merkel spoke, and then Merkel left."
    assert links(people, text) == [("Angela Merkel", "m"), ("Merkel", "m")]
    assert links(people, text, OFF) == [("Angela Merkel", "m")]


def test_a_title_before_a_last_name_is_no_part_of_another_name(people):
    text = "Then Angela Merkel spoke. They saw Mrs. Merkel, and the others saw President Merkel."
    assert links(people, text) == [("Angela Merkel", "m"), ("Merkel", "m"), ("Merkel", "m")]
    assert len(links(people, text, dataclasses.replace(ON, titles=False))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "South Carolina is hot. In Carolina people sweat.",
        "The Labour Party won. The Party danced.",
        "Angela Merkel spoke, and merkel left.",
        "Angela Merkel met with Max Merkel and with Merkel Mayer.",
        "Here is Angela Merkel.",
    ],
)
def test_what_is_no_short_name(people, text):
    assert len(links(people, text)) == 1


def test_names_without_types_count_when_they_are_rare():
    labels = {"m": "Angela Merkel", "a": "Labour Party", "b": "Green Party", "c": "Red Party"}
    graph = KnowledgeGraph.from_triples([], labels=labels)
    assert links(graph, "Angela Merkel and then Merkel") == [("Angela Merkel", "m"), ("Merkel", "m")]
    assert links(graph, "The Labour Party and then the Party") == [("Labour Party", "a")]


def test_an_alias_of_its_own_is_left_alone_unless_it_may_mean_the_person(shared_graph):
    text = "Angela Merkel drove through Merkel."
    assert links(shared_graph, text)[-1] == ("Merkel", "merkel-town")
    graph = KnowledgeGraph.from_triples(
        [("t", "in", "u")],
        labels={"m": "Angela Merkel", "t": "Merkel", "u": "Texas"},
        aliases={"m": ["Merkel"]},
        types={"m": ["person"]},
    )
    assert links(graph, text, OFF)[-1] == ("Merkel", "t")
    assert links(graph, text)[-1] == ("Merkel", "m")


def test_it_takes_what_was_decided_for_the_full_name():
    labels = {"a": "Ann Lee", "b": "Ann Lee", "x": "Boston", "y": "Leeds"}
    graph = KnowledgeGraph.from_triples(
        [("a", "in", "x"), ("b", "in", "y")], labels=labels, types={"a": ["person"], "b": ["person"]}
    )
    config = LinkerConfig()
    for place, entity in (("Boston", "a"), ("Leeds", "b")):
        found = links(graph, f"Ann Lee of {place} sings. Then Lee sleeps.", config)
        assert [(text, best) for text, best in found if "Lee" in text and text != "Leeds"] == [
            ("Ann Lee", entity),
            ("Lee", entity),
        ]
