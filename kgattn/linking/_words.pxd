from libc.stdint cimport int8_t, int64_t

from kgattn.linking._edges cimport CAPITAL, JOINS_LEFT, JOINS_RIGHT, NO_LETTER, NOT_UPPER, UPPER, YEAR
from kgattn.linking._edges cimport Atom, Token

cdef enum:
    LONGEST = 254  # bytes of a word that is looked at here
    YEAR_DIGITS = 4


cdef inline int64_t read_word(const char* text, int64_t size, Token* token, Atom* atom, char* lower) noexcept nogil:
    """Look at a word of ASCII letters and digits, at most `LONGEST` long: the flags of the token, the letter of its atom.

    Args:
        text: The word.
        size: Its length.
        token: Takes the flags that do not depend on a trie.
        atom: Takes the case of the first letter.
        lower: Takes the word in lower case.

    Returns:
        The number of capitals; -1 where it is no such word.
    """
    cdef int64_t at, digits = 0, capitals = 0
    cdef char character
    cdef int8_t first = NO_LETTER
    if not 0 < size <= LONGEST:
        return -1
    for at in range(size):
        character = text[at]
        lower[at] = character
        if 97 <= character <= 122:
            if first == NO_LETTER:
                first = NOT_UPPER
        elif 65 <= character <= 90:
            lower[at] = character + 32
            capitals += 1
            if first == NO_LETTER:
                first = UPPER
        elif 48 <= character <= 57:
            digits += 1
        else:
            return -1
    atom.letter = first
    token.flags = JOINS_LEFT | JOINS_RIGHT
    if 65 <= text[0] <= 90:
        token.flags |= CAPITAL
    if digits == size == YEAR_DIGITS:
        token.flags |= YEAR
    return capitals
