/* What a few vectors do; see by_width.h. */

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
#define PLACES(of) of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7), of(8), of(9), of(10), of(11), of(12), \
    of(13), of(14), of(15)
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

/* To ROWS outputs, `vectors` times WIDTH numbers of each, add weighted inputs, and take the share of the sum if given.
The weights of one output are `inner` apart, those of one input `outer`. */
ALWAYS void NAME(mix)(
    const float *weights, int64_t outer, int64_t inner, const float *inputs, int64_t count, int64_t dim,
    float *const *output, const float *share, int64_t written, int vectors
) {
    numbers sum[ROWS][2];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = FROM(output[r] + v * WIDTH);
    for (int64_t j = 0; j < count; j++) {
        numbers part[2];
        for (int v = 0; v < vectors; v++) part[v] = FROM(inputs + j * dim + v * WIDTH);
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < vectors; v++) sum[r][v] += weights[j * inner + r * outer] * part[v];
    }
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            if (r < written) AT(output[r] + v * WIDTH) = sum[r][v] * (share == NULL ? 1.0f : share[r]);
}

/* The same for all numbers of the outputs. */
ALWAYS void NAME(mix_all)(
    const float *weights, int64_t outer, int64_t inner, const float *inputs, int64_t count, int64_t dim,
    float **output, const float *share, int64_t written
) {
    int64_t d = 0;
    for (; d + 2 * WIDTH <= dim; d += 2 * WIDTH) {
        NAME(mix)(weights, outer, inner, inputs + d, count, dim, output, share, written, 2);
        for (int r = 0; r < ROWS; r++) output[r] += 2 * WIDTH;
    }
    if (d < dim) NAME(mix)(weights, outer, inner, inputs + d, count, dim, output, share, written, 1);
}

/* exp(bias) - 1 between the slots of a head; UP_TO(pairs, WIDTH) + WIDTH numbers are written. */
ALWAYS void NAME(excess_of)(const float *table, int64_t pairs, float *excess) {
    const int64_t whole = pairs / WIDTH * WIDTH;
    for (int64_t place = 0; place < whole; place += WIDTH)
        AT(excess + place) = NAME(exponential)(FROM(table + place)) - 1.0f;
    for (int64_t place = whole; place < pairs; place++) excess[place] = table[place];
    AT(excess + whole) = NAME(exponential)(FROM(excess + whole)) - 1.0f;
}
