/* All work on linked tokens, compiled once for each set of instructions: correction.h includes this with WIDTH, the
numbers in a register, TARGET, the instructions, and NAME, which tells the copies apart.

A vector holds one number of each of WIDTH rows, for logits, weights and sums; or WIDTH numbers of one token. */

#ifdef __clang__
#define SHUFFLE(one, other, ...) __builtin_shufflevector(one, other, __VA_ARGS__)
#else
#define SHUFFLE(one, other, ...) __builtin_shuffle(one, other, (bits){__VA_ARGS__})
#endif
#define numbers NAME(numbers)
#define bits NAME(bits)
#define ALWAYS TARGET static inline __attribute__((always_inline))
#define AT(place) (*(numbers *)(place))
#define FROM(place) (*(const numbers *)(place))
#define KEYS 8                          /* that one read of the queries serves */
#define ROWS (WIDTH == 16 ? 8 : 4)      /* that one read of the values serves: what registers hold */

#include "vectors.h"
#include "correct_head.h"
#include "gradients_head.h"

TARGET static void NAME(work_on_groups)(void *given) {
    Work *work = given;
    const Call own = *work->call, *call = &own; /* which no write can reach, as compilers see */
    float *scratch = work->scratch + __atomic_fetch_add(&work->started, 1, __ATOMIC_RELAXED) * work->scratch_size;
    int64_t number;
    while ((number = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED)) < work->num_groups) {
        int64_t parts = UP_TO(call->heads, work->group) / work->group;
        int64_t batch = number / parts, head = number % parts * work->group, count = count_linked(call, batch);
        int64_t end = head + work->group < call->heads ? head + work->group : call->heads;
        for (; count && head < end; head++) {
            if (call->grad_table != NULL) {
                if (call->dim == 32) NAME(gradients_head)(call, batch, head, count, 32, scratch);
                else if (call->dim == 64) NAME(gradients_head)(call, batch, head, count, 64, scratch);
                else NAME(gradients_head)(call, batch, head, count, call->dim, scratch);
            } else if (call->dim == 32) NAME(correct_head)(call, batch, head, count, 32, scratch);
            else if (call->dim == 64) NAME(correct_head)(call, batch, head, count, 64, scratch);
            else NAME(correct_head)(call, batch, head, count, call->dim, scratch);
        }
    }
}

#undef numbers
#undef bits
#undef ALWAYS
#undef AT
#undef FROM
#undef KEYS
#undef ROWS
#undef SHUFFLE
#undef PLACES
#undef FIRST_HALVES
#undef LAST_HALVES
