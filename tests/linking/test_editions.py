import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig

LABELS = {
    "Q1": "French presidential election",
    "Q2": "French presidential election, 2007",
    "Q3": "Lisbon",
    "Q4": "Treaty of Lisbon",
    "Q5": "Lisbon Treaty 1990",
}


def links(text, language="en", **config):
    doc = EntityLinker(KnowledgeGraph.from_triples([], labels=LABELS), language, LinkerConfig(**config))(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the 1995 French presidential election", [("1995 French presidential election", "Q1")]),
        ("the May 1995 French presidential election", [("May 1995 French presidential election", "Q1")]),
        ("1995 French presidential election", [("1995 French presidential election", "Q1")]),
        ("the 2007 French presidential election", [("2007 French presidential election", "Q2")]),  # known itself
        ("all 12 French presidential election days", [("French presidential election", "Q1")]),
        ("the French presidential election", [("French presidential election", "Q1")]),
        ("the 1995 Treaty of Lisbon", []),  # no event that comes again
        ("the 1995 Lisbon elections", []),
        ("Lisbon Treaty 1990 French presidential election", [("Lisbon Treaty 1990", "Q5")]),  # the year is taken
    ],
)
def test_a_year_before_a_recurring_event_belongs_to_its_name(text, found):
    assert links(text) == found


def test_without_the_setting_and_in_other_languages_a_name_with_a_year_is_a_part():
    text = "the 1995 French presidential election"
    assert links(text, editions=False) == []
    assert links(text, "fr") == []
    assert links(text, editions=False, whole_names=False) == [("French presidential election", "Q1")]


def test_each_document_has_its_own_years():
    linker = EntityLinker(KnowledgeGraph.from_triples([], labels=LABELS))
    docs = list(linker.pipe(["in Lisbon 1995", "French presidential election", "1995 French presidential election"]))
    assert [[span.text for span in doc.spans["kgattn"]] for doc in docs] == [
        ["Lisbon"],
        ["French presidential election"],
        ["1995 French presidential election"],
    ]
