"""Means, intervals and paired differences, checked against counts worked out by hand and by scipy."""

import numpy as np
import pytest
from scipy import stats

from kgattn.errors import ConfigError
from kgattn.evidence.statistics import bootstrap_scores, compare_arms, micro_f1, summarize


def tagger_counts(rng: np.random.Generator, hit_rate: float, seeds: int, sentences: int) -> np.ndarray:
    """Counts of a tagger that finds each of two entities a sentence with probability `hit_rate`."""
    hits = rng.binomial(2, hit_rate, size=(seeds, sentences))
    return np.stack((hits, 2 - hits, 2 - hits), axis=-1)


def test_f1_of_counts() -> None:
    counts = np.array([[3.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.0, 2.0, 3.0]])

    assert micro_f1(counts).tolist() == [0.75, 0.0, 0.0]


def test_summary_is_the_t_interval() -> None:
    scores = np.array([0.62, 0.60, 0.65, 0.61])

    summary = summarize(scores)

    expected = stats.ttest_1samp(scores, 0).confidence_interval(0.95)
    assert summary.mean == pytest.approx(scores.mean())
    assert summary.sd == pytest.approx(scores.std(ddof=1))
    assert (summary.low, summary.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("scores", [[0.5], [0.5, 0.5]])
def test_summary_without_spread_is_a_point(scores: list[float]) -> None:
    summary = summarize(np.array(scores))

    assert (summary.mean, summary.sd, summary.low, summary.high) == (0.5, 0.0, 0.5, 0.5)


def test_summary_needs_a_score() -> None:
    with pytest.raises(ConfigError, match="at least one score"):
        summarize(np.array([]))


def test_equal_arms_differ_by_exactly_zero_in_every_resample() -> None:
    counts = tagger_counts(np.random.default_rng(0), 0.6, seeds=3, sentences=50)

    resampled = bootstrap_scores(np.stack((counts, counts)), resamples=200)

    assert (resampled[0] == resampled[1]).all()


def test_one_seed_agrees_with_scipys_paired_bootstrap() -> None:
    rng = np.random.default_rng(1)
    better, worse = tagger_counts(rng, 0.7, 1, 400), tagger_counts(rng, 0.6, 1, 400)

    (ours,) = compare_arms(np.stack((better, worse)), ("better", "worse"), (("better", "worse"),))

    def gain(rows: np.ndarray) -> float:
        return float(
            micro_f1(better[:, rows].sum(axis=1).astype(float))[0]
            - micro_f1(worse[:, rows].sum(axis=1).astype(float))[0]
        )

    theirs = stats.bootstrap(
        (np.arange(400),), gain, vectorized=False, n_resamples=2000, method="percentile", rng=2
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)
    assert ours.mean == pytest.approx(gain(np.arange(400)))


def test_seeds_that_disagree_widen_the_interval() -> None:
    rng = np.random.default_rng(2)
    steady = np.concatenate([tagger_counts(rng, rate, 1, 300) for rate in (0.7, 0.7, 0.7, 0.7)])
    erratic = np.concatenate([tagger_counts(rng, rate, 1, 300) for rate in (0.9, 0.5, 0.8, 0.6)])
    plain = tagger_counts(rng, 0.6, 4, 300)
    counts = np.stack((steady, erratic, plain))

    first, second = compare_arms(counts, ("steady", "erratic", "plain"), (("steady", "plain"), ("erratic", "plain")))

    assert first.low > 0
    assert second.high - second.low > 2 * (first.high - first.low)
    assert second.low < 0.02


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for trial in range(100):
        rates = 0.65 + 0.05 * rng.standard_normal(8)
        biased = np.concatenate([tagger_counts(rng, rate + 0.05, 1, 100) for rate in rates])
        plain = np.concatenate([tagger_counts(rng, rate, 1, 100) for rate in rates])
        (difference,) = compare_arms(np.stack((biased, plain)), ("b", "p"), (("b", "p"),), resamples=400, seed=trial)
        covered += difference.low < 0.05 < difference.high
    assert covered >= 88


def test_many_sentences_are_drawn_in_chunks_and_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = tagger_counts(np.random.default_rng(4), 0.6, 2, 30)[None]
    monkeypatch.setattr("kgattn.evidence.statistics.CHUNK_CELLS", 90)

    first, again = (bootstrap_scores(counts, resamples=100, seed=5) for _ in range(2))

    assert first.shape == (1, 100)
    assert (first == again).all()
    assert first.std() > 0


def test_by_seed_differences_are_kept() -> None:
    biased = np.array([[[2, 0, 0]], [[1, 1, 1]]])
    plain = np.array([[[1, 1, 1]], [[1, 1, 1]]])

    (difference,) = compare_arms(np.stack((biased, plain)), ("biased", "plain"), (("biased", "plain"),))

    assert difference.by_seed == (0.5, 0.0)
    assert difference.mean == 0.25


def test_no_sentence_is_an_error() -> None:
    with pytest.raises(ConfigError, match="at least one arm, seed and test sentence"):
        compare_arms(np.zeros((2, 1, 0, 3), dtype=np.int64), ("a", "b"), (("a", "b"),))
