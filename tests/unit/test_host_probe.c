/* SPDX-License-Identifier: Apache-2.0 */
/* Products followed to their wrong step and PE: on an array in C that has one wrong PE, of any size, in any place; and nodes run by themselves. */
#include "test_host_model.h"

#include "host/engine/backend.h"
#include "host/engine/probe.h"

enum kind { RIGHT, SUM_FLIP, SUM_STUCK1, WEIGHT_FLIP, DEAD, KINDS };

/* The wrong PE of the engine that is tested. */
static struct {
    enum kind kind;
    int64_t rows, cols, row, column;
    uint32_t bit;
} wrong;

static uint32_t mac(bool f32, uint32_t a, uint32_t b, uint32_t sum)
{
    float x, y, s;
    if (!f32)
        return sum + (uint32_t)((int8_t)a * (int8_t)b);
    memcpy(&x, &a, 4);
    memcpy(&y, &b, 4);
    memcpy(&s, &sum, 4);
    s = fmaf(x, y, s);
    memcpy(&sum, &s, 4);
    return sum;
}

static uint32_t element(const struct sy_factor *f, bool f32, int64_t row, int64_t column)
{
    const size_t bytes = f32 ? 4 : 1;
    uint32_t word = 0;
    memcpy(&word, (const char *)f->data + (size_t)(row * f->row + column * f->column) * bytes, bytes);
    return word;
}

/* One tile after the other, all rows of each: those behind the end pass the sum on, and the wrong one does so wrongly. */
static enum systole_status wrong_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    (void)e;
    (void)ctx;
    const int64_t steps = (g->k + wrong.rows - 1) / wrong.rows * wrong.rows;
    for (int64_t i = 0; i < g->m * g->n; i++) {
        uint32_t *sum = (uint32_t *)g->c + i;
        for (int64_t k = 0; k < steps; k++) {
            const bool here = k % wrong.rows == wrong.row && i % g->n % wrong.cols == wrong.column;
            uint32_t b = k < g->k ? element(&g->b, g->f32, k, i % g->n) : 0;
            if (here && wrong.kind == WEIGHT_FLIP)
                b ^= g->f32 ? 1u << (16 + wrong.bit % 7) : 1u << wrong.bit % 8;
            if (k < g->k && !(here && wrong.kind == DEAD))
                *sum = mac(g->f32, element(&g->a, g->f32, i / g->n, k), b, *sum);
            if (here && wrong.kind == SUM_FLIP)
                *sum ^= 1u << wrong.bit;
            if (here && wrong.kind == SUM_STUCK1)
                *sum |= 1u << wrong.bit;
        }
    }
    return SYSTOLE_OK;
}

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A product of random size on the array; fp32 numbers are such that one pass multiplies them exactly. */
static void probe_product(struct systole_context *ctx, uint64_t *state, bool f32, bool is_array, struct systole_fault *f)
{
    static const struct sy_engine_ops ops = {.gemm = wrong_gemm};
    struct sy_engine e = {.ops = &ops, .precision = SY_X1};
    if (is_array)
        e.totals = (struct sy_engine_totals){.rows = (uint64_t)wrong.rows, .cols = (uint64_t)wrong.cols};
    const int64_t m = 1 + (int64_t)(next(state) % 5), n = wrong.cols + (int64_t)(next(state) % 20), k = wrong.rows + (int64_t)(next(state) % 40);
    uint32_t *a = calloc((size_t)(m * k), 4), *b = calloc((size_t)(k * n), 4), *c = calloc((size_t)(m * n), 4);
    assert_true(a && b && c);
    for (int64_t i = 0; i < m * k; i++)
        a[i] = f32 ? ((uint32_t)next(state) & 0x807f0000) | 0x3f000000 : (uint32_t)next(state);
    for (int64_t i = 0; i < k * n; i++)
        b[i] = f32 ? ((uint32_t)next(state) & 0x807f0000) | 0x3f000000 : (uint32_t)next(state);
    *f = (struct systole_fault){.element = -1, .k = -1};
    sy_engine_probe(&e, f);
    const struct sy_factor fa = {.data = a, .row = k, .column = 1}, fb = {.data = b, .row = n, .column = 1};
    if (f32)
        assert_int_equal(sy_engine_matmul_f32(&e, ctx, m, n, k, fa, fb, (float *)c), SYSTOLE_OK);
    else
        assert_int_equal(sy_engine_matmul_i8(&e, ctx, m, n, k, fa, fb, (int32_t *)c), SYSTOLE_OK);
    free(a);
    free(b);
    free(c);
}

