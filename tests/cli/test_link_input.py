"""What `kgattn link` reads."""

import bz2
import gzip
import lzma
import os
import threading
from pathlib import Path

import pytest

from kgattn.cli import link_input
from kgattn.cli.link_input import Format, Item, Source
from kgattn.errors import LinkingError
from kgattn.ner.columns import read_columns


def read(path: Path, content: str | bytes, kind: Format = Format.AUTO, key: str | None = None) -> list[Item]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(Source([path], kind, key))


def test_text_gives_an_item_a_line_blank_ones_too(tmp_path: Path) -> None:
    items = read(tmp_path / "a.txt", "\ufeffone\r\n\n two \nlast")
    assert [(item.content, item.line) for item in items] == [("one", 1), ("", 2), (" two ", 3), ("last", 4)]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_packed_files_are_read_by_what_is_in_them(tmp_path: Path, suffix: str, pack) -> None:
    source = Source([write(tmp_path / f"a.jsonl{suffix}", pack(b'{"text": "one"}\n'))])
    assert [item.content for item in source] == ["one"]
    assert source.place == source.size == (tmp_path / f"a.jsonl{suffix}").stat().st_size


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_json_lines_are_texts_or_words(tmp_path: Path) -> None:
    items = read(
        tmp_path / "a.ndjson", '{"text": "one", "tokens": ["1"]}\n\n{"tokens": ["a", "b"], "x": 1}\n{"tokens": []}'
    )
    assert [(item.content, item.line) for item in items] == [("one", 1), (("a", "b"), 3), ((), 4)]
    assert items[1].given == {"tokens": ["a", "b"], "x": 1}
    assert [item.content for item in read(tmp_path / "b", '{"title": "T"}', Format.JSONL, "title")] == ["T"]


@pytest.mark.parametrize(
    "content",
    [
        "-DOCSTART- O\n\nJim B-PER\nHenson I-PER\n\n\nwent O\n",
        "Jim\tx\tB-PER\nNew York\tx\tB-LOC\n\t\n#\tx\tO\n",
        "# sent_id = 1\n1\tJim\tB-PER\n2\tHenson\tI-PER\n\n# sent_id = 2\n1\twent\tO\n",
        "1-2\tdu\tO\n1\tde\tO\n2\tle\tO\n\n1\twent\tO\n1.1\twent\tO\n2\ton\tO\n",
        "\n# id 4a-7\tdomain=en\njim _ _ B-OtherPER\n# _ _ O\n\n# id 9\tdomain=en\nwent _ _ O\n",
    ],
)
def test_columns_give_the_words_the_corpus_reader_gives(tmp_path: Path, content: str) -> None:
    items = read(tmp_path / "a.conll", content)
    expected = read_columns(tmp_path / "a.conll")
    assert [(item.content, item.line) for item in items] == [(one.words, one.lines[0]) for one in expected]


def test_headers_far_down_give_no_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_input, "_LOOK_AHEAD", 3)
    items = read(
        tmp_path / "a.conll", "# id 1\tx=en\njim _ O\n\n# id 2\tx=en\nwent _ O\n# _ O\n\n# id 3\tx=en\n# _ O\n"
    )
    assert [(item.content, item.line) for item in items] == [(("jim",), 2), (("went", "#"), 5), (("#",), 9)]


def test_a_range_far_down_gives_no_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_input, "_LOOK_AHEAD", 3)
    items = read(tmp_path / "a.conllu", "1\tJim\tO\n\n1\twent\tO\n2-3\tdu\tO\n2\tde\tO\n3\tle\tO\n\n1-1\tx\tO\n\n")
    assert [(item.content, item.line) for item in items] == [(("Jim",), 1), (("went", "de", "le"), 3)]


def test_ranges_are_words_where_nothing_counts(tmp_path: Path) -> None:
    (item,) = read(tmp_path / "a.conll", "1-2\tO\n1.1\tO\n")
    assert item.content == ("1-2", "1.1")


