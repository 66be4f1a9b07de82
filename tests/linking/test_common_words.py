import importlib.util
import sys

import pytest

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.common_words import count_words, lemmas, read_common_words

TEXT = "general patients combined Lead and lead in May or may; Union, left kidney: nephritis"
LABELS = {
    "Q1": "general officer",
    "Q2": "nephritis",
    "Q3": "Union",
    "Q4": "Lead",
    "Q5": "May",
    "Q6": "kidney",
    "Q7": "left",
}
ALIASES = {"Q1": ["general"]}


def found(text=TEXT, language="en", **config):
    linker = EntityLinker(
        KnowledgeGraph.from_triples([], labels=LABELS, aliases=ALIASES), language, LinkerConfig(**config)
    )
    doc = linker(text)
    return [span.text for span in doc.spans["kgattn"]]


def test_everyday_words_are_no_mentions():
    assert found(stop_words=False) == ["kidney", "nephritis"]
    assert found(stop_words=False, common_words="none", whole_names=False) == [
        *("general", "Lead", "May", "Union", "left", "kidney", "nephritis"),
    ]


def test_the_threshold_decides_and_labels_get_more():
    assert "kidney" in found(common_word_zipf=4.0)
    assert "kidney" not in found(common_word_zipf=3.0)
    assert "general" in found(common_word_zipf=5.9)


def test_other_languages_have_no_bundled_words():
    assert "general" in found(language="de")


def test_a_file_of_your_own(tmp_path):
    path = tmp_path / "words.tsv"
    path.write_text("# mine\nword\tzipf\nNephritis\t6.5\n\n")
    assert found("general nephritis", common_words=str(path)) == ["general"]
    path.write_text("word\tzipf\nNephritis\t6.5\n", encoding="utf-8-sig")
    assert found("general nephritis", common_words=str(path)) == ["general"]


def test_words_are_counted_without_labels(tmp_path):
    zipf = count_words(["The kidney, the kidney; the liver", "Kidney in May"])
    assert set(zipf) == {"the", "kidney", "liver", "in"}
    assert zipf["kidney"] == pytest.approx(zipf["liver"] + 0.30103, abs=1e-4)
    assert count_words([]) == {}


@pytest.mark.parametrize(
    ("text", "message"), [("water", "line 1: expected a word, a tab"), ("a\tmuch", "got 'a.tmuch'")]
)
def test_malformed_files_are_refused(tmp_path, text, message):
    path = tmp_path / "words.tsv"
    path.write_text(text)
    with pytest.raises(LinkingError, match=message):
        read_common_words(str(path), "en")


def test_absent_files_are_refused():
    with pytest.raises(LinkingError, match=r"must be bundled, wordfreq, none or a file of words, got 'x\.tsv'"):
        read_common_words("x.tsv", "en")


def test_the_bundled_table_tells_words_from_names():
    zipf = read_common_words("bundled", "en").zipf
    assert zipf("general") > 5.5
    assert zipf("china") < 4.5 < zipf("lead")
    assert zipf("germany") == zipf("nephritis") == 0


def test_inflected_words_count_as_their_lemmas():
    assert {"combine", "combin"} < set(lemmas("combined", "en"))
    assert "stop" in lemmas("stopping", "en")
    assert "behavior" in lemmas("behaviors", "en")
    assert list(lemmas("stopping", "xx")) == ["stopping"]
    assert found("combined", common_words="none") == []


def test_wordfreq_must_be_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    with pytest.raises(LinkingError, match=r"needs the package wordfreq; install it: pip install 'kgattn\[words\]'"):
        read_common_words("wordfreq", "en")


@pytest.mark.skipif(importlib.util.find_spec("wordfreq") is None, reason="needs wordfreq")
def test_wordfreq_judges_terms_and_leaves_names():
    assert read_common_words("wordfreq", "de").zipf("wasser") > 4
    assert read_common_words("wordfreq", "xx") is None
    names = found(common_words="wordfreq", whole_names=False)
    assert "general" not in names
    assert {"Union", "nephritis"} <= set(names)
