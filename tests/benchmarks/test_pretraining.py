"""The pre-training benchmark: the standard split from FB15k-237's own files, both arms, and when they agree."""

import pytest

from benchmarks.pretraining import run_ours, run_reference, standard_split, summarize
from benchmarks.pretraining_table import markdown
from kgattn.graph import KnowledgeGraph

TRIPLES = [(row, (row + step) % 12, step - 1) for row in range(12) for step in (1, 2, 3)]  # head, tail, relation


@pytest.fixture
def source(tmp_path):
    def write(name, lines):
        (tmp_path / name).write_text("\n".join([str(len(lines)), *lines]) + "\n", encoding="utf-8")

    write("entity2id.txt", [f"/m/{row}\t{row}" for row in range(12)])
    write("relation2id.txt", [f"/a/b/c{row}\t{row}" for row in range(3)])
    parts = {"valid": TRIPLES[:2], "test": TRIPLES[2:5], "train": TRIPLES[5:]}
    for name, triples in parts.items():
        write(f"{name}2id.txt", [" ".join(map(str, triple)) for triple in triples])
    return tmp_path


@pytest.fixture
def graph():
    triples = [(f"/m/{head}", f"/a/b/c{kind}", f"/m/{tail}") for head, tail, kind in TRIPLES]
    return KnowledgeGraph.from_triples(triples, labels={f"/m/{row}": f"place {row}" for row in range(12)})


def test_the_split_is_the_one_in_the_files(source, graph):
    split = standard_split(graph, source)
    assert {name: len(part) for name, part in vars(split).items()} == {"train": 31, "valid": 2, "test": 3}
    ids, kinds = graph.entity_ids, graph.relation_ids
    found = {(ids[head], ids[tail], kinds[kind]) for head, kind, tail in split.test.tolist()}
    assert found == {(f"/m/{head}", f"/m/{tail}", f"/a/b/c{kind}") for head, tail, kind in TRIPLES[2:5]}


def test_both_arms_are_ranked_alike_and_pyg_agrees(source, graph, tmp_path):
    split = standard_split(graph, source)
    reference = run_reference(graph, split, "distmult", 2, 0)
    same = reference["same_triples"]
    assert same["triples"] == 3
    assert same["ours"]["mrr"] == pytest.approx(same["pyg"]["mrr"], abs=1e-6)
    ours = run_ours(graph, split, "distmult", 2, 0, tmp_path / "state.safetensors")
    assert set(ours["test"]) == set(reference["test"])


@pytest.mark.parametrize(("mrr", "within"), [(0.29, True), (0.32, True), (0.34, False)])
def test_the_demand_is_about_means_over_seeds(mrr, within):
    def run(value):
        return {"test": {"filtered": {"mrr": value}}}

    result = summarize({"transe": {"pyg": [run(0.25), run(0.29)], "ours": [run(0.25), run(mrr)]}}, {})
    assert result["models"]["transe"]["within"] is within


def test_the_table_has_the_means_over_seeds():
    ranks = [{"mrr": m, "hits_at_1": 0.1, "hits_at_3": 0.2, "hits_at_10": 0.3, "mean_rank": 450.4} for m in (0.1, 0.3)]
    runs = [{"test": {"filtered": each}} for each in ranks]
    result = {
        "settings": {"epochs": 5, "hidden": 50, "seeds": 2},
        "models": {"transe": {"published": "0.307 (somewhere)", "runs": {"ours": runs, "pyg": runs[:1]}}},
    }
    lines = markdown(result).splitlines()
    assert lines[2] == "| transe | `kgattn graph pretrain` | 0.200 | 0.100 | 0.200 | 0.300 | 450 |"
    assert lines[3].startswith("| transe | PyG's example | 0.100 |")
    assert lines[-1].endswith("transe 0.307 (somewhere).")
