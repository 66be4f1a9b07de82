import sys

import pytest

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.found import Source
from kgattn.linking.fuzzy import stretches
from kgattn.linking.lexicon import WORDS_FILE

pytest.importorskip("rapidfuzz")

LABELS = {
    "Q1": "Angela Merkel",
    "Q2": "diabetes mellitus",
    "Q3": "nephropathy",
    "Q4": "Acme",
    "Q5": "Angela Merckel Road",
    "Q6": "UNHCR",
}


@pytest.fixture(scope="module")
def graph():
    return KnowledgeGraph.from_triples([("Q1", "r", "Q2")], labels=LABELS)


@pytest.fixture(scope="module")
def linker(graph):
    return EntityLinker(graph, config=LinkerConfig(fuzzy=True))


def links(linker, text):
    doc = linker(text)
    return [(span.text, span.kb_id_, round(span._.kg_candidates[0].prior, 2)) for span in doc.spans["kgattn"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("then Angela Merkl spoke", [("Angela Merkl", "Q1", 0.96)]),
        ("Yesterday Angela Merkl spoke", [("Angela Merkl", "Q1", 0.96)]),
        ("severe diabtes mellitus and nephropaty", [("diabtes mellitus", "Q2", 0.97), ("nephropaty", "Q3", 0.95)]),
        ("Angela Merkel and nephropaty", [("Angela Merkel", "Q1", 1.0), ("nephropaty", "Q3", 0.95)]),
        ("Yesterday was quiet", []),
        ("the UNHCT and UNHC", []),  # acronyms are not guessed
        ("something entirely different", []),
        ("Angela Dorothea Kasner", []),
        ("", []),
    ],
)
def test_near_aliases_are_found(linker, text, expected):
    assert links(linker, text) == expected


def test_the_stage_is_off_by_default(graph):
    assert links(EntityLinker(graph), "Angela Merkl spoke of nephropaty") == []


def test_the_cutoff_decides(graph):
    strict = EntityLinker(graph, config=LinkerConfig(fuzzy=True, fuzzy_cutoff=0.99))
    assert links(strict, "Angela Merkl") == []


def test_what_the_user_shut_out_is_not_guessed(graph, tmp_path):
    text = "nephropaty and diabtes mellitus , Angela Merkl"
    linker = EntityLinker(graph, config=LinkerConfig(fuzzy=True, stop_list=("Nephropaty",)))
    assert [found for found, _, _ in links(linker, text)] == ["diabtes mellitus", "Angela Merkl"]
    rows = ["nephropaty\t\t\t\tdrop", "Diabtes  Mellitus\t\t\t\texact", "angela merkl\t\t\t\tkeep", ""]
    (tmp_path / WORDS_FILE).write_text("\n".join(rows))
    linker = EntityLinker(graph, config=LinkerConfig(fuzzy=True), index_folder=tmp_path)
    assert [found for found, _, _ in links(linker, text)] == ["Angela Merkl"]
    linker.save_index(tmp_path / "saved")  # which the component then maps
    assert [found for found, _, _ in links(linker, text)] == ["Angela Merkl"]


def test_the_index_is_saved_and_mapped(linker, tmp_path, graph):
    linker.save(tmp_path / "linker")
    again = EntityLinker.load(tmp_path / "linker", graph)
    assert again.component.index.path is not None
    assert links(again, "then Angela Merkl spoke") == links(linker, "then Angela Merkl spoke")


def test_mentions_keep_order_and_say_their_source(linker):
    docs = [linker.nlp(text) for text in ("nephropaty of Angela Merkel", "none", "Angela Merkl has nephropathy")]
    component = linker.component
    found = component._found(docs, component._table.stream(docs, component.index.trie.plain), component.index)
    assert found.doc.tolist() == [0, 0, 2, 2]
    assert found.start.tolist() == [0, 2, 0, 3]
    assert found.source.tolist() == [Source.FUZZY, Source.ALIAS, Source.FUZZY, Source.ALIAS]
    assert found.score[1] == found.score[3] == 1
    assert max(found.score[0], found.score[2]) < 1


def test_rapidfuzz_must_be_installed(graph, monkeypatch):
    linker = EntityLinker(graph, config=LinkerConfig(fuzzy=True))
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    with pytest.raises(LinkingError, match=r"needs the package rapidfuzz; install it: pip install 'kgattn\[fuzzy\]'"):
        linker("Angela Merkl")


@pytest.mark.parametrize(
    ("text", "covered", "expected"),
    [
        ("so Angela Merkl spoke", set(), [[(1, 3)]]),
        ("Yesterday Angela Merkl spoke", set(), [[(0, 3), (1, 3)]]),
        ("Yesterday it rained", set(), []),
        ("so Angela Merkl spoke", {2}, [[(1, 2)]]),
        ("A B C", set(), []),  # single letters
        ("old nephropaty case", set(), [[(1, 2), (1, 3), (0, 2)]]),
        ("old nephropaty case", {2}, [[(1, 2), (0, 2)]]),
        ("One Two Three Four Five Six Seven Eight", set(), []),
    ],
)
def test_what_looks_like_a_name_or_a_term(text, covered, expected):
    common = {"yesterday", "rained"}
    assert list(stretches(text.split(), covered, common.__contains__)) == expected
