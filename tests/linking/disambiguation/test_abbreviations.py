import dataclasses

import pytest

from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.disambiguation.abbreviations import defines, long_form_start

OFF = LinkerConfig(context_weight=0.0, coherence_weight=0.0, abbreviations=False, short_names=False)
ON = dataclasses.replace(OFF, abbreviations=True)


def links(graph, text, config=ON):
    doc = EntityLinker(graph, config=config)(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        ("AML", "acute myeloid leukemia", True),
        ("HMM", "hidden Markov model", True),
        ("CsA", "cyclosporine", False),
        ("CsA", "cyclosporine A", True),
        ("CS", "cyclosporine", True),
        ("TGF-b1", "transforming growth factor beta 1", True),
        ("AML", "myeloid leukemia", False),
        ("aml", "acute myeloid leukemia", False),
        ("A", "asthma", False),
        ("ABCDEFGHIJK", "a b c d e f g h i j k and more", False),
        ("2003", "in the year 2003 of them", False),
        ("(A", "an asthma", False),
        ("AZT", "AZT", False),
    ],
)
def test_what_defines_what(short, long, expected):
    assert defines(short, long) is expected


def test_the_long_form_is_the_shortest_that_begins_a_word():
    assert long_form_start("LE", "systemic lupus erythematosus") == len("systemic ")
    assert long_form_start("XY", "systemic lupus") is None


def test_a_defined_short_form_takes_the_candidates_of_the_long_one(shared_graph):
    text = "He has acute myeloid leukemia (AML). AML is treated."
    assert links(shared_graph, text) == [
        ("acute myeloid leukemia", "aml"),
        ("AML", "aml"),
        ("AML", "aml"),
    ]
    assert links(shared_graph, text, OFF) == [("acute myeloid leukemia", "aml"), ("AML", "lab"), ("AML", "lab")]


def test_the_long_form_may_stand_in_the_brackets(shared_graph):
    assert links(shared_graph, "CS (cyclosporine) works. Two CSs do not.") == [
        ("CS", "csa"),
        ("cyclosporine", "csa"),
        ("CSs", "csa"),
    ]


def test_short_forms_of_several_tokens(shared_graph):
    words = ["AM", "-", "L", "(", "acute", "myeloid", "leukemia", ")", "or", "AM", "-", "L", "."]
    doc = EntityLinker(shared_graph, config=ON).link_words([words])[0]
    assert [(span.start, span.end, span.kb_id_) for span in doc.spans["kgattn"]] == [
        (0, 3, "aml"),
        (4, 7, "aml"),
        (9, 12, "aml"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "AML came before. Then acute myeloid leukemia was seen.",
        "acute myeloid leukemia, AML, and others",
        "chronic leukemia (AML)",
        "acute myeloid leukemia (see AML there)",
        "acute myeloid leukemia (",
    ],
)
def test_what_defines_nothing(shared_graph, text):
    assert all(entity != "aml" for form, entity in links(shared_graph, text) if form == "AML")


def test_a_definition_holds_in_its_own_document_and_from_there_on(shared_graph):
    linker = EntityLinker(shared_graph, config=ON)
    docs = list(linker.pipe(["AML? acute myeloid leukemia (AML)", "AML again"]))
    assert [[span.kb_id_ for span in doc.spans["kgattn"]] for doc in docs] == [["lab", "aml", "aml"], ["lab"]]


def test_no_definition_reaches_into_the_document_beside(shared_graph):
    texts = [
        "CS (cyclosporine) works. CS",
        "(cyclosporine) has no name before it, CS",
        "cyclosporine) CS",
        "It is cyclosporine",
        "(CS) is not its name, nor CS",
        "(cyclosporine",
    ]
    linker = EntityLinker(shared_graph, config=ON)
    together = [[(span.text, span.kb_id_) for span in doc.spans["kgattn"]] for doc in linker.pipe(texts)]
    assert together == [links(shared_graph, text) for text in texts]
    assert together[0] == [("CS", "csa"), ("cyclosporine", "csa"), ("CS", "csa")]
    assert all(("CS", "csa") not in found for found in together[1:])
