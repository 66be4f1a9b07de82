"""linker-tagger: no model. A link gets the label its graph types mostly have in the training sentences."""

from collections.abc import Callable, Sequence

from kgattn.evidence.arms.arm import Arm, ArmInput
from kgattn.evidence.arms.mentions import linked_words
from kgattn.evidence.arms.plain import nothing
from kgattn.evidence.doctor.linked import NO_LABEL, Link, LinkedSplit, LinkedText
from kgattn.evidence.doctor.taggers import fit_linker_tagger
from kgattn.graph import KnowledgeGraph
from kgattn.ner.features import EncodedSplit
from kgattn.training.encode import EncodedCorpus

Tags = list[list[str]]


def tag_links(encoded: EncodedCorpus, given: ArmInput) -> tuple[Tags, Tags]:
    """Fit doctor's tagger on the training sentences, tag dev and test; gold of these is not looked at."""
    graph = given.graph
    label_of = fit_linker_tagger(LinkedSplit.of(_links_of(encoded.train, graph), encoded.train.sentences), graph)
    return _tag(encoded.dev, graph, label_of), _tag(encoded.test, graph, label_of)


def _links_of(split: EncodedSplit, graph: KnowledgeGraph) -> LinkedText:
    """The links of the windows, each with its likeliest entity alone."""
    links = tuple(
        tuple(Link(found.start, found.end, ((graph.entity_ids[found.entity], 1.0),)) for found in row)
        for row in linked_words(split)
    )
    return LinkedText(tuple(sentence.words for sentence in split.sentences), links)


def _tag(split: EncodedSplit, graph: KnowledgeGraph, label_of: Callable[[Sequence[str]], str | None]) -> Tags:
    text = _links_of(split, graph)
    rows = [[NO_LABEL] * len(words) for words in text.words]
    for tags, links in zip(rows, text.links, strict=True):
        for link in links:
            label = label_of(graph.types(link.best))
            if label is not None:
                tags[link.start : link.end] = [f"B-{label}", *[f"I-{label}"] * (link.end - link.start - 1)]
    return rows


LINKER_TAGGER = Arm(
    "linker-tagger",
    "no model: a link gets the label its graph types mostly have in the training sentences",
    "rival",
    injection=nothing,
    tagger=tag_links,
)
