/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions and pools of random shapes, planned, run on both simulated devices, against plain loops. */
#include "plan_bench.h"

#include "host/plan/conv.h"

enum { WIN_PROGRAM, WIN_IN, WIN_WEIGHTS, WIN_BIAS, WIN_SCALE, WIN_OUT };

struct sample {
    struct sy_convolution v;
    uint32_t precision; /* 0: int8; 16: bf16; 1, 3, 6: fp32 in passes */
    void *in, *w, *bias, *scale, *out;
    size_t in_size, w_size, out_size, words;
};

static bool only_one_by_one; /* kernels */

static void draw_shape(struct sy_convolution *v, uint32_t most)
{
    v->mode = (uint32_t[]){SYSTOLE_MODE_MATRIX, SYSTOLE_MODE_MATRIX, SYSTOLE_MODE_DEPTHWISE, SYSTOLE_MODE_MAX,
                           SYSTOLE_MODE_SUM}[draw(5)];
    v->batch = 1 + draw(2);
    v->h = 1 + draw(most);
    v->w = 1 + draw(most);
    v->groups = v->mode == SYSTOLE_MODE_MATRIX ? 1 + draw(2) : 1;
    v->c = 1 + draw(draw(2) ? 3 : most);
    v->m = v->mode == SYSTOLE_MODE_MATRIX ? 1 + draw(2 * most) : v->c;
    do {
        v->kh = only_one_by_one ? 1 : 1 + draw(4);
        v->kw = only_one_by_one ? 1 : 1 + draw(4);
        v->dil_h = 1 + draw(2);
        v->dil_w = 1 + draw(2);
        v->stride_h = 1 + draw(3);
        v->stride_w = 1 + draw(3);
        v->pad_h = only_one_by_one ? draw(4) == 0 : draw(3);
        v->pad_w = only_one_by_one ? draw(4) == 0 : draw(3);
        const int32_t p = (int32_t)(v->h + v->pad_h + draw(3)) - (int32_t)((v->kh - 1) * v->dil_h + 1);
        const int32_t q = (int32_t)(v->w + v->pad_w + draw(3)) - (int32_t)((v->kw - 1) * v->dil_w + 1);
        v->p = p < 0 ? 0 : (uint32_t)p / v->stride_h + 1;
        v->q = q < 0 ? 0 : (uint32_t)q / v->stride_w + 1;
    } while (v->p == 0 || v->q == 0);
}

static struct sy_images images(uint32_t window, uint32_t h, uint32_t w, uint32_t c, uint32_t element)
{
    struct sy_images i = {.window = window, .element = element};
    i.offset = (uint64_t)draw(5) * element;
    i.pixel = (uint64_t)(c + draw(2) * draw(4)) * element;
    i.row = i.pixel * w + (uint64_t)draw(4) * element;
    i.image = i.row * h;
    return i;
}

static void draw_types(struct sample *s)
{
    struct sy_convolution *v = &s->v;
    const bool weights = v->mode == SYSTOLE_MODE_MATRIX || v->mode == SYSTOLE_MODE_DEPTHWISE;
    s->precision = (uint32_t[]){0, 0, 16, 1, 3, 6}[weights ? draw(6) : draw(4)];
    v->bf16 = s->precision != 0;
    v->weights.element = s->precision == 0 ? 1 : s->precision == 16 ? 2 : 4;
    v->weights.window = WIN_WEIGHTS;
    v->passes = 1;
    v->pass[0].conv_a = v->pass[0].conv_b = s->precision == 0 ? SYSTOLE_CONV_COPY8 : SYSTOLE_CONV_COPY16;
    if (v->weights.element == 4)
        v->passes = sy_product_split(s->precision, v->pass);
    if (s->precision == 0) {
        v->a_unsigned = draw(2);
        v->b_unsigned = draw(2);
        v->a_zp = draw(256);
        v->b_zp = draw(256);
        v->pad_value = v->mode != SYSTOLE_MODE_MAX ? v->a_zp : v->a_unsigned ? 0 : 0x80;
    }
    const uint32_t out = s->precision == 0 ? (draw(2) ? SYSTOLE_OUT_I8 : SYSTOLE_OUT_RAW32)
                                           : (uint32_t)(draw(2) ? SYSTOLE_OUT_F32 : SYSTOLE_OUT_BF16);
    SYSTOLE_PUT(v->post, STORE, src_fp, v->bf16);
    SYSTOLE_PUT(v->post, STORE, out, out);
    SYSTOLE_PUT(v->post, STORE, scale, out == SYSTOLE_OUT_I8 ? SYSTOLE_SCALE_PARAM : SYSTOLE_SCALE_NONE);
    v->has_bias = weights ? draw(2) : 0;
    v->bias.window = WIN_BIAS;
    v->scale.window = WIN_SCALE;
}

