"""Saving and loading: bit-equal outputs in a new process, and a clear error for every folder that does not fit."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForTokenClassification

import kgattn
from kgattn.errors import InjectionError, PluginError, StorageError
from kgattn.graph import KnowledgeGraph

from .conftest import TRIPLES, WIDE, Batch, make_model, open_gates

NEW_PROCESS = """
import sys, torch, kgattn
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import AutoModelForTokenClassification
folder = sys.argv[1]
if sys.argv[2] == "plugin":
    model = kgattn.load(AutoModelForTokenClassification.from_pretrained(folder + "/base"), folder + "/plugin").eval()
else:
    model = kgattn.from_pretrained(folder + "/whole")
with torch.no_grad():
    save_file({"logits": model(**load_file(folder + "/batch.safetensors")).logits}, folder + "/logits.safetensors")
"""


@pytest.fixture
def model(graph):
    return open_gates(kgattn.inject(make_model("bert"), graph))


@pytest.mark.parametrize("what", ["plugin", "whole"])
def test_a_new_process_gives_the_same_bits(model, batch: Batch, tmp_path, what):
    if what == "plugin":
        make_model("bert").save_pretrained(tmp_path / "base")
        model.kgattn.save(tmp_path / "plugin")
        assert sorted(p.name for p in (tmp_path / "plugin").iterdir()) == [
            "graph",
            "kgattn.safetensors",
            "kgattn_config.json",
        ]
    else:
        kgattn.save_pretrained(model, tmp_path / "whole")
    save_file(batch.all, tmp_path / "batch.safetensors")
    subprocess.run([sys.executable, "-c", NEW_PROCESS, str(tmp_path), what], check=True, timeout=120)
    with torch.no_grad():
        assert torch.equal(load_file(tmp_path / "logits.safetensors")["logits"], model(**batch.all).logits)


def test_saving_keeps_other_files_and_replaces_an_older_plugin(model, batch: Batch, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    model.kgattn.save(tmp_path)
    open_gates(model, size=0.01)
    model.kgattn.save(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "graph",
        "kgattn.safetensors",
        "kgattn_config.json",
        "notes.txt",
    ]
    again = kgattn.load(make_model("bert"), tmp_path)
    assert torch.equal(again(**batch.all).logits, model(**batch.all).logits)


def test_the_plugin_holds_no_weight_of_the_base(model, tmp_path):
    model.kgattn.save(tmp_path)
    saved = load_file(tmp_path / "kgattn.safetensors")
    assert set(saved) == set(model.kgattn.state_dict())
    assert not any(name.startswith(("bert", "classifier")) for name in saved)


def test_a_folder_of_another_format_version_is_refused(model, tmp_path):
    model.kgattn.save(tmp_path)
    config = json.loads((tmp_path / "kgattn_config.json").read_text())
    (tmp_path / "kgattn_config.json").write_text(json.dumps({**config, "format_version": 99}))
    untouched = make_model("bert")
    with pytest.raises(PluginError, match="must be of format version 1, got 99"):
        kgattn.load(untouched, tmp_path)
    assert not hasattr(untouched, "kgattn")


def test_a_plugin_for_another_hidden_size_is_refused(model, tmp_path):
    model.kgattn.save(tmp_path)
    wider = BertForTokenClassification(BertConfig(**{**WIDE, "hidden_size": 64}))
    with pytest.raises(PluginError, match="made for a model with hidden_size 32, got 64"):
        kgattn.load(wider, tmp_path)
    assert not hasattr(wider, "kgattn")


def test_a_plugin_for_another_architecture_is_refused(model, tmp_path):
    model.kgattn.save(tmp_path)
    with pytest.raises(PluginError, match="model_type bert, got electra"):
        kgattn.load(make_model("electra"), tmp_path)


@pytest.mark.parametrize("name", ["kgattn_config.json", "kgattn.safetensors", "graph"])
def test_an_incomplete_folder_is_refused(model, tmp_path, name):
    model.kgattn.save(tmp_path)
    (tmp_path / name).rename(tmp_path / "elsewhere")
    with pytest.raises(PluginError, match=f"no kgattn plugin folder: {name} is missing"):
        kgattn.load(make_model("bert"), tmp_path)


def test_broken_files_are_refused(model, tmp_path):
    model.kgattn.save(tmp_path)
    weights = tmp_path / "kgattn.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:100])
    with pytest.raises(PluginError, match=r"kgattn\.safetensors is broken"):
        kgattn.load(make_model("bert"), tmp_path)
    save_file({"other": torch.zeros(1)}, weights)
    untouched = make_model("bert")
    with pytest.raises(PluginError, match="do not fit its settings"):
        kgattn.load(untouched, tmp_path)
    assert not hasattr(untouched, "kgattn")
    weights.write_bytes(whole)
    (tmp_path / "kgattn_config.json").write_text("[")
    with pytest.raises(PluginError, match="is not a JSON object"):
        kgattn.load(make_model("bert"), tmp_path)


def test_a_full_disk_leaves_the_older_plugin_whole(model, batch: Batch, tmp_path, monkeypatch):
    model.kgattn.save(tmp_path)
    expected = model(**batch.all).logits
    open_gates(model, size=0.01)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    for target in ("kgattn.injection.plugin_files.save_file", "os.fsync", "os.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(target, full)
            with pytest.raises(StorageError, match=r"cannot write .*No space left on device"):
                model.kgattn.save(tmp_path)
            with pytest.raises(StorageError, match="No space left on device"):
                kgattn.save_pretrained(model, tmp_path / "new")
        assert not (tmp_path / "new").exists()
        assert sorted(p.name for p in tmp_path.iterdir()) == ["graph", "kgattn.safetensors", "kgattn_config.json"]
        again = kgattn.load(make_model("bert"), tmp_path)
        assert torch.equal(again(**batch.all).logits, expected)


def test_what_is_not_injected_cannot_be_saved_whole(tmp_path):
    with pytest.raises(InjectionError, match=r"has no injection; call kgattn\.inject"):
        kgattn.save_pretrained(make_model("bert"), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_without_a_model_is_refused(model, tmp_path):
    model.kgattn.save(tmp_path)
    with pytest.raises(PluginError, match=r"config\.json is missing"):
        kgattn.from_pretrained(tmp_path)
    make_model("bert").save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "architectures": ["NoSuchModel"]}))
    with pytest.raises(PluginError, match="no model class 'NoSuchModel'"):
        kgattn.from_pretrained(tmp_path)


@pytest.mark.parametrize("typed_first", [True, False])
def test_a_plugin_saved_on_a_swapped_graph_loads_again(graph, batch: Batch, tmp_path, typed_first):
    untyped = KnowledgeGraph.from_triples(TRIPLES, labels={name: name for name in graph.entity_ids})
    first, second = (graph, untyped) if typed_first else (untyped, graph)
    model = open_gates(kgattn.inject(make_model("bert"), first))
    model.kgattn.swap_graph(second)
    model.kgattn.save(tmp_path)
    again = kgattn.load(make_model("bert"), tmp_path)
    assert torch.equal(again(**batch.all).logits, model(**batch.all).logits)


def test_a_base_model_that_cannot_be_written_is_a_storage_error(model, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise SafetensorError("File too large")

    monkeypatch.setattr(model, "save_pretrained", full)
    with pytest.raises(StorageError, match=r"cannot write .*new: File too large; nothing there was changed"):
        kgattn.save_pretrained(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_config_without_its_blocks_is_refused(model, tmp_path):
    model.kgattn.save(tmp_path)
    (tmp_path / "kgattn_config.json").write_text('{"format_version": 1}')
    with pytest.raises(PluginError, match="lacks its injection or model block"):
        kgattn.load(make_model("bert"), tmp_path)


def test_the_whole_brings_the_tokenizer_of_its_checkpoint_and_a_linker(bert_tiny_path, graph, tmp_path, caplog):
    model = BertForTokenClassification.from_pretrained(bert_tiny_path, num_labels=3, ignore_mismatched_sizes=True)
    kgattn.save_pretrained(kgattn.inject(model.eval(), graph), tmp_path / "whole")
    again = kgattn.from_pretrained(tmp_path / "whole")
    batch = again.kgattn.processor(["Angela Merkel left the CDU."], return_tensors="pt")
    assert batch["kg_token_slot"].max() == 2
    assert torch.equal(again(**batch).logits, model(**batch).logits)
    assert "saving without" not in caplog.text
    kgattn.save_pretrained(kgattn.inject(make_model("bert"), graph), tmp_path / "bare")
    assert "saving without tokenizer and linker" in caplog.text
    assert kgattn.from_pretrained(tmp_path / "bare").kgattn.processor is None


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "kgattn_config.json", "tokenizer.json"])
def test_a_damaged_whole_is_refused_in_one_line(bert_tiny_path, graph, tmp_path, name):
    tagger = BertForTokenClassification.from_pretrained(bert_tiny_path)
    kgattn.save_pretrained(kgattn.inject(tagger, graph), tmp_path)
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(PluginError, match=str(tmp_path)) as caught:
        kgattn.from_pretrained(tmp_path)
    assert "\n" not in str(caught.value)
    (tmp_path / name).unlink()
    with pytest.raises(PluginError, match=str(tmp_path)):
        kgattn.from_pretrained(tmp_path)


def test_a_tokenizer_that_needs_another_package_is_not_saved(bert_tiny_path, graph, tmp_path, caplog, monkeypatch):
    """Transformers asks for what it would convert a slow one with."""

    def asks(source):
        raise ImportError("install sentencepiece")

    model = kgattn.inject(BertForTokenClassification.from_pretrained(bert_tiny_path), graph)
    monkeypatch.setattr("kgattn.injection.storage.AutoTokenizer.from_pretrained", asks)
    kgattn.save_pretrained(model, tmp_path / "whole")
    assert "has no fast tokenizer" in caplog.text
    assert (tmp_path / "whole" / "model.safetensors").is_file()


def test_saving_a_plugin_leaves_the_graph_where_it_was(model, tmp_path):
    before = model.kgattn.graph.path
    model.kgattn.save(tmp_path / "plugin")
    assert model.kgattn.graph.path == before
