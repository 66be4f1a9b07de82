"""Tags chosen together: entities of one type stay apart where the training sentences keep them so."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgattn.ner.labels import LabelSet
from kgattn.ner.transitions import allowed_transitions, best_path, types_apart


def test_types_that_hardly_ever_touch_are_apart():
    apart = [("B-A", "I-A", "O", "B-A", "B-B", "B-A"), ("O", "B-C", "B-C")]
    assert types_apart(apart, ("A", "B", "C", "D")) == ("A", "B", "D")
    rare = [("B-A",)] * 199 + [("B-A", "B-A")]
    assert types_apart(rare, ("A",)) == ("A",)
    assert types_apart(rare[2:], ("A",)) == ()
    assert types_apart([], ("A",)) == ("A",)


def test_only_another_beginning_of_the_same_type_is_forbidden():
    labels = LabelSet(("A", "AB"), apart=("A",))
    forbidden = {
        (before, tag)
        for before, row in zip(labels.tags, labels.allowed, strict=True)
        for tag, allowed in zip(labels.tags, row, strict=True)
        if not allowed
    }
    assert forbidden == {("B-A", "B-A"), ("I-A", "B-A")}
    assert LabelSet(("A", "AB")).allowed.all()


def test_pieces_of_a_name_become_one():
    labels = LabelSet(("A",), apart=("A",))
    probabilities = np.array([[0.1, 0.8, 0.1], [0.1, 0.5, 0.4], [0.9, 0.05, 0.05]])
    path = best_path(np.log(probabilities), labels.allowed)
    assert [labels.tags[tag] for tag in path] == ["B-A", "I-A", "O"]
    assert best_path(np.log(probabilities), LabelSet(("A",)).allowed).tolist() == [1, 1, 0]


@pytest.mark.parametrize("unread", [False, True])
@given(seed=st.integers(0, 2**32 - 1), words=st.integers(0, 5))
def test_the_path_is_the_best_of_all_that_are_allowed(unread, seed, words):
    random = np.random.default_rng(seed)
    labels = LabelSet(("A", "B"), apart=("A", "B") if seed % 2 else ("B",))
    log_probs = np.log(random.dirichlet(np.full(len(labels.tags), 0.5), size=words) + 1e-9)
    if unread and words:
        log_probs[words // 2] = [0.0, *[-np.inf] * 4]
    paths = [
        path
        for path in itertools.product(range(len(labels.tags)), repeat=words)
        if all(labels.allowed[pair] for pair in itertools.pairwise(path))
    ]
    best = max(paths, key=lambda path: sum(log_probs[word, tag] for word, tag in enumerate(path)))
    assert tuple(best_path(log_probs, labels.allowed)) == best


def test_a_model_remembers_which_types_stay_apart(bert_tiny_path, tmp_path):
    from transformers import AutoConfig

    from kgattn.training.checkpoints import load_tagger

    labels = LabelSet(("A", "B"), apart=("B",))
    load_tagger(str(bert_tiny_path), labels).save_pretrained(tmp_path)
    assert LabelSet.from_config(AutoConfig.from_pretrained(tmp_path)) == labels
    assert allowed_transitions(labels.tags, labels.apart).sum() == 25 - 2
