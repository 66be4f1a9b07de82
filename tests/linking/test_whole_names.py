import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig

LABELS = {"Q1": "United Kingdom", "Q2": "Ben", "Q3": "Paris", "Q4": "WHO", "Q5": "fever", "Q6": "Senator"}


@pytest.mark.parametrize(
    ("text", "found", "matched"),
    [
        ("in the 2001 United Kingdom general election", [], ["United Kingdom"]),
        ("in the United Kingdom general election", ["United Kingdom"], ["United Kingdom"]),
        ("the 12 United Kingdom offices", ["United Kingdom"], ["United Kingdom"]),
        ("so Ben Carson said", [], ["Ben"]),
        ("so Ben said", ["Ben"], ["Ben"]),
        ("near Port Paris today", [], ["Paris"]),
        ("Yesterday Paris slept", ["Paris"], ["Paris"]),  # the first word has a capital anyway
        ("it ended. Then Paris slept", ["Paris"], ["Paris"]),
        ("the Paris UUP office", ["Paris"], ["Paris"]),  # capitals alone say nothing
        ("from The Paris we knew", ["Paris"], ["Paris"]),
        ("with Senator Ben alone", ["Senator", "Ben"], ["Senator", "Ben"]),  # both are mentions
        ("12 fever cases and Fever", ["fever", "Fever"], ["fever", "Fever"]),
        ("the WHO Office", [], ["WHO"]),
    ],
)
def test_parts_of_longer_names_are_no_mentions(text, found, matched):
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    linker = EntityLinker(graph, config=LinkerConfig(common_words="none"))
    doc = linker(text)
    assert [span.text for span in doc.spans["kgattn"]] == found
    everything = EntityLinker(graph, config=LinkerConfig(common_words="none", whole_names=False))
    doc = everything(text)
    assert [span.text for span in doc.spans["kgattn"]] == matched


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("then General Ada Byron spoke", ["Ada Byron"]),
        ("under Generals Ada Byron and others", ["Ada Byron"]),
        ("they met Dr. Ada Byron and Sen. Ada Byron", ["Ada Byron", "Ada Byron"]),
        ("the Paris Mayor spoke", ["Paris"]),
        ("so General Ben spoke", []),  # of one word: "General Motors"
        ("so General Manager Ada Byron spoke", []),
        ("the Paris Opera opened", []),
        ("so Ada Byron Carson spoke", []),
    ],
)
def test_titles_beside_a_name_make_it_no_part(text, found):
    graph = KnowledgeGraph.from_triples([], labels={"Q1": "Ada Byron", "Q2": "Ben", "Q3": "Paris"})
    doc = EntityLinker(graph, config=LinkerConfig(short_names=False))(text)
    assert [span.text for span in doc.spans["kgattn"]] == found
    doc = EntityLinker(graph, config=LinkerConfig(short_names=False, titles=False))(text)
    assert len(doc.spans["kgattn"]) == 0


PARTIES = {"Q1": "Liberal Party", "Q2": "Liberal Party of Canada", "Q3": "Republican", "Q4": "Maine", "Q5": "Sinn Féin"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("beat Liberal Party Joe Dickson and", ["Liberal Party"]),
        ("beat Liberal Party of Canada Joe Dickson", ["Liberal Party of Canada"]),
        ("and Republican Joe E. Dickson won", ["Republican"]),
        ("the Governor of Maine Joe Dickson", ["Maine"]),
        ("beat Liberal Party Joe and", []),  # one word is no person's name
        ("the Liberal Party Annual Conference met", []),
        ("the Republican National Committee met", []),
        ("the town of Maine Joe Dickson", []),
        ("beat Sinn Féin Joe Dickson", []),  # not known for a party by its words
        ("ended with Liberal Party Joe", []),
    ],
)
def test_a_party_or_an_office_before_a_persons_name_is_no_part_of_it(text, found):
    graph = KnowledgeGraph.from_triples([], labels=PARTIES)
    doc = EntityLinker(graph)(text)
    assert [span.text for span in doc.spans["kgattn"]] == found
    doc = EntityLinker(graph, config=LinkerConfig(titles=False))(text)
    assert len(doc.spans["kgattn"]) == 0


def test_titles_are_those_of_the_language():
    graph = KnowledgeGraph.from_triples([], labels={"Q1": "Ada Byron"})
    doc = EntityLinker(graph, "fr")("avec General Ada Byron hier")
    assert len(doc.spans["kgattn"]) == 0


def test_languages_that_write_nouns_with_a_capital_keep_all():
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    doc = EntityLinker(graph, "de")("nahe Paris Arbeit")
    assert [span.text for span in doc.spans["kgattn"]] == ["Paris"]
