"""Sentences in which an arm won or lost an entity: text of the corpus, kept beside a comparison and never inside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from kgattn.errors import RunError
from kgattn.evidence.comparison import Comparison
from kgattn.evidence.flow import Example, flow_examples
from kgattn.files import write_json
from kgattn.ner.corpus import Sentence
from kgattn.training.result import RunResult

EXAMPLES = "examples.json"


def write_examples(
    folder: Path, comparison: Comparison, sentences: Sequence[Sentence], number: int
) -> tuple[Example, ...]:
    """Choose examples from the runs in a comparison's folder and write them to its `examples.json`.

    With no example that file is removed, so that no text of the corpus stays behind.

    Args:
        folder: The folder of the comparison, with its `runs`.
        comparison: What was made from them.
        sentences: The test sentences.
        number: At most so many entities won and so many lost.

    Raises:
        RunError: A run is gone or damaged.
        StorageError: Writing failed.
    """
    examples: tuple[Example, ...] = ()
    if number and comparison.flow is not None:
        arms = (comparison.flow.baseline, comparison.flow.arm)
        runs = [(_result(folder, arms[0], seed), _result(folder, arms[1], seed)) for seed in comparison.seeds]
        examples = flow_examples(runs, sentences, number)
    if examples:
        write_json(folder / EXAMPLES, [asdict(example) for example in examples])
    else:
        (folder / EXAMPLES).unlink(missing_ok=True)
    return examples


def load_examples(folder: Path) -> tuple[Example, ...]:
    """The examples beside a comparison; none where there is no such file.

    Raises:
        RunError: The file holds something else.
    """
    path = folder / EXAMPLES
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return tuple(Example.from_json(values) for values in stored)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} holds no examples of kgattn compare ({error}); remove it or run that again") from None


def _result(folder: Path, arm: str, seed: int) -> RunResult:
    path = folder / "runs" / arm / f"seed-{seed}" / "result.json"
    try:
        return RunResult.from_json(json.loads(path.read_text(encoding="utf-8")), source=str(path))
    except (OSError, ValueError, AttributeError) as error:
        raise RunError(f"{path} is no readable result ({error}); run kgattn compare again") from None
