# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Compiled code around matching: plain words are taken apart and followed through the trie (`distinct.follow`), tokens
that touch are found.

Built and used as `_compiled.pyx` is; `kgattn.linking.stream` and `distinct` have the same in Python.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from kgattn.linking cimport _match
from kgattn.linking._edges cimport JOINS_LEFT, JOINS_RIGHT, Atom, Token, Trie, open_trie

from kgattn.errors import LinkingError
from kgattn.linking._compiled import DAMAGED
from kgattn.linking.atoms import stable_hash

cdef uint64_t RESERVED = 1 << 16  # spaCy numbers its own symbols below that; other ids are hashes of the text


def plain_words(const uint64_t[::1] orths, object strings, uint64_t[::1] own, Token[::1] tokens, Atom[::1] atoms):
    """Take words of ASCII letters and digits apart: each is one atom, and its id is the hash.

    Args:
        orths: spaCy's ids of distinct texts.
        strings: Their texts.
        own: Takes the id of each plain word; as long as `orths`, like the rest.
        tokens: Takes its atoms' number and place, and what is known of it without the trie.
        atoms: Takes its atom.

    Returns:
        The number of plain words, and the places of all others in `orths`.
    """
    cdef int64_t at, capitals, count = 0
    cdef char lower[LONGEST]
    cdef bytes text
    cdef str word
    others = []
    for at in range(orths.shape[0]):
        word = strings[orths[at]]
        capitals = -1
        if word.isascii():
            text = word.encode("ascii")
            capitals = read_word(text, len(text), &tokens[count], &atoms[count], lower)
        if capitals < 0:
            others.append(at)
            continue
        own[count] = orths[at]
        tokens[count].first, tokens[count].num_atoms = count, 1
        atoms[count].cased = orths[at] if orths[at] >= RESERVED else stable_hash(word)
        atoms[count].folded = stable_hash(word.lower()) if capitals else atoms[count].cased
        count += 1
    return count, others


def follow(object trie, Token[::1] tokens, const Atom[::1] atoms):
    """`distinct.follow`: fill in what the trie says of each token alone.

    Args:
        trie: The aliases.
        tokens: As there.
        atoms: As there.

    Raises:
        LinkingError: The arrays of the trie point outside of one another: the index they came from is damaged.
    """
    cdef Trie of
    cdef int64_t token
    open_trie(trie, &of)
    if of.damaged:
        raise LinkingError(DAMAGED)
    if not tokens.shape[0]:
        return
    with nogil:
        for token in range(tokens.shape[0]):
            _match.follow(&of, &tokens[token], &atoms[0])
    if of.damaged:
        raise LinkingError(DAMAGED)


def flags_of(
    const Token[::1] distinct,
    const int64_t[::1] rows,
    const uint8_t[::1] spaces,
    uint8_t[::1] flags,
    int64_t[::1] touching,
):
    """Fill in the flags of tokens, and which of them touch the next one inside a word.

    Args:
        distinct: The distinct tokens.
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
            flags[at] = distinct[rows[at]].flags
            if before & JOINS_RIGHT and flags[at] & JOINS_LEFT:
                touching[count] = at - 1
                count += 1
            before = 0 if spaces[at] else flags[at]
    return count
