from pathlib import Path

import pytest

from kgattn.errors import CorpusError
from kgattn.ner.columns import read_columns
from kgattn.ner.raw import RawSentence


def read(folder: Path, content: str | bytes) -> list[RawSentence]:
    file = folder / "file.conll"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_columns(file)


def words(sentences: list[RawSentence]) -> list[tuple[str, ...]]:
    return [sentence.words for sentence in sentences]


def test_first_column_is_the_word_and_last_the_tag(tmp_path):
    (sentence,) = read(tmp_path, "Ada NNP I-NP B-PER\nlaughed VBD I-VP O\n")
    assert sentence.words == ("Ada", "laughed")
    assert sentence.tags == ("B-PER", "O")
    assert sentence.lines == (1, 2)


def test_lines_of_blanks_and_tabs_end_a_sentence(tmp_path):
    sentences = read(tmp_path, "\nAda\tO\n\t\nBob\tO\n \nCy\tO\n\n\nDi\tO")
    assert words(sentences) == [("Ada",), ("Bob",), ("Cy",), ("Di",)]
    assert [sentence.lines for sentence in sentences] == [(2,), (4,), (6,), (9,)]


def test_byte_order_mark_and_windows_line_ends_are_taken_off(tmp_path):
    assert words(read(tmp_path, b"\xef\xbb\xbfAda\tB-PER\r\n\r\nBob\tO\r\n")) == [("Ada",), ("Bob",)]


def test_a_hash_is_a_word_in_two_columns(tmp_path):
    assert words(read(tmp_path, "#\tO\none\tO\n")) == [("#", "one")]


def test_a_hash_with_blanks_between_columns_is_a_word(tmp_path):
    assert words(read(tmp_path, "# O\none O\n")) == [("#", "one")]


def test_headers_of_all_sentences_are_left_out(tmp_path):
    content = "\n# id 4a-7\tdomain=en\njim _ _ B-OtherPER\n# _ _ O\n\n# id 9 b\tdomain=en\n# new\nwent _ _ O\n"
    sentences = read(tmp_path, content)
    assert words(sentences) == [("jim", "#"), ("went",)]
    assert [sentence.lines for sentence in sentences] == [(3, 4), (8,)]
    assert sentences[0].tags == ("B-OtherPER", "O")


@pytest.mark.parametrize("content", ["# id 1\njim O\n\nwent O\n", "# a b\n\njim O\n"])
def test_where_not_all_sentences_have_one_it_is_no_header(tmp_path, content):
    with pytest.raises(CorpusError, match="expected 3 columns as in the lines before, got 2"):
        read(tmp_path, content)


def test_words_keep_odd_characters(tmp_path):
    content = "a\u2028b\tO\n\u200b\tO\nx\u00a0y\tO\nDubbz\ufeff\tO\n"
    assert words(read(tmp_path, content)) == [("a\u2028b", "\u200b", "x\u00a0y", "Dubbz\ufeff")]


def test_numbered_words_have_comments_and_a_tag_column_in_the_middle(tmp_path):
    content = "# text = Ada #1\n1\tAda\tB-PER\t-\t-\n2\t#1\tO\t-\t-\n\n# sent_id = 2\n1\tBob\tO\t-\t-\n"
    sentences = read(tmp_path, content)
    assert words(sentences) == [("Ada", "#1"), ("Bob",)]
    assert sentences[0].tags == ("B-PER", "O")


def test_ranges_and_empty_nodes_of_numbered_words_are_left_out(tmp_path):
    content = "# text\n1-2\tdu\t_\t-\n1\tde\tO\t-\n2\tle\tO\t-\n\n1\tAda\tB-PER\t-\n1.1\tran\t_\t-\n"
    sentences = read(tmp_path, content)
    assert words(sentences) == [("de", "le"), ("Ada",)]
    assert [sentence.tags for sentence in sentences] == [("O", "O"), ("B-PER",)]
    assert [sentence.lines for sentence in sentences] == [(3, 4), (6,)]
    assert words(read(tmp_path, "1-2 O\n1.1 O\n")) == [("1-2", "1.1")]


def test_numbers_that_do_not_count_are_words(tmp_path):
    assert words(read(tmp_path, "1 CD O\n1 CD O\n")) == [("1", "1")]


def test_document_marks_are_left_out(tmp_path):
    assert words(read(tmp_path, "-DOCSTART- -X- -X- O\n\nAda NNP I-NP O\n")) == [("Ada",)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ada\tO\nBob\tNNP\tO\n", r"file\.conll:2: expected 2 columns as in the lines before, got 3"),
        ("Ada NNP O\nBob O\n", r"file\.conll:2: expected 3 columns as in the lines before, got 2"),
        ("Ada\nBob\n", r"file\.conll:1: expected a word and its tag, got one column"),
        ("Ada\tO\n\tO\n", r"file\.conll:2: expected a word, got an empty column"),
        ("\n \n", r"file\.conll: expected words and tags in columns, got no word"),
        ("# id 1\n", r"file\.conll: expected words and tags in columns, got no word"),
        (b"Ada\tO\n\xff\tO\n", r"file\.conll:2: expected UTF-8, got byte 0xff"),
    ],
)
def test_malformed_files_are_refused_with_file_and_line(tmp_path, content, message):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, content)


def test_an_unreadable_file_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        read_columns(tmp_path / "absent.conll")
