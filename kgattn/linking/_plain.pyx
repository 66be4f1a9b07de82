# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# distutils: language = c++
"""Linking a document by itself where no mention in it asks for more than the index says: `kgattn.linking.plain`.

Built and used as `_docs.pyx` is. All it does the stages of `kgattn.linking.component` do too, for many documents at once.
"""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint64_t
from libcpp.vector cimport vector
from murmurhash.mrmr cimport hash64
from spacy.strings cimport StringStore, Utf8Str
from spacy.tokens.doc cimport Doc
from spacy.tokens.span_group cimport SpanGroup

from kgattn.linking._edges cimport CAPITAL, JOINS_LEFT, JOINS_RIGHT, OPENS, YEAR
from kgattn.linking._edges cimport Atom, Place, Token, Trie, multiplier, open_trie, prefetch, shift_for
from kgattn.linking._marking cimport add_mention, new_group
from kgattn.linking._match cimport follow, leftmost
from kgattn.linking._rows cimport Row, Rows
from kgattn.linking._words cimport LONGEST, read_word

from spacy.strings import get_string_id
from spacy.vocab import Vocab

from kgattn.errors import LinkingError
from kgattn.linking._compiled import DAMAGED
from kgattn.linking.found import Source as _Source

cdef uint64_t COMMA = get_string_id(",")
cdef int8_t VARIANT = _Source.VARIANT
cdef enum:
    DOC_END_ROW = 0
    AHEAD = 64  # tokens


def fits():
    """Whether spaCy keeps strings as it did where this was built; of documents, `_docs.fits` says it."""
    cdef StringStore strings = Vocab().strings
    cdef const char* text = NULL
    for size in (1, 6, 7, 8, 20, LONGEST):
        word = "a" * size
        orth = strings.add(word)
        if text_of(strings, orth, &text) != size or (<bytes>text[:size]).decode() != word:
            return False
    return strings._map.get(get_string_id("absent")) == NULL


cdef inline int64_t text_of(StringStore strings, uint64_t orth, const char** text) noexcept:
    """Where a string lies that spaCy keeps, and its length in bytes; 0 where it has none, -1 where it is long."""
    cdef const Utf8Str* kept = <const Utf8Str*>strings._map.get(orth)
    if kept == NULL:
        return 0
    if 0 < kept.s[0] < sizeof(kept.s):
        text[0] = <const char*>&kept.s[1]
        return kept.s[0]
    text[0] = <const char*>&kept.p[1]
    return kept.p[0] if kept.p[0] <= LONGEST else -1


