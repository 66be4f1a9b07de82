"""Means, intervals and paired differences, checked against counts worked out by hand and by scipy."""

import numpy as np
import pytest
from scipy import stats

from kgattn.errors import ConfigError
from kgattn.evidence.statistics import bootstrap_scores, compare_arms, micro_f1, seed_noise, standard_error, summarize
from kgattn.evidence.verdict import decide


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

    assert (resampled.means()[0] == resampled.means()[1]).all()


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

    first, second = (
        compare_arms(np.stack((arm, plain)), ("arm", "plain"), (("arm", "plain"),))[0] for arm in (steady, erratic)
    )

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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_seeds", "seed_sd", "luck", "coverage"),
    [(2, 0.2, 0.5, 0.92), (3, 0.3, 0.5, 0.92), (5, 0.1, 1.0, 0.93), (5, 0.3, 0.5, 0.92)],
)
def test_without_an_effect_the_interval_covers_zero_and_the_verdict_hardly_ever_helps(
    num_seeds: int, seed_sd: float, luck: float, coverage: float
) -> None:
    """Three exchangeable arms whose seeds, sentences and luck on single sentences vary: there is nothing to find."""
    covered = helped = 0
    trials = 250
    for trial in range(trials):
        rng = np.random.default_rng([num_seeds, trial])
        hardness = rng.normal(0.8, 1.0, 150)
        counts = np.stack([null_arm(rng, hardness, num_seeds, seed_sd, luck) for _ in range(3)])
        plain, control = compare_arms(counts, ("b", "p", "c"), (("b", "p"), ("b", "c")), resamples=300, seed=trial)
        covered += plain.low <= 0 <= plain.high
        helped += decide(plain, {"c": control}, num_seeds=num_seeds).outcome == "helps"
    assert covered >= coverage * trials
    assert helped <= 0.05 * trials


def null_arm(rng: np.random.Generator, hardness: np.ndarray, seeds: int, seed_sd: float, luck: float) -> np.ndarray:
    """Counts of an arm that finds two entities a sentence with a probability common to all arms but for noise."""
    own = hardness + rng.normal(0, 0.3, len(hardness))
    logits = own + rng.normal(0, seed_sd, (seeds, 1)) + rng.normal(0, luck, (seeds, len(hardness)))
    hits = rng.binomial(2, 1 / (1 + np.exp(-logits)))
    return np.stack((hits, 2 - hits, 2 - hits), axis=-1)


@pytest.mark.slow
def test_a_difference_of_the_detectable_size_is_found_about_four_times_in_five() -> None:
    rng = np.random.default_rng(7)
    trials, gain, found, promised = 150, 0.07, 0, []
    for trial in range(trials):
        rates = 0.65 + 0.02 * rng.standard_normal(4)
        plain = np.concatenate([tagger_counts(rng, rate, 1, 150) for rate in rates])
        biased = np.concatenate([tagger_counts(rng, rate + gain, 1, 150) for rate in rates])
        (difference,) = compare_arms(np.stack((biased, plain)), ("b", "p"), (("b", "p"),), resamples=300, seed=trial)
        promised.append(difference.detectable)
        found += difference.low > 0
    power = found / trials
    assert np.median(promised) == pytest.approx(gain, rel=0.2)
    assert 0.65 < power < 0.95


def test_drawing_few_seeds_is_corrected_for() -> None:
    """With one kind of sentence nothing varies but seeds: the error is the classical one of a mean."""
    hits = np.array([[60], [70], [65]]).repeat(10, axis=1)
    counts = np.stack((hits, 100 - hits, 100 - hits), axis=-1)
    plain = np.full_like(counts, 50)

    (difference,) = compare_arms(np.stack((counts, plain)), ("b", "p"), (("b", "p"),))

    expected = stats.ttest_1samp(np.array(difference.by_seed), 0)
    interval = expected.confidence_interval(0.95)
    assert (difference.low, difference.high) == pytest.approx((interval.low, interval.high), rel=0.02)
    assert difference.p == pytest.approx(expected.pvalue, rel=0.02)


