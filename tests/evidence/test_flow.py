"""Won and lost entities, counted by hand on two sentences, and the sentences that show them."""

import dataclasses

import pytest

from kgattn.evidence.flow import Flow, error_flow, flow_examples
from kgattn.ner.corpus import Sentence
from kgattn.training.result import RunResult
from tests.synthetic_runs import make_result, make_sentences

SENTENCES = (
    Sentence(("Ada", "saw", "Arlen"), ("B-Person", "O", "B-Place")),
    Sentence(("Old", "Town", "slept"), ("B-Place", "I-Place", "O")),
)


def run(*outcomes: str) -> RunResult:
    return dataclasses.replace(make_result("plain", 0, make_sentences(2), 0.5), outcomes=outcomes)


PLAIN = run("=0-1:0 -2-3:1", "-0-2:1 +0-1:0")
BIASED = run("-0-1:0 =2-3:1 +0-1:1", "=0-2:1")


def test_counts_of_two_sentences() -> None:
    flow = error_flow("biased", "plain", [(PLAIN, BIASED)])

    assert flow is not None
    assert (flow.won, flow.lost, flow.both_right, flow.both_wrong) == (2, 1, 0, 0)
    assert (flow.spurious_gone, flow.spurious_new, flow.net) == (1, 1, 1)
    assert flow.by_type == {"Person": (0, 1), "Place": (2, 0)}


def test_counts_are_means_over_seeds() -> None:
    flow = error_flow("biased", "plain", [(PLAIN, BIASED), (PLAIN, PLAIN)])

    assert flow is not None
    assert (flow.won, flow.lost, flow.both_right, flow.both_wrong) == (1, 0.5, 0.5, 1)
    assert flow.net_by_seed == (1, 0)


def test_everything_is_accounted_for() -> None:
    sentences = make_sentences(50)
    pairs = [(make_result("plain", s, sentences, 0.5), make_result("biased", s, sentences, 0.8)) for s in range(3)]

    flow = error_flow("biased", "plain", pairs)

    assert flow is not None
    assert flow.won + flow.lost + flow.both_right + flow.both_wrong == pytest.approx(100)
    gain = sum(after.test["true_positives"] - before.test["true_positives"] for before, after in pairs) / 3
    assert flow.net == pytest.approx(gain)
    assert Flow.from_json(dataclasses.asdict(flow)) == flow


def test_examples_show_the_changes_of_most_seeds_first_and_what_was_predicted() -> None:
    other = run("=0-1:0 =2-3:1", "-0-2:1")

    examples = flow_examples([(PLAIN, BIASED), (PLAIN, other)], SENTENCES, 2)

    assert [(example.won, example.words[example.start], example.seeds) for example in examples] == [
        (True, "Arlen", 2),
        (True, "Old", 1),
        (False, "Ada", 1),
    ]
    assert (examples[0].before, examples[0].after) == ("", "Place: Arlen")
    assert (examples[1].before, examples[1].entity_type) == ("Person: Old", "Place")
    assert len(flow_examples([(PLAIN, BIASED)], SENTENCES, 1)) == 2


def test_runs_of_an_earlier_version_have_no_flow() -> None:
    old = dataclasses.replace(PLAIN, outcomes=())

    assert error_flow("biased", "plain", [(old, BIASED)]) is None
    assert flow_examples([(old, BIASED)], SENTENCES, 3) == ()
    assert error_flow("biased", "plain", []) is None
