# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The aliases that resemble a text, in compiled code: the middle of `FuzzyIndex.best`, from text to texts to compare.

Built and used as `_compiled.pyx` is; `kgattn.linking.fuzzy_index` has the same with arrays. A mention asks for some
2,000 numbers, so few that with arrays most of the time goes into starting operations and reading 24 texts one by one.
"""

from zlib import crc32

from libc.math cimport ceil
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, qsort

from kgattn.linking._edges cimport is_power_of_two, multiplier, shift_for

from kgattn.errors import LinkingError
from kgattn.linking._compiled import DAMAGED


cdef extern from *:
    """
    #ifdef __GNUC__
    #define KGATTN_FETCH(place) __builtin_prefetch(place)
    #else
    #define KGATTN_FETCH(place) ((void)(place))
    #endif
    """
    # Memory answers many questions at once, when they are asked at once.
    void fetch "KGATTN_FETCH"(const void* place) noexcept nogil


cdef uint32_t[256] BYTE_CRC  # the table of CRC-32, got from the sums of single bytes
for _byte in range(256):
    BYTE_CRC[_byte] = crc32(bytes([_byte ^ 0xFF])) ^ 0xFF000000


cdef struct Bucket:  # of a trigram of the text
    int64_t size
    int64_t begin
    uint32_t gram


cdef struct Shared:  # a place in a hash table of aliases, free where the number is 0
    uint32_t number  # of the alias, plus 1
    uint32_t count  # of trigrams it shares


cdef struct Near:
    double likeness
    int64_t alias


cdef class NearAliases:
    """The aliases of fitting length that share most trigrams with a text, and their texts.

    Args:
        index: A `FuzzyIndex`.
        compared: How many aliases to give, at least 1.
        most: How many aliases to read from buckets.
        min_buckets: So many buckets are read however long they are.

    Raises:
        LinkingError: Arrays do not fit together: the index is damaged.
    """

    cdef const int64_t[::1] offsets, text_offsets
    cdef const int32_t[::1] postings, length
    cdef const uint8_t[::1] text_data
    cdef int64_t compared, most, min_buckets

    def __cinit__(self, object index, int64_t compared, int64_t most, int64_t min_buckets):
        self.offsets, self.postings, self.length = index.offsets, index.alias, index.length
        self.text_offsets, self.text_data = index.texts.offsets, index.texts.data
        self.compared, self.most, self.min_buckets = compared, most, min_buckets
        if not is_power_of_two(self.offsets.shape[0] - 1) or self.text_offsets.shape[0] != self.length.shape[0] + 1:
            raise LinkingError(DAMAGED)

    def of(self, str folded, double shortest, double longest):
        """Look for the aliases.

        Args:
            folded: The text, of at least one character.
            shortest: Least length of an alias in characters, at least 0.
            longest: Greatest length of an alias in characters.

        Returns:
            Numbers of the aliases, rising, and their texts.

        Raises:
            LinkingError: The arrays point outside of one another, or a text is no UTF-8: the index is damaged.
            MemoryError: There is no room for what is read.
        """
        cdef bytes padded = f" {folded} ".encode("utf-8")
        cdef int64_t letters = len(folded), kept = 0, number
        cdef Bucket* buckets = <Bucket*>malloc(letters * sizeof(Bucket))
        cdef Near* nearest = <Near*>malloc(self.compared * sizeof(Near))
        cdef list near
        try:
            if not buckets or not nearest:
                raise MemoryError
            number = self.rarest_of(padded, letters, buckets)
            kept = self.nearest_of(buckets, number, letters, shortest, longest, nearest)
            near = [nearest[number].alias for number in range(kept)]
        finally:
            free(buckets)
            free(nearest)
        near.sort()
        return near, self.texts_of(near)

    cdef int64_t rarest_of(self, const uint8_t* padded, int64_t letters, Bucket* buckets) except -1:
        """Find the buckets to be read, those of the rarest trigrams, and give their number.

        The text between blanks is padded; it has as many trigrams as letters.
        """
        cdef int64_t taken = 0, read = 0, begin = 0, end, byte, number
        cdef uint64_t place, last_bucket = self.offsets.shape[0] - 2
        cdef uint32_t gram
        end = past_character(padded, past_character(padded, 0))
        for number in range(letters):
            end = past_character(padded, end)
            gram = 0xFFFFFFFF
            for byte in range(begin, end):
                gram = BYTE_CRC[(gram ^ padded[byte]) & 0xFF] ^ (gram >> 8)
            begin = past_character(padded, begin)
            gram ^= 0xFFFFFFFF
            place = gram & last_bucket
            buckets[number].begin, buckets[number].size = self.offsets[place], self.offsets[place + 1]
            buckets[number].gram = gram
        for number in range(letters):  # until here the size is where the bucket ends
            if not 0 <= buckets[number].begin <= buckets[number].size <= self.postings.shape[0]:
                raise LinkingError(DAMAGED)
            buckets[number].size -= buckets[number].begin
        qsort(buckets, letters, sizeof(Bucket), rarer)
        for number in range(letters):
            if not buckets[number].size or (number and buckets[number].gram == buckets[number - 1].gram):
                continue
            if taken >= self.min_buckets and read + buckets[number].size > self.most:
                break
            read += buckets[number].size
            buckets[taken] = buckets[number]
            taken += 1
        return taken

    cdef int64_t nearest_of(
        self, const Bucket* buckets, int64_t taken, int64_t letters, double shortest, double longest, Near* nearest
    ) except -1:
        """Fill in the aliases that are most like the text, the nearest first, and give their number."""
        cdef int64_t total = 0, distinct = 0, kept = 0, number, at, alias, size
        cdef int64_t num_texts = self.length.shape[0]
        cdef uint64_t num_places = 4, place
        cdef uint32_t least = 0
        cdef int shift
        cdef bint damaged = False
        cdef Shared one
        cdef Near new
        for number in range(taken):
            total += buckets[number].size
            for at in range(buckets[number].begin, buckets[number].begin + buckets[number].size, 16):
                fetch(&self.postings[at])
        while num_places < 2 * <uint64_t>min(total, num_texts):
            num_places *= 2
        shift = shift_for(num_places)
        cdef Shared* table = <Shared*>calloc(num_places, sizeof(Shared))
        cdef uint64_t* used = <uint64_t*>malloc((num_places // 2 + 1) * sizeof(uint64_t))
        if not table or not used:
            free(table)
            free(used)
            raise MemoryError
        for number in range(taken):
            for at in range(buckets[number].begin, buckets[number].begin + buckets[number].size):
                alias = self.postings[at]
                if not 0 <= alias < num_texts:
                    damaged = True
                    break
                fetch(&self.length[alias])
                place = (<uint64_t>alias * multiplier()) >> shift
                while table[place].number and table[place].number != alias + 1:
                    place = (place + 1) & (num_places - 1)
                used[distinct] = place  # written always and kept if it is new, without a branch to be guessed
                distinct += table[place].number == 0
                table[place].number = alias + 1
                table[place].count += 1
        for number in range(distinct):
            one = table[used[number]]
            if one.count < least:
                continue
            size = self.length[one.number - 1]
            new = Near(one.count / <double>(size + letters), one.number - 1)
            if (kept < self.compared or is_nearer(new, nearest[kept - 1])) and shortest <= size <= longest:
                kept = keep(new, nearest, kept, self.compared)
                if kept == self.compared:  # who shares less is further away however short, and its length is not read
                    least = <uint32_t>ceil(nearest[kept - 1].likeness * (shortest + letters) * (1 - 1e-9))
        free(table)
        free(used)
        if damaged:
            raise LinkingError(DAMAGED)
        return kept

    cdef list texts_of(self, list aliases):
        """Their texts, read as `StringTable` reads them."""
        cdef int64_t alias, begin, end
        cdef const char* data = NULL
        cdef list texts = []
        if self.text_data.shape[0]:
            data = <const char*>&self.text_data[0]
        for alias in aliases:
            fetch(&self.text_offsets[alias])
        for alias in aliases:
            begin = self.text_offsets[alias]
            if 0 <= begin < self.text_data.shape[0]:
                fetch(&self.text_data[begin])
        for alias in aliases:
            begin, end = self.text_offsets[alias], self.text_offsets[alias + 1]
            if not 0 <= begin <= end <= self.text_data.shape[0]:
                raise LinkingError(DAMAGED)
            try:
                texts.append(data[begin:end].decode("utf-8"))
            except UnicodeDecodeError:
                raise LinkingError(DAMAGED) from None
        return texts


cdef inline int64_t past_character(const uint8_t* text, int64_t at) noexcept nogil:
    """Where the next character of a text in UTF-8 begins; a zero ends it."""
    at += 1
    while text[at] & 0xC0 == 0x80:
        at += 1
    return at


cdef int rarer(const void* one, const void* two) noexcept nogil:
    """Order of buckets: shorter first, of equal ones as they lie."""
    cdef const Bucket* left = <const Bucket*>one
    cdef const Bucket* right = <const Bucket*>two
    if left.size != right.size:
        return -1 if left.size < right.size else 1
    if left.begin != right.begin:
        return -1 if left.begin < right.begin else 1
    return (left.gram > right.gram) - (left.gram < right.gram)


cdef inline bint is_nearer(Near one, Near two) noexcept nogil:
    return one.likeness > two.likeness or (one.likeness == two.likeness and one.alias < two.alias)


cdef inline int64_t keep(Near new, Near* nearest, int64_t kept, int64_t compared) noexcept nogil:
    """Put an alias among the nearest ones and give their number; where there are enough the last gives way."""
    cdef int64_t at = kept
    if kept == compared:
        at -= 1
    else:
        kept += 1
    while at and is_nearer(new, nearest[at - 1]):
        nearest[at] = nearest[at - 1]
        at -= 1
    nearest[at] = new
    return kept
