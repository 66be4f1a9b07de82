# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# distutils: language = c++
"""Compiled code that reads spaCy's documents and writes mentions into them where they lie in memory.

Built where spaCy and a C++ compiler are at hand, used where the spaCy that runs lays its documents out as the one it was
built with (`fits`). `kgattn.linking.stream` and `marking` have the same in Python.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from spacy.structs cimport SpanC, TokenC
from spacy.tokens.doc cimport Doc
from spacy.tokens.span_group cimport SpanGroup

from kgattn.linking._marking cimport add_mention, new_group

from spacy import __version__ as _running
from spacy.vocab import Vocab

cdef extern from *:
    """
    #ifndef KGATTN_SPACY
    #define KGATTN_SPACY ""
    #endif
    """
    const char* KGATTN_SPACY


def fits():
    """Whether spaCy lays documents and span groups out as it did where this was built.

    On importing Cython has compared the sizes of its types, which hold pointers to structures. Those are read here from
    a small document: numbers first, then what is behind a pointer.
    """
    if _running.split(".")[:2] != KGATTN_SPACY.decode().split(".")[:2]:
        return False
    vocab = Vocab()
    cdef Doc doc = Doc(vocab, words=["a", "bcd", "ef"], spaces=[True, False, True])
    cdef const TokenC* token
    cdef int at
    for at in range(3):
        token = &doc.c[at]
        if (token.idx, bool(token.spacy)) != ((0, True), (2, False), (5, True))[at]:
            return False
    if [doc.c[at].lex.orth for at in range(3)] != [vocab.strings[text] for text in ("a", "bcd", "ef")]:
        return False
    if [doc.c[at].lex.length for at in range(3)] != [1, 3, 2]:
        return False
    cdef SpanGroup group = new_group(doc.spans, "group")
    made = SpanGroup(doc, name="group")
    if group.doc is not made.doc or group.to_bytes() != made.to_bytes() or type(doc.spans.data) is not dict:
        return False
    label, kb_id = vocab.strings.add("label"), vocab.strings.add("kb_id")
    for at in range(2):
        group.c.push_back(SpanC(label=label, kb_id=kb_id, id=0, start=at, end=3, start_char=2 * at, end_char=7))
    if len(group) != 2:
        return False
    made = [(span.start, span.end, span.start_char, span.end_char, span.label, span.kb_id, span.id) for span in group]
    return made == [(at, 3, 2 * at, 7, label, kb_id, 0) for at in range(2)]


def read(object docs, uint64_t behind, uint64_t[::1] orths, uint8_t[::1] spaces):
    """Lay out the tokens of documents one after the other, each document followed by one token more.

    Args:
        docs: The documents.
        behind: Id of the token behind each document, before a space.
        orths: Takes spaCy's id of each token's text.
        spaces: Takes whether a space follows the token, 0 or 1; as long as `orths`.

    Raises:
        ValueError: `orths` has not one place for each token and each document.
    """
    cdef Doc doc
    cdef int64_t place = 0
    cdef int at
    for one in docs:
        doc = <Doc?>one
        if place + doc.length >= orths.shape[0]:
            raise ValueError("there must be a place for each token and one for each document")
        for at in range(doc.length):
            orths[place] = doc.c[at].lex.orth
            spaces[place] = doc.c[at].spacy
            place += 1
        orths[place], spaces[place] = behind, 1
        place += 1
    if place != orths.shape[0]:
        raise ValueError("there must be a place for each token and one for each document")


def mark(
    object docs,
    const int64_t[::1] numbers,
    const int64_t[::1] starts,
    const int64_t[::1] ends,
    list candidates,
    str spans_key,
    str label,
    str extension,
):
    """`marking.mark`, for mentions in order of document.

    Args:
        docs: The documents.
        numbers: Document of each mention, rising.
        starts: Its first token.
        ends: One past its last token.
        candidates: Its (entity id, prior).
        spans_key: Where in `doc.spans` they go.
        label: Label of the spans.
        extension: The attribute that holds the candidates.

    Raises:
        IndexError: A mention is not in its document, or the documents do not rise.
    """
    cdef Doc doc
    cdef SpanGroup group
    cdef int64_t mention = 0, number = 0, count = numbers.shape[0]
    cdef tuple entities
    cdef dict ids = {}
    strings = docs[0].vocab.strings
    cdef uint64_t label_id = strings.add(label)  # each time: what a memory zone added is gone when it ends
    for one in docs:
        doc = <Doc?>one
        spans = doc.spans
        group = new_group(spans, spans_key)
        while mention < count and numbers[mention] == number:
            if not 0 <= starts[mention] < ends[mention] <= doc.length:
                raise IndexError("a mention is not in its document")
            entities = candidates[mention]
            best = entities[0][0]
            kb_id = ids.get(best)
            if kb_id is None:
                kb_id = ids[best] = strings.add(best)
            add_mention(doc, group, starts[mention], ends[mention], label_id, kb_id, extension, entities)
            mention += 1
        spans.data[spans_key] = group
        number += 1
    if mention < count:
        raise IndexError("mentions must stand in order of document")
