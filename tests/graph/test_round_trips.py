import dataclasses
import re
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kgattn.graph import KnowledgeGraph
from kgattn.graph.naming import clean_text

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(clean_text).filter(bool)
NOT_IN_XML = re.compile("[\ufffe\uffff]")
ids = st.one_of(
    texts,
    st.sampled_from(["Q64", "http://example.org/a b", "http://example.org/Zürich", "urn:isbn:1", "a:b", "://", "_:x"]),
)


@st.composite
def contents(draw):
    """Arguments of from_triples."""
    entity_ids = draw(st.lists(ids, min_size=1, max_size=6, unique=True))
    names = st.sampled_from(entity_ids)
    relations = st.sampled_from(["capitalOf", "http://example.org/relation#partOf", "a/b c"])
    types = st.sampled_from(["City", "http://example.org/type#Country"])
    width = draw(st.integers(1, 3))
    return {
        "triples": draw(st.lists(st.tuples(names, relations, names), max_size=8)),
        "labels": {name: draw(texts) for name in entity_ids},
        "aliases": draw(st.dictionaries(names, st.lists(texts, max_size=3))),
        "types": draw(st.dictionaries(names, st.lists(types, max_size=2))),
        "features": np.arange(len(entity_ids) * width).reshape(-1, width) if draw(st.booleans()) else None,
        "type_labels": {"City": draw(texts)},
        "licence": draw(texts),
        "sources": draw(st.lists(texts, max_size=2)),
    }


MOST_NAMES = 24  # of six entities, each with a label and three aliases
given_priors = st.one_of(
    st.none(),
    st.lists(st.one_of(st.just(np.nan), st.floats(0, 1, width=32)), min_size=MOST_NAMES, max_size=MOST_NAMES),
)


def built(content, priors):
    """The graph, with priors of its names unless there are none."""
    graph = KnowledgeGraph.from_triples(**content)
    values = np.array(priors or [], dtype=np.float32)[: graph.num_entities + len(graph.alias_texts)]
    return graph if np.isnan(values).all() else dataclasses.replace(graph, name_priors=values)


def through_networkx(graph):
    return KnowledgeGraph.from_networkx(graph.to_networkx())


def through_pyg(graph):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch-geometric still scripts some classes on import
        return KnowledgeGraph.from_pyg(graph.to_pyg())


def through_folder(graph):
    with TemporaryDirectory() as folder:
        graph.save(Path(folder) / "graph")
        return KnowledgeGraph.load(Path(folder) / "graph")


@pytest.mark.parametrize("trip", [through_networkx, through_pyg, through_folder])
@settings(max_examples=12, deadline=None)
@given(content=contents(), priors=given_priors)
def test_everything_comes_back(trip, content, priors):
    graph = built(content, priors)
    back = trip(graph)
    assert back.fingerprint == graph.fingerprint
    assert list(back.entity_ids) == list(graph.entity_ids)
    assert (back.licence, back.sources) == (graph.licence, graph.sources)


@pytest.mark.parametrize("suffix", ["graphml", "gexf"])
@settings(max_examples=10, deadline=None)
@given(content=contents(), priors=given_priors)
def test_a_file_of_networkx_holds_the_whole_graph(suffix, content, priors):
    graph = built({**content, "features": None}, priors)
    assume(not NOT_IN_XML.search("".join((*graph.entity_ids, *graph.labels, *graph.alias_texts, *graph.type_labels))))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"graph.{suffix}"
        getattr(networkx, f"write_{suffix}")(graph.to_networkx(), path)
        back = KnowledgeGraph.load(path)
    assert back.fingerprint == graph.fingerprint
    assert list(back.entity_ids) == list(graph.entity_ids)


@settings(max_examples=12, deadline=None)
@given(content=contents())
def test_all_but_features_comes_back_from_rdf(content):
    graph = KnowledgeGraph.from_triples(**content)
    back = KnowledgeGraph.from_rdf(graph.to_rdf())
    known = list(graph.entity_ids)
    assert sorted(back.entity_ids) == sorted(known)
    for name in known:
        assert back.label(name) == graph.label(name)
        assert sorted(back.aliases(name)) == sorted(graph.aliases(name))
        assert sorted(back.types(name)) == sorted(graph.types(name))
    assert named_triples(back) == named_triples(graph)


@pytest.mark.parametrize("style", ["turtle", "nt", "xml", "json-ld"])
@settings(max_examples=10, deadline=None)
@given(content=contents())
def test_a_file_of_rdf_says_what_the_graph_says(style, content):
    if style == "json-ld":  # rdflib writes no blank node that nothing but itself points to
        assume(("_:x", "_:x") not in [(head, tail) for head, _, tail in content["triples"]])
    graph = KnowledgeGraph.from_triples(**content)
    suffix = {"turtle": "ttl", "nt": "nt", "xml": "rdf", "json-ld": "jsonld"}[style]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"graph.{suffix}"
        graph.to_rdf().serialize(path, format=style, encoding="utf-8")
        back = KnowledgeGraph.load(path)
    blank = {name for name in (*graph.entity_ids, *back.entity_ids) if name.startswith("_:")}
    assert sorted(set(back.entity_ids) - blank) == sorted(set(graph.entity_ids) - blank)
    assert sorted(back.labels) == sorted(graph.labels)
    assert back.num_triples == graph.num_triples


def named_triples(graph):
    entity_ids, relation_ids = list(graph.entity_ids), list(graph.relation_ids)
    return {(entity_ids[head], relation_ids[name], entity_ids[tail]) for head, name, tail in graph.triples.tolist()}
