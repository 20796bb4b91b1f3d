/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products of random sizes and layouts, planned, run on both simulated devices, against plain loops. */
#include "plan_bench.h"

#include "host/plan/product.h"

enum { WIN_PROGRAM, WIN_A, WIN_B, WIN_START, WIN_SCALE, WIN_C };

struct sample {
    struct sy_product g;
    uint32_t precision; /* 0: int8; 16: bf16; 1, 3, 6: fp32 in passes */
    void *a, *b, *start, *scale, *c;
    size_t a_size, b_size, start_size, scale_size, c_size;
};

static struct sy_operand operand(uint32_t window, uint32_t rows, uint32_t cols, uint32_t element, uint32_t trans, size_t *size)
{
    struct sy_operand o = {.window = window, .trans = trans, .element = element};
    o.stride = (uint64_t)((trans ? rows : cols) + draw(5)) * element;
    o.offset = (uint64_t)draw(9) * element;
    *size = (size_t)(o.offset + o.stride * (trans ? cols : rows));
    return o;
}

static void draw_post(struct sample *s)
{
    struct sy_product *g = &s->g;
    const uint32_t out = s->precision == 0 ? (uint32_t[]){SYSTOLE_OUT_I8, SYSTOLE_OUT_U8, SYSTOLE_OUT_RAW32}[draw(3)]
                                           : (uint32_t[]){SYSTOLE_OUT_F32, SYSTOLE_OUT_BF16}[draw(2)];
    const uint32_t scaled = out == SYSTOLE_OUT_RAW32 ? SYSTOLE_SCALE_NONE
                            : s->precision == 0      ? 1 + draw(2)
                                                     : (uint32_t)SYSTOLE_SCALE_NONE;
    SYSTOLE_PUT(g->post, STORE, src_fp, s->precision != 0);
    SYSTOLE_PUT(g->post, STORE, out, out);
    SYSTOLE_PUT(g->post, STORE, scale, scaled);
    SYSTOLE_PUT(g->post, STORE, scale_imm, float_bits(0.0003f));
    if (s->precision == 0 && out != SYSTOLE_OUT_RAW32)
        SYSTOLE_PUT(g->post, STORE, o_zp, draw(256));
    g->scale = (struct sy_operand){.window = WIN_SCALE, .offset = 4ull * draw(3)};
    s->scale_size = (size_t)g->scale.offset + 4ull * g->n;
    s->scale = malloc(s->scale_size);
    for (size_t i = 0; i < s->scale_size / 4; i++)
        ((float *)s->scale)[i] = (float)(draw(1000) + 1) * 1e-6f;
    g->c = operand(WIN_C, g->m, g->n, out == SYSTOLE_OUT_BF16 ? 2 : out <= SYSTOLE_OUT_F32 ? 4 : 1, 0, &s->c_size);
    s->c = filled(s->c_size, 1);
}

static void draw_sample(struct sample *s, uint32_t most)
{
    static const uint32_t precisions[] = {0, 0, 16, 1, 3, 6};
    struct sy_product *g = &s->g;
    memset(s, 0, sizeof *s);
    s->precision = precisions[draw(6)];
    g->m = 1 + draw(most);
    g->n = 1 + draw(most);
    g->k = 1 + draw(most);
    g->bf16 = s->precision != 0;
    const uint32_t element = s->precision == 0 ? 1 : s->precision == 16 ? 2 : 4;
    if (s->precision == 0) {
        g->a_unsigned = draw(2);
        g->b_unsigned = draw(2);
        g->a_zp = draw(256);
        g->b_zp = draw(256);
    }
    g->passes = 1;
    g->pass[0].conv_a = g->pass[0].conv_b = element == 1 ? SYSTOLE_CONV_COPY8 : SYSTOLE_CONV_COPY16;
    if (element == 4)
        g->passes = sy_product_split(s->precision, g->pass);
    g->a = operand(WIN_A, g->m, g->k, element, draw(2), &s->a_size);
    g->b = operand(WIN_B, g->k, g->n, element, draw(2), &s->b_size);
    s->a = filled(s->a_size, element);
    s->b = filled(s->b_size, element);
    g->start = (enum sy_start)draw(3);
    g->start_at = operand(WIN_START, g->start == SY_START_C ? g->m : 1, g->n, 4, 0, &s->start_size);
    s->start = filled(s->start_size, 4);
    if (s->precision == 0)
        for (size_t i = 0; i < s->start_size / 4; i++)
            ((int32_t *)s->start)[i] = (int32_t)draw(20000) - 10000;
    draw_post(s);
}

