import copy
import gc
import multiprocessing
import pickle
import re
from dataclasses import replace

import numpy as np
import pytest
import spacy
from spacy.kb import InMemoryLookupKB
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from kgattn.errors import ConfigError, GraphError, LinkingError, StorageError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker
from kgattn.linking.component import FACTORY
from kgattn.linking.index import LinkIndex

TEXTS = ["Jordan flew to Amman.", "", "No names here.", "Chicago and the Jordan River", "北京 and WHO"] * 3


@pytest.fixture(scope="module")
def graph_folder(graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph") / "g"
    graph.save(folder)
    return folder


@pytest.fixture
def nlp(graph_folder):
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"graph": str(graph_folder), "max_candidates": 3})
    return nlp


def links(doc, key="kgattn"):
    return [(span.text, span.kb_id_, span._.kg_candidates) for span in doc.spans[key]]


def test_the_component_marks_mentions(nlp, linker):
    docs = list(nlp.pipe(TEXTS))
    assert [links(doc) for doc in docs] == [
        [(text, best, candidates[:3]) for text, best, candidates in links(doc)] for doc in linker.pipe(TEXTS)
    ]
    assert [text for text, _, _ in links(docs[3])] == ["Chicago", "Jordan River"]


def test_labels_are_taken_in_the_language_of_the_pipeline(tmp_path):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    (tmp_path / "g.ttl").write_text(f'<http://towns.example/1> {label} "Cologne"@en, "Köln"@de .', encoding="utf-8")
    for language, expected in (("en", ["Cologne"]), ("de", ["Köln"]), ("xx", ["Cologne", "Köln"])):
        nlp = spacy.blank(language)
        nlp.add_pipe(FACTORY, config={"graph": str(tmp_path / "g.ttl")})
        assert [text for text, _, _ in links(nlp("so Cologne , Köln"))] == expected


def test_spans_that_were_not_linked_have_no_candidates(nlp):
    assert nlp("Jordan flew")[1:2]._.kg_candidates == []


def test_another_place_for_the_spans(graph_folder):
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"graph": str(graph_folder), "spans_key": "places"})
    doc = nlp("Amman")
    assert [text for text, _, _ in links(doc, "places")] == ["Amman"]
    assert "kgattn" not in doc.spans


def test_linking_twice_changes_nothing(nlp):
    doc = nlp(TEXTS[0])
    before = links(doc)
    nlp.get_pipe(FACTORY)(doc)
    assert links(doc) == before


def carry_by_docbin(doc):
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    return next(DocBin(store_user_data=True).from_bytes(data).get_docs(spacy.blank("en").vocab))


@pytest.mark.parametrize(
    "carry",
    [
        carry_by_docbin,
        lambda doc: pickle.loads(pickle.dumps(doc)),
        lambda doc: Doc(spacy.blank("en").vocab).from_bytes(doc.to_bytes()),
        lambda doc: doc.copy(),
    ],
)
def test_candidates_travel_with_the_document(nlp, carry):
    doc = nlp(TEXTS[3])
    assert links(carry(doc)) == links(doc)


def test_candidates_follow_when_documents_are_joined_or_cut(nlp):
    docs = [nlp(TEXTS[0]), nlp(TEXTS[3])]
    joined = Doc.from_docs(docs)
    assert [one[2] for one in links(joined)] == [one[2] for doc in docs for one in links(doc)]
    cut = docs[1][2:].as_doc(copy_user_data=True)
    assert Span(cut, 1, 3)._.kg_candidates == links(docs[1])[1][2]


@pytest.mark.parametrize("by", ["disk", "bytes", "pickle"])
def test_a_pipeline_is_read_back_without_its_graph(nlp, tmp_path, graph_folder, by):
    expected = [links(doc) for doc in nlp.pipe(TEXTS)]
    if by == "disk":
        nlp.config["components"][FACTORY]["graph"] = "/nowhere"
        nlp.to_disk(tmp_path / "pipeline")
        again = spacy.load(tmp_path / "pipeline")
        assert isinstance(again.get_pipe(FACTORY).index.trie.nodes, np.memmap)
        again.to_disk(tmp_path / "pipeline")  # over the files it maps
    elif by == "bytes":
        again = spacy.blank("en")
        again.add_pipe(FACTORY)
        again.from_bytes(nlp.to_bytes())
    else:
        again = pickle.loads(pickle.dumps(nlp))
    assert [links(doc) for doc in again.pipe(TEXTS)] == expected


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_workers_give_the_same_links(nlp):
    expected = [links(doc) for doc in nlp.pipe(TEXTS)]
    assert [links(doc) for doc in nlp.pipe(TEXTS, n_process=2, batch_size=4)] == expected


