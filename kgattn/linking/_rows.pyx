# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# distutils: language = c++
"""Rows of candidates as Python values, each read once: `index.RowCache` in compiled code.

What is asked of a row lies in one place in memory, not in dictionaries.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libcpp.vector cimport vector
from murmurhash.mrmr cimport hash64

from kgattn.errors import LinkingError
from kgattn.linking._compiled import DAMAGED


cdef class Rows:
    """The (entity id, prior) of the candidates of rows, and spaCy's hash of the first one's id.

    Args:
        offsets: As in `CandidateRows`; so are the next two.
        entities: The entities.
        priors: Their priors.
        id_offsets: As in `StringTable`, of the ids of entities.
        id_data: Their bytes.
        most: Rows that are kept; when there are more, all are read again.
    """

    def __cinit__(
        self,
        const int64_t[::1] offsets,
        const int32_t[::1] entities,
        const float[::1] priors,
        const int64_t[::1] id_offsets,
        const uint8_t[::1] id_data,
        int64_t most,
    ):
        self.offsets, self.entities, self.priors = offsets, entities, priors
        self.id_offsets, self.id_data, self.most = id_offsets, id_data, most
        self.kept = []  # the candidates that `rows` points to
        self.num_rows = offsets.shape[0] - 1
        self.rows = <Row*>calloc(max(self.num_rows, 1), sizeof(Row))
        if self.rows == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.rows)

    def of(self, const int64_t[::1] rows):
        """A list of the candidates of each row, each a tuple of pairs.

        Args:
            rows: The rows; one may come several times.

        Raises:
            LinkingError: The arrays point outside of one another, or an id is no UTF-8: the index is damaged.
        """
        cdef int64_t place
        return [<object>self.at(rows[place]).candidates for place in range(rows.shape[0])]

    cdef Row* at(self, int64_t row) except NULL:
        """One row, valid until the next is asked for."""
        cdef int64_t place, entity, begin, end
        cdef int64_t num_entities = self.id_offsets.shape[0] - 1
        cdef const char* data = NULL
        cdef list named
        cdef uint64_t best
        cdef tuple candidates
        if not 0 <= row < self.num_rows:
            raise LinkingError(DAMAGED)
        if self.rows[row].candidates != NULL:
            return &self.rows[row]
        if <int64_t>self.read.size() >= self.most:
            self.forget()
        if not 0 <= self.offsets[row] <= self.offsets[row + 1] <= self.entities.shape[0] <= self.priors.shape[0]:
            raise LinkingError(DAMAGED)
        if self.id_data.shape[0]:
            data = <const char*>&self.id_data[0]
        named = []
        best = 0
        for place in range(self.offsets[row], self.offsets[row + 1]):
            entity = self.entities[place]
            if not 0 <= entity < num_entities:
                raise LinkingError(DAMAGED)
            begin, end = self.id_offsets[entity], self.id_offsets[entity + 1]
            if not 0 <= begin <= end <= self.id_data.shape[0]:
                raise LinkingError(DAMAGED)
            if not named:
                best = hash64(<void*>&data[begin], end - begin, 1)
            try:
                named.append((data[begin:end].decode("utf-8"), <double>self.priors[place]))
            except UnicodeDecodeError:
                raise LinkingError(DAMAGED) from None
        candidates = tuple(named)
        self.kept.append(candidates)
        self.read.push_back(row)
        self.rows[row].best, self.rows[row].candidates = best, <PyObject*>candidates
        return &self.rows[row]

    cdef int forget(self) except -1:
        """Let all rows go."""
        cdef size_t at
        for at in range(self.read.size()):
            self.rows[self.read[at]].candidates = NULL
        self.read.clear()
        self.kept = []
        return 0
