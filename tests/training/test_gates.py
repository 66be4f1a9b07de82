import torch

from kgattn.injection import InjectionConfig, inject
from kgattn.ner.labels import LabelSet
from kgattn.training.checkpoints import load_tagger
from kgattn.training.gates import describe_gates


def test_gates_and_strengths_by_layer_and_head(bert_tiny_path, graph):
    settings = InjectionConfig(entity_dim=16, code_dim=32, layers=(1,), pair_terms=("siblings",), gate_scale=2.0)
    model = load_tagger(str(bert_tiny_path), LabelSet(("LOC",)))
    assert describe_gates(model) is None
    model = inject(model, graph, settings)
    with torch.no_grad():
        model.kgattn.pair_bias.gate[0, 1] = 0.25

    gates = describe_gates(model)

    assert gates["layers"] == [1]
    assert gates["bias"] == [[0.0, 0.5]]
    assert gates["values"] == [[0.0, 0.0]]
    assert gates["terms"].keys() == {"siblings"}
    assert [len(row) for row in gates["terms"]["siblings"]] == [2]


def test_a_part_that_is_off_has_no_gates(bert_tiny_path, graph):
    settings = InjectionConfig(entity_dim=16, code_dim=32, values=False, pair_terms=())
    model = inject(load_tagger(str(bert_tiny_path), LabelSet(("LOC",))), graph, settings)

    gates = describe_gates(model)

    assert gates["values"] is None
    assert gates["layers"] == [0, 1]
    assert gates["terms"] == {}
