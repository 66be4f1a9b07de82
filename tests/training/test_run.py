from dataclasses import replace

import numpy as np
import pytest

from kgattn.errors import ConfigError, CorpusError, RunError
from kgattn.ner.corpus import Corpus
from kgattn.training import run as run_module
from kgattn.training.encode import encode_corpus
from kgattn.training.evaluate import evaluate_run
from kgattn.training.parts import make_processor
from kgattn.training.run import train_run


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


@pytest.mark.parametrize("shuffled", [False, True])
def test_an_injected_run_scores_the_same_from_its_folder(corpus, graph, config, tmp_path, shuffled, injection):
    config = replace(config, arm="shuffled-entities" if shuffled else "biased", epochs=2)
    entity_map = np.roll(np.arange(graph.num_entities), 1) if shuffled else None
    result = train_run(config, corpus, graph, tmp_path / "run", injection=injection, entity_map=entity_map)
    assert result.parameters["plugin"] > 0
    assert result.injection == injection.to_json()
    assert set(result.test["slices"]) == {"linked", "unlinked", "seen", "unseen"}
    scores = evaluate_run(tmp_path / "run", corpus)
    assert scores.sentence_counts == result.test_counts
    assert scores.to_json()["slices"] == result.test["slices"]


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
    rows = np.arange(3)
    empty = Corpus("c", (), corpus.dev, corpus.test, corpus.entity_types)
    bare = encode_corpus(corpus, make_processor(config.model, None, config.language), config)
    for error, message, arguments, options in (
        (ConfigError, "got plain, an injection", (config, corpus, graph), {"injection": injection}),
        (ConfigError, "got biased, nothing", (biased, corpus, graph), {}),
        (ConfigError, "the arm biased needs a graph", (biased, corpus, None), {"injection": injection}),
        (
            ConfigError,
            "entity_map must have one row",
            (biased, corpus, graph),
            {"injection": injection, "entity_map": rows},
        ),
        (ConfigError, "needs linked sentences", (biased, corpus, graph), {"injection": injection, "encoded": bare}),
        (CorpusError, "has no train sentences", (config, empty, None), {}),
        (ConfigError, "no such folder", (replace(config, model="./absent"), corpus, None), {}),
    ):
        with pytest.raises(error, match=message):
            train_run(*arguments, output, **options)
        assert not output.exists()


def test_evaluation_needs_a_finished_run_with_a_model(corpus, config, tmp_path):
    with pytest.raises(RunError, match="holds no finished run"):
        evaluate_run(tmp_path, corpus)
    train_run(replace(config, epochs=1), corpus, None, tmp_path)
    for file in (tmp_path / "model").iterdir():
        file.unlink()
    with pytest.raises(RunError, match="holds no model"):
        evaluate_run(tmp_path, corpus)
