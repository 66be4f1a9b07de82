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
from kgattn.linking.trie import AtomTrie, Flag

_COMMA = get_string_id(",")
_LEAST = 3  # tokens: a name, a comma, a name


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
    long = np.flatnonzero(found.end - found.start >= _LEAST)
    first = stream.doc_start[found.doc[long]] + found.start[long]
    length = found.end[long] - found.start[long]
    token = ranges(first, length)
    commas = np.flatnonzero(stream.orth[token] == _COMMA)
    if not len(commas):
        return found
    parts, kept, end = [], np.ones(len(found.doc), dtype=bool), found.end.copy()
    owner, at = np.unique(np.repeat(np.arange(len(long)), length)[commas], return_index=True)
    for place, comma in zip(owner.tolist(), token[commas[at]].tolist(), strict=True):
        mention, begin, past = int(long[place]), int(first[place]), int(first[place] + length[place])
        offset = begin - int(found.start[mention])
        doc = docs[int(found.doc[mention])]
        if stream.flags[comma + 1] & stream.flags[begin - 1] & Flag.YEAR:
            part = _longest_at(stream, trie, comma + 1, offset + len(doc))
            if len(part.doc) and part.end[0] + offset > past:
                over = (found.doc == part.doc) & (found.start < part.end) & (found.end > part.start)
                kept[over] = False
                parts.append(part)
        elif stream.flags[comma + 1] & stream.flags[begin] & Flag.CAPITAL:
            part = _longest_at(stream, trie, comma + 1, past)
            words = [token.lower_ for token in doc[begin - offset : comma - offset]]
            named = is_title(doc[comma + 1 - offset].text, language) or not ORGANISATIONS.isdisjoint(words)
            if len(part.doc) and part.end[0] + offset == past and not named and _differ(rows, part, found, mention):
                end[mention] = comma - offset
                parts.append(part)
    return _merged(found._replace(end=end).take(kept), parts, rows) if parts else found


def _longest_at(stream: TokenStream, trie: AtomTrie, first: int, past: int) -> Found:
    """The longest alias that begins at a token and ends before another; none or one."""
    barrier = stream.row[stream.tokens_of(len(stream.doc_start) - 1).stop]
    hits = leftmost_hits(np.append(stream.row[first:past], barrier), stream.distinct, trie)
    there = np.flatnonzero(hits.first_token == 0)
    chosen = type(hits)(hits.first_token[there] + first, hits.last_token[there] + first, hits.row[there])
    return located(stream, chosen)


def _differ(rows: CandidateRows, part: Found, found: Found, mention: int) -> bool:
    """Whether what is behind the comma means something else than the whole."""
    one, other = (rows.entities[rows.offsets[row] : rows.offsets[row + 1]] for row in (part.row[0], found.row[mention]))
    return not np.isin(one, other).any()


def _merged(found: Found, parts: Sequence[Found], rows: CandidateRows) -> Found:
    """All mentions in the order of text."""
    doc, start, end, row, source = (np.concatenate(columns) for columns in list(zip(found, *parts, strict=True))[:5])
    source[len(found.doc) :] = rows.source[row[len(found.doc) :]]
    return Found(doc, start, end, row, source).take(np.lexsort((start, doc)))
