"""OWL 2 RL closures and ancestors as types: what follows, nothing else, and nothing that says nothing."""

import gzip
import sys
from pathlib import Path

import pytest
import rdflib

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.closure import close_rdf, load_closed, read_statements, write_statements

ONTOLOGY = Path(__file__).parent / "ontology.ttl"
VALUE = """
:Tall owl:onProperty :floors ; owl:hasValue 5 .
:Tower :floors 5 ; rdfs:label "Tower"@en .
:Barn :floors "5" ; rdfs:label "Barn"@en .
"""
SAME = ("Germany", "BRD")


def local(name):
    return name.rsplit("/", 1)[-1].rsplit("#", 1)[-1]


def triples_of(graph):
    ids, relations = [*map(local, graph.entity_ids)], [*map(local, graph.relation_ids)]
    return {(ids[head], relations[relation], ids[tail]) for head, relation, tail in graph.triples.tolist()}


def types_of(graph):
    return {local(name): {*map(local, graph.types(name))} for name in graph.entity_ids if graph.types(name)}


def test_what_follows_from_each_axiom():
    pytest.importorskip("reasonable")
    graph = load_closed(ONTOLOGY)
    inside = {("Mitte", "Berlin"), ("Mitte", "Europe"), ("Berlin", "Europe")}
    inside |= {(part, same) for part in ("Mitte", "Berlin") for same in SAME} | {(same, "Europe") for same in SAME}
    assert triples_of(graph) == {
        ("City", "subClassOf", "Place"),
        ("City", "subClassOf", "Thing"),
        ("Place", "subClassOf", "Thing"),
        *((part, "locatedIn", whole) for part, whole in inside),
        *((whole, "contains", part) for part, whole in inside),
        *(("Berlin", "capitalOf", same) for same in SAME),
        *((same, "borders", "France") for same in SAME),
        *(("France", "borders", same) for same in SAME),
        ("Germany", "sameAs", "BRD"),
        ("BRD", "sameAs", "Germany"),
    }
    assert types_of(graph) == {"Berlin": {"City", "Place", "Thing"}, "Germany": {"Country"}, "BRD": {"Country"}}
    assert {graph.label("http://example.org/Germany"), *graph.aliases("http://example.org/Germany")} == {*SAME}
    assert graph.sources == ("ontology.ttl", "closed under OWL 2 RL")


@pytest.mark.parametrize("suffix", ["nt", "nt.gz", "nq", "rdf", "trig", "jsonld"])
def test_every_format_has_the_same_closure(tmp_path, suffix):
    pytest.importorskip("reasonable")
    formats = {"nt": "nt", "nq": "nt", "rdf": "xml", "trig": "turtle", "jsonld": "json-ld"}
    graph = rdflib.Graph().parse(data=ONTOLOGY.read_text() + VALUE, format="turtle")
    text = graph.serialize(format=formats[suffix.removesuffix(".gz")], encoding="utf-8")
    path = tmp_path / f"ontology.{suffix}"
    path.write_bytes(gzip.compress(text) if suffix.endswith(".gz") else text)
    (tmp_path / "ontology.ttl").write_text(ONTOLOGY.read_text() + VALUE)
    expected, closed = load_closed(tmp_path / "ontology.ttl"), load_closed(path)
    assert triples_of(closed) == triples_of(expected)
    assert types_of(closed) == types_of(expected)
    assert types_of(closed)["Tower"] == {"Tall"}
    assert "Barn" not in types_of(closed)


def test_an_ontology_and_its_data_may_lie_in_two_files(tmp_path):
    pytest.importorskip("reasonable")
    lines = ONTOLOGY.read_text().splitlines(keepends=True)
    prefixes = [line for line in lines if line.startswith("@prefix")]
    facts = [line for line in lines if "rdfs:label" in line]
    axioms = [line for line in lines if line not in (*prefixes, *facts)]
    place = next(line for line in facts if line.startswith(":Place"))
    facts.remove(place)
    (tmp_path / "axioms.ttl").write_text("".join([*prefixes, *axioms, place]))
    (tmp_path / "facts.ttl").write_text("".join([*prefixes, *facts]))
    whole = load_closed(ONTOLOGY)
    graph = load_closed(tmp_path / "facts.ttl", tmp_path / "axioms.ttl", tmp_path / "facts.ttl")
    assert graph.fingerprint == whole.fingerprint
    assert graph.sources == ("facts.ttl", "axioms.ttl", "closed under OWL 2 RL")


