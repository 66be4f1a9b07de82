# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Compiled evidence for disambiguation: `context.context_scores` and `coherence.coherence_scores`.

Built and used as `_compiled.pyx` is; `kgattn.linking.disambiguation` has the same with arrays.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.math cimport ceil, floor
from libc.stdlib cimport calloc, free

from kgattn.linking._edges cimport multiplier

from kgattn.errors import LinkingError
from kgattn.linking._compiled import DAMAGED

cdef enum:
    MEMORY_BITS = 12  # 4,096 pairs of 24 bytes are remembered
    SEARCH = 16  # times as many neighbours are searched for a few rather than read


cdef inline int64_t first_not_below(const int32_t* values, int64_t begin, int64_t end, int64_t wanted) noexcept nogil:
    """The first place in `[begin, end)` of rising values that holds `wanted` or more, or `end`."""
    cdef int64_t middle
    while begin < end:
        middle = (begin + end) >> 1
        if values[middle] < wanted:
            begin = middle + 1
        else:
            end = middle
    return begin


cdef inline bint is_row(const int64_t[::1] offsets, int64_t row, int64_t num_values) noexcept nogil:
    """Whether there is such a row and it lies among the values."""
    return 0 <= row < offsets.shape[0] - 1 and 0 <= offsets[row] <= offsets[row + 1] <= num_values


def context_scores(
    object senses,
    object words,
    object found,
    const int64_t[::1] mention,
    const int64_t[::1] entity,
    const double[::1] near,
    double[::1] scores,
):
    """`context.context_scores`: fill in what the words around say for each candidate.

    Args:
        senses: The words that speak for entities.
        words: The words of the batch, `TokenWords`.
        found: The mentions of the batch.
        mention: Mention of each candidate; those of one stand together.
        entity: Row of its entity.
        near: How much a word counts, by the tokens between; one word further away is not read. At most 254 of them.
        scores: Takes the scores, one a candidate.

    Raises:
        LinkingError: Rows lie outside of their arrays: the index they came from is damaged.
        MemoryError: There is no room to note which words are around.
    """
    cdef const int64_t[::1] bag_offsets = senses.bag_offsets
    cdef const int32_t[::1] bag_words = senses.bag_words
    cdef const float[::1] weights = senses.word_weights
    cdef const int64_t[::1] doc_start = words.doc_start, doc_end = words.doc_end, entry = words.entry
    cdef const int64_t[::1] uses = words.words, doc = found.doc, first = found.start, past = found.end
    cdef int64_t num_words = weights.shape[0], window = near.shape[0]
    # Of each word: 0 where it is not around, 1 in the mention itself, else 2 + the fewest tokens between.
    cdef uint8_t* around = <uint8_t*>calloc(num_words + 1, 1)
    cdef int64_t at, last = -1, token, low = 0, high = 0, start, end, use, bag
    cdef uint8_t place
    cdef double total
    cdef bint damaged = False
    if around == NULL:
        raise MemoryError
    with nogil:
        for at in range(mention.shape[0]):
            if mention[at] != last:
                for use in range(entry[low], entry[high]):
                    if 0 <= uses[use] < num_words:
                        around[uses[use]] = 0
                last = mention[at]
                low = doc_start[doc[last]]
                start, end = low + first[last], low + past[last]
                low, high = max(low, start - window), min(doc_end[doc[last]], end + window)
                for token in range(low, high):
                    place = 1 if start <= token < end else 1 + (start - token if token < start else token - end + 1)
                    for use in range(entry[token], entry[token + 1]):
                        if not 0 <= uses[use] < num_words:
                            damaged = True
                        elif not 0 < around[uses[use]] < place:
                            around[uses[use]] = place
            if not is_row(bag_offsets, entity[at], bag_words.shape[0]):
                damaged = True
                continue
            total = 0
            for bag in range(bag_offsets[entity[at]], bag_offsets[entity[at] + 1]):
                use = bag_words[bag]
                if not 0 <= use < num_words:
                    damaged = True
                elif around[use] > 1:
                    total += weights[use] * near[around[use] - 2]
            scores[at] = total
    free(around)
    if damaged:
        raise LinkingError(DAMAGED)


cdef struct Known:
    int64_t small, large
    double related