@pytest.mark.slow
def test_spawned_workers_give_the_same_links(nlp):
    expected = [links(doc) for doc in nlp.pipe(TEXTS)]
    method = multiprocessing.get_start_method()
    multiprocessing.set_start_method("spawn", force=True)
    try:
        assert [links(doc) for doc in nlp.pipe(TEXTS, n_process=2, batch_size=4)] == expected
    finally:
        multiprocessing.set_start_method(method, force=True)


def spawned_size(value, monkeypatch):
    """Bytes a value takes on its way to a spawned process."""
    monkeypatch.setattr("kgattn.linking.index.get_spawning_popen", object)
    return len(pickle.dumps(value))


def test_spawned_workers_map_the_saved_index(graph, tmp_path, monkeypatch):
    index = EntityLinker(replace(graph, path=None)).component.index  # whatever another test saved
    whole = len(pickle.dumps(index))
    assert spawned_size(index, monkeypatch) < whole / 4  # by a temporary folder
    monkeypatch.undo()
    index.save(tmp_path / "index")
    mapped = LinkIndex.open(tmp_path / "index")
    assert spawned_size(mapped, monkeypatch) < whole / 4
    assert pickle.loads(pickle.dumps(mapped)).path == tmp_path / "index"
    (tmp_path / "index" / "linker_index.json").unlink()
    monkeypatch.setattr("kgattn.linking.index.get_spawning_popen", object)
    shared = pickle.loads(pickle.dumps(mapped)).path
    assert shared != tmp_path / "index"
    monkeypatch.undo()
    del mapped
    gc.collect()
    assert not shared.exists()


def test_copies_share_the_index(nlp):
    component = nlp.get_pipe(FACTORY)
    assert copy.deepcopy(component.index) is component.index


def test_excluded_indexes_are_neither_written_nor_read(nlp, tmp_path):
    component = nlp.get_pipe(FACTORY)
    index = component.index
    component.to_disk(tmp_path / "none", exclude=["index"])
    assert not (tmp_path / "none").exists()
    component.from_disk(tmp_path / "none", exclude=["index"])
    assert component.from_bytes(component.to_bytes(exclude=["index"]), exclude=["index"]).index is index
    nlp.to_disk(tmp_path / "pipeline", exclude=[FACTORY])
    assert not (tmp_path / "pipeline" / FACTORY).exists()


def test_memory_zones_forget_words_and_ids(nlp):
    expected = [links(doc) for doc in nlp.pipe(TEXTS)]
    sizes = []
    for number in range(3):
        with nlp.memory_zone():
            assert [links(doc) for doc in nlp.pipe(TEXTS)] == expected
            assert [text for text, _, _ in links(nlp(f"new{number}word in Amman"))] == ["Amman"]
        sizes.append(len(nlp.vocab.strings))
    assert len(set(sizes)) == 1
    assert [links(doc) for doc in nlp.pipe(TEXTS)] == expected


def examples(nlp):
    return [Example.from_dict(nlp.make_doc("We saw Amman"), {"entities": [(7, 12, "CITY")]})]


def test_entities_of_other_components_are_left_alone(nlp):
    ner = nlp.add_pipe("ner", last=True)
    ner.add_label("CITY")
    nlp.initialize(lambda: examples(nlp))
    nlp.add_pipe("entity_ruler", first=True).add_patterns([{"label": "PERSON", "pattern": "Michael Jordan"}])
    text = "Michael Jordan left Chicago for Amman."
    doc = nlp(text)
    with nlp.select_pipes(disable=FACTORY):
        alone = nlp(text)
        assert FACTORY not in alone.spans
        assert "kgattn" not in alone.spans
    assert doc.ents
    assert [(ent.text, ent.label_, ent.kb_id_) for ent in doc.ents] == [
        (ent.text, ent.label_, ent.kb_id_) for ent in alone.ents
    ]
    assert [text for text, _, _ in links(doc)] == ["Michael Jordan", "Chicago", "Amman"]


