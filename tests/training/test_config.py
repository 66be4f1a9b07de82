import json

import pytest

from kgattn.errors import ConfigError
from kgattn.injection import InjectionConfig
from kgattn.linking import LinkerConfig
from kgattn.training.config import TrainConfig


def test_json_round_trip():
    config = TrainConfig(arm="bias-only", epochs=4, injection=InjectionConfig(layers=(0, 2)))
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert TrainConfig.from_json({"learning_rate": 1}).learning_rate == 1.0
    assert TrainConfig.from_json({}) == TrainConfig()


def test_changes_leave_out_none():
    changed = TrainConfig(seed=3).with_changes({"epochs": 2, "seed": None})
    assert (changed.epochs, changed.seed) == (2, 3)


@pytest.mark.parametrize(("sentences", "epochs"), [(50, 40), (100, 40), (200, 40), (400, 20), (4560, 5)])
def test_small_corpora_are_passed_more_often(sentences, epochs):
    assert TrainConfig().epochs_for(sentences) == epochs
    assert TrainConfig(epochs=7).epochs_for(sentences) == 7


def test_evaluations_are_spread_and_end_with_the_last_epoch():
    config = TrainConfig(evaluations=10)
    assert config.evaluation_epochs(40) == (4, 8, 12, 16, 20, 24, 28, 32, 36, 40)
    assert config.evaluation_epochs(5) == (1, 2, 3, 4, 5)
    assert config.evaluation_epochs(25)[-1] == 25
    assert len(config.evaluation_epochs(25)) == 10


def test_rates_and_dev_limit_have_defaults():
    assert TrainConfig().plugin_rate == 2e-3
    assert TrainConfig(learning_rate=2e-5).plugin_rate == pytest.approx(2e-4)
    assert TrainConfig(plugin_learning_rate=0.5).plugin_rate == 0.5
    assert TrainConfig(learning_rate=5e-3).plugin_rate == 5e-3
    assert TrainConfig(limit_train=100).dev_limit == 200
    assert TrainConfig(limit_train=100, limit_dev=7).dev_limit == 7
    assert TrainConfig().dev_limit is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"epochs": 0}, "epochs must be at least 1 or left out, got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
        ({"learning_rate": float("nan")}, "learning_rate must be positive"),
        ({"weight_decay": -1.0}, "weight_decay must be 0 or more"),
        ({"token_dropout": 1.0}, r"token_dropout must lie in \[0, 1\), got 1.0"),
        ({"link_dropout": -0.1}, r"link_dropout must lie in \[0, 1\), got -0.1"),
        ({"warmup_ratio": 1.0}, r"warmup_ratio must lie in \[0, 1\)"),
        ({"stride": 128}, r"stride must lie in \[0, max_length 128\), got 128"),
        ({"seed": -1}, r"seed must lie in \[0, 2\*\*32\)"),
        ({"bf16": "yes"}, "bf16 must be auto, on or off"),
        ({"epoch": 3}, "unknown training setting 'epoch'; known are arm, "),
        ({"epochs": 2.5}, "training setting epochs must be int"),
        ({"seed": True}, "training setting seed must be int"),
        ({"seed": None}, "training setting seed must be int"),
        ({"learning_rate": "high"}, "training setting learning_rate must be float"),
        ({"model": 3}, "training setting model must be str"),
        ({"injection": 3}, "training setting injection must be an object"),
        ({"injection": {"depth": 3}}, "unknown injection setting 'depth'"),
        ({"linker": ["the"]}, "training setting linker must be an object"),
        ({"linker": {"stop_list": "the"}}, "linker setting stop_list must be a list of forms"),
        ({"linker": {"depth": 3}}, "linker settings are .* got 'depth'"),
    ],
)
def test_wrong_settings_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        TrainConfig.from_json(values)


def test_young_settings_are_recorded_where_they_say_something():
    config = TrainConfig(linker=LinkerConfig(stop_list=("match",), nil_threshold=0.5), link_dropout=0.25)
    stored = json.loads(json.dumps(config.to_json()))
    assert stored["linker"]["stop_list"] == ["match"]
    assert TrainConfig.from_json(stored) == config
    default = TrainConfig(linker=LinkerConfig())
    assert not {"linker", "link_dropout"} & set(default.to_json())  # as in records of runs older than the settings
    assert default == TrainConfig() == TrainConfig.from_json({"linker": {}}) == TrainConfig.from_json({"linker": None})
