import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.config import VARIANTS
from kgattn.linking.lexicon import read_lexicon
from kgattn.linking.persons import having_surnames, persons_of, surname

LABELS = {
    "bonino": "Emma Bonino",
    "page": "Jimmy Page",
    "william": "Prince William",
    "orange": "William Orangeman",
    "king": "Carl Gustaf, King of Sweden",
    "who": "Pete Townshend (musician)",
    "joker": "The Joker",
    "town": "San Marino",
    "ben": "Ben",
}
TYPES = {one: ["person"] for one in LABELS if one not in ("town", "ben")} | {"town": ["city"], "ben": ["mountain"]}
NO_SURNAMES = tuple(name for name in VARIANTS if name != "surname")
SILENT = {"context_weight": 0.0, "coherence_weight": 0.0}  # so that no surname needs evidence


@pytest.fixture(scope="module")
def graph():
    aliases = {"bonino": ["E. Bonino"], "ben": ["Gustaf Adolf"]}
    return KnowledgeGraph.from_triples([], labels=LABELS, aliases=aliases, types=TYPES)


def links(graph, text, variants=VARIANTS, **config):
    doc = EntityLinker(graph, config=LinkerConfig(variants=variants, **SILENT, **config))(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


def test_surnames_end_the_names_of_persons(graph):
    lexicon = read_lexicon("en", frozenset({"the"}), LinkerConfig())
    named = having_surnames(graph, lexicon)
    names = [*graph.labels, *graph.alias_texts]
    assert {name: surname(name) for name, has_one in zip(names, named, strict=True) if has_one} == {
        "Emma Bonino": "Bonino",
        "E. Bonino": "Bonino",
        "William Orangeman": "Orangeman",
        "Pete Townshend (musician)": "Townshend",
    }  # "Page" is an everyday word; "William" and "Gustaf" begin names as often


def test_persons_are_typed_or_have_a_rare_name():
    labels = {"a": "Ann Lee", "b": "Labour Party", "c": "Green Party", "d": "Red Party", "e": "ann roe", "f": "Bo Roe"}
    graph = KnowledgeGraph.from_triples([], labels=labels, types={"e": ["Person"], "f": ["city"]})
    assert persons_of(graph).tolist() == [True, False, False, False, True, False]


def test_a_surname_is_found_without_the_full_name_where_it_is_asked_for(graph):
    assert links(graph, "then Bonino spoke") == [("Bonino", "bonino")]
    assert links(graph, "then Bonino spoke", NO_SURNAMES) == []
    assert links(graph, "then bonino spoke") == []
    assert links(graph, "the Marino of old") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("with Ben Bonino today", []),
        ("with J. Bonino today", []),
        ("J. Bonino spoke", []),
        ("with Bonino Platt today", []),
        ("with Governor Bonino today", ["Bonino"]),
        ("Yesterday Bonino spoke", ["Bonino"]),
        ("it ended. Then Bonino spoke", ["Bonino"]),
        ("by The Bonino", ["Bonino"]),
    ],
)
def test_a_surname_in_another_name_is_a_part(graph, text, found):
    graph = graph.with_entity("office", label="Governor", types=["office"])
    assert [name for name, _ in links(graph, text, common_words="none")] == found


def test_a_name_of_its_own_goes_before_a_surname():
    graph = KnowledgeGraph.from_triples([], labels={"p": "Emma Paris", "t": "Paris"}, types={"p": ["person"]})
    assert links(graph, "then Paris slept") == [("Paris", "t")]


def test_the_index_is_built_anew_where_types_make_other_persons():
    labels = {"a": "Emma Bonino", "b": "Ada Bonino", "c": "Eva Bonino"}
    graph = KnowledgeGraph.from_triples([], labels=labels)
    config = LinkerConfig(variants=VARIANTS, short_names=False, **SILENT)
    linker = EntityLinker(graph, config=config)
    assert len(linker("then Bonino spoke").spans["kgattn"]) == 0
    typed = KnowledgeGraph.from_triples([], labels=labels, types={"a": ["person"]})
    doc = linker.with_graph(typed)("then Bonino spoke")
    assert [span.kb_id_ for span in doc.spans["kgattn"]] == ["a"]