/* Where everything lies, and numbers in it. */
static void fill_sample(struct sample *s)
{
    struct sy_convolution *v = &s->v;
    const uint32_t out = SYSTOLE_GET(v->post, STORE, out);
    v->in = images(WIN_IN, v->h, v->w, v->groups * v->c, v->weights.element);
    v->out = images(WIN_OUT, v->p, v->q, v->groups * v->m,
                    out == SYSTOLE_OUT_I8 ? 1 : out == SYSTOLE_OUT_BF16 ? 2 : 4);
    s->in_size = (size_t)(v->in.offset + v->in.image * v->batch);
    s->out_size = (size_t)(v->out.offset + v->out.image * v->batch);
    s->words = (size_t)v->groups * v->m;
    s->w_size = s->words * (v->mode == SYSTOLE_MODE_MATRIX ? v->c : 1) * v->kh * v->kw * v->weights.element;
    s->in = filled(s->in_size, v->in.element);
    s->w = filled(s->w_size, v->weights.element);
    s->bias = filled(4 * s->words, 4);
    s->scale = filled(4 * s->words, 4);
    s->out = filled(s->out_size, 1);
    for (size_t i = 0; i < s->words; i++) {
        ((float *)s->scale)[i] = (float)(draw(1000) + 1) * 1e-6f;
        if (!v->bf16)
            ((int32_t *)s->bias)[i] = (int32_t)draw(20000) - 10000;
    }
}

static void draw_sample(struct sample *s, uint32_t most)
{
    memset(s, 0, sizeof *s);
    draw_shape(&s->v, most);
    draw_types(s);
    fill_sample(s);
}

/* Lane by lane in int8, with a kernel of so many columns. */
static void draw_depthwise(struct sample *s, uint32_t most, uint32_t kw)
{
    do {
        memset(s, 0, sizeof *s);
        draw_shape(&s->v, most);
        s->v.mode = SYSTOLE_MODE_DEPTHWISE;
        s->v.groups = 1;
        s->v.m = s->v.c;
        s->v.w += kw * s->v.dil_w;
        s->v.kw = kw;
        s->v.q = (s->v.w + s->v.pad_w + draw(3) - ((kw - 1) * s->v.dil_w + 1)) / s->v.stride_w + 1;
        draw_types(s);
    } while (s->precision != 0);
    fill_sample(s);
}

static void free_sample(struct sample *s)
{
    free(s->in);
    free(s->w);
    free(s->bias);
    free(s->scale);
    free(s->out);
}

/* ---- what is expected ---- */

static size_t pixel_at(const struct sy_images *i, uint32_t image, uint32_t y, uint32_t x, uint32_t c)
{
    return (size_t)(i->offset + image * i->image + y * i->row + x * i->pixel + (uint64_t)c * i->element);
}

static float as_float(const void *data, size_t at, uint32_t element, uint32_t conv)
{
    uint16_t b;
    float f;
    if (element == 2) {
        memcpy(&b, (const char *)data + at, 2);
        return bf_float(b);
    }
    memcpy(&f, (const char *)data + at, 4);
    return part(f, conv);
}

static int32_t as_int(const void *data, size_t at, uint32_t uns, uint32_t zp)
{
    const uint8_t b = ((const uint8_t *)data)[at];
    return uns ? (int32_t)b - (int32_t)zp : (int8_t)b - (int8_t)zp;
}

