/* The work on one head of one example, compiled once for each set of instructions: correction.h includes this with
WIDTH, the numbers in a register, TARGET, the instructions, and NAME, which tells the copies apart.

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

typedef float numbers __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef int32_t bits __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

ALWAYS numbers NAME(exponential)(numbers x) { /* Cephes' expf; what would be below 1e-38 is about that */
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

#if WIDTH == 16
#define PLACES(of) of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7), of(8), of(9), of(10), of(11), of(12), of(13), \
    of(14), of(15)
#elif WIDTH == 8
#define PLACES(of) of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7)
#else
#define PLACES(of) of(0), of(1), of(2), of(3)
#endif
#define FIRST_HALVES(n) ((n) / 2 + (n) % 2 * WIDTH)
#define LAST_HALVES(n) (FIRST_HALVES(n) + WIDTH / 2)

/* WIDTH numbers of as many rows, turned: interleaving the first half of them with the second turns one bit of the place
at a time. */
ALWAYS void NAME(transpose)(const float *const *row, int64_t start, float *turned) {
    numbers part[WIDTH], next[WIDTH];
    for (int r = 0; r < WIDTH; r++) part[r] = FROM(row[r] + start);
    for (int step = 1; step < WIDTH; step *= 2) {
        for (int r = 0; r < WIDTH / 2; r++) {
            next[2 * r] = SHUFFLE(part[r], part[r + WIDTH / 2], PLACES(FIRST_HALVES));
            next[2 * r + 1] = SHUFFLE(part[r], part[r + WIDTH / 2], PLACES(LAST_HALVES));
        }
        for (int r = 0; r < WIDTH; r++) part[r] = next[r];
    }
    for (int r = 0; r < WIDTH; r++) AT(turned + r * WIDTH) = part[r];
}

/* Products of WIDTH queries, [dim, WIDTH], with KEYS keys. */
ALWAYS void NAME(multiply)(const float *queries, const float *keys, int64_t dim, float *logits) {
    numbers sum[KEYS] = {{0}};
    for (int64_t d = 0; d < dim; d++) {
        numbers part = FROM(queries + d * WIDTH);
        for (int j = 0; j < KEYS; j++) sum[j] += keys[j * dim + d] * part;
    }
    for (int j = 0; j < KEYS; j++) AT(logits + j * WIDTH) = sum[j];
}

/* Add weighted values to ROWS outputs, `vectors` times WIDTH numbers of each, and take the share of the sum. */
ALWAYS void NAME(mix)(
    const float *weights, const float *values, int64_t count, int64_t dim, float *const *output, const float *share,
    int written, int vectors
) {
    numbers sum[ROWS][2];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = FROM(output[r] + v * WIDTH);
    for (int64_t j = 0; j < count; j++) {
        numbers part[2];
        for (int v = 0; v < vectors; v++) part[v] = FROM(values + j * dim + v * WIDTH);
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < vectors; v++) sum[r][v] += weights[j * WIDTH + r] * part[v];
    }
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            if (r < written) AT(output[r] + v * WIDTH) = sum[r][v] * share[r];
}

