"""The leak check catches planted leaks, and leaves honest linkers and graphs alone."""

from pathlib import Path

import pytest

from kgattn.evidence.doctor import doctor
from kgattn.evidence.doctor.leak_graph import is_cut
from kgattn.evidence.doctor.sign import difference_z, wilson_low
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.ner.corpus import Corpus, load_corpus

DATA = Path(__file__).resolve().parents[3] / "kg_data"


def checks(report) -> dict[str, str]:
    return {sign.check: sign.level for sign in report.leaks}


def any_entity(graph):
    return ((graph.entity_ids[0], 1.0),)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_an_honest_linker_is_not_flagged(graph, corpus, split):
    assert checks(doctor(graph, corpus, split=split)) == {}


@pytest.mark.parametrize(
    "config",
    [LinkerConfig(), LinkerConfig(case="ignore"), LinkerConfig(case="exact"), LinkerConfig(stop_list=("quern",))],
    ids=["default", "case ignored", "case exact", "stop list"],
)
def test_honest_settings_are_not_flagged(graph, corpus, config):
    assert checks(doctor(graph, corpus, linker=EntityLinker(graph, config=config))) == {}


def test_a_linker_that_hides_its_settings_is_compared_with_the_default(graph, corpus):
    class Hidden:
        def link_words(self, sentences):
            linker = EntityLinker(graph, config=LinkerConfig(case="ignore", stop_list=("quern",)))
            return linker.link_words(sentences)

    assert checks(doctor(graph, corpus, linker=Hidden())) == {}


def test_gold_spans_as_links_are_caught(graph, corpus, peeking):
    linker = peeking(lambda _links, gold: [(*span, any_entity(graph)) for span in sorted(gold)])
    report = doctor(graph, corpus, linker=linker)
    assert report.coverage.total.exact_share == report.links.precision == 1
    assert checks(report) == {
        "links equal gold": "leak",
        "links no alias gives": "leak",
        "links chosen by gold": "leak",
        "nothing is missed": "suspicious",
    }
    assert report.verdict.outcome == "leak"
    assert "gold has reached them" in report.verdict.words


def test_gold_spans_beside_honest_links_are_caught(graph, corpus, peeking):
    def change(links, gold):
        taken = {(start, end) for start, end, _ in links}
        return [*links, *((*span, any_entity(graph)) for span in sorted(gold - taken))]

    assert checks(doctor(graph, corpus, linker=peeking(change)))["links no alias gives"] == "leak"


def test_honest_links_kept_only_where_gold_are_caught(graph, corpus, peeking):
    linker = peeking(lambda links, gold: [link for link in links if link[:2] in gold])
    report = doctor(graph, corpus, linker=linker)
    assert checks(report) == {"links chosen by gold": "leak"}
    assert "names alone cannot tell them apart" in report.leaks[0].words


def test_a_linker_that_peeks_in_training_alone_is_caught(graph, corpus, peeking):
    linker = peeking(lambda links, gold: [link for link in links if link[:2] in gold], splits=("train",))
    assert checks(doctor(graph, corpus, linker=linker)) == {"links chosen by gold": "leak"}


def test_a_linker_that_mostly_feels_what_is_gold_is_suspicious(graph, corpus, peeking):
    seen = [0]

    def change(links, gold):  # as one with a model for named entities in it: right four times of five
        kept = []
        for link in links:
            seen[0] += 1
            if (link[:2] in gold) != (seen[0] % 5 == 0):
                kept.append(link)
        return kept

    assert checks(doctor(graph, corpus, linker=peeking(change))) == {"links chosen by gold": "suspicious"}


def test_links_dropped_at_random_are_not_flagged(graph, corpus, peeking):
    seen = [0]

    def change(links, _gold):
        seen[0] += 1
        return links if seen[0] % 3 else []

    assert checks(doctor(graph, corpus, linker=peeking(change))) == {}


def test_aliases_from_the_scored_tags_are_caught(leaky_graph, corpus):
    report = doctor(leaky_graph("dev"), corpus)
    assert checks(report)["names of the scored split"] == "leak"
    assert checks(report)["aliases spelled as tokens"] == "leak"
    assert report.verdict.outcome == "leak"


def test_aliases_from_test_tags_are_caught_when_test_is_asked_for(leaky_graph, corpus):
    leaky = leaky_graph("test", change=lambda text: text.replace(" - ", "-"))
    assert checks(doctor(leaky, corpus, split="test"))["names of the scored split"] == "leak"


def test_aliases_from_test_tags_show_in_the_words_of_test(leaky_graph, corpus):
    assert checks(doctor(leaky_graph("test"), corpus)) == {"density of links in test": "suspicious"}


def test_aliases_from_all_tags_are_caught_by_their_spelling(leaky_graph, corpus):
    found = checks(doctor(leaky_graph("train", "dev", "test"), corpus))
    assert found == {"aliases spelled as tokens": "leak", "nothing is missed": "suspicious"}


def test_aliases_from_training_tags_are_suspicious(leaky_graph, corpus):
    found = checks(doctor(leaky_graph("train", change=lambda text: text.replace(" - ", "-")), corpus))
    assert found == {"names of the training split": "suspicious"}


@pytest.fixture(scope="module")
def bundled(tmp_path_factory) -> KnowledgeGraph:
    folder = tmp_path_factory.mktemp("bundled") / "graph"
    graph = KnowledgeGraph.load(DATA / "bundled")
    graph.save(folder)
    EntityLinker(graph).save_index(folder / "linker")
    return KnowledgeGraph.load(folder)


@pytest.mark.parametrize(("control", "outcome"), [("positive", "can help"), ("negative", "unlikely to help")])
def test_the_demo_is_not_flagged(bundled, control, outcome):
    corpus = load_corpus(DATA / "demo" / control)
    reports = [doctor(bundled, corpus, split=split) for split in ("dev", "test")]
    assert [checks(report) for report in reports] == [{}, {}]
    assert [report.verdict.outcome for report in reports] == [outcome, outcome]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["crossner/politics", "crossner/ai", "wnut17"])
def test_honest_pairs_of_real_data_are_not_flagged(data_dir, name):
    from kg_data.fb15k237 import build

    graph, corpus = build(data_dir / "fb15k237"), load_corpus(data_dir / name)
    assert [checks(doctor(graph, corpus, split=split)) for split in ("train", "dev", "test")] == [{}, {}, {}]


def test_few_sentences_say_nothing(graph, corpus, peeking):
    few = Corpus("few", corpus.train[:6], corpus.dev[:6], (), corpus.entity_types)
    linker = peeking(lambda links, gold: [link for link in links if link[:2] in gold])
    assert checks(doctor(graph, few, linker=linker)) == {}


@pytest.mark.parametrize(
    ("words", "cut"),
    [
        (("5", "-", "fluorouracil"), True),
        (("Tourette", "'s", "syndrome"), True),
        (("東", "京"), True),
        (("New", "York"), False),
        (("AT", "&", "T"), False),
        (("aspirin",), False),
    ],
)
def test_what_nobody_writes_with_blanks(words, cut):
    assert is_cut(words) is cut


def test_statistics():
    assert wilson_low(0, 0) == 0
    assert wilson_low(10, 10) == pytest.approx(0.7225, abs=1e-3)  # 1 / (1 + 1.96**2 / 10)
    assert difference_z(50, 100, 50, 100) == 0
    assert difference_z(1, 1, 0, 0) == 0
    assert difference_z(60, 100, 40, 100) == pytest.approx(2.828, abs=1e-3)
    assert difference_z(40, 100, 60, 100) == pytest.approx(-2.828, abs=1e-3)
