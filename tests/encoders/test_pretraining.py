"""Link-prediction pre-training: ranks as PyG and a plain loop give them, resuming, and what is refused."""

import bz2
import gzip
import itertools
import lzma

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import kgattn
from kgattn.encoders.pretraining import PretrainingSettings, given_split, hold_out, pretrain, rank_triples
from kgattn.encoders.pretraining.scorers import SCORERS, score_entities
from kgattn.errors import ConfigError, GraphError, RunError
from kgattn.graph import KnowledgeGraph

SIZE = 24
NAMES = [f"place {number}" for number in range(SIZE)]


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    """A circle of places: some steps on are "next", "after next" and so on, both ways; others never are."""
    steps = {"next": 1, "after next": 2, "third": 3, "before": -1}
    return KnowledgeGraph.from_triples(
        [(NAMES[row], name, NAMES[(row + step) % SIZE]) for name, step in steps.items() for row in range(SIZE)]
    )


def make_model(name, graph, dim=16):  # in fewer, distances by absolute values are often equal but for rounding
    torch.manual_seed(0)
    return SCORERS[name], SCORERS[name].build(graph.num_entities, graph.num_relations, dim)


def quick(name="transe", **changes):
    return PretrainingSettings(**{"model": name, "dim": 8, "epochs": 4, "batch_size": 16, **changes})


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("tails", [True, False])
def test_scores_of_all_entities_are_those_of_forward(name, tails, graph):
    scorer, model = make_model(name, graph)
    known, relations = torch.tensor([3, 0, 9]), torch.tensor([1, 0, 3])
    with torch.no_grad():
        scores = score_entities(scorer, model, scorer.table(model), known, relations, tails)
        for row, entity in itertools.product(range(3), range(SIZE)):
            ends = (known[row], torch.tensor(entity)) if tails else (torch.tensor(entity), known[row])
            expected = model(ends[0][None], relations[row][None], ends[1][None])[0]
            if name == "rotate":
                expected = expected - model.margin
            torch.testing.assert_close(scores[row, entity], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SCORERS)
def test_ranks_are_those_of_a_loop_over_all_entities(name, graph, monkeypatch):
    monkeypatch.setattr("kgattn.encoders.pretraining.ranking.SCORES_AT_ONCE", 7 * SIZE)
    scorer, model = make_model(name, graph)
    triples = graph.triples.astype(np.int64)
    more = np.array([[0, 0, 5], [0, 0, 6], [4, 0, 1]])  # several tails of one head, several heads of one tail
    known = np.concatenate([triples, more])
    truths = {tuple(row) for row in known.tolist()}
    asked = known[::5]
    found = rank_triples(scorer, model, asked, known)

    def rank(triple, place, filtered):
        scores = {}
        for entity in range(SIZE):
            other = [*triple[:place], entity, *triple[place + 1 :]]
            if entity == triple[place] or not (filtered and tuple(other) in truths):
                scores[entity] = float(model(*(torch.tensor([value]) for value in other)))
        return 1 + sum(score > scores[triple[place]] for score in scores.values())

    with torch.no_grad():
        for row, triple in enumerate(asked.tolist()):
            assert found.tails[row] == rank(triple, 2, True)
            assert found.heads[row] == rank(triple, 0, True)
            assert found.raw_tails[row] == rank(triple, 2, False)
    mean_rank, mrr, hits = model.test(*torch.from_numpy(asked).T.contiguous(), batch_size=100, k=10, log=False)
    summary = found.summary()["raw_tails"]
    assert summary["mrr"] == pytest.approx(mrr, abs=1e-6)
    assert summary["hits_at_10"] == pytest.approx(hits)
    assert summary["mean_rank"] == pytest.approx(mean_rank + 1)  # PyG counts from 0


def test_equal_scores_get_the_middle_rank(graph):
    scorer, model = make_model("distmult", graph)
    torch.nn.init.zeros_(model.node_emb.weight)
    triples = graph.triples[:4].astype(np.int64)
    assert rank_triples(scorer, model, triples, triples).raw_tails.tolist() == [(1 + SIZE) / 2] * 4


