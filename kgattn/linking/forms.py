"""The names of a graph as the linker matches them: which may be, in what case, and their variants."""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.linking.articles import behind_articles
from kgattn.linking.atoms import UPPER, Atom, atomise, first_letter, fold, tidy
from kgattn.linking.candidates import RowsByCase
from kgattn.linking.config import LinkerConfig
from kgattn.linking.lexicon import Lexicon, WordFilter
from kgattn.linking.members import is_member
from kgattn.linking.persons import surnames_of
from kgattn.linking.policy import CaseRule, case_rule
from kgattn.linking.stop_list import StopList
from kgattn.linking.trie_build import build_edges, cased_keys
from kgattn.linking.variants import FACTORS, variants_of
from kgattn.shapes import Bool, Float, Int


class VariantLinks(NamedTuple):
    """Variants of form f are `[offsets[f], offsets[f + 1])` of the others.

    Attributes:
        offsets: Where those of each form start.
        form: The variant, a form itself.
        factor: Share of the form's weight it has, in (0, 1).
    """

    offsets: Int[np.ndarray, " form_plus_one"]
    form: Int[np.ndarray, " link"]
    factor: Float[np.ndarray, " link"]


@dataclass(frozen=True, eq=False, repr=False)
class Names:
    """Everything of an index that follows from labels, aliases and settings alone; most of the time goes into it.

    Attributes:
        labels: The labels it is of.
        alias_texts: The aliases.
        type_indices: The types of the entities.
        config: Linker settings.
        lexicon_digest: Of the words of the texts' language.
        form: Form of each label and then of each alias; -1 where it is dropped.
        links: Variants of each form that is no variant itself.
        alias: Alias of each form; those that differ in case alone share one.
        rule: `CaseRule` of each form.
        key: Case-sensitive key of each form.
        capital: Whether the first letter of each form is a capital.
        num_aliases: Distinct aliases.
        trie: The first arrays of `AtomTrie`, with the alias that ends at each node.
        texts: Forms that are no variants.
        words: Text of `common_words.tsv`.
    """

    labels: StringTable
    alias_texts: StringTable
    type_indices: Int[np.ndarray, " type_use"]
    config: LinkerConfig
    lexicon_digest: str
    form: Int[np.ndarray, " use"]
    links: VariantLinks
    alias: Int[np.ndarray, " form"]
    rule: Int[np.ndarray, " form"]
    key: UInt64[np.ndarray, " form"]
    capital: Bool[np.ndarray, " form"]
    num_aliases: int
    trie: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    texts: list[str]
    words: str

    @classmethod
    def of(cls, graph: KnowledgeGraph, config: LinkerConfig, lexicon: Lexicon) -> "Names":
        """Read the names of a graph.

        Raises:
            LinkingError: None of them may be matched under these settings.
        """
        surnames = surnames_of(graph, lexicon) if "surname" in config.variants else {}
        forms = _Forms(config, lexicon, graph)
        form = forms.collect(graph)
        if not forms.lengths:
            raise LinkingError(
                f"expected a graph with labels to match, got {graph.num_entities} entities whose labels and aliases "
                "are all numbers, stop words, everyday words, on the stop list, too short or too long; relax the "
                "linker settings or add aliases"
            )
        links = forms.add_variants(surnames)
        folded, cased = np.array(forms.folded, dtype=np.uint64), np.array(forms.cased, dtype=np.uint64)
        lengths = np.array(forms.lengths, dtype=np.int64)
        edges = build_edges(folded, lengths)
        ends, alias = np.unique(edges.end_node, return_inverse=True)
        node_alias = np.full(edges.num_nodes, -1, dtype=np.int32)
        node_alias[ends] = np.arange(len(ends))
        return cls(
            labels=graph.labels,
            alias_texts=graph.alias_texts,
            type_indices=graph.type_indices,
            config=config,
            lexicon_digest=lexicon.digest,
            form=form,
            links=links,
            alias=alias,
            rule=np.array(forms.rules, dtype=np.int64),
            key=cased_keys(cased, lengths),
            capital=np.array(forms.capital, dtype=bool),
            num_aliases=len(ends),
            trie=(*edges[:4], node_alias),
            texts=forms.texts[: forms.num_aliases],
            words=forms.filter.table(),
        )

    def are_of(self, graph: KnowledgeGraph, config: LinkerConfig, lexicon: Lexicon) -> bool:
        """Whether reading a graph's names anew would give these: it shares the tables, as edited graphs do."""
        same_tables = self.labels is graph.labels and self.alias_texts is graph.alias_texts
        if "surname" in config.variants:  # which go by types
            same_tables = same_tables and self.type_indices is graph.type_indices
        return same_tables and self.config == config and self.lexicon_digest == lexicon.digest

    def aliases_with_rows(self, rows: RowsByCase) -> Iterator[tuple[str, int]]:
        """Each alias that is no acronym, without variants, and the row of candidates a text just like it has."""
        for form, text in enumerate(self.texts):
            if self.rule[form] != CaseRule.EXACT:
                of_case = rows.capital_row if self.capital[form] else rows.lower_row
                row = int(of_case[self.alias[form]])
                if row >= 0:
                    yield text, row


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
        bare = "article" in self.config.variants
        dropped = behind_articles(graph, self.lexicon.language) if bare else frozenset()
        number: dict[str, int] = {}
        form = np.empty(len(graph.labels) + len(graph.alias_texts), dtype=np.int64)
        for use, text in enumerate(chain(graph.labels, graph.alias_texts)):
            if use in dropped:
                form[use] = -1
                continue
            known = number.get(text)
            if known is None:
                rule = case_rule(text, self.config, self.lexicon.stop_words)
                known = number[text] = self._add(text, rule)
            form[use] = known
        return form

    def add_variants(self, surnames: Mapping[str, str]) -> VariantLinks:
        """Add the variants of all forms collected, and of names of persons the surnames given.

        A variant asks for the case its alias asks for. One that some alias is in any case is left out: it would give
        way to it everywhere. The member of a group is a name, though it may be an everyday word: "Republican".
        """
        self.num_aliases = len(self.texts)
        classes, language = frozenset(self.config.variants), self.lexicon.language
        texts = list(self.texts) if classes else []
        aliases = {text.casefold() for text, rule in zip(texts, self.rules, strict=False) if rule == CaseRule.ANY}
        number: dict[tuple[str, int, bool], int] = {}
        counts = np.zeros(len(self.texts), dtype=np.int64)
        form: list[int] = []
        factor: list[float] = []
        for base, text in enumerate(texts):
            rule = CaseRule(self.rules[base])
            variants = variants_of(text, classes, language)
            if text in surnames:
                variants.setdefault(surnames[text], FACTORS["surname"])
            for variant, share in variants.items():
                if variant.casefold() in aliases:
                    continue
                certain = is_member(variant, text, language)
                known = number.get((variant, rule, certain))
                if known is None:
                    known = self._add(variant, self._variant_rule(variant, rule), certain=certain)
                    number[variant, rule, certain] = known
                if known >= 0:
                    form.append(known)
                    factor.append(share)
                    counts[base] += 1
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return VariantLinks(offsets, np.array(form, dtype=np.int64), np.array(factor, dtype=np.float64))

    def _variant_rule(self, variant: str, rule: CaseRule) -> CaseRule | None:
        """The rule of the alias, or what the variant by itself asks for where that is more; None if it may not match.

        "300 (film)" gives no 300, and "AIDS (disease)" no "aids".
        """
        own = case_rule(variant, self.config, self.lexicon.stop_words)
        if own is None or (rule == CaseRule.EXACT and own == CaseRule.ANY):
            return own if own is None else rule
        return CaseRule.EXACT if own == CaseRule.EXACT else rule

    def _add(self, text: str, rule: CaseRule | None, *, certain: bool = False) -> int:
        """The number of a form that asks for `rule`; -1 when it is dropped. `certain` is that of `WordFilter.rule`."""
        rule = rule if rule is None else self.filter.rule(text, rule, certain=certain)
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
