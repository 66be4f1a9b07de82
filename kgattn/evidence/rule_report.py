"""What is known of each rule: pairs in the graph, where it fires in a corpus, what a run learned, and F1 without it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from kgattn.bias import PairTerms
from kgattn.bias.entity_pairs import EntityPairs
from kgattn.errors import ConfigError
from kgattn.graph import KnowledgeGraph, Rule
from kgattn.mentions import MentionBatch
from kgattn.ner.corpus import Corpus, Sentence
from kgattn.training.evaluate import open_run
from kgattn.training.tagger import load_run_model, run_settings

if TYPE_CHECKING:
    from kgattn.linking import EntityLinker

DEFAULT_LANGUAGE = "en"
BATCH = 256
"""Sentences that are linked at a time, so that a large corpus takes no more memory than a small one."""


@dataclass(frozen=True)
class RuleFacts:
    """One rule's line of the report; None where nothing was asked for.

    Attributes:
        name: Of the rule.
        kind: "select" or "construct".
        pairs: Pairs of entities it names; of a CONSTRUCT rule, triples and types it derives in one round.
        mention_pairs: Ordered pairs of mentions of the corpus it fires on.
        sentences: Sentences with such a pair.
        strength: What it adds to a logit, in nats, over the layers and heads of a run: least, mean, largest.
        strengths: The same of each head, in order, in a list for each attention layer the run injected, bottom first.
        f1: Strict typed entity F1 of the run, in [0, 1].
        f1_without: The same with this rule switched off, nothing trained anew.
    """

    name: str
    kind: str
    pairs: int
    mention_pairs: int | None = None
    sentences: int | None = None
    strength: tuple[float, float, float] | None = None
    strengths: list[list[float]] | None = None
    f1: float | None = None
    f1_without: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def report_rules(
    graph: KnowledgeGraph,
    rules: Sequence[Rule],
    *,
    corpus: Corpus | None = None,
    split: str = "test",
    run: Path | None = None,
    language: str | None = None,
) -> list[RuleFacts]:
    """Report on rules.

    Args:
        graph: The graph they are evaluated on.
        rules: Of either kind.
        corpus: Where firing is counted, in sentences linked to the graph, and F1 is taken.
        split: Its part.
        run: A finished run whose injection has the SELECT rules; it brings its own graph for F1. Its language, linker
            settings and decisions in a `common_words.tsv` say how sentences are linked to `graph` too.
        language: Of the corpus, where there is no run; None is English.

    Raises:
        ConfigError: `language` is not that of the run.
        RuleError: A rule is broken, exceeds a limit, or is not the one of that name in the run.
    """
    if run is not None:
        language = run_language(run, language)
    select = tuple(rule for rule in rules if rule.kind == "select")
    terms = PairTerms.of(graph, (), 1, select)
    opened = None if run is None else _opened(run, corpus, split, select)
    pairs = np.bincount(terms.rules.relations, minlength=len(select)).tolist()
    counts: Sequence[tuple[int, int] | tuple[None, None]] = [(None, None)] * len(select)
    if corpus is not None:
        linker = _linker(graph, language or DEFAULT_LANGUAGE, run, None if opened is None else opened.model)
        counts = _counts(linker, terms, corpus.split(split))
    scores = [] if opened is None else list(_scores(opened, select))
    facts = {}
    biases = {} if opened is None or not select else opened.model.kgattn.term_biases()
    for number, rule in enumerate(select):
        mention_pairs, in_sentences = counts[number]
        bias = biases.get(rule.name)
        facts[rule.name] = RuleFacts(
            rule.name,
            rule.kind,
            pairs[number],
            mention_pairs,
            in_sentences,
            strength=None if bias is None else (float(bias.min()), float(bias.mean()), float(bias.max())),
            strengths=None if bias is None else bias.tolist(),
            f1=scores[0] if scores else None,
            f1_without=scores[number + 1] if scores else None,
        )
    for rule in rules:
        if rule.kind == "construct":
            derived = graph.derive([rule])
            new = derived.num_triples - graph.num_triples + len(derived.type_indices) - len(graph.type_indices)
            facts[rule.name] = RuleFacts(rule.name, rule.kind, new)
    return [facts[rule.name] for rule in rules]


def run_language(run: Path, language: str | None) -> str:
    """The language a run links in.

    Args:
        run: Folder of the run.
        language: What is asked for, None for whatever it is.

    Raises:
        ConfigError: Another one is asked for.
        RunError: The folder holds no run.
    """
    own = run_settings(run)[0].language
    if language not in (None, own):
        raise ConfigError(f"language must be that of {run}, {own!r}, got {language!r}; leave it out")
    return own


def _linker(graph: KnowledgeGraph, language: str, run: Path | None, model: Any) -> "EntityLinker":
    """A linker to the graph that links as the run's does, if there is a run."""
    from kgattn.linking import EntityLinker  # here, because spaCy takes seconds to import

    if run is None:
        return EntityLinker(graph, nlp=language)
    if hasattr(model, "kgattn"):
        linker: EntityLinker = model.kgattn.processor.linker.with_graph(graph)
        return linker
    return EntityLinker(graph, nlp=language, config=run_settings(run)[0].linker)


