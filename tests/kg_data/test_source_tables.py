"""Raw tables: every complaint names file and line."""

from pathlib import Path

import pytest

from kg_data.tables import lookup, read_counted, read_json, read_lines, read_rows, read_table
from kgattn.errors import GraphError


def written(folder: Path, text: str) -> Path:
    path = folder / "table.tsv"
    path.write_bytes(text.encode())
    return path


def test_windows_line_ends_and_odd_separators_inside_cells(tmp_path: Path) -> None:
    path = written(tmp_path, "id\tname\r\n1\ta\u2028b\r\n")
    assert list(read_table(path, ("id", "name"))) == [["1", "a\u2028b"]]


def test_counted_table(tmp_path: Path) -> None:
    assert list(read_counted(written(tmp_path, "2\n0 1 0\n1 0 0\n"), 3, separator=" ")) == [
        ["0", "1", "0"],
        ["1", "0", "0"],
    ]


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"expected the file .*absent.tsv, got nothing there"):
        read_lines(tmp_path / "absent.tsv")


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "latin.tsv").write_bytes(b"\xe9t\xe9")
    with pytest.raises(GraphError, match="readable UTF-8"):
        read_lines(tmp_path / "latin.tsv")


def test_wrong_header(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"table.tsv:1: expected the columns"):
        list(read_table(written(tmp_path, "id\tlabel\n"), ("id", "name")))


def test_empty_table(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"table.tsv:1: expected the columns"):
        list(read_table(written(tmp_path, ""), ("id", "name")))


def test_ragged_row(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"table.tsv:2: expected 2 columns, got 3"):
        list(read_rows(written(tmp_path, "a\tb\na\tb\tc\n"), 2))


def test_wrong_count(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"table.tsv:1: expected the number of rows that follow \(1\), got '2'"):
        list(read_counted(written(tmp_path, "2\na\tb\n"), 2))


def test_broken_json(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"table.tsv:2: expected JSON"):
        read_json(written(tmp_path, "{\n]"))


def test_unknown_number(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="expected a number of the id files, got '7'"):
        lookup({"1": "a"}, tmp_path / "triples")("7")
