"""Writing mentions into a document where it lies in memory."""

from libc.stdint cimport int64_t, uint64_t
from spacy.structs cimport SpanC, TokenC
from spacy.tokens.doc cimport Doc
from spacy.tokens.span_group cimport SpanGroup


cdef inline SpanGroup new_group(object spans, str name):
    """`SpanGroup(doc, name=name)`, at a third of its cost, of the document whose `spans` are given."""
    cdef SpanGroup group = SpanGroup.__new__(SpanGroup)
    group._doc_ref, group.name, group.attrs = spans.doc_ref, name, {}
    return group


cdef inline int add_mention(
    Doc doc, SpanGroup group, int64_t start, int64_t end, uint64_t label, uint64_t kb_id, str extension, tuple candidates
) except -1:
    """Add the span `[start, end)`, which must lie in the document, to a group, and its candidates to the document."""
    cdef const TokenC* last = &doc.c[end - 1]
    cdef SpanC span
    span.id = 0
    span.label, span.kb_id = label, kb_id
    span.start, span.end = start, end
    span.start_char, span.end_char = doc.c[start].idx, last.idx + last.lex.length
    group.c.push_back(span)
    doc.user_data["._.", extension, span.start_char, span.end_char] = candidates
    return 0
