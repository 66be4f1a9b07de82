"""The linker against a slow, obvious matcher that knows nothing of tries, hashes and batches."""

import math

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.config import VARIANTS
from tests.linking.reference_matcher import ReferenceMatcher

FORMS = [
    *("Jordan", "jordan", "JORDAN", "Jordan River", "jordan river", "River", "river bank", "the Jordan"),
    *("WHO", "Who", "who", "IT", "it", "U.S.", "U.S", "B", "2010", "DNA", "dna 北京", "北京", "北京市", "京都"),
    *("10km", "10 km", "km", "iPhone", "IPHONE", "iphone", "can't", "can", "not", "İzmir", "izmir"),
    *("straße", "STRASSE", "Saint-Étienne", "saint-étienne", "Saint Etienne", "saints, all", "all saints", "rivers"),
    *("Koreans", "the Koreans", "Korean", "diabetes", "diabetic", "ischaemia"),
    *("World Health Organization", "United Press", "Union of Press Services", "UPS", "Ann Bonino", "Bonino", "bonino"),
    *("Izmir election, 2010", "2010 Izmir election", "Izmir election"),
    *("Liberal Party of Jordan", "Jordan Liberal Party", "Liberals"),
]
MATCHING_ALONE = {  # aliases as they are, which is all that the slow matcher knows, but for variants
    "context_weight": 0.0,
    "coherence_weight": 0.0,
    "abbreviations": False,
    "short_names": False,
    "variants": (),
    "common_words": "none",
    "whole_names": False,
    "editions": False,
    "branches": False,
    "commas": False,
}
NOISE = ["and", "of", ".", "-", "'s", ",", "(", ")", "10", "市", "x", "A"]
GAPS = [" ", " ", " ", "", "  ", "\n", "\n\n"]


@st.composite
def graphs(draw):
    ids = draw(st.permutations([f"e{number}" for number in range(draw(st.integers(1, 8)))]))
    labels = {entity: draw(st.sampled_from(FORMS)) for entity in ids}
    aliases = {entity: draw(st.lists(st.sampled_from(FORMS), max_size=3)) for entity in ids}
    pair = st.tuples(st.sampled_from(ids), st.just("r"), st.sampled_from(ids))
    triples = draw(st.lists(pair, max_size=6))
    return {"triples": triples, "labels": {**labels, "any": "Atlantis"}, "aliases": aliases}


@st.composite
def texts(draw):
    parts = draw(st.lists(st.tuples(st.sampled_from(FORMS + NOISE), st.sampled_from(GAPS)), max_size=10))
    return "".join(part + gap for part, gap in parts)


def links(doc):
    return [
        (span.start, span.end, [(one.entity_id, one.prior) for one in span._.kg_candidates])
        for span in doc.spans["kgattn"]
    ]


def assert_same_links(fast, slow):
    assert [(start, end, [entity for entity, _ in found]) for start, end, found in fast] == [
        (start, end, [entity for entity, _ in found]) for start, end, found in slow
    ]
    for (_, _, one), (_, _, other) in zip(fast, slow, strict=True):
        np.testing.assert_allclose([prior for _, prior in one], [prior for _, prior in other], rtol=1e-6)


@given(
    graph=graphs(),
    batch=st.lists(texts(), min_size=1, max_size=4),
    case=st.sampled_from(["shape", "exact", "ignore"]),
    variants=st.sampled_from([(), VARIANTS]),
)
@settings(max_examples=30, deadline=None)
def test_linker_equals_the_slow_matcher(nlp, graph, batch, case, variants):
    graph = KnowledgeGraph.from_triples(**graph)
    config = LinkerConfig(max_candidates=3, case=case, **{**MATCHING_ALONE, "variants": variants})
    linker = EntityLinker(graph, nlp, config)
    reference = ReferenceMatcher(graph, config, linker.nlp.Defaults.stop_words)
    for doc in linker.pipe(batch, batch_size=3):
        assert_same_links(links(doc), reference.link(doc))


@given(graph=graphs(), words=st.lists(st.sampled_from(FORMS + NOISE), max_size=12))
@settings(max_examples=20, deadline=None)
def test_given_words_are_matched_as_they_are(nlp, graph, words):
    graph = KnowledgeGraph.from_triples(**graph)
    linker = EntityLinker(graph, nlp, LinkerConfig(**MATCHING_ALONE))
    (doc,) = linker.link_words([words])
    assert [token.text for token in doc] == words
    reference = ReferenceMatcher(graph, linker.config, linker.nlp.Defaults.stop_words)
    assert_same_links(links(doc), reference.link(doc))


