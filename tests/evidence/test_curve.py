"""A learning curve runs its sizes in order, grows on disk, and is read back whole."""

from pathlib import Path

import pytest

from kgattn.errors import ConfigError, RunError
from kgattn.evidence.budget import OutOfTimeError
from kgattn.evidence.comparison import Comparison
from kgattn.evidence.curve import Curve, load_curve, parse_sizes, run_curve
from kgattn.files import write_json
from kgattn.ner.corpus import sample_indices
from tests.synthetic_runs import make_comparison


def test_sizes_are_sorted_and_those_above_the_corpus_are_all_of_it() -> None:
    assert parse_sizes("500, 50,all,1000", 700) == (50, 500, 700)
    assert parse_sizes("all", 9) == (9,)


@pytest.mark.parametrize(("text", "got"), [("50,,100", "50,,100"), ("", "''"), ("0", "'0'"), ("fifty", "fifty")])
def test_other_sizes_are_refused(text: str, got: str) -> None:
    with pytest.raises(ConfigError, match=f"needs sizes such as 50,100,all, got .*{got}"):
        parse_sizes(text, 100)


def test_a_larger_sample_holds_the_smaller_ones() -> None:
    small, large = sample_indices(100, 20, seed=3), sample_indices(100, 60, seed=3)

    assert set(small) < set(large)


def test_the_curve_grows_on_disk(tmp_path: Path) -> None:
    seen: list[tuple[int, str, int]] = []

    def run(size: int, place: Path) -> Comparison:
        before = load_curve(tmp_path / "curve.json").sizes if seen else ()
        seen.append((size, place.name, len(before)))
        return make_comparison({"plain": 0.5, "biased": 0.7}, seeds=2, sentences=10, train=size)[0]

    made = run_curve((10, 20, 30), tmp_path, run)

    assert seen == [(10, "train-10", 0), (20, "train-20", 1), (30, "train-30", 2)]
    assert made.sizes == (10, 20, 30)
    assert load_curve(tmp_path / "curve.json") == made


def test_the_curve_ends_where_the_time_does(tmp_path: Path) -> None:
    def run(size: int, _: Path) -> Comparison:
        if size >= limit:
            raise OutOfTimeError("the minutes are over")
        return make_comparison({"plain": 0.5, "biased": 0.7}, seeds=2, sentences=10, train=size)[0]

    limit = 30
    assert run_curve((10, 20, 30, 40), tmp_path, run).sizes == (10, 20)
    assert load_curve(tmp_path / "curve.json").sizes == (10, 20)
    limit = 10
    with pytest.raises(OutOfTimeError, match="the minutes are over"):
        run_curve((10, 20), tmp_path, run)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "must hold JSON and does not"),
        ("[]", "must hold a learning curve"),
        ('{"kind": "learning curve", "comparisons": []}', "must hold a learning curve"),
        ('{"kind": "learning curve", "format_version": 9, "comparisons": [1]}', "must be of format version 1, got 9"),
        ('{"kind": "learning curve", "format_version": 1, "comparisons": [1]}', "must hold a comparison"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "curve.json").write_text(content, encoding="utf-8")

    with pytest.raises(RunError, match=rf"curve\.json {message}"):
        load_curve(tmp_path / "curve.json")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be read; make it with kgattn compare --curve"):
        load_curve(tmp_path / "curve.json")


def test_json_is_read_back(tmp_path: Path) -> None:
    curve = Curve((make_comparison({"plain": 0.5}, seeds=1, sentences=5)[0],))
    write_json(tmp_path / "curve.json", curve.to_json())

    assert load_curve(tmp_path / "curve.json") == curve