@pytest.mark.parametrize(
    "tokenizer",
    [
        lambda nlp: lambda text: Doc(nlp.vocab, words=text.split(" "), spaces=[True] * text.count(" ") + [False]),
        lambda nlp: lambda text: Doc(nlp.vocab, words=list(text), spaces=[False] * len(text)),
        lambda nlp: spacy.blank("xx").tokenizer.__class__(nlp.vocab),
    ],
    ids=["blanks", "characters", "no rules"],
)
def test_behind_any_tokenizer(nlp, tokenizer):
    nlp.tokenizer = tokenizer(nlp)
    doc = nlp("Chicago and the Jordan River")
    assert [(span.start_char, span.end_char, span.kb_id_) for span in doc.spans["kgattn"]] == [
        (0, 7, "Q7"),
        (16, 28, "Q5"),
    ]


def test_an_empty_document_has_no_mentions(nlp):
    for text in ("", " ", "\n\n"):
        assert links(nlp(text)) == []


def test_a_trained_pipeline_keeps_learning_around_it(nlp):
    ner = nlp.add_pipe("ner", last=True)
    ner.add_label("CITY")
    optimizer = nlp.initialize(lambda: examples(nlp))
    assert nlp.update(examples(nlp), sgd=optimizer)["ner"] > 0
    assert [text for text, _, _ in links(nlp("We saw Amman"))] == ["Amman"]


def test_a_spacy_knowledge_base_is_a_source(tmp_path):
    kb = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=1)
    kb.set_entities(entity_list=["Q90", "Q167646"], freq_list=[3, 1], vector_list=[[1.0], [0.0]])
    kb.add_alias("Paris", ["Q90", "Q167646"], [0.9, 0.1])
    kb.add_alias("Paris of Troy", ["Q167646"], [1.0])
    kb.to_disk(tmp_path / "kb")
    again = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=1)
    again.from_disk(tmp_path / "kb")
    KnowledgeGraph.from_spacy_kb(again).save(tmp_path / "graph")
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"graph": str(tmp_path / "graph")})
    doc = nlp("We went to Paris.")
    (span,) = doc.spans["kgattn"]
    assert (span.kb_id_, [candidate.entity_id for candidate in span._.kg_candidates]) == ("Q90", ["Q90", "Q167646"])


def test_a_component_without_a_graph_says_so():
    nlp = spacy.blank("en")
    component = nlp.add_pipe(FACTORY)
    for act in (lambda: component(nlp.make_doc("Jordan")), component.to_bytes, lambda: component.to_disk("x")):
        with pytest.raises(LinkingError, match="kgattn_linker has no graph; give it one"):
            act()


def test_wrong_settings_are_refused_when_the_component_is_added():
    with pytest.raises(ConfigError, match="case must be one of"):
        spacy.blank("en").add_pipe(FACTORY, config={"case": "upper"})
    for setting, message in (
        ({"max_candidates": "three"}, r"max_candidates.*'three' is not <class 'int'>"),
        ({"max_candidates": 2.5}, r"max_candidates.*2.5 is not <class 'int'>"),
        ({"stop_words": "yes"}, r"stop_words.*'yes' is not <class 'bool'>"),
        ({"spans_key": None}, r"spans_key.*None is not <class 'str'>"),
        ({"graph": 3}, r"graph.*3 is not <class 'str'>"),
        ({"max_candidate": 3}, r"unexpected argument: 'max_candidate'"),
    ):
        with pytest.raises(ValueError, match=message):  # spaCy's own ConfigValidationError
            spacy.blank("en").add_pipe(FACTORY, config=setting)


def test_documents_of_two_vocabularies_are_refused_before_any_is_marked(nlp):
    docs = [nlp.make_doc("Jordan"), spacy.blank("en").make_doc("Jordan qwertz")]
    for act in (lambda: nlp.get_pipe(FACTORY).link(docs), lambda: list(nlp.pipe(docs))):
        with pytest.raises(LinkingError, match="expected documents of one vocabulary, got some made by different"):
            act()
    assert not any(doc.spans for doc in docs)