/* One step of one element's chain; `inside` false: the border. */
static uint32_t step(const struct sample *s, uint32_t acc, bool inside, size_t in_at, size_t w_at, uint32_t pass)
{
    const struct sy_convolution *v = &s->v;
    if (!v->bf16) {
        const int32_t border = v->a_unsigned ? (int32_t)v->pad_value - (int32_t)v->a_zp
                                             : (int8_t)v->pad_value - (int8_t)v->a_zp;
        const int32_t a = inside ? as_int(s->in, in_at, v->a_unsigned, v->a_zp) : border;
        if (v->mode == SYSTOLE_MODE_MAX)
            return a > (int32_t)acc ? (uint32_t)a : acc;
        if (v->mode == SYSTOLE_MODE_SUM)
            return acc + (uint32_t)a;
        return acc + (uint32_t)(a * as_int(s->w, w_at, v->b_unsigned, v->b_zp));
    }
    if (!inside)
        return acc;
    const float a = as_float(s->in, in_at, v->in.element, v->pass[pass].conv_a), sum = bits_float(acc);
    if (v->mode == SYSTOLE_MODE_MAX)
        return a > sum ? float_bits(a) : acc;
    if (v->mode == SYSTOLE_MODE_SUM)
        return float_bits(sum + a);
    return float_bits(fmaf(a, as_float(s->w, w_at, v->weights.element, v->pass[pass].conv_b), sum));
}

static uint32_t expect_acc(const struct sample *s, uint32_t image, uint32_t p, uint32_t q, uint32_t m)
{
    const struct sy_convolution *v = &s->v;
    const bool matrix = v->mode == SYSTOLE_MODE_MATRIX;
    const uint32_t channels = matrix ? v->c : 1, group = matrix ? m / v->m : 0;
    uint32_t acc = v->mode != SYSTOLE_MODE_MAX ? 0 : v->bf16 ? 0xff800000u : 0x80000000u;
    if (v->has_bias)
        memcpy(&acc, (const char *)s->bias + 4 * m, 4);
    for (uint32_t pass = 0; pass < v->passes; pass++)
        for (uint32_t kh = 0; kh < v->kh; kh++)
            for (uint32_t kw = 0; kw < v->kw; kw++)
                for (uint32_t c = 0; c < channels; c++) {
                    const int64_t y = (int64_t)p * v->stride_h + kh * v->dil_h - v->pad_h;
                    const int64_t x = (int64_t)q * v->stride_w + kw * v->dil_w - v->pad_w;
                    const bool inside = y >= 0 && y < v->h && x >= 0 && x < v->w;
                    const size_t in_at =
                        inside ? pixel_at(&v->in, image, (uint32_t)y, (uint32_t)x, matrix ? group * v->c + c : m) : 0;
                    const size_t w_at = ((((size_t)m * channels + c) * v->kh + kh) * v->kw + kw) * v->weights.element;
                    acc = step(s, acc, inside, in_at, w_at, pass);
                }
    return acc;
}

static uint32_t expect_out(const struct sample *s, uint32_t acc, uint32_t m)
{
    const uint32_t out = SYSTOLE_GET(s->v.post, STORE, out);
    if (out == SYSTOLE_OUT_BF16)
        return bf(bits_float(acc));
    if (out != SYSTOLE_OUT_I8)
        return acc;
    float f = (float)(int32_t)acc * ((const float *)s->scale)[m];
    f = f < -128.0f ? -128.0f : f > 127.0f ? 127.0f : f;
    return (uint32_t)(int32_t)lrintf(f) & 0xff;
}

/* ---- running ---- */

static void check_sample(const struct sample *s, char *got, uint32_t round)
{
    const struct sy_convolution *v = &s->v;
    for (uint32_t image = 0; image < v->batch; image++)
        for (uint32_t p = 0; p < v->p; p++)
            for (uint32_t q = 0; q < v->q; q++)
                for (uint32_t m = 0; m < v->groups * v->m; m++) {
                    const size_t at = pixel_at(&v->out, image, p, q, m);
                    const uint32_t want = expect_out(s, expect_acc(s, image, p, q, m), m);
                    uint32_t have = 0;
                    memcpy(&have, got + at, v->out.element);
                    if (have != want)
                        fail_msg("round %u, mode %u precision %u, %ux%ux%u kernel %ux%u: (%u, %u, %u, %u) is %08x, not %08x", round,
                                 v->mode, s->precision, v->h, v->w, v->c, v->kh, v->kw, image, p, q, m, have, want);
                    memcpy(got + at, (const char *)s->out + at, v->out.element);
                }
    assert_memory_equal(got, s->out, s->out_size); /* nothing else was written */
}

