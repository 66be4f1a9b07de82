"""Documents linked one at a time get the mentions they get in a batch."""

import threading

import numpy as np
import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import LinkerConfig, loops
from kgattn.linking.build import build_index
from kgattn.linking.component import FACTORY, KgattnLinker
from kgattn.linking.lexicon import read_lexicon
from kgattn.linking.stream import AtomTable

pytestmark = pytest.mark.skipif(loops.plain is None, reason="not built here: no compiler, or another spaCy")
LABELS = {
    "Q1": "Jordan",
    "Q2": "Angela Merkel",
    "Q3": "presidential election",
    "Q4": "Liberal Party",
    "Q5": "Manitoba",
    "Q6": "acute leukemia",
    "Q7": "Washington, D.C.",
    "Q8": "isthmus",
    "NOUN": "ibuprofen",
    "Ω": "aspirin",
    "Q9": "x86",
}
WORDS = [
    "Jordan",
    "isthmus",
    "ibuprofen",
    "Angela",
    "Merkel",
    "presidential",
    "election",
    "Liberal",
    "Party",
    "Manitoba",
]
WORDS += ["acute", "leukemia", "Washington", ",", "D.C.", "aspirin", "x86", "The", "the", "of", "1984", "(", ")", "AML"]
WORDS += ["ten", "km", "10", "don", "'t", "naïve", "京", " ", "\n\n", "Ben", "NOUN", "Isthmuses", "ISTHMUS"]
DOCS = st.lists(st.lists(st.sampled_from(WORDS), max_size=14), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def index():
    graph = KnowledgeGraph.from_triples(
        [("Q1", "near", "Q8"), ("Q2", "member", "Q4")],
        labels=LABELS,
        aliases={"Q8": ["Jordan"], "Q2": ["Merkel"]},
        types={"Q2": ["human"], "Q1": ["country"]},
    )
    config = LinkerConfig()
    return build_index(graph, config, read_lexicon("en", frozenset(), config))


def pipeline(index):
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY).set_index(index)
    return nlp


def marked(nlp, texts, plain, spaces=None):
    """The documents as bytes, with what is stored of their mentions."""
    linker = nlp.get_pipe(FACTORY)
    spaces = spaces or [None] * len(texts)
    docs = [Doc(nlp.vocab, words=words, spaces=some) for words, some in zip(texts, spaces, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        if not plain:
            patch.setitem(linker.__dict__, "_plain", None)
        return [(doc.to_bytes(), list(doc.user_data.items())) for doc in linker.pipe(docs)]


@given(texts=DOCS, data=st.data())
@example(texts=[["the", "isthmus", "and", "aspirin"], ["ibuprofen"], []], data=None)
@settings(max_examples=150, deadline=None)
def test_mentions_are_those_of_a_batch(index, texts, data):
    spaces = [st.lists(st.booleans(), min_size=len(one), max_size=len(one)) for one in texts]
    spaces = [data.draw(one) for one in spaces] if data else None
    nlp = pipeline(index)
    expected = marked(nlp, texts, plain=False, spaces=spaces)
    assert marked(pipeline(index), texts, plain=True, spaces=spaces) == expected
    assert marked(nlp, texts, plain=True, spaces=spaces) == expected  # of tokens that are known by now


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("the isthmus and aspirin in the ibuprofen", True),
        ("we saw Manitoba and went on", True),
        ("nothing here", True),
        ("", True),
        ("acute leukemia (AML)", False),
        ("the 1984 presidential election", False),
        ("in Jordan it rains", False),  # two candidates
        ("the Manitoba Liberal Party", False),
        ("in New Manitoba", False),
        ("Washington, D.C. in spring", False),
        ("don't sleep by the isthmus", False),  # tokens that touch
    ],
)
def test_what_must_be_judged_is_left_to_the_stages(index, text, is_plain):
    nlp = pipeline(index)
    linker = nlp.get_pipe(FACTORY)
    linker(nlp.make_doc(", . ( ) [ ] 1984"))  # what is no plain word must be known
    for known in nlp.tokenizer.pipe([text]):
        linker._table.stream([known], index.trie.plain)
    doc = nlp.make_doc(text)
    assert linker._plain.link(doc) is is_plain
    assert ("kgattn" in doc.spans) is is_plain
    assert linker._plain.link(doc) is False or not is_plain  # what is marked is marked anew by the stages


