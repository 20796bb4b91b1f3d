/* SPDX-License-Identifier: Apache-2.0 */
/* Products in the forms of the domain com.microsoft: of transposed operands, of weights of few bits, of bytes into floats. */
#include "host/graph/ops.h"
#include "host/ref/compose.h"

enum systole_status sy_op_fused_matmul(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *a = sy_in(c, 0), *b = sy_in(c, 1);
    const double alpha = (double)sy_attr_float(c, "alpha", 1);
    if (sy_attr_int(c, "transBatchA", 0) || sy_attr_int(c, "transBatchB", 0))
        return sy_cannot(c, "transposed batches (transBatchA, transBatchB)");
    if (sy_attr_int(c, "transA", 0))
        a = sy_step_swap(&s, a);
    if (sy_attr_int(c, "transB", 0))
        b = sy_step_swap(&s, b);
    const struct systole_tensor *y = sy_step2(&s, "MatMul", a, b);
    if (!s.status && alpha != 1)
        y = sy_step2(&s, "Mul", y, sy_step_number(&s, y, alpha));
    sy_steps_out(&s, 0, y);
    return sy_steps_end(&s);
}

/* ---- Weights of 2, 4 or 8 bits in blocks along k, each with a scale ---- */

enum { MOST_BLOCKED = 1 << 28 }; /* rows, columns and a block: their products are far from overflow */
struct blocks { int64_t n, k, bits, size, per_line; };

/* Number i of a line that begins at byte `base`; the first is in the low bits. */
static int64_t few_bits(const struct systole_tensor *t, int64_t base, int64_t i, int64_t bits)
{
    return sy_get_int(t, base + i * bits / 8) >> (i * bits % 8) & ((1 << bits) - 1);
}

static enum systole_status read_blocks(struct sy_call *c, struct blocks *q)
{
    const struct systole_tensor *b = sy_in(c, 1), *scale = sy_in(c, 2), *zero = sy_in(c, 3);
    *q = (struct blocks){sy_attr_int(c, "N", 0), sy_attr_int(c, "K", 0), sy_attr_int(c, "bits", 4), sy_attr_int(c, "block_size", 0), 0};
    if (q->n < 1 || q->k < 1 || q->n > MOST_BLOCKED || q->k > MOST_BLOCKED || q->size < 16 || q->size > MOST_BLOCKED || (q->size & (q->size - 1)) ||
        (q->bits != 2 && q->bits != 4 && q->bits != 8))
        return sy_bad(c, "%lldx%lld of %lld bits in blocks of %lld", (long long)q->k, (long long)q->n, (long long)q->bits, (long long)q->size);
    if (sy_in(c, 4))
        return sy_cannot(c, "an order of the blocks (g_idx)");
    q->per_line = (q->k + q->size - 1) / q->size;
    const bool packed = zero && !sy_dtype_is_float(zero->dtype);
    const int64_t zeros = packed ? q->n * ((q->per_line * q->bits + 7) / 8) : q->n * q->per_line;
    if (b->dtype != SYSTOLE_U8 || b->count != q->n * q->per_line * (q->size * q->bits / 8) || scale->count != q->n * q->per_line ||
        (zero && zero->count != zeros) || (packed && zero->dtype != SYSTOLE_U8))
        return sy_bad(c, "weights %s, scales %s and zero points do not fit %lldx%lld in blocks of %lld", sy_shape(b).text, sy_shape(scale).text,
                      (long long)q->k, (long long)q->n, (long long)q->size);
    return SYSTOLE_OK;
}

static double zero_of_block(const struct systole_tensor *zero, const struct blocks *q, int64_t line, int64_t block)
{
    if (!zero)
        return (double)(1 << (q->bits - 1));
    if (sy_dtype_is_float(zero->dtype))
        return sy_get(zero, line * q->per_line + block);
    return (double)few_bits(zero, line * ((q->per_line * q->bits + 7) / 8), block, q->bits);
}

