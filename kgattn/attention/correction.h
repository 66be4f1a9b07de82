/* The correction of `block` between linked tokens, for float32 in inference; see `_compiled.pyx` for what it is given.

One copy of it is compiled for each set of instructions that its machines may have, and the widest is taken. A vector
holds 16 numbers on all of them. Queries go through in fours, so that each key and value read serves four rows. */

#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 16
#define ALWAYS static inline __attribute__((always_inline))
#define UP_TO(number, step) (((number) + (step) - 1) / (step) * (step))

typedef float numbers __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t bits __attribute__((vector_size(64), aligned(4), may_alias));
typedef float eight __attribute__((vector_size(32)));
typedef float four __attribute__((vector_size(16)));

#define AT(place) (*(numbers *)(place))
#define FROM(place) (*(const numbers *)(place))

typedef struct {
    float *data;
    int64_t batch, head, token; /* numbers from one to the next */
} Place;

typedef struct {
    Place query, key, value, output, sums;
    const int64_t *rows, *slots; /* [batch, linked] */
    const float *table;          /* [batch, head, slot, slot] */
    const float *before;         /* [batch, linked, head, dim] or NULL */
    int64_t batch, heads, linked, num_slots, dim;
    float scaling;
    int is_causal, keeps_sums; /* the sums become those of the biased logits, for the backward pass */
} Call;

typedef struct {
    const Call *call;
    float *scratch; /* for all threads */
    int64_t scratch_size, group, num_groups, next, started;
} Work;

ALWAYS numbers exponential(numbers x) { /* Cephes' expf; what would be below 1e-38 is about that */
    numbers low = x - x - 87.0f;
    bits small = x < low;
    x = (numbers)(((bits)x & ~small) | ((bits)low & small));
    numbers shifted = x * 1.44269504088896341f + 12582912.0f; /* 1.5 * 2^23: the whole number is in the last bits */
    numbers whole = shifted - 12582912.0f;
    numbers rest = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    numbers sum = rest * 1.9875691500e-4f + 1.3981999507e-3f;
    sum = sum * rest + 8.3334519073e-3f;
    sum = sum * rest + 4.1665795894e-2f;
    sum = sum * rest + 1.6666665459e-1f;
    sum = sum * rest + 5.0000001201e-1f;
    sum = sum * rest * rest + rest + 1.0f;
    return (numbers)((bits)sum + ((bits)shifted << 23));
}

ALWAYS float total_of(numbers x) {
    eight half, other;
    memcpy(&half, &x, 32);
    memcpy(&other, (char *)&x + 32, 32);
    half += other;
    four quarter, rest;
    memcpy(&quarter, &half, 16);
    memcpy(&rest, (char *)&half + 16, 16);
    quarter += rest;
    return (quarter[0] + quarter[1]) + (quarter[2] + quarter[3]);
}

ALWAYS float *vector(Place place, int64_t batch, int64_t head, int64_t token) {
    return place.data + batch * place.batch + head * place.head + token * place.token;
}

static int64_t count_linked(const Call *call, int64_t batch) { /* linked tokens come first among `rows` */
    const int64_t *slots = call->slots + batch * call->linked;
    int64_t count = 0;
    while (count < call->linked && slots[count] > 0) count++;
    return count;
}

ALWAYS void fetch(const Call *call, int64_t batch, int64_t head, int64_t row, int64_t dim) {
    int64_t token = call->rows[batch * call->linked + row];
    for (int64_t d = 0; d < dim; d += WIDTH) {
        __builtin_prefetch(vector(call->query, batch, head, token) + d, 0, 2);
        __builtin_prefetch(vector(call->key, batch, head, token) + d, 0, 2);
        __builtin_prefetch(vector(call->value, batch, head, token) + d, 1, 2);
        __builtin_prefetch(vector(call->output, batch, head, token) + d, 1, 2);
    }
    __builtin_prefetch(vector(call->sums, batch, head, token), 0, 2);
}

