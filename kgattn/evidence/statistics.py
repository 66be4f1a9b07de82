"""What paired runs say: mean, spread, and the interval of a difference between two arms."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kgattn.errors import ConfigError
from kgattn.shapes import Float, Int

LEVEL = 0.95
RESAMPLES = 10_000
CHUNK_CELLS = 2_000_000
"""Resampling counts held at once, about 32 MiB of working memory."""


@dataclass(frozen=True)
class Summary:
    """Scores of one arm over its seeds.

    Attributes:
        mean: Mean score.
        sd: Standard deviation over seeds (n - 1 in the denominator); 0 for a single seed.
        low: Lower end of the 95% t interval of the mean over seeds; the mean itself for a single seed.
        high: Upper end of it.
        num_seeds: Number of runs.
    """

    mean: float
    sd: float
    low: float
    high: float
    num_seeds: int


@dataclass(frozen=True)
class Difference:
    """Score of `arm` minus score of `baseline` on the same seeds and sentences.

    Attributes:
        arm: The arm in question.
        baseline: What it is compared with.
        mean: Mean difference over seeds.
        low: Lower end of the bootstrap interval.
        high: Upper end of it.
        by_seed: Difference of each seed.
    """

    arm: str
    baseline: str
    mean: float
    low: float
    high: float
    by_seed: tuple[float, ...]

    def in_points(self) -> str:
        """Mean and interval in F1 points, such as `+7.1 [+5.0, +9.2]`."""
        mean, low, high = (100 * value for value in (self.mean, self.low, self.high))
        return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def summarize(scores: Float[np.ndarray, " seed"], level: float = LEVEL) -> Summary:
    """Mean, standard deviation and t interval of one arm's scores.

    Raises:
        ConfigError: There is no score.
    """
    if not len(scores):
        raise ConfigError("a summary needs at least one score, got none; run at least one seed")
    mean = float(np.mean(scores))
    if len(scores) == 1:
        return Summary(mean, 0.0, mean, mean, 1)
    sd = float(np.std(scores, ddof=1))
    if sd == 0.0:
        return Summary(mean, 0.0, mean, mean, len(scores))
    from scipy import stats

    low, high = stats.t.interval(level, len(scores) - 1, loc=mean, scale=sd / np.sqrt(len(scores)))
    return Summary(mean, sd, float(low), float(high), len(scores))


def micro_f1(counts: Float[np.ndarray, "*axes 3"]) -> Float[np.ndarray, "*axes"]:
    """F1 in [0, 1] from true positives, false positives and false negatives; 0 where nothing is there."""
    true_positive, errors = counts[..., 0], counts[..., 1] + counts[..., 2]
    f1: np.ndarray = 2 * true_positive / np.maximum(2 * true_positive + errors, 1)
    return f1


def bootstrap_scores(
    counts: Int[np.ndarray, "arm seed sentence 3"], resamples: int = RESAMPLES, seed: int = 0
) -> Float[np.ndarray, "arm resample"]:
    """Mean score over seeds of every arm in every resample.

    Seeds and test sentences are drawn with replacement, both at once: every seed is tested on the same
    sentences, so a resample holds the same sentences for each seed and, being paired, for each arm. With a
    single seed only the sentences vary. The score is recomputed from the drawn counts, not averaged. As a
    percentile bootstrap it is a little narrow for few seeds, about sqrt((n - 1) / n) in their share.

    Args:
        counts: True positives, false positives and false negatives.
        resamples: Number of draws.
        seed: Seed of the draws.
    """
    num_arms, num_seeds, num_sentences, _ = counts.shape
    random = np.random.default_rng(seed)
    by_sentence = np.moveaxis(counts, 2, 0).reshape(num_sentences, -1).astype(np.float32)
    scores = np.empty((num_arms, resamples))
    start = 0
    for drawn in _draws(random, resamples, num_sentences):
        stop = start + len(drawn)
        sums = (drawn @ by_sentence).reshape(-1, num_arms, num_seeds, 3).astype(np.float64)
        seeds_drawn = random.multinomial(num_seeds, np.full(num_seeds, 1 / num_seeds), size=len(drawn))
        scores[:, start:stop] = np.einsum("ras,rs->ar", micro_f1(sums), seeds_drawn / num_seeds)
        start = stop
    return scores


def _draws(random: np.random.Generator, resamples: int, size: int) -> Iterator[Float[np.ndarray, "resample sentence"]]:
    """How often each of `size` items is drawn in each resample, a chunk of resamples at a time."""
    rows = max(1, CHUNK_CELLS // size)
    for start in range(0, resamples, rows):
        chunk = min(rows, resamples - start)
        items = random.integers(size, size=(chunk, size)) + np.arange(chunk)[:, None] * size
        yield np.bincount(items.ravel(), minlength=chunk * size).reshape(chunk, size).astype(np.float32)


def compare_arms(
    counts: Int[np.ndarray, "arm seed sentence 3"],
    arms: tuple[str, ...],
    pairs: tuple[tuple[str, str], ...],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> tuple[Difference, ...]:
    """The difference of each pair of arms with its interval, all from the same resamples.

    Args:
        counts: True positives, false positives and false negatives.
        arms: Names of the arms, as in the first axis of `counts`.
        pairs: (arm, baseline) names.
        resamples: Number of draws.
        seed: Seed of the draws.
        level: Share of the resampled differences inside an interval, in (0, 1).

    Raises:
        ConfigError: No seed or sentence was counted.
    """
    if 0 in counts.shape:
        raise ConfigError(
            "a comparison needs at least one arm, seed and test sentence, "
            f"got {counts.shape[:3]} of them; check the corpus"
        )
    scores = micro_f1(counts.sum(axis=2).astype(np.float64))
    resampled = bootstrap_scores(counts, resamples, seed) if pairs else np.empty((len(arms), 0))
    tails = [50 * (1 - level), 50 * (1 + level)]
    differences = []
    for arm, baseline in pairs:
        row, other = arms.index(arm), arms.index(baseline)
        low, high = np.percentile(resampled[row] - resampled[other], tails)
        by_seed = scores[row] - scores[other]
        differences.append(
            Difference(arm, baseline, float(by_seed.mean()), float(low), float(high), tuple(map(float, by_seed)))
        )
    return tuple(differences)
