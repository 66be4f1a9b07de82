"""The linker against the reference matcher: on many made-up texts, and on real corpora with real graphs."""

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_data.registry import BUILDERS
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig, loops
from kgattn.linking.config import VARIANTS
from kgattn.ner.corpus import read_sentences
from tests.linking.reference_matcher import ReferenceMatcher
from tests.linking.test_matching import FORMS, MATCHING_ALONE, NOISE, assert_same_links, links

WORDS = [
    *FORMS,
    *NOISE,
    "St.",
    "O'Brien",
    "o’brien",
    "x-ray",
    "X-Ray",
    "ﬁn",
    "ﬁnland",
    "Finland",
    "e\u0301",
    "é",
    "\u00ad",
]
GAPS = st.sampled_from([" "] * 6 + ["", "-", "\u00a0", "  ", "\n", "\n\n", "\t", "/"])
PIECES = st.lists(
    st.tuples(st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4), GAPS), max_size=14
)
TEXTS = PIECES.map(lambda pairs: "".join(part + gap for part, gap in pairs))
ALIASES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=12)


@st.composite
def cases(draw):
    aliases = draw(ALIASES)
    labels = {f"e{number}": alias for number, alias in enumerate(aliases)} | {"any": "Atlantis"}
    return labels, draw(st.lists(TEXTS, min_size=20, max_size=20))


def check(nlp, case):
    labels, texts = case
    graph = KnowledgeGraph.from_triples([], labels=labels)
    linker = EntityLinker(graph, nlp, LinkerConfig(**MATCHING_ALONE))
    reference = ReferenceMatcher(graph, linker.config, nlp.Defaults.stop_words)
    for doc in linker.pipe(texts):
        assert_same_links(links(doc), reference.link(doc))


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en")


@pytest.fixture(scope="module", autouse=True, params=["compiled", "arrays"])
def way(request):
    """Both ways to match, one after the other."""
    if request.param == "compiled" and loops.compiled is None:
        pytest.skip("the compiled matching was not built here: no C compiler")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "arrays":
            for name in ("compiled", "words", "docs"):
                patch.setattr(loops, name, None)
        yield


@given(case=cases())
@settings(max_examples=15, deadline=None)  # of twenty texts each
def test_three_hundred_texts(nlp, case):
    check(nlp, case)


@pytest.mark.slow
@given(case=cases())
@settings(max_examples=500, deadline=None)
def test_ten_thousand_texts(nlp, case):
    check(nlp, case)


REAL = [
    ("mesh_drugs", "bc5cdr", "en"),
    ("disease_ontology", "bc5cdr", "en"),
    ("fb15k237", "crossner", "en"),
    ("dbp15k_en", "crossner", "en"),
    ("fb15k237", "wnut17", "en"),
    ("dbp15k_zh", "uner_zh_gsdsimp", "zh"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("graph_name", "corpus", "language"), REAL)
def test_real_corpora(data_dir, graph_name, corpus, language):
    builder = BUILDERS[graph_name]
    graph = builder.build(data_dir / builder.folder)
    linker = EntityLinker(graph, language, LinkerConfig(**{**MATCHING_ALONE, "variants": VARIANTS}))
    reference = ReferenceMatcher(graph, linker.config, linker.nlp.Defaults.stop_words, language)
    files = [path for path in sorted((data_dir / corpus).rglob("*")) if path.suffix not in ("", ".md")]
    count = 0
    for path in files:
        sentences = [sentence.words for sentence in read_sentences(path)]
        space = "" if language == "zh" else " "
        whole = linker.pipe(space.join(words) for words in sentences)
        for docs in (linker.link_words(sentences), whole):
            for doc in docs:
                expected = reference.link(doc)
                count += len(expected)
                assert_same_links(links(doc), expected)
    assert count > 1000
