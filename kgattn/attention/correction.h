/* The correction of `block` between linked tokens and of its gradients, for float32; see `_compiled.pyx` for what it is
given.

The work on a head, in correct_head.h and gradients_head.h, is compiled once for each set of instructions that its
machines may have, with vectors as wide as their registers, and the widest is taken. */

#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LINE 16 /* numbers that memory hands over at once */
#define UP_TO(number, step) (((number) + (step) - 1) / (step) * (step))

typedef struct {
    float *data;
    int64_t batch, head, token; /* numbers from one to the next */
} Place;

typedef struct {
    Place query, key, value, output, sums;
    Place grad, grad_query, grad_key, grad_value; /* of the output and of the rest, for the backward pass */
    const int64_t *rows, *slots; /* [batch, linked] */
    const float *table;          /* [batch, head, slot, slot] */
    float *before;               /* [batch, linked, head, dim] or NULL */
    float *grad_table;           /* [batch, head, slot, slot]; NULL in the forward pass */
    float *grad_added;           /* [batch, head, slot, dim] or NULL */
    int64_t batch, heads, linked, num_slots, dim;
    float scaling;
    int is_causal, keeps_sums;
} Call;

typedef struct {
    const Call *call;
    float *scratch; /* for all threads */
    int64_t scratch_size, group, num_groups, next, started;
} Work;

static inline float *vector(Place place, int64_t batch, int64_t head, int64_t token) {
    return place.data + batch * place.batch + head * place.head + token * place.token;
}

static int64_t count_linked(const Call *call, int64_t batch) { /* linked tokens come first among `rows` */
    const int64_t *slots = call->slots + batch * call->linked;
    int64_t count = 0;
    while (count < call->linked && slots[count] > 0) count++;
    return count;
}

#define WIDTH 4
#define TARGET
#define NAME(name) name##_by_fours
#include "by_width.h"
#undef WIDTH
#undef TARGET
#undef NAME
#ifdef __x86_64__
#define WIDTH 8
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(name) name##_by_eights
#include "by_width.h"
#undef WIDTH
#undef TARGET
#undef NAME
#define WIDTH 16
#define TARGET __attribute__((target("avx512f,avx512dq,avx2,fma")))
#define NAME(name) name##_by_sixteens
#include "by_width.h"
#undef WIDTH
#undef TARGET
#undef NAME
#endif

static int most_at_once = 16;

static void (*widest(void))(void *) {
#ifdef __x86_64__
    __builtin_cpu_init();
    if (most_at_once >= 16 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        return work_on_groups_by_sixteens;
    if (most_at_once >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return work_on_groups_by_eights;
#endif
    return work_on_groups_by_fours;
}

/* 0, or -1 where there is no memory for the work. PyTorch's own threads do it: others would be in their way. */
static int correct_rows(const Call *call, int64_t threads) {
    if (call->batch == 0 || call->heads == 0 || call->linked == 0) return 0;
    typedef void (*Spread)(void (*)(void *), void *, unsigned, unsigned);
    Spread spread = (Spread)dlsym(RTLD_DEFAULT, "GOMP_parallel");
    if (spread == NULL || threads < 1) threads = 1;
    Work work = {call};
    int64_t linked = call->linked + 16, slots = call->num_slots, columns = slots + 16;
    work.scratch_size = linked * (2 * call->dim + 16) + 16 * call->dim + slots * slots + 16 * columns + 20 * 16;
    if (call->grad_table != NULL)
        work.scratch_size += linked * (2 * call->dim + 16) + 32 * call->dim + (16 + slots) * columns + 16 * 16;
    work.scratch_size = UP_TO(work.scratch_size, 16);
    int64_t wanted = UP_TO(4 * threads, call->batch) / call->batch; /* parts of an example */
    work.group = threads == 1 || wanted < 2 ? call->heads : UP_TO(call->heads, wanted) / wanted;
    work.num_groups = call->batch * (UP_TO(call->heads, work.group) / work.group);
    work.scratch = aligned_alloc(64, UP_TO(sizeof(float) * work.scratch_size * threads, 64));
    if (work.scratch == NULL) return -1;
    if (threads > 1) spread(widest(), &work, (unsigned)threads, 0);
    else widest()(&work);
    free(work.scratch);
    return 0;
}

/* Add to each linked token's values what its slot adds, and keep what was there, of all `rows`; or -1 where there is no
memory for that. */
static int write_values(Call *call, const float *added) {
    const int64_t size = call->batch * call->linked * call->heads * call->dim;
    call->before = aligned_alloc(64, UP_TO(sizeof(float) * size, 64) + 64);
    if (call->before == NULL) return -1;
    float *kept = call->before;
    for (int64_t batch = 0; batch < call->batch; batch++) {
        const int64_t *rows = call->rows + batch * call->linked, *slot = call->slots + batch * call->linked;
        const int64_t count = count_linked(call, batch);
        for (int64_t row = 0; row < call->linked; row++) {
            if (row + 2 < call->linked)
                for (int64_t head = 0; head < call->heads; head++)
                    for (int64_t d = 0; d < call->dim; d += LINE)
                        __builtin_prefetch(vector(call->value, batch, head, rows[row + 2]) + d, 1, 2);
            for (int64_t head = 0; head < call->heads; head++) {
                float *value = vector(call->value, batch, head, rows[row]);
                const float *more = added + ((batch * call->heads + head) * call->num_slots + slot[row]) * call->dim;
                for (int64_t d = 0; d < call->dim; d += LINE, kept += LINE) {
                    memcpy(kept, value + d, sizeof(float) * LINE);
                    for (int64_t n = 0; row < count && n < LINE; n++) value[d + n] += more[d + n];
                }
            }
        }
    }
    return 0;
}

/* Undo that. */
static void put_back(Call *call) {
    if (call->before == NULL) return;
    const float *kept = call->before;
    for (int64_t batch = 0; batch < call->batch; batch++)
        for (int64_t row = 0; row < call->linked; row++)
            for (int64_t head = 0; head < call->heads; head++, kept += call->dim)
                memcpy(vector(call->value, batch, head, call->rows[batch * call->linked + row]), kept,
                       sizeof(float) * call->dim);
    free(call->before);
    call->before = NULL;
}
