import dataclasses
import pickle

import numpy as np
import pytest
import spacy

from kgattn.errors import ConfigError, LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.component import FACTORY
from tests.linking.disambiguation.conftest import make_graph

OFF = LinkerConfig(context_weight=0.0, coherence_weight=0.0, abbreviations=False, short_names=False)
TEXTS = [
    "Paris is the capital of France.",
    "Paris, Texas, has a tower.",
    "The Seine floods Paris again.",
    "Paris again.",
    "",
    "Angela Merkel spoke. Then Merkel left.",
    "He has acute myeloid leukemia (AML). AML is treated.",
    "Texas and France are large; Paris is not.",
]


def link(graph, **changes):
    return EntityLinker(graph, config=dataclasses.replace(OFF, **changes))


def best(linker, text):
    doc = linker(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


def all_of(linker, docs):
    return [
        [(mention.start_char, mention.end_char, mention.candidates) for mention in linker.mentions(doc)] for doc in docs
    ]


@pytest.mark.parametrize("part", [{"context_weight": 2.0}, {"coherence_weight": 2.0}])
def test_evidence_chooses_where_the_prior_cannot(shared_graph, part):
    text = "Paris lies in Lamar County."
    assert best(link(shared_graph), text)[0] == ("Paris", "paris-fr")
    assert best(link(shared_graph, **part), text)[0] == ("Paris", "paris-us")
    assert best(link(shared_graph, **part), "Paris lies on the Seine.")[0] == ("Paris", "paris-fr")


def test_a_path_of_two_edges_is_evidence(shared_graph):
    linker = link(shared_graph, coherence_weight=6.0)
    assert best(linker, "Paris, Texas")[0] == ("Paris", "paris-us")
    assert best(link(shared_graph, context_weight=6.0), "Paris, Texas")[0] == ("Paris", "paris-fr")


def test_words_that_are_no_mention_are_evidence(shared_graph):
    text = "Hilton sang, and Paris danced."
    assert best(link(shared_graph, coherence_weight=6.0, variants=()), text) == [("Paris", "paris-fr")]
    assert best(link(shared_graph, context_weight=6.0, variants=()), text) == [("Paris", "hilton")]


def test_without_evidence_the_priors_stay(shared_graph):
    plain, full = link(shared_graph), EntityLinker(shared_graph)
    text = "Paris again."
    assert all_of(full, [full(text)]) == all_of(plain, [plain(text)])


def test_a_name_said_twice_is_no_evidence(shared_graph):
    linker = link(shared_graph, context_weight=6.0, max_candidates=2)
    once, twice = (linker.mentions(linker(text))[0] for text in ("Paris again", "Paris and Paris"))
    assert once.candidates == twice.candidates


def test_shares_sum_to_at_most_one_and_fall(shared_graph):
    linker = EntityLinker(shared_graph, config=LinkerConfig(max_candidates=2))
    for text in TEXTS:
        for mention in linker.mentions(linker(text)):
            shares = [candidate.prior for candidate in mention.candidates]
            assert shares == sorted(shares, reverse=True)
            assert 0 < sum(shares) <= 1


def test_documents_do_not_affect_one_another(shared_graph):
    linker = EntityLinker(shared_graph)
    alone = all_of(linker, [linker(text) for text in TEXTS])
    assert all_of(linker, linker.pipe(TEXTS, batch_size=3)) == alone
    assert all_of(linker, linker.pipe(TEXTS[::-1], batch_size=8))[::-1] == alone


@pytest.mark.parametrize("prior", ["degree", "pagerank", "uniform"])
def test_renumbering_changes_nothing(prior):
    config = LinkerConfig(prior=prior)
    linkers = [EntityLinker(make_graph(seed), config=config) for seed in (None, 1, 2)]
    first, *others = (all_of(linker, linker.pipe(TEXTS)) for linker in linkers)
    assert all(other == first for other in others)


def test_a_graph_of_distinct_names_stores_nothing_for_evidence():
    graph = KnowledgeGraph.from_triples([("a", "knows", "b")], labels={"a": "Ada", "b": "Bob"})
    senses = EntityLinker(graph).component.index.senses
    assert not senses.has_words
    assert not senses.has_links
    assert len(senses.word_keys) == 0


def test_nil_threshold_drops_the_unlikely(shared_graph):
    assert [text for text, _ in best(link(shared_graph, nil_threshold=0.9), "Paris and France")] == ["France"]
    told = link(shared_graph, nil_threshold=0.9, coherence_weight=6.0)
    assert best(told, "Paris in France") == [("Paris", "paris-fr"), ("France", "france")]
    assert best(told, "Paris again") == []


def test_what_is_cut_off_is_the_share_of_none_and_falls_with_evidence(shared_graph):
    cut = link(shared_graph, max_candidates=1)
    told = link(shared_graph, max_candidates=2, context_weight=6.0)

    def total(linker, text):
        return sum(candidate.prior for candidate in linker.mentions(linker(text))[0].candidates)

    assert total(cut, "Paris, France") < 1
    assert total(told, "Paris again") < total(told, "Paris, France") <= 1


def test_types_keep_and_exclude_by_id_or_label(shared_graph):
    text = "Angela Merkel went from Paris to South Carolina for the Seine."
    assert [text for text, _ in best(link(shared_graph, types=("city", "State")), text)] == ["Paris", "South Carolina"]
    kept = link(shared_graph, exclude_types=("person", "city"))
    assert [text for text, _ in best(kept, text)] == ["South Carolina", "Seine"]
    both = link(shared_graph, types=("city", "state"), exclude_types=("state",))
    assert [text for text, _ in best(both, text)] == ["Paris"]


def test_types_judge_the_candidate_that_evidence_chose(shared_graph):
    linker = link(shared_graph, types=("person",), context_weight=6.0, variants=())
    assert best(linker, "Hilton sang, and Paris danced.") == [("Paris", "hilton")]
    assert best(linker, "Paris again.") == []


def test_types_the_graph_lacks_are_refused(shared_graph):
    with pytest.raises(LinkingError, match="types to filter by must be the graph's, got 'planet'; it has city"):
        link(shared_graph, types=("planet",))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"context_weight": -1}, r"context_weight must be a number in \[0, 100\], got -1"),
        ({"coherence_weight": float("nan")}, "coherence_weight must be a number in"),
        ({"nil_threshold": 2.0}, r"nil_threshold must be a number in \[0, 1\], got 2.0"),
        ({"prior": "fame"}, "prior must be one of degree, pagerank, uniform, got 'fame'"),
        ({"abbreviations": 1}, "abbreviations must be true or false, got 1"),
        ({"types": "city"}, "types must be a list of type ids or labels, got 'city'"),
        ({"exclude_types": [""]}, "exclude_types must be a list of type ids or labels"),
    ],
)
def test_wrong_settings_are_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        LinkerConfig.from_dict(setting)


