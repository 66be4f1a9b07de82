# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The inner loops of matching in compiled code: `OrthTable.rows`, and `AtomTrie.match` with `leftmost`.

Built where there is a C compiler and used where it was built; the same is written with arrays there. Array operations
cost every token each step of them, and look for hits that an earlier one shuts out all the same.
"""

from libc.stdint cimport int64_t, uint64_t

from kgattn.linking cimport _edges
from kgattn.linking._edges cimport Atom, Place, Token, Trie, multiplier, open_trie, shift_for
from kgattn.linking cimport _match
from kgattn.linking._match cimport leftmost

from kgattn.errors import LinkingError
from kgattn.linking import atoms as _atoms
from kgattn.linking import trie as _trie

DAMAGED = "the linker index is damaged: delete it and build it again"


def _numbers():
    """Numbers that Python and compiled code share, as compiled code has them."""
    return {
        "JOINS_LEFT": _edges.JOINS_LEFT,
        "JOINS_RIGHT": _edges.JOINS_RIGHT,
        "IS_ALIAS": _edges.IS_ALIAS,
        "BEGINS_ALIAS": _edges.BEGINS_ALIAS,
        "EMPTY": _edges.EMPTY,
        "CAPITAL": _edges.CAPITAL,
        "YEAR": _edges.YEAR,
        "OPENS": _edges.OPENS,
        "NO_LETTER": _edges.NO_LETTER,
        "UPPER": _edges.UPPER,
        "NOT_UPPER": _edges.NOT_UPPER,
        "BARRIER": _edges.BARRIER,
        "LEAD_SHIFT": _match.LEAD_SHIFT,
    }


for _name, _number in _numbers().items():
    _owner = next(owner for owner in (_trie.Flag, _trie, _atoms) if hasattr(owner, _name))
    if getattr(_owner, _name) != _number:
        raise ImportError(f"built with another {_name}: build the compiled modules again")


def rows_of(const uint64_t[::1] orths, const Place[::1] places, int64_t[::1] rows):
    """Fill in the rows of ids, -1 where one has none.

    Args:
        orths: The ids.
        places: A hash table of a power of two of places, some of them free.
        rows: Takes the rows; as long as `orths`.
    """
    cdef uint64_t last_place = places.shape[0] - 1, place
    cdef int shift = shift_for(places.shape[0])
    cdef int64_t at
    with nogil:
        for at in range(orths.shape[0]):
            place = (orths[at] * multiplier()) >> shift
            while places[place].row >= 0 and places[place].orth != orths[at]:
                place = (place + 1) & last_place
            rows[at] = places[place].row


def put_rows(const uint64_t[::1] orths, const int64_t[::1] rows, Place[::1] places):
    """Give new distinct ids their rows.

    Args:
        orths: The ids.
        rows: Their rows, at least 0.
        places: As for `rows_of`, with more free places than ids.
    """
    cdef uint64_t last_place = places.shape[0] - 1, place
    cdef int shift = shift_for(places.shape[0])
    cdef int64_t at
    with nogil:
        for at in range(orths.shape[0]):
            place = (orths[at] * multiplier()) >> shift
            while places[place].row >= 0:
                place = (place + 1) & last_place
            places[place].orth, places[place].row = orths[at], rows[at]


def distinct_ids(const uint64_t[::1] ids, int64_t[::1] scratch, uint64_t[::1] distinct):
    """Fill in each id once, in the order in which they come.

    Args:
        ids: The ids.
        scratch: Zeros, a power of two of them and more than there are ids; overwritten.
        distinct: Takes the ids; as long as `ids`.

    Returns:
        The number of distinct ids.
    """
    cdef uint64_t last_place = scratch.shape[0] - 1, place
    cdef int shift = shift_for(scratch.shape[0])
    cdef int64_t at, count = 0
    with nogil:
        for at in range(ids.shape[0]):
            place = (ids[at] * multiplier()) >> shift
            while scratch[place] and distinct[scratch[place] - 1] != ids[at]:
                place = (place + 1) & last_place
            if not scratch[place]:
                distinct[count] = ids[at]
                count += 1
                scratch[place] = count
    return count


def leftmost_hits(
    const int64_t[::1] tokens,
    object distinct,
    object trie,
    int64_t[::1] first_token,
    int64_t[::1] last_token,
    int64_t[::1] alias_row,
):
    """Fill in the longest aliases, leftmost first, none overlapping.

    Args:
        tokens: As for `AtomTrie.match`.
        distinct: As for `AtomTrie.match`.
        trie: The aliases.
        first_token: Takes the first token of each hit; as long as `tokens`, like the next two.
        last_token: Takes its last token, included.
        alias_row: Takes its row of candidates.

    Returns:
        The number of hits.

    Raises:
        LinkingError: The arrays of the trie point outside of one another: the index they came from is damaged.
        ValueError: The last token is not a barrier.
    """
    cdef const Token[::1] known = distinct.tokens
    cdef const Atom[::1] atoms = distinct.atoms
    cdef int64_t count = tokens.shape[0], hits
    cdef Trie of
    if not count:
        return 0
    if known[tokens[count - 1]].lead != _edges.BARRIER:
        raise ValueError("a barrier must stand behind the last text")
    open_trie(trie, &of)
    if of.damaged:
        raise LinkingError(DAMAGED)
    with nogil:
        hits = leftmost(
            &of, &tokens[0], count, &known[0], &atoms[0], &first_token[0], &last_token[0], &alias_row[0]
        )
    if of.damaged:
        raise LinkingError(DAMAGED)
    return hits
