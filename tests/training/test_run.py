import json
import shutil
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from kgattn.errors import ConfigError, CorpusError, GraphError, KgattnError, LinkingError, RunError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import LinkerConfig
from kgattn.ner.corpus import Corpus, Sentence
from kgattn.ner.features import EncodedSplit
from kgattn.ner.outcomes import Outcome
from kgattn.ner.slices import LINK_SLICES
from kgattn.training import run as run_module
from kgattn.training.encode import encode_corpus
from kgattn.training.evaluate import evaluate_run, open_run
from kgattn.training.parts import make_processor
from kgattn.training.run import train_run
from kgattn.training.run_checks import check_one_process, check_windows
from kgattn.training.tagger import open_tagger


def test_a_plain_run_leaves_a_folder_and_a_model_that_scores_the_same(corpus, config, tmp_path, capfd):
    steps = []
    output = tmp_path / "run"
    result = train_run(config, corpus, None, output, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(step, 6) for step in range(1, 7)]
    assert [epoch for epoch, _ in result.dev_curve] == [1, 2, 3]
    assert result.dev["f1"] == max(f1 for _, f1 in result.dev_curve)
    assert len(result.test_counts) == len(corpus.test)
    assert result.corpus["sentences"] == {"train": 24, "dev": 12, "test": 12}
    assert set(result.test["slices"]) == {"seen", "unseen"}
    assert result.parameters["plugin"] == 0
    assert result.gates is None
    assert [epoch for epoch, _ in result.loss_curve] == [1, 2, 3]
    assert result.loss_curve[-1][1] < result.loss_curve[0][1]
    read = [Outcome.read(text, corpus.entity_types) for text in result.outcomes]
    assert tuple((len(row.right), len(row.spurious), len(row.missed)) for row in read) == result.test_counts
    assert {path.name for path in output.iterdir()} == {"config.json", "result.json", "log.jsonl", "model"}
    assert capfd.readouterr() == ("", ""), "a run prints nothing by itself"
    scores = evaluate_run(output, corpus)
    assert scores.sentence_counts == result.test_counts
    assert scores.to_json()["slices"] == result.test["slices"]


def test_a_finished_run_is_returned_and_another_refused(corpus, config, tmp_path, monkeypatch):
    config = replace(config, epochs=1)
    result = train_run(config, corpus, None, tmp_path)
    monkeypatch.setattr(run_module, "load_tagger", lambda *_: pytest.fail("a finished run trained again"))
    assert train_run(config, corpus, None, tmp_path) == result
    with pytest.raises(RunError, match="another config epochs"):
        train_run(replace(config, epochs=2), corpus, None, tmp_path)


def decide(graph, folder, lines):
    """The graph from a folder beside whose index the user wrote these decisions."""
    replace(graph, path=None).save(folder)  # and not the graph of all tests
    (folder / "linker").mkdir(exist_ok=True)
    (folder / "linker" / "common_words.tsv").write_text(lines)
    return KnowledgeGraph.load(folder)


@pytest.mark.parametrize("with_processor", [False, True])
def test_a_run_by_other_decisions_of_the_user_is_another_one(
    corpus, graph, config, tmp_path, monkeypatch, with_processor
):
    config = replace(config, epochs=1)

    def run(graph):
        made = make_processor(config.model, graph, "en") if with_processor else None
        return train_run(config, corpus, graph, tmp_path / "run", processor=made)

    result = run(graph)
    known = json.loads((tmp_path / "run" / "config.json").read_text())
    assert "common_words" not in {*known, *result.graph}, "as runs were known before there were decisions"
    monkeypatch.setattr(run_module, "load_tagger", lambda *_: pytest.fail("a finished run trained again"))
    assert run(decide(graph, tmp_path / "graph", "")) == result
    with pytest.raises(RunError, match="holds a run with another common_words"):
        run(decide(graph, tmp_path / "graph", "rome\t\t\t\tdrop\n"))
    monkeypatch.undo()
    (tmp_path / "run").rename(tmp_path / "before")
    dropped = run(decide(graph, tmp_path / "graph", "rome\t\t\t\tdrop\n"))
    assert dropped.graph["common_words"]
    monkeypatch.setattr(run_module, "load_tagger", lambda *_: pytest.fail("a finished run trained again"))
    assert dropped.test["slices"]["linked"]["gold"] < result.test["slices"]["linked"]["gold"]
    assert run(decide(graph, tmp_path / "graph", "Rome\t\t\t\tdrop\n")) == dropped
    with pytest.raises(RunError, match="holds a run with another common_words"):
        run(decide(graph, tmp_path / "graph", "rome\t\t\t\texact\n"))


def test_an_injected_run_keeps_the_decisions_it_links_by(corpus, graph, config, tmp_path, injection):
    decided = decide(graph, tmp_path / "graph", "rome\t\t\t\tdrop\n")
    result = train_run(replace(config, arm="biased", epochs=1), corpus, decided, tmp_path / "run", injection=injection)
    shutil.rmtree(tmp_path / "graph")
    assert evaluate_run(tmp_path / "run", corpus).to_json()["slices"] == result.test["slices"]
    (doc,) = open_tagger(tmp_path / "run").processor.link([["Rome", ",", "Paris"]], is_split_into_words=True)
    assert [span.text for span in doc.spans["kgattn"]] == ["Paris"]


