import numpy as np
import pytest

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

SAME, MATCH = "http://www.w3.org/2002/07/owl#sameAs", "http://www.w3.org/2004/02/skos/core#exactMatch"
WIKI, DBP = "http://wikidata.example/", "http://dbpedia.example/"


@pytest.fixture
def wiki() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples(
        [(WIKI + "Q64", "capitalOf", WIKI + "Q183"), (WIKI + "Q64", SAME, DBP + "B")],
        labels={WIKI + "Q183": "Germany", DBP + "B": "B", WIKI + "Q64": "City of Berlin"},
        aliases={WIKI + "Q64": "Spree-Athen"},
        features=np.array([[1.0], [2.0], [3.0]]),
    )


@pytest.fixture
def dbp() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples(
        [(DBP + "B", "mayor", DBP + "Wegner"), (WIKI + "Q183", MATCH, DBP + "Germany")],
        labels={
            DBP + "B": "Berlin",
            DBP + "Wegner": "Wegner",
            DBP + "Germany": "Deutschland",
            WIKI + "Q183": "183",
        },
        types={DBP + "B": "City"},
        features=np.array([[4.0], [5.0], [6.0], [7.0]]),
    )


def by_labels(graph):
    labels, relations = list(graph.labels), list(graph.relation_labels)
    return {(labels[head], relations[relation], labels[tail]) for head, relation, tail in graph.triples.tolist()}


def test_links_inside_the_graphs_unite_entities(wiki, dbp):
    merged = KnowledgeGraph.merge([wiki, dbp], same_as="owl")
    assert sorted(merged.entity_ids) == [DBP + "Wegner", WIKI + "Q183", WIKI + "Q64"]
    assert by_labels(merged) == {("City of Berlin", "capital of", "Germany"), ("City of Berlin", "mayor", "Wegner")}
    assert merged.types(WIKI + "Q64") == ["City"]
    assert sorted(merged.aliases(WIKI + "Q64")) == ["Berlin", "Spree-Athen"]
    assert sorted(merged.aliases(WIKI + "Q183")) == ["183", "Deutschland"]
    rows = {name: merged.features[merged.entity_index(name)].tolist() for name in merged.entity_ids}
    assert rows == {WIKI + "Q64": [3.0], WIKI + "Q183": [1.0], DBP + "Wegner": [5.0]}


def test_nothing_is_united_unless_asked_for(wiki, dbp):
    assert KnowledgeGraph.merge([wiki, dbp]).num_entities == 5


def test_the_label_of_the_first_graph_wins(wiki, dbp):
    merged = KnowledgeGraph.merge([dbp, wiki], same_as="owl")
    assert merged.label(DBP + "B") == "Berlin"
    assert "City of Berlin" in merged.aliases(DBP + "B")


def test_what_is_united_does_not_depend_on_rows(wiki, dbp):
    def turned(graph):
        order = list(range(graph.num_entities))[::-1]
        ids = list(graph.entity_ids)
        return KnowledgeGraph.from_triples(
            [(ids[head], graph.relation_ids[relation], ids[tail]) for head, relation, tail in graph.triples.tolist()],
            labels={ids[row]: [graph.labels[row], *graph.aliases(ids[row])] for row in order},
            types={name: graph.types(name) for name in ids},
            features=graph.features[order],
        )

    first = KnowledgeGraph.merge([wiki, dbp], same_as="owl")
    second = KnowledgeGraph.merge([turned(wiki), turned(dbp)], same_as="owl")
    assert first.fingerprint == second.fingerprint
    pairs = {"x": WIKI + "Q64", DBP + "B": "x", DBP + "Germany": WIKI + "Q183"}
    mapped = KnowledgeGraph.merge([wiki, dbp], same_as=pairs)
    backwards = KnowledgeGraph.merge([wiki, dbp], same_as=dict(reversed(pairs.items())))
    assert first.fingerprint == mapped.fingerprint == backwards.fingerprint


@pytest.mark.parametrize("header", ["", "id\tsame_as\n", "same_as\tid\n"])
def test_a_table_of_two_columns_unites_entities(wiki, dbp, tmp_path, header):
    path = tmp_path / "same.tsv"
    path.write_text(f"{header}{WIKI}Q64\t{DBP}B\n{WIKI}Q183\t{DBP}Germany\nelsewhere\tunknown\n")
    for given in (path, str(path)):
        merged = KnowledgeGraph.merge([wiki, dbp], same_as=given)
        assert merged.fingerprint == KnowledgeGraph.merge([wiki, dbp], same_as="owl").fingerprint


def test_one_graph_may_hold_the_same_twice(wiki):
    merged = KnowledgeGraph.merge([wiki], same_as="owl")
    assert sorted(merged.labels) == ["City of Berlin", "Germany"]
    assert merged.aliases(WIKI + "Q64") == ["Spree-Athen"]


def test_types_follow_the_entity_they_are():
    ontology = KnowledgeGraph.from_triples([("a:City", SAME, "b:Town")], labels={"a:City": "city", "b:Town": "town"})
    things = KnowledgeGraph.from_triples([], labels={"x": "Ulm"}, types={"x": "b:Town"})
    assert KnowledgeGraph.merge([ontology, things], same_as="owl").types("x") == ["a:City"]


def test_a_giant_cluster_is_refused():
    chain = KnowledgeGraph.from_triples([(f"e{n:03}", SAME, f"e{n + 1:03}") for n in range(120)])
    with pytest.raises(GraphError, match=r"at most 100 ids may name one entity, got 121 .* e000, e001, .*raise max_cl"):
        KnowledgeGraph.merge([chain], same_as="owl")
    assert KnowledgeGraph.merge([chain], same_as="owl", max_cluster=121).num_entities == 1


def test_what_unites_nothing_is_refused(wiki, tmp_path):
    with pytest.raises(GraphError, match="at least two ids of the graphs, got no such pair; check that its ids"):
        KnowledgeGraph.merge([wiki], same_as={WIKI + "Q64": "unknown"})
    with pytest.raises(GraphError, match="got no such pair; merge without it"):
        KnowledgeGraph.merge([KnowledgeGraph.from_triples([("a", "r", "b")])], same_as="owl")
    with pytest.raises(GraphError, match=r"absent.tsv: same_as must be 'owl', .* got no such file"):
        KnowledgeGraph.merge([wiki], same_as=tmp_path / "absent.tsv")
    (tmp_path / "same.tsv").write_text("a\tb\tc\n")
    with pytest.raises(GraphError, match=r"same.tsv:1: expected the tab-separated columns id same_as, got 3 fields"):
        KnowledgeGraph.merge([wiki], same_as=tmp_path / "same.tsv")


def test_the_end_of_an_iri_is_no_alias():
    stub = KnowledgeGraph.from_triples(
        [(WIKI + "Q64", "r", WIKI + "Q1")], labels={WIKI + "Q64": "Q64", WIKI + "Q1": "one"}
    )
    named = KnowledgeGraph.from_triples([], labels={WIKI + "Q64": "Berlin"})
    assert KnowledgeGraph.merge([stub, named]).aliases(WIKI + "Q64") == []