def test_blank_nodes_of_two_files_stay_apart(tmp_path):
    pytest.importorskip("reasonable")
    name = "<http://www.w3.org/2000/01/rdf-schema#label>"
    (tmp_path / "a.nt").write_text(f'_:b {name} "tower" .\n_:b <http://e/in> <http://e/x> .\n')
    (tmp_path / "b.nt").write_text(f'_:b {name} "bridge" .\n_:bx2 {name} "gate" .\n')
    graph = load_closed(tmp_path / "a.nt", tmp_path / "b.nt")
    assert {"tower", "bridge", "gate"} <= set(graph.labels)
    assert not len(graph.alias_texts)


def test_what_was_closed_is_noted(tmp_path):
    pytest.importorskip("reasonable")
    graph = load_closed(ONTOLOGY)
    (record,) = graph.provenance
    assert (record.name, record.format, len(record.sha256)) == ("ontology.ttl", "ttl", 64)
    assert record.read
    assert record.counts["triples"] == graph.num_triples
    (tmp_path / "more.nt").write_text('<http://e/x> <http://www.w3.org/2000/01/rdf-schema#label> "x" .\n')
    both = load_closed(ONTOLOGY, tmp_path / "more.nt").provenance
    assert [(one.name, one.counts) for one in both] == [("ontology.ttl", {}), ("more.nt", {})]
    assert both[0].sha256 == record.sha256


RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
CHAIN = (
    f"<http://e/r> <{RDF}type> <http://www.w3.org/2002/07/owl#TransitiveProperty> .\n"
    '<http://e/0> <http://www.w3.org/2000/01/rdf-schema#label> "start" .\n'
)


def write_chain(path, size):
    path.write_text(CHAIN + "".join(f"<http://e/{n}> <http://e/r> <http://e/{n + 1}> .\n" for n in range(size)))
    return path


def test_what_is_derived_is_bounded(tmp_path):
    pytest.importorskip("reasonable")
    path = write_chain(tmp_path / "chain.nt", 20)
    message = (
        r"chain\.nt: a closure may add 100 statements to the 22 given, got more; close fewer sources, or none with"
    )
    with pytest.raises(GraphError, match=message):
        load_closed(path, limit=100)
    statements = close_rdf(rdflib.Graph().parse(path))
    derived = len(statements) - 22
    assert load_closed(path, limit=derived).num_triples == 20 * 21 // 2
    with pytest.raises(GraphError, match=f"^a closure may add {derived - 1} statements"):
        close_rdf(rdflib.Graph().parse(path), limit=derived - 1)


def test_the_usual_bound_grows_with_what_is_given(tmp_path, monkeypatch):
    pytest.importorskip("reasonable")
    path = write_chain(tmp_path / "chain.nt", 20)
    monkeypatch.setattr("kgattn.graph.closure.ALWAYS_ALLOWED", 10)
    assert load_closed(path).num_triples == 20 * 21 // 2
    monkeypatch.setattr("kgattn.graph.closure.MAX_GROWTH", 5)
    with pytest.raises(GraphError, match="a closure may add 110 statements to the 22 given"):
        load_closed(path)


def test_a_closure_that_does_not_end_is_stopped(tmp_path, monkeypatch):
    pytest.importorskip("reasonable")
    monkeypatch.setattr("kgattn.graph.closure.SECONDS_EACH", 0.0)
    path = write_chain(tmp_path / "chain.nt", 5000)
    with pytest.raises(
        GraphError, match=r"chain\.nt: a closure may take 2 s, for 5002 statements, this one was not done"
    ):
        load_closed(path, time_limit=2.0)


def test_a_closure_gets_no_more_memory_than_it_may_take(tmp_path, monkeypatch):
    pytest.importorskip("reasonable")
    monkeypatch.setattr("kgattn.graph.closure.MEMORY", 1 << 20)
    with pytest.raises(
        GraphError, match=r"chain\.nt: a closure may take 1 MiB, for 3 statements, this one ended early"
    ):
        load_closed(write_chain(tmp_path / "chain.nt", 1))


def test_terms_pass_to_the_other_process_as_they_are(tmp_path):
    integer = rdflib.URIRef("http://www.w3.org/2001/XMLSchema#integer")
    head, relation = rdflib.URIRef("http://e/ü"), rdflib.URIRef("http://e/r")
    statements = [
        (head, relation, rdflib.BNode("b0")),
        (rdflib.BNode("b0"), relation, rdflib.URIRef("_:b0")),
        (head, relation, rdflib.Literal("05", datatype=integer, normalize=False)),
        (head, relation, rdflib.Literal("05")),
        (head, relation, rdflib.Literal('a\n"\\\u2028', lang="de-AT")),
    ]
    assert write_statements(tmp_path / "statements", statements) == 5
    passed = list(read_statements(tmp_path / "statements"))
    assert [[*map(repr, statement)] for statement in passed] == [[*map(repr, statement)] for statement in statements]