def test_noise_of_two_arms_is_that_of_their_difference_and_more_arms_make_it_surer() -> None:
    rng = np.random.default_rng(10)
    scores = rng.normal(0.6, 0.02, (5, 3)) + rng.normal(0, 0.1, 3)  # what a seed does to all arms cancels

    two, five = seed_noise(scores[:2]), seed_noise(scores)

    assert two.variance == pytest.approx(np.var(scores[0] - scores[1], ddof=1))
    assert (two.freedom, five.freedom) == (2, 8)
    assert five.variance < 0.004
    fixed = np.vstack((scores, np.full((1, 3), 0.7)))
    assert seed_noise(fixed) == five, "an arm no seed changes says nothing"
    assert (seed_noise(scores[:1]).variance, seed_noise(scores[:, :1]).freedom) == (0.0, 0)


def test_two_seeds_that_agree_by_chance_are_not_believed() -> None:
    """The arm's own two seeds differ by next to nothing; the other arms show what seeds do."""
    rng = np.random.default_rng(11)
    counts = np.stack([tagger_counts(rng, rate, 2, 100) for rate in (0.65, 0.6, 0.6, 0.6)])
    counts[0, 1] = counts[0, 0]
    counts[1, 1] = counts[1, 0]

    alone = compare_arms(counts[:2], ("b", "p"), (("b", "p"),), resamples=300)[0]
    among = compare_arms(counts, ("b", "p", "c", "d"), (("b", "p"),), resamples=300)[0]

    assert among.high - among.low > alone.high - alone.low


def test_luck_on_single_sentences_counts_once() -> None:
    """Seeds that differ by luck alone: the error is that of so many independent sentences and seeds."""
    rng = np.random.default_rng(8)
    errors = []
    for trial in range(30):
        counts = np.stack((tagger_counts(rng, 0.6, 5, 200), tagger_counts(rng, 0.6, 5, 200)))
        drawn = bootstrap_scores(counts, resamples=300, seed=trial)
        scores = micro_f1(counts.sum(axis=2).astype(float))
        resampled = drawn.scores[0] - drawn.scores[1]
        noise = seed_noise(scores)
        errors.append(standard_error(scores[0] - scores[1], resampled, drawn.weights, noise, 200).size)
    true = np.sqrt(2 * 0.6 * 0.4 / (2 * 200 * 5))
    assert np.median(errors) == pytest.approx(true, rel=0.15)


def test_p_and_interval_agree_about_zero() -> None:
    rng = np.random.default_rng(9)
    for gain in (0.0, 0.02, 0.05, 0.1):
        counts = np.stack((tagger_counts(rng, 0.6 + gain, 3, 100), tagger_counts(rng, 0.6, 3, 100)))
        (difference,) = compare_arms(counts, ("b", "p"), (("b", "p"),), resamples=300)
        assert difference.p is not None
        assert (difference.p < 0.05) == (not difference.low <= 0 <= difference.high)


def test_many_sentences_are_drawn_in_chunks_and_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = tagger_counts(np.random.default_rng(4), 0.6, 2, 30)[None]
    monkeypatch.setattr("kgattn.evidence.statistics.CHUNK_CELLS", 90)

    first, again = (bootstrap_scores(counts, resamples=100, seed=5) for _ in range(2))

    assert first.scores.shape == (1, 2, 100)
    assert (first.means() == again.means()).all()
    assert first.means().std() > 0


def test_by_seed_differences_are_kept() -> None:
    biased = np.array([[[2, 0, 0]], [[1, 1, 1]]])
    plain = np.array([[[1, 1, 1]], [[1, 1, 1]]])

    (difference,) = compare_arms(np.stack((biased, plain)), ("biased", "plain"), (("biased", "plain"),))

    assert difference.by_seed == (0.5, 0.0)
    assert difference.mean == 0.25


def test_no_sentence_is_an_error() -> None:
    with pytest.raises(ConfigError, match="at least one arm, seed and test sentence"):
        compare_arms(np.zeros((2, 1, 0, 3), dtype=np.int64), ("a", "b"), (("a", "b"),))
