import json
import pickle
import threading

import numpy as np
import pytest
import spacy

from kgattn.errors import LinkingError, StorageError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig, build
from kgattn.mentions import Candidate, Mention

TEXT = "The WHO met in Amman."
TEXTS = [TEXT, "", "Jordan River", "nothing"] * 4


def found(linker, text=TEXT):
    return linker.mentions(linker(text))


def test_mentions_say_where_and_what(linker):
    assert found(linker) == [
        Mention(4, 7, (Candidate("Q4", 1.0),)),
        Mention(15, 20, (Candidate("Q3", 1.0),)),
    ]
    assert linker.mentions(spacy.blank("en")("not linked")) == []


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("n_process", [1, 2])
def test_a_stream_equals_one_by_one(linker, n_process):
    docs = linker.pipe(iter(TEXTS), n_process=n_process, batch_size=3)
    assert [linker.mentions(doc) for doc in docs] == [found(linker, text) for text in TEXTS]


def test_words_are_not_cut_again(linker):
    docs = linker.link_words([["The", "WHO", "(U.N.)", "in", "Jordan"], [], ["don't"]])
    assert [[token.text for token in doc] for doc in docs] == [["The", "WHO", "(U.N.)", "in", "Jordan"], [], ["don't"]]
    assert [(span.start, span.end, span.kb_id_) for span in docs[0].spans["kgattn"]] == [(1, 2, "Q4"), (4, 5, "Q1")]


def test_empty_words_are_refused(linker):
    with pytest.raises(LinkingError, match="words must not be empty, got an empty word in sentence 1"):
        linker.link_words([["a"], ["b", ""]])


def test_with_graph_links_to_another_graph_and_leaves_this_one(tmp_path):
    graph = KnowledgeGraph.from_triples([], labels={"Q1": "who", "Q2": "kidney", "Q3": "Amman"})
    config = LinkerConfig(stop_list=("kidney",), max_candidates=2)
    (tmp_path / "common_words.tsv").write_text("who\t\t\t\tkeep\n")
    linker = EntityLinker(graph, "de", config, index_folder=tmp_path)
    text = "who Amman kidney Rhine"
    before = found(linker, text)
    moved = linker.with_graph(graph.with_entity("Q4", label="Rhine"))
    assert (moved.config, moved.nlp, moved.graph.num_entities) == (config, linker.nlp, 4)
    assert [mention.candidates[0].entity_id for mention in found(moved, text)] == ["Q1", "Q3", "Q4"]
    assert [mention.candidates[0].entity_id for mention in before] == ["Q1", "Q3"]
    assert (found(linker, text), linker.graph) == (before, graph)
    assert found(pickle.loads(pickle.dumps(moved)), text) == found(moved, text)


def names_in(linker, text="who, Amman, Rhine"):
    doc = linker(text)
    return [span.text for span in doc.spans["kgattn"]]


def test_with_graph_goes_by_the_folder_of_the_new_graph(tmp_path):
    graph = KnowledgeGraph.from_triples([], labels={"Q1": "who", "Q2": "Amman"})
    graph.save(tmp_path / "graph")
    index = tmp_path / "graph" / "linker"
    EntityLinker(graph).save_index(index)
    moved = EntityLinker(graph.with_entity("Q3", label="Rhine")).with_graph(KnowledgeGraph.load(tmp_path / "graph"))
    assert moved.component.index.path == index
    (index / "common_words.tsv").write_text("amman\t\t\t\tdrop\nwho\t\t\t\tkeep\n")
    decided = EntityLinker(graph, index_folder=index).with_graph(graph.with_entity("Q3", label="Rhine"))
    again = decided.with_graph(KnowledgeGraph.load(tmp_path / "graph"))
    for one, names in ((moved, ["Amman"]), (decided, ["who", "Rhine"]), (again, ["who"])):
        assert names_in(one) == names
    (index / "common_words.tsv").write_text("who\t\t\t\tdrop\namman\t\t\t\tkeep\n")
    own = decided.with_graph(KnowledgeGraph.load(tmp_path / "graph"))
    assert names_in(own) == ["Amman"]


