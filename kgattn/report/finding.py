"""What a report is about: a comparison, with the learning curve and the sentences that belong to it."""

from dataclasses import dataclass
from pathlib import Path

from kgattn.errors import RunError
from kgattn.evidence.comparison import Comparison, load_comparison
from kgattn.evidence.curve import CURVE, Curve, load_curve
from kgattn.evidence.examples import load_examples
from kgattn.evidence.flow import Example

COMPARE = "compare.json"


@dataclass(frozen=True)
class Finding:
    """One section of a report.

    Attributes:
        comparison: The comparison; of a learning curve, that with most training sentences.
        examples: Entities that changed sides, with their sentences: text of the corpus.
        curve: The same at other sizes of the sample.
    """

    comparison: Comparison
    examples: tuple[Example, ...] = ()
    curve: Curve | None = None


def load_finding(path: Path) -> Finding:
    """Read the folder of a comparison or of a learning curve, or a single `compare.json` or `curve.json`.

    Raises:
        RunError: Nothing of the kind is there, or it is damaged.
    """
    if path.is_dir():
        file = next((path / name for name in (CURVE, COMPARE) if (path / name).is_file()), None)
        if file is None:
            raise RunError(f"{path} holds no {COMPARE} and no {CURVE}; give the folder of a kgattn compare that ended")
        path = file
    if path.name != CURVE:
        return Finding(load_comparison(path), load_examples(path.parent))
    curve = load_curve(path)
    return Finding(curve.comparisons[-1], load_examples(path.parent / f"train-{curve.sizes[-1]}"), curve)