static void run_sample(struct systole_device *dev, struct sy_caps caps, struct sample *s, uint32_t round)
{
    struct sy_conv_layout layout;
    const struct sy_weight_strides dense = sy_conv_dense_weights(&s->v);
    struct systole_buffer *buffer[6];
    assert_int_equal(sy_conv_cut(&s->v, &caps, &layout), SY_PLANNED);
    /* Of one pass the weights may be packed as what the array takes of them. */
    const uint32_t element = s->v.weights.element;
    if (s->precision == 1 && round % 2) {
        s->v.weights.element = 2;
        s->v.pass[0].conv_b = SYSTOLE_CONV_COPY16;
    }
    const size_t packed_size = (size_t)layout.packed * s->v.weights.element;
    void *packed = malloc(packed_size ? packed_size : 1);
    if (s->v.mode == SYSTOLE_MODE_MATRIX || s->v.mode == SYSTOLE_MODE_DEPTHWISE)
        sy_conv_pack(&s->v, &caps, &layout, s->w, element, &dense, packed);
    struct sy_program *program = sy_program_new(&caps);
    assert_int_equal(sy_plan_conv(program, &caps, &s->v, &layout), SY_PLANNED);
    assert_true(sy_program_finish(program));
    s->v.weights.element = element;
    if (element == 4)
        s->v.passes = sy_product_split(s->precision, s->v.pass);
    put_window(dev, WIN_PROGRAM, sy_program_words(program), (size_t)sy_program_count(program) * SYSTOLE_INSN_BYTES, &buffer[0]);
    put_window(dev, WIN_IN, s->in, s->in_size, &buffer[1]);
    put_window(dev, WIN_WEIGHTS, packed, packed_size, &buffer[2]);
    put_window(dev, WIN_BIAS, s->bias, 4 * s->words, &buffer[3]);
    put_window(dev, WIN_SCALE, s->scale, 4 * s->words, &buffer[4]);
    put_window(dev, WIN_OUT, s->out, s->out_size, &buffer[5]);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    if (systole_device_wait(dev, SYSTOLE_FOREVER) != SYSTOLE_OK)
        fail_msg("round %u: %s", round, systole_device_message(dev));
    char *got = malloc(s->out_size);
    assert_int_equal(systole_buffer_read(buffer[5], 0, got, s->out_size), SYSTOLE_OK);
    check_sample(s, got, round);
    free(got);
    free(packed);
    for (int i = 0; i < 6; i++)
        systole_buffer_free(buffer[i]);
    sy_program_free(program);
}

/* Planned for a memory of any speed. */
static struct sy_caps some_caps(struct systole_device *dev)
{
    struct sy_caps caps = caps_of(dev);
    caps.memory = (struct sy_memory){1 + draw(800), 1 + draw(draw(2) ? 4 : 256)};
    return caps;
}

static void run_many(const char *device, uint32_t rounds, uint32_t most)
{
    struct systole_device *dev = open_device(device);
    for (uint32_t round = 0; round < rounds; round++) {
        struct sample s;
        draw_sample(&s, most);
        run_sample(dev, some_caps(dev), &s, round);
        free_sample(&s);
    }
    systole_device_close(dev);
}

static void test_conv_random_on_hls_equals_loops(void **unused)
{
    (void)unused;
    run_many("hls:4x4", 300, 12);
}

static void test_conv_larger_than_memories_on_hls_equals_loops(void **unused)
{
    (void)unused;
    run_many("hls:4x4", 6, 70);
}

static void test_conv_random_on_sim_equals_loops(void **unused)
{
    (void)unused;
    run_many("sim:4x4", 60, 9);
}

static bool folds_rows(const struct sy_conv_layout *l)
{
    return l->fold == SY_FOLD_ROW;
}

static bool folds_kernels(const struct sy_conv_layout *l)
{
    return l->fold == SY_FOLD_KERNEL;
}

static bool skips(const struct sy_conv_layout *l)
{
    return l->skip_h > 1 || l->skip_w > 1;
}

static bool is_in_chunks(const struct sy_conv_layout *l)
{
    return l->chunk < l->steps;
}

static bool is_in_parts(const struct sy_conv_layout *l)
{
    return l->part < l->chunk;
}

static const char small[] = "hls:4x4_apad_bytes1024_wpad_bytes512_acc_rows32_param_rows16";

