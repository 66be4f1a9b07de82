"""The trie in compiled code, as `kgattn.linking.trie` has it with arrays: hashes, edges, and the rows of aliases.

Nothing is read outside of the arrays, whatever they hold: where they point outside of one another, `damaged` is set.
"""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint16_t, uint64_t


cdef struct Node:  # `trie.NODE`; so are the next two
    uint64_t atom
    int32_t parent
    int32_t alias


cdef struct Token:
    uint64_t key
    uint64_t lead
    uint64_t leads
    int32_t node
    int32_t row
    int32_t first
    uint16_t num_atoms
    int8_t letter
    uint8_t flags


cdef struct Atom:
    uint64_t folded
    uint64_t cased
    int8_t letter


cdef struct Place:  # of `OrthTable`
    uint64_t orth
    int64_t row


cdef extern from *:
    """
    #if defined(__GNUC__)
    #define kgattn_prefetch(place) __builtin_prefetch(place)
    #else
    #define kgattn_prefetch(place)
    #endif
    """
    void prefetch "kgattn_prefetch"(const void* place) noexcept nogil


cdef enum:  # `trie.Flag`; `_compiled` compares them when it is imported
    JOINS_LEFT = 1
    JOINS_RIGHT = 2
    IS_ALIAS = 4
    BEGINS_ALIAS = 8
    EMPTY = 16
    CAPITAL = 32
    YEAR = 64
    OPENS = 128

cdef enum:  # of `atoms`
    NO_LETTER = 0
    UPPER = 1
    NOT_UPPER = 2
    BARRIER = 0


cdef inline uint64_t multiplier() noexcept nogil:
    """`trie.MULTIPLIER`."""
    return <uint64_t>0x9E3779B97F4A7C15ULL


cdef inline uint64_t extend(uint64_t key, uint64_t atom) noexcept nogil:
    """`extend_key`."""
    cdef uint64_t longer = (key ^ atom) * multiplier()
    return longer ^ (longer >> 29)


cdef inline uint64_t scramble(int64_t node, uint64_t atom) noexcept nogil:
    """The hash of which `edge_place` takes the upper bits."""
    cdef uint64_t scrambled = (<uint64_t>node * multiplier()) ^ atom
    return (scrambled ^ (scrambled >> 32)) * multiplier()


cdef inline bint is_power_of_two(uint64_t number) noexcept nogil:
    return number != 0 and not number & (number - 1)


cdef inline int shift_for(uint64_t size) noexcept nogil:
    """How far to shift a hash to get a place among `size`, a power of two."""
    cdef int bits = 0
    while size:
        size >>= 1
        bits += 1
    return 65 - bits


cdef struct Trie:  # of an `AtomTrie`, which must live as long
    const Node* nodes
    const uint64_t* node_leads
    const int32_t* edge_child
    const uint8_t* edge_bits
    const int32_t* lower_row
    const int32_t* capital_row
    const int64_t* exact_offsets
    const uint64_t* exact_key
    const int32_t* exact_row
    uint64_t last_place
    int64_t num_nodes
    int64_t num_aliases
    int64_t num_exact
    int edge_shift
    int bit_shift
    bint damaged


cdef inline int open_trie(object trie, Trie* into) except -1:
    """Fill in where the arrays of an `AtomTrie` lie; `damaged` where their sizes do not go together."""
    cdef const Node[::1] nodes = trie.nodes
    cdef const uint64_t[::1] node_leads = trie.node_leads
    cdef const int32_t[::1] edge_child = trie.edge_child
    cdef const uint8_t[::1] edge_bits = trie.edge_bits
    cdef const int32_t[::1] lower_row = trie.lower_row
    cdef const int32_t[::1] capital_row = trie.capital_row
    cdef const int64_t[::1] exact_offsets = trie.exact_offsets
    cdef const uint64_t[::1] exact_key = trie.exact_key
    cdef const int32_t[::1] exact_row = trie.exact_row
    into.num_nodes, into.num_aliases = nodes.shape[0], lower_row.shape[0]
    into.num_exact = exact_key.shape[0]
    into.last_place = edge_child.shape[0] - 1
    into.edge_shift, into.bit_shift = shift_for(edge_child.shape[0]), shift_for(8 * edge_bits.shape[0])
    into.damaged = (
        not is_power_of_two(edge_child.shape[0])
        or not is_power_of_two(edge_bits.shape[0])
        or not into.num_nodes
        or node_leads.shape[0] != into.num_nodes
        or capital_row.shape[0] != into.num_aliases
        or exact_offsets.shape[0] != into.num_aliases + 1
        or exact_row.shape[0] != into.num_exact
    )
    if into.damaged:
        return 0
    into.nodes, into.node_leads, into.edge_child = &nodes[0], &node_leads[0], &edge_child[0]
    into.edge_bits, into.exact_offsets = &edge_bits[0], &exact_offsets[0]
    if into.num_aliases:
        into.lower_row, into.capital_row = &lower_row[0], &capital_row[0]
    if into.num_exact:
        into.exact_key, into.exact_row = &exact_key[0], &exact_row[0]
    return 0


cdef inline bint may_lead_on(const Trie* trie, uint64_t hash) noexcept nogil:
    """Whether there may be an edge of a hash."""
    cdef uint64_t bit = hash >> trie.bit_shift
    return (trie.edge_bits[bit >> 3] >> (bit & 7)) & 1


cdef inline int64_t child_at(Trie* trie, int64_t child, uint64_t place, int64_t node, uint64_t atom) noexcept nogil:
    """The child of a node by an atom, 0 where it has none, given what stands in the first place to look at."""
    while 0 < child < trie.num_nodes and (trie.nodes[child].atom != atom or trie.nodes[child].parent != node):
        place = (place + 1) & trie.last_place
        child = trie.edge_child[place]
    if not 0 <= child < trie.num_nodes:
        trie.damaged = True
        child = 0
    return child


cdef inline int64_t row_of(Trie* trie, int64_t alias, bint capital, uint64_t key) noexcept nogil:
    """Row of candidates of an alias, at least 0, for a text of this case and key; -1 where no rule admits it."""
    cdef int64_t form, first, past
    if alias >= trie.num_aliases:
        trie.damaged = True
        return -1
    if trie.num_exact:
        first, past = trie.exact_offsets[alias], trie.exact_offsets[alias + 1]
        if not 0 <= first <= past <= trie.num_exact:
            trie.damaged = True
            return -1
        for form in range(first, past):
            if trie.exact_key[form] == key:
                return trie.exact_row[form]
    return trie.capital_row[alias] if capital else trie.lower_row[alias]


cdef inline bint has_forms(const Trie* trie, int64_t alias) noexcept nogil:
    """Whether an alias has exact forms, so that its row depends on the key of the text."""
    return trie.num_exact and alias < trie.num_aliases and trie.exact_offsets[alias] != trie.exact_offsets[alias + 1]


cdef inline int64_t step(Trie* trie, int64_t node, uint64_t atom) noexcept nogil:
    """The child of a node by an atom, 0 where it has none."""
    cdef uint64_t hash = scramble(node, atom), place
    if not may_lead_on(trie, hash):
        return 0
    place = hash >> trie.edge_shift
    return child_at(trie, trie.edge_child[place], place, node, atom)