def _counts(linker: "EntityLinker", terms: PairTerms, sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Ordered pairs of mentions each rule fires on, and sentences with one."""
    size = len(terms.names)
    mention_pairs, in_sentences = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for start in range(0, len(sentences), BATCH):
        pairs = EntityPairs.of(_linked(linker, sentences[start : start + BATCH]))
        pair, term, _ = terms.matches(pairs)
        fired = np.unique(np.stack([term, pairs.batch[pair], pairs.query[pair], pairs.key[pair]], axis=1), axis=0)
        mention_pairs += np.bincount(fired[:, 0], minlength=size)
        in_sentences += np.bincount(np.unique(fired[:, :2], axis=0)[:, 0], minlength=size)
    return list(zip(mention_pairs.tolist(), in_sentences.tolist(), strict=True))


def _linked(linker: "EntityLinker", sentences: Sequence[Sentence]) -> MentionBatch:
    """The mentions of some sentences as one batch."""
    mentions = [linker.mentions(doc) for doc in linker.link_words([sentence.words for sentence in sentences])]
    most = max(map(len, mentions), default=0)
    width = linker.config.max_candidates
    entities = np.full((len(mentions), most, width), -1, dtype=np.int64)
    priors = np.zeros(entities.shape, dtype=np.float32)
    for row, found in enumerate(mentions):
        for column, mention in enumerate(found):
            for place, candidate in enumerate(mention.candidates):
                entities[row, column, place] = linker.graph.entity_index(candidate.entity_id)
                priors[row, column, place] = candidate.prior
    slots = torch.zeros(len(mentions), 1, dtype=torch.long)
    return MentionBatch(slots, torch.from_numpy(entities), torch.from_numpy(priors))


@dataclass(frozen=True)
class _Run:
    """A run's injection, and how to score it where there is a corpus."""

    model: Any
    score: Callable[[], float] | None


def _opened(run: Path, corpus: Corpus | None, split: str, rules: tuple[Rule, ...]) -> _Run:
    opened = None if corpus is None else open_run(run, corpus, split)
    model = load_run_model(run) if opened is None else opened.model
    known = {rule.name: rule for rule in model.kgattn.config.rules} if hasattr(model, "kgattn") else {}
    for rule in rules:
        if rule.name not in known:
            raise rule.error(
                None, f"{run} was trained without it, with {', '.join(known) or 'no rules'}; train again with --rules"
            )
        if known[rule.name] != rule:
            raise rule.error(None, f"{run} was trained with another query of that name; give the rules of the run")
    return _Run(model, None if opened is None else lambda: opened.score().f1)


def _scores(run: _Run, rules: tuple[Rule, ...]) -> Iterator[float]:
    """F1 with all rules, then without each of them in turn."""
    if run.score is None:
        return
    yield run.score()
    for rule in rules:
        with run.model.kgattn.without(rule.name):
            yield run.score()
