"""Labels that are nodes themselves, as SKOS-XL has them: EuroVoc and AGROVOC are published so.

`ex:a skosxl:prefLabel ex:l . ex:l skosxl:literalForm "Berlin"@en` says what `ex:a skos:prefLabel "Berlin"@en` does
(SKOS reference, appendix B.3.4.2). The two statements may come in either order, so texts wait for those they name.
"""

from array import array
from collections.abc import Iterator

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.build import unique_rows
from kgattn.graph.vocabulary import LABEL_LINKS
from kgattn.shapes import Int

ALWAYS_ALLOWED = 100_000
MAX_GROWTH = 100
"""Texts for each statement; where a label has one form, as it should, there is no more than one."""
_PLAIN = tuple(LABEL_LINKS.values())
_KINDS = {iri: number for number, iri in enumerate(LABEL_LINKS)}


class LabelNodes:
    """Keeps who has which label node, and what each of these says, as numbers of nodes."""

    def __init__(self) -> None:
        self._links = array("i")
        self._nodes, self._forms = array("i"), list[str]()
        self._tags, self._form_tags = dict[str, int](), array("i")

    def add_link(self, owner: int, predicate: str, node: int) -> None:
        """A node has a label; `predicate` is one of `LABEL_LINKS`."""
        self._links.extend((owner, _KINDS[predicate], node))

    def add_form(self, node: int, text: str, language: str) -> None:
        """What a label says; `language` is its tag or empty."""
        self._nodes.append(node)
        self._forms.append(text)
        self._form_tags.append(self._tags.setdefault(language, len(self._tags)))

    def numbers(self) -> Int[np.ndarray, " label"]:
        """All nodes that are labels, also several times."""
        return np.concatenate([np.array(self._links, dtype=np.int32)[2::3], np.array(self._nodes, dtype=np.int32)])

    def texts(self, origin: str = "") -> Iterator[tuple[int, str, str, str]]:
        """The node that has a label, the predicate that says so in one statement, the text and its language.

        Args:
            origin: The file it all came from, for the error message.

        Raises:
            GraphError: So many nodes share a label of so many forms that the texts would be without measure.
        """
        links = unique_rows(np.array(self._links, dtype=np.int32).reshape(-1, 3), keep_order=True)
        nodes = np.array(self._nodes, dtype=np.int32)
        order = np.argsort(nodes, kind="stable")
        first = np.searchsorted(nodes, links[:, 2], side="left", sorter=order)
        last = np.searchsorted(nodes, links[:, 2], side="right", sorter=order)
        if int((last - first).sum()) > ALWAYS_ALLOWED + MAX_GROWTH * (len(links) + len(nodes)):
            raise GraphError(
                f"{origin + ': ' if origin else ''}the labels of SKOS-XL may give {MAX_GROWTH} texts for each "
                "statement, got more: many nodes share labels of many forms; give each label one skosxl:literalForm"
            )
        tags, places = list(self._tags), order.tolist()
        for (owner, kind, _), begin, end in zip(links.tolist(), first.tolist(), last.tolist(), strict=True):
            for place in places[begin:end]:
                if text := self._forms[place]:
                    yield owner, _PLAIN[kind], text, tags[self._form_tags[place]]
