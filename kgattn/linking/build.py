"""Building the linker's index from a graph."""

from collections.abc import Set
from itertools import chain
from pathlib import Path

import numpy as np

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.graph.storage import INDEX_FOLDER
from kgattn.linking.atoms import UPPER, Atom, atomise, first_letter, fold, tidy
from kgattn.linking.candidates import AliasTable, build_rows
from kgattn.linking.config import LinkerConfig
from kgattn.linking.disambiguation.popularity import popularity
from kgattn.linking.disambiguation.senses import build_senses
from kgattn.linking.index import META_FILE, LinkIndex, stop_words_hash
from kgattn.linking.policy import case_rule
from kgattn.linking.stop_list import StopList
from kgattn.linking.trie import AtomTrie, build_edges, cased_keys
from kgattn.shapes import Float, Int


def open_or_build(graph: KnowledgeGraph, config: LinkerConfig, stop_words: Set[str]) -> LinkIndex:
    """The index of a graph: the one in its folder when it fits, else a new one in memory.

    Raises:
        LinkingError: No label or alias of the graph may be matched under these settings.
    """
    found = None if graph.path is None else open_fitting(graph.path / INDEX_FOLDER, graph, config, stop_words)
    return found or build_index(graph, config, stop_words)


def open_fitting(folder: Path, graph: KnowledgeGraph, config: LinkerConfig, stop_words: Set[str]) -> LinkIndex | None:
    """The index in a folder if it is what building anew would give; None if it is absent, outdated or damaged."""
    if not (folder / META_FILE).is_file():
        return None
    try:
        index = LinkIndex.open(folder)
    except LinkingError:
        return None
    return index if index.fits(graph, config, stop_words) else None


def build_index(graph: KnowledgeGraph, config: LinkerConfig, stop_words: Set[str]) -> LinkIndex:
    """Index the labels and aliases of a graph.

    Args:
        graph: The graph.
        config: Linker settings.
        stop_words: Stop words of the language as spaCy lists them; used when `config.stop_words` is set.

    Raises:
        LinkingError: No label or alias of the graph may be matched under these settings.
    """
    dropped = frozenset(map(fold, stop_words)) if config.stop_words else frozenset()
    forms = _Forms(config, dropped)
    form = forms.collect(graph)
    if not forms.lengths:
        raise LinkingError(
            f"expected a graph with labels to match, got {graph.num_entities} entities whose labels and aliases "
            "are all numbers, stop words, on the stop list, too short or too long; relax the settings or add aliases"
        )
    folded, cased = np.array(forms.folded, dtype=np.uint64), np.array(forms.cased, dtype=np.uint64)
    lengths = np.array(forms.lengths, dtype=np.int64)
    edges = build_edges(folded, lengths)
    ends, alias = np.unique(edges.end_node, return_inverse=True)
    node_alias = np.full(edges.num_nodes, -1, dtype=np.int32)
    node_alias[ends] = np.arange(len(ends))

    entity, weight = _weights(graph, config)
    used = form >= 0
    form = form[used]
    uses = AliasTable(
        alias=alias[form],
        rule=np.array(forms.rules, dtype=np.int64)[form],
        key=cased_keys(cased, lengths)[form],
        capital=np.array(forms.capital, dtype=bool)[form],
        entity=entity[used],
        weight=weight[used],
    )
    rows = build_rows(uses, len(ends), _ranks(graph.entity_ids), config.max_candidates)
    trie = AtomTrie(edges.parent, edges.atom, edges.child, node_alias, *rows[:5])
    digest = stop_words_hash(stop_words, config)
    senses = build_senses(graph, rows.candidates, config, dropped)
    return LinkIndex(trie, rows.candidates, graph.entity_ids, config, graph.fingerprint, digest, senses)


class _Forms:
    """The distinct aliases of a graph that may be matched, one entry a form in each list."""

    def __init__(self, config: LinkerConfig, stop_words: Set[str]) -> None:
        self.config, self.stop_words = config, stop_words
        self.stop_list = StopList.of(config.stop_list)
        self.folded: list[int] = []
        self.cased: list[int] = []
        self.lengths: list[int] = []
        self.rules: list[int] = []
        self.capital: list[bool] = []
        self._chunks: dict[str, tuple[Atom, ...]] = {}

    def collect(self, graph: KnowledgeGraph) -> Int[np.ndarray, " use"]:
        """The form of each label and then of each alias of the graph; -1 where it is dropped."""
        number: dict[str, int] = {}
        form = np.empty(len(graph.labels) + len(graph.alias_texts), dtype=np.int64)
        for use, text in enumerate(chain(graph.labels, graph.alias_texts)):
            known = number.get(text)
            if known is None:
                known = number[text] = self._add(text)
            form[use] = known
        return form

    def _add(self, text: str) -> int:
        rule = case_rule(text, self.config, self.stop_words)
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
        self.folded.extend(atom.folded for atom in atoms)
        self.cased.extend(atom.cased for atom in atoms)
        self.lengths.append(len(atoms))
        self.rules.append(rule)
        self.capital.append(first_letter(tidy(text)) == UPPER)
        return len(self.lengths) - 1


def _weights(graph: KnowledgeGraph, config: LinkerConfig) -> tuple[Int[np.ndarray, " use"], Float[np.ndarray, " use"]]:
    """Entity and weight of each label and then each alias: label or alias weight times its popularity."""
    everyone = np.arange(graph.num_entities)
    entity = np.concatenate([everyone, np.repeat(everyone, np.diff(graph.alias_offsets))])
    weight = np.full(len(entity), config.alias_weight)
    weight[: graph.num_entities] = config.label_weight
    return entity, weight * popularity(graph, config.prior)[entity]


def _ranks(entity_ids: StringTable) -> Int[np.ndarray, " entity"]:
    """Place of each entity in the alphabetical order of ids."""
    ids = list(entity_ids)
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return ranks
