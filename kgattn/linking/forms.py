"""The names of a graph as the linker matches them: which may be, in what case, and their variants."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import UInt64

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.linking.articles import behind_articles
from kgattn.linking.atoms import fold
from kgattn.linking.candidates import RowsByCase
from kgattn.linking.column import Column
from kgattn.linking.config import LinkerConfig
from kgattn.linking.lexicon import Lexicon, WordFilter
from kgattn.linking.name_pieces import chosen_of, pieces_of
from kgattn.linking.policy import CaseRule, case_rule
from kgattn.linking.reading import FormColumns, Request
from kgattn.linking.text_hashes import TextNumbers, TextSet, hashes_of
from kgattn.linking.trie_build import build_edges
from kgattn.linking.variant_forms import VariantLinks, add_variants
from kgattn.shapes import Bool, Int


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
        named: Of each form that is no variant the first label or alias it is the form of, numbered likewise; rising.
        links: Variants of each form that is no variant itself.
        alias: Alias of each form; those that differ in case alone share one.
        rule: `CaseRule` of each form.
        key: Case-sensitive key of each form.
        capital: Whether the first letter of each form is a capital.
        num_aliases: Distinct aliases.
        trie: The first arrays of `AtomTrie`.
        words: Text of `common_words.tsv`.
    """

    labels: StringTable
    alias_texts: StringTable
    type_indices: Int[np.ndarray, " type_use"]
    config: LinkerConfig
    lexicon_digest: str
    form: Int[np.ndarray, " use"]
    named: Int[np.ndarray, " alias_form"]
    links: VariantLinks
    alias: Int[np.ndarray, " form"]
    rule: Int[np.ndarray, " form"]
    key: UInt64[np.ndarray, " form"]
    capital: Bool[np.ndarray, " form"]
    num_aliases: int
    trie: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    words: str

    @classmethod
    def of(cls, graph: KnowledgeGraph, config: LinkerConfig, lexicon: Lexicon) -> "Names":
        """Read the names of a graph, `kgattn.linking.name_pieces.PIECE` at a time.

        Raises:
            LinkingError: None of them may be matched under these settings.
        """
        labels = (fold(label) for label in graph.labels if label.isalpha()) if lexicon.common else ()
        words = WordFilter(lexicon, config.common_word_zipf, TextSet(hashes_of(labels)))
        forms = FormColumns(config, words)
        form, named = _collect(graph, forms, config, lexicon)
        if not len(forms):
            raise LinkingError(
                f"expected a graph with labels to match, got {graph.num_entities} entities whose labels and aliases "
                "are all numbers, stop words, everyday words, on the stop list, too short or too long; relax the "
                "linker settings or add aliases"
            )
        links = add_variants(forms, graph, form, named, config, lexicon)
        edges = build_edges(forms.folded, forms.lengths)
        node_alias = edges.nodes["alias"]
        return cls(
            labels=graph.labels,
            alias_texts=graph.alias_texts,
            type_indices=graph.type_indices,
            config=config,
            lexicon_digest=lexicon.digest,
            form=form,
            named=named,
            links=links,
            alias=node_alias[edges.end_node],
            rule=forms.rule,
            key=forms.key,
            capital=forms.capital,
            num_aliases=int(np.count_nonzero(node_alias >= 0)),
            trie=edges[:4],
            words=words.table(),
        )

    def are_of(self, graph: KnowledgeGraph, config: LinkerConfig, lexicon: Lexicon) -> bool:
        """Whether reading a graph's names anew would give these: it shares the tables, as edited graphs do."""
        same_tables = self.labels is graph.labels and self.alias_texts is graph.alias_texts
        if "surname" in config.variants:  # which go by types
            same_tables = same_tables and self.type_indices is graph.type_indices
        return same_tables and self.config == config and self.lexicon_digest == lexicon.digest

    def aliases_with_rows(self, rows: RowsByCase) -> Iterator[tuple[str, int]]:
        """Each alias that is no acronym, without variants, and the row of candidates a text just like it has."""
        texts = chain.from_iterable(chosen_of(self.named, self.labels, self.alias_texts))
        for form, text in enumerate(texts):
            if self.rule[form] != CaseRule.EXACT:
                of_case = rows.capital_row if self.capital[form] else rows.lower_row
                row = int(of_case[self.alias[form]])
                if row >= 0:
                    yield text, row


def _collect(
    graph: KnowledgeGraph, forms: FormColumns, config: LinkerConfig, lexicon: Lexicon
) -> tuple[Int[np.ndarray, " use"], Int[np.ndarray, " alias_form"]]:
    """Read the distinct names that may be matched. Gives `form` and `named` of `Names`."""
    form = np.empty(len(graph.labels) + len(graph.alias_texts), dtype=np.int32)
    kept = np.ones(len(form), dtype=bool)
    if "article" in config.variants:
        kept[behind_articles(graph, lexicon.language)] = False
    known, named, first = TextNumbers(), Column(np.int32), 0
    for piece in pieces_of(graph.labels, graph.alias_texts):
        places = np.flatnonzero(kept[first : first + len(piece)])
        texts = [piece[place] for place in places.tolist()]
        hashes = hashes_of(texts)
        new = known.new_in(hashes)
        fresh = [texts[place] for place in new.tolist()]
        number = forms.read([Request(text, case_rule(text, config, lexicon.stop_words)) for text in fresh])
        known.add(hashes[new], number)
        named.append(first + places[new[number >= 0]])
        form[first : first + len(piece)] = -1
        form[first + places] = known.of(hashes)
        first += len(piece)
    return form, named.filled
