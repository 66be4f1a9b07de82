# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Compiled code around matching: plain words are taken apart and followed through the trie (`distinct_tokens`), tokens
that touch are found, rows of candidates read.

Built and used as `_compiled.pyx` is; `kgattn.linking.stream`, `trie` and `index` have the same in Python.
"""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint64_t

from kgattn.linking._edges cimport Trie, child_at, extend, open_trie, row_of, scramble

from kgattn.errors import LinkingError
from kgattn.linking._compiled import DAMAGED
from kgattn.linking.atoms import BARRIER as _BARRIER
from kgattn.linking.atoms import NO_LETTER as _NO_LETTER
from kgattn.linking.atoms import NOT_UPPER as _NOT_UPPER
from kgattn.linking.atoms import UPPER as _UPPER
from kgattn.linking.atoms import stable_hash
from kgattn.linking.trie import Flag as _Flag

cdef int8_t NO_LETTER = _NO_LETTER
cdef int8_t NOT_UPPER = _NOT_UPPER
cdef int8_t UPPER = _UPPER
cdef uint64_t BARRIER = _BARRIER
cdef uint8_t JOINS_LEFT = _Flag.JOINS_LEFT
cdef uint8_t JOINS_RIGHT = _Flag.JOINS_RIGHT
cdef uint8_t IS_ALIAS = _Flag.IS_ALIAS
cdef uint8_t BEGINS_ALIAS = _Flag.BEGINS_ALIAS
cdef uint8_t EMPTY = _Flag.EMPTY
cdef uint8_t CAPITAL = _Flag.CAPITAL
cdef uint8_t YEAR = _Flag.YEAR
cdef uint64_t RESERVED = 1 << 16  # spaCy numbers its own symbols below that; other ids are hashes of the text


def plain_words(
    const uint64_t[::1] orths,
    object strings,
    uint64_t[::1] own,
    uint8_t[::1] flags,
    uint64_t[::1] folded,
    uint64_t[::1] cased,
    int8_t[::1] letter,
):
    """Take words of ASCII letters and digits apart: each is one atom, and its id is the hash.

    Args:
        orths: spaCy's ids of distinct texts.
        strings: Their texts.
        own: Takes the id of each plain word; as long as `orths`, like the rest.
        flags: Takes what is known of it without the trie.
        folded: Takes the hash of its case-folded form.
        cased: Takes its hash.
        letter: Takes the case of its first letter.

    Returns:
        The number of plain words, and the places of all others in `orths`.
    """
    cdef Py_ssize_t at, size, digits, capitals, count = 0
    cdef Py_UCS4 character
    cdef int8_t first
    cdef str text
    others = []
    for at in range(orths.shape[0]):
        text = strings[orths[at]]
        size = len(text)
        digits = capitals = 0
        first = NO_LETTER
        for character in text:
            if 97 <= character <= 122:
                if first == NO_LETTER:
                    first = NOT_UPPER
            elif 65 <= character <= 90:
                capitals += 1
                if first == NO_LETTER:
                    first = UPPER
            elif 48 <= character <= 57:
                digits += 1
            else:
                size = 0
                break
        if not size:
            others.append(at)
            continue
        own[count] = orths[at]
        flags[count] = JOINS_LEFT | JOINS_RIGHT
        if first == UPPER and 65 <= text[0] <= 90:
            flags[count] |= CAPITAL
        if digits == size == 4:
            flags[count] |= YEAR
        cased[count] = orths[at] if orths[at] >= RESERVED else stable_hash(text)
        folded[count] = stable_hash(text.lower()) if capitals else cased[count]
        letter[count] = first
        count += 1
    return count, others


def follow(
    object trie,
    const int64_t[::1] first,
    const int64_t[::1] count,
    const uint64_t[::1] folded,
    const uint64_t[::1] cased,
    const int8_t[::1] atom_letter,
    uint8_t[::1] flags,
    int64_t[::1] rows,
    int64_t[::1] nodes,
    int8_t[::1] letters,
    uint64_t[::1] keys,
    uint64_t[::1] lead,
):
    """`distinct_tokens`: fill in what the trie says of each token alone.

    Args:
        trie: The aliases.
        first: First atom of each token.
        count: Its number of atoms.
        folded: Atoms of all tokens, as in `DistinctTokens`; so are the next two.
        cased: The same as written.
        atom_letter: Case of their first letters.
        flags: What is known of each token so far, completed.
        rows: Takes the fields of `DistinctTokens`, like the rest.
        nodes: See `rows`.
        letters: See `rows`.
        keys: See `rows`.
        lead: See `rows`.

    Raises:
        LinkingError: The arrays of the trie point outside of one another: the index they came from is damaged.
    """
    cdef Trie of
    cdef int64_t token, atom, node, alias, row
    cdef uint64_t place, key
    cdef int8_t letter
    open_trie(trie, &of)
    if of.damaged:
        raise LinkingError(DAMAGED)
    with nogil:
        for token in range(first.shape[0]):
            node, row, key, letter = 0, -1, 0, NO_LETTER
            lead[token] = folded[first[token]] if count[token] else BARRIER
            for atom in range(first[token], first[token] + count[token]):
                place = scramble(node, folded[atom]) >> of.edge_shift
                node = child_at(&of, of.edge_child[place], place, node, folded[atom])
                if letter == NO_LETTER:
                    letter = atom_letter[atom]
                key = extend(key, cased[atom])
                if not node:
                    break
            alias = of.node_alias[node] if node else -1
            if alias >= 0:
                row = row_of(&of, alias, letter == UPPER, key)
            rows[token], nodes[token], letters[token], keys[token] = row, node, letter, key
            if row >= 0:
                flags[token] |= IS_ALIAS
            if node:
                flags[token] |= BEGINS_ALIAS
            if not count[token]:
                flags[token] |= EMPTY
    if of.damaged:
        raise LinkingError(DAMAGED)


def flags_of(
    const uint8_t[::1] known,
    const int64_t[::1] rows,
    const uint8_t[::1] spaces,
    uint8_t[::1] flags,
    int64_t[::1] touching,
):
    """Fill in the flags of tokens, and which of them touch the next one inside a word.

    Args:
        known: Flags of each distinct token.
        rows: The distinct token of each token.
        spaces: Whether a space follows it, 0 or 1.
        flags: Takes its flags; as long as `rows`, like the rest.
        touching: Takes the tokens that touch the next one, rising.

    Returns:
        The number of tokens that touch the next one.
    """
    cdef int64_t at, count = 0
    cdef uint8_t before = 0
    with nogil:
        for at in range(rows.shape[0]):
            flags[at] = known[rows[at]]
            if before & JOINS_RIGHT and flags[at] & JOINS_LEFT:
                touching[count] = at - 1
                count += 1
            before = 0 if spaces[at] else flags[at]
    return count


def candidates_of(
    const int64_t[::1] rows,
    dict cache,
    const int64_t[::1] offsets,
    const int32_t[::1] entities,
    const float[::1] priors,
    const int64_t[::1] id_offsets,
    const uint8_t[::1] id_data,
):
    """The (entity id, prior) of the candidates in each row.

    Args:
        rows: The rows; one may come several times.
        cache: Those that were read before, by row; takes the others.
        offsets: As in `CandidateRows`; so are the next two.
        entities: The entities.
        priors: Their priors.
        id_offsets: As in `StringTable`, of the ids of entities.
        id_data: Their bytes.

    Returns:
        A list of tuples of pairs.

    Raises:
        LinkingError: The arrays point outside of one another, or an id is no UTF-8: the index is damaged.
    """
    cdef int64_t at, row, place, entity, begin, end
    cdef int64_t num_entities = id_offsets.shape[0] - 1, num_rows = offsets.shape[0] - 1
    cdef const char* data = NULL
    cdef list named, found = []
    if id_data.shape[0]:
        data = <const char*>&id_data[0]
    for at in range(rows.shape[0]):
        row = rows[at]
        known = cache.get(row)
        if known is None:
            if not (
                0 <= row < num_rows and 0 <= offsets[row] <= offsets[row + 1] <= entities.shape[0] <= priors.shape[0]
            ):
                raise LinkingError(DAMAGED)
            named = []
            for place in range(offsets[row], offsets[row + 1]):
                entity = entities[place]
                if not 0 <= entity < num_entities:
                    raise LinkingError(DAMAGED)
                begin, end = id_offsets[entity], id_offsets[entity + 1]
                if not 0 <= begin <= end <= id_data.shape[0]:
                    raise LinkingError(DAMAGED)
                try:
                    named.append((data[begin:end].decode("utf-8"), <double>priors[place]))
                except UnicodeDecodeError:
                    raise LinkingError(DAMAGED) from None
            known = cache[row] = tuple(named)
        found.append(known)
    return found