ALWAYS void NAME(correct_head)(
    const Call *call, int64_t batch, int64_t head, int64_t count, int64_t dim, float *scratch
) {
    const int64_t slots = call->num_slots;
    const int64_t *rows = call->rows + batch * call->linked, *slot = call->slots + batch * call->linked;
    float *keys = scratch;                                   /* [count, dim]; what is read past them does not count */
    float *values = keys + UP_TO(count, KEYS) * dim;         /* [count, dim] */
    float *queries = values + count * dim;                   /* [dim, WIDTH] */
    float *weights = queries + dim * WIDTH;                  /* [count, WIDTH] */
    float *excess = weights + UP_TO(count, KEYS) * WIDTH;    /* exp(bias) - 1 between slots */
    float *of_slot = excess + UP_TO(slots * slots, WIDTH) + WIDTH; /* that of WIDTH rows with slots from 1, turned */

    const float *table = call->table + (batch * call->heads + head) * slots * slots;
    const int64_t pairs = slots * slots, whole = pairs / WIDTH * WIDTH;
    for (int64_t place = 0; place < whole; place += WIDTH)
        AT(excess + place) = NAME(exponential)(FROM(table + place)) - 1.0f;
    for (int64_t place = whole; place < pairs; place++) excess[place] = table[place];
    AT(excess + whole) = NAME(exponential)(FROM(excess + whole)) - 1.0f;
    const float *before = call->before + (batch * call->linked * call->heads + head) * dim;
    for (int64_t row = 0; row < count; row++) {
        const float *key = vector(call->key, batch, head, rows[row]);
        float *value = vector(call->value, batch, head, rows[row]);
        for (int64_t d = 0; d < dim; d += WIDTH) {
            AT(keys + row * dim + d) = FROM(key + d);
            AT(values + row * dim + d) = FROM(value + d);
            if (call->before != NULL) AT(value + d) = FROM(before + row * call->heads * dim + d);
        }
    }
    for (int64_t first = 0; first < count; first += WIDTH) {
        const int written = count - first < WIDTH ? (int)(count - first) : WIDTH;
        const float *query[WIDTH], *row_excess[WIDTH];
        float share[WIDTH], log_sum[WIDTH];
        for (int r = 0; r < WIDTH; r++) { /* past the end the last one, which is not written */
            int64_t row = first + (r < written ? r : written - 1), token = rows[row];
            row_excess[r] = excess + slot[row] * slots + 1;
            query[r] = vector(call->query, batch, head, token);
            log_sum[r] = *vector(call->sums, batch, head, token);
        }
        for (int64_t d = 0; d < dim; d += WIDTH) NAME(transpose)(query, d, queries + d * WIDTH);
        for (int64_t column = 0; column < slots - 1; column += WIDTH)
            NAME(transpose)(row_excess, column, of_slot + column * WIDTH);
        for (int64_t j = 0; j < count; j += KEYS)
            NAME(multiply)(queries, keys + j * dim, dim, weights + j * WIDTH);
        numbers total = {0};
        for (int64_t j = 0; j < count; j++) {
            numbers logit = FROM(weights + j * WIDTH) * call->scaling - FROM(log_sum);
            numbers weight = NAME(exponential)(logit) * FROM(of_slot + (slot[j] - 1) * WIDTH);
            if (call->is_causal && j > first)
                for (int r = 0; r < WIDTH; r++)
                    if (first + r < j) weight[r] = 0; /* a later key, which may lie far above the sum */
            AT(weights + j * WIDTH) = weight;
            total += weight;
        }
        AT(share) = 1.0f / (1.0f + total);
        if (call->keeps_sums)
            for (int r = 0; r < written; r++)
                *vector(call->sums, batch, head, rows[first + r]) = log_sum[r] - logf(share[r]);
        for (int r = 0; r < written; r += ROWS) {
            float *output[ROWS];
            for (int k = 0; k < ROWS; k++) {
                int64_t row = first + (r + k < written ? r + k : written - 1);
                output[k] = vector(call->output, batch, head, rows[row]);
                if (r + k < written) fetch_next(call, batch, head, row, dim);
            }
            int64_t d = 0;
            for (; d + 2 * WIDTH <= dim; d += 2 * WIDTH) {
                NAME(mix)(weights + r, values + d, count, dim, output, share + r, written - r, 2);
                for (int k = 0; k < ROWS; k++) output[k] += 2 * WIDTH;
            }
            if (d < dim) NAME(mix)(weights + r, values + d, count, dim, output, share + r, written - r, 1);
        }
    }
}

TARGET static void NAME(correct_groups)(void *given) {
    Work *work = given;
    const Call *call = work->call;
    float *scratch = work->scratch + __atomic_fetch_add(&work->started, 1, __ATOMIC_RELAXED) * work->scratch_size;
    int64_t number;
    while ((number = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED)) < work->num_groups) {
        int64_t parts = UP_TO(call->heads, work->group) / work->group;
        int64_t batch = number / parts, head = number % parts * work->group, count = count_linked(call, batch);
        int64_t end = head + work->group < call->heads ? head + work->group : call->heads;
        for (; count && head < end; head++) {
            if (call->dim == 32) NAME(correct_head)(call, batch, head, count, 32, scratch);
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