@pytest.mark.parametrize(
    "settings", [{"overlaps": "all"}, {"nil_threshold": 0.5}, {"types": ("country",)}, {"fuzzy": True}]
)
def test_settings_that_judge_every_mention_leave_all_to_the_stages(settings):
    pytest.importorskip("rapidfuzz")
    graph = KnowledgeGraph.from_triples([], labels=LABELS, types={"Q1": ["country"]})
    config = LinkerConfig(**settings)
    linker = KgattnLinker(config, index=build_index(graph, config, read_lexicon("en", frozenset(), config)))
    assert linker._plain is None


def test_names_are_known_after_a_memory_zone(index):
    nlp = pipeline(index)
    for _ in range(2):
        with nlp.memory_zone():
            assert [doc.spans["kgattn"][0].kb_id_ for doc in nlp.pipe(["the isthmus", "the ibuprofen"])] == [
                "Q8",
                "NOUN",
            ]
    (doc,) = nlp.pipe(["the ibuprofen by the isthmus with aspirin"])
    assert [(span.kb_id_, span.label_) for span in doc.spans["kgattn"]] == [("NOUN", "KG"), ("Q8", "KG"), ("Ω", "KG")]


def test_documents_of_several_vocabularies_are_plain_each_by_itself(index):
    one, two = pipeline(index), spacy.blank("en")
    linker = one.get_pipe(FACTORY)
    docs = [nlp.make_doc(text) for nlp, text in ((one, "the isthmus"), (two, "the ibuprofen isthmus"))]
    assert [[span.kb_id_ for span in doc.spans["kgattn"]] for doc in linker.pipe(docs)] == [["Q8"], ["NOUN", "Q8"]]


def test_the_table_grows_with_long_documents_and_forgets_when_it_is_full(index, monkeypatch):
    monkeypatch.setattr("kgattn.linking.stream._MAX_CACHED_TOKENS", 9000)
    nlp = pipeline(index)
    linker = nlp.get_pipe(FACTORY)
    for first in (0, 2500, 5000, 7500, 0):
        words = [f"w{number}" for number in range(first, first + 2500)]
        doc = Doc(nlp.vocab, words=[*words, "isthmus", words[0], "Isthmus"])
        assert linker._plain.link(doc)
        assert [span.kb_id_ for span in doc.spans["kgattn"]] == ["Q8", "Q8"]
    assert linker._table.tokens.size <= 9000


def test_two_threads_share_a_linker(index):
    nlp = pipeline(index)
    texts = [f"word{number} by the isthmus y{number} with aspirin" for number in range(400)]
    found: dict[int, list[list[str]]] = {}

    def run(number):
        mine = pipeline(index)
        linker = nlp.get_pipe(FACTORY)
        found[number] = [
            [span.kb_id_ for span in doc.spans["kgattn"]] for doc in linker.pipe(mine.make_doc(text) for text in texts)
        ]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(found.values()) == [[["Q8", "Ω"]] * len(texts)] * 3


def test_rows_are_read_again_when_there_are_too_many(index):
    rows, ids = index.candidates.plain, index.entity_ids
    arrays = rows.offsets, rows.entities, rows.priors, np.asarray(ids.offsets), np.asarray(ids.data)
    few, many = loops.rows.Rows(*arrays, 2), loops.rows.Rows(*arrays, 10**6)
    asked = np.array([*range(len(rows.source)), 0, 1, 0, 2], dtype=np.int64)
    assert few.of(asked) == many.of(asked) == index.row_candidates.of(asked)


def test_a_damaged_index_is_an_error(index):
    trie, table = index.trie.plain, AtomTable()
    linker = KgattnLinker(index.config, index=index)
    assert linker._plain is not None
    child = np.where(trie.edge_child > 0, np.int32(2**31 - 1), trie.edge_child)
    rows = index.candidates.plain
    columns = rows.source, rows.offsets, rows.entities, np.empty(0, np.uint8)
    broken = type(trie)(*(child if name == "edge_child" else getattr(trie, name) for name in trie.__annotations__))
    keys = "kgattn", "KG", "kg_candidates"
    plain = loops.plain.PlainLinker(table, broken, index.row_candidates.compiled, *columns, False, keys, 3, 2)
    with pytest.raises(LinkingError, match="the linker index is damaged: delete it and build it again"):
        plain.link(spacy.blank("en").make_doc("the isthmus"))