@pytest.mark.parametrize("shuffled", [False, True])
def test_an_injected_run_scores_the_same_from_its_folder(corpus, graph, config, tmp_path, shuffled, injection):
    config = replace(config, arm="shuffled-entities" if shuffled else "biased", epochs=2)
    entity_map = np.roll(np.arange(graph.num_entities), 1) if shuffled else None
    result = train_run(config, corpus, graph, tmp_path / "run", injection=injection, entity_map=entity_map)
    assert result.parameters["plugin"] > 0
    assert result.injection == injection.to_json()
    assert any(gate for row in result.gates["bias"] for gate in row)
    assert set(result.test["slices"]) == {"linked", "unlinked", "seen", "unseen", *LINK_SLICES}
    scores = evaluate_run(tmp_path / "run", corpus)
    assert scores.sentence_counts == result.test_counts
    assert scores.to_json()["slices"] == result.test["slices"]
    assert evaluate_run(tmp_path / "run", corpus, graph=graph).to_json() == scores.to_json()

    larger = graph.with_entity("Ada Stone", label="Ada Stone", types="person")
    if shuffled:
        with pytest.raises(
            RunError, match="the arm shuffled-entities was trained with the 8 entities of its graph exch"
        ):
            evaluate_run(tmp_path / "run", corpus, graph=larger)
        return
    opened = open_run(tmp_path / "run", corpus, graph=larger)
    assert opened.model.kgattn.graph is larger
    rows = torch.cat([inputs["kg_entities"].flatten() for inputs in opened.batches.inputs])
    assert larger.entity_index("Ada Stone") in rows.tolist()
    wanted, got = scores.slices["linked"].gold, opened.score().slices["linked"].gold
    assert got - wanted == sum("Ada" in sentence.words for sentence in corpus.test) > 0


def test_an_evaluation_says_what_does_not_fit_another_graph(corpus, graph, config, tmp_path, injection):
    run = tmp_path / "run"
    train_run(replace(config, arm="biased", epochs=1), corpus, graph, run, injection=injection)
    names = [*graph.entity_ids]
    vectors = KnowledgeGraph.from_triples([], labels={name: name for name in names}, features=np.ones((len(names), 3)))
    with pytest.raises(GraphError, match="made for no given features an entity, got 3"):
        evaluate_run(run, corpus, graph=vectors)
    with pytest.raises(LinkingError, match="expected a graph with labels to match"):
        evaluate_run(run, corpus, graph=KnowledgeGraph.from_triples([], labels={"x": "17"}))


def test_a_tagger_goes_along_with_its_model(corpus, graph, config, tmp_path, injection):
    train_run(replace(config, arm="biased", epochs=1), corpus, graph, tmp_path / "run", injection=injection)
    tagger = open_tagger(tmp_path / "run")
    tagger.model.kgattn.swap_graph(graph.with_entity("Ada Stone", label="Ada Stone"))
    (doc,) = tagger.processor.link([["Ada", "Stone", "likes", "Rome"]], is_split_into_words=True)
    assert [span.text for span in doc.spans["kgattn"]] == ["Ada Stone", "Rome"]


def test_arms_of_one_seed_share_data_and_new_weights(corpus, graph, config, injection):
    """Before the first step moves a gate, plain and biased are the same model on the same batches."""
    config = replace(config, epochs=1, learning_rate=1e-30, plugin_learning_rate=1e-30)
    processor = make_processor(config.model, graph, config.language)
    encoded = encode_corpus(corpus, processor, config)
    shared = {"processor": processor, "encoded": encoded}
    plain = train_run(config, corpus, graph, None, **shared)
    biased = train_run(replace(config, arm="biased"), corpus, graph, None, injection=injection, **shared)
    assert plain.test_counts == biased.test_counts
    assert plain.test["slices"] == biased.test["slices"], "a plain run with a graph tells linked entities apart too"
    assert plain.test["slices"]["linked"]["gold"] == sum(tag == "B-LOC" for s in corpus.test for tag in s.tags)


def test_the_same_seed_gives_the_same_run(corpus, config, untimed):
    config = replace(config, epochs=1, gradient_accumulation=2, bf16="on")
    assert untimed(train_run(config, corpus, None, None)) == untimed(train_run(config, corpus, None, None))