def test_settings_survive_json():
    config = LinkerConfig(types=("a", "b"), nil_threshold=0.5)
    assert LinkerConfig.from_dict(config.to_dict()) == config
    assert config.to_dict()["types"] == ["a", "b"]
    assert LinkerConfig.from_dict({"nil_threshold": 1}).nil_threshold == 1.0


@pytest.mark.parametrize("by", ["disk", "bytes", "pickle"])
def test_a_pipeline_without_its_graph_decides_the_same(shared_graph, tmp_path, by):
    shared_graph.save(tmp_path / "graph")
    nlp = spacy.blank("en")
    settings = {"graph": str(tmp_path / "graph"), "exclude_types": ["drug"], "nil_threshold": 0.2}
    nlp.add_pipe(FACTORY, config=settings)
    expected = [[(s.text, s.kb_id_, s._.kg_candidates) for s in doc.spans["kgattn"]] for doc in nlp.pipe(TEXTS)]
    if by == "disk":
        nlp.config["components"][FACTORY]["graph"] = None
        nlp.to_disk(tmp_path / "pipeline")
        again = spacy.load(tmp_path / "pipeline")
        assert isinstance(again.get_pipe(FACTORY).index.senses.bag_words, np.memmap)
    elif by == "bytes":
        again = spacy.blank("en")
        again.add_pipe(FACTORY)
        again.from_bytes(nlp.to_bytes())
    else:
        again = pickle.loads(pickle.dumps(nlp))
    found = [[(s.text, s.kb_id_, s._.kg_candidates) for s in doc.spans["kgattn"]] for doc in again.pipe(TEXTS)]
    assert found == expected
    assert ("AML", "aml") in [(text, entity) for text, entity, _ in found[6]]


def test_an_index_without_senses_is_refused(shared_graph, tmp_path):
    component = EntityLinker(shared_graph).component
    component.to_disk(tmp_path / "index")
    (tmp_path / "index" / "sense_bag_words.npy").unlink()
    with pytest.raises(LinkingError, match="linker index lacks 'sense_bag_words'; delete it and build it again"):
        component.from_disk(tmp_path / "index")
