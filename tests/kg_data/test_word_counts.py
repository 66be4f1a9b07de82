import pytest

from kg_data import word_counts
from kgattn.errors import GraphError
from kgattn.linking.common_words import read_common_words

NOUN = (
    "  1 a licence line\n00000001 15 n 02 China 0 Cathay 0 000 | a country\n00000002 06 n 01 china 0 000 | porcelain\n"
)
SENSES = """cathay%1:15:00:: 00000001 1 0
china%1:06:00:: 00000002 2 3
china%1:15:00:: 00000001 1 9
big%3:00:00:: 00000003 1 8
"""


@pytest.fixture
def wordnet(tmp_path):
    for name, text in {
        "data.noun": NOUN,
        "data.verb": "",
        "data.adv": "",
        "data.adj": "00000003 00 a 01 big(p) 0 000 | large\n",
        "index.sense": SENSES,
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_only_senses_written_without_a_capital_count(wordnet):
    counts, total = word_counts.count_words(wordnet)
    assert (counts["china"], counts["cathay"], counts["big"], total) == (3, 0, 8, 20)


def test_the_table_is_one_the_linker_reads(wordnet, tmp_path, monkeypatch):
    monkeypatch.setattr(word_counts, "OUTPUT", tmp_path / "words.tsv")
    assert word_counts.refresh(wordnet) == 2 + 19
    zipf = read_common_words(str(tmp_path / "words.tsv"), "en").zipf
    assert zipf("big") == 8.6
    assert zipf("may") == 5


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(GraphError, match=r"no readable data\.noun in"):
        word_counts.count_words(tmp_path)
