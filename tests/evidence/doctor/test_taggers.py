"""The taggers that need no model, against what can be seen by eye."""

from kgattn.evidence.doctor.taggers import dictionary_of, fit_linker_tagger, look_up, score_taggers
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import Sentence

GRAPH = KnowledgeGraph.from_triples(
    [("Rhine", "near", "Main")],
    labels={name: name for name in ("Rhine", "Main", "Ada", "Bob", "quern")},
    types={"Rhine": ["river"], "Main": ["river"], "Ada": ["player"], "Bob": ["player"], "quern": ["event"]},
)
LEARN = [
    ("[RIV Rhine ] saw the quern", [(0, 1, "Rhine"), (3, 4, "quern")]),
    ("[PER Ada ] lost the quern", [(0, 1, "Ada"), (3, 4, "quern")]),
    ("[PER Ada ] met [RIV Main ]", [(0, 1, "Ada"), (2, 3, "Main")]),
]
SCORE = [
    ("[PER Bob ] saw [RIV Main ] before the quern", [(0, 1, "Bob"), (2, 3, "Main"), (5, 6, "quern")]),
    ("[PER Eve ] met the Rhine", [(3, 4, "Rhine")]),
]


def test_types_are_matched_with_labels_and_noise_is_left_alone(linked):
    label_of = fit_linker_tagger(linked(LEARN), GRAPH)
    assert (label_of(["river"]), label_of(["player"]), label_of(["event"])) == ("RIV", "PER", None)


def test_without_a_single_gold_link_nothing_is_tagged(linked):
    label_of = fit_linker_tagger(linked([("[PER Eve ] lost the quern", [(3, 4, "quern")])]), GRAPH)
    assert label_of(["event"]) is None


def test_scores_by_hand(linked):
    scores = score_taggers(linked(LEARN), linked(SCORE), GRAPH)
    assert scores.linker_tagger == 2 * 2 / (3 + 3)  # Bob, Main and wrongly Rhine, of Bob, Main and Eve
    assert scores.dictionary == 2 * 1 / (2 + 3)  # Main and wrongly Rhine
    assert scores.both == 2 * 2 / (3 + 3)
    assert scores.ceiling == 2 * 2 / (2 + 3)
    alone = score_taggers(None, linked(SCORE), GRAPH)
    assert (alone.linker_tagger, alone.dictionary, alone.both, alone.ceiling) == (None, None, None, scores.ceiling)


def test_of_links_that_overlap_the_longest_is_tagged(linked):
    score = linked([("[RIV Main ] dried", [(0, 1, "Main"), (0, 2, "Ada")])])
    assert score_taggers(linked(LEARN), score, GRAPH).linker_tagger == 0


def test_the_dictionary_takes_longest_matches_and_commonest_labels():
    sentences = [
        Sentence(("New", "York", "won"), ("B-ORG", "I-ORG", "O")),
        Sentence(("New", "York", "lies", "in", "York"), ("B-LOC", "I-LOC", "O", "O", "B-LOC")),
        Sentence(("new", "york", "lost"), ("B-ORG", "I-ORG", "O")),
    ]
    known = dictionary_of(sentences)
    assert known == {("new", "york"): "ORG", ("york",): "LOC"}
    assert look_up(("York", "and", "NEW", "York"), known) == {(0, 1, "LOC"), (2, 4, "ORG")}