@pytest.mark.parametrize(
    ("name", "rate"), [("transe", 0.01), ("distmult", 0.05), ("complex", 0.5), ("rotate", 0.05)], ids=list(SCORERS)
)
def test_every_model_learns_what_a_graph_says(name, rate, graph):
    split = hold_out(graph.triples, 0.1, seed=1)
    result = pretrain(graph, split, quick(name, dim=16, epochs=120, learning_rate=rate))
    chance = float(np.mean(1 / np.arange(1, SIZE + 1)))
    trained = hold_out(graph.triples, 0.0, seed=1)
    known = rank_of_training(name, rate, graph, trained)
    assert known > 2 * chance
    assert result.report["losses"][-1] < result.report["losses"][0]
    assert result.report["triples"] == {"train": len(split.train), "valid": 0, "test": len(split.test)}


def rank_of_training(name, rate, graph, split):
    """Filtered MRR of the triples it was trained on, through the interface: they are the validation triples too."""
    both = type(split)(split.train, split.train, split.test)
    result = pretrain(graph, both, quick(name, dim=16, epochs=120, learning_rate=rate))
    return result.report["ranks"]["valid"]["filtered"]["mrr"]


@pytest.mark.parametrize("name", SCORERS)
def test_vectors_become_features_of_mean_length_one_that_a_model_takes(name, graph):
    result = pretrain(graph, hold_out(graph.triples, 0.1, 0), quick(name))
    width = 16 if name in ("complex", "rotate") else 8
    assert result.graph.features.shape == (SIZE, width)
    assert np.linalg.norm(result.graph.features, axis=1).mean() == pytest.approx(1, abs=1e-5)
    assert list(result.graph.labels) == list(graph.labels)
    assert result.graph.sources[-1].startswith(f"entity vectors: {name} of 8 dimensions")
    encoder = kgattn.encoders.EntityEncoder(4, 8, 1, 8, 2, given_dim=width, has_types=False)
    assert encoder(kgattn.encoders.GraphFeatures(result.graph, 8), torch.tensor([[[0, 1]]])).shape == (1, 1, 2, 4)


def test_a_seed_decides_everything_and_nothing_outside_of_it(graph):
    split = hold_out(graph.triples, 0.1, 0)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first = pretrain(graph, split, quick())
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(6)
    again, other = pretrain(graph, split, quick()), pretrain(graph, split, quick(seed=1))
    assert np.array_equal(first.graph.features, again.graph.features)
    assert first.report["ranks"] == again.report["ranks"]
    assert not np.array_equal(first.graph.features, other.graph.features)


class Killed(BaseException):
    pass


def stop_after(epochs):
    def watch(done, loss):
        if done == epochs:
            raise Killed

    return watch


@pytest.mark.parametrize("name", SCORERS)
def test_what_was_interrupted_goes_on_to_the_same_result(name, graph, tmp_path):
    split, file = hold_out(graph.triples, 0.1, 0), tmp_path / "state.safetensors"
    whole = pretrain(graph, split, quick(name))
    with pytest.raises(Killed):
        pretrain(graph, split, quick(name), checkpoint=file, checkpoint_seconds=0.0, watch=stop_after(2))
    told = []
    rest = pretrain(graph, split, quick(name), checkpoint=file, watch=lambda done, loss: told.append(done))
    assert told == [3, 4]
    assert np.array_equal(rest.graph.features, whole.graph.features)
    assert rest.report["losses"] == whole.report["losses"]
    assert rest.report["ranks"] == whole.report["ranks"]


@pytest.mark.parametrize("change", ["settings", "graph", "split", "damage"])
def test_the_state_of_another_run_is_refused(graph, tmp_path, change):
    split, file = hold_out(graph.triples, 0.1, 0), tmp_path / "state.safetensors"
    pretrain(graph, split, quick(), checkpoint=file)
    expected = {"settings": "dim 8, got 9", "graph": "begun with graph", "split": "with split", "damage": "is damaged"}
    other = KnowledgeGraph.from_triples([("a", "r", "b")], labels={name: name for name in ("a", "b")})
    if change == "damage":
        file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(RunError, match=expected[change]):
        pretrain(
            other if change == "graph" else graph,
            hold_out(other.triples if change == "graph" else graph.triples, 0.2 if change == "split" else 0.1, 0),
            quick(dim=9 if change == "settings" else 8),
            checkpoint=file,
        )


