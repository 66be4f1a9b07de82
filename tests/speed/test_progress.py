"""Measurements outlive the process that made them."""

import pytest

from kgattn.errors import StorageError
from kgattn.speed.progress import Progress


def test_what_was_measured_is_not_measured_again(tmp_path):
    path = tmp_path / "runs" / "progress.jsonl"
    calls = []

    def measure(number):
        calls.append(number)
        return {"ratio": number, "pair": (1, 2)}

    first = Progress(path, {"torch": "2.13"})
    assert first.measured("one", lambda: measure(1)) == {"ratio": 1, "pair": [1, 2]}
    with path.open("a", encoding="utf-8") as file:
        file.write('\n{"name": "two", "circ')  # killed while it wrote
    again = Progress(path, {"torch": "2.13"})
    assert again.measured("one", lambda: measure(2)) == {"ratio": 1, "pair": [1, 2]}
    other = Progress(path, {"torch": "2.14"})
    assert other.measured("one", lambda: measure(3))["ratio"] == 3
    assert calls == [1, 3]
    other.finish()
    assert not path.exists()


def test_a_line_after_one_that_was_cut_short_is_read(tmp_path):
    path = tmp_path / "progress.jsonl"
    path.write_text('{"name": "two", "circ', encoding="utf-8")
    Progress(path, {}).measured("one", lambda: {"ratio": 1})
    assert Progress(path, {}).measured("one", lambda: {"ratio": 2}) == {"ratio": 1}


def test_without_a_file_nothing_is_kept():
    progress = Progress(None, {})
    assert progress.measured("one", lambda: {"ratio": 1}) == {"ratio": 1}
    progress.finish()


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        Progress(tmp_path, {}).measured("one", lambda: {"ratio": 1})
