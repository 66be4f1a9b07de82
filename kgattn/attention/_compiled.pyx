# cython: language_level=3
"""The correction of `block` between linked tokens in one pass, and of its gradients; the values it writes for a moment.

Built where there is a C compiler that knows vectors of GCC, and used where it was built. A tensor is given as its
address and the numbers from one example, head and token to the next; its last axis lies in one piece, `dim` long.
"""

from libc.stdint cimport int64_t, uintptr_t
from libc.stdlib cimport free


cdef extern from "correction.h" nogil:
    ctypedef struct Place:
        float *data
        int64_t batch, head, token

    ctypedef struct Call:
        Place query, key, value, output, sums
        Place grad, grad_query, grad_key, grad_value
        const int64_t *rows
        const int64_t *slots
        const float *table
        float *before
        float *grad_table
        float *grad_added
        int64_t batch, heads, linked, num_slots, dim
        float scaling
        int is_causal, keeps_sums

    int most_at_once
    int correct_rows(const Call *call, int64_t threads)
    int write_values(Call *call, const float *added)
    void put_back(Call *call)


def take_at_most(int numbers):
    """Use no instructions that take more numbers at once: 16, 8 or 4. For tests, as on older machines.

    Returns:
        What held before.
    """
    global most_at_once
    before, most_at_once = most_at_once, numbers
    return before


cdef Place place_of(uintptr_t address, tuple steps):
    cdef Place place
    place.data = <float *>address
    place.batch, place.head, place.token = steps[0], steps[1], steps[2]
    return place


cdef class Plan:
    """Calls of `block` that are alike: all but the addresses.

    Args:
        layout: Addresses of `rows` and `row_slot`, which must outlive this, then batch, linked, head, slot and dim.
        query: Of the queries, which are not scaled, numbers from one example, head and token to the next.
        key: The same of the keys.
        value: The same of the values.
        scaling: Factor on query . key.
        is_causal: No token attends to a later one.
        threads: Most threads to use.
    """

    cdef Call call
    cdef int64_t threads

    def __init__(
        self, tuple layout, tuple query, tuple key, tuple value, float scaling, bint is_causal, int64_t threads
    ):
        cdef Call *call = &self.call
        rows, slots, call.batch, call.linked, call.heads, call.num_slots, call.dim = layout
        call.rows, call.slots = <const int64_t *><uintptr_t>rows, <const int64_t *><uintptr_t>slots
        call.query, call.key, call.value = place_of(0, query), place_of(0, key), place_of(0, value)
        call.scaling, call.is_causal = scaling, is_causal
        self.threads = threads

    def begin(self, uintptr_t query, uintptr_t key, uintptr_t value, uintptr_t table, uintptr_t added):
        """Begin a call: the values of linked tokens hold what their slots add, until it is corrected or given up.

        Args:
            query: Address of the queries.
            key: Address of the keys.
            value: Address of the values.
            table: Address of the bias, [batch, head, slot, slot]; row and column 0 are 0.
            added: Address of [batch, head, slot, dim]; 0 where slots add nothing.

        Raises:
            MemoryError: There is none to keep the values in; nothing is changed.
        """
        cdef Correction correction = Correction()
        cdef Call *call = &correction.call
        cdef int failed = 0
        call[0], correction.threads = self.call, self.threads
        call.query.data, call.key.data, call.value.data = <float *>query, <float *>key, <float *>value
        call.table = <const float *>table
        if added:
            with nogil:
                failed = write_values(call, <const float *>added)
        if failed:
            raise MemoryError
        return correction


cdef class Correction:
    """One call, begun by a plan. Values that are written are put back by either correction."""

    cdef Call call
    cdef int64_t threads

    def __dealloc__(self):
        free(self.call.before)

    def give_up(self):
        """Put back the values that are written."""
        put_back(&self.call)

    def correct(self, tuple output, tuple sums, bint keeps_sums):
        """Put right the output of attention without a bias, in place.

        Args:
            output: Attention without a bias: its address, and the numbers from one example, head and token to the next.
            sums: The same of the log-sum-exp of each row's logits, [batch, head, token].
            keeps_sums: Make them those of the biased logits, for the backward pass.

        Raises:
            MemoryError: There is none for a thread's work; nothing is changed.
        """
        self.call.output, self.call.sums = place_of(output[0], output[1]), place_of(sums[0], sums[1])
        self.call.keeps_sums = keeps_sums
        self.work()

    def correct_gradients(self, list tensors, uintptr_t grad_table, uintptr_t grad_added):
        """Put right the gradients of attention without a bias, in place.

        Args:
            tensors: As `output` above: attention with the bias, the log-sum-exp of each row's biased logits, the
                gradient of the output, and those of queries, keys and values by attention without a bias that has this
                output and these sums. The last three change.
            grad_table: Address of [batch, head, slot, slot], all zero, which takes the gradient of the bias.
            grad_added: Address of [batch, head, slot, dim], all zero, which takes that of what slots add; 0 if nothing.

        Raises:
            MemoryError: There is none for a thread's work; nothing is changed.
        """
        cdef Call *call = &self.call
        cdef Place *places[6]
        places[:] = [
            &call.output, &call.sums, &call.grad, &call.grad_query, &call.grad_key, &call.grad_value
        ]
        for number in range(6):
            places[number][0] = place_of(tensors[number][0], tensors[number][1])
        call.grad_table, call.grad_added = <float *>grad_table, <float *>grad_added
        self.work()

    cdef work(self):
        cdef int failed
        with nogil:
            failed = correct_rows(&self.call, self.threads)
        if failed:
            raise MemoryError
        free(self.call.before)  # what it held is back in its place
        self.call.before = NULL
