/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory runs out: at the first allocation, the second, and so on until everything passes. Each time the answer is NO_MEMORY
 * with a word about it, and what was taken is given back (which the build with sanitizers sees).
 * host/core/alloc.c and driver/alloc.c are the only callers of the allocator; both are made to refuse.
 */
#define _POSIX_C_SOURCE 200809L
#include "test_host_model.h"

#include "alloc.h" /* of the driver */
#include "systole_driver.h"

#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 100000 };

/* Something that allocates and gives back all it took. */
typedef enum systole_status scenario_fn(const void *what);

static long countdown;
static bool refused;

static bool refuse_nth(void *user, size_t size)
{
    (void)user;
    (void)size;
    if (countdown > 0 && --countdown == 0)
        refused = true;
    else
        return true;
    return false;
}

/* Fails every allocation of the library in turn; returns how many there are. */
static long fail_each_of_library(scenario_fn *scenario, const void *what, const char *name)
{
    for (long n = 1; n < MOST; n++) {
        sy_alloc_fail_at(n);
        const enum systole_status status = scenario(what);
        const bool failed = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        if (status != (failed ? SYSTOLE_NO_MEMORY : SYSTOLE_OK))
            print_error("%s: allocation %ld of the library %s, and the status is %d (%s)\n", name, n, failed ? "failed" : "passed",
                        (int)status, systole_status_text(status));
        assert_int_equal(status, failed ? SYSTOLE_NO_MEMORY : SYSTOLE_OK);
        if (!failed)
            return n - 1;
    }
    fail_msg("%s: still allocating after %d", name, MOST);
    return 0;
}

static long fail_each_of_driver(scenario_fn *scenario, const void *what, const char *name)
{
    driver_alloc_set_hook(refuse_nth, NULL);
    for (long n = 1; n < MOST; n++) {
        countdown = n;
        refused = false;
        const enum systole_status status = scenario(what);
        countdown = 0;
        if (status != (refused ? SYSTOLE_NO_MEMORY : SYSTOLE_OK))
            print_error("%s: allocation %ld of the driver %s, and the status is %d (%s)\n", name, n, refused ? "failed" : "passed",
                        (int)status, systole_status_text(status));
        assert_int_equal(status, refused ? SYSTOLE_NO_MEMORY : SYSTOLE_OK);
        if (!refused) {
            driver_alloc_set_hook(NULL, NULL);
            return n - 1;
        }
    }
    fail_msg("%s: still allocating after %d", name, MOST);
    return 0;
}

/* ---- Models: loaded, a session opened, run, the outputs taken ---- */

struct network {
    const char *device;
    const uint8_t *data;
    size_t size;
};

static enum systole_status set_inputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session)
{
    enum systole_status status = SYSTOLE_OK;
    for (int i = 0; i < systole_model_input_count(model) && !status; i++) {
        struct systole_value_info info = {.size = sizeof info};
        struct systole_tensor *t = NULL;
        status = systole_model_input(model, i, &info);
        for (int k = 0; k < info.rank; k++)
            info.dims[k] = info.dims[k] < 0 ? 1 : info.dims[k];
        if (!status)
            status = systole_tensor_create(ctx, info.dtype, info.rank, info.dims, NULL, &t);
        if (!status)
            status = systole_session_set(session, info.name, t);
        systole_tensor_free(t);
    }
    return status;
}

static enum systole_status run_network(const void *what)
{
    const struct network *n = what;
    struct systole_context *ctx = NULL;
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    struct systole_tensor *out = NULL;
    struct systole_value_info info = {.size = sizeof info};
    enum systole_status status = systole_context_create(NULL, &ctx);
    if (!status)
        status = systole_model_load_memory(ctx, n->data, n->size, NULL, &model);
    if (!status)
        status = systole_session_create(ctx, model, n->device, &session);
    if (!status)
        status = set_inputs(ctx, model, session);
    if (!status)
        status = systole_session_run(session);
    if (!status)
        status = systole_model_output(model, 0, &info);
    if (!status)
        status = systole_session_get(session, info.name, &out);
    if (status && ctx && !systole_context_detail(ctx)[0])
        fail_msg("a failure without a word about it");
    systole_tensor_free(out);
    systole_session_free(session);
    systole_model_free(model);
    systole_context_free(ctx);
    return status;
}

static bool is_there(const char *device)
{
    struct systole_context *ctx = NULL;
    assert_int_equal(systole_context_create(NULL, &ctx), SYSTOLE_OK);
    const enum systole_status status = systole_device_check(ctx, device);
    if (status)
        print_message("SKIP: %s\n", systole_context_detail(ctx));
    systole_context_free(ctx);
    return status == SYSTOLE_OK;
}

/* A file of the tests' own build; where it is not there, the test is skipped. */
static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    struct stat s;
    if (!f || fstat(fileno(f), &s)) {
        print_message("SKIP: %s is not there\n", path);
        skip();
    }
    uint8_t *data = malloc((size_t)s.st_size);
    assert_non_null(data);
    *size = fread(data, 1, (size_t)s.st_size, f);
    assert_int_equal(*size, s.st_size);
    fclose(f);
    return data;
}

static void fail_each(const char *name, const char *device, uint8_t *data, size_t size)
{
    const struct network n = {device, data, size};
    const bool on_device = strncmp(device, "cpu", 3) != 0;
    if (on_device && !is_there(device)) {
        free(data);
        skip();
    }
    const long library = fail_each_of_library(run_network, &n, name), driver = fail_each_of_driver(run_network, &n, name);
    print_message("%s on %s: %ld allocations of the library, %ld of the driver\n", name, device, library, driver);
    assert_true(library > 20);
    assert_true(on_device ? driver > 4 : driver == 0);
    free(data);
}

