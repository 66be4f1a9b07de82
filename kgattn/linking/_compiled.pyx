# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The inner loops of matching in compiled code: `OrthTable.rows`, and `AtomTrie.match` with `leftmost`.

Built where there is a C compiler and used where it was built; the same is written with arrays there. Array operations
cost every token each step of them, and look for hits that an earlier one shuts out all the same.
"""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint64_t

from kgattn.linking._edges cimport extend, is_power_of_two, multiplier, scramble, shift_for

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
    cdef const int32_t[::1] edge_parent = trie.edge_parent
    cdef const uint64_t[::1] edge_atom = trie.edge_atom
    cdef const int32_t[::1] edge_child = trie.edge_child
    cdef const uint8_t[::1] edge_bits = trie.edge_bits
    cdef const int32_t[::1] node_alias = trie.node_alias
    cdef const int32_t[::1] lower_row = trie.lower_row
    cdef const int32_t[::1] capital_row = trie.capital_row
    cdef const int64_t[::1] exact_offsets = trie.exact_offsets
    cdef const uint64_t[::1] exact_key = trie.exact_key
    cdef const int32_t[::1] exact_row = trie.exact_row

    cdef int64_t ahead[BLOCK]
    cdef int64_t asked[BLOCK]
    cdef int64_t answer[BLOCK]
    cdef int64_t places[BLOCK]
    cdef int edge_shift = shift_for(edge_child.shape[0])
    cdef int bit_shift = shift_for(8 * edge_bits.shape[0])
    cdef uint64_t last_place = edge_child.shape[0] - 1
    cdef int64_t count = tokens.shape[0], hits = 0, start = 0, block = 0, past, at, tried, number
    cdef int64_t own, token, atom, end, node, child, best, best_last, row, alias, form, first_form, past_form
    cdef int8_t letter
    cdef uint64_t key, place, hash
    cdef uint8_t flag
    cdef bint has_exact = exact_key.shape[0] > 0, damaged = False
    cdef int64_t num_nodes = node_alias.shape[0], num_aliases = lower_row.shape[0], num_exact = exact_key.shape[0]
    cdef uint64_t num_bits = 8 * edge_bits.shape[0]

    if count and lead[tokens[count - 1]] != BARRIER:
        raise ValueError("a barrier must stand behind the last text")
    if (
        not is_power_of_two(last_place + 1)
        or not is_power_of_two(num_bits)
        or edge_parent.shape[0] != num_nodes
        or edge_atom.shape[0] != num_nodes
        or capital_row.shape[0] != num_aliases
        or exact_offsets.shape[0] != num_aliases + 1
        or exact_row.shape[0] != num_exact
    ):
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
                place = hash >> bit_shift
                asked[tried] = at
                answer[tried] = hash >> edge_shift  # both are written over unless the next line counts them
                tried += (flags[own] >> BEGINS_ALIAS_BIT) & (edge_bits[place >> 3] >> (place & 7)) & 1
            for number in range(tried):
                places[number] = answer[number]
                answer[number] = edge_child[answer[number]]
            for number in range(tried):
                at, child, place = asked[number], answer[number], places[number]
                own, key = tokens[at], lead[tokens[at + 1]]
                while 0 < child < num_nodes and (edge_atom[child] != key or edge_parent[child] != own_node[own]):
                    place = (place + 1) & last_place
                    child = edge_child[place]
                if not 0 <= child < num_nodes:
                    damaged = True
                    child = 0
                ahead[at - block] = child
                places[number] = child
            for number in range(tried):  # from here on only so that the cache holds it when it is needed
                answer[number] = node_alias[places[number]]
            for number in range(tried):
                if 0 <= answer[number] < num_aliases:
                    places[number] = lower_row[answer[number]] + capital_row[answer[number]]

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
                            place = hash >> bit_shift
                            if not (edge_bits[place >> 3] >> (place & 7)) & 1:
                                node = 0
                                break
                            place = hash >> edge_shift
                            child = edge_child[place]
                            while 0 < child < num_nodes and (
                                edge_atom[child] != folded[atom] or edge_parent[child] != node
                            ):
                                place = (place + 1) & last_place
                                child = edge_child[place]
                            if not 0 <= child < num_nodes:
                                damaged = True
                                child = 0
                            node = child
                            if not node:
                                break
                            if letter == NO_LETTER:
                                letter = atom_letter[atom]
                            key = extend(key, cased[atom])
                            atom += 1
                        if not node:
                            break
                        alias = node_alias[node]
                        if alias >= num_aliases:
                            damaged = True
                        elif alias >= 0 and num_atoms[own]:
                            row = capital_row[alias] if letter == UPPER else lower_row[alias]
                            if has_exact:
                                first_form, past_form = exact_offsets[alias], exact_offsets[alias + 1]
                                if not 0 <= first_form <= past_form <= num_exact:
                                    damaged = True
                                    past_form = first_form
                                for form in range(first_form, past_form):
                                    if exact_key[form] == key:
                                        row = exact_row[form]
                                        break
                            if row >= 0:
                                best, best_last = row, token
                        token += 1
                        if token == count:  # an edge for the barrier, which no alias holds
                            damaged = True
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
    if damaged:
        raise LinkingError(DAMAGED)
    return hits
