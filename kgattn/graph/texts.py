"""Texts of nodes as they stream in, and which of them is the label."""

from array import array

import numpy as np

from kgattn.graph.languages import Languages
from kgattn.graph.node_numbers import NodeNumbers
from kgattn.graph.vocabulary import TEXT_RANKS
from kgattn.shapes import Int


class NodeTexts:
    """Keeps labels, and aliases in a language that is wanted.

    Args:
        language: Language tags of the texts to take, see `kgattn.graph.languages`.
        nodes: The number of each node.
    """

    def __init__(self, language: str, nodes: NodeNumbers) -> None:
        self._languages = Languages(language)
        self._nodes = nodes
        self._kinds: dict[tuple[int, int, str], int] = {}
        self._uses: dict[tuple[str, str], tuple[int, int]] = {}
        self._label_nodes, self._label_kinds, self._labels = array("i"), array("i"), list[str]()
        self._alias_nodes, self._alias_fits, self._aliases = array("i"), array("i"), list[str]()
        self._alias_kinds = array("b")

    def add(self, subject: str, predicate: str, text: str, language: str) -> None:
        """A text that is not empty; `predicate` is one of `TEXT_RANKS`, `language` a tag or empty."""
        fit, kind = self._use(predicate, language)
        if kind < 0:
            if fit < self._languages.unwanted:
                self._alias_nodes.append(self._nodes[subject])
                self._alias_fits.append(fit)
                self._alias_kinds.append(kind)
                self._aliases.append(text)
            return
        self._label_nodes.append(self._nodes[subject])
        self._label_kinds.append(kind)
        self._labels.append(text)

    def owners(self) -> Int[np.ndarray, " text"]:
        """The node of each text so far, several times where it has several."""
        return np.concatenate([_numbers(self._label_nodes), _numbers(self._alias_nodes)])

    def chosen(self) -> dict[int, list[str]]:
        """The label of each node, then its aliases.

        The label has the best language, then the best predicate, then comes first in the alphabet: the order
        of statements, which RDF leaves open, decides nothing. Hidden labels come last, so that none stands in for a
        label where there is another alias.
        """
        kinds = list(self._kinds)
        untagged, unwanted = self._languages.untagged, self._languages.unwanted
        label_nodes, alias_nodes, alias_fits = (
            _numbers(some) for some in (self._label_nodes, self._alias_nodes, self._alias_fits)
        )
        best = np.full(len(self._nodes.names), unwanted)
        np.minimum.at(best, label_nodes, np.array([fit for fit, *_ in kinds], dtype=int)[_numbers(self._label_kinds)])
        nameless = best[alias_nodes] == unwanted
        np.minimum.at(best, alias_nodes[nameless], alias_fits[nameless])

        counts = np.bincount(label_nodes, minlength=1).tolist()
        labels: dict[int, list[str]] = {}
        several: dict[int, list[tuple[tuple[int, int, str], str]]] = {}
        for node, kind, text in zip(self._label_nodes, self._label_kinds, self._labels, strict=True):
            if counts[node] == 1:
                labels[node] = [text]
            else:
                several.setdefault(node, []).append((kinds[kind], text))
        for node, given in several.items():
            given.sort()
            fits = (best[node], untagged)
            labels[node] = [text for (fit, *_), text in given if fit in fits] or [given[0][1]]
        taken = (alias_fits <= best[alias_nodes]) | (alias_fits == untagged)
        shown_first = -np.array(self._alias_kinds, dtype=np.int8)
        for place in np.lexsort((alias_fits, shown_first)).tolist():
            if taken[place]:
                labels.setdefault(self._alias_nodes[place], []).append(self._aliases[place])
        return labels

    def _use(self, predicate: str, language: str) -> tuple[int, int]:
        """How dear the language of a text is, and the number of its kind of label, `ALIAS` or `HIDDEN`."""
        known = self._uses.get((predicate, language))
        if known is None:
            rank, tag = TEXT_RANKS[predicate], language.lower()
            fit = self._languages.rank(tag)
            kind = rank if rank < 0 else self._kinds.setdefault((fit, rank, tag), len(self._kinds))
            known = self._uses[predicate, language] = fit, kind
        return known


def _numbers(some: "array[int]") -> Int[np.ndarray, " number"]:
    return np.frombuffer(some, dtype=np.int32) if some else np.empty(0, dtype=np.int32)