@given(graph=graphs(), text=texts(), data=st.data())
@settings(max_examples=20, deadline=None)
def test_order_of_entities_and_aliases_does_not_matter(nlp, graph, text, data):
    graph = KnowledgeGraph.from_triples(**graph)
    ids = data.draw(st.permutations(list(graph.entity_ids)))
    other = KnowledgeGraph.from_triples(
        [(graph.entity_ids[h], "r", graph.entity_ids[t]) for h, _, t in graph.triples.tolist()],
        labels={entity: graph.label(entity) for entity in ids},
        aliases={entity: graph.aliases(entity)[::-1] for entity in ids},
    )
    one, two = EntityLinker(graph, nlp), EntityLinker(other, nlp)
    assert links(one(text)) == links(two(text))
    trie, same = one.component.index.trie, two.component.index.trie
    for name in ("nodes", "node_leads", "edge_child", "edge_bits", "lower_row", "capital_row", "exact_key"):
        np.testing.assert_array_equal(getattr(trie, name), getattr(same, name))


@given(graph=graphs(), text=texts())
@settings(max_examples=20, deadline=None)
def test_priors_sum_to_one_at_most_and_fall(nlp, graph, text):
    linker = EntityLinker(KnowledgeGraph.from_triples(**graph), nlp)
    for _, _, candidates in links(linker(text)):
        priors = [prior for _, prior in candidates]
        assert 0 < math.fsum(priors) <= 1
        assert priors == sorted(priors, reverse=True)


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en")


def link_text(nlp, text, labels, **settings):
    linker = EntityLinker(KnowledgeGraph.from_triples([], labels=labels), nlp, LinkerConfig(**settings))
    doc = linker(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


@pytest.mark.parametrize(
    ("text", "label", "matches"),
    [
        ("He ran 10km today", "10km", True),  # cut by the tokenizer, whole in the graph
        ("He ran 10km today", "km", False),
        ("He is gonna swim", "gon", False),
        ("The Saint\u2011Étienne\u00a0team", "Saint-Étienne team", True),
        ("Ger\u00adman beer", "german beer", True),
        ("New\nYork", "New York", True),  # a wrapped line
        ("New\n\nYork", "New York", False),  # a new paragraph
        ("in ﬁnland", "finland", True),
        ("JORDAN won", "Jordan", True),
        ("a jordan almond", "Jordan", False),
        ("my iPhone", "iPhone", True),
        ("MY IPHONE", "iPhone", True),
        ("my iphone", "iPhone", False),
        ("who is it", "WHO", False),
        ("the WHO said", "WHO", True),
        ("Who is it", "WHO", False),
        ("Diabetes is", "diabetes", True),
    ],
)
def test_text_and_label(nlp, text, label, matches):
    assert bool(link_text(nlp, text, {"Q": label})) is matches


def test_longest_match_falls_back_when_case_forbids_it(nlp):
    labels = {"Q1": "Jordan", "Q2": "Jordan RIV", "Q3": "J-2"}
    assert link_text(nlp, "the Jordan riv flows", labels) == [("Jordan riv", "Q2")]
    assert link_text(nlp, "the Jordan RI-2 flows", {"Q1": "Jordan", "Q3": "J-2"}) == [("Jordan", "Q1")]
    assert link_text(nlp, "OK GO now", {"Q1": "ok", "Q2": "Ok Go"}) == [("OK GO", "Q2")]
    assert link_text(nlp, "ok go now", {"Q1": "ok", "Q2": "Ok Go"}) == [("ok", "Q1")]


def test_chinese_matches_whole_words_of_the_given_segmentation():
    linker = EntityLinker(KnowledgeGraph.from_triples([], labels={"Q8": "北京", "Q9": "DNA测试"}), "zh")
    doc = linker("我在北京做DNA测试。")
    assert [span.text for span in doc.spans["kgattn"]] == ["北京", "DNA测试"]
    words, other = linker.link_words([["我", "在", "北京", "住"], ["北", "京城"]])
    assert [(span.start, span.end) for span in words.spans["kgattn"]] == [(2, 3)]
    assert not other.spans["kgattn"]


def test_long_aliases_are_left_out(nlp):
    assert link_text(nlp, "a b c d", {"Q1": "a b c", "Q2": "x y"}, max_alias_atoms=2) == []


def test_ties_are_settled_by_entity_id():
    labels = {f"Q{number}": "Springfield" for number in (7, 3, 5, 1)}
    linker = EntityLinker(KnowledgeGraph.from_triples([], labels=labels), config=LinkerConfig(max_candidates=3))
    (mention,) = linker.mentions(linker("Springfield"))
    assert [(one.entity_id, one.prior) for one in mention.candidates] == [("Q1", 0.25), ("Q3", 0.25), ("Q5", 0.25)]


def test_label_and_links_raise_the_prior(linker):
    (mention,) = linker.mentions(linker("Jordan"))
    assert [one.entity_id for one in mention.candidates] == ["Q1", "Q2", "Q5"]
    weights = np.array([2 * (1 + math.log1p(3)), 1 + math.log1p(1), 1 + math.log1p(1)])
    np.testing.assert_allclose([one.prior for one in mention.candidates], weights / weights.sum(), rtol=1e-6)
