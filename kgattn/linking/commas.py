"""Names with a comma in them, where the text has two names: "Bendigo, Victoria".

* A place and what it lies in are two mentions: "Bendigo", which names what the alias "Bendigo, Victoria" names, better
  than "Bendigo" alone could, and "Victoria". So it is where all words behind the comma are an alias with a capital that
  means something else ("Washington, D.C." stays whole), begins with no title ("Charles, Prince of Wales") and follows
  no organisation ("University of California, Berkeley").
* In a list with the year first, "the 1992 general election, 1997 general election", the alias "general election, 1997"
  is none: it gives way to the name that begins with its year.

The name with the comma stays among the alternatives of `overlaps="all"`.
"""

from collections.abc import Sequence

import numpy as np
from spacy.strings import get_string_id
from spacy.tokens import Doc

from kgattn.graph.subgraph import ranges
from kgattn.linking.candidates import CandidateRows
from kgattn.linking.found import Found
from kgattn.linking.matching import leftmost_hits, located
from kgattn.linking.organisations import ORGANISATIONS
from kgattn.linking.stream import TokenStream
from kgattn.linking.titles import is_title
from kgattn.linking.trie import AtomTrie, Flag, Hits
from kgattn.shapes import Int

_COMMA = get_string_id(",")
LEAST = 3  # tokens: a name, a comma, a name
_FURTHER = 32  # tokens behind a name that one which begins with its year may reach


def apart_at_commas(
    docs: Sequence[Doc], stream: TokenStream, found: Found, trie: AtomTrie, rows: CandidateRows, language: str
) -> Found:
    """The mentions, those that a comma divides in two taken apart.

    Args:
        docs: The documents.
        stream: Their tokens.
        found: Their mentions, none overlapping.
        trie: The aliases.
        rows: The candidates.
        language: Code of the texts' language.
    """
    comma = (stream.orth == _COMMA).nonzero()[0]
    if not (len(comma) and len(found.doc)):
        return found
    first = stream.doc_start[found.doc] + found.start
    past = first + found.end - found.start
    mention = first.searchsorted(comma, side="right") - 1
    inside = ((comma < past[mention]) & (past[mention] - first[mention] >= LEAST) & (mention >= 0)).nonzero()[0]
    if not len(inside):
        return found
    mention, at = np.unique(mention[inside], return_index=True)  # the first comma of each
    comma, first, past = comma[inside[at]], first[mention], past[mention]
    dated = stream.flags[comma + 1] & stream.flags[first - 1] & Flag.YEAR != 0
    asked = dated | (stream.flags[comma + 1] & stream.flags[first] & Flag.CAPITAL != 0)
    comma, mention, first, past, dated = (column[asked] for column in (comma, mention, first, past, dated))
    doc_end = np.append(stream.doc_start[1:], len(stream.row)) - 1
    limit = np.where(dated, np.minimum(past + _FURTHER, doc_end[found.doc[mention]]), past)
    asked, part = _longest_at(stream, trie, comma + 1, limit)

    kept, end, added = np.ones(len(found.doc), dtype=bool), found.end.copy(), np.zeros(len(part.doc), dtype=bool)
    for number, one in enumerate(asked.tolist()):
        of, offset = int(mention[one]), int(stream.doc_start[part.doc[number]])
        reaches = int(part.end[number]) + offset - int(past[one])
        if dated[one]:
            over = (found.doc == part.doc[number]) & (found.start < part.end[number])
            added[number] = reaches > 0
            kept[over & (found.end > part.start[number])] &= reaches <= 0
        elif reaches == 0 and _differ(rows, int(part.row[number]), int(found.row[of])):
            doc, middle = docs[int(part.doc[number])], int(comma[one]) - offset
            words = [token.lower_ for token in doc[int(found.start[of]) : middle]]
            if ORGANISATIONS.isdisjoint(words) and not is_title(doc[middle + 1].text, language):
                end[of], added[number] = middle, True
    return _merged(found._replace(end=end).take(kept), part.take(added), rows) if added.any() else found


def _longest_at(
    stream: TokenStream, trie: AtomTrie, first: Int[np.ndarray, " asked"], past: Int[np.ndarray, " asked"]
) -> tuple[Int[np.ndarray, " part"], Found]:
    """The longest alias that begins at each token and ends before another, where there is one, and whose it is."""
    behind = np.cumsum(past - first + 1) - 1
    row = stream.row[ranges(first, past - first + 1)]
    row[behind] = stream.row[-1]  # the barrier behind the last document
    hits = leftmost_hits(row, stream.distinct, trie)
    begin = behind - (past - first)
    asked = np.searchsorted(begin, hits.first_token, side="right") - 1
    whole = np.flatnonzero(begin[asked] == hits.first_token)
    asked, shift = asked[whole], (first - begin)[asked[whole]]
    chosen = Hits(hits.first_token[whole] + shift, hits.last_token[whole] + shift, hits.row[whole])
    return asked, located(stream, chosen)


def _differ(rows: CandidateRows, one: int, other: int) -> bool:
    """Whether two rows of candidates have none in common."""
    first, second = (rows.entities[rows.offsets[row] : rows.offsets[row + 1]].tolist() for row in (one, other))
    return set(first).isdisjoint(second)


def _merged(found: Found, parts: Found, rows: CandidateRows) -> Found:
    """All mentions in the order of text."""
    parts = parts._replace(source=rows.source[parts.row].astype(parts.source.dtype))
    columns = [np.concatenate(pair) for pair in zip(found[:5], parts[:5], strict=True)]
    merged = Found(*columns)
    return merged.take(np.lexsort((merged.start, merged.doc)))