static void free_sample(struct sample *s)
{
    free(s->a);
    free(s->b);
    free(s->start);
    free(s->scale);
    free(s->c);
}

/* ---- what is expected ---- */

static const char *element_at(const struct sy_operand *o, const void *data, uint32_t row, uint32_t col)
{
    return (const char *)data + o->offset + (o->trans ? col : row) * o->stride + (o->trans ? row : col) * (uint64_t)o->element;
}

static int32_t int_element(const struct sy_operand *o, const void *data, uint32_t row, uint32_t col, uint32_t uns, uint32_t zp)
{
    const uint8_t v = *(const uint8_t *)element_at(o, data, row, col);
    return uns ? (int32_t)v - (int32_t)zp : (int8_t)v - (int8_t)zp;
}

static float float_element(const struct sy_operand *o, const void *data, uint32_t row, uint32_t col, uint32_t conv)
{
    uint16_t b;
    float f;
    if (o->element == 2) {
        memcpy(&b, element_at(o, data, row, col), 2);
        return bf_float(b);
    }
    memcpy(&f, element_at(o, data, row, col), 4);
    return part(f, conv);
}

static uint32_t start_of(const struct sample *s, uint32_t m, uint32_t n)
{
    uint32_t v;
    if (s->g.start == SY_START_ZERO)
        return 0;
    memcpy(&v, element_at(&s->g.start_at, s->start, s->g.start == SY_START_C ? m : 0, n), 4);
    return v;
}

static uint32_t expect_acc(const struct sample *s, uint32_t m, uint32_t n)
{
    const struct sy_product *g = &s->g;
    uint32_t acc = start_of(s, m, n);
    if (s->precision == 0) {
        for (uint32_t k = 0; k < g->k; k++)
            acc += (uint32_t)(int_element(&g->a, s->a, m, k, g->a_unsigned, g->a_zp) *
                              int_element(&g->b, s->b, k, n, g->b_unsigned, g->b_zp));
        return acc;
    }
    float sum = bits_float(acc);
    for (uint32_t p = 0; p < g->passes; p++)
        for (uint32_t k = 0; k < g->k; k++)
            sum = fmaf(float_element(&g->a, s->a, m, k, g->pass[p].conv_a), float_element(&g->b, s->b, k, n, g->pass[p].conv_b),
                       sum);
    return float_bits(sum);
}

static uint32_t expect_out(const struct sample *s, uint32_t m, uint32_t n)
{
    const uint32_t *post = s->g.post, acc = expect_acc(s, m, n), out = SYSTOLE_GET(post, STORE, out);
    const uint32_t zp = SYSTOLE_GET(post, STORE, o_zp);
    if (out == SYSTOLE_OUT_RAW32 || out == SYSTOLE_OUT_F32)
        return acc;
    if (out == SYSTOLE_OUT_BF16)
        return bf(bits_float(acc));
    float f = (float)(int32_t)acc;
    f *= SYSTOLE_GET(post, STORE, scale) == SYSTOLE_SCALE_IMM ? 0.0003f
                                                              : ((const float *)s->scale)[s->g.scale.offset / 4 + n];
    const int32_t z = out == SYSTOLE_OUT_I8 ? (int8_t)zp : (int32_t)zp;
    const float lo = (float)((out == SYSTOLE_OUT_I8 ? -128 : 0) - z), hi = (float)((out == SYSTOLE_OUT_I8 ? 127 : 255) - z);
    f = f < lo ? lo : f > hi ? hi : f;
    return (uint32_t)((int32_t)lrintf(f) + z) & 0xff;
}

