import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig

LABELS = {
    "city": "Bendigo, Victoria",
    "state": "Victoria",
    "country": "Australia",
    "town": "Bendigo, Victoria, Australia",
    "capital": "Washington, D.C.",
    "prince": "Charles, Prince of Wales",
    "title": "Prince of Wales",
    "college": "University of Australia, Victoria",
    "drug": "acid, acetic",
    "taste": "acetic",
    "film": "Anna, Bea and Cleo",
    "Anna": "Anna",
    "97": "Dutch election, 1997",
    "05": "Dutch election, 2005",
    "next": "2005 Dutch election board",
}
ALIASES = {"capital": ["D.C."]}


def graph():
    return KnowledgeGraph.from_triples([], labels=LABELS, aliases=ALIASES)


def links(text, **config):
    doc = EntityLinker(graph(), config=LinkerConfig(**config))(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in Bendigo, Victoria.", [("Bendigo", "city"), ("Victoria", "state")]),
        ("in Bendigo , Victoria and Australia", [("Bendigo", "city"), ("Victoria", "state"), ("Australia", "country")]),
        ("in Bendigo, Victoria, Australia", [("Bendigo, Victoria, Australia", "town")]),  # no alias behind the comma
        ("in Washington, D.C. now", [("Washington, D.C.", "capital")]),  # means the same
        ("when Charles, Prince of Wales, spoke", [("Charles, Prince of Wales", "prince")]),
        ("the University of Australia, Victoria", [("University of Australia, Victoria", "college")]),
        ("some acid, acetic", [("acid, acetic", "drug")]),
        ("saw Anna, Bea and Cleo", [("Anna, Bea and Cleo", "film")]),
        ("the Dutch election, 1997", [("Dutch election, 1997", "97")]),
        ("nothing, here", []),
    ],
)
def test_a_place_and_what_it_lies_in_are_two_mentions(text, found):
    assert links(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1992 Dutch election, 1997 Dutch election", [("1997 Dutch election", "97")]),
        (
            "1992 Dutch election, 1997 Dutch election, 2005 Dutch election or later",
            [("1997 Dutch election", "97"), ("2005 Dutch election", "05")],
        ),
        ("1992 Dutch election, 2005 Dutch election board", [("2005 Dutch election board", "next")]),
        ("1992 Dutch election, 1997", []),
    ],
)
def test_in_a_list_with_the_year_first_a_year_belongs_to_what_follows(text, found):
    assert links(text) == found


def test_without_the_setting_a_name_with_a_comma_is_one_mention():
    assert links("in Bendigo, Victoria.", commas=False) == [("Bendigo, Victoria", "city")]
    assert links("1992 Dutch election, 1997 Dutch election", commas=False) == []


def test_documents_of_a_batch_do_not_touch():
    docs = EntityLinker(graph()).pipe(
        ["Bendigo, Victoria", "a", "1992 Dutch election, 1997 Dutch election", "Bendigo,"]
    )
    assert [[span.text for span in doc.spans["kgattn"]] for doc in docs] == [
        ["Bendigo", "Victoria"],
        [],
        ["1997 Dutch election"],
        [],
    ]


def test_the_whole_name_is_kept_among_the_alternatives():
    doc = EntityLinker(graph(), config=LinkerConfig(overlaps="all"))("in Bendigo, Victoria.")
    assert [span.text for span in doc.spans["kgattn_alternatives"]] == ["Bendigo, Victoria"]