static void test_probe_of_an_array_with_a_wrong_pe_names_the_pe(void **state)
{
    const char *given = getenv("SYSTOLE_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
    printf("seed %llu\n", (unsigned long long)seed);
    int found = 0;
    for (int i = 0; i < 200; i++) {
        struct systole_fault f;
        const bool f32 = i % 2;
        wrong.kind = (enum kind)(1 + next(&seed) % (KINDS - 1));
        wrong.rows = 2 + (int64_t)(next(&seed) % 9);
        wrong.cols = 1 + (int64_t)(next(&seed) % 9);
        wrong.row = (int64_t)(next(&seed) % (uint64_t)wrong.rows);
        wrong.column = (int64_t)(next(&seed) % (uint64_t)wrong.cols);
        wrong.bit = (uint32_t)(next(&seed) % 22); /* not an fp32 exponent's: infinities are another matter */
        probe_product(*state, &seed, f32, true, &f);
        if (!f.wrong)
            continue;
        found++;
        assert_int_equal(f.column, wrong.column);
        assert_int_equal(f.row, wrong.row);
        /* A wrong sum of the last row cannot be told from a wrong way behind it. */
        const bool last = wrong.row == wrong.rows - 1 && wrong.kind != DEAD && wrong.kind != WEIGHT_FLIP;
        assert_int_equal(f.place, last ? SYSTOLE_FAULT_LEAVING : SYSTOLE_FAULT_PE);
        if (f.k < 0)
            continue;
        assert_int_equal(f.wrong_columns, 1);
        assert_true(f.got_at != f.wanted_at && f.k < f.length);
        if (wrong.kind == DEAD || wrong.kind == WEIGHT_FLIP)
            assert_int_equal(f.k % wrong.rows, wrong.row);
    }
    assert_true(found > 150);
}

static void test_probe_of_a_right_array_finds_nothing(void **state)
{
    uint64_t seed = 7;
    wrong.kind = RIGHT;
    wrong.rows = 3;
    wrong.cols = 5;
    for (int i = 0; i < 20; i++) {
        struct systole_fault f;
        probe_product(*state, &seed, i % 2, true, &f);
        assert_int_equal(f.products, 1);
        assert_int_equal(f.wrong, 0);
        assert_int_equal(f.element, -1);
    }
}

static void test_probe_without_an_array_holds_sums_to_their_bound(void **state)
{
    uint64_t seed = 9;
    wrong.rows = wrong.cols = 4;
    wrong.row = wrong.column = 1;
    for (int i = 0; i < 20; i++) {
        struct systole_fault f;
        wrong.kind = i % 2 ? DEAD : RIGHT;
        probe_product(*state, &seed, true, false, &f);
        assert_true(f.bounded > 0 && (f.beyond > 0) == (wrong.kind == DEAD));
        assert_int_equal(f.rows, 0);
        probe_product(*state, &seed, false, false, &f);
        assert_int_equal(f.bounded, 0); /* integers have one sum */
    }
}

/* ---- Nodes by themselves ---- */

struct loaded {
    struct systole_model *model;
    struct systole_session *session;
};

static struct systole_tensor *pair(struct systole_context *ctx, double first, double second)
{
    return tensor_of(ctx, SYSTOLE_F32, 1, (const int64_t[]){2}, (const double[]){first, second});
}

/* o0 = i0 + i1, inputs set to (1, 2) and (10, 20). */
static struct loaded load_sum(struct systole_context *ctx)
{
    const struct one_node n = {.domain = "", .op = "Add", .version = 13, .n_in = 2, .n_out = 1};
    struct loaded l = {0};
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    assert_int_equal(systole_model_load_memory(ctx, data, size, NULL, &l.model), SYSTOLE_OK);
    free(data);
    assert_int_equal(systole_session_create(ctx, l.model, "cpu", &l.session), SYSTOLE_OK);
    for (int i = 0; i < 2; i++) {
        struct systole_tensor *t = pair(ctx, i ? 10 : 1, i ? 20 : 2);
        assert_int_equal(systole_session_set(l.session, i ? "i1" : "i0", t), SYSTOLE_OK);
        systole_tensor_free(t);
    }
    return l;
}

static void unload(struct loaded *l)
{
    systole_session_free(l->session);
    systole_model_free(l->model);
}

static double first_of(struct loaded *l, const char *name)
{
    struct systole_tensor *t = NULL;
    assert_int_equal(systole_session_get(l->session, name, &t), SYSTOLE_OK);
    const double v = systole_tensor_value(t, 0);
    systole_tensor_free(t);
    return v;
}

static void test_node_by_itself_takes_the_place_of_what_was_put(void **state)
{
    struct loaded l = load_sum(*state);
    struct systole_tensor *t = pair(*state, 5, 6);
    systole_session_keep(l.session, 1);
    assert_int_equal(systole_session_put(l.session, "o0", t), SYSTOLE_OK);
    systole_tensor_free(t);
    assert_true(first_of(&l, "o0") == 5);
    assert_int_equal(systole_session_run_node(l.session, 0), SYSTOLE_OK);
    assert_true(first_of(&l, "o0") == 11 && first_of(&l, "i1") == 10);
    assert_int_equal(systole_session_step_count(l.session), 1);
    struct systole_fault f = {.size = sizeof f};
    assert_int_equal(systole_session_locate(l.session, 0, &f), SYSTOLE_OK);
    assert_int_equal(f.products, 0);
    unload(&l);
}

static void test_node_by_itself_with_bad_arguments_is_refused(void **state)
{
    struct loaded l = load_sum(*state);
    struct systole_tensor *t = pair(*state, 5, 6);
    struct systole_node_info info = {.size = sizeof info};
    struct systole_fault f = {.size = 0};
    assert_int_equal(systole_session_run_node(l.session, 0), SYSTOLE_BAD_STATE);
    systole_session_keep(l.session, 1);
    assert_int_equal(systole_session_run_node(l.session, 1), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_session_run_node(l.session, -1), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_session_run_node(NULL, 0), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_session_put(l.session, "i0", t), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_session_put(l.session, "nobody", t), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_session_locate(l.session, 0, &f), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_model_node(l.model, 1, &info), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_model_node(l.model, 0, &info), SYSTOLE_OK);
    assert_string_equal(info.op, "Add");
    assert_string_equal(systole_model_node_output(l.model, 0, 0), "o0");
    assert_null(systole_model_node_output(l.model, 0, 1));
    systole_tensor_free(t);
    unload(&l);
}

/* Whichever allocation fails, what was there stays. */
static void test_node_by_itself_without_memory_keeps_what_was(void **state)
{
    struct loaded l = load_sum(*state);
    systole_session_keep(l.session, 1);
    assert_int_equal(systole_session_run(l.session), SYSTOLE_OK);
    int failed = 0;
    for (long n = 1;; n++) {
        sy_alloc_fail_at(n);
        const enum systole_status status = systole_session_run_node(l.session, 0);
        const bool has_failed = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        assert_true(first_of(&l, "o0") == 11);
        if (!has_failed)
            break;
        assert_int_equal(status, SYSTOLE_NO_MEMORY);
        failed++;
    }
    assert_true(failed > 0);
    unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe_of_an_array_with_a_wrong_pe_names_the_pe),
        cmocka_unit_test(test_probe_of_a_right_array_finds_nothing),
        cmocka_unit_test(test_probe_without_an_array_holds_sums_to_their_bound),
        cmocka_unit_test(test_node_by_itself_takes_the_place_of_what_was_put),
        cmocka_unit_test(test_node_by_itself_with_bad_arguments_is_refused),
        cmocka_unit_test(test_node_by_itself_without_memory_keeps_what_was),
    };
    return cmocka_run_group_tests(tests, setup_context, teardown_context);
}
