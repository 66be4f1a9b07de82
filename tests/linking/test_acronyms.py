import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker
from kgattn.linking.acronyms import acronym


@pytest.mark.parametrize(
    ("alias", "letters"),
    [
        ("Ulster Unionist Party", ["UUP"]),
        ("Union of the Democratic Centre", ["UDC"]),
        ("Social-Democratic People's Party", ["SDPP"]),
        ("Partido Socialista de Chile", ["PSC"]),
        ("John Fitzgerald Kennedy", []),  # no organisation
        ("What Lies Beneath", []),
        ("Labour Party", []),  # two letters mean too much
        ("Union of all Democratic Centres", []),
        ("party of european socialists", []),
        ("NATO Military Committee", []),
        ("Conference, General Party Organisation", []),
        ("Arsenal F.C. Supporters Club", []),
        ("United Great Northern South Eastern Party", []),  # longer than an acronym is
        ("Party of the  Left Front", []),
        ("", []),
    ],
)
def test_acronyms(alias, letters):
    assert list(acronym(alias, "en")) == letters
    assert list(acronym(alias, "de")) == []


def test_texts_hold_acronyms_in_capitals_alone_and_a_name_of_its_own_goes_before():
    labels = {"Q1": "Internet Traffic Union", "Q2": "New Dance Party", "Q3": "World Health Organization", "Q4": "NDP"}
    doc = EntityLinker(KnowledgeGraph.from_triples([], labels=labels))("itu, ITU, WHO, who and NDP")
    assert [(span.text, span.kb_id_) for span in doc.spans["kgattn"]] == [("ITU", "Q1"), ("WHO", "Q3"), ("NDP", "Q4")]