@pytest.mark.parametrize("fuzzy", [False, True])
def test_names_are_not_read_again_where_triples_alone_differ(fuzzy, monkeypatch):
    labels = {"Q1": "Paris", "Q2": "Paris", "Q3": "genes", "Q4": "Berlin", "Q5": "Rhine"}
    graph = KnowledgeGraph.from_triples([("Q1", "in", "Q4")], labels=labels, aliases={"Q2": ["Lutetia"]})
    linker = EntityLinker(graph, config=LinkerConfig(fuzzy=fuzzy))
    edited = graph.with_triples([("Q2", "near", other) for other in ("Q3", "Q4", "Q5")])
    moved, anew = linker.with_graph(edited), EntityLinker(edited, config=LinkerConfig(fuzzy=fuzzy))
    kept = linker.component.index.names
    assert moved.component.index.names is kept is not None
    assert moved.with_graph(graph).component.index.names is kept
    wanted, arrays = anew.component.index.arrays(), moved.component.index.arrays()
    assert wanted.keys() == arrays.keys()
    for name, array in wanted.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    assert found(moved, "Paris")[0].candidates[0].entity_id == "Q2", "of more triples now"
    assert found(linker, "Paris")[0].candidates[0].entity_id == "Q1"

    renamed = linker.with_graph(graph.with_entity("Q5", aliases=["Rhein"]))
    assert [mention.candidates[0].entity_id for mention in found(renamed, "the Rhein")] == ["Q5"]
    monkeypatch.setattr(build, "MOST_KEPT", 3)
    assert linker.with_graph(edited).component.index.names is None


def test_with_graph_takes_graphs_with_names(linker):
    bare = KnowledgeGraph.from_triples([], labels={"Q1": "17"})
    with pytest.raises(LinkingError, match="expected a graph with labels to match, got 1 entities"):
        linker.with_graph(bare)
    assert found(linker)


HALF = "the \udce9 WHO"


@pytest.mark.parametrize("n_process", [1, 2])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_texts_that_are_no_unicode_are_refused(linker, n_process):
    for link in (linker, lambda text: list(linker.pipe(["WHO", text], n_process=n_process))):
        with pytest.raises(LinkingError, match="valid Unicode, got half a surrogate pair at character 4"):
            link(HALF)
    with pytest.raises(LinkingError, match="half a surrogate pair"):
        linker.link_words([HALF.split()])


def test_a_text_of_any_length_is_linked_where_only_the_tokenizer_runs(linker):
    text = "nothing here at all " * 60_000 + TEXT
    assert [mention.end_char - len(text) for mention in linker.mentions(linker(text))] == [-14, -1]


def test_a_text_too_long_for_a_given_pipeline_is_refused(graph):
    pipeline = spacy.blank("en")
    pipeline.max_length = 10
    given = EntityLinker(graph, pipeline)
    assert pipeline.max_length == 10
    for link in (given, lambda text: list(given.pipe([text]))):
        with pytest.raises(LinkingError, match="texts of this pipeline may have 10 characters, got 21; cut the text"):
            link(TEXT)


def test_pipelines_are_taken_by_code_by_path_or_as_they_are(graph, tmp_path):
    german = spacy.blank("de")
    german.to_disk(tmp_path / "german")
    assert EntityLinker(graph, "xx").nlp.lang == "xx"
    assert EntityLinker(graph, str(tmp_path / "german")).nlp.lang == "de"
    assert EntityLinker(graph, german).nlp is german
    assert german.pipe_names == []


def test_unknown_pipelines_are_refused(graph, tmp_path):
    with pytest.raises(LinkingError, match="got 'en_core_web_none'; for a pipeline of this name run: python -m spacy"):
        EntityLinker(graph, "en_core_web_none")
    with pytest.raises(LinkingError, match="cannot load the spaCy pipeline"):
        EntityLinker(graph, str(tmp_path / "absent"))


def test_languages_whose_segmenter_is_absent_are_refused(graph, monkeypatch):
    def absent(name):
        raise ImportError("install it first")

    monkeypatch.setattr(spacy, "blank", absent)
    with pytest.raises(LinkingError, match="spaCy cannot cut 'ja' into words here: install it first"):
        EntityLinker(graph, "ja")


