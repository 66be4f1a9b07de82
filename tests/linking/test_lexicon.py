import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.lexicon import WORDS_FILE, WordFilter, read_lexicon, read_yours
from kgattn.linking.policy import CaseRule

LABELS = {"Q1": "general officer", "Q2": "kidney", "Q3": "water", "Q4": "vice president", "Q5": "WATER"}
ALIASES = {"Q1": ["general"]}
TEXT = "general kidney water WATER, vice president and Kidney"


def found(linker):
    doc = linker(TEXT)
    return [span.text for span in doc.spans["kgattn"]]


@pytest.fixture
def saved(tmp_path):
    """The folder of a graph whose index was saved, and a way to link with it."""
    folder = tmp_path / "graph"
    KnowledgeGraph.from_triples([], labels=LABELS, aliases=ALIASES).save(folder)

    def link():
        linker = EntityLinker(KnowledgeGraph.load(folder), config=LinkerConfig(variants=()))
        return linker, found(linker)

    linker, _ = link()
    linker.save_index(folder / "linker")
    return folder / "linker" / WORDS_FILE, link


def rows(path):
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_the_file_says_what_was_shut_out(saved):
    path, link = saved
    assert rows(path) == [
        ["word", "zipf", "aliases", "verdict", "yours"],
        ["water", "5.88", "water", "drop", ""],
        ["general", "5.72", "general", "drop", ""],
        ["kidney", "4.56", "kidney", "keep", ""],
    ]
    linker, spans = link()
    assert linker.component.index.path == path.parent
    assert spans == ["kidney", "WATER", "vice president", "Kidney"]


def test_the_user_decides(saved):
    path, link = saved
    text = path.read_text().replace("drop\t\ngeneral", "drop\tkeep\ngeneral").replace("keep\t\n", "keep\texact\n")
    path.write_text(text + "\n Vice  President \t\t\t\tdrop\n")
    linker, spans = link()
    assert linker.component.index.path is None  # built anew
    assert spans == ["kidney", "water", "WATER"]
    linker.save_index(path.parent)
    assert ["vice president", "0.00", "vice president", "keep", "drop"] in rows(path)
    again, same = link()
    assert again.component.index.path == path.parent
    assert same == spans


STOP_WORDS = KnowledgeGraph.from_triples([], labels={"Q1": "who", "Q2": "Hers", "Q3": "kidney"})


def decided(folder, *lines, **settings):
    """What is linked by these decisions beside a graph of stop words."""
    folder.mkdir(exist_ok=True)
    (folder / WORDS_FILE).write_text("".join(f"{word}\t\t\t\t{verdict}\n" for word, verdict in lines))
    linker = EntityLinker(STOP_WORDS, config=LinkerConfig(variants=(), **settings), index_folder=folder)
    doc = linker("who Who kidney hers Hers")
    return linker, [span.text for span in doc.spans["kgattn"]]


def test_a_stop_word_may_be_kept(tmp_path):
    linker, spans = decided(tmp_path, ("Who", "keep"), ("hers", "exact"))
    assert spans == ["who", "Who", "kidney", "Hers"]
    linker.save_index(tmp_path / "saved")
    assert ["hers", "0.00", "Hers", "keep", "exact"] in rows(tmp_path / "saved" / WORDS_FILE)
    (tmp_path / "saved" / WORDS_FILE).write_text("who\t\t\t\tkeep\n")
    again, fewer = decided(tmp_path / "saved", ("who", "keep"))
    assert again.component.index.path is None  # the saved one kept more
    assert fewer == ["who", "Who", "kidney"]
    assert decided(tmp_path, ("who", "drop"))[1] == ["kidney"]


def test_a_stop_list_comes_before_what_is_kept(tmp_path):
    kept = ("who", "keep"), ("kidney", "keep")
    assert decided(tmp_path, *kept, stop_list=("kidney", "who"), stop_words=False)[1] == ["Hers"]


def test_decisions_do_not_go_unnoticed(saved):
    path, link = saved
    before = path.read_text()
    path.unlink()
    linker, spans = link()  # nothing was decided: the index is what it was
    assert linker.component.index.path == path.parent
    path.write_text(before.replace("drop\t\ngeneral", "drop\tkeep\ngeneral"))
    decided, more = link()
    assert more != spans
    decided.save_index(path.parent)
    path.unlink()
    with pytest.raises(
        LinkingError, match=r"common_words\.tsv is missing, .*\(water\); put it back, or write an empty"
    ):
        link()
    path.write_text("")
    assert link()[1] == spans


def test_decisions_in_a_saved_linker_hold(saved, tmp_path):
    _, link = saved
    linker, _ = link()
    linker.save(tmp_path / "linker")
    mine = tmp_path / "linker" / "linker" / WORDS_FILE
    mine.write_text(mine.read_text().replace("drop\t\ngeneral", "drop\tkeep\ngeneral"))
    again = EntityLinker.load(tmp_path / "linker", linker.graph)
    assert "water" in found(again)


@pytest.mark.parametrize("line", ["water\t\t\tdrop", "water\t5\twater", "water\t5\twater\tdrop\tmaybe"])
def test_malformed_decisions_are_refused(tmp_path, line):
    path = tmp_path / WORDS_FILE
    path.write_text("word\tzipf\taliases\tverdict\tyours\n" + line + "\n")
    with pytest.raises(LinkingError, match=r"common_words\.tsv, line 2: expected the columns word, zipf, aliases"):
        read_yours(path)


def test_what_editors_do_to_the_file_is_no_harm(tmp_path):
    path = tmp_path / WORDS_FILE
    rows = ["word\tzipf\taliases\tverdict\tyours", "water\t5.88\twater\tdrop", "Café\t5\tCafé\tdrop\tkeep", ""]
    path.write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8", newline="")
    assert read_yours(path) == {"café": "keep"}
    path.write_text("\n".join(rows), encoding="latin-1")
    with pytest.raises(LinkingError, match=r"common_words\.tsv: expected UTF-8 text, got .*; save it as UTF-8"):
        read_yours(path)


def test_lexicons_that_build_alike_have_one_digest():
    config = LinkerConfig()
    one = read_lexicon("en", {"the", "of"}, config)
    assert one.digest == read_lexicon("en", {"of", "The"}, config, {}).digest
    others = [
        read_lexicon("de", {"the", "of"}, config),
        read_lexicon("en", {"the"}, config),
        read_lexicon("en", {"the", "of"}, LinkerConfig(common_words="none")),
        read_lexicon("en", {"the", "of"}, config, {"general": "keep"}),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 5


@given(aliases=st.permutations(["Water", "water", "general", "kidney", "WATER"]))
def test_the_record_does_not_depend_on_the_order_of_aliases(aliases):
    lexicon = read_lexicon("en", frozenset(), LinkerConfig())
    judge = WordFilter(lexicon, 4.0, frozenset({"kidney"}))
    for alias in aliases:
        judge.rule(alias, CaseRule.ANY if alias.islower() else CaseRule.CAPITAL)
    assert judge.table().splitlines()[1:] == [
        "water\t5.88\tWATER | Water | water\tdrop\t",
        "general\t5.72\tgeneral\tdrop\t",
        "kidney\t4.56\tkidney\tkeep\t",
    ]
