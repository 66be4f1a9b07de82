import pytest

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.branches import SHARE

LABELS = {
    "lib": "Liberal Party",
    "soc": "Socialist Party",
    "ca": "Socialist Party of Canada",
    "man": "Manitoba",
    "can": "Canada",
    "usa": "United States",
    "un": "United Nations Organisation",
    "war": "Winter War",
    "par": "Parliament",
    "ore": "zeolite",
    "acr": "CAN",
    "band": "garden party",
    "long": "Kingdom of Great Britain and Ireland",
}


def links(text, language="en", **config):
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    doc = EntityLinker(graph, language, LinkerConfig(**{"branches": True, **config}))(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the Manitoba Liberal Party", [("Manitoba Liberal Party", "lib")]),
        ("a Socialist Party of Manitoba", [("Socialist Party of Manitoba", "soc")]),
        ("Socialist Party of the United States", [("Socialist Party of the United States", "soc")]),
        ("Manitoba Liberal Party of Canada", [("Manitoba Liberal Party of Canada", "lib")]),
        ("the Socialist Party of Canada", [("Socialist Party of Canada", "ca")]),  # known itself
        ("Manitoba, Liberal Party", [("Manitoba", "man"), ("Liberal Party", "lib")]),
        ("Liberal Party in Manitoba", [("Liberal Party", "lib"), ("Manitoba", "man")]),
        ("Liberal Party of that Manitoba", [("Liberal Party", "lib"), ("Manitoba", "man")]),
        ("Manitoba Winter War", [("Manitoba", "man"), ("Winter War", "war")]),  # no organisation
        ("Winter War of Manitoba", [("Winter War", "war"), ("Manitoba", "man")]),
        ("Parliament of Canada", [("Parliament", "par"), ("Canada", "can")]),  # one word says too little
        ("Manitoba Parliament", [("Manitoba", "man"), ("Parliament", "par")]),
        ("zeolite Liberal Party", [("zeolite", "ore"), ("Liberal Party", "lib")]),
        ("Liberal Party of zeolite", [("Liberal Party", "lib"), ("zeolite", "ore")]),
        ("Manitoba garden party", [("Manitoba", "man"), ("garden party", "band")]),
        (
            "United Nations Organisation Liberal Party",
            [("United Nations Organisation", "un"), ("Liberal Party", "lib")],
        ),
        (
            "Liberal Party of Kingdom of Great Britain and Ireland",
            [("Liberal Party", "lib"), ("Kingdom of Great Britain and Ireland", "long")],
        ),
        ("Liberal Party of Manitoba Socialist Party", [("Liberal Party", "lib"), ("Manitoba Socialist Party", "soc")]),
        ("CAN Liberal Party", [("CAN", "acr"), ("Liberal Party", "lib")]),
        ("nothing here", []),
    ],
)
def test_a_place_beside_an_organisation_belongs_to_its_name(text, found):
    assert links(text) == found


def test_without_the_setting_and_in_other_languages_they_are_apart():
    text = "the Manitoba Liberal Party"
    apart = [("Manitoba", "man"), ("Liberal Party", "lib")]
    assert links(text, branches=False) == apart
    assert links(text, "fr") == apart


def test_a_branch_is_less_sure_than_a_name_in_full():
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    doc = EntityLinker(graph)("the Manitoba Liberal Party (MLP) and the Winter War")
    shares = {span.text: span._.kg_candidates[0].prior for span in doc.spans["kgattn"]}
    assert shares == {"Manitoba Liberal Party": SHARE, "MLP": SHARE, "Winter War": 1.0}
    strict = EntityLinker(graph, config=LinkerConfig(nil_threshold=0.5))
    assert len(strict("the Manitoba Liberal Party").spans["kgattn"]) == 0


def test_a_branch_defines_its_short_form():
    assert links("the Manitoba Liberal Party (MLP); MLP won")[1:] == [("MLP", "lib"), ("MLP", "lib")]


def test_mentions_of_two_documents_do_not_touch():
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    linker = EntityLinker(graph, config=LinkerConfig(branches=True))
    docs = linker.pipe(["in Manitoba", "Liberal Party", "of Canada", "in Manitoba Liberal Party"])
    assert [[span.text for span in doc.spans["kgattn"]] for doc in docs] == [
        ["Manitoba"],
        ["Liberal Party"],
        ["Canada"],
        ["Manitoba Liberal Party"],
    ]


def test_places_are_kept_among_the_alternatives():
    graph = KnowledgeGraph.from_triples([], labels=LABELS)
    doc = EntityLinker(graph, config=LinkerConfig(branches=True, overlaps="all"))("the Manitoba Liberal Party")
    assert [span.text for span in doc.spans["kgattn_alternatives"]] == ["Manitoba", "Liberal Party"]
