"""What one stage of the linker has settled, no later one undoes."""

import pickle

import pytest

from kgattn.errors import ConfigError, LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig

LABELS = {
    "aml": "acute myeloid leukemia",
    "merkel": "Angela Merkel",
    "film": "300 (film)",
    "novel": "1984 (novel)",
    "aids": "AIDS (disease)",
    "berliner": "Berliner",
}


def marked(text, **settings):
    linker = EntityLinker(KnowledgeGraph.from_triples([], labels=LABELS), config=LinkerConfig(**settings))
    doc = linker(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


def test_a_variant_asks_for_what_its_own_shape_asks_for():
    text = "In 1984 about 300 people fell ill; Aids, aids and AIDS"
    assert marked(text) == [("AIDS", "aids")]


def test_the_stop_list_holds_for_short_forms_too():
    text = "acute myeloid leukemia (AML) and AML. Angela Merkel spoke. Then Merkel left."
    whole = [("acute myeloid leukemia", "aml"), ("Angela Merkel", "merkel")]
    short = [("AML", "aml"), ("AML", "aml"), ("Merkel", "merkel")]
    assert sorted(marked(text)) == sorted(whole + short)
    assert marked(text, stop_list=("AML", "Merkel")) == whole


def test_each_abbreviation_stands_for_the_definition_before_it():
    labels = {"a": "acute myeloid", "b": "air mass"}
    doc = EntityLinker(KnowledgeGraph.from_triples([], labels=labels))(
        "acute myeloid (AM), AM and AMs. air mass (AM), AM. acute myeloid (AM)."
    )
    short = [span.kb_id_ for span in doc.spans["kgattn"] if span.text.startswith("AM")]
    assert short == ["a", "a", "a", "b", "b", "a"]


def test_fuzzy_leaves_what_matching_has_judged():
    assert marked("we met berliner there", fuzzy=True, case="shape") == []
    assert marked("we met Berlinner there", fuzzy=True) == [("Berlinner", "berliner")]
    with pytest.raises(ConfigError, match="fuzzy finds what is only nearly an alias"):
        LinkerConfig(fuzzy=True, case="exact")


def test_the_threshold_counts_how_near_a_fuzzy_mention_is():
    assert marked("we met Berlinner there", fuzzy=True, nil_threshold=0.99) == []


def test_a_linker_pickles_after_it_has_read_words():
    linker = EntityLinker(KnowledgeGraph.from_triples([], labels=LABELS), config=LinkerConfig(fuzzy=True))
    linker("we met Berlinner there")
    again = pickle.loads(pickle.dumps(linker))("we met Berlinner there")
    assert [span.kb_id_ for span in again.spans["kgattn"]] == ["berliner"]


def test_no_process_is_an_error():
    linker = EntityLinker(KnowledgeGraph.from_triples([], labels=LABELS))
    with pytest.raises(LinkingError, match="n_process must be at least 1, got 0"):
        linker.pipe(["a"], n_process=0)