@pytest.mark.parametrize("nlp", ["en", spacy.blank("en")])
def test_a_linker_survives_pickling(graph, nlp):
    linker = EntityLinker(graph, nlp)
    assert found(pickle.loads(pickle.dumps(linker))) == found(linker)


@pytest.mark.parametrize("nlp", ["en", spacy.blank("de")])
@pytest.mark.parametrize("index", [True, False])
def test_saving_and_loading(graph, tmp_path, nlp, index):
    config = LinkerConfig(max_candidates=2, case="ignore")
    linker = EntityLinker(graph, nlp, config)
    linker.save(tmp_path / "linker", index=index)
    again = EntityLinker.load(tmp_path / "linker", graph)
    assert (again.config, again.nlp.lang) == (config, linker.nlp.lang)
    assert isinstance(again.component.index.trie.nodes, np.memmap) is index
    assert found(again, "who likes jordan") == found(linker, "who likes jordan")


def test_a_linker_loaded_for_another_graph_links_to_that_one(linker, tmp_path):
    linker.save(tmp_path)
    other = KnowledgeGraph.from_triples([], labels={"X1": "Amman"})
    again = EntityLinker.load(tmp_path, other)
    assert [mention.candidates[0].entity_id for mention in found(again)] == ["X1"]


def test_folders_without_a_linker_are_refused(graph, tmp_path):
    with pytest.raises(LinkingError, match=r"no readable linker\.json"):
        EntityLinker.load(tmp_path, graph)
    (tmp_path / "linker.json").write_text(json.dumps({"format_version": 2}))
    with pytest.raises(LinkingError, match=r"linker\.json must be of format version 1, got 2"):
        EntityLinker.load(tmp_path, graph)


def test_a_place_that_cannot_be_written_is_a_storage_error(linker, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        linker.save(tmp_path / "file")


@pytest.fixture
def saved(graph, tmp_path):
    """A graph folder with an index in it."""
    graph.save(tmp_path / "g")
    loaded = KnowledgeGraph.load(tmp_path / "g")
    EntityLinker(loaded).save_index(tmp_path / "g" / "linker")
    return KnowledgeGraph.load(tmp_path / "g")


def test_an_index_in_the_graph_folder_is_opened_not_built(saved, linker, monkeypatch):
    def never(*args):
        raise AssertionError("built")

    monkeypatch.setattr(build, "build_index", never)
    again = EntityLinker(saved)
    assert again.component.index.path == saved.path / "linker"
    assert found(again) == found(linker)


@pytest.mark.parametrize("config", [LinkerConfig(case="ignore"), LinkerConfig(max_candidates=1)])
def test_an_index_for_other_settings_is_not_used(saved, config):
    assert EntityLinker(saved, config=config).component.index.path is None


def test_an_index_for_other_stop_words_is_not_used(saved):
    assert EntityLinker(saved, "de").component.index.path is None


def test_a_damaged_index_is_built_anew(saved, linker):
    (saved.path / "linker" / "nodes.npy").write_bytes(b"broken")
    assert found(EntityLinker(saved)) == found(linker)


def test_an_index_left_by_another_graph_is_not_used(saved, tmp_path):
    other = KnowledgeGraph.from_triples([], labels={"X1": "Amman"})
    other.save(tmp_path / "h")
    (saved.path / "linker").rename(tmp_path / "h" / "linker")
    again = EntityLinker(KnowledgeGraph.load(tmp_path / "h"))
    assert [mention.candidates[0].entity_id for mention in found(again)] == ["X1"]


def test_saving_the_index_maps_it(graph, tmp_path):
    linker = EntityLinker(graph)
    linker.save_index(tmp_path / "index")
    assert isinstance(linker.component.index.trie.nodes, np.memmap)
    assert [mention.candidates[0].entity_id for mention in found(linker)] == ["Q4", "Q3"]


def test_threads_may_share_a_linker(graph):
    linker = EntityLinker(graph)
    texts = [f"Jordan {number} Amman word{number}" for number in range(300)]
    results = {}

    def work(name):
        results[name] = [
            [(s.text, s.kb_id_) for s in doc.spans["kgattn"]]
            for doc in linker.link_words([text.split() for text in texts])
        ]

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result == [[("Jordan", "Q1"), ("Amman", "Q3")]] * 300 for result in results.values())
    assert len(results) == 4
