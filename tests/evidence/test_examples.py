"""Sentences are kept beside a comparison, read back, and never left where nobody asked for them."""

from pathlib import Path

import pytest

from kgattn.errors import RunError
from kgattn.evidence.examples import load_examples, write_examples
from kgattn.files import write_json
from tests.synthetic_runs import make_comparison


def test_examples_lie_beside_the_comparison_and_not_inside(tmp_path: Path) -> None:
    comparison, results, sentences = make_comparison({"plain": 0.5, "biased": 0.8}, seeds=2, sentences=30)
    for (arm, seed), result in results.items():
        write_json(tmp_path / "runs" / arm / f"seed-{seed}" / "result.json", result.to_json())

    written = write_examples(tmp_path, comparison, sentences, 3)

    assert len(written) == 6
    assert load_examples(tmp_path) == written
    kept = (str(comparison.to_json()), *(str(result.to_json()) for result in results.values()))
    assert not any("again" in text for text in kept), "no word of a sentence"

    assert write_examples(tmp_path, comparison, sentences, 0) == ()
    assert load_examples(tmp_path) == ()
    assert not (tmp_path / "examples.json").exists()


def test_a_run_that_is_gone_is_named(tmp_path: Path) -> None:
    comparison, _, sentences = make_comparison({"plain": 0.5, "biased": 0.8}, seeds=1, sentences=5)

    with pytest.raises(RunError, match=r"plain/seed-0/result\.json is no readable result .* run kgattn compare again"):
        write_examples(tmp_path, comparison, sentences, 3)


@pytest.mark.parametrize("content", ["{", "[1]", '[{"words": []}]'])
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "examples.json").write_text(content, encoding="utf-8")

    with pytest.raises(RunError, match=r"examples\.json holds no examples of kgattn compare"):
        load_examples(tmp_path)
