"""The component `kgattn_ner`: what a trained run finds, in spaCy."""

import copy
import gc
import multiprocessing
import os
import pickle
import random
import re
from importlib import import_module
from pathlib import Path

import pytest
import spacy
import srsly
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from kgattn.colours import DISPLACY, PALETTE, colours_of
from kgattn.errors import ConfigError, LinkingError, RunError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig
from kgattn.ner.corpus import Corpus, Sentence
from kgattn.ner.metrics import entity_spans
from kgattn.ner.schemes import iob2_spans
from kgattn.spacy_ner import FACTORY
from kgattn.training.config import TrainConfig
from kgattn.training.run import train_run
from kgattn.training.tagger import open_tagger

CITIES = ("Paris", "Berlin", "New York", "Rome", "Tokyo")
PEOPLE = ("Ada Stone", "Bob", "Carla Ray", "Dov")
TEXTS = ["Bob likes New York", "", "  \n ", "Carla Ray went to see Rome", "Dov likes Paris"]
ROOT = Path(__file__).resolve().parent.parent


def sentences(number: int, seed: int) -> tuple[Sentence, ...]:
    drawn, made = random.Random(seed), []
    for _ in range(number):
        words, tags = [], []
        for text, kind in ((drawn.choice(PEOPLE), "PER"), ("went to see", ""), (drawn.choice(CITIES), "LOC")):
            for place, word in enumerate((text if kind else drawn.choice(("likes", text))).split()):
                words.append(word)
                tags.append(f"{'I' if place else 'B'}-{kind}" if kind else "O")
        made.append(Sentence(tuple(words), tuple(tags)))
    return tuple(made)


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    labels = {f"Q{number}": city for number, city in enumerate(CITIES)} | {"Q9": "York"}
    return KnowledgeGraph.from_triples([("Q0", "near", "Q1"), ("Q9", "near", "Q2")], labels=labels)


@pytest.fixture(scope="module", params=["biased", "plain"])
def run(request, graph, bert_tiny_path, tmp_path_factory) -> Path:
    corpus = Corpus("cities", sentences(60, 0), sentences(12, 1), sentences(12, 2), ("LOC", "PER"))
    arm = request.param
    config = TrainConfig(
        model=str(bert_tiny_path), arm=arm, epochs=25, evaluations=1, bf16="off", max_length=24, stride=4
    )
    folder = tmp_path_factory.mktemp("runs") / arm
    given_graph, injection = (None, None) if arm == "plain" else (graph, InjectionConfig(entity_dim=16, code_dim=32))
    result = train_run(config, corpus, given_graph, folder, injection=injection)
    assert result.test["f1"] > 0.9
    return folder


@pytest.fixture
def nlp(run):
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"run": str(run), "device": "cpu"})
    return nlp


def entities(doc: Doc) -> list[tuple[str, str]]:
    return [(span.text, span.label_) for span in doc.ents]


def ids(doc: Doc) -> list[str]:
    return [span.kb_id_ for span in doc.ents]


def test_entities_and_what_they_are_linked_to(nlp, run) -> None:
    docs = list(nlp.pipe(TEXTS, batch_size=2))
    assert [entities(doc) for doc in docs] == [
        [("Bob", "PER"), ("New York", "LOC")],
        [],
        [],
        [("Carla Ray", "PER"), ("Rome", "LOC")],
        [("Dov", "PER"), ("Paris", "LOC")],
    ]
    linked = [["", "Q2"], [], [], ["", "Q3"], ["", "Q0"]]
    assert [ids(doc) for doc in docs] == (linked if run.name == "biased" else [[""] * len(one) for one in linked])
    assert all("kgattn" not in doc.spans for doc in docs)
    assert [entities(nlp(text)) for text in TEXTS] == [entities(doc) for doc in docs]


def test_a_pipeline_is_evaluated(nlp) -> None:
    gold = [
        ("Bob likes New York", [(0, 3, "PER"), (10, 18, "LOC")]),
        ("Dov likes Paris", [(0, 3, "PER"), (4, 9, "LOC")]),
    ]
    examples = [Example.from_dict(nlp.make_doc(text), {"entities": spans}) for text, spans in gold]
    scores = nlp.evaluate(examples)
    assert (scores["ents_p"], scores["ents_r"]) == (0.75, 0.75)
    assert scores["ents_per_type"]["PER"]["f"] == 1.0


def test_tags_are_those_of_the_run_on_the_same_words(nlp, run) -> None:
    some = [sentence.words for sentence in sentences(12, 3)]
    tags = open_tagger(run, "cpu").tag(some)
    docs = list(nlp.pipe(Doc(nlp.vocab, words=list(words)) for words in some))
    assert [[(span.start, span.end, span.label_) for span in doc.ents] for doc in docs] == list(map(iob2_spans, tags))