/* One encoder block: products, normalisation, softmax, shape operators. */
static void transformer_on(const char *device)
{
    size_t size = 0;
    uint8_t *data = read_file("build/examples/transformer.onnx", &size);
    fail_each("transformer", device, data, size);
}

static void test_transformer_on_the_cpu_each_allocation_failing_is_no_memory(void **state)
{
    (void)state;
    transformer_on("cpu,threads=1");
}

static void test_transformer_on_a_device_each_allocation_failing_is_no_memory(void **state)
{
    (void)state;
    transformer_on("hls:4x4");
}

/* x, w, b of a convolution with all that its node may say; its inputs' shapes are in the model. */
static void convolution_on(const char *device)
{
    static const int64_t dims[3][4] = {{1, 4, 6, 6}, {4, 2, 3, 3}, {4}};
    static const int ranks[3] = {4, 4, 1};
    static int64_t pads[4] = {1, 1, 1, 1}, strides[2] = {2, 2};
    struct one_node n = {.domain = "", .op = "Conv", .version = 13, .n_in = 3, .n_out = 1, .n_attrs = 3,
                         .attrs = {attr_ints("pads", 4, pads), attr_ints("strides", 2, strides), attr_int("group", 2)}};
    size_t size = 0;
    uint8_t *plain = one_node_bytes(&n, &size);
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, size, plain);
    free(plain);
    assert_non_null(m);
    for (int i = 0; i < 3; i++)
        declare_input(m->graph->input[i], SYSTOLE_F32, ranks[i], dims[i]);
    uint8_t *data = pack_model(m, &size);
    onnx__model_proto__free_unpacked(m, NULL);
    fail_each("convolution", device, data, size);
}

static void test_convolution_on_the_cpu_each_allocation_failing_is_no_memory(void **state)
{
    (void)state;
    convolution_on("cpu,threads=1");
}

static void test_convolution_on_a_device_each_allocation_failing_is_no_memory(void **state)
{
    (void)state;
    convolution_on("hls:4x4");
}

/* ---- Files ---- */

struct file {
    const char *path;
    enum systole_dtype dtype;
};

static enum systole_status write_and_read(const void *what)
{
    const struct file *f = what;
    const int64_t dims[2] = {3, 5};
    struct systole_context *ctx = NULL;
    struct systole_tensor *t = NULL, *back = NULL;
    enum systole_status status = systole_context_create(NULL, &ctx);
    if (!status)
        status = systole_tensor_create(ctx, f->dtype, 2, dims, NULL, &t);
    if (!status)
        status = systole_tensor_write(ctx, f->path, t);
    if (!status)
        status = systole_tensor_read(ctx, f->path, &back);
    systole_tensor_free(back);
    systole_tensor_free(t);
    systole_context_free(ctx);
    return status;
}

static void test_tensor_files_each_allocation_failing_is_no_memory(void **state)
{
    (void)state;
    char folder[] = "/tmp/systole_alloc_XXXXXX", path[64];
    static const struct file kinds[] = {{"npy", SYSTOLE_F32}, {"npy", SYSTOLE_I8}, {"pb", SYSTOLE_F32}, {"pb", SYSTOLE_I4}, {"pb", SYSTOLE_I64}};
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "%s/t.%s", folder, kinds[i].path);
        const struct file f = {path, kinds[i].dtype};
        assert_true(fail_each_of_library(write_and_read, &f, path) > 4);
        unlink(path);
    }
    rmdir(folder);
}

/* ---- The driver alone ---- */

static enum systole_status use_device(const void *what)
{
    static const uint32_t end[SYSTOLE_INSN_BYTES / 4] = {SYSTOLE_OP_END};
    struct systole_device *dev = NULL;
    struct systole_buffer *program = NULL, *data = NULL;
    enum systole_status status = systole_device_open(what, NULL, &dev);
    if (status)
        return status;
    status = systole_buffer_alloc(dev, sizeof end, &program);
    if (!status)
        status = systole_buffer_alloc(dev, 1000, &data);
    if (!status)
        status = systole_buffer_write(program, 0, end, sizeof end);
    if (!status)
        status = systole_device_set_window(dev, 0, program, 0, sizeof end);
    if (!status)
        status = systole_device_start(dev);
    if (!status)
        status = systole_device_wait(dev, SYSTOLE_FOREVER);
    if (status && !systole_device_message(dev)[0])
        fail_msg("a failure without a word about it");
    systole_device_close(dev);
    return status;
}

static void test_driver_each_allocation_failing_is_no_memory(void **state)
{
    (void)state;
    static const char *const devices[] = {"hls:4x4", "sim:4x4"};
    int there = 0;
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        if (!is_there(devices[i]))
            continue;
        there++;
        const long n = fail_each_of_driver(use_device, devices[i], devices[i]);
        print_message("%s: %ld allocations of the driver\n", devices[i], n);
        assert_true(n >= 4);
    }
    if (!there)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transformer_on_the_cpu_each_allocation_failing_is_no_memory),
        cmocka_unit_test(test_transformer_on_a_device_each_allocation_failing_is_no_memory),
        cmocka_unit_test(test_convolution_on_the_cpu_each_allocation_failing_is_no_memory),
        cmocka_unit_test(test_convolution_on_a_device_each_allocation_failing_is_no_memory),
        cmocka_unit_test(test_tensor_files_each_allocation_failing_is_no_memory),
        cmocka_unit_test(test_driver_each_allocation_failing_is_no_memory),
    };
    return cmocka_run_group_tests_name("host_alloc", tests, NULL, NULL);
}