/* One head of one example. While it is at work it has the memory that the next one needs brought closer. */
ALWAYS void correct_head(const Call *call, int64_t batch, int64_t head, int64_t count, int64_t dim, float *scratch) {
    const int64_t width = UP_TO(count, WIDTH), slots = call->num_slots;
    const int64_t *rows = call->rows + batch * call->linked, *slot = call->slots + batch * call->linked;
    const int64_t next_head = head + 1 < call->heads ? head + 1 : 0;
    const int64_t next_batch = next_head || batch + 1 == call->batch ? batch : batch + 1;
    float *keys = scratch;                 /* [width / 16, dim, 16] */
    float *values = keys + width * dim;    /* [count, dim] */
    float *gain = values + width * dim;    /* [4, width] */
    float *excess = gain + 4 * width;      /* exp(bias) - 1 between slots */
    float *of_slot = excess + UP_TO(slots * slots, WIDTH); /* that of one slot, for each of `rows` */

    const float *table = call->table + (batch * call->heads + head) * slots * slots;
    for (int64_t place = 0; place < slots * slots; place += WIDTH) {
        numbers bias = {0};
        int64_t left = slots * slots - place;
        memcpy(&bias, table + place, sizeof(float) * (left < WIDTH ? left : WIDTH));
        AT(excess + place) = exponential(bias) - 1.0f;
    }
    memset(keys + (width - WIDTH) * dim, 0, sizeof(float) * WIDTH * dim);
    for (int64_t row = 0; row < count; row++) {
        const float *key = vector(call->key, batch, head, rows[row]);
        const float *value = vector(call->value, batch, head, rows[row]);
        float *column = keys + row / WIDTH * WIDTH * dim + row % WIDTH;
        for (int64_t d = 0; d < dim; d++) column[d * WIDTH] = key[d];
        for (int64_t d = 0; d < dim; d += WIDTH) AT(values + row * dim + d) = FROM(value + d);
    }
    int64_t known = -1;
    for (int64_t first = 0; first < count; first += 4) {
        const float *query[4];
        float *output[4], share[4];
        for (int r = 0; r < 4; r++) { /* past the end the last one, which is not written */
            int64_t row = first + r < count ? first + r : count - 1;
            query[r] = vector(call->query, batch, head, rows[row]);
            output[r] = vector(call->output, batch, head, rows[row]);
            fetch(call, next_batch, next_head, row, dim);
        }
        for (int64_t column = 0; column < width; column += WIDTH) {
            numbers a = {0}, b = {0}, c = {0}, e = {0};
            const float *key = keys + column * dim;
            for (int64_t d = 0; d < dim; d++, key += WIDTH) {
                numbers part = FROM(key);
                a += query[0][d] * part;
                b += query[1][d] * part;
                c += query[2][d] * part;
                e += query[3][d] * part;
            }
            AT(gain + column) = a;
            AT(gain + width + column) = b;
            AT(gain + 2 * width + column) = c;
            AT(gain + 3 * width + column) = e;
        }
        for (int r = 0; r < 4; r++) {
            int64_t row = first + r < count ? first + r : count - 1;
            if (slot[row] != known) {
                known = slot[row];
                for (int64_t j = 0; j < count; j++) of_slot[j] = excess[known * slots + slot[j]];
                for (int64_t j = count; j < width; j++) of_slot[j] = 0;
            }
            float *sum = vector(call->sums, batch, head, rows[row]), log_sum = *sum;
            float *weights = gain + r * width;
            numbers total = {0};
            for (int64_t column = 0; column < width; column += WIDTH) {
                numbers weight = exponential(FROM(weights + column) * call->scaling - log_sum) * FROM(of_slot + column);
                if (call->is_causal && column + WIDTH > row)
                    for (int64_t j = 0; j < WIDTH; j++)
                        if (column + j > row) weight[j] = 0; /* a later key, which may lie far above the sum */
                AT(weights + column) = weight;
                total += weight;
            }
            share[r] = 1.0f / (1.0f + total_of(total));
            if (call->keeps_sums && first + r < count) *sum = log_sum - logf(share[r]);
        }
        for (int64_t d = 0; d < dim; d += WIDTH) {
            numbers a = FROM(output[0] + d), b = FROM(output[1] + d), c = FROM(output[2] + d), e = FROM(output[3] + d);
            const float *value = values + d;
            for (int64_t j = 0; j < count; j++, value += dim) {
                numbers part = FROM(value);
                a += gain[j] * part;
                b += gain[width + j] * part;
                c += gain[2 * width + j] * part;
                e += gain[3 * width + j] * part;
            }
            AT(output[0] + d) = a * share[0];
            if (first + 1 < count) AT(output[1] + d) = b * share[1];
            if (first + 2 < count) AT(output[2] + d) = c * share[2];
            if (first + 3 < count) AT(output[3] + d) = e * share[3];
        }
    }
    if (call->before == NULL) return;
    const float *before = call->before + (batch * call->linked * call->heads + head) * dim;
    for (int64_t row = 0; row < count; row++, before += call->heads * dim)
        for (int64_t d = 0; d < dim; d += WIDTH)
            AT(vector(call->value, batch, head, rows[row]) + d) = FROM(before + d);
}