def test_without_a_closure_nothing_follows():
    graph = KnowledgeGraph.load(ONTOLOGY)
    assert ("Berlin", "locatedIn", "Germany") not in triples_of(graph)
    assert types_of(graph) == {}


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "reasonable", None)
    with pytest.raises(GraphError, match=r"needs the package reasonable; pip install 'kgattn\[reason\]'"):
        load_closed(ONTOLOGY)


def test_sources_without_axioms_and_broken_ones_are_refused(tmp_path):
    (tmp_path / "triples.tsv").write_text("a\tr\tb\n", encoding="utf-8")
    with pytest.raises(GraphError, match=r"triples\.tsv: a closure is made of an RDF file"):
        load_closed(tmp_path / "triples.tsv")
    with pytest.raises(GraphError, match=r"absent\.ttl: expected an RDF file, got nothing there; check the path"):
        load_closed(tmp_path / "absent.ttl")
    with pytest.raises(GraphError, match=r"a closure is made of an RDF file"):
        load_closed("http://127.0.0.1:9/sparql")
    (tmp_path / "broken.ttl").write_text("<a:a> <b:b>\n???", encoding="utf-8")
    with pytest.raises(GraphError, match=r"broken\.ttl:2: broken RDF"):
        load_closed(tmp_path / "broken.ttl")


def hierarchy():
    triples = [("melanoma", "is_a", "skin cancer"), ("skin cancer", "is_a", "cancer"), ("cancer", "is_a", "disease")]
    return KnowledgeGraph.from_triples(
        [*triples, ("case 7", "seen in", "clinic")], types={"case 7": "melanoma", "melanoma": ["term"]}
    )


def test_ancestors_up_to_a_depth_become_types():
    graph = hierarchy()
    two = graph.with_ancestors(2)
    assert two.types("melanoma") == ["term", "skin cancer", "cancer"]
    assert set(two.types("case 7")) == {"melanoma", "skin cancer", "cancer"}
    assert two.types("case 7")[0] == "melanoma"
    assert two.types("cancer") == ["disease"]
    assert two.types("disease") == two.types("clinic") == []
    assert list(two.entity_ids) == list(graph.entity_ids)
    assert triples_of(two) == triples_of(graph)
    assert graph.with_ancestors(1).types("melanoma") == ["term", "skin cancer"]
    assert "disease" in graph.with_ancestors(9).types("melanoma")


@pytest.mark.parametrize("suffix", ["", "Transitive"])
def test_narrower_is_broader_the_other_way_round(suffix):
    skos = "http://www.w3.org/2004/02/skos/core#"
    broader, narrower = f"{skos}broader{suffix}", f"{skos}narrower{suffix}"
    names = {name: name for name in ("animal", "dog", "spaniel", "cat")}
    up = [("dog", broader, "animal"), ("cat", broader, "animal"), ("spaniel", broader, "dog")]
    down = [(tail, narrower, head) for head, _, tail in up]
    expected = {"animal": [], "dog": ["animal"], "cat": ["animal"], "spaniel": ["dog", "animal"]}
    for triples in (up, down, up + down, [up[0], down[1], down[2]]):
        graph = KnowledgeGraph.from_triples(triples, labels=names)
        both = graph.with_ancestors(2)
        assert {name: sorted(both.types(name)) for name in names} == {name: sorted(expected[name]) for name in names}
        assert both.triples.tolist() == graph.triples.tolist()
        assert graph.with_ancestors(1).types("spaniel") == ["dog"]


def test_a_cycle_ends_and_no_entity_is_its_own_type():
    graph = KnowledgeGraph.from_triples([("a", "is_a", "b"), ("b", "is_a", "a")]).with_ancestors(9)
    assert (graph.types("a"), graph.types("b")) == (["b"], ["a"])


def test_a_type_is_called_as_its_entity_is(tmp_path):
    iri = "http://www.w3.org/2004/02/skos/core#broader"
    graph = KnowledgeGraph.from_triples([("x", iri, "y")], labels={"x": "small", "y": "wide"}).with_ancestors(1)
    assert list(graph.type_labels) == ["wide"]
    graph.save(tmp_path / "graph")
    assert KnowledgeGraph.load(tmp_path / "graph").types("x") == ["y"]


def test_what_has_no_ancestors_is_refused():
    with pytest.raises(
        GraphError,
        match=r"expected a hierarchy of relations among .*is_a, .*core#narrower, .*narrowerTransitive, got none",
    ):
        KnowledgeGraph.from_triples([("a", "r", "b")]).with_ancestors(2)
    with pytest.raises(GraphError, match="depth must be at least 1, got 0"):
        hierarchy().with_ancestors(0)
