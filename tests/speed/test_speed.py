"""Timing kernels and whole steps: equality first, the right variants, a report that tells what it measured."""

import pytest
import torch

from kgattn.attention import KERNELS
from kgattn.errors import ConfigError, KernelError, RunError
from kgattn.files import write_json
from kgattn.ner.labels import LabelSet
from kgattn.speed import kernels
from kgattn.speed.growth import GrowthRow, Parts, fit_growth, measure_growth
from kgattn.speed.kernels import Shape, measure_kernels
from kgattn.speed.report import load_report, markdown
from kgattn.speed.steps import StepSettings, make_graph, measure_step
from kgattn.speed.suite import Size, Suite
from kgattn.training.checkpoints import load_tagger

SHAPE = Shape(2, 2, 24, 4, 3)


@pytest.mark.parametrize("backward", [True, False])
def test_kernels_that_serve_are_timed_after_plain(backward):
    timings = measure_kernels(SHAPE, ["dense", "fold", "block"], backward=backward, repeats=1)
    assert [timing.name for timing in timings] == ["plain", "dense", "fold", "block"]
    assert timings[0].ratio == 1.0
    half = measure_kernels(SHAPE, ["fold", "block"], backward=True, repeats=1, dtype=torch.bfloat16)
    assert [timing.name for timing in half] == ["plain", "fold"]


def test_a_kernel_that_is_wrong_is_not_timed(monkeypatch):
    def wrong(query, *rest):
        return KERNELS["dense"](query, *rest) + 0.01

    monkeypatch.setattr(kernels, "choose_kernel", lambda name, *_: KERNELS[name] if name == "reference" else wrong)
    with pytest.raises(KernelError, match=r"the kernel 'dense' is 0\.01 off the reference"):
        measure_kernels(SHAPE, ["dense"], backward=False, repeats=1)


def test_the_growth_of_the_extra_cost_is_told_by_its_exponent():
    def row(length: int, extra: float) -> GrowthRow:
        return GrowthRow(length, (Parts("plain", 2.0, 1.0), Parts("block", 3.0, 1.0 + extra)))

    (linear,) = fit_growth([row(length, 0.002 * length) for length in (100, 200, 400, 800)])
    assert linear.milliseconds_per_1000_tokens == pytest.approx(2.0)
    assert (linear.r_squared, linear.exponent) == (pytest.approx(1.0), pytest.approx(1.0))
    assert linear.extra == pytest.approx((0.2, 0.4, 0.8, 1.6))
    assert linear.inside == (1.5, 1.5, 1.5, 1.5)
    (square,) = fit_growth([row(length, 1e-5 * length**2) for length in (100, 200, 400, 800)])
    assert square.exponent == pytest.approx(2.0)
    assert fit_growth([row(100, 1.0), row(200, 2.0)]) == ()


def test_time_inside_the_fused_attention_is_told_from_time_outside(monkeypatch):
    """The backward pass counts: the fused attention of 512 tokens takes far more than all else.

    Without compiled code, which takes so little that the times are not told apart.
    """
    monkeypatch.setattr("kgattn.attention.loops.compiled", None)
    plain, block = measure_growth(Shape(1, 4, 512, 16, 3), ["block"], repeats=1).parts
    assert (plain.name, block.name) == ("plain", "block")
    assert plain.inside > plain.outside > 0
    assert block.outside > plain.outside


@pytest.fixture(scope="module")
def tagger(bert_tiny_path):
    return load_tagger(str(bert_tiny_path), LabelSet(("thing",)))


@pytest.mark.parametrize(
    "settings",
    [
        StepSettings(training=True),
        StepSettings(training=True, attention_dropout=0.1),
        StepSettings(training=False),
        StepSettings(training=True, autocast=torch.bfloat16, kernel="fold"),
    ],
    ids=str,
)
def test_whole_steps_are_timed_in_all_variants(tagger, settings):
    before = {name: tensor.clone() for name, tensor in tagger.state_dict().items()}
    cost = measure_step(tagger, make_graph(50), 2, 16, 3, settings, repeats=1)
    assert [timing.name for timing in cost.timings] == ["plain", "plain again", "kernel", "whole", "no links"]
    assert all(timing.milliseconds > 0 for timing in cost.timings)
    assert all(mib > 0 for mib in cost.peak_mib)
    assert all((mib > 0) == settings.training for mib in cost.saved_mib)
    assert not hasattr(tagger, "kgattn")
    torch.testing.assert_close(tagger.state_dict(), before)


def test_a_random_graph_has_hubs_and_types():
    graph = make_graph(200)
    degrees = torch.bincount(torch.as_tensor(graph.to_pyg().edge_index[1]), minlength=graph.num_entities)
    assert graph.num_entities == 200
    assert graph.num_types == 8
    assert degrees.max() > 10 * degrees.float().median().clamp(min=1)


def test_a_report_is_written_read_and_shown(tmp_path, bert_tiny_path):
    growth = tuple(Shape(1, 2, length, 4, 2) for length in (16, 32, 64))
    suite = Suite(str(bert_tiny_path), make_graph(50), (Size(2, 16, 2),), 1, sweep=(SHAPE,), growth=growth)
    done: list[None] = []
    report = suite.run(torch.device("cpu"), lambda: done.append(None))
    assert len(done) == len(suite) == 9
    report.write(tmp_path / "speed.json")
    values = load_report(tmp_path / "speed.json")
    text = markdown(values)
    assert "| train, 2 x 16, 2 mentions, attention dropout 0.1 | " in text
    assert "| train, 2 x 16, 2 mentions, attention dropout 0.1, bfloat16 | " in text
    assert "ms per 1,000 tokens" in text
    assert values["environment"]["versions"]["torch"] in text


def test_what_is_no_report_is_refused(tmp_path):
    with pytest.raises(RunError, match="cannot be read"):
        load_report(tmp_path / "none.json")
    write_json(tmp_path / "other.json", {"kind": "comparison"})
    with pytest.raises(RunError, match="is no speed report of format version 1"):
        load_report(tmp_path / "other.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("16x128", "a size must be batch x tokens x mentions, such as 16x128x8, got '16x128'"),
        ("0x128x8", "got '0x128x8'"),
        ("2xlongx8", "got '2xlongx8'"),
        ("2x16x8", "a size needs 3 tokens a mention, got 8 mentions in 16 tokens"),
    ],
)
def test_a_size_that_is_none_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        Size.parse(text)
