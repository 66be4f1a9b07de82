"""Well-formed graphs of an odd shape: cycles, blank nodes, hubs, many languages, long labels."""

import numpy as np
import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.graph.strings import StringTable

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
LANGUAGES = (
    "ar العربية|bn বাংলা|bg български|zh 中文|hr hrvatski|cs čeština|da dansk|nl Nederlands|en English|et eesti|fi suomi|"
    "fr français|ka ქართული|de Deutsch|el ελληνικά|gu ગુજરાતી|he עברית|hi हिन्दी|hu magyar|is íslenska|ga Gaeilge|"
    "it italiano|"
    "ja 日本語|kn ಕನ್ನಡ|ko 한국어|lv latviešu|lt lietuvių|ml മലയാളം|mr मराठी|fa فارسی|pl polski|pt português|"
    "ro română|ru русский|"
    "sr српски|sk slovenčina|es español|ta தமிழ்|te తెలుగు|th ไทย|tr Türkçe|uk українська|ur اردو|vi tiếng Việt|am አማርኛ"
)


def label(name, text):
    return f'<http://a/{name}> <{RDFS}label> "{text}" .\n'


@pytest.mark.parametrize("size", [1, 2, 1000, 20_000])
@pytest.mark.parametrize(
    "relation", [f"{RDFS}subClassOf", "http://www.w3.org/2004/02/skos/core#broader", f"{RDFS}subPropertyOf"]
)
def test_cycles(attempt, relation, size):
    ring = "".join(f"<http://a/{n}> <{relation}> <http://a/{(n + 1) % size}> .\n" for n in range(size))
    graph = attempt("a.nt", label(0, "x") + ring).graph
    assert graph["triples"] == (0 if "Property" in relation else size)


@pytest.mark.parametrize("task", ["load", "rdflib"])
def test_a_list_that_bites_its_tail(attempt, task):
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    text = f"_:a <{rdf}rest> _:b . _:b <{rdf}rest> _:a . _:a <{rdf}first> _:a . {label('x', 'x')}"
    assert attempt("a.ttl", text, task).graph["labels"] == ["x"]


@pytest.mark.parametrize("suffix", ["ttl", "nt"])
def test_one_large_class_expression_of_many_classes(attempt, suffix):
    size, owl, rdf = 1500, "http://www.w3.org/2002/07/owl#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    lines = [f"_:e <{owl}intersectionOf> _:l0 ."]
    for n in range(size):
        rest = f"_:l{n + 1}" if n < size - 1 else f"<{rdf}nil>"
        lines += [f"_:l{n} <{rdf}first> <a:c{n}> .", f"_:l{n} <{rdf}rest> {rest} ."]
        lines += [f"<a:c{n}> <{owl}equivalentClass> _:e ."]
    text = label("x", "x") + "\n".join(lines) + "\n"
    assert f"a.{suffix}: class expressions may have 100 parts" in attempt(f"a.{suffix}", text).error


@pytest.mark.parametrize("suffix", ["ttl", "nt"])
def test_one_label_of_many_forms_of_many_nodes(attempt, suffix):
    size, xl = 10_000, "http://www.w3.org/2008/05/skos-xl#"
    text = "".join(f'<a:l> <{xl}literalForm> "{n}" .\n<a:c{n}> <{xl}prefLabel> <a:l> .\n' for n in range(size))
    assert f"a.{suffix}: the labels of SKOS-XL may give 100 texts" in attempt(f"a.{suffix}", text).error


def test_labels_that_name_each_other(attempt):
    xl = "http://www.w3.org/2008/05/skos-xl#"
    ring = f'<a:a> <{xl}prefLabel> <a:b> .\n<a:b> <{xl}prefLabel> <a:a> .\n<a:a> <{xl}literalForm> "a" .\n'
    assert attempt("a.nt", ring + label("x", "x")).graph["labels"] == ["x"]


