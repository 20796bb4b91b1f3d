/* SPDX-License-Identifier: Apache-2.0 */
/* ConvTranspose in random forms against its definition: every input spreads over the outputs its kernel reaches. Whole numbers: exact. */
#include "test_host_model.h"

#include "host/ref/spatial.h"

enum { CASES = 400, MOST = 7 };

static uint64_t state_of_chance;

static int64_t chance(int64_t least, int64_t most)
{
    state_of_chance = state_of_chance * 6364136223846793005u + 1442695040888963407u;
    return least + (int64_t)((state_of_chance >> 33) % (uint64_t)(most - least + 1));
}

struct form {
    struct sy_spatial s;
    int64_t groups, channels, made, batch, extra[SY_SPATIAL], pads[2 * SY_SPATIAL];
};

static struct form any_form(void)
{
    struct form f = {.groups = chance(1, 3), .channels = chance(1, 3), .made = chance(1, 3), .batch = chance(1, 2)};
    f.s.n = (int)chance(1, 3);
    f.s.in_count = f.s.kernel_count = f.s.out_count = 1;
    for (int i = 0; i < f.s.n; i++) {
        f.s.in[i] = chance(1, f.s.n == 3 ? 3 : MOST);
        f.s.kernel[i] = chance(1, f.s.n == 3 ? 3 : 5);
        f.s.stride[i] = chance(1, 4);
        f.s.dilation[i] = chance(1, 4);
        f.extra[i] = chance(0, sy_max(f.s.stride[i], f.s.dilation[i]) - 1);
        const int64_t full = f.s.stride[i] * (f.s.in[i] - 1) + f.extra[i] + (f.s.kernel[i] - 1) * f.s.dilation[i] + 1;
        f.s.before[i] = chance(0, sy_min(full - 1, 8));
        f.s.after[i] = chance(0, sy_min(full - 1 - f.s.before[i], 8));
        f.s.out[i] = full - f.s.before[i] - f.s.after[i];
        f.pads[i] = f.s.before[i];
        f.pads[i + f.s.n] = f.s.after[i];
        f.s.in_count *= f.s.in[i];
        f.s.kernel_count *= f.s.kernel[i];
        f.s.out_count *= f.s.out[i];
    }
    return f;
}

/* Where kernel position k of the input at `in` goes; -1: cut off. */
static int64_t goes_to(const struct form *f, const int64_t *in, const int64_t *k)
{
    int64_t at = 0;
    for (int i = 0; i < f->s.n; i++) {
        const int64_t o = in[i] * f->s.stride[i] + k[i] * f->s.dilation[i] - f->s.before[i];
        if (o < 0 || o >= f->s.out[i])
            return -1;
        at = at * f->s.out[i] + o;
    }
    return at;
}

static void spread(const struct form *f, const struct systole_tensor *x, const struct systole_tensor *w, const struct systole_tensor *b,
                   double *y)
{
    const int64_t outs = f->groups * f->made;
    for (int64_t i = 0; i < f->batch * outs * f->s.out_count; i++)
        y[i] = sy_get(b, i / f->s.out_count % outs);
    for (int64_t i = 0; i < x->count; i++) {
        int64_t in[SY_SPATIAL], rest = i % f->s.in_count, k[SY_SPATIAL] = {0};
        const int64_t plane = i / f->s.in_count, n = plane / (f->groups * f->channels), ch = plane % (f->groups * f->channels);
        for (int d = f->s.n - 1; d >= 0; rest /= f->s.in[d--])
            in[d] = rest % f->s.in[d];
        for (int64_t ki = 0; ki < f->s.kernel_count; ki++, sy_spatial_next(f->s.n, f->s.kernel, k)) {
            const int64_t at = goes_to(f, in, k);
            for (int64_t m = 0; at >= 0 && m < f->made; m++)
                y[(n * outs + ch / f->channels * f->made + m) * f->s.out_count + at] +=
                    sy_get(x, i) * sy_get(w, (ch * f->made + m) * f->s.kernel_count + ki);
        }
    }
}

static struct systole_tensor *whole_numbers(struct systole_context *ctx, enum systole_dtype dtype, int rank, const int64_t *dims)
{
    struct systole_tensor *t = NULL;
    assert_int_equal(systole_tensor_create(ctx, dtype, rank, dims, NULL, &t), SYSTOLE_OK);
    for (int64_t i = 0; i < t->count; i++)
        sy_put(t, i, (double)chance(-8, 8));
    return t;
}

static void one_case(struct systole_context *ctx, uint64_t seed)
{
    state_of_chance = seed;
    struct form f = any_form();
    const enum systole_dtype dtype = chance(0, 3) ? SYSTOLE_F32 : SYSTOLE_F64;
    int64_t dims_x[SYSTOLE_MAX_RANK] = {f.batch, f.groups * f.channels}, dims_w[SYSTOLE_MAX_RANK] = {f.groups * f.channels, f.made};
    const int64_t biases = f.groups * f.made;
    for (int i = 0; i < f.s.n; i++) {
        dims_x[i + 2] = f.s.in[i];
        dims_w[i + 2] = f.s.kernel[i];
    }
    struct one_node n = {.domain = "", .op = "ConvTranspose", .version = 11, .n_in = 3, .n_out = 1, .n_attrs = 5};
    n.attrs[0] = attr_ints("strides", (size_t)f.s.n, f.s.stride);
    n.attrs[1] = attr_ints("dilations", (size_t)f.s.n, f.s.dilation);
    n.attrs[2] = attr_ints("pads", 2 * (size_t)f.s.n, f.pads);
    n.attrs[3] = attr_ints("output_padding", (size_t)f.s.n, f.extra);
    n.attrs[4] = attr_int("group", f.groups);
    n.in[0] = whole_numbers(ctx, dtype, f.s.n + 2, dims_x);
    n.in[1] = whole_numbers(ctx, dtype, f.s.n + 2, dims_w);
    n.in[2] = whole_numbers(ctx, dtype, 1, &biases);
    double *wanted = calloc((size_t)(f.batch * biases * f.s.out_count), sizeof *wanted);
    assert_non_null(wanted);
    spread(&f, n.in[0], n.in[1], n.in[2], wanted);
    struct systole_tensor *out[VALUES] = {NULL};
    if (run_one_node(ctx, &n, out))
        fail_msg("seed %llu: %s", (unsigned long long)seed, systole_context_detail(ctx));
    assert_int_equal(out[0]->count, f.batch * biases * f.s.out_count);
    for (int64_t i = 0; i < out[0]->count; i++)
        if (sy_get(out[0], i) != wanted[i])
            fail_msg("seed %llu: element %lld of %s is %g; wanted %g", (unsigned long long)seed, (long long)i, sy_shape(out[0]).text,
                     sy_get(out[0], i), wanted[i]);
    systole_tensor_free(out[0]);
    free(wanted);
}

static void test_transposed_random_forms_are_what_they_spread(void **state)
{
    for (uint64_t seed = 1; seed <= CASES; seed++)
        one_case(*state, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_transposed_random_forms_are_what_they_spread)};
    return cmocka_run_group_tests_name("host_transposed", tests, setup_context, teardown_context);
}