@pytest.mark.parametrize("gap", ["\t", " "])
def test_numbers_and_words_alone_are_read_where_the_suffix_says_so(tmp_path: Path, gap: str) -> None:
    content = "# text = Jim\n1|Jim\n2|Henson\n\n# next\n1-2|du\n1|de\n2|le\n".replace("|", gap)
    items = read(tmp_path / "a.conllu", content)
    assert [(item.content, item.line) for item in items] == [(("Jim", "Henson"), 2), (("de", "le"), 7)]
    assert [item.content for item in read(tmp_path / "a.conll", content)] == [("1", "2"), ("1-2", "1", "2")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_pipe_with_a_name_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("one\ntwo\n",))
    writer.start()
    source = Source([write(tmp_path / "file", b"zero\n"), pipe])
    assert [item.content for item in source] == ["zero", "one", "two"]
    writer.join()
    assert (source.size, source.place) == (None, 0)


def test_columns_need_no_tags(tmp_path: Path) -> None:
    items = read(tmp_path / "a.txt", "Jim\nHenson\n\nwent\n", Format.CONLL)
    assert [(item.content, item.line) for item in items] == [(("Jim", "Henson"), 1), (("went",), 4)]


def test_the_hash_is_that_of_what_was_read(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", b"one\ntwo\n"), write(tmp_path / "b", b"one\nTWO\n")
    sources = [Source([file]) for file in (first, second)]
    streams = [iter(source) for source in sources]
    assert sources[0].digest == sources[1].digest
    for same in (True, False):
        for stream in streams:
            next(stream)
        assert (sources[0].digest == sources[1].digest) == same


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"fine\n\xffx\n", r"a\.txt:2: expected UTF-8 text, got byte 0xff; convert the file"),
        ("a.jsonl", b'{"text": "x"}\n{"text": \n', r"a\.jsonl:2: expected a JSON object, got what does not parse"),
        ("a.jsonl", b"[" * 100_000, r"a\.jsonl:1: expected a JSON object, got what does not parse"),
        ("a.jsonl", b'"x"\n', r"a\.jsonl:1: expected a JSON object, got str; write one a line"),
        (
            "a.jsonl",
            b'{"words": [], "x": 1}\n',
            r"a\.jsonl:1: expected the key 'text', got the keys 'words', 'x'; mend",
        ),
        ("a.jsonl", b"{}\n", r"a\.jsonl:1: expected the key 'text', got the keys none; mend"),
        ("a.jsonl", b'{"text": null}\n', r"a\.jsonl:1: expected 'text' to be a text, or a list of words"),
        ("a.jsonl", b'{"text": "x", "n": NaN}\n', r"a\.jsonl:1: expected .* \(NaN is no number of JSON"),
        ("a.jsonl", b'{"text": "x", "n": [-1e999]}\n', r"a\.jsonl:1: expected .* \(-1e999 is no number of JSON"),
        ("a.jsonl", b'{"tokens": ["a", ""]}\n', r"a\.jsonl:1: expected 'tokens' to be a text, or a list of words"),
        ("a.conll", b"Jim\tO\n\tO\n", r"a\.conll:2: expected a word in column 1, got none; mend this line"),
        (
            "a.txt.gz",
            gzip.compress(b"x\n" * 99, mtime=0)[:-9],
            r"a\.txt\.gz:\d+: cannot be read .*; is it packed as its name says",
        ),
        ("a.txt.xz", b"plain\n", r"a\.txt\.xz:1: cannot be read .*; is it packed as its name says"),
    ],
    ids=["bytes", "json", "depth", "kind", "key", "keys", "null", "nan", "large", "word", "column", "cut", "unpacked"],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(LinkingError, match=message):
        read(tmp_path / name, content)


def test_a_line_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_input, "MAX_LINE", 8)
    assert [item.content for item in read(tmp_path / "a", "1234567\nx")] == ["1234567", "x"]
    with pytest.raises(LinkingError, match=r"a:2: a line may have 8 bytes, got more; break it up"):
        read(tmp_path / "a", "x\n123456789")