cdef class PlainLinker:
    """Links documents one at a time.

    Args:
        table: The `AtomTable` that knows the tokens.
        trie: The aliases.
        rows: Their rows of candidates, a `Rows`.
        source: How a row was found, as in `CandidateRows`; so are the next two.
        offsets: First candidate of each row.
        entities: The candidates.
        short: Whether the last word of an entity's name may stand for it; may be empty.
        evidence: Whether several candidates are told apart by the document.
        keys: Where in `doc.spans` the mentions go, the label of the spans, and the attribute of their candidates.
        with_comma: Least tokens of a mention that a comma may divide.
        farthest: Most tokens between two mentions that may be one name.
    """

    cdef object table
    cdef object lock
    cdef object aliases
    cdef Rows rows
    cdef const int8_t[::1] source
    cdef const int64_t[::1] offsets
    cdef const int[::1] entities
    cdef const uint8_t[::1] short
    cdef bint evidence
    cdef str spans_key
    cdef str label
    cdef str extension
    cdef uint64_t label_id
    cdef int64_t with_comma, farthest

    cdef Trie trie
    cdef object seen  # of the changes of the table
    cdef Place[::1] places
    cdef Token[::1] tokens
    cdef Atom[::1] atoms
    cdef int64_t num_tokens, num_atoms, num_orths
    cdef int64_t room  # tokens that the arrays take beside those they hold
    cdef int64_t longest  # document that the vectors take
    cdef int shift
    cdef vector[int64_t] row
    cdef vector[int64_t] first
    cdef vector[int64_t] last
    cdef vector[int64_t] hit

    def __init__(
        self,
        object table,
        object trie,
        Rows rows,
        const int8_t[::1] source,
        const int64_t[::1] offsets,
        const int[::1] entities,
        const uint8_t[::1] short,
        bint evidence,
        tuple keys,
        int64_t with_comma,
        int64_t farthest,
    ):
        self.table, self.lock, self.aliases, self.rows = table, table.lock, trie, rows
        self.source, self.offsets, self.entities, self.short = source, offsets, entities, short
        self.evidence, self.with_comma, self.farthest = evidence, with_comma, farthest
        self.spans_key, self.label, self.extension = keys
        self.label_id, self.longest = get_string_id(self.label), -1
        open_trie(trie, &self.trie)
        if self.trie.damaged or self.offsets.shape[0] != self.source.shape[0] + 1:
            raise LinkingError(DAMAGED)

    def link(self, Doc doc):
        """Mark a document, in place, unless something in it must be judged or words are new that are not plain.

        Returns:
            Whether it was marked; else nothing was changed.

        Raises:
            LinkingError: The arrays of the index point outside of one another: it is damaged.
        """
        cdef int64_t hits
        with self.lock:
            if self.seen != self.table.changes or self.room < doc.length or self.longest < doc.length:
                self.look_up(doc.length)
            if not self.read(doc):
                return False
            hits = leftmost(
                &self.trie,
                &self.row[1],
                doc.length + 1,
                &self.tokens[0],
                &self.atoms[0],
                &self.first[0],
                &self.last[0],
                &self.hit[0],
            )
            if self.trie.damaged:
                raise LinkingError(DAMAGED)
            spans = doc.spans
            if self.asks(doc, hits) or spans.data:
                return False
            self.mark(doc, spans, hits)
        return True

    cdef int look_up(self, int64_t length) except -1:
        """Take over the arrays of the table, with room for the tokens of a document."""
        self.table.prepare(self.aliases, length)
        self.places, self.tokens, self.atoms = self.table.orths.places, self.table.tokens.data, self.table.atoms.data
        self.num_tokens, self.num_atoms = self.table.tokens.size, self.table.atoms.size
        self.num_orths, self.shift = self.table.orths.size, shift_for(self.places.shape[0])
        self.room = min(self.tokens.shape[0] - self.num_tokens, self.atoms.shape[0] - self.num_atoms)
        self.room = min(self.room, self.places.shape[0] // 2 - self.num_orths, max(<int64_t>self.table.spare, length))
        self.seen = self.table.changes
        if self.longest < length:
            self.longest = 2 * length
            self.row.resize(self.longest + 2)
            self.first.resize(self.longest + 2)
            self.last.resize(self.longest + 2)
            self.hit.resize(self.longest + 2)
        return 0

    cdef bint read(self, Doc doc) except -1:
        """Look up the tokens of a document, and learn new ones; False where it cannot be linked here."""
        cdef uint64_t last_place = self.places.shape[0] - 1, orth, place
        cdef int64_t at, begin = 0, end, before = self.num_tokens
        cdef uint64_t first_place[AHEAD]
        cdef uint8_t flags, left = 0
        cdef bint known = True
        cdef StringStore strings = doc.vocab.strings
        cdef int64_t* row = &self.row[1]
        row[-1] = row[doc.length] = DOC_END_ROW
        while begin < doc.length and known:  # some at a time, each place asked for before it is looked at
            end = min(begin + AHEAD, doc.length)
            for at in range(begin, end):
                first_place[at - begin] = (doc.c[at].lex.orth * multiplier()) >> self.shift
                prefetch(&self.places[first_place[at - begin]])
            for at in range(begin, end):
                orth, place = doc.c[at].lex.orth, first_place[at - begin]
                while self.places[place].row >= 0 and self.places[place].orth != orth:
                    place = (place + 1) & last_place
                row[at] = self.places[place].row
                if row[at] < 0:
                    known = self.learn(orth, strings)
                    if not known:
                        break
                    row[at] = self.num_tokens - 1
                    self.places[place].orth, self.places[place].row = orth, row[at]
                prefetch(&self.tokens[row[at]])
            if not known:
                break
            for at in range(begin, end):
                flags = self.tokens[row[at]].flags
                if left & JOINS_RIGHT and flags & JOINS_LEFT:  # they touch inside a word
                    known = False
                    break
                left = 0 if doc.c[at].spacy else flags
            begin = end
        if self.num_tokens != before:
            self.table.tokens.size, self.table.atoms.size = self.num_tokens, self.num_atoms
            self.table.orths.size = self.num_orths
            self.room -= self.num_tokens - before
            if self.trie.damaged:
                raise LinkingError(DAMAGED)
        return known

    cdef bint learn(self, uint64_t orth, StringStore strings) noexcept:
        """Add a new token; False where it is no plain word."""
        cdef const char* text = NULL
        cdef int64_t size = text_of(strings, orth, &text)
        cdef char lower[LONGEST]
        cdef Token* token = &self.tokens[self.num_tokens]
        cdef Atom* atom = &self.atoms[self.num_atoms]
        cdef int64_t capitals
        if size <= 0:
            return False
        token.flags = 0
        capitals = read_word(text, size, token, atom, lower)
        if capitals < 0:
            return False
        token.first, token.num_atoms = self.num_atoms, 1
        atom.cased = orth
        atom.folded = hash64(lower, size, 1) if capitals else orth
        follow(&self.trie, token, &self.atoms[0])
        self.num_tokens, self.num_atoms, self.num_orths = self.num_tokens + 1, self.num_atoms + 1, self.num_orths + 1
        return True

    cdef bint asks(self, Doc doc, int64_t hits) noexcept:
        """Whether a stage would look at one of the mentions twice."""
        cdef int64_t hit, token, row, past_before = 0
        cdef uint8_t own, before, behind
        cdef bint capital = False
        for hit in range(hits):
            own = self.tokens[self.row[1 + self.first[hit]]].flags
            before = self.tokens[self.row[self.first[hit]]].flags
            behind = self.tokens[self.row[2 + self.last[hit]]].flags
            if (before | behind) & OPENS or before & YEAR:  # an abbreviation, an edition
                return True
            if own & CAPITAL and (before | behind) & CAPITAL:  # a part of a longer name
                return True
            if own & CAPITAL and capital and self.first[hit] - past_before <= self.farthest:  # a branch
                return True
            capital, past_before = own & CAPITAL != 0, self.last[hit] + 1
            if past_before - self.first[hit] >= self.with_comma:
                for token in range(self.first[hit], past_before):
                    if doc.c[token].lex.orth == COMMA:
                        return True
            row = self.hit[hit]
            if not 0 <= row < self.source.shape[0] or self.source[row] > VARIANT:
                return True
            self.rows.fetch(row)
            if self.evidence and self.offsets[row + 1] - self.offsets[row] > 1:
                return True
            if self.short.shape[0] and past_before - self.first[hit] > 1 and self.has_short(self.offsets[row]):
                return True
        return False

    cdef bint has_short(self, int64_t candidate) noexcept:
        """Whether what a candidate names may be named by the last word of its name."""
        cdef int64_t entity = self.entities[candidate] if 0 <= candidate < self.entities.shape[0] else -1
        return not 0 <= entity < self.short.shape[0] or self.short[entity]

    cdef int mark(self, Doc doc, object spans, int64_t hits) except -1:
        """Write the mentions into the document."""
        cdef int64_t hit, first, past
        cdef uint64_t best
        cdef SpanGroup group = new_group(spans, self.spans_key)
        cdef StringStore strings = doc.vocab.strings
        cdef const Row* row
        cdef tuple candidates
        if strings._map.get(self.label_id) == NULL:  # each time: what a memory zone added is gone when it ends
            strings.add(self.label)
        for hit in range(hits):
            row = self.rows.at(self.hit[hit])
            best, candidates = row.best, <tuple>row.candidates
            if strings._map.get(best) == NULL:  # also of ids that are symbols of spaCy's, which have other numbers
                best = strings.add(candidates[0][0])
            first, past = self.first[hit], self.last[hit] + 1
            add_mention(doc, group, first, past, self.label_id, best, self.extension, candidates)
        spans.data[self.spans_key] = group
        return 0
