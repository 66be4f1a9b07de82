import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.candidates import CandidateRows
from kgattn.linking.config import VARIANTS

LABELS = {"emma": "Emma Bonino", "ada": "Ada Platt", "eva": "Eva Platt", "rome": "Rome", "oslo": "Oslo"}
TYPES = {one: ["person"] for one in ("emma", "ada", "eva")}
TRIPLES = [("emma", "born in", "rome"), ("emma", "knows", "ada"), ("eva", "born in", "oslo")]


@pytest.fixture(scope="module")
def graph():
    return KnowledgeGraph.from_triples(TRIPLES, labels=LABELS, types=TYPES)


def links(graph, text, spans="kgattn", **config):
    doc = EntityLinker(graph, config=LinkerConfig(**config))(text)
    return [(span.text, span.kb_id_) for span in doc.spans[spans]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bonino of Rome spoke", [("Bonino", "emma"), ("Rome", "rome")]),
        ("then Bonino spoke", []),
        ("Bonino of Oslo spoke", [("Oslo", "oslo")]),  # nothing joins them
        ("Platt of Oslo spoke", [("Platt", "eva"), ("Oslo", "oslo")]),
        ("Bonino met Platt", []),  # weak mentions do not speak for one another
        ("then Emma Bonino spoke; Bonino left", [("Emma Bonino", "emma"), ("Bonino", "emma")]),
        ("then Eva Platt spoke; Platt left", [("Eva Platt", "eva"), ("Platt", "eva")]),
        ("Bonino (BON) spoke; BON left", []),
    ],
)
def test_a_surname_stays_where_the_document_speaks_for_the_person(graph, text, found):
    assert links(graph, text) == found


def test_where_nothing_may_speak_all_stay(graph):
    silent = {"context_weight": 0.0, "coherence_weight": 0.0}
    assert links(graph, "then Bonino spoke", **silent) == [("Bonino", "emma")]
    assert links(graph, "then Bonino spoke", variants=VARIANTS[:2], **silent) == []


def test_words_speak_too():
    labels = {"emma": "Emma Bonino", "rome": "tremendous mandolin orchestra"}
    graph = KnowledgeGraph.from_triples([("emma", "in", "rome")], labels=labels, types={"emma": ["person"]})
    text = "tremendous Bonino with mandolin"
    assert links(graph, text, context_weight=9.0) == [("Bonino", "emma")]
    assert links(graph, text, context_weight=0.1) == []


def test_what_is_dropped_is_no_alternative(graph):
    assert links(graph, "then Bonino spoke", "kgattn_alternatives", overlaps="all") == []


def test_a_saved_index_knows_what_is_weak(graph, tmp_path):
    linker = EntityLinker(graph)
    linker.save(tmp_path / "linker")
    again = EntityLinker.load(tmp_path / "linker", graph)
    for one in (linker, again):
        assert [len(doc.spans["kgattn"]) for doc in one.pipe(["then Bonino spoke", "Bonino of Rome"])] == [0, 2]
    assert isinstance(again.component.index.candidates, CandidateRows)
