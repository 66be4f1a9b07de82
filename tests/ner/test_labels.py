from types import SimpleNamespace

import pytest

from kgattn.errors import CorpusError
from kgattn.ner.labels import LabelSet


def test_tags_are_numbered_from_o():
    labels = LabelSet(("A", "creative-work"))
    assert labels.tags == ("O", "B-A", "I-A", "B-creative-work", "I-creative-work")
    assert labels.encode(["I-A", "O"]) == [2, 0]
    assert LabelSet.from_config(SimpleNamespace(id2label=dict(enumerate(labels.tags)))) == labels


def test_other_tags_are_refused():
    with pytest.raises(CorpusError, match="expected a tag of the types A, got 'B-B'"):
        LabelSet(("A",)).encode(["B-B"])
    with pytest.raises(CorpusError, match="expected a model with IOB2 labels"):
        LabelSet.from_config(SimpleNamespace(id2label={0: "LABEL_0", 1: "LABEL_1"}))