def test_a_loss_that_is_no_number_is_an_error(graph):
    with pytest.raises(RunError, match=r"the loss became .* lower the learning rate"):
        pretrain(graph, hold_out(graph.triples, 0.1, 0), quick("distmult", learning_rate=1e30, epochs=20))


def test_nothing_to_train_on_is_an_error():
    empty = KnowledgeGraph.from_triples([], labels={"a": "a"})
    with pytest.raises(GraphError, match="expected a graph with triples"):
        pretrain(empty, hold_out(empty.triples, 0.1, 0), quick())


@given(
    triples=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 2), st.integers(0, 7)), min_size=1, max_size=60),
    share=st.floats(0, 0.9),
    seed=st.integers(0, 9),
)
@settings(deadline=None)
def test_holding_out_parts_the_triples_and_leaves_every_name_one(triples, share, seed):
    rows = np.array(sorted(triples), dtype=np.int32)
    split = hold_out(rows, share, seed)
    assert sorted(map(tuple, np.concatenate([split.train, split.test]).tolist())) == sorted(triples)
    assert len(split.test) <= round(share * len(rows))
    for column in (1, [0, 2]):
        assert set(split.train[:, column].ravel().tolist()) == set(rows[:, column].ravel().tolist())
    assert np.array_equal(hold_out(rows, share, seed).test, split.test)


def test_holding_out_takes_the_share_where_it_can(graph):
    assert len(hold_out(graph.triples, 0.25, 0).test) == len(graph.triples) // 4


def test_files_say_what_is_ranked(graph, tmp_path):
    valid, test = tmp_path / "valid.tsv", tmp_path / "test.csv"
    valid.write_text("place 0\tnext\tplace 1\nplace 3\tnext\tplace 4\n", encoding="utf-8")
    test.write_text("head,relation,tail\nplace 3,next,place 4\nplace 1,third,place 9\n", encoding="utf-8")
    split = given_split(graph, valid, test)
    relations = list(graph.relation_ids)

    def named(rows):
        return {(graph.entity_ids[head], relations[kind], graph.entity_ids[tail]) for head, kind, tail in rows.tolist()}

    assert named(split.test) == {("place 3", "next", "place 4"), ("place 1", "third", "place 9")}
    assert named(split.valid) == {("place 0", "next", "place 1")}  # a test triple is not one to choose by
    assert len(split.train) == graph.num_triples - 2  # one of the test triples is not in the graph
    assert not named(split.train) & (named(split.valid) | named(split.test))


@pytest.mark.parametrize(
    ("name", "pack"),
    [("test.csv.gz", gzip.compress), ("test.csv.bz2", bz2.compress), ("test.CSV.xz", lzma.compress)],
)
def test_files_may_be_packed(graph, tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack(b"place 3,next,place 4\n"))
    assert given_split(graph, None, tmp_path / name).test.tolist() == [[3, 0, 4]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("place 0\tnext\tnowhere", r"test.tsv:1: expected ids of entities of the graph, got 'nowhere'"),
        ("place 0\tknows\tplace 1", r"test.tsv:1: expected a relation of the graph, got 'knows'"),
        ("", r"test.tsv: expected triples, got none"),
    ],
)
def test_files_that_do_not_fit_are_refused(graph, tmp_path, line, message):
    file = tmp_path / "test.tsv"
    file.write_text(f"{line}\n" if line else "", encoding="utf-8")
    with pytest.raises(GraphError, match=message):
        given_split(graph, None, file)


def test_a_file_that_leaves_nothing_to_train_on_is_refused(tmp_path):
    file = tmp_path / "test.tsv"
    file.write_text("a\tr\tb\n", encoding="utf-8")
    with pytest.raises(GraphError, match="expected triples beside those in the files"):
        given_split(KnowledgeGraph.from_triples([("a", "r", "b")]), None, file)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "word2vec"),
        ("dim", 0),
        ("epochs", 0),
        ("batch_size", 1),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("held_out", 1.0),
        ("seed", -1),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigError, match=f"{name} must .*got"):
        PretrainingSettings(**{name: value})
