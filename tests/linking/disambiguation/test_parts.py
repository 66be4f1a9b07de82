"""The parts on their own: lookup, words, page rank, relatedness, score."""

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.disambiguation.coherence import HUB_DEGREE, relatedness
from kgattn.linking.disambiguation.derived import Derived, with_derived
from kgattn.linking.disambiguation.lookup import rows_hold
from kgattn.linking.disambiguation.options import Options, nearness
from kgattn.linking.disambiguation.popularity import page_rank
from kgattn.linking.disambiguation.score import decide
from kgattn.linking.disambiguation.words import content_words, label_words
from kgattn.linking.found import Found, Source


@given(st.lists(st.sets(st.integers(0, 20)), min_size=1, max_size=6), st.data())
def test_rows_hold_equals_looking(rows, data):
    queries = data.draw(st.lists(st.tuples(st.integers(0, len(rows) - 1), st.integers(-1, 21)), max_size=20))
    offsets = np.cumsum([0, *map(len, rows)])
    values = np.array([value for row in rows for value in sorted(row)], dtype=np.int64)
    row, wanted = np.array(queries, dtype=np.int64).reshape(-1, 2).T
    held = rows_hold(offsets, values, row, wanted)
    assert held.tolist() == [value in rows[at] for at, value in queries]


def test_content_words_are_folded_and_without_stop_words():
    assert content_words("The River-Thames, 2nd", {"the"}) == ["river", "thames", "2nd"]


def test_rare_words_tell_more():
    words = label_words(frozenset(), StringTable.from_strings(["New York", "New Delhi", "New Town", "Paris"]))
    weight = dict(zip(words.keys.tolist(), words.weights.tolist(), strict=True))
    by_word = [weight[int(words.keys[place])] for place in words.words.tolist()]
    assert by_word[0] < by_word[1] == by_word[3]
    assert 0 <= min(by_word) <= max(by_word) <= 1


def test_page_rank_is_that_of_networkx():
    triples = np.array([(0, 0, 1), (0, 0, 2), (1, 0, 2), (3, 0, 2), (2, 0, 4), (4, 1, 2)])
    edges = networkx.DiGraph([(head, tail) for head, _, tail in triples.tolist()])
    expected = networkx.pagerank(edges, tol=1e-12, max_iter=1000)
    assert page_rank(triples, 5) == pytest.approx([5 * expected[node] for node in range(5)], abs=1e-6)


def test_page_rank_prefers_what_is_pointed_at():
    labels = {"a": "Springfield", "b": "Springfield", **{f"x{n}": f"place {n}" for n in range(4)}}
    triples = [("a", "near", f"x{n}") for n in range(4)] + [(f"x{n}", "in", "b") for n in range(3)]
    graph = KnowledgeGraph.from_triples(triples, labels=labels)

    def first(prior):
        doc = EntityLinker(graph, config=LinkerConfig(prior=prior))("Springfield")
        return doc.spans["kgattn"][0].kb_id_

    assert (first("degree"), first("pagerank"), first("uniform")) == ("a", "b", "a")


def senses_of(triples):
    names = {name for head, _, tail in triples for name in (head, tail)}
    labels = {**{name: name for name in names}, "twin1": "twins", "twin2": "twins"}
    graph = KnowledgeGraph.from_triples(triples, labels=labels)
    return graph, EntityLinker(graph).component.index.senses


def test_relatedness_falls_with_the_path_and_stops_at_hubs():
    spokes = [(f"spoke{n}", "of", "hub") for n in range(HUB_DEGREE + 1)]
    graph, senses = senses_of([("ada", "knows", "bob"), ("bob", "knows", "cyd"), ("cyd", "knows", "dan"), *spokes])

    def of(first, second):
        rows = [np.array([graph.entity_index(name)]) for name in (first, second)]
        there, back = relatedness(senses, *rows), relatedness(senses, *rows[::-1])
        assert there == back
        return float(there[0])

    assert of("ada", "bob") == 1
    assert 0 < of("ada", "cyd") <= 0.5
    assert of("ada", "dan") == of("ada", "ada") == 0
    assert of("spoke1", "spoke2") == 0
    assert of("spoke1", "hub") == 1


def test_more_paths_relate_more_up_to_a_half():
    def of(paths):
        triples = [(f"x{n}", "knows", end) for n in range(paths) for end in ("ada", "bob")]
        graph, senses = senses_of(triples)
        rows = [np.array([graph.entity_index(name)]) for name in ("ada", "bob")]
        return float(relatedness(senses, *rows)[0])

    assert of(1) <= of(2) <= of(40) == 0.5


def test_near_evidence_counts_more():
    near = nearness(np.array([0, 4, 8, 60])).tolist()
    assert near == sorted(near, reverse=True)
    assert (near[0], near[2]) == (1, 0.5)


def test_scores_are_a_softmax_over_log_priors_evidence_and_none():
    options = Options(np.array([3, 3, 7]), np.array([5, 6, 5]), np.array([0.5, 0.25, 0.5]))
    decisions = decide(options, np.array([0.0, 2.0, 0.0]))
    assert decisions.mention.tolist() == [3, 3, 7]
    assert decisions.entity.tolist() == [6, 5, 5]
    scores = np.array([0.25, 0.5, 0.25]) * np.exp([2.0, 0.0, 0.0])  # the last is "none of these"
    assert decisions.share.tolist() == pytest.approx([*(scores / scores.sum())[:2], 0.5], abs=1e-5)


def test_equal_shares_keep_the_order_of_the_index():
    options = Options(np.array([0, 0]), np.array([9, 2]), np.array([0.5, 0.5]))
    assert decide(options, np.array([1.0, 1.0])).entity.tolist() == [9, 2]


def test_short_forms_give_way_to_longer_mentions_and_replace_shorter_ones():
    columns = np.array([(0, 0, 3, 5), (0, 4, 5, 6), (0, 6, 9, 7), (1, 0, 1, 8)]).T
    found = Found(*columns, np.zeros(4, dtype=np.int64))
    derived = [Derived(0, 4, 6, 0, Source.ABBREVIATION), Derived(0, 7, 8, 0, Source.ABBREVIATION)]
    merged, origin = with_derived(found, np.full(4, -1), derived)
    assert list(zip(*(column.tolist() for column in merged[:4]), strict=True)) == [
        (0, 0, 3, 5),
        (0, 4, 6, 5),
        (0, 6, 9, 7),
        (1, 0, 1, 8),
    ]
    assert origin.tolist() == [-1, 0, -1, -1]
    assert merged.source.tolist() == [0, Source.ABBREVIATION, 0, 0]