def test_mentions_of_a_linker_before_it_are_used(nlp, run, graph, tmp_path) -> None:
    graph.save(tmp_path / "graph")
    nlp.add_pipe("kgattn_linker", first=True, config={"graph": str(tmp_path / "graph")})
    doc = nlp(TEXTS[0])
    assert entities(doc) == [("Bob", "PER"), ("New York", "LOC")]
    assert ids(doc) == ["", "Q2"]  # a plain run too
    made = nlp.make_doc(TEXTS[0])
    made.spans["kgattn"] = [Span(made, 3, 4, label="KG", kb_id="Q9")]  # inside of New York
    made.user_data["._.", "kg_candidates", 14, 18] = (("Q9", 1.0),)
    assert ids(nlp.get_pipe(FACTORY)(made)) == ["", "Q9"]
    if run.name == "biased":
        made.user_data["._.", "kg_candidates", 14, 18] = (("Q77", 1.0),)
        with pytest.raises(LinkingError, match="must be linked to the processor's graph, got the entity 'Q77'"):
            nlp.get_pipe(FACTORY)(made)


def test_entities_of_others_stay_unless_they_are_to_go(nlp, run) -> None:
    ruler = nlp.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": "FOOD", "pattern": "York", "id": "ham"}, {"label": "VERB", "pattern": "likes"}])
    assert entities(nlp(TEXTS[0])) == [("Bob", "PER"), ("likes", "VERB"), ("York", "FOOD")]
    nlp.remove_pipe(FACTORY)
    nlp.add_pipe(FACTORY, config={"run": str(run), "device": "cpu", "overwrite_ents": True})
    assert entities(nlp(TEXTS[0])) == [("Bob", "PER"), ("likes", "VERB"), ("New York", "LOC")]
    with nlp.select_pipes(disable=FACTORY):
        assert entities(nlp(TEXTS[0])) == [("likes", "VERB"), ("York", "FOOD")]


def test_white_space_inside_of_a_name_is_part_of_it(nlp) -> None:
    doc = nlp("Bob likes New \n York")
    assert entities(doc) == [("Bob", "PER"), ("New \n York", "LOC")]


def test_long_documents_are_read_to_the_end(nlp) -> None:
    long = nlp(". ".join(TEXTS[3:] * 30))
    assert long[-1].ent_type_ == "LOC"
    nlp.add_pipe("sentencizer", first=True)
    cut = nlp(". ".join(TEXTS[3:] * 30) + ".")
    assert entities(cut) == [entity for text in TEXTS[3:] for entity in entities(nlp(text + "."))] * 30


@pytest.mark.parametrize("by", ["disk", "bytes", "pickle", "copy"])
def test_a_pipeline_is_read_back(nlp, run, tmp_path, by) -> None:
    expected = [(entities(doc), ids(doc)) for doc in nlp.pipe(TEXTS)]
    if by == "disk":
        nlp.config["components"][FACTORY]["run"] = "/nowhere"
        nlp.to_disk(tmp_path / "pipeline")
        assert {path.name for path in (tmp_path / "pipeline" / FACTORY).iterdir()} == {
            "config.json",
            "result.json",
            "model",
        }
        again = spacy.load(tmp_path / "pipeline")
        again.to_disk(tmp_path / "pipeline")  # over the files it reads
        again = spacy.load(tmp_path / "pipeline")
    elif by == "bytes":
        again = spacy.blank("en")
        again.add_pipe(FACTORY, config={"device": "cpu"})
        again.from_bytes(nlp.to_bytes())
        unpacked = Path(again.get_pipe(FACTORY).run)
        again = copy.deepcopy(again)
        gc.collect()
        assert unpacked.is_dir()  # the copy needs it
    else:
        again = pickle.loads(pickle.dumps(nlp)) if by == "pickle" else copy.deepcopy(nlp)
    assert [(entities(doc), ids(doc)) for doc in again.pipe(TEXTS)] == expected
    if by == "bytes":
        del again
        gc.collect()
        assert not unpacked.exists()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_leaves_the_unpacked_run_of_its_parent(nlp) -> None:
    kept = [spacy.blank("en")]
    kept[0].add_pipe(FACTORY, config={"device": "cpu"})
    kept[0].from_bytes(nlp.to_bytes())
    unpacked = Path(kept[0].get_pipe(FACTORY).run)
    child = multiprocessing.get_context("fork").Process(target=lambda: (kept.clear(), gc.collect()))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert unpacked.is_dir()


def test_a_pickle_belongs_to_the_process_that_reads_it(nlp, monkeypatch) -> None:
    """In a fork the model computes with one thread; a process that read the component has threads of its own."""
    data = pickle.dumps(nlp.get_pipe(FACTORY))
    monkeypatch.setattr(os, "getpid", lambda: -1)
    asked: list[int] = []
    monkeypatch.setattr("torch.set_num_threads", asked.append)
    assert entities(pickle.loads(data)(nlp.make_doc(TEXTS[0])))
    assert asked == []