def test_contradictions_are_refused_and_nothing_is_written(corpus, graph, config, tmp_path, injection):
    output = tmp_path / "run"
    biased = replace(config, arm="biased")
    rows, fewer = np.arange(3), LinkerConfig(max_candidates=3)
    empty = Corpus("c", (), corpus.dev, corpus.test, corpus.entity_types)
    bare = encode_corpus(corpus, make_processor(config.model, None, config.language), config)
    for error, message, arguments, options in (
        (ConfigError, "got plain, an injection", (config, corpus, graph), {"injection": injection}),
        (ConfigError, "got biased, nothing", (biased, corpus, graph), {}),
        (ConfigError, "got plain, other windows", (config, corpus, graph), {"windows": lambda split: split}),
        (
            ConfigError,
            "trains on another graph or other windows",
            (biased, corpus, graph),
            {"injection": injection, "injected": graph},
        ),
        (ConfigError, "the arm biased needs a graph", (biased, corpus, None), {"injection": injection}),
        (
            ConfigError,
            "entity_map must have one row",
            (biased, corpus, graph),
            {"injection": injection, "entity_map": rows},
        ),
        (ConfigError, "needs linked sentences", (biased, corpus, graph), {"injection": injection, "encoded": bare}),
        (
            LinkingError,
            "got one over another graph",
            (biased, corpus, graph.with_entity("new", label="new")),
            {"injection": injection, "processor": make_processor(config.model, graph, config.language)},
        ),
        (
            ConfigError,
            r"got a linker with max_candidates 3 and .* with 4; set TrainConfig\(linker=processor",
            (biased, corpus, graph),
            {"injection": injection, "processor": make_processor(config.model, graph, "en", fewer)},
        ),
        (
            ConfigError,
            r"got a linker with max_candidates 4 and .* with 3; set TrainConfig",
            (replace(config, linker=fewer), corpus, graph),
            {"processor": make_processor(config.model, graph, "en")},
        ),
        (CorpusError, "has no train sentences", (config, empty, None), {}),
        (ConfigError, "no such folder", (replace(config, model="./absent"), corpus, None), {}),
    ):
        with pytest.raises(error, match=message):
            train_run(*arguments, output, **options)
        assert not output.exists()


def test_several_processes_started_together_are_refused(corpus, config, tmp_path, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match=r"trained by one process, got 2 started together .* without torchrun"):
        train_run(config, corpus, None, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    monkeypatch.delenv("LOCAL_RANK")  # a number of tasks alone, as clusters set it, starts nothing
    check_one_process()


def test_evaluation_needs_a_finished_run_with_a_model(corpus, config, tmp_path):
    with pytest.raises(RunError, match="holds no finished run"):
        evaluate_run(tmp_path, corpus)
    train_run(replace(config, epochs=1), corpus, None, tmp_path)
    for file in (tmp_path / "model").iterdir():
        file.unlink()
    with pytest.raises(RunError, match="holds no model"):
        evaluate_run(tmp_path, corpus)


def test_windows_longer_than_the_model_are_refused_before_anything_is_written(corpus, config, tmp_path):
    long = Sentence(("word",) * 600, ("O",) * 600)
    corpus = replace(corpus, test=(*corpus.test, long))
    with pytest.raises(ConfigError, match=r"max_length must be at most 512, .* got windows of 602 tokens"):
        train_run(replace(config, max_length=700), corpus, None, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    train_run(replace(config, epochs=1, max_length=700), replace(corpus, test=corpus.dev), None, tmp_path / "run")
    with pytest.raises(ConfigError, match="max_length must be at most 512"):
        evaluate_run(tmp_path / "run", corpus)


@pytest.mark.parametrize(("model_type", "allowed"), [("roberta", 62), ("bert", 64)])
def test_positions_of_roberta_begin_after_the_padding(model_type, allowed):
    config = SimpleNamespace(model_type=model_type, max_position_embeddings=64, pad_token_id=1)
    for length in (allowed, allowed + 1):
        split = EncodedSplit((), ({"input_ids": [0] * length},), (), 0)
        with nullcontext() if length == allowed else pytest.raises(ConfigError, match=f"at most {allowed}, "):
            check_windows(SimpleNamespace(config=config), [split])


DAMAGE = {
    "config.json": r"config\.json is no JSON",
    "model/config.json": r"model holds no whole model \(.*valid JSON",
    "model/model.safetensors": r"model holds no whole model \(.*header",
    "model/tokenizer.json": r"model holds no whole model",
    "model/kgattn_processor.json": "no readable kgattn_processor.json",
    "model/linker.json": "no readable linker.json",
}
ABSENT = {
    "model/model.safetensors": r"model holds no whole model \(.*no file named",
    "model/tokenizer.json": "holds no vocabulary",
    "model/kgattn_processor.json": r"holds no processor: kgattn_processor\.json is missing",
}
EMPTIED = {
    "config.json": "expected an object config, got none",
    "model/kgattn_processor.json": "expected a number max_candidates, got none",
    "model/linker.json": "expected the keys config and nlp, got none",
}


def test_a_damaged_run_is_refused_by_name(corpus, graph, config, tmp_path, injection):
    whole = tmp_path / "whole"
    train_run(replace(config, arm="biased", epochs=1), corpus, graph, whole, injection=injection)
    cases = [(name, message, lambda file: file.write_text("{")) for name, message in DAMAGE.items()]
    cases += [(name, message, lambda file: file.unlink()) for name, message in ABSENT.items()]
    cases += [
        (name, message, lambda file: file.write_text('{"format_version": 1}')) for name, message in EMPTIED.items()
    ]
    for number, (name, message, spoil) in enumerate(cases):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        spoil(folder / name)
        with pytest.raises(KgattnError, match=message):
            evaluate_run(folder, corpus)
