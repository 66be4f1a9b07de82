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
        int is_causal, keeps_sums

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


cdef Call call_of(tuple layout, tuple value):
    cdef Call call
    rows, slots, call.batch, call.linked, call.heads, call.num_slots, call.dim = layout
    call.rows, call.slots = <const int64_t *><uintptr_t>rows, <const int64_t *><uintptr_t>slots
    call.value = place_of(value)
    return call


def write(tuple layout, tuple value, uintptr_t added, uintptr_t before):
    """Add to the values of linked tokens what their slots add.

    Args:
        layout: Addresses of `rows` and `row_slot`, then batch, linked, head, slot and dim.
        value: The values.
        added: Address of [batch, head, slot, dim].
        before: Address of [batch, linked, head, dim], which takes what was there.
    """
    cdef Call call = call_of(layout, value)
    with nogil:
        write_values(&call, <const float *>added, <float *>before)


def correct(
    tuple layout,
    tuple query,
    tuple key,
    tuple value,
    tuple output,
    tuple sums,
    uintptr_t table,
    uintptr_t before,
    float scaling,
    bint is_causal,
    bint keeps_sums,
    int64_t threads,
):
    """Put right the output of attention without a bias, in place.

    Args:
        layout: As in `write`.
        query: Queries, not scaled.
        key: Keys.
        value: Values.
        output: Attention without a bias.
        sums: The log-sum-exp of each row's logits, [batch, head, token].
        table: Address of the bias, [batch, head, slot, slot]; row and column 0 are 0.
        before: Address of what to write to the values of linked tokens afterwards, as `write` left it; 0 for nothing.
        scaling: Factor on query . key.
        is_causal: No token attends to a later one.
        keeps_sums: Make `sums` those of the biased logits.
        threads: Most threads to use.

    Raises:
        MemoryError: There is none for a thread's work; nothing is changed.
    """
    cdef Call call = call_of(layout, value)
    cdef int failed
    call.query, call.key = place_of(query), place_of(key)
    call.output, call.sums = place_of(output), place_of(sums)
    call.table, call.before = <const float *>table, <const float *>before
    call.grad_table = call.grad_added = NULL
    call.scaling, call.is_causal, call.keeps_sums = scaling, is_causal, keeps_sums
    with nogil:
        failed = correct_rows(&call, threads)
    if failed:
        raise MemoryError


def correct_gradients(
    tuple layout,
    tuple query,
    tuple key,
    tuple value,
    tuple output,
    tuple sums,
    uintptr_t table,
    uintptr_t before,
    float scaling,
    bint is_causal,
    tuple grad,
    tuple grad_query,
    tuple grad_key,
    tuple grad_value,
    uintptr_t grad_table,
    uintptr_t grad_added,
    int64_t threads,
):
    """Put right the gradients of attention without a bias, in place.

    Args:
        layout: As in `write`.
        query: As in `correct`.
        key: As in `correct`.
        value: Values, with what slots add to them.
        output: Attention with the bias.
        sums: The log-sum-exp of each row's biased logits, [batch, head, token].
        table: As in `correct`.
        before: As in `correct`.
        scaling: As in `correct`.
        is_causal: As in `correct`.
        grad: The gradient of the output.
        grad_query: The gradient of attention without a bias that has this output and these sums.
        grad_key: The same.
        grad_value: The same.
        grad_table: Address of [batch, head, slot, slot], all zero, which takes the gradient of `table`.
        grad_added: Address of [batch, head, slot, dim], all zero, which takes that of what slots add; 0 for nothing.
        threads: Most threads to use.

    Raises:
        MemoryError: There is none for a thread's work; nothing is changed.
    """
    cdef Call call = call_of(layout, value)
    cdef int failed
    call.query, call.key = place_of(query), place_of(key)
    call.output, call.sums = place_of(output), place_of(sums)
    call.table, call.before = <const float *>table, <const float *>before
    call.scaling, call.is_causal, call.keeps_sums = scaling, is_causal, False
    call.grad, call.grad_query = place_of(grad), place_of(grad_query)
    call.grad_key, call.grad_value = place_of(grad_key), place_of(grad_value)
    call.grad_table, call.grad_added = <float *>grad_table, <float *>grad_added
    with nogil:
        failed = correct_rows(&call, threads)
    if failed:
        raise MemoryError