cdef class Coherence:
    """`coherence.coherence_scores`.

    Args:
        senses: Neighbours of the graph's entities.
        rows: Candidates of the index, `CandidateRows`.
        worth: What an entity between two adds, by its number of neighbours; one with more of them is a hub.
        most: Most that paths are worth.
        reach: Mentions to either side that are asked.
        near: As in `options`: evidence so many tokens away counts half.
        near_steps: Nearness is rounded up to multiples of 1 / this.
        steps: Support is rounded down to multiples of 1 / this.
    """

    cdef const int64_t[::1] offsets, row_offsets
    cdef const int32_t[::1] links, row_entities
    cdef const float[::1] row_priors
    cdef const double[::1] worth
    cdef double most, near, near_steps, steps
    cdef int64_t reach

    def __init__(self, senses, rows, worth, double most, int64_t reach, double near, double near_steps, double steps):
        self.offsets, self.links = senses.link_offsets, senses.link_entities
        self.row_offsets, self.row_entities, self.row_priors = rows.offsets, rows.entities, rows.priors
        self.worth, self.most, self.reach = worth, most, reach
        self.near, self.near_steps, self.steps = near, near_steps, steps

    cdef bint mark(self, int64_t entity, uint8_t* marks) noexcept nogil:
        """Set the bits of an entity's neighbours, or say that the index is damaged."""
        cdef int64_t link, middle
        if not is_row(self.offsets, entity, self.links.shape[0]):
            return False
        for link in range(self.offsets[entity], self.offsets[entity + 1]):
            middle = self.links[link]
            if not 0 <= middle < self.offsets.shape[0] - 1:
                return False
            marks[middle >> 3] |= 1 << (middle & 7)
        return True

    cdef void unmark(self, int64_t entity, uint8_t* marks) noexcept nogil:
        """Clear the bits that `mark` set."""
        cdef int64_t link
        for link in range(self.offsets[entity], self.offsets[entity + 1]):
            marks[self.links[link] >> 3] = 0

    cdef double related(
        self, int64_t entity, const uint8_t* marks, int64_t other, Known* memory, bint* damaged
    ) noexcept nogil:
        """`coherence.relatedness` of an entity, whose neighbours are marked, and another; the last ones are remembered.
        """
        cdef int64_t size, others, small, large, link, middle, begin, end, hub = self.worth.shape[0] - 1
        cdef double total = 0
        cdef Known* known
        if not is_row(self.offsets, other, self.links.shape[0]):
            damaged[0] = True
            return 0
        size, others = self.offsets[entity + 1] - self.offsets[entity], self.offsets[other + 1] - self.offsets[other]
        if not size or not others:
            return 0
        small, large = min(entity, other), max(entity, other)
        known = memory + ((((<uint64_t>small * multiplier()) ^ <uint64_t>large) * multiplier()) >> (64 - MEMORY_BITS))
        if known.small == small and known.large == large:
            return known.related
        known.small, known.large = small, large
        begin, end = self.offsets[other], self.offsets[other + 1]
        if (marks[other >> 3] >> (other & 7)) & 1:
            total = 1
        elif entity != other and min(size, others) <= hub:
            if others <= SEARCH * size:
                for link in range(begin, end):
                    middle = self.links[link]
                    if not 0 <= middle < self.offsets.shape[0] - 1:
                        damaged[0] = True
                        break
                    if (marks[middle >> 3] >> (middle & 7)) & 1:
                        total += self.through(middle)
            else:
                for link in range(self.offsets[entity], self.offsets[entity + 1]):
                    middle = self.links[link]
                    begin = first_not_below(&self.links[0], begin, end, middle)
                    if begin == end:
                        break
                    if self.links[begin] == middle:
                        total += self.through(middle)
            total = min(total, self.most)
        known.related = total
        return total

    cdef inline double through(self, int64_t middle) noexcept nogil:
        """What an entity between two adds; nothing where it is a hub."""
        cdef int64_t degree = self.offsets[middle + 1] - self.offsets[middle]
        return self.worth[degree] if 0 <= degree < self.worth.shape[0] else 0

    def scores(
        self, found, const int64_t[::1] voices, const int64_t[::1] own, const int64_t[::1] mention,
        const int64_t[::1] entity, double[::1] scores
    ):
        """Fill in what the mentions around say for each candidate.

        Args:
            found: All mentions of the batch.
            voices: Mentions that may speak, rising.
            own: Place of each candidate's mention among them.
            mention: Mention of each candidate.
            entity: Row of its entity.
            scores: Takes the scores, one a candidate.

        Raises:
            LinkingError: Rows lie outside of their arrays: the index they came from is damaged.
            MemoryError: There is none to remember pairs.
        """
        cdef const int64_t[::1] doc = found.doc, first = found.start, past = found.end, row = found.row
        cdef int64_t at, number, other, between, place, this
        cdef double total, best, share, near
        cdef bint damaged = False
        cdef Known* memory = <Known*>calloc(1 << MEMORY_BITS, sizeof(Known))
        cdef uint8_t* marks = <uint8_t*>calloc(self.offsets.shape[0] // 8 + 1, 1)
        if memory == NULL or marks == NULL:
            free(memory)
            free(marks)
            raise MemoryError
        with nogil:
            for place in range(1 << MEMORY_BITS):
                memory[place].small = -1
            for at in range(mention.shape[0]):
                this, total = mention[at], 0
                if not self.mark(entity[at], marks):
                    damaged = True
                    break
                for number in range(max(own[at] - self.reach, 0), min(own[at] + self.reach + 1, voices.shape[0])):
                    other = voices[number]
                    if doc[other] != doc[this]:
                        continue
                    between = first[this] - past[other] if other < this else first[other] - past[this]
                    if between < 0:  # the mention itself, or one that overlaps it
                        continue
                    if not is_row(self.row_offsets, row[other], self.row_entities.shape[0]):
                        damaged = True
                        continue
                    near = ceil(self.near_steps / (1.0 + between / self.near)) / self.near_steps
                    best = 0
                    for place in range(self.row_offsets[row[other]], self.row_offsets[row[other] + 1]):
                        share = <double>self.row_priors[place]
                        if share * near <= best:  # even a neighbour would say no more
                            continue
                        share = self.related(entity[at], marks, self.row_entities[place], memory, &damaged) * share * near
                        best = max(best, floor(share * self.steps) / self.steps)
                    total += best
                scores[at] = total
                self.unmark(entity[at], marks)
        free(memory)
        free(marks)
        if damaged:
            raise LinkingError(DAMAGED)
