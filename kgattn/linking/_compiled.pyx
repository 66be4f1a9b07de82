# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The inner loops of matching in compiled code: `OrthTable.rows`, and `AtomTrie.match` with `leftmost`.

Built where there is a C compiler and used where it was built; the same is written with arrays there. Array operations
cost every token each step of them, and look for hits that an earlier one shuts out all the same.
"""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint64_t

from kgattn.linking._edges cimport Trie, child_at, extend, may_lead_on, open_trie, row_of
from kgattn.linking._edges cimport multiplier, scramble, shift_for

from kgattn.errors import LinkingError
from kgattn.linking.atoms import BARRIER as _BARRIER
from kgattn.linking.atoms import NO_LETTER as _NO_LETTER
from kgattn.linking.atoms import UPPER as _UPPER
from kgattn.linking.trie import Flag as _Flag

cdef int8_t NO_LETTER = _NO_LETTER
cdef int8_t UPPER = _UPPER
cdef uint64_t BARRIER = _BARRIER
cdef uint8_t BEGINS_ALIAS = _Flag.BEGINS_ALIAS
cdef int BEGINS_ALIAS_BIT = int(_Flag.BEGINS_ALIAS).bit_length() - 1
cdef uint8_t EMPTY = _Flag.EMPTY
DAMAGED = "the linker index is damaged: delete it and build it again"
cdef enum:
    BLOCK = 512  # tokens looked at together
cdef int64_t NOWHERE = 0
cdef int64_t UNKNOWN = -1  # white space comes first


def rows_of(
    const uint64_t[::1] orths, const uint64_t[::1] table_orth, const int64_t[::1] table_row, int shift, int64_t[::1] rows
):
    """Fill in the rows of ids, -1 where one has none.

    Args:
        orths: The ids.
        table_orth: Id in each place of a hash table of a power of two of places, some of them free.
        table_row: Its row, -1 where the place is free.
        shift: Makes a place of a hash.
        rows: Takes the rows; as long as `orths`.
    """
    cdef uint64_t last_place = table_orth.shape[0] - 1, place
    cdef int64_t at
    with nogil:
        for at in range(orths.shape[0]):
            place = (orths[at] * multiplier()) >> shift
            while table_row[place] >= 0 and table_orth[place] != orths[at]:
                place = (place + 1) & last_place
            rows[at] = table_row[place]


def put_rows(
    const uint64_t[::1] orths, const int64_t[::1] rows, uint64_t[::1] table_orth, int64_t[::1] table_row, int shift
):
    """Give new distinct ids their rows.

    Args:
        orths: The ids.
        rows: Their rows, at least 0.
        table_orth: As for `rows_of`, with more free places than ids; so is the rest.
        table_row: Row in each place.
        shift: Makes a place of a hash.
    """
    cdef uint64_t last_place = table_orth.shape[0] - 1, place
    cdef int64_t at
    with nogil:
        for at in range(orths.shape[0]):
            place = (orths[at] * multiplier()) >> shift
            while table_row[place] >= 0:
                place = (place + 1) & last_place
            table_orth[place], table_row[place] = orths[at], rows[at]


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
    cdef const uint8_t[::1] flags = distinct.flags
    cdef const int64_t[::1] own_row = distinct.row
    cdef const int64_t[::1] own_node = distinct.node
    cdef const int8_t[::1] own_letter = distinct.letter
    cdef const uint64_t[::1] own_key = distinct.key
    cdef const uint64_t[::1] lead = distinct.lead
    cdef const int64_t[::1] first_atom = distinct.first
    cdef const int64_t[::1] num_atoms = distinct.num_atoms
    cdef const uint64_t[::1] folded = distinct.folded
    cdef const uint64_t[::1] cased = distinct.cased
    cdef const int8_t[::1] atom_letter = distinct.atom_letter

    cdef int64_t ahead[BLOCK]
    cdef int64_t asked[BLOCK]
    cdef int64_t answer[BLOCK]
    cdef int64_t places[BLOCK]
    cdef Trie of
    cdef int64_t count = tokens.shape[0], hits = 0, start = 0, block = 0, past, at, tried, number
    cdef int64_t own, token, atom, end, node, best, best_last, row, alias
    cdef int8_t letter
    cdef uint64_t key, place, hash

    if count and lead[tokens[count - 1]] != BARRIER:
        raise ValueError("a barrier must stand behind the last text")
    open_trie(trie, &of)
    if of.damaged:
        raise LinkingError(DAMAGED)

    # Some tokens at a time, so that what is known of them stays near the processor. First where each of them leads with
    # the first atom behind it: memory answers many independent questions at once, so these are asked in loops of their
    # own rather than on the way.
    with nogil:
        while start < count - 1:
            block = start
            past = min(block + BLOCK, count - 1)
            tried = 0
            for at in range(block, past):
                own, token = tokens[at], tokens[at + 1]
                ahead[at - block] = NOWHERE
                if flags[token] & EMPTY:
                    if flags[own] & BEGINS_ALIAS:
                        ahead[at - block] = UNKNOWN
                    continue
                hash = scramble(own_node[own], lead[token])
                asked[tried] = at
                answer[tried] = hash >> of.edge_shift  # both are written over unless the next line counts them
                tried += (flags[own] >> BEGINS_ALIAS_BIT) & may_lead_on(&of, hash)
            for number in range(tried):
                places[number] = answer[number]
                answer[number] = of.edge_child[answer[number]]
            for number in range(tried):
                at, place = asked[number], places[number]
                node = child_at(&of, answer[number], place, own_node[tokens[at]], lead[tokens[at + 1]])
                ahead[at - block] = node
                places[number] = node
            for number in range(tried):  # from here on only so that the cache holds it when it is needed
                answer[number] = of.node_alias[places[number]]
            for number in range(tried):
                if 0 <= answer[number] < of.num_aliases:
                    places[number] = of.lower_row[answer[number]] + of.capital_row[answer[number]]

            while start < past:
                own = tokens[start]
                best, best_last, node = own_row[own], start, ahead[start - block]
                if node != NOWHERE:
                    letter, key, token = own_letter[own], own_key[own], start + 1
                    atom = 0
                    if node == UNKNOWN:
                        node = own_node[own]
                        own = tokens[token]
                        atom = first_atom[own]
                    else:
                        own = tokens[token]
                        atom = first_atom[own]
                        if letter == NO_LETTER:
                            letter = atom_letter[atom]
                        key = extend(key, cased[atom])
                        atom += 1
                    end = first_atom[own] + num_atoms[own]
                    while True:
                        while atom < end:
                            hash = scramble(node, folded[atom])
                            if not may_lead_on(&of, hash):
                                node = 0
                                break
                            place = hash >> of.edge_shift
                            node = child_at(&of, of.edge_child[place], place, node, folded[atom])
                            if not node:
                                break
                            if letter == NO_LETTER:
                                letter = atom_letter[atom]
                            key = extend(key, cased[atom])
                            atom += 1
                        if not node:
                            break
                        alias = of.node_alias[node]
                        if alias >= 0 and num_atoms[own]:
                            row = row_of(&of, alias, letter == UPPER, key)
                            if row >= 0:
                                best, best_last = row, token
                        token += 1
                        if token == count:  # an edge for the barrier, which no alias holds
                            of.damaged = True
                            break
                        own = tokens[token]
                        atom = first_atom[own]
                        end = atom + num_atoms[own]
                if best >= 0:
                    first_token[hits], last_token[hits], alias_row[hits] = start, best_last, best
                    hits += 1
                    start = best_last + 1
                else:
                    start += 1
    if of.damaged:
        raise LinkingError(DAMAGED)
    return hits