@pytest.mark.parametrize("task", ["load", "rdflib"])
def test_blank_nodes_alone(attempt, task):
    bare = "".join(f"_:a{n} <http://a/r> _:a{n + 1} .\n" for n in range(10_000))
    assert "empty graph" in attempt("a.ttl", bare, task).error
    named = "".join(f'_:a{n} <{RDFS}label> "same" .\n' for n in range(5000))
    assert (
        attempt("b.ttl", bare[: len(bare) // 3].rsplit("\n", 1)[0] + "\n" + named, task).graph["labels"]
        == ["same"] * 100
    )


def test_blank_nodes_alone_in_the_same_order_of_another_file(attempt):
    lines = [
        f'_:a{n} <{RDFS}label> "{"same" if n % 3 else n}" .\n_:a{n} <http://a/r> _:a{n + 1} .\n' for n in range(1000)
    ]
    fingerprints = {attempt("a.nt", "".join(part)).graph["fingerprint"] for part in (lines, lines[::-1])}
    assert len(fingerprints) == 1


@pytest.mark.parametrize("language", ["en", "xx"])
def test_labels_in_many_languages(attempt, tmp_path, language):
    pairs = [pair.split(" ", 1) for pair in LANGUAGES.split("|")]
    assert len(pairs) > 40
    lines = [f'<http://a/{tag}> <{RDFS}label> "{text}"@{tag} .\n' for tag, text in pairs]
    lines += [f'<http://a/all> <{RDFS}label> "{text}"@{tag} .\n' for tag, text in pairs]
    assert attempt("a.nt", "".join(lines)).graph["entities"] == len(pairs) + 1
    graph = KnowledgeGraph.load(tmp_path / "a.nt", language=language)
    assert [graph.label(f"http://a/{tag}") for tag, _ in pairs] == [text for _, text in pairs]
    assert len(graph.aliases("http://a/all")) == (0 if language == "en" else len(pairs) - 1)


def test_labels_of_ten_thousand_characters(attempt):
    text = "".join(label(n, f"{n} " + "ab " * 3333) for n in range(300))
    graph = attempt("a.nt", text).graph
    assert graph["entities"] == 300
    assert graph["longest"] > 9_990


def test_thousands_of_labels_of_one_entity(attempt):
    graph = attempt("a.nt", "".join(label("x", f"name {n}") for n in range(50_000))).graph
    assert graph["entities"] == 1


def test_everything_is_a_type_and_a_relation(attempt):
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    text = f'<{rdf}> <{rdf}> <{rdf}> .\n<a:a> <a:a> <a:a> .\n<{RDFS}label> <{RDFS}label> "label" .\n' + label("x", "x")
    assert "x" in attempt("a.nt", text).graph["labels"]


def test_a_hub_in_a_file(attempt):
    text = label("hub", "hub") + "".join(f"<http://a/{n}> <http://a/r> <http://a/hub> .\n" for n in range(100_000))
    graph = attempt("a.nt", text).graph
    assert (graph["entities"], graph["triples"]) == (100_001, 100_000)


def save_hub(folder, triples):
    """Save a graph of such triples, all of one type; as a file it would take longer to parse than any limit here."""
    entities, relations = int(triples[:, [0, 2]].max()) + 1, int(triples[:, 1].max()) + 1
    names = StringTable.from_strings(["hub", *(f"e{number}" for number in range(1, entities))])
    relation_names = StringTable.from_strings(f"r{number}" for number in range(relations))
    one, none = StringTable.from_strings(["thing"]), StringTable.from_strings([])
    KnowledgeGraph(
        entity_ids=names,
        labels=names,
        alias_offsets=np.zeros(entities + 1, dtype=np.int64),
        alias_texts=none,
        type_offsets=np.arange(entities + 1, dtype=np.int64),
        type_indices=np.zeros(entities, dtype=np.int32),
        relation_ids=relation_names,
        relation_labels=relation_names,
        type_ids=one,
        type_labels=one,
        triples=triples[np.lexsort((triples[:, 2], triples[:, 1], triples[:, 0]))].astype(np.int32),
    ).save(folder)
    return folder


def test_looking_around_a_hub_and_asking_for_pairs(attempt, tmp_path):
    """A hundred thousand entities with three edges each into one; some form a chain beside, two hang on a third."""
    heads = np.repeat(np.arange(1, 100_001), 3)
    spokes = np.stack([heads, np.tile([0, 1, 2], 100_000), np.zeros_like(heads)], axis=1)
    chain = np.stack([np.arange(1, 10), np.full(9, 3), np.arange(2, 11)], axis=1)
    fork = np.array([[20, 3, 21], [20, 3, 22]])
    save_hub(tmp_path / "graph", np.concatenate([spokes, chain, fork]))
    graph = attempt("graph", task="pairs").graph
    assert graph["triples"] == 300_011
    assert graph["edges"] <= 16 * 10 + 16 * 10 * 10
    assert graph["lengths"] == {"to hub": [1, 1, 1], "over hub": [4, 4, 4], "beside": [0, 1, 2, 3, 4, 2]}
    assert graph["siblings"] == [[21, 22]]
    assert graph["shared types"] == 1.0


@pytest.mark.slow
def test_looking_around_a_hub_of_ten_million_edges(attempt, worker, tmp_path):
    """Ten thousand parallel edges from each of a thousand nodes into one, in a graph that was loaded before."""
    heads = np.arange(10_000_000)
    folder = save_hub(tmp_path / "graph", np.stack([heads % 1000, heads // 1000, np.zeros_like(heads)], axis=1))
    worker.prepare(folder)
    graph = attempt(str(folder), task="hub").graph
    assert graph["triples"] == 10_000_000
    assert graph["edges"] <= 2 * 10 + 20 * 10
    assert graph["found"] == 8
