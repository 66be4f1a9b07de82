"""A component that has not linked yet, in several processes: its index is built once, in the parent."""

import multiprocessing
import os
import pickle

import pytest
import spacy

from kgattn.errors import GraphError
from kgattn.linking import component as component_module
from kgattn.linking.component import FACTORY

TEXTS = ["Jordan flew to Amman.", "Chicago and the Jordan River"] * 4
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.fixture
def builders(monkeypatch, tmp_path):
    """A file with the number of each process that opens or builds an index of this test's graph."""
    log, build = tmp_path / "builders", component_module.open_or_build

    def told(*arguments):
        if arguments[0].path == tmp_path / "graph":
            with log.open("a") as file:
                print(os.getpid(), file=file)
        return build(*arguments)

    monkeypatch.setattr(component_module, "open_or_build", told)
    return log


@pytest.fixture
def nlp(graph, tmp_path):
    graph.save(tmp_path / "graph")
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"graph": str(tmp_path / "graph")})
    return nlp


def links(docs):
    return [[(span.text, span.kb_id_, span._.kg_candidates) for span in doc.spans["kgattn"]] for doc in docs]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_forked_workers_share_the_index_of_the_parent(nlp, builders):
    method = multiprocessing.get_start_method()
    multiprocessing.set_start_method("fork", force=True)
    try:
        found = links(nlp.pipe(TEXTS, n_process=2, batch_size=2))
    finally:
        multiprocessing.set_start_method(method, force=True)
    assert builders.read_text().split() == [str(os.getpid())]
    assert found == links(nlp.pipe(TEXTS))
    assert [len(one) for one in found] == [2, 2] * 4


def test_spawned_workers_map_one_folder(nlp, builders, monkeypatch):
    for module in ("component", "index"):
        monkeypatch.setattr(f"kgattn.linking.{module}.get_spawning_popen", object)
    sent = [pickle.dumps(nlp.get_pipe(FACTORY)) for _ in range(2)]
    one, other = map(pickle.loads, sent)
    assert one._index.path == other._index.path
    assert builders.read_text().split() == [str(os.getpid())]


def test_a_pickle_of_what_was_not_opened_holds_the_path_alone(nlp, builders):
    again = pickle.loads(pickle.dumps(nlp.get_pipe(FACTORY)))
    assert again._index is None
    assert again.graph_path == nlp.get_pipe(FACTORY).graph_path
    assert not builders.exists()
    assert links([again(nlp.make_doc(TEXTS[0]))]) == links([nlp(TEXTS[0])])


def test_a_graph_that_is_not_there_is_told_by_who_asks_for_it(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"graph": str(tmp_path / "nowhere")})
    process = multiprocessing.get_context("fork").Process(target=os.getpid)
    process.start()
    process.join()
    assert process.exitcode == 0
    with pytest.raises(GraphError, match="nowhere"):
        nlp(TEXTS[0])