def test_entities_travel_in_a_docbin(nlp) -> None:
    doc = nlp(TEXTS[0])
    again = next(DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(spacy.blank("en").vocab))
    assert (entities(again), ids(again)) == (entities(doc), ids(doc))


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_worker_processes_give_the_same(nlp, method) -> None:
    expected = [(entities(doc), ids(doc)) for doc in nlp.pipe(TEXTS)]
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method(method, force=True)
    try:
        assert [(entities(doc), ids(doc)) for doc in nlp.pipe(TEXTS, n_process=2, batch_size=2)] == expected
    finally:
        multiprocessing.set_start_method(before, force=True)


def test_in_memory_zones(nlp) -> None:
    expected = entities(nlp(TEXTS[0]))
    for _ in range(2):
        with nlp.memory_zone():
            assert entities(nlp(TEXTS[0])) == expected


def test_documents_whose_zone_is_over_are_not_given_out(nlp) -> None:
    stream = nlp.pipe(TEXTS * 2)
    with nlp.memory_zone():
        next(stream)
    with pytest.raises(LinkingError, match="the end of the zone before"):
        next(stream)


def test_excluded_runs_are_neither_written_nor_read(nlp, tmp_path) -> None:
    component = nlp.get_pipe(FACTORY)
    run = component.run
    component.to_disk(tmp_path / "none", exclude=["run"])
    assert not (tmp_path / "none").exists()
    assert component.from_disk(tmp_path / "none", exclude=["run"]).run == run
    assert component.from_bytes(component.to_bytes(exclude=["run"]), exclude=["run"]).run == run


def test_a_component_without_a_run_says_so() -> None:
    nlp = spacy.blank("en")
    component = nlp.add_pipe(FACTORY)
    for act in (lambda: component(nlp.make_doc("Bob")), component.to_bytes, lambda: component.to_disk("x")):
        with pytest.raises(RunError, match="kgattn_ner has no run; give it one"):
            act()


def test_wrong_settings_runs_and_bytes_are_refused(tmp_path) -> None:
    nlp = spacy.blank("en")
    with pytest.raises(ConfigError, match="batch_size must be at least 1, got 0"):
        nlp.add_pipe(FACTORY, config={"batch_size": 0})
    with pytest.raises(ConfigError, match="device must be one of PyTorch's that is here, such as cpu, got 'abacus'"):
        nlp.add_pipe(FACTORY, config={"device": "abacus"})
    with pytest.raises(ValueError, match=r"run.*str"):
        nlp.add_pipe(FACTORY, config={"run": 3})
    component = nlp.add_pipe(FACTORY, config={"run": str(tmp_path / "absent")})
    for act in (
        lambda: component(nlp.make_doc("Bob")),
        component.to_bytes,
        lambda: component.to_disk(tmp_path / "x"),
        lambda: component.from_disk(tmp_path),
        lambda: component.from_bytes(srsly.msgpack_dumps({"config.json": b"{}"})),
    ):
        with pytest.raises(RunError, match="holds no finished run"):
            act()
    with pytest.raises(RunError, match="expected bytes of a run, got something else"):
        component.from_bytes(srsly.msgpack_dumps([1]))
    for name in ("../config.json", "/etc/config.json"):
        with pytest.raises(RunError, match="may hold no paths that lead out of it"):
            component.from_bytes(srsly.msgpack_dumps({name: b"{}"}))


def test_labels_have_colours(nlp) -> None:
    colours = nlp.get_pipe(FACTORY).displacy_colors
    assert colours == {"LOC": PALETTE[0], "PER": PALETTE[1]}
    page = spacy.displacy.render(nlp(TEXTS[0]), style="ent", options={"colors": colours})
    assert f"background: {colours['LOC']}" in page


def test_colours_differ_as_far_as_there_are_some() -> None:
    many = colours_of(map(str, range(12)))
    assert len(set(many.values())) == len(PALETTE) == 10
    assert DISPLACY["KG"] not in PALETTE


def test_entry_points_lead_somewhere() -> None:
    targets = dict(re.findall(r'^(kgattn\w*) = "(kgattn\.[\w.]+:\w+)"$', (ROOT / "pyproject.toml").read_text(), re.M))
    assert set(targets) == {"kgattn_linker", FACTORY, "kgattn"}
    for target in targets.values():
        module, _, attribute = target.partition(":")
        assert getattr(import_module(module), attribute)


@given(st.lists(st.sampled_from(["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]), min_size=1, max_size=8))
def test_spans_are_those_that_are_scored(tags: list[str]) -> None:
    assert frozenset(iob2_spans(tags)) == entity_spans([tags])[0]
