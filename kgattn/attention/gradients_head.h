/* Putting right the gradients of one head of one example; see by_width.h.

They are those of attention without a bias, worked out with the output and the log-sum-exp that the bias leads to: what
they lack is what the bias adds to the weights between linked tokens. */

ALWAYS void NAME(gradients_head)(
    const Call *call, int64_t batch, int64_t head, int64_t count, int64_t dim, float *scratch
) {
    const int64_t slots = call->num_slots, columns = UP_TO(slots - 1, WIDTH);
    const int64_t *rows = call->rows + batch * call->linked, *slot = call->slots + batch * call->linked;
    float *keys = scratch;                                /* [count, dim]; what is read past them does not count */
    float *values = keys + UP_TO(count, KEYS) * dim;      /* [count, dim], the same */
    float *queries = values + UP_TO(count, KEYS) * dim;   /* [count, dim] */
    float *outer = queries + count * dim;                 /* [count, dim], the gradient of the output */
    float *turned_queries = outer + count * dim;          /* [dim, WIDTH] */
    float *turned_outer = turned_queries + dim * WIDTH;   /* [dim, WIDTH] */
    float *turned_output = turned_outer + dim * WIDTH;    /* [dim, WIDTH] */
    float *gains = turned_output + dim * WIDTH;           /* [count, WIDTH], what the bias adds to the weights */
    float *logits = gains + UP_TO(count, KEYS) * WIDTH;   /* [count, WIDTH], then the same of their gradient */
    float *excess = logits + UP_TO(count, KEYS) * WIDTH;  /* exp(bias) - 1 between slots */
    float *of_slot = excess + UP_TO(slots * slots, WIDTH) + WIDTH; /* that of WIDTH rows with slots from 1, turned */
    float *to_slot = of_slot + columns * WIDTH;           /* gradients of that bias, likewise */
    float *to_rows = to_slot + columns * WIDTH;           /* [WIDTH, WIDTH], those of some slots, turned back */
    float *grad_table = to_rows + WIDTH * WIDTH;          /* [slot, columns], from slot 1 */

    const float *table = call->table + (batch * call->heads + head) * slots * slots;
    NAME(excess_of)(table, slots * slots, excess);
    memset(grad_table, 0, sizeof(float) * slots * columns);
    const float *before = call->before + (batch * call->linked * call->heads + head) * dim;
    for (int64_t row = 0; row < count; row++) {
        const float *key = vector(call->key, batch, head, rows[row]);
        const float *query = vector(call->query, batch, head, rows[row]);
        const float *grad = vector(call->grad, batch, head, rows[row]);
        float *value = vector(call->value, batch, head, rows[row]);
        for (int64_t d = 0; d < dim; d += WIDTH) {
            AT(keys + row * dim + d) = FROM(key + d);
            AT(queries + row * dim + d) = FROM(query + d);
            AT(outer + row * dim + d) = FROM(grad + d);
            AT(values + row * dim + d) = FROM(value + d);
            if (call->before != NULL) AT(value + d) = FROM(before + row * call->heads * dim + d);
        }
    }
    for (int64_t first = 0; first < count; first += WIDTH) {
        const int written = count - first < WIDTH ? (int)(count - first) : WIDTH;
        const float *query[WIDTH], *grad[WIDTH], *output[WIDTH], *row_excess[WIDTH];
        float log_sum[WIDTH];
        for (int r = 0; r < WIDTH; r++) { /* past the end the last one, which counts for nothing */
            int64_t row = first + (r < written ? r : written - 1);
            row_excess[r] = excess + slot[row] * slots + 1;
            query[r] = queries + row * dim;
            grad[r] = outer + row * dim;
            output[r] = vector(call->output, batch, head, rows[row]);
            log_sum[r] = *vector(call->sums, batch, head, rows[row]);
        }
        numbers inner = {0};
        for (int64_t d = 0; d < dim; d += WIDTH) {
            NAME(transpose)(query, d, turned_queries + d * WIDTH);
            NAME(transpose)(grad, d, turned_outer + d * WIDTH);
            NAME(transpose)(output, d, turned_output + d * WIDTH);
        }
        for (int64_t d = 0; d < dim; d++) inner += FROM(turned_outer + d * WIDTH) * FROM(turned_output + d * WIDTH);
        for (int64_t column = 0; column < columns; column += WIDTH)
            NAME(transpose)(row_excess, column, of_slot + column * WIDTH);
        memset(to_slot, 0, sizeof(float) * columns * WIDTH);
        for (int64_t j = 0; j < count; j += KEYS) {
            NAME(multiply)(turned_queries, keys + j * dim, dim, logits + j * WIDTH);
            NAME(multiply)(turned_outer, values + j * dim, dim, gains + j * WIDTH);
        }
        for (int64_t j = 0; j < count; j++) {
            const int64_t place = (slot[j] - 1) * WIDTH;
            numbers weight = NAME(exponential)(FROM(logits + j * WIDTH) * call->scaling - FROM(log_sum));
            if (call->is_causal && j > first)
                for (int r = 0; r < WIDTH; r++)
                    if (first + r < j) weight[r] = 0; /* a later key, which may lie far above the sum */
            numbers more = FROM(of_slot + place), gain = weight * more;
            numbers from_weight = FROM(gains + j * WIDTH) - inner;
            AT(to_slot + place) += (weight + gain) * from_weight;
            AT(gains + j * WIDTH) = gain;
            AT(logits + j * WIDTH) = gain * from_weight * call->scaling;
        }
        for (int64_t column = 0; column < columns; column += WIDTH) {
            const float *slots_of[WIDTH];
            for (int s = 0; s < WIDTH; s++) slots_of[s] = to_slot + (column + s) * WIDTH;
            NAME(transpose)(slots_of, 0, to_rows);
            for (int r = 0; r < written; r++)
                AT(grad_table + slot[first + r] * columns + column) += FROM(to_rows + r * WIDTH);
        }
        for (int r = 0; r < written; r += ROWS) {
            float *to[ROWS];
            for (int k = 0; k < ROWS; k++) {
                int64_t row = first + (r + k < written ? r + k : written - 1);
                to[k] = vector(call->grad_query, batch, head, rows[row]);
            }
            NAME(mix_all)(logits + r, 1, WIDTH, keys, count, dim, to, NULL, written - r);
        }
        for (int64_t j = 0; j < count; j += ROWS) {
            float *to_key[ROWS], *to_value[ROWS];
            for (int k = 0; k < ROWS; k++) {
                int64_t row = j + k < count ? j + k : count - 1;
                to_key[k] = vector(call->grad_key, batch, head, rows[row]);
                to_value[k] = vector(call->grad_value, batch, head, rows[row]);
            }
            NAME(mix_all)(logits + j * WIDTH, WIDTH, 1, queries + first * dim, written, dim, to_key, NULL, count - j);
            NAME(mix_all)(gains + j * WIDTH, WIDTH, 1, outer + first * dim, written, dim, to_value, NULL, count - j);
        }
    }
    float *all = call->grad_table + (batch * call->heads + head) * slots * slots;
    for (int64_t s = 1; s < slots; s++)
        memcpy(all + s * slots + 1, grad_table + s * columns, sizeof(float) * (slots - 1));
    if (call->grad_added == NULL) return;
    float *added = call->grad_added + (batch * call->heads + head) * slots * dim;
    for (int64_t row = 0; row < count; row++)
        for (int64_t d = 0; d < dim; d += WIDTH)
            AT(added + slot[row] * dim + d) += FROM(vector(call->grad_value, batch, head, rows[row]) + d);
}
