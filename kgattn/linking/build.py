"""Building the linker's index from a graph."""

from array import array
from collections.abc import Iterator, Mapping, Set
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.linking.atoms import UPPER, Atom, atomise, first_letter, fold, tidy
from kgattn.linking.candidates import AliasTable, RowsByCase, build_rows, join
from kgattn.linking.config import LinkerConfig
from kgattn.linking.decisions import index_folders, read_decisions
from kgattn.linking.disambiguation.popularity import popularity
from kgattn.linking.disambiguation.senses import build_senses
from kgattn.linking.fuzzy_index import FuzzyIndex
from kgattn.linking.index import META_FILE, LinkIndex
from kgattn.linking.lexicon import Lexicon, WordFilter, read_lexicon
from kgattn.linking.policy import CaseRule, case_rule
from kgattn.linking.stop_list import StopList
from kgattn.linking.trie import AtomTrie
from kgattn.linking.trie_build import build_edges, cased_keys
from kgattn.linking.variants import variants_of
from kgattn.shapes import Float, Int

ANY_LANGUAGE = "xx"
_LEAST_PRIOR = 1e-6  # of an entity that a source lists for a name with a prior of 0


def open_or_build(
    graph: KnowledgeGraph,
    config: LinkerConfig,
    stop_words: Set[str],
    language: str = ANY_LANGUAGE,
    folder: Path | None = None,
    decided: Mapping[str, str] | None = None,
) -> LinkIndex:
    """The index of a graph: one in a folder when it fits, else a new one in memory.

    Args:
        graph: The graph.
        config: Linker settings.
        stop_words: Stop words of the language as spaCy lists them; used when `config.stop_words` is set.
        language: Language of the texts, a code as in `nlp.lang`.
        folder: Where to look, before the graph's own folder. The first of both whose `common_words.tsv` holds decisions
            of the user says what was decided.
        decided: What the user decided elsewhere, as `Lexicon.yours`; holds where neither folder says anything.

    Raises:
        LinkingError: No label or alias of the graph may be matched under these settings, or a file of words cannot be
            read, or is gone while the index beside it was built by decisions in it.
    """
    folders = index_folders(graph, folder)
    lexicon = read_lexicon(language, stop_words, config, read_decisions(folders) or decided)
    for place in folders:
        found = open_fitting(place, graph, config, lexicon)
        if found is not None:
            return found
    return build_index(graph, config, lexicon)


def open_fitting(folder: Path, graph: KnowledgeGraph, config: LinkerConfig, lexicon: Lexicon) -> LinkIndex | None:
    """The index in a folder if it is what building anew would give; None if it is absent, outdated or damaged."""
    if not (folder / META_FILE).is_file():
        return None
    try:
        index = LinkIndex.open(folder)
    except LinkingError:
        return None
    return index if index.fits(graph, config, lexicon.digest) else None


def build_index(graph: KnowledgeGraph, config: LinkerConfig, lexicon: Lexicon) -> LinkIndex:
    """Index the labels and aliases of a graph, and their variants.

    Args:
        graph: The graph.
        config: Linker settings.
        lexicon: Words of the texts' language.

    Raises:
        LinkingError: No label or alias of the graph may be matched under these settings.
    """
    forms = _Forms(config, lexicon, graph)
    form = forms.collect(graph)
    if not forms.lengths:
        raise LinkingError(
            f"expected a graph with labels to match, got {graph.num_entities} entities whose labels and aliases "
            "are all numbers, stop words, everyday words, on the stop list, too short or too long; relax the linker "
            "settings or add aliases"
        )
    links = forms.add_variants()
    folded, cased = np.array(forms.folded, dtype=np.uint64), np.array(forms.cased, dtype=np.uint64)
    lengths = np.array(forms.lengths, dtype=np.int64)
    edges = build_edges(folded, lengths)
    ends, alias = np.unique(edges.end_node, return_inverse=True)
    node_alias = np.full(edges.num_nodes, -1, dtype=np.int32)
    node_alias[ends] = np.arange(len(ends))

    entity, weight, prior = _weights(graph, config)
    used = np.flatnonzero(form >= 0)
    # Each variant is used by all entities of the alias it comes from.
    by_variant, link = join(np.arange(len(used)), form[used], links.offsets)
    form = np.concatenate([form[used], links.form[link]])
    use = np.concatenate([used, used[by_variant]])
    factor = np.concatenate([np.ones(len(used)), links.factor[link]])
    uses = AliasTable(
        alias=alias[form],
        rule=np.array(forms.rules, dtype=np.int64)[form],
        key=cased_keys(cased, lengths)[form],
        capital=np.array(forms.capital, dtype=bool)[form],
        entity=entity[use],
        weight=weight[use] * factor,
        prior=prior[use] * factor,
        variant=np.arange(len(form)) >= len(used),
    )
    rows = build_rows(uses, len(ends), _ranks(graph.entity_ids), config.max_candidates)
    trie = AtomTrie(*edges[:4], node_alias, *rows[:5])
    fuzzy = FuzzyIndex.build(forms.aliases_with_rows(alias, rows)) if config.fuzzy else None
    senses = build_senses(graph, rows.candidates, config, lexicon.stop_words)
    return LinkIndex(
        trie=trie,
        candidates=rows.candidates,
        entity_ids=graph.entity_ids,
        config=config,
        fingerprint=graph.fingerprint,
        lexicon_digest=lexicon.digest,
        words=forms.filter.table(),
        senses=senses,
        fuzzy=fuzzy,
    )


class _VariantLinks(NamedTuple):
    """Variants of form f are `[offsets[f], offsets[f + 1])` of the others.

    Attributes:
        offsets: Where those of each form start.
        form: The variant, a form itself.
        factor: Share of the form's weight it has, in (0, 1).
    """

    offsets: Int[np.ndarray, " form_plus_one"]
    form: Int[np.ndarray, " link"]
    factor: Float[np.ndarray, " link"]


