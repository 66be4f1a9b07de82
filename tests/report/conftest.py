"""A comparison made from small counted arrays, as a finished run of three arms and two seeds leaves it."""

import numpy as np
import pytest

from kgattn.evidence.comparison import ArmResult, Comparison
from kgattn.evidence.statistics import compare_arms, micro_f1, summarize
from kgattn.evidence.verdict import decide

ARMS = ("plain", "biased", "shuffled-entities")
HIT_RATES = (0.5, 0.9, 0.6)
ROLES = ("plain", "biased", "control")


@pytest.fixture
def comparison() -> Comparison:
    rng = np.random.default_rng(0)
    hits = np.stack([rng.binomial(2, rate, size=(2, 200)) for rate in HIT_RATES])
    counts = np.stack((hits, 2 - hits, 2 - hits), axis=-1)
    scores = micro_f1(counts.sum(axis=2).astype(float))
    pairs = (("biased", "plain"), ("shuffled-entities", "plain"), ("biased", "shuffled-entities"))
    differences = compare_arms(counts, ARMS, pairs, resamples=500)
    arms = tuple(
        ArmResult(
            name=name,
            description=f"the {name} arm",
            role=role,
            f1=summarize(f1),
            f1_by_seed=tuple(map(float, f1)),
            precision=float(f1.mean()),
            recall=float(f1.mean()),
            f1_by_type={"Person": float(f1.mean()), "<b>Place</b>": 0.25},
            parameters=22_700_000,
            plugin_parameters=0 if role == "plain" else 310_000,
            seconds=41.4,
        )
        for name, role, f1 in zip(ARMS, ROLES, scores, strict=True)
    )
    return Comparison(
        name="towns & rivers, 100 training sentences",
        arms=arms,
        seeds=(0, 1),
        differences=differences,
        verdict=decide(differences[0], {"shuffled-entities": differences[2]}, num_seeds=2),
        data={"name": "towns & rivers", "sentences": {"train": 100, "dev": 20, "test": 200}},
        graph={"entities": 12},
        config={"model": "minilm", "injection": {"bound": 4.0}, "layers": [1, 2]},
        environment={"torch": "2.13", "device": "cpu"},
        command="kgattn compare --data 'towns & rivers' --seeds 2",
    )