ALWAYS void correct_groups(Work *work) {
    const Call *call = work->call;
    float *scratch = work->scratch + __atomic_fetch_add(&work->started, 1, __ATOMIC_RELAXED) * work->scratch_size;
    int64_t number;
    while ((number = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED)) < work->num_groups) {
        int64_t parts = UP_TO(call->heads, work->group) / work->group;
        int64_t batch = number / parts, head = number % parts * work->group, count = count_linked(call, batch);
        int64_t end = head + work->group < call->heads ? head + work->group : call->heads;
        for (; count && head < end; head++) {
            if (call->dim == 32) correct_head(call, batch, head, count, 32, scratch);
            else if (call->dim == 64) correct_head(call, batch, head, count, 64, scratch);
            else correct_head(call, batch, head, count, call->dim, scratch);
        }
    }
}

static void correct_anywhere(void *work) { correct_groups(work); }
#ifdef __x86_64__
__attribute__((target("avx2,fma"))) static void correct_by_eights(void *work) { correct_groups(work); }
__attribute__((target("avx512f,avx512dq,avx2,fma"))) static void correct_by_sixteens(void *work) { correct_groups(work); }
#endif

static int most_at_once = WIDTH;

static void (*widest(void))(void *) {
#ifdef __x86_64__
    __builtin_cpu_init();
    if (most_at_once >= 16 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        return correct_by_sixteens;
    if (most_at_once >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return correct_by_eights;
#endif
    return correct_anywhere;
}

/* 0, or -1 where there is no memory for the work. PyTorch's own threads do it: others would be in their way. */
static int correct_rows(const Call *call, int64_t threads) {
    typedef void (*Spread)(void (*)(void *), void *, unsigned, unsigned);
    Spread spread = (Spread)dlsym(RTLD_DEFAULT, "GOMP_parallel");
    if (spread == NULL || threads < 1) threads = 1;
    int64_t width = UP_TO(call->linked, WIDTH);
    Work work = {call};
    work.scratch_size = UP_TO(width * (2 * call->dim + 5) + call->num_slots * call->num_slots, WIDTH) + WIDTH;
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

/* Add to each linked token's values what its slot adds, and keep what was there, of all `rows`. */
static void write_values(const Call *call, const float *added, float *before) {
    for (int64_t batch = 0; batch < call->batch; batch++) {
        const int64_t *rows = call->rows + batch * call->linked, *slot = call->slots + batch * call->linked;
        const int64_t count = count_linked(call, batch);
        for (int64_t row = 0; row < call->linked; row++) {
            float *kept = before + (batch * call->linked + row) * call->heads * call->dim;
            if (row + 2 < call->linked)
                for (int64_t head = 0; head < call->heads; head++)
                    for (int64_t d = 0; d < call->dim; d += WIDTH)
                        __builtin_prefetch(vector(call->value, batch, head, rows[row + 2]) + d, 1, 2);
            for (int64_t head = 0; head < call->heads; head++) {
                float *value = vector(call->value, batch, head, rows[row]);
                const float *more = added + ((batch * call->heads + head) * call->num_slots + slot[row]) * call->dim;
                for (int64_t d = 0; d < call->dim; d += WIDTH, kept += WIDTH) {
                    AT(kept) = FROM(value + d);
                    if (row < count) AT(value + d) += FROM(more + d);
                }
            }
        }
    }
}
