/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients of layers that multiply, move or add: dense, convolutions, pools, sums, embeddings. */
#include "train_bench.h"

/* ---- dense ---- */

static enum systole_status dense(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    return systole_train_dense(t, in[0], in[1], in[2], y);
}

static void exact_dense(const double *const *in, double *y)
{
    for (int i = 0; i < 3; i++)
        for (int o = 0; o < 4; o++) {
            y[4 * i + o] = in[2][o];
            for (int k = 0; k < 5; k++)
                y[4 * i + o] += in[0][5 * i + k] * in[1][5 * o + k];
        }
}

/* ---- convolutions ---- */

struct conv_case {
    int64_t n, c, h, w, m, kh, kw, stride, pad, dilation, groups; /* c and m of all groups together */
};

static const struct conv_case convs[] = {{2, 3, 5, 4, 4, 3, 3, 1, 1, 1, 1}, {2, 4, 6, 5, 6, 3, 3, 2, 1, 1, 2},
                                         {1, 2, 9, 8, 3, 3, 2, 3, 0, 2, 1}, {2, 2, 5, 5, 3, 1, 1, 2, 0, 1, 1},
                                         {1, 2, 7, 6, 2, 2, 2, 3, 2, 1, 1}, {1, 2, 8, 8, 2, 3, 3, 2, 2, 2, 1},
                                         {1, 3, 4, 5, 3, 3, 3, 1, 2, 1, 3}, {1, 1, 6, 6, 2, 2, 3, 4, 3, 1, 1},
                                         {1, 1, 5, 5, 1, 4, 4, 2, 3, 1, 1}, {1, 2, 4, 4, 2, 3, 3, 1, 4, 1, 1}};
enum { CONVS = sizeof convs / sizeof *convs };
static int conv_at;

static int64_t conv_size(int64_t size, int64_t kernel, const struct conv_case *v)
{
    return (size + 2 * v->pad - ((kernel - 1) * v->dilation + 1)) / v->stride + 1;
}

static enum systole_status conv(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    const struct conv_case *const v = &convs[conv_at];
    const struct systole_conv_options o = {sizeof o, v->stride, v->pad, v->dilation, v->groups};
    return systole_train_conv2d(t, in[0], in[1], in[2], &o, y);
}

static double conv_sum(const struct conv_case *v, const double *x, const double *w, int64_t n, int64_t m, int64_t p, int64_t q)
{
    const int64_t depth = v->c / v->groups, group = m / (v->m / v->groups);
    double sum = 0;
    for (int64_t c = 0; c < depth; c++)
        for (int64_t i = 0; i < v->kh; i++)
            for (int64_t j = 0; j < v->kw; j++) {
                const int64_t row = p * v->stride + i * v->dilation - v->pad, column = q * v->stride + j * v->dilation - v->pad;
                if (row >= 0 && row < v->h && column >= 0 && column < v->w)
                    sum += x[((n * v->c + group * depth + c) * v->h + row) * v->w + column] *
                           w[((m * depth + c) * v->kh + i) * v->kw + j];
            }
    return sum;
}

static void exact_conv(const double *const *in, double *y)
{
    const struct conv_case *const v = &convs[conv_at];
    for (int64_t n = 0; n < v->n; n++)
        for (int64_t m = 0; m < v->m; m++)
            for (int64_t p = 0; p < conv_size(v->h, v->kh, v); p++)
                for (int64_t q = 0; q < conv_size(v->w, v->kw, v); q++)
                    *y++ = in[2][m] + conv_sum(v, in[0], in[1], n, m, p, q);
}

static struct bench_case conv_bench(int which)
{
    const struct conv_case *const v = &convs[which];
    struct bench_case c = {.name = "convolution", .inputs = 3, .layer = conv, .exact = exact_conv,
                           .dims = {{v->n, v->c, v->h, v->w}, {v->m, v->c / v->groups, v->kh, v->kw}, {v->m}}};
    c.terms = v->n * conv_size(v->h, v->kh, v) * conv_size(v->w, v->kw, v);
    return c;
}

/* ---- pools, sums, shapes, rows ---- */

static enum systole_status max_pool(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    return systole_train_pool2d(t, SYSTOLE_POOL_MAX, in[0], 3, 2, y);
}

static enum systole_status average_pool(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    return systole_train_pool2d(t, SYSTOLE_POOL_AVERAGE, in[0], 3, 2, y);
}

static void exact_pool(const double *x, double *y, bool is_max)
{
    for (int plane = 0; plane < 4; plane++)
        for (int p = 0; p < 2; p++)
            for (int q = 0; q < 2; q++, y++) {
                *y = is_max ? -INFINITY : 0;
                for (int i = 0; i < 9; i++) {
                    const double v = x[plane * 30 + (2 * p + i / 3) * 6 + 2 * q + i % 3];
                    *y = is_max ? fmax(*y, v) : *y + v / 9;
                }
            }
}

