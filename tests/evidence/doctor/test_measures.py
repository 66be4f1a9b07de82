"""Coverage, links, ambiguity, purity and pairs against counts made by hand."""

import math

import pytest

from kgattn.errors import LinkingError
from kgattn.evidence.doctor.ambiguity import Ambiguity
from kgattn.evidence.doctor.coverage import Coverage, Covered, LinkQuality
from kgattn.evidence.doctor.linked import link_text
from kgattn.evidence.doctor.pairs import JoinedPairs
from kgattn.evidence.doctor.purity import TypePurity
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker
from kgattn.ner.corpus import Sentence

ROWS = [
    ("[city Berlin ] is in [country Germany ] now", [(0, 1, "Berlin"), (3, 4, "Germany", "Germania")]),
    ("the [event United Kingdom election ] in may", [(1, 3, "United Kingdom"), (5, 6, "May")]),
    ("[city Nowhere ] is small", []),
]
NAMES = ("Berlin", "Germany", "Paris", "France", "Bonn", "May", "United Kingdom")


@pytest.fixture
def cities() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples(
        [("Berlin", "in", "Germany"), ("Paris", "in", "France"), ("Bonn", "in", "Germany")],
        labels={"Germania": "Germany"} | {name: name for name in NAMES},
        types={"Berlin": ["place", "city"], "Germany": ["place"], "Paris": ["place", "city"], "France": ["place"]},
    )


def test_coverage_by_hand(linked):
    coverage = Coverage.of(linked(ROWS), frozenset({"germany", "nowhere"}))
    assert coverage.total == Covered(gold=4, exact=2, partial=1)
    assert (coverage.total.none, coverage.total.exact_share) == (1, 0.5)
    assert coverage.seen == Covered(2, 1, 0)
    assert coverage.unseen == Covered(2, 1, 1)
    assert coverage.by_type == {"city": Covered(2, 1, 0), "country": Covered(1, 1, 0), "event": Covered(1, 0, 1)}


def test_links_by_hand(linked):
    links = LinkQuality.of(linked(ROWS))
    assert (links.links, links.exact, links.touching) == (4, 2, 1)
    assert (links.words, links.linked_words, links.linked_sentences, links.sentences) == (14, 5, 2, 3)
    assert links.precision == 0.5


def test_nothing_linked_is_no_division_by_zero(linked, cities):
    nothing = linked([("[city Nowhere ] is small", [])])
    assert LinkQuality.of(nothing).precision == 0
    assert Ambiguity.of(nothing).candidates_per_link == 0
    assert JoinedPairs.of(nothing, cities).pairs == 0
    assert TypePurity.of(nothing, cities) == TypePurity(0.0, 0.0, 0.0, ())


def test_ambiguity_by_hand(linked):
    ambiguity = Ambiguity.of(linked(ROWS))
    assert (ambiguity.links, ambiguity.ambiguous, ambiguity.candidates) == (4, 1, 5)
    assert ambiguity.prior == pytest.approx((1 + 0.5 + 1 + 1) / 4)


def test_an_entity_with_two_types_counts_half_for_each(linked, cities):
    split = linked(
        [
            ("[city Berlin ] and [city Paris ]", [(0, 1, "Berlin"), (2, 3, "Paris")]),
            ("[country Germany ] and France", [(0, 1, "Germany"), (2, 3, "France")]),
        ]
    )
    purity = TypePurity.of(split, cities)
    spread = {each.type_id: (each.links, each.labels) for each in purity.types}
    assert spread == {"place": (4, {"city": 2, "country": 1}), "city": (2, {"city": 2})}
    # table: place holds 1 city and 1 country, city holds 1 city
    assert purity.purity == pytest.approx(2 / 3)
    assert purity.commonest == pytest.approx(2 / 3)
    of_types = of_labels = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
    assert purity.nmi == pytest.approx((of_types + of_labels - math.log(3)) / of_types)
    assert purity.types[0].gold_share == pytest.approx(3 / 4)


def test_untyped_entities_are_a_type_of_their_own(linked, cities):
    purity = TypePurity.of(linked([("[city Bonn ] sleeps", [(0, 1, "Bonn")])]), cities)
    assert [(each.type_id, each.label, each.links) for each in purity.types] == [("", "no type", 1)]


def test_pairs_by_hand(linked, cities):
    split = linked(
        [
            ("Berlin Germany", [(0, 1, "Berlin"), (1, 2, "Germania", "Germany")]),  # a triple, by the second candidate
            ("Berlin Bonn", [(0, 1, "Berlin"), (1, 2, "Bonn")]),  # siblings, two triples apart
            ("Berlin Paris", [(0, 1, "Berlin"), (1, 2, "Paris")]),  # nothing
            ("Berlin Berlin", [(0, 1, "Berlin"), (1, 2, "Berlin")]),  # one entity
            ("New Berlin", [(0, 2, "Berlin"), (1, 2, "Germany")]),  # alternatives overlap
        ]
    )
    pairs = JoinedPairs.of(split, cities)
    assert (pairs.sentences, pairs.pairs) == (5, 3)
    assert (pairs.joined, pairs.joined_sentences, pairs.near, pairs.near_sentences) == (1, 1, 2, 2)


def test_links_come_as_the_linker_gives_them(cities):
    sentences = [Sentence(("Berlin", "sleeps"), ("O", "O")), Sentence(("Nowhere",), ("O",))]
    text = link_text(EntityLinker(cities), cities, sentences)
    assert [[(link.start, link.end, link.best) for link in row] for row in text.links] == [[(0, 1, "Berlin")], []]
    assert (text.num_links, text.num_words, text.num_linked_words) == (1, 3, 1)


def test_a_linker_of_another_graph_is_refused(cities):
    other = EntityLinker(KnowledgeGraph.from_triples([("Rome", "in", "Italy")]))
    with pytest.raises(LinkingError, match="must link to the given graph, got its entity 'Rome'"):
        link_text(other, cities, [Sentence(("Rome",), ("O",))])


def test_documents_of_other_words_are_refused(cities):
    class Shortened:
        def link_words(self, sentences):
            return EntityLinker(cities).link_words([words[1:] for words in sentences])

    with pytest.raises(LinkingError, match="expected one document a sentence with its very words"):
        link_text(Shortened(), cities, [Sentence(("old", "Berlin"), ("O", "O"))])
