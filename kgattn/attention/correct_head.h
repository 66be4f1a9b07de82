/* Putting right the output of one head of one example; see by_width.h. */

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
    NAME(excess_of)(table, slots * slots, excess);
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
        for (int r = 0; call->keeps_sums && r < written; r++)
            *vector(call->sums, batch, head, rows[first + r]) = log_sum[r] - logf(share[r]);
        for (int r = 0; r < written; r += ROWS) {
            float *output[ROWS];
            for (int k = 0; k < ROWS; k++) {
                int64_t row = first + (r + k < written ? r + k : written - 1);
                output[k] = vector(call->output, batch, head, rows[row]);
            }
            NAME(mix_all)(weights + r, 1, WIDTH, values, count, dim, output, share + r, written - r);
        }
    }
}
