from cpython.ref cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp.vector cimport vector

from kgattn.linking._edges cimport prefetch


cdef struct Row:
    uint64_t best
    PyObject* candidates


cdef class Rows:
    cdef Row* rows
    cdef int64_t num_rows
    cdef int64_t most
    cdef vector[int64_t] read
    cdef list kept
    cdef const int64_t[::1] offsets
    cdef const int32_t[::1] entities
    cdef const float[::1] priors
    cdef const int64_t[::1] id_offsets
    cdef const uint8_t[::1] id_data

    cdef inline void fetch(self, int64_t row) noexcept nogil:
        """Ask for a row that is there, which `at` will be asked for."""
        prefetch(&self.rows[row])

    cdef Row* at(self, int64_t row) except NULL
    cdef int forget(self) except -1