static void exact_max_pool(const double *const *in, double *y)
{
    exact_pool(in[0], y, true);
}

static void exact_average_pool(const double *const *in, double *y)
{
    exact_pool(in[0], y, false);
}

/* b is added to each part of a, and a to itself. */
static enum systole_status sums(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    struct systole_value *s = NULL, *flat = NULL;
    systole_train_add(t, in[0], in[1], &s);
    systole_train_reshape(t, in[0], 3, (const int64_t[]){2, 2, 3}, &flat);
    return systole_train_add(t, s, flat, y);
}

static void exact_sums(const double *const *in, double *y)
{
    for (int i = 0; i < 12; i++)
        y[i] = 2 * in[0][i] + in[1][i % 6];
}

static const int32_t row_numbers[] = {3, 0, 3, 1, 3, 4};

static enum systole_status rows(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    return systole_train_embedding(t, row_numbers, 2, (const int64_t[]){2, 3}, in[0], y);
}

static void exact_rows(const double *const *in, double *y)
{
    for (int i = 0; i < 24; i++)
        y[i] = in[0][row_numbers[i / 4] * 4 + i % 4];
}

/* The same weights twice: their gradient is a sum over both uses. */
static enum systole_status tied(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    struct systole_value *h = NULL;
    systole_train_dense(t, in[0], in[1], NULL, &h);
    return systole_train_dense(t, h, in[1], NULL, y);
}

static void exact_tied(const double *const *in, double *y)
{
    for (int i = 0; i < 2; i++)
        for (int o = 0; o < 4; o++) {
            y[4 * i + o] = 0;
            for (int m = 0; m < 4; m++)
                for (int k = 0; k < 4; k++)
                    y[4 * i + o] += in[0][4 * i + k] * in[1][4 * m + k] * in[1][4 * o + m];
        }
}

static void test_gradients_of_products_and_moves(void **unused)
{
    (void)unused;
    static const struct bench_case cases[] = {
        {"dense", 3, {{3, 5}, {4, 5}, {4}}, 5, 0, dense, exact_dense},
        {"max pool", 1, {{2, 2, 5, 6}}, 4, 0, max_pool, exact_max_pool},
        {"average pool", 1, {{2, 2, 5, 6}}, 9, 0, average_pool, exact_average_pool},
        {"sums and shapes", 2, {{2, 2, 3}, {2, 3}}, 4, 0, sums, exact_sums},
        {"embedding", 1, {{5, 4}}, 3, 0, rows, exact_rows},
        {"tied weights", 2, {{2, 4}, {4, 4}}, 16, 1, tied, exact_tied},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        bench_run(&cases[i]);
}

static void test_gradients_of_convolutions(void **unused)
{
    (void)unused;
    for (conv_at = 0; conv_at < CONVS; conv_at++) {
        const struct bench_case c = conv_bench(conv_at);
        bench_run(&c);
    }
}

/* ---- what a bypassed border means ---- */

static void test_convolution_border_is_no_step_with_infinities(void **unused)
{
    (void)unused;
    struct systole_context *ctx = NULL;
    struct systole_trainer *t = NULL;
    struct systole_value *x = NULL, *w = NULL, *y = NULL;
    const float picture[4] = {1, 2, 3, 4}, kernel[9] = {INFINITY, 1, 1, 1, 1, 1, 1, 1, 1}, r[4] = {1, 1, 1, INFINITY};
    const struct systole_conv_options o = {.size = sizeof o, .pad = 1};
    assert_int_equal(systole_context_create(NULL, &ctx), SYSTOLE_OK);
    assert_int_equal(systole_trainer_create(ctx, "cpu", 1, &t), SYSTOLE_OK);
    systole_train_input_with_gradient(t, 4, (const int64_t[]){1, 1, 2, 2}, picture, &x);
    systole_train_input_with_gradient(t, 4, (const int64_t[]){1, 1, 3, 3}, kernel, &w);
    assert_int_equal(systole_train_conv2d(t, x, w, NULL, &o, &y), SYSTOLE_OK);
    /* Only the last output has the infinite tap over the picture. */
    assert_true(systole_value_data(y)[0] == 10 && systole_value_data(y)[2] == 10 && isinf(systole_value_data(y)[3]));
    assert_int_equal(systole_train_backward_from(t, y, r), SYSTOLE_OK);
    /* The last tap saw the last pixel for the first output alone: the infinite gradient of the last output is no step of its
     * chain. */
    assert_true(systole_value_gradient(w)[8] == 4 && isinf(systole_value_gradient(w)[0]));
    systole_trainer_free(t);
    systole_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_of_products_and_moves),
        cmocka_unit_test(test_gradients_of_convolutions),
        cmocka_unit_test(test_convolution_border_is_no_step_with_infinities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
