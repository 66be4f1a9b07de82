# cython: language_level=3
"""The correction of `block` between linked tokens in one pass, and of its gradients; the values it writes for a moment.

Built where there is a C compiler that knows vectors of GCC, and used where it was built. A tensor is given as its
address and the numbers from one example, head and token to the next; its last axis lies in one piece, `dim` long.
"""

from libc.stdint cimport int64_t, uintptr_t


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
        const float *before
        float *grad_table
        float *grad_added
        int64_t batch, heads, linked, num_slots, dim
        float scaling
        int is_causal

    int most_at_once
    int correct_rows(const Call *call, int64_t threads)
    void write_values(const Call *call, const float *added, float *before)


def take_at_most(int numbers):
    """Use no instructions that take more numbers at once: 16, 8 or 4. For tests, as on older machines.

    Returns:
        What held before.
    """
    global most_at_once
    before, most_at_once = most_at_once, numbers
    return before


cdef Place place_of(tuple tensor):
    cdef Place place
    place.data = <float *><uintptr_t>tensor[0]
    place.batch, place.head, place.token = tensor[1], tensor[2], tensor[3]
    return place


cdef class Correction:
    """One call of `block`.

    Args:
        layout: Addresses of `rows` and `row_slot`, then batch, linked, head, slot and dim.
        query: Queries, not scaled.
        key: Keys.
        value: Values.
        table: Address of the bias, [batch, head, slot, slot]; row and column 0 are 0.
        scaling: Factor on query . key.
        is_causal: No token attends to a later one.
        threads: Most threads to use.
    """

    cdef Call call
    cdef int64_t threads

    def __init__(
        self,
        tuple layout,
        tuple query,
        tuple key,
        tuple value,
        uintptr_t table,
        float scaling,
        bint is_causal,
        int64_t threads,
    ):
        cdef Call *call = &self.call
        rows, slots, call.batch, call.linked, call.heads, call.num_slots, call.dim = layout
        call.rows, call.slots = <const int64_t *><uintptr_t>rows, <const int64_t *><uintptr_t>slots
        call.query, call.key, call.value = place_of(query), place_of(key), place_of(value)
        call.table, call.scaling, call.is_causal = <const float *>table, scaling, is_causal
        self.threads = threads

    def write(self, uintptr_t added, uintptr_t before):
        """Add to the values of linked tokens what their slots add; the correction that follows puts them back.

        Args:
            added: Address of [batch, head, slot, dim].
            before: Address of [batch, linked, head, dim], which takes what was there.
        """
        self.call.before = <const float *>before
        with nogil:
            write_values(&self.call, <const float *>added, <float *>before)

    def correct(self, tuple output, tuple sums):
        """Put right the output of attention without a bias, in place.

        Args:
            output: Attention without a bias.
            sums: The log-sum-exp of each row's logits, [batch, head, token], which becomes that of the biased ones.

        Raises:
            MemoryError: There is none for a thread's work; nothing is changed.
        """
        self.call.output, self.call.sums = place_of(output), place_of(sums)
        self.call.grad_table = NULL
        self.work()

    def correct_gradients(
        self,
        tuple output,
        tuple sums,
        tuple grad,
        tuple grad_query,
        tuple grad_key,
        tuple grad_value,
        uintptr_t grad_table,
        uintptr_t grad_added,
    ):
        """Put right the gradients of attention without a bias, in place.

        Args:
            output: Attention with the bias.
            sums: The log-sum-exp of each row's biased logits, [batch, head, token].
            grad: The gradient of the output.
            grad_query: The gradient of attention without a bias that has this output and these sums.
            grad_key: The same.
            grad_value: The same.
            grad_table: Address of [batch, head, slot, slot], all zero, which takes the gradient of `table`.
            grad_added: Address of [batch, head, slot, dim], all zero, which takes that of what slots add; 0 if nothing.

        Raises:
            MemoryError: There is none for a thread's work; nothing is changed.
        """
        self.call.output, self.call.sums, self.call.grad = place_of(output), place_of(sums), place_of(grad)
        self.call.grad_query, self.call.grad_key = place_of(grad_query), place_of(grad_key)
        self.call.grad_value = place_of(grad_value)
        self.call.grad_table, self.call.grad_added = <float *>grad_table, <float *>grad_added
        self.work()

    cdef work(self):
        cdef int failed
        with nogil:
            failed = correct_rows(&self.call, self.threads)
        if failed:
            raise MemoryError
