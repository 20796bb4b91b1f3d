/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operator that a device has a part in, on every device: random shapes, strides, paddings, types, and numbers among which are infinities,
 * NaN, -0 and subnormals. All devices must give the first one's bits, and fail where it fails. SYSTOLE_DEVICES, by blanks, names others;
 * one that is not here is skipped and said. SYSTOLE_SEED and SYSTOLE_ROUNDS as everywhere.
 */
#include "test_host_model.h"

enum { DEVICES = 16, MOST_FAILING = 40 /* of a hundred cases: shapes that fit no operator */ };

static uint64_t seed, state;
static int rounds;
static char list[1024];
static const char *device[DEVICES];
static int n_devices;
static uint64_t special;

/* splitmix64 */
static uint64_t next(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int64_t draw(int64_t below)
{
    return (int64_t)(next() % (uint64_t)below);
}

/* ---- Operands ---- */

static float hostile(int specials)
{
    static const uint32_t odd[] = {0x80000000, 0, 1, 0x80000001, 0x00800000, 0x807fffff, 0x3f800000, 0xbf800001, 0x1f800000, 0x9f812345};
    static const uint32_t unbounded[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0x7f7fffff, 0xff7fffff};
    const int64_t pick = draw(64);
    float f = (float)(draw(1 << 24) - (1 << 23)) * ldexpf(1, (int)draw(40) - 44);
    if (specials && pick < 2)
        memcpy(&f, &unbounded[draw(7)], sizeof f);
    else if (pick < 12)
        memcpy(&f, &odd[draw(10)], sizeof f);
    return f;
}

static struct systole_tensor *tensor(struct systole_context *ctx, enum systole_dtype dtype, int rank, const int64_t *dims)
{
    struct systole_tensor *t = NULL;
    const int specials = draw(4) == 0; /* of the whole tensor: products with one are done by the host */
    assert_int_equal(systole_tensor_create(ctx, dtype, rank, dims, NULL, &t), SYSTOLE_OK);
    for (int64_t i = 0; i < systole_tensor_count(t); i++) {
        float f = hostile(specials);
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        switch ((int)dtype) {
        case SYSTOLE_F32: ((float *)systole_tensor_data_mutable(t))[i] = f; break;
        case SYSTOLE_BF16: ((uint16_t *)systole_tensor_data_mutable(t))[i] = (uint16_t)(bits >> 16); break;
        case SYSTOLE_F16: /* any bits; infinities and NaN where they are asked for */
            bits = (uint32_t)next();
            ((uint16_t *)systole_tensor_data_mutable(t))[i] = (uint16_t)(specials || (bits & 0x7c00) != 0x7c00 ? bits : bits & 0x83ff);
            break;
        case SYSTOLE_I32: ((int32_t *)systole_tensor_data_mutable(t))[i] = (int32_t)draw(20001) - 10000; break;
        default: ((uint8_t *)systole_tensor_data_mutable(t))[i] = (uint8_t)next(); break;
        }
    }
    return t;
}

static struct systole_tensor *scalar(struct systole_context *ctx, enum systole_dtype dtype, double value)
{
    return tensor_of(ctx, dtype, 0, NULL, &value);
}

static void add(struct one_node *n, struct systole_tensor *t)
{
    n->in[n->n_in++] = t;
}

static void attr(struct one_node *n, Onnx__AttributeProto a)
{
    n->attrs[n->n_attrs++] = a;
}

static Onnx__AttributeProto attr_float(const char *name, float v)
{
    Onnx__AttributeProto a = ONNX__ATTRIBUTE_PROTO__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = a.has_f = 1;
    a.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    a.f = v;
    return a;
}

static enum systole_dtype float_type(void)
{
    static const enum systole_dtype types[] = {SYSTOLE_F32, SYSTOLE_F32, SYSTOLE_F32, SYSTOLE_BF16, SYSTOLE_F16};
    return types[draw(5)];
}

static enum systole_dtype byte_type(void)
{
    return draw(2) ? SYSTOLE_I8 : SYSTOLE_U8;
}

static double any_zero(enum systole_dtype dtype)
{
    return draw(3) == 0 ? 0 : (double)(draw(256) - (dtype == SYSTOLE_I8 ? 128 : 0));
}

/* ---- Shapes: kept until the next case, for attributes point to them ---- */

static int64_t kernel[2], stride[2], dilation[2], pads[4], image[4], weights[4];
static int64_t groups;

/* A window that fits an image of `channels`; 1 or 2 spatial dimensions. */
static int draw_window(int64_t channels, int gaps)
{
    const int spatial = 1 + (draw(4) != 0);
    image[0] = 1 + draw(2);
    image[1] = channels;
    for (int d = 0; d < spatial; d++) {
        kernel[d] = 1 + draw(4);
        stride[d] = 1 + draw(3);
        dilation[d] = gaps && draw(4) == 0 ? 2 : 1;
        pads[d] = draw(kernel[d]);
        pads[d + spatial] = draw(kernel[d]);
        image[d + 2] = (kernel[d] - 1) * dilation[d] + 1 + draw(9);
    }
    return spatial;
}

static void window_attrs(struct one_node *n, int spatial, int gaps)
{
    attr(n, attr_ints("kernel_shape", (size_t)spatial, kernel));
    attr(n, attr_ints("strides", (size_t)spatial, stride));
    attr(n, attr_ints("pads", 2 * (size_t)spatial, pads));
    if (gaps)
        attr(n, attr_ints("dilations", (size_t)spatial, dilation));
}

/* Image and weights of a convolution: plain, in groups, or depthwise. Channels out. */
static int64_t draw_conv(int *spatial)
{
    const int64_t kind = draw(3), of_group = kind == 2 ? 1 : 1 + draw(kind ? 3 : 7);
    groups = kind ? 1 + draw(6) : 1;
    *spatial = draw_window(of_group * groups, 1);
    const int64_t out = (kind == 2 ? 1 : 1 + draw(5)) * groups;
    weights[0] = out;
    weights[1] = of_group;
    memcpy(weights + 2, kernel, sizeof kernel);
    return out;
}

/* ---- Operators ---- */

typedef void make_fn(struct systole_context *ctx, struct one_node *n);

static void draw_product(int64_t a[4], int64_t b[4], int *ra, int *rb)
{
    const int64_t m = 1 + draw(21), k = 1 + draw(draw(4) ? 24 : 90), c = 1 + draw(21), batch = 1 + draw(3), outer = 1 + draw(2);
    const int64_t left[] = {outer, draw(2) ? batch : 1, m, k}, right[] = {draw(2) ? outer : 1, batch, k, c};
    *ra = 2 + (int)draw(3);
    *rb = 2 + (int)draw(3);
    for (int i = 0; i < *ra; i++)
        a[i] = left[4 - *ra + i];
    for (int i = 0; i < *rb; i++)
        b[i] = right[4 - *rb + i];
}

static void make_matmul(struct systole_context *ctx, struct one_node *n)
{
    int64_t a[4], b[4];
    int ra, rb;
    const enum systole_dtype type = float_type();
    draw_product(a, b, &ra, &rb);
    add(n, tensor(ctx, type, ra, a));
    add(n, tensor(ctx, type, rb, b));
}

static void make_gemm(struct systole_context *ctx, struct one_node *n)
{
    const int64_t m = 1 + draw(20), k = 1 + draw(40), c = 1 + draw(20), ta = draw(2), tb = draw(2);
    const int64_t a[] = {ta ? k : m, ta ? m : k}, b[] = {tb ? c : k, tb ? k : c};
    const int64_t start[] = {draw(2) ? m : 1, draw(2) ? c : 1};
    const enum systole_dtype type = float_type();
    add(n, tensor(ctx, type, 2, a));
    add(n, tensor(ctx, type, 2, b));
    if (draw(3)) {
        const int rank = 1 + (int)draw(2);
        add(n, tensor(ctx, type, rank, start + 2 - rank));
    }
    attr(n, attr_int("transA", ta));
    attr(n, attr_int("transB", tb));
    attr(n, attr_float("alpha", draw(2) ? 1 : hostile(0)));
    attr(n, attr_float("beta", draw(2) ? 1 : hostile(0)));
}

static void make_conv(struct systole_context *ctx, struct one_node *n)
{
    int spatial;
    const int64_t out = draw_conv(&spatial);
    const enum systole_dtype type = float_type();
    add(n, tensor(ctx, type, 2 + spatial, image));
    add(n, tensor(ctx, type, 2 + spatial, weights));
    if (draw(2))
        add(n, tensor(ctx, type, 1, &out));
    window_attrs(n, spatial, 1);
    attr(n, attr_int("group", groups));
}

static void make_matmul_integer(struct systole_context *ctx, struct one_node *n)
{
    int64_t a[4], b[4];
    int ra, rb;
    const enum systole_dtype left = byte_type(), right = byte_type();
    draw_product(a, b, &ra, &rb);
    add(n, tensor(ctx, left, ra, a));
    add(n, tensor(ctx, right, rb, b));
    if (draw(3)) {
        add(n, scalar(ctx, left, any_zero(left)));
        if (draw(3))
            add(n, scalar(ctx, right, any_zero(right)));
    }
}

static void make_conv_integer(struct systole_context *ctx, struct one_node *n)
{
    int spatial;
    const enum systole_dtype left = byte_type(), right = byte_type();
    draw_conv(&spatial);
    add(n, tensor(ctx, left, 2 + spatial, image));
    add(n, tensor(ctx, right, 2 + spatial, weights));
    if (draw(3)) {
        add(n, scalar(ctx, left, any_zero(left)));
        if (draw(3))
            add(n, scalar(ctx, right, any_zero(right)));
    }
    window_attrs(n, spatial, 1);
    attr(n, attr_int("group", groups));
}

static void add_scale(struct systole_context *ctx, struct one_node *n)
{
    add(n, scalar(ctx, SYSTOLE_F32, ldexp(1 + (double)draw(1000) / 1000, (int)draw(6) - 8)));
}

static void make_qlinear_matmul(struct systole_context *ctx, struct one_node *n)
{
    int64_t a[4], b[4];
    int ra, rb;
    const enum systole_dtype type[] = {byte_type(), byte_type(), byte_type()};
    draw_product(a, b, &ra, &rb);
    add(n, tensor(ctx, type[0], ra, a));
    add_scale(ctx, n);
    add(n, scalar(ctx, type[0], any_zero(type[0])));
    add(n, tensor(ctx, type[1], rb, b));
    add_scale(ctx, n);
    add(n, scalar(ctx, type[1], any_zero(type[1])));
    add_scale(ctx, n);
    add(n, scalar(ctx, type[2], any_zero(type[2])));
}

static void make_qlinear_conv(struct systole_context *ctx, struct one_node *n)
{
    int spatial;
    const int64_t out = draw_conv(&spatial);
    const enum systole_dtype type[] = {byte_type(), byte_type(), byte_type()};
    const int each = draw(2) == 0;
    add(n, tensor(ctx, type[0], 2 + spatial, image));
    add_scale(ctx, n);
    add(n, scalar(ctx, type[0], any_zero(type[0])));
    add(n, tensor(ctx, type[1], 2 + spatial, weights));
    struct systole_tensor *scales = NULL;
    assert_int_equal(systole_tensor_create(ctx, SYSTOLE_F32, each, &out, NULL, &scales), SYSTOLE_OK);
    for (int64_t i = 0; i < systole_tensor_count(scales); i++)
        ((float *)systole_tensor_data_mutable(scales))[i] = ldexpf(1 + (float)draw(1000) / 1000, (int)draw(6) - 8);
    add(n, scales);
    add(n, scalar(ctx, type[1], type[1] == SYSTOLE_I8 && draw(2) ? 0 : any_zero(type[1])));
    add_scale(ctx, n);
    add(n, scalar(ctx, type[2], any_zero(type[2])));
    if (draw(2))
        add(n, tensor(ctx, SYSTOLE_I32, 1, &out));
    window_attrs(n, spatial, 1);
    attr(n, attr_int("group", groups));
}

static void make_max_pool(struct systole_context *ctx, struct one_node *n)
{
    const int spatial = draw_window(1 + draw(9), 1);
    add(n, tensor(ctx, draw(3) ? SYSTOLE_F32 : byte_type(), 2 + spatial, image));
    window_attrs(n, spatial, 1);
    attr(n, attr_int("ceil_mode", draw(3) == 0));
}

static void make_average_pool(struct systole_context *ctx, struct one_node *n)
{
    const int spatial = draw_window(1 + draw(9), 0);
    add(n, tensor(ctx, SYSTOLE_F32, 2 + spatial, image));
    window_attrs(n, spatial, 0);
    attr(n, attr_int("count_include_pad", draw(2)));
    attr(n, attr_int("ceil_mode", draw(3) == 0));
}

static void make_global_pool(struct systole_context *ctx, struct one_node *n)
{
    const int spatial = draw_window(1 + draw(9), 0);
    add(n, tensor(ctx, SYSTOLE_F32, 2 + spatial, image));
}

/* Two of one shape, or the second a row of it. */
static void make_binary(struct systole_context *ctx, struct one_node *n)
{
    const int64_t dims[] = {1 + draw(5), 1 + draw(20)};
    const int rank = 1 + (int)draw(2);
    add(n, tensor(ctx, SYSTOLE_F32, 2, dims));
    add(n, tensor(ctx, SYSTOLE_F32, rank, dims + 2 - rank));
}

static void make_unary(struct systole_context *ctx, struct one_node *n)
{
    const int64_t dims[] = {1 + draw(3), 1 + draw(4), 1 + draw(30)};
    add(n, tensor(ctx, SYSTOLE_F32, 3, dims));
}

static void make_layer_norm(struct systole_context *ctx, struct one_node *n)
{
    const int64_t dims[] = {1 + draw(4), 1 + draw(30)};
    add(n, tensor(ctx, SYSTOLE_F32, 2, dims));
    add(n, tensor(ctx, SYSTOLE_F32, 1, dims + 1));
    if (draw(2))
        add(n, tensor(ctx, SYSTOLE_F32, 1, dims + 1));
}

static void make_quantise(struct systole_context *ctx, struct one_node *n)
{
    const enum systole_dtype type = byte_type();
    make_unary(ctx, n);
    add_scale(ctx, n);
    add(n, scalar(ctx, type, any_zero(type)));
}

static void make_dequantise(struct systole_context *ctx, struct one_node *n)
{
    const int64_t dims[] = {1 + draw(4), 1 + draw(30)};
    const enum systole_dtype type = byte_type();
    add(n, tensor(ctx, type, 2, dims));
    add_scale(ctx, n);
    add(n, scalar(ctx, type, any_zero(type)));
}

/* ---- One case on all devices ---- */

static enum systole_status run_on(struct systole_context *ctx, struct systole_model *model, const struct one_node *n, const char *name,
                                  struct systole_tensor **out)
{
    struct systole_session *session = NULL;
    struct systole_totals totals = {.size = sizeof totals};
    enum systole_status status = systole_session_create(ctx, model, name, &session);
    if (status)
        fail_msg("%s: %s", name, systole_context_detail(ctx));
    for (int i = 0; i < n->n_in && !status; i++) {
        char input[16];
        snprintf(input, sizeof input, "i%d", i);
        status = systole_session_set(session, input, n->in[i]);
    }
    if (!status)
        status = systole_session_run(session);
    if (!status)
        status = systole_session_get(session, "o0", out);
    if (!systole_session_totals(session, &totals))
        special += totals.special;
    systole_session_free(session);
    return status;
}

static void hold(const struct one_node *n, int round, int which, const struct systole_tensor *got, const struct systole_tensor *wanted)
{
    const int rank = systole_tensor_rank(wanted);
    const size_t bytes = systole_tensor_bytes(wanted), count = (size_t)systole_tensor_count(wanted), each = count ? bytes / count : 1;
    if (systole_tensor_dtype(got) != systole_tensor_dtype(wanted) || systole_tensor_rank(got) != rank ||
        (rank && memcmp(systole_tensor_dims(got), systole_tensor_dims(wanted), (size_t)rank * sizeof(int64_t)) != 0))
        fail_msg("%s, round %d of seed %llu: %s has another shape than %s", n->op, round, (unsigned long long)seed, device[which], device[0]);
    const char *a = systole_tensor_data(got), *b = systole_tensor_data(wanted);
    for (size_t i = 0; i < bytes; i++)
        if (a[i] != b[i])
            fail_msg("%s, round %d of seed %llu: element %zu of %zu is %.9g on %s, %.9g on %s", n->op, round, (unsigned long long)seed, i / each,
                     count, systole_tensor_value(got, (int64_t)(i / each)), device[which],
                     systole_tensor_value(wanted, (int64_t)(i / each)), device[0]);
}

/* 1: it ran. */
static int one_case(struct systole_context *ctx, const struct one_node *n, int round)
{
    struct systole_tensor *out[DEVICES] = {NULL};
    struct systole_model *model = NULL;
    enum systole_status first = SYSTOLE_OK;
    size_t size = 0;
    uint8_t *data = one_node_bytes(n, &size);
    assert_int_equal(systole_model_load_memory(ctx, data, size, NULL, &model), SYSTOLE_OK);
    free(data);
    for (int d = 0; d < n_devices; d++) {
        const enum systole_status status = run_on(ctx, model, n, device[d], &out[d]);
        first = d == 0 ? status : first;
        if (status != first)
            fail_msg("%s, round %d of seed %llu: status %d on %s, %d on %s: %s", n->op, round, (unsigned long long)seed, (int)status, device[d],
                     (int)first, device[0], systole_context_detail(ctx));
        if (!status && d)
            hold(n, round, d, out[d], out[0]);
    }
    for (int d = 0; d < n_devices; d++)
        systole_tensor_free(out[d]);
    systole_model_free(model);
    return first == SYSTOLE_OK;
}

static void all_rounds(struct systole_context *ctx, const char *op, make_fn *make)
{
    int ran = 0;
    for (int round = 0; round < rounds; round++) {
        struct one_node n = {.domain = "", .op = op, .version = 17, .n_out = 1};
        state = seed * 1000003 + (uint64_t)round;
        for (const char *c = op; *c; c++)
            state = state * 31 + (unsigned char)*c;
        make(ctx, &n);
        ran += one_case(ctx, &n, round);
        for (int i = 0; i < n.n_in; i++)
            systole_tensor_free(n.in[i]);
    }
    if (100 * ran < (100 - MOST_FAILING) * rounds)
        fail_msg("%s: %d of %d cases ran: too few to tell anything", op, ran, rounds);
}

/* ---- The matrix ---- */

#define OPERATORS(X)                                                                                                            \
    X(MatMul, make_matmul) X(Gemm, make_gemm) X(Conv, make_conv) X(MatMulInteger, make_matmul_integer)                          \
    X(ConvInteger, make_conv_integer) X(QLinearMatMul, make_qlinear_matmul) X(QLinearConv, make_qlinear_conv)                   \
    X(MaxPool, make_max_pool) X(AveragePool, make_average_pool) X(GlobalAveragePool, make_global_pool)                          \
    X(GlobalMaxPool, make_global_pool) X(Add, make_binary) X(Mul, make_binary) X(Relu, make_unary) X(LeakyRelu, make_unary)     \
    X(Sigmoid, make_unary) X(Tanh, make_unary) X(Softmax, make_unary) X(LayerNormalization, make_layer_norm)                    \
    X(QuantizeLinear, make_quantise) X(DequantizeLinear, make_dequantise)

#define OPERATOR_TEST(op, make)                                    \
    static void test_##op##_has_the_same_bits_on_all(void **ctx)   \
    {                                                              \
        all_rounds(*ctx, #op, make);                               \
    }
OPERATORS(OPERATOR_TEST)
#undef OPERATOR_TEST

/* Numbers that have no parts took their way through the host, too. */
static void test_infinities_and_nans_were_among_the_operands(void **ctx)
{
    (void)ctx;
    assert_true(special > 0);
}

/* Those of the list that open here; the others are said. */
static int set_up(void **ctx)
{
    const char *wanted = getenv("SYSTOLE_DEVICES"), *told = getenv("SYSTOLE_SEED"), *many = getenv("SYSTOLE_ROUNDS");
    seed = told ? strtoull(told, NULL, 0) : 5;
    rounds = many ? atoi(many) : 6;
    snprintf(list, sizeof list, "%s", wanted ? wanted : "cpu hls:4x4 sim:4x4 model:4x4 opencl:0,tune=off");
    if (setup_context(ctx))
        return -1;
    for (char *name = strtok(list, " "); name && n_devices < DEVICES; name = strtok(NULL, " "))
        if (systole_device_check(*ctx, name))
            print_message("SKIP %s: %s\n", name, systole_context_detail(*ctx));
        else
            device[n_devices++] = name;
    print_message("seed %llu, %d rounds, %d devices\n", (unsigned long long)seed, rounds, n_devices);
    return n_devices < 2;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OPERATOR_TEST(op, make) cmocka_unit_test(test_##op##_has_the_same_bits_on_all),
        OPERATORS(OPERATOR_TEST)
#undef OPERATOR_TEST
        cmocka_unit_test(test_infinities_and_nans_were_among_the_operands),
    };
    return cmocka_run_group_tests(tests, set_up, teardown_context);
}
