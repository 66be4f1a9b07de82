"""The stage between finding and marking: from mentions with rows of candidates to what each of them names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from spacy.tokens import Doc

from kgattn.graph import StringTable
from kgattn.linking.disambiguation.abbreviations import find_abbreviations
from kgattn.linking.disambiguation.coherence import coherence_scores
from kgattn.linking.disambiguation.context import WordTable, context_scores
from kgattn.linking.disambiguation.derived import Derived, with_derived
from kgattn.linking.disambiguation.options import options_of
from kgattn.linking.disambiguation.score import Decisions, decide
from kgattn.linking.disambiguation.short_names import find_short_names
from kgattn.linking.found import Found, Source
from kgattn.linking.marking import Candidates
from kgattn.linking.stream import TokenStream
from kgattn.shapes import Bool, Float, Int

if TYPE_CHECKING:
    from kgattn.linking.index import LinkIndex

_LEAST = 1.0  # evidence, in nats, that a weak variant asks for


class Disambiguator:
    """Adds short forms, re-ranks candidates and drops mentions, as the settings of an index say.

    A mention with one candidate, or of which the document says nothing, keeps the row of the index as it is; but one by
    a weak class of variants is dropped unless the document speaks for one of its entities, and is no evidence itself.
    """

    def __init__(self, index: "LinkIndex") -> None:
        self._index = index
        self._rows = index.candidates.plain
        evidence = index.config.context_weight or index.config.coherence_weight
        self._has_weak = bool(evidence and (self._rows.source == Source.WEAK).any())
        self._has_short_names = bool(index.senses.short.any())
        self._words = WordTable(index.senses)
        self._ids = _EntityIds(index.entity_ids)

    def __call__(self, docs: Sequence[Doc], stream: TokenStream, found: Found) -> tuple[Found, list[Candidates]]:
        """What the mentions of a batch name.

        Args:
            docs: Documents that share a vocabulary; none affects another.
            stream: Their tokens.
            found: Their mentions.

        Returns:
            The mentions that stay, and the (entity id, confidence) of each, likeliest first.
        """
        index, config = self._index, self._index.config
        origin = np.full(len(found.doc), -1)
        if config.abbreviations:
            derived = self._allowed(docs, find_abbreviations(docs, stream, found))
            if derived:
                found, origin = with_derived(found, origin, derived)
        if self._has_short_names:
            titles = docs[0].vocab.lang if config.titles else ""
            names = self._allowed(docs, find_short_names(docs, stream, found, self._rows, index.senses.short, titles))
            if names:
                found, origin = with_derived(found, origin, names)
        candidates = index.row_candidates.of(found.row)
        weak = self._weak(found, origin)
        decisions = self._decide(docs, stream, found, origin, weak)
        if decisions is not None:
            self._write(decisions, candidates)
        for mention in (origin >= 0).nonzero()[0].tolist():
            candidates[mention] = candidates[origin[mention]]
        if decisions is not None:
            weak[decisions.mention] = False
        return self._filter(found, origin, candidates, decisions, weak)

    def admitted(self, found: Found) -> Found:
        """The mentions that the settings leave when their rows alone are judged: by type and by confidence."""
        candidates = self._index.row_candidates.of(found.row)
        origin = np.full(len(found.doc), -1)
        return self._filter(found, origin, candidates, None, self._weak(found, origin))[0]

    def _weak(self, found: Found, origin: Int[np.ndarray, " mention"]) -> Bool[np.ndarray, " mention"]:
        """Which mentions the document must speak for."""
        if not self._has_weak:
            return np.zeros(len(found.doc), dtype=bool)
        weak: np.ndarray = (self._rows.source[found.row] == Source.WEAK) & (origin < 0)
        return weak

    def _allowed(self, docs: Sequence[Doc], derived: list[Derived]) -> list[Derived]:
        """Short forms that the stop list does not hold."""
        stop_list = self._index.stop_list
        if not stop_list.folded:
            return derived
        return [one for one in derived if not stop_list.holds(docs[one.doc][one.start : one.end].text)]

    def _decide(
        self,
        docs: Sequence[Doc],
        stream: TokenStream,
        found: Found,
        origin: Int[np.ndarray, " mention"],
        weak: Bool[np.ndarray, " mention"],
    ) -> Decisions | None:
        """Judged candidates of the mentions there is evidence for; None when there is none at all."""
        index, rows, senses = self._index, self._rows, self._index.senses
        if not (senses.has_words or senses.has_links):
            return None
        open_ = ((rows.offsets[found.row + 1] - rows.offsets[found.row] > 1) | weak) & (origin < 0)
        if not np.count_nonzero(open_):
            return None
        options = options_of(found, open_, rows)
        evidence = np.zeros(len(options.mention))
        if senses.has_words:
            words = self._words.read(stream, docs[0].vocab.strings)
            evidence += index.config.context_weight * context_scores(senses, words, found, options)
        if senses.has_links:
            scores = coherence_scores(senses, rows, found, (origin < 0) & ~weak, options)
            evidence += index.config.coherence_weight * scores
        told = np.zeros(len(found.doc), dtype=bool)
        told[options.mention[(evidence > 0) & (evidence >= _LEAST * weak[options.mention])]] = True
        kept = told[options.mention]
        return decide(type(options)(*(column[kept] for column in options)), evidence[kept]) if kept.any() else None

    def _write(self, decisions: Decisions, candidates: list[Candidates]) -> None:
        """Put decided candidates in the place of those of the index."""
        ids = self._ids
        first = np.flatnonzero(np.diff(decisions.mention, prepend=-1)).tolist()
        entities, shares = decisions.entity.tolist(), decisions.share.tolist()
        for begin, end in zip(first, [*first[1:], len(entities)], strict=True):
            named = [(ids[entity], share) for entity, share in zip(entities[begin:end], shares[begin:end], strict=True)]
            candidates[int(decisions.mention[begin])] = tuple(named)

    def _filter(
        self,
        found: Found,
        origin: Int[np.ndarray, " mention"],
        candidates: list[Candidates],
        decisions: Decisions | None,
        untold: Bool[np.ndarray, " mention"],
    ) -> tuple[Found, list[Candidates]]:
        """Drop mentions the document does not speak for, or whose best candidate is of a wrong type or unlikely."""
        allowed, threshold = self._index.senses.allowed, self._index.config.nil_threshold
        if not (len(allowed) or threshold or np.count_nonzero(untold)):
            return found, candidates
        entity, share = self._best(found, origin, decisions)
        kept = (share >= threshold) & ~untold[np.where(origin >= 0, origin, np.arange(len(origin)))]
        if len(allowed):
            kept &= allowed[entity]
        if kept.all():
            return found, candidates
        chosen = [one for one, stays in zip(candidates, kept.tolist(), strict=True) if stays]
        return found.take(kept), chosen

    def _best(
        self, found: Found, origin: Int[np.ndarray, " mention"], decisions: Decisions | None
    ) -> tuple[Int[np.ndarray, " mention"], Float[np.ndarray, " mention"]]:
        """Row and confidence of the best candidate of each mention."""
        rows = self._rows
        place = rows.offsets[found.row]
        entity, share = rows.entities[place].astype(np.int64), rows.priors[place].astype(np.float64)
        if decisions is not None:
            first = np.flatnonzero(np.diff(decisions.mention, prepend=-1))
            entity[decisions.mention[first]] = decisions.entity[first]
            share[decisions.mention[first]] = decisions.share[first]
        source = np.where(origin >= 0, origin, np.arange(len(origin)))
        share = share[source] if found.score is None else share[source] * found.score
        return entity[source], share


class _EntityIds(dict[int, str]):
    """Ids of entities as strings, each decoded once."""

    def __init__(self, table: StringTable) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, entity: int) -> str:
        known = self[entity] = self._table[entity]
        return known
