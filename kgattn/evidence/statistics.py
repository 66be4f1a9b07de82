"""What paired runs say: mean, spread, and the interval of a difference between two arms."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kgattn.errors import ConfigError
from kgattn.evidence.effect import LEVEL as LEVEL
from kgattn.evidence.effect import Effect, StandardError, effect_size
from kgattn.shapes import Float, Int

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
        low: Lower end of its interval.
        high: Upper end of it.
        by_seed: Difference of each seed.
        p: Two-sided p value of "no difference", the level at which the interval would just touch zero.
        effect: Size of the difference in spreads between seeds; None for one seed or seeds that agree exactly.
        detectable: The smallest true difference that such runs find in four of five cases; 0 where nothing varies.
    """

    arm: str
    baseline: str
    mean: float
    low: float
    high: float
    by_seed: tuple[float, ...]
    p: float | None = None
    effect: Effect | None = None
    detectable: float | None = None

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


@dataclass(frozen=True)
class Resamples:
    """Scores on seeds and sentences that were drawn with replacement.

    Attributes:
        scores: F1 of each arm and seed on the sentences of each resample, the same ones for all.
        weights: Share of the resample's seeds that each seed has.
    """

    scores: Float[np.ndarray, "arm seed resample"]
    weights: Float[np.ndarray, "seed resample"]

    def means(self) -> Float[np.ndarray, "arm resample"]:
        """Mean score of each arm over the seeds and sentences of each resample."""
        means: np.ndarray = np.einsum("asr,sr->ar", self.scores, self.weights)
        return means


def bootstrap_scores(
    counts: Int[np.ndarray, "arm seed sentence 3"], resamples: int = RESAMPLES, seed: int = 0
) -> Resamples:
    """Draw seeds and test sentences with replacement, both at once and independently.

    The pigeonhole bootstrap for two crossed factors (Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics
    1(2), arXiv:0712.1111). Every seed is tested on the same sentences, so a resample holds the same sentences for each
    seed and, being paired, for each arm. With a single seed only the sentences vary. The score is recomputed from the
    drawn counts, not averaged. `scipy.stats.bootstrap` draws along one axis, so it cannot do this.

    Args:
        counts: True positives, false positives and false negatives.
        resamples: Number of draws.
        seed: Seed of the draws.
    """
    num_arms, num_seeds, num_sentences, _ = counts.shape
    random = np.random.default_rng(seed)
    by_sentence = np.moveaxis(counts, 2, 0).reshape(num_sentences, -1).astype(np.float32)
    scores = np.empty((num_arms, num_seeds, resamples))
    start = 0
    for drawn in _draws(random, resamples, num_sentences):
        stop = start + len(drawn)
        sums = (drawn @ by_sentence).reshape(-1, num_arms, num_seeds, 3).astype(np.float64)
        scores[:, :, start:stop] = np.moveaxis(micro_f1(sums), 0, 2)
        start = stop
    seeds_drawn = random.multinomial(num_seeds, np.full(num_seeds, 1 / num_seeds), size=resamples)
    return Resamples(scores, seeds_drawn.T / num_seeds)


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
        level: Confidence of the intervals, in (0, 1).

    Raises:
        ConfigError: No seed or sentence was counted.
    """
    if 0 in counts.shape:
        raise ConfigError(
            "a comparison needs at least one arm, seed and test sentence, "
            f"got {counts.shape[:3]} of them; check the corpus"
        )
    scores = micro_f1(counts.sum(axis=2).astype(np.float64))
    drawn = bootstrap_scores(counts, resamples if pairs else 0, seed)
    noise = seed_noise(scores)
    differences = []
    for arm, baseline in pairs:
        row, other = arms.index(arm), arms.index(baseline)
        by_seed = scores[row] - scores[other]
        error = standard_error(by_seed, drawn.scores[row] - drawn.scores[other], drawn.weights, noise, counts.shape[2])
        mean = float(by_seed.mean())
        low, high = error.interval(mean, level)
        spread = tuple(map(float, by_seed))
        differences.append(
            Difference(
                arm, baseline, mean, low, high, spread, error.p_value(mean), effect_size(by_seed), error.detectable()
            )
        )
    return tuple(differences)


@dataclass(frozen=True)
class SeedNoise:
    """How much a difference of two arms varies from seed to seed, estimated from all arms.

    Attributes:
        variance: Of the difference of one seed.
        freedom: Degrees of freedom it is known with; 0 for a single seed.
    """

    variance: float
    freedom: int


def seed_noise(scores: Float[np.ndarray, "arm seed"]) -> SeedNoise:
    """The residual of arms x seeds, as the analysis of a randomised block design has it.

    Two or three seeds tell next to nothing about how much a difference varies; all arms together tell more, since each
    has (seeds - 1) degrees of freedom to add. Arms that no seed changes, such as a fitted table, have none. One erratic
    arm makes every interval wider.
    """
    varying = scores[np.ptp(scores, axis=1) > 0]
    num_arms, num_seeds = varying.shape
    if num_arms < 2 or num_seeds < 2:
        return SeedNoise(0.0, num_seeds - 1)
    residual = varying - varying.mean(axis=1, keepdims=True) - varying.mean(axis=0) + varying.mean()
    freedom = (num_arms - 1) * (num_seeds - 1)
    return SeedNoise(2 * float((residual**2).sum()) / freedom, freedom)


def standard_error(
    by_seed: Float[np.ndarray, " seed"],
    resampled: Float[np.ndarray, "seed resample"],
    weights: Float[np.ndarray, "seed resample"],
    noise: SeedNoise,
    num_sentences: int,
) -> StandardError:
    """Standard error of a mean difference, from its variance over resamples, corrected for what is known to be off.

    Drawing n seeds of n shows (n - 1) / n of the variance between them, a third too little for three: the rest is
    added. Each seed's luck on single sentences, which is one of n draws in the mean, enters nearly three times (Owen
    2007): it is estimated, as the variance over sentences that one seed has beyond the mean of all, and taken out but
    for once. And a variance between seeds below that of all arms together is raised to it: few seeds agree by chance.

    The degrees of freedom are Satterthwaite's (1946, Biometrics Bulletin 2(6)) for a part known from the seeds and one
    known from the sentences. The interval is a t interval with this error and not percentiles of the resamples, since
    no resample is worse than the worst seed drawn n times, and percentiles of three seeds are far too narrow
    (Hesterberg 2015, arXiv:1411.5279).

    Args:
        by_seed: Difference of each seed.
        resampled: Difference of each seed on the sentences of each resample.
        weights: Share of each seed in each resample.
        noise: Variance between seeds by all arms.
        num_sentences: Test sentences.
    """
    num_seeds = len(by_seed)
    total = float(np.var((resampled * weights).sum(axis=0)))
    between, freedom = 0.0, noise.freedom
    if num_seeds > 1:
        own = float(np.var(by_seed, ddof=1)) / num_seeds
        between = max(own, noise.variance / num_seeds)
        if own > noise.variance / num_seeds:  # then it is known from these seeds alone, not from all arms
            freedom = num_seeds - 1
        sentences = float(np.var(resampled.mean(axis=0)))
        luck = (float(np.var(resampled, axis=1).mean()) - sentences) / (num_seeds - 1)
        total += own / num_seeds - (2 - 1 / num_seeds) * luck + between - own
        total = max(total, between, sentences)
    parts = ((between, freedom), (total - between, num_sentences - 1))
    loss = sum(part**2 / degrees for part, degrees in parts if degrees)
    return StandardError(float(np.sqrt(total)), total**2 / loss if loss > 0 else 1.0)
