"""The stop list: what comes onto it, and what the linker makes of it."""

from kgattn.evidence.doctor.noise import find_noise, stop_list_text
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig, read_stop_list

LABELS = {"Kent": "Kent", "England": "England", "quern": "quern", "am": "AM", "cat": "CAT"}
GRAPH = KnowledgeGraph.from_triples([("Kent", "in", "England")], labels=LABELS)


def test_what_is_never_gold_and_linked_twice_is_noise(linked):
    learn = linked(
        [
            ("the quern in [LOC Kent ]", [(1, 2, "quern"), (3, 4, "Kent")]),
            ("a Quern in England", [(1, 2, "quern"), (3, 4, "England")]),  # England: once only
            ("no quern at all", [(1, 2, "quern")]),
            ("[EVT Kent quern ] and Kent", [(0, 1, "Kent"), (3, 4, "Kent")]),  # Kent: a third is gold, a third inside
        ]
    )
    (found,) = find_noise(learn, GRAPH)
    assert (found.form, found.links, found.gold, found.touching, found.label) == ("quern", 3, 0, 0, "quern")


def test_forms_inside_longer_names_stay(linked):
    learn = linked([("[EVT Kent quern ] again", [(0, 1, "Kent")])] * 3)
    assert find_noise(learn, GRAPH) == ()


def test_the_linker_reads_what_was_written(linked, tmp_path):
    rows = [("the quern at 9 AM", [(1, 2, "quern"), (4, 5, "am")])] * 2
    noise = find_noise(linked(rows), GRAPH)
    file = tmp_path / "stop.tsv"
    file.write_text(stop_list_text(noise, "games"), encoding="utf-8")
    assert read_stop_list(file) == ("AM", "quern")
    config = LinkerConfig(stop_list=read_stop_list(file))
    before, after = (EntityLinker(GRAPH, config=each) for each in (None, config))
    words = [("The", "Quern", "in", "Kent", "at", "9", "AM", ",", "CAT")]
    (marked,), (quiet,) = before.link_words(words), after.link_words(words)
    assert [span.text for span in marked.spans["kgattn"]] == ["Quern", "Kent", "AM", "CAT"]
    assert [span.text for span in quiet.spans["kgattn"]] == ["Kent", "CAT"]
