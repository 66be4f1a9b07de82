import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report, f1_score
from seqeval.scheme import IOB2

from kgattn.errors import CorpusError
from kgattn.ner.corpus import Sentence
from kgattn.ner.metrics import entity_scores, entity_texts

TAGS = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=4, max_size=4)


@pytest.mark.filterwarnings("ignore:.*:sklearn.exceptions.UndefinedMetricWarning")
@given(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=6))
def test_scores_are_seqevals_in_strict_mode(pairs):
    gold, predicted = [list(pair[0]) for pair in pairs], [list(pair[1]) for pair in pairs]
    scores = entity_scores(gold, predicted)
    options = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    if scores.total.true_positives + scores.total.false_negatives:
        assert scores.f1 == pytest.approx(f1_score(gold, predicted, **options))
        report = classification_report(gold, predicted, output_dict=True, **options)
        assert scores.precision == pytest.approx(report["micro avg"]["precision"])
        assert scores.recall == pytest.approx(report["micro avg"]["recall"])
        for name in set(report) & {"A", "B"}:
            assert scores.by_type[name].f1 == pytest.approx(report[name]["f1-score"])
    columns = np.array(scores.sentence_counts).sum(axis=0).tolist()
    assert columns == [scores.total.true_positives, scores.total.false_positives, scores.total.false_negatives]


def test_a_lone_i_is_no_entity():
    scores = entity_scores([["B-A", "I-A", "O"]], [["I-A", "I-A", "O"]])
    assert (scores.total.false_positives, scores.total.false_negatives) == (0, 1)
    assert scores.f1 == 0.0


def test_slices_are_recalls_over_gold_entities():
    words = [["New", "York", "and", "Ada"], ["ada"]]
    gold = [["B-L", "I-L", "O", "B-P"], ["B-P"]]
    predicted = [["B-L", "I-L", "O", "O"], ["B-P"]]
    linked = [np.array([False, True, True, False]), np.array([False])]
    train = [Sentence(("Ada", "ran"), ("B-P", "O"))]
    slices = entity_scores(gold, predicted, words=words, linked=linked, seen=entity_texts(train)).slices
    assert {name: (part.found, part.gold) for name, part in slices.items()} == {
        "linked": (1, 1),
        "unlinked": (1, 2),
        "seen": (1, 2),
        "unseen": (1, 1),
    }
    assert slices["unlinked"].to_json() == {"found": 1, "gold": 2, "recall": 0.5}
    assert entity_scores(gold, predicted).slices == {}


def test_json_holds_totals_types_and_slices():
    values = entity_scores([["B-A", "B-B"]], [["B-A", "O"]], linked=[np.array([True, False])]).to_json()
    assert values["precision"] == 1.0
    assert values["recall"] == 0.5
    assert values["by_type"]["B"]["false_negatives"] == 1
    assert values["slices"]["linked"]["recall"] == 1.0
    assert "sentence_counts" not in values


def test_cut_predictions_are_refused():
    with pytest.raises(CorpusError, match="one predicted tag for every gold tag"):
        entity_scores([["O", "B-A"]], [["O"]])
