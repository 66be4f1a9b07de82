import networkx
import numpy as np
import pytest

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph


def test_attributes_become_texts():
    source = networkx.MultiDiGraph(licence="CC0")
    source.add_node("Q64", label="Berlin", aliases=["Spree-Athen"], types=["City"])
    source.add_node("Q183", name="Germany", aliases="Deutschland|FRG", type="Country")
    source.add_edge("Q64", "Q183", key="capitalOf")
    source.add_edge("Q64", "Q183", relation="in", label="lies in")
    source.add_edge("Q183", "Q64")
    graph = KnowledgeGraph.from_networkx(source)
    assert list(graph.labels) == ["Berlin", "Germany"]
    assert graph.aliases("Q64") == ["Spree-Athen"]
    assert graph.aliases("Q183") == ["Deutschland", "FRG"]
    assert graph.types("Q183") == ["Country"]
    assert dict(zip(graph.relation_ids, graph.relation_labels, strict=True)) == {
        "capitalOf": "capital of",
        "in": "lies in",
        "related to": "related to",
    }
    assert graph.licence == "CC0"


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, np.array, lambda texts: dict.fromkeys(texts).keys()])
def test_several_texts_come_in_any_collection(kind):
    source = networkx.DiGraph()
    source.add_node(
        "Q64", label="Berlin", aliases=kind(["Athens on the Spree", "The Grey City"]), types=kind(["A", "B"])
    )
    graph = KnowledgeGraph.from_networkx(source)
    assert graph.aliases("Q64") == ["Athens on the Spree", "The Grey City"]
    assert graph.types("Q64") == ["A", "B"]


@pytest.mark.parametrize(
    ("aliases", "written"),
    [([], ""), (["A", "B"], "A|B"), (["A|B", "C"], '["A|B", "C"]'), (['["A"]'], '["[\\"A\\"]"]')],
)
def test_several_texts_are_one_attribute(aliases, written):
    graph = KnowledgeGraph.from_triples([], labels={"Q1": "x"}, aliases={"Q1": aliases}, licence="CC0", sources=["s"])
    made = graph.to_networkx()
    assert made.nodes["Q1"] == {"label": "x", "aliases": written, "types": "", "type_labels": ""}
    assert made.graph == {"licence": "CC0", "sources": "s"}
    assert KnowledgeGraph.from_networkx(made).aliases("Q1") == aliases


@pytest.mark.parametrize("text", ["[1, 2]", "[", "[]", '["a", 1]'])
def test_what_only_looks_like_a_json_list_is_a_text(text):
    source = networkx.DiGraph()
    source.add_node("Q1", label="x", aliases=text)
    assert KnowledgeGraph.from_networkx(source).aliases("Q1") == [text]


@pytest.mark.parametrize("kind", [networkx.Graph, networkx.DiGraph, networkx.MultiGraph, networkx.MultiDiGraph])
def test_every_kind_of_graph_is_read(kind):
    source = kind()
    source.add_edge("Berlin", "Germany", label="capitalOf")
    graph = KnowledgeGraph.from_networkx(source)
    assert graph.triples.tolist() == [[0, 0, 1]]
    assert list(graph.relation_labels) == ["capital of"]


@pytest.mark.parametrize("suffix", ["graphml", "gexf"])
def test_files_of_networkx(tmp_path, suffix):
    source = networkx.MultiDiGraph()
    source.add_node("Q64", label="Berlin", aliases="Spree-Athen|Berolina", type="City")
    source.add_node("Q183", label="Germany")
    source.add_edge("Q64", "Q183", label="capitalOf")
    source.add_edge("Q64", "Q183", label="in")
    source.add_edge("Q183", "Q64")
    getattr(networkx, f"write_{suffix}")(source, tmp_path / f"graph.{suffix}")
    graph = KnowledgeGraph.load(tmp_path / f"graph.{suffix}")
    assert list(graph.labels) == ["Berlin", "Germany"]
    assert graph.aliases("Q64") == ["Spree-Athen", "Berolina"]
    assert graph.types("Q64") == ["City"]
    assert sorted(graph.relation_ids) == ["capitalOf", "in", "related to"]
    assert graph.sources == (f"graph.{suffix}",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.graphml", b"<graphml>\n<", "a.graphml:2: broken XML"),
        ("b.graphml", b"<graphml/>", "b.graphml: not readable as .graphml"),
        ("c.graphml.gz", b"plain", "c.graphml.gz: cannot be read"),
        ("d.gexf", b"<gexf/>", "d.gexf: not readable as .gexf"),
    ],
)
def test_broken_files_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / name)


def test_features_must_be_complete():
    source = networkx.DiGraph()
    source.add_node("a", features=np.zeros(2))
    source.add_node("b")
    with pytest.raises(GraphError, match="got 1 on 2 nodes"):
        KnowledgeGraph.from_networkx(source)


def test_nodes_that_read_alike_are_refused():
    source = networkx.DiGraph()
    source.add_nodes_from([1, "1"])
    with pytest.raises(GraphError, match="got '1' twice"):
        KnowledgeGraph.from_networkx(source)


def test_empty_graphs_and_bare_iris_are_refused():
    with pytest.raises(GraphError, match="empty graph"):
        KnowledgeGraph.from_networkx(networkx.Graph())
    with pytest.raises(GraphError, match=r"without labels .* the node attribute label"):
        KnowledgeGraph.from_networkx(networkx.DiGraph([("http://a/x", "http://a/y")]))


def test_priors_stand_beside_the_names():
    source = networkx.DiGraph()
    source.add_node("Q90", label="Paris", aliases="Lutetia|City of Light", name_priors=[0.9, None, 0.5])
    source.add_node("Q1", label="Paris")
    graph = KnowledgeGraph.from_networkx(source)
    np.testing.assert_allclose(graph.name_priors, [0.9, np.nan, np.nan, 0.5], rtol=1e-6)
    nodes = graph.to_networkx().nodes
    assert nodes["Q90"]["name_priors"] == "0.9|nan|0.5"
    assert "name_priors" not in nodes["Q1"]


@pytest.mark.parametrize("priors", ["0.9", "0.9|0.5|0.1", "0.9|1.5", "-0.1|0.2", "0.9|high", [0.9, []]])
def test_priors_that_do_not_fit_the_names_are_refused(priors):
    source = networkx.DiGraph()
    source.add_node("Q90", label="Paris", aliases="Lutetia", name_priors=priors)
    with pytest.raises(GraphError, match=r"name_priors of 'Q90' must be numbers in \[0, 1\], one .* of its 1 aliases"):
        KnowledgeGraph.from_networkx(source)