/* Random shapes, of those the ones that are cut in this way. */
static void run_cut(const char *device, bool (*wanted)(const struct sy_conv_layout *), bool one_by_one, uint32_t rounds)
{
    struct systole_device *dev = open_device(device);
    uint32_t met = 0;
    for (uint32_t tried = 0; tried < 100000 && met < rounds; tried++) {
        struct sample s;
        struct sy_conv_layout layout;
        const struct sy_caps caps = some_caps(dev);
        only_one_by_one = one_by_one;
        draw_sample(&s, one_by_one ? 40 : 14);
        only_one_by_one = false;
        if (sy_conv_cut(&s.v, &caps, &layout) == SY_PLANNED && wanted(&layout))
            run_sample(dev, caps, &s, met++);
        free_sample(&s);
    }
    assert_int_equal(met, rounds);
    systole_device_close(dev);
}

static void test_conv_thin_row_by_row_equals_loops(void **unused)
{
    (void)unused;
    run_cut("hls:4x4", folds_rows, false, 40);
}

static void test_conv_thin_window_by_window_equals_loops(void **unused)
{
    (void)unused;
    run_cut("hls:4x4", folds_kernels, false, 40);
}

static void test_conv_strided_without_what_no_output_reads_equals_loops(void **unused)
{
    (void)unused;
    run_cut("hls:4x4", skips, true, 20);
    run_cut(small, skips, true, 20);
}

static void test_conv_whose_input_comes_in_chunks_equals_loops(void **unused)
{
    (void)unused;
    run_cut(small, is_in_chunks, true, 40);
}

static void test_conv_whose_input_comes_in_parts_equals_loops(void **unused)
{
    (void)unused;
    run_cut(small, is_in_parts, false, 20);
    run_cut(small, is_in_parts, true, 20);
}

/* Kernels of 1 to 7 columns: the rows are taken at once where that is fewer vectors to read, and the sums are the same. */
static void run_taps(const char *device, uint32_t rounds, uint32_t most)
{
    struct systole_device *dev = open_device(device);
    const struct sy_caps caps = caps_of(dev);
    struct sy_caps single = caps;
    const uint32_t lane_taps = sy_cap(&caps, SYSTOLE_CAP_LANE_TAPS);
    uint32_t met[8] = {0};
    single.word[SYSTOLE_CAP_LANE_TAPS] = 1;
    assert_true(lane_taps > 1 && lane_taps < 8);
    for (uint32_t round = 0; round < rounds; round++) {
        const uint32_t kw = 1 + round % 7;
        struct sample s;
        struct sy_conv_layout l;
        draw_depthwise(&s, most, kw);
        assert_int_equal(sy_conv_cut(&s.v, &single, &l), SY_PLANNED);
        assert_int_equal(l.taps, 1);
        assert_int_equal(sy_conv_cut(&s.v, &caps, &l), SY_PLANNED);
        const uint32_t apart = s.v.stride_w / s.v.dil_w;
        assert_true(l.taps <= lane_taps && l.kw * l.taps >= kw && (l.kw - 1) * l.taps < kw);
        if (l.taps > 1) {
            assert_true(s.v.stride_w % s.v.dil_w == 0 && apart <= 2);
            assert_true(l.kw * ((s.v.q - 1) * apart + l.taps) < kw * s.v.q);
        }
        if (s.v.stride_w == s.v.dil_w && kw > 1 && s.v.q > 2)
            assert_true(l.taps > 1);
        met[l.taps]++;
        run_sample(dev, caps, &s, round);
        free_sample(&s);
    }
    for (uint32_t taps = 1; taps <= lane_taps; taps++)
        assert_true(met[taps] > 0);
    systole_device_close(dev);
}

static void test_conv_taps_at_once_on_hls_equals_loops(void **unused)
{
    (void)unused;
    run_taps("hls:4x4", 280, 14);
}

static void test_conv_taps_at_once_on_sim_equals_loops(void **unused)
{
    (void)unused;
    run_taps("sim:4x4", 42, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv_random_on_hls_equals_loops),
        cmocka_unit_test(test_conv_larger_than_memories_on_hls_equals_loops),
        cmocka_unit_test(test_conv_random_on_sim_equals_loops),
        cmocka_unit_test(test_conv_taps_at_once_on_hls_equals_loops),
        cmocka_unit_test(test_conv_taps_at_once_on_sim_equals_loops),
        cmocka_unit_test(test_conv_thin_row_by_row_equals_loops),
        cmocka_unit_test(test_conv_thin_window_by_window_equals_loops),
        cmocka_unit_test(test_conv_strided_without_what_no_output_reads_equals_loops),
        cmocka_unit_test(test_conv_whose_input_comes_in_chunks_equals_loops),
        cmocka_unit_test(test_conv_whose_input_comes_in_parts_equals_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
