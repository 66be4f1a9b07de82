"""Matching in compiled code: a token by itself, and the longest aliases of a text."""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint64_t

from kgattn.linking._edges cimport BARRIER, BEGINS_ALIAS, EMPTY, IS_ALIAS, NO_LETTER, UPPER
from kgattn.linking._edges cimport Atom, Token, Trie, child_at, extend, has_forms, may_lead_on, prefetch, row_of, scramble, step

cdef enum:
    BLOCK = 512  # tokens looked at together
    LEAD_SHIFT = 58  # `trie.LEAD_SHIFT`
    NOWHERE = 0
    UNKNOWN = -1  # white space comes first


cdef inline void follow(Trie* trie, Token* own, const Atom* atoms) noexcept nogil:
    """`distinct.follow` of one token."""
    cdef int64_t node = 0, row = -1, alias, atom
    cdef uint64_t place, key = 0
    cdef int8_t letter = NO_LETTER
    own.lead = atoms[own.first].folded if own.num_atoms else BARRIER
    for atom in range(own.first, own.first + own.num_atoms):
        place = scramble(node, atoms[atom].folded) >> trie.edge_shift
        node = child_at(trie, trie.edge_child[place], place, node, atoms[atom].folded)
        if letter == NO_LETTER:
            letter = atoms[atom].letter
        key = extend(key, atoms[atom].cased)
        if not node:
            break
    alias = trie.nodes[node].alias if node else -1
    if alias >= 0:
        row = row_of(trie, alias, letter == UPPER, key)
    own.row, own.node, own.letter, own.key = row, node, letter, key
    own.leads = trie.node_leads[node] if node else 0
    if row >= 0:
        own.flags |= IS_ALIAS
    if node:
        own.flags |= BEGINS_ALIAS
    if not own.num_atoms:
        own.flags |= EMPTY


cdef inline uint64_t key_of(
    const int64_t* tokens, int64_t first, int64_t last, const Token* known, const Atom* atoms
) noexcept nogil:
    """Case-sensitive key of the tokens `[first, last]`."""
    cdef uint64_t key = 0
    cdef int64_t token, atom
    for token in range(first, last + 1):
        for atom in range(known[tokens[token]].first, known[tokens[token]].first + known[tokens[token]].num_atoms):
            key = extend(key, atoms[atom].cased)
    return key


cdef inline int64_t leftmost(
    Trie* trie,
    const int64_t* tokens,
    int64_t count,
    const Token* known,
    const Atom* atoms,
    int64_t* first_token,
    int64_t* last_token,
    int64_t* alias_row,
) noexcept nogil:
    """`_compiled.leftmost_hits`; `damaged` is set where the arrays of the trie point outside of one another.

    Some tokens at a time, so that what is known of them stays near the processor. First where each of them leads with
    the first atom behind it: memory answers many independent questions at once, so these are asked in loops of their
    own, each a step ahead of the one that needs the answers.
    """
    cdef int64_t ahead[BLOCK]
    cdef int64_t asked[BLOCK]
    cdef uint64_t hashes[BLOCK]
    cdef int64_t children[BLOCK]
    cdef int64_t places[BLOCK]
    cdef const Token* own
    cdef const Token* next
    cdef int64_t hits = 0, start = 0, block, past, at, tried, number
    cdef int64_t token, atom, node, best, best_last, row, alias, led
    cdef int8_t letter
    cdef uint64_t key, hash

    while start < count - 1:
        block = start
        past = min(block + BLOCK, count - 1)
        tried = 0
        for at in range(block, past):
            own, next = &known[tokens[at]], &known[tokens[at + 1]]
            ahead[at - block] = UNKNOWN if next.flags & EMPTY and own.flags & BEGINS_ALIAS else NOWHERE
            asked[tried] = at  # written over unless the next line counts it, so that there is no branch to guess
            tried += (own.leads >> (next.lead >> LEAD_SHIFT)) & (not next.flags & EMPTY)
        led, tried = tried, 0
        for number in range(led):
            at = asked[number]
            hashes[number] = scramble(known[tokens[at]].node, known[tokens[at + 1]].lead)
            prefetch(&trie.edge_bits[hashes[number] >> trie.bit_shift >> 3])
        for number in range(led):
            hash = hashes[number]
            asked[tried], places[tried] = asked[number], hash >> trie.edge_shift
            tried += may_lead_on(trie, hash)
            prefetch(&trie.edge_child[hash >> trie.edge_shift])
        for number in range(tried):
            children[number] = trie.edge_child[places[number]]
            if 0 < children[number] < trie.num_nodes:
                prefetch(&trie.nodes[children[number]])
        for number in range(tried):
            at = asked[number]
            node = child_at(
                trie, children[number], places[number], known[tokens[at]].node, known[tokens[at + 1]].lead
            )
            ahead[at - block] = node
            alias = trie.nodes[node].alias
            if 0 <= alias < trie.num_aliases:
                prefetch(&trie.lower_row[alias])
                prefetch(&trie.capital_row[alias])

        while start < past:
            own = &known[tokens[start]]
            best, best_last, node = own.row, start, ahead[start - block]
            if node != NOWHERE:
                letter, token = own.letter, start + 1
                next = &known[tokens[token]]
                atom = next.first
                if node == UNKNOWN:
                    node = own.node
                else:
                    if letter == NO_LETTER:
                        letter = atoms[atom].letter
                    atom += 1
                while True:
                    while atom < next.first + next.num_atoms:
                        node = step(trie, node, next.lead if atom == next.first else atoms[atom].folded)
                        if not node:
                            break
                        if letter == NO_LETTER:
                            letter = atoms[atom].letter
                        atom += 1
                    if not node:
                        break
                    alias = trie.nodes[node].alias
                    if alias >= 0 and next.num_atoms:
                        key = key_of(tokens, start, token, known, atoms) if has_forms(trie, alias) else 0
                        row = row_of(trie, alias, letter == UPPER, key)
                        if row >= 0:
                            best, best_last = row, token
                    token += 1
                    if token == count:  # an edge for the barrier, which no alias holds
                        trie.damaged = True
                        break
                    next = &known[tokens[token]]
                    atom = next.first
            if best >= 0:
                first_token[hits], last_token[hits], alias_row[hits] = start, best_last, best
                hits += 1
                start = best_last + 1
            else:
                start += 1
    return hits
