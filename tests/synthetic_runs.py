"""Results of runs that were never run: gold entities drawn at random, found with a given probability."""

from collections.abc import Mapping

import numpy as np

from kgattn.evidence.arms import Arm
from kgattn.evidence.comparison import Comparison
from kgattn.evidence.summary import summarize_runs
from kgattn.ner.corpus import Sentence
from kgattn.ner.metrics import entity_scores
from kgattn.training.config import TrainConfig
from kgattn.training.result import RunResult

TYPES = ("Person", "Place")
WORDS = ("Ada", "saw", "the", "old", "town", "of", "Arlen", "again")
ROLES = {"plain": "plain", "biased": "biased", "shuffled-entities": "control", "links-only": "control"}


def make_sentences(number: int, seed: int = 0) -> tuple[Sentence, ...]:
    """Sentences with an entity of either type, at a random place."""
    rng = np.random.default_rng(seed)
    made = []
    for place in rng.integers(1, len(WORDS) - 2, size=number):
        tags = ["O"] * len(WORDS)
        tags[0], tags[place], tags[place + 1] = "B-Person", "B-Place", "I-Place"
        made.append(Sentence(WORDS, tuple(tags)))
    return tuple(made)


def make_result(
    arm: str,
    seed: int,
    sentences: tuple[Sentence, ...],
    rate: float,
    *,
    dev_f1: float | None = None,
    train: int = 100,
    gates: bool = False,
    **changes: object,
) -> RunResult:
    """A run that finds each gold entity with probability `rate` and invents one in a tenth of the sentences."""
    rng = np.random.default_rng([seed, sum(map(ord, arm))])
    predicted = []
    for sentence in sentences:
        tags, keep = list(sentence.tags), {name: rng.random() < rate for name in TYPES}
        tags = [tag if tag == "O" or keep[tag[2:]] else "O" for tag in tags]
        if rng.random() < 0.1 and tags[-1] == "O" and tags[-2] == "O":
            tags[-1] = "B-Person"
        predicted.append(tags)
    scores = entity_scores(
        [sentence.tags for sentence in sentences],
        predicted,
        words=[sentence.words for sentence in sentences],
        linked=[np.arange(len(WORDS)) % 2 == 0 for _ in sentences],
        seen=frozenset(("ada",)),
    )
    values: dict[str, object] = {
        "arm": arm,
        "seed": seed,
        "config": {},
        "injection": None,
        "corpus": {
            "name": "towns",
            "entity_types": list(TYPES),
            "sentences": {"train": train, "dev": 20, "test": len(sentences)},
        },
        "graph": {"num_entities": 12},
        "dev": {"f1": scores.f1 if dev_f1 is None else dev_f1},
        "test": scores.to_json(),
        "test_counts": scores.sentence_counts,
        "dev_curve": ((1, 0.3), (2, 0.5)),
        "best_epoch": 2,
        "epochs": 2,
        "steps": 20,
        "unread_words": {},
        "seconds": {"train": 40.0, "test": 1.4},
        "parameters": {"total": 22_700_000, "plugin": 310_000 if gates else 0},
        "environment": {"torch": "2.13", "device": "cpu"},
        "outcomes": tuple(outcome.spell(TYPES) for outcome in scores.outcomes),
        "loss_curve": ((1, 1.0), (2, 0.5)),
        "gates": make_gates(seed) if gates else None,
        "peak_memory_mib": 900.0 + seed,
    }
    return RunResult(**(values | changes))  # type: ignore[arg-type]


def make_gates(seed: int) -> dict[str, object]:
    """Gates of two layers and four heads, with a rule."""
    rng = np.random.default_rng(seed)
    table = {name: rng.normal(size=(2, 4)).round(4).tolist() for name in ("bias", "values", "flows <into>")}
    return {
        "layers": [0, 1],
        "bias": table["bias"],
        "values": table["values"],
        "terms": {"flows <into>": table["flows <into>"]},
    }


def make_comparison(
    rates: Mapping[str, float], seeds: int = 3, sentences: int = 200, *, train: int = 100, name: str = "towns"
) -> tuple[Comparison, dict[tuple[str, int], RunResult], tuple[Sentence, ...]]:
    """A comparison of arms that find entities at these rates, with its runs and its test sentences."""
    text = make_sentences(sentences)
    arms = [Arm(arm, f"the {arm} arm", ROLES[arm]) for arm in rates]  # type: ignore[arg-type]
    results = {
        (arm, seed): make_result(arm, seed, text, rate, train=train, gates=arm != "plain")
        for arm, rate in rates.items()
        for seed in range(seeds)
    }
    made = summarize_runs(name, arms, range(seeds), results, TrainConfig(), "kgattn compare --data 'towns & rivers'")
    return made, results, text