/* ---- running ---- */

static void run_sample(struct systole_device *dev, struct sample *s, uint32_t round)
{
    const struct sy_caps caps = caps_of(dev);
    struct sy_program *program = sy_program_new(&caps);
    assert_non_null(program);
    assert_int_equal(sy_plan_product(program, &caps, &s->g), SY_PLANNED);
    assert_true(sy_program_finish(program));
    struct systole_buffer *buffer[6];
    put_window(dev, WIN_PROGRAM, sy_program_words(program), (size_t)sy_program_count(program) * SYSTOLE_INSN_BYTES, &buffer[0]);
    put_window(dev, WIN_A, s->a, s->a_size, &buffer[1]);
    put_window(dev, WIN_B, s->b, s->b_size, &buffer[2]);
    put_window(dev, WIN_START, s->start, s->start_size, &buffer[3]);
    put_window(dev, WIN_SCALE, s->scale, s->scale_size, &buffer[4]);
    put_window(dev, WIN_C, s->c, s->c_size, &buffer[5]);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    if (systole_device_wait(dev, SYSTOLE_FOREVER) != SYSTOLE_OK)
        fail_msg("round %u: %s", round, systole_device_message(dev));
    char *got = malloc(s->c_size);
    assert_int_equal(systole_buffer_read(buffer[5], 0, got, s->c_size), SYSTOLE_OK);
    for (uint32_t m = 0; m < s->g.m; m++)
        for (uint32_t n = 0; n < s->g.n; n++) {
            uint32_t v = 0, want = expect_out(s, m, n);
            memcpy(&v, element_at(&s->g.c, got, m, n), s->g.c.element);
            if (v != want)
                fail_msg("round %u, %ux%ux%u precision %u: element (%u, %u) is %08x, not %08x", round, s->g.m, s->g.n, s->g.k,
                         s->precision, m, n, v, want);
            memcpy(got + (element_at(&s->g.c, got, m, n) - got), element_at(&s->g.c, s->c, m, n), s->g.c.element);
        }
    assert_memory_equal(got, s->c, s->c_size); /* nothing else was written */
    free(got);
    for (int i = 0; i < 6; i++)
        systole_buffer_free(buffer[i]);
    sy_program_free(program);
}

static void run_many(const char *device, uint32_t rounds, uint32_t most)
{
    struct systole_device *dev = open_device(device);
    for (uint32_t round = 0; round < rounds; round++) {
        struct sample s;
        draw_sample(&s, round % 4 == 3 ? 5 : most);
        run_sample(dev, &s, round);
        free_sample(&s);
    }
    systole_device_close(dev);
}

static void test_product_random_on_hls_equals_loops(void **unused)
{
    (void)unused;
    run_many("hls:4x4", 60, 150);
}

static void test_product_larger_than_memories_on_hls_equals_loops(void **unused)
{
    (void)unused;
    run_many("hls:4x4", 4, 900);
}

static void test_product_random_on_sim_equals_loops(void **unused)
{
    (void)unused;
    run_many("sim:4x4", 30, 40);
}

static void test_split_orders_small_terms_first(void **unused)
{
    (void)unused;
    struct sy_pass pass[SY_MAX_PASSES];
    assert_int_equal(sy_product_split(1, pass), 1);
    assert_int_equal(pass[0].conv_a, SYSTOLE_CONV_F32_H);
    assert_int_equal(sy_product_split(3, pass), 3);
    assert_int_equal(pass[0].conv_b, SYSTOLE_CONV_F32_M);
    assert_int_equal(sy_product_split(6, pass), 6);
    assert_int_equal(pass[0].conv_b, SYSTOLE_CONV_F32_L);
    assert_int_equal(pass[1].conv_a, SYSTOLE_CONV_F32_L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_orders_small_terms_first),
        cmocka_unit_test(test_product_random_on_hls_equals_loops),
        cmocka_unit_test(test_product_larger_than_memories_on_hls_equals_loops),
        cmocka_unit_test(test_product_random_on_sim_equals_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
