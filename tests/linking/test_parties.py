import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.config import DEFAULT_VARIANTS
from kgattn.linking.parties import party


@pytest.mark.parametrize(
    ("alias", "names"),
    [
        ("Green Party", ["Greens"]),
        ("Green Party of Canada", ["Green Party", "Greens"]),
        ("Liberal Party of the United States", ["Liberal Party", "Liberals"]),
        ("African Party for the Independence of Guinea", ["African Party"]),
        ("Ulster Unionist Party", ["Ulster Unionists"]),
        ("Italian Socialist Party", ["Italian Socialists", "Socialist Party", "Socialists"]),
        ("Social Democratic Party", ["Social Democrats"]),
        ("Swedish People's Party of Finland", ["Swedish People's Party", "People's Party"]),
        ("British Columbia Liberal Party", ["British Columbia Liberals"]),
        ("Christian Democratic Party", ["Christian Democrats"]),  # no country
        ("Workers' Party", []),
        ("Italian Party", []),
        ("Party of Regions", []),
        ("The Birthday Party", []),
        ("green party of canada", []),
        ("Peace and Freedom Party of Utah", []),
        ("Liberal Partying of Utah", []),
        ("Liberal Party Conference", []),
        ("Liberal Party of", []),
        ("Liberal Democrats", []),
        ("", []),
    ],
)
def test_short_names_of_parties(alias, names):
    assert list(party(alias, "en")) == names
    assert list(party(alias, "fr")) == []


SILENT = {"context_weight": 0.0, "coherence_weight": 0.0}  # so that no party needs evidence


def links(text, **config):
    labels = {
        "ca": "Green Party of Canada",
        "it": "Italian Green Party",
        "uk": "Conservative Party",
        "x": "Reform Party",
    }
    doc = EntityLinker(KnowledgeGraph.from_triples([], labels=labels), config=LinkerConfig(**config, **SILENT))(text)
    return [(span.text, {one.entity_id for one in span._.kg_candidates}) for span in doc.spans["kgattn"]]


def test_texts_hold_short_names_of_parties_with_a_capital_where_they_are_asked_for():
    text = "the Greens, the Green Party, greens and conservatives, the Conservatives; reforms by the Reform Party"
    both = {"ca", "it"}
    known = [("Reform Party", {"x"})]
    assert links(text, variants=("party",)) == [
        ("Greens", both),
        ("Green Party", both),
        ("Conservatives", {"uk"}),
        *known,
    ]
    assert links(text, variants=DEFAULT_VARIANTS) == known


def test_a_party_of_that_name_goes_before():
    labels = {"ca": "Green Party of Canada", "x": "Green Party"}
    doc = EntityLinker(KnowledgeGraph.from_triples([], labels=labels), config=LinkerConfig(variants=("party",)))(
        "the Green Party won"
    )
    assert [[one.entity_id for one in span._.kg_candidates] for span in doc.spans["kgattn"]] == [["x"]]
