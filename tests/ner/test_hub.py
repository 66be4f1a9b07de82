import sys
from types import ModuleType, SimpleNamespace

import pytest

from kgattn.errors import CorpusError
from kgattn.ner import hub
from kgattn.ner.corpus import load_corpus


class Rows(dict):
    """Columns with features, as a split of the datasets package has them."""

    def __init__(self, tokens, tags, names=None):
        super().__init__(tokens=tokens, ner_tags=tags)
        self.features = {"tokens": None, "ner_tags": SimpleNamespace(feature=SimpleNamespace(names=names))}


def test_numbers_are_named_by_the_class_labels():
    splits = {"train": Rows([["Ada", "ran"], []], [[1, 0], []], ["O", "B-PER"]), "validation": Rows([["x"]], [["O"]])}
    found = hub.sentences_of("some/name", splits)
    assert found["train"][0].tags == ("B-PER", "O")
    assert found["dev"][0].tags == ("O",)
    assert len(found["train"]) == 1


def test_a_hub_name_is_read_through_the_datasets_package(monkeypatch):
    fake = ModuleType("datasets")
    fake.__spec__ = SimpleNamespace()
    fake.load_dataset = lambda name: {"test": Rows([["Ada"]], [["B-PER"]])}
    monkeypatch.setitem(sys.modules, "datasets", fake)
    assert load_corpus("some/name").test[0].words == ("Ada",)

    def fail(name):
        raise ValueError("no such data set\nmore lines")

    fake.load_dataset = fail
    with pytest.raises(CorpusError, match=r"no hub data set could be read \(no such data set\)"):
        load_corpus("some/name")


def test_what_is_neither_file_nor_hub_name_is_refused(monkeypatch):
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    with pytest.raises(CorpusError, match=r"nowhere: no such file or folder; .* install the datasets package"):
        load_corpus("nowhere")


def test_hub_data_of_another_shape_is_refused():
    rows = Rows([["a"]], [["O"]])
    rows.features = {"text": None}
    with pytest.raises(CorpusError, match="expected the columns tokens and ner_tags, got text"):
        hub.sentences_of("n", {"test": rows})
    with pytest.raises(CorpusError, match="expected the splits train, validation and test, got other"):
        hub.sentences_of("n", {"other": rows})