class _Forms:
    """The distinct aliases of a graph that may be matched, and their variants, one entry a form in each list."""

    def __init__(self, config: LinkerConfig, lexicon: Lexicon, graph: KnowledgeGraph) -> None:
        self.config, self.lexicon = config, lexicon
        self.stop_list = StopList.of(config.stop_list)
        labels = frozenset(fold(label) for label in graph.labels if label.isalpha()) if lexicon.common else frozenset()
        self.filter = WordFilter(lexicon, config.common_word_zipf, labels)
        self.texts: list[str] = []
        self.folded, self.cased = array("Q"), array("Q")  # 8 bytes a number, where a list takes 40
        self.lengths, self.rules, self.capital = array("q"), array("q"), array("b")
        self.num_aliases = 0
        self._chunks: dict[str, tuple[Atom, ...]] = {}

    def collect(self, graph: KnowledgeGraph) -> Int[np.ndarray, " use"]:
        """The form of each label and then of each alias of the graph; -1 where it is dropped."""
        number: dict[str, int] = {}
        form = np.empty(len(graph.labels) + len(graph.alias_texts), dtype=np.int64)
        for use, text in enumerate(chain(graph.labels, graph.alias_texts)):
            known = number.get(text)
            if known is None:
                rule = case_rule(text, self.config, self.lexicon.stop_words)
                known = number[text] = self._add(text, rule)
            form[use] = known
        return form

    def add_variants(self) -> _VariantLinks:
        """Add the variants of all forms collected.

        A variant asks for the case its alias asks for. One that some alias is in any case is left out: it would give
        way to it everywhere.
        """
        self.num_aliases = len(self.texts)
        classes, language = frozenset(self.config.variants), self.lexicon.language
        texts = list(self.texts) if classes else []
        aliases = {text.casefold() for text, rule in zip(texts, self.rules, strict=False) if rule == CaseRule.ANY}
        number: dict[tuple[str, int], int] = {}
        counts = np.zeros(len(self.texts), dtype=np.int64)
        form: list[int] = []
        factor: list[float] = []
        for base, text in enumerate(texts):
            rule = CaseRule(self.rules[base])
            for variant, share in variants_of(text, classes, language).items():
                if variant.casefold() in aliases:
                    continue
                known = number.get((variant, rule))
                if known is None:
                    known = number[variant, rule] = self._add(variant, self._variant_rule(variant, rule))
                if known >= 0:
                    form.append(known)
                    factor.append(share)
                    counts[base] += 1
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return _VariantLinks(offsets, np.array(form, dtype=np.int64), np.array(factor, dtype=np.float64))

    def aliases_with_rows(self, alias: Int[np.ndarray, " form"], rows: RowsByCase) -> Iterator[tuple[str, int]]:
        """Each alias that is no acronym, without variants, and the row of candidates a text just like it has."""
        for form in range(self.num_aliases):
            if self.rules[form] != CaseRule.EXACT:
                of_case = rows.capital_row if self.capital[form] else rows.lower_row
                row = int(of_case[alias[form]])
                if row >= 0:
                    yield self.texts[form], row

    def _variant_rule(self, variant: str, rule: CaseRule) -> CaseRule | None:
        """The rule of the alias, or what the variant by itself asks for where that is more; None if it may not match.

        "300 (film)" gives no 300, and "AIDS (disease)" no "aids".
        """
        own = case_rule(variant, self.config, self.lexicon.stop_words)
        if own is None or (rule == CaseRule.EXACT and own == CaseRule.ANY):
            return own if own is None else rule
        return CaseRule.EXACT if own == CaseRule.EXACT else rule

    def _add(self, text: str, rule: CaseRule | None) -> int:
        """The number of a form that asks for `rule`; -1 when it is dropped."""
        rule = rule if rule is None else self.filter.rule(text, rule)
        if rule is None or self.stop_list.holds(text):
            return -1
        atoms: list[Atom] = []
        for chunk in text.split():
            known = self._chunks.get(chunk)
            if known is None:
                known = self._chunks[chunk] = atomise(chunk)
            atoms.extend(known)
        if not 0 < len(atoms) <= self.config.max_alias_atoms:
            return -1
        self.texts.append(text)
        self.folded.extend(atom.folded for atom in atoms)
        self.cased.extend(atom.cased for atom in atoms)
        self.lengths.append(len(atoms))
        self.rules.append(rule)
        self.capital.append(first_letter(tidy(text)) == UPPER)
        return len(self.lengths) - 1


def _weights(
    graph: KnowledgeGraph, config: LinkerConfig
) -> tuple[Int[np.ndarray, " use"], Float[np.ndarray, " use"], Float[np.ndarray, " use"]]:
    """Of each label and then each alias its entity, its weight and the prior the graph gives, NaN where it gives none.

    The weight is that of labels or aliases times the entity's popularity.
    """
    everyone = np.arange(graph.num_entities)
    entity = np.concatenate([everyone, np.repeat(everyone, np.diff(graph.alias_offsets))])
    weight = np.full(len(entity), config.alias_weight)
    weight[: graph.num_entities] = config.label_weight
    weight *= popularity(graph, config.prior)[entity]
    if graph.name_priors is None:
        return entity, weight, np.full(len(entity), np.nan)
    return entity, weight, np.maximum(graph.name_priors, _LEAST_PRIOR, dtype=np.float64)


def _ranks(entity_ids: StringTable) -> Int[np.ndarray, " entity"]:
    """Place of each entity in the alphabetical order of ids."""
    ids = list(entity_ids)
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return ranks
