"""The preflight check from end to end: link, lay gold beside the links, measure, judge."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from kgattn.errors import ConfigError, CorpusError, GraphError
from kgattn.evidence.doctor.ambiguity import Ambiguity
from kgattn.evidence.doctor.coverage import Coverage, LinkQuality
from kgattn.evidence.doctor.leak import LeakEvidence, find_leaks
from kgattn.evidence.doctor.length import fit_tokenizer
from kgattn.evidence.doctor.linked import LinkedSplit, LinkedText, link_text
from kgattn.evidence.doctor.noise import NoisyForm, find_noise
from kgattn.evidence.doctor.pairs import JoinedPairs
from kgattn.evidence.doctor.purity import TypePurity
from kgattn.evidence.doctor.remarks import Measures
from kgattn.evidence.doctor.report import DoctorReport
from kgattn.evidence.doctor.taggers import score_taggers
from kgattn.evidence.doctor.verdict import decide
from kgattn.graph import KnowledgeGraph
from kgattn.ner.corpus import SPLITS, Corpus, Sentence, load_corpus
from kgattn.ner.metrics import entity_texts
from kgattn.training.parts import describe_graph


def doctor(
    graph: KnowledgeGraph,
    corpus: Corpus | str | Path,
    tokenizer: Any = None,
    *,
    linker: Any = None,
    split: str = "dev",
    language: str = "en",
) -> DoctorReport:
    """Look at a graph beside a corpus and say whether it can help there, before anything is trained.

    Gold is read of `train`, to learn which type means which label and which words are noise, and of `split`, which is
    scored. Other splits are linked as bare words, so that a graph made from their tags shows.

    Args:
        graph: The graph.
        corpus: A corpus, or what `load_corpus` takes: a folder, a file or a hub name.
        tokenizer: A fast tokenizer, to see what it cuts off and does not know; left out, this is not looked at.
        linker: A linker of `graph` other than a fresh one: an `EntityLinker` or anything with its `link_words`. What it
            finds is compared with what a fresh linker finds.
        split: What is scored: "dev"; "test", when asked for; or "train", half of it then against the other half.
        language: Language code or pipeline, for a fresh linker.

    Raises:
        ConfigError: `split` or `tokenizer` is of another kind.
        CorpusError: The corpus has no such split, or no entity in it.
        GraphError: `graph` is no knowledge graph.
        LinkingError: The linker links to another graph, or the graph has nothing to match.
    """
    if not isinstance(graph, KnowledgeGraph):
        raise GraphError(f"doctor needs a kgattn.KnowledgeGraph, got {type(graph).__name__}; use KnowledgeGraph.load")
    if split not in SPLITS:
        raise ConfigError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    loaded = corpus if isinstance(corpus, Corpus) else load_corpus(corpus)
    learned, scored = _parts(loaded, split)

    from kgattn.linking import EntityLinker  # here, because spaCy takes seconds to import

    used = EntityLinker(graph, language) if linker is None else linker
    score = LinkedSplit.of(link_text(used, graph, scored), scored)
    learn = LinkedSplit.of(link_text(used, graph, learned), learned) if learned else None
    unread = tuple(name for name in SPLITS if name not in ("train", split) and getattr(loaded, name))
    texts: dict[str, LinkedText] = {name: link_text(used, graph, getattr(loaded, name)) for name in unread}
    fresh: tuple[LinkedSplit, ...] = ()
    if linker is not None:
        plain = EntityLinker(graph, getattr(linker, "nlp", language), getattr(linker, "config", None))
        parts = (scored, learned) if learned else (scored,)
        fresh = tuple(LinkedSplit.of(link_text(plain, graph, part), part) for part in parts)
    if learn is not None:
        texts["train"] = learn
    texts[split] = score
    evidence = LeakEvidence(graph, score, learn, fresh, texts, unread)
    return _report(loaded.name, split, evidence, tokenizer)


def _parts(corpus: Corpus, split: str) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
    """Sentences to learn from, perhaps none, and sentences to score."""
    learned, scored = corpus.train, getattr(corpus, split)
    if split == "train":
        learned, scored = scored[::2], scored[1::2]
    if not scored:
        there = ", ".join(name for name in SPLITS if getattr(corpus, name))
        raise CorpusError(
            f"the corpus {corpus.name!r} has no {split} sentences to score, but {there}; choose another split"
        )
    if all(tag == "O" for sentence in scored for tag in sentence.tags):
        raise CorpusError(f"the {split} sentences of {corpus.name!r} hold no entity; choose another split")
    return learned, scored


def _report(name: str, split: str, evidence: LeakEvidence, tokenizer: Any) -> DoctorReport:
    graph, score, learn = evidence.graph, evidence.score, evidence.learn
    seen = entity_texts(learn.sentences) if learn is not None else frozenset[str]()
    noise = find_noise(learn, graph) if learn is not None else ()
    quiet = _without(score, noise)
    measures = Measures(
        Coverage.of(score, seen),
        LinkQuality.of(score),
        Ambiguity.of(score),
        TypePurity.of(score, graph),
        score_taggers(learn, score, graph),
        JoinedPairs.of(score, graph),
        None if tokenizer is None else fit_tokenizer(score, tokenizer),
    )
    leaks = find_leaks(evidence)
    return DoctorReport(
        corpus=name,
        split=split,
        sentences={"learn": len(learn.links) if learn is not None else 0, "score": len(score.links)},
        graph=dict(describe_graph(graph) or {}),
        coverage=measures.coverage,
        links=measures.links,
        ambiguity=measures.ambiguity,
        purity=measures.purity,
        taggers=measures.taggers,
        pairs=measures.pairs,
        tokenizer=measures.tokenizer,
        noise=noise,
        without_noise=(Coverage.of(quiet, seen), LinkQuality.of(quiet)),
        leaks=leaks,
        verdict=decide(measures, leaks),
    )


def _without(split: LinkedSplit, noise: tuple[NoisyForm, ...]) -> LinkedSplit:
    """The same sentences without the links of noisy forms."""
    forms = {each.form.lower() for each in noise}
    links = tuple(
        tuple(link for link in row if split.form(number, link.start, link.end).lower() not in forms)
        for number, row in enumerate(split.links)
    )
    return replace(split, links=links)