def test_a_pipeline_saved_without_the_component_says_how_to_load_the_rest(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline", exclude=[FACTORY])
    with pytest.raises(LinkingError, match=r"no such folder; .* load the rest by exclude=\['kgattn_linker'\]"):
        spacy.load(tmp_path / "pipeline")
    assert spacy.load(tmp_path / "pipeline", exclude=[FACTORY]).pipe_names == []


def test_a_relative_path_that_leads_nowhere_is_shown_with_where_it_begins(graph_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(graph_folder.parent)
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"graph": graph_folder.name})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GraphError, match=rf"got nothing there, seen from {re.escape(str(tmp_path))}; check the path"):
        nlp("Jordan")


def test_files_and_bytes_that_hold_no_index_are_refused(nlp, tmp_path):
    component = nlp.get_pipe(FACTORY)
    with pytest.raises(LinkingError, match="no readable linker index in"):
        component.from_disk(tmp_path)
    with pytest.raises(LinkingError, match="expected bytes of a linker index"):
        component.from_bytes(b"something else")
    component.to_disk(tmp_path / "index")
    (tmp_path / "index" / "nodes.npy").write_bytes(b"")
    with pytest.raises(LinkingError, match="no readable linker index in"):
        component.from_disk(tmp_path / "index")


def test_an_index_of_another_version_or_with_a_lost_file_is_refused(nlp, tmp_path):
    folder = tmp_path / "index"
    nlp.get_pipe(FACTORY).to_disk(folder)
    (folder / "nodes.npy").unlink()
    with pytest.raises(LinkingError, match="linker index lacks 'nodes'; delete it"):
        LinkIndex.open(folder)
    meta = (folder / "linker_index.json").read_text()
    (folder / "linker_index.json").write_text(meta.replace('"format_version": 5', '"format_version": 2'))
    with pytest.raises(LinkingError, match="must be of format version 5, got 2"):
        LinkIndex.open(folder)


def test_an_index_is_not_written_over_other_files(nlp, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(LinkingError, match=r"expected a linker index or nothing at .* got other files"):
        nlp.get_pipe(FACTORY).to_disk(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_a_failed_write_leaves_the_old_index(nlp, tmp_path, monkeypatch):
    component = nlp.get_pipe(FACTORY)
    component.to_disk(tmp_path / "index")
    before = {file.name: file.read_bytes() for file in (tmp_path / "index").iterdir()}

    def disk_full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", disk_full)
    with pytest.raises(StorageError, match="No space left on device"):
        component.to_disk(tmp_path / "index")
    assert {file.name: file.read_bytes() for file in (tmp_path / "index").iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["index"]


def test_the_graph_is_named_when_it_has_nothing_to_match():
    graph = KnowledgeGraph.from_triples([], labels={"Q1": "1984", "Q2": "the"})
    with pytest.raises(LinkingError, match="expected a graph with labels to match, got 2 entities"):
        EntityLinker(graph)


def test_settings_given_to_a_saved_pipeline_that_its_index_was_not_made_with_are_refused(graph_folder, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"graph": str(graph_folder), "max_candidates": 2})
    nlp.to_disk(tmp_path / "pipeline")
    again = {f"components.{FACTORY}.max_candidates": 2, f"components.{FACTORY}.spans_key": "other"}
    assert spacy.load(tmp_path / "pipeline", config=again).get_pipe(FACTORY).config.max_candidates == 2
    with pytest.raises(LinkingError, match=r"made with nil_threshold=0.5, got one made with nil_threshold=0.0; leave"):
        spacy.load(tmp_path / "pipeline", config={f"components.{FACTORY}.nil_threshold": 0.5})
    strict = spacy.blank("en").add_pipe(FACTORY, config={"nil_threshold": 0.5})
    with pytest.raises(LinkingError, match="max_candidates"):
        spacy.blank("en").add_pipe(FACTORY, config={"max_candidates": 3}).from_bytes(nlp.get_pipe(FACTORY).to_bytes())
    with pytest.raises(LinkingError, match="nil_threshold"):
        strict.from_bytes(nlp.get_pipe(FACTORY).to_bytes())
    with pytest.raises(LinkingError, match="nil_threshold"):
        strict.set_index(nlp.get_pipe(FACTORY).index)  # a pipeline that cannot be loaded again
    assert spacy.blank("en").add_pipe(FACTORY).from_disk(tmp_path / "pipeline" / FACTORY).config.max_candidates == 2