enum systole_status sy_op_matmul_n_bits(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    struct blocks q;
    enum systole_status status = read_blocks(c, &q);
    if (status)
        return status;
    const int64_t dims[2] = {q.k, q.n};
    struct systole_tensor *w = sy_step_new(&s, sy_in(c, 0)->dtype, 2, dims);
    for (int64_t n = 0; w && n < q.n; n++)
        for (int64_t k = 0; k < q.k; k++) {
            const int64_t block = k / q.size, v = few_bits(sy_in(c, 1), (n * q.per_line + block) * (q.size * q.bits / 8), k % q.size, q.bits);
            const float less = (float)v - (float)zero_of_block(sy_in(c, 3), &q, n, block);
            sy_put(w, k * q.n + n, (double)(less * (float)sy_get(sy_in(c, 2), n * q.per_line + block)));
        }
    const struct systole_tensor *y = sy_step2(&s, "MatMul", sy_in(c, 0), w);
    if (sy_in(c, 5))
        y = sy_step2(&s, "Add", y, sy_in(c, 5));
    sy_steps_out(&s, 0, y);
    return sy_steps_end(&s);
}

/* ---- Bytes times bytes, scaled ---- */

static const struct systole_tensor *scaled_product(struct sy_steps *s, const struct systole_tensor *const in[4], const struct systole_tensor *a_scale,
                                                   const struct systole_tensor *b_scale, const struct systole_tensor *bias)
{
    const struct systole_tensor *sums = sy_step(s, "MatMulInteger", 4, in, 0, NULL);
    const struct systole_tensor *y = sy_step2(s, "Mul", sy_step_cast(s, sums, SYSTOLE_F32), sy_step2(s, "Mul", a_scale, b_scale));
    return bias ? sy_step2(s, "Add", y, bias) : y;
}

/* A, B, A's scale, B's, A's zero point, B's, bias */
enum systole_status sy_op_matmul_integer_to_float(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *const in[4] = {sy_in(c, 0), sy_in(c, 1), sy_in(c, 4), sy_in(c, 5)};
    sy_steps_out(&s, 0, scaled_product(&s, in, sy_in(c, 2), sy_in(c, 3), sy_in(c, 6)));
    return sy_steps_end(&s);
}

/* A, B, B's scale, B's zero point, bias: A is quantised by its own range. */
enum systole_status sy_op_dynamic_quantize_matmul(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *a = sy_in(c, 0), *q[3];
    sy_step_all(&s, "DynamicQuantizeLinear", 1, &a, 0, NULL, 3, q);
    const struct systole_tensor *const in[4] = {q[0], sy_in(c, 1), q[2], sy_in(c, 3)};
    sy_steps_out(&s, 0, scaled_product(&s, in, q[1], sy_in(c, 2), sy_in(c, 4)));
    return sy_steps_end(&s);
}

/* ---- A Gemm of bytes: A, its scale and zero point, B, its, C of int32, Y's scale and zero point; without those the result is fp32 ---- */

enum systole_status sy_op_qgemm(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *a = sy_in(c, 0), *b = sy_in(c, 3), *y_scale = sy_in(c, 7), *y_zero = sy_in(c, 8);
    if (a->rank != 2 || b->rank != 2 || sy_in(c, 1)->count != 1 || (y_scale && (y_scale->count != 1 || !y_zero || y_zero->count != 1)))
        return sy_bad(c, "%s times %s, or more than one scale where there is one", sy_shape(a).text, sy_shape(b).text);
    if (sy_attr_int(c, "transA", 0))
        a = sy_step_swap(&s, a);
    if (sy_attr_int(c, "transB", 0))
        b = sy_step_swap(&s, b);
    const struct systole_tensor *const in[4] = {a, b, sy_in(c, 2), sy_in(c, 5)}, *sums = sy_step(&s, "MatMulInteger", 4, in, 0, NULL);
    if (sy_in(c, 6))
        sums = sy_step2(&s, "Add", sums, sy_in(c, 6));
    const struct systole_tensor *scale = sy_step2(&s, "Mul", sy_in(c, 1), sy_in(c, 4));
    scale = sy_step2(&s, "Mul", scale, sy_step_number(&s, scale, (double)sy_attr_float(c, "alpha", 1)));
    if (y_scale)
        scale = sy_step2(&s, "Div", scale, y_scale);
    const struct systole_tensor *y = sy_step2(&s, "Mul", sy_step_cast(&s, sums, SYSTOLE_F32), scale);
    if (y_scale) /* what is left is to round and to saturate */
        y = sy_step(&s, "QuantizeLinear", 3, (const struct systole_tensor *const[]){y, sy_step_number(&s, y_scale, 1), y_zero}, 0, NULL);
    sy_steps_out(&s, 0, y);
    return sy_steps_end(&s);
}
