/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several threads at once: one model shared by all, each thread with a context and a session of its own, on several devices, some
 * of the same name. Every thread has to get the bits that one thread alone gets.
 */
#define _POSIX_C_SOURCE 200809L
#include "test_host_model.h"

#include "systole_driver.h"

#include <pthread.h>

enum { THREADS = 6, RUNS = 3, M = 5, K = 40, N = 9 };

struct worker {
    pthread_t thread;
    struct systole_model *model;
    const char *device;
    bool absent; /* the device is not there */
    enum systole_status status;
    float got[RUNS][M * N];
};

static struct systole_tensor *numbers(struct systole_context *ctx, int64_t rows, int64_t columns, int run)
{
    const int64_t dims[2] = {rows, columns};
    struct systole_tensor *t = NULL;
    if (systole_tensor_create(ctx, SYSTOLE_F32, 2, dims, NULL, &t))
        return NULL;
    float *v = systole_tensor_data_mutable(t);
    for (int64_t i = 0; i < rows * columns; i++)
        v[i] = (float)sin((double)(i * (run + 1)) + (double)columns);
    return t;
}

static enum systole_status run_once(struct systole_context *ctx, struct systole_session *session, int run, float *got)
{
    struct systole_tensor *a = numbers(ctx, M, K, run), *b = numbers(ctx, K, N, run), *y = NULL;
    enum systole_status status = a && b ? systole_session_set(session, "i0", a) : SYSTOLE_NO_MEMORY;
    if (!status)
        status = systole_session_set(session, "i1", b);
    if (!status)
        status = systole_session_run(session);
    if (!status)
        status = systole_session_get(session, "o0", &y);
    if (!status)
        memcpy(got, systole_tensor_data(y), sizeof(float) * M * N);
    systole_tensor_free(a);
    systole_tensor_free(b);
    systole_tensor_free(y);
    return status;
}

/* Nothing of cmocka in here: it belongs to the first thread. */
static void *work(void *user)
{
    struct worker *w = user;
    struct systole_context *ctx = NULL;
    struct systole_session *session = NULL;
    w->status = systole_context_create(NULL, &ctx);
    if (!w->status)
        w->status = systole_session_create(ctx, w->model, w->device, &session);
    w->absent = w->status == SYSTOLE_NOT_FOUND;
    for (int i = 0; i < RUNS && !w->status; i++)
        w->status = run_once(ctx, session, i, w->got[i]);
    systole_session_free(session);
    systole_context_free(ctx);
    return NULL;
}

static void test_threads_sharing_a_model_get_the_bits_of_one(void **state)
{
    static const char *const devices[THREADS] = {"cpu", "cpu,threads=3", "hls:4x4", "hls:4x4", "hls:16x16", "cpu,threads=2"};
    struct one_node n = {.domain = "", .op = "MatMul", .version = 13, .n_in = 2, .n_out = 1};
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    struct systole_model *model = NULL;
    assert_int_equal(systole_model_load_memory(*state, data, size, NULL, &model), SYSTOLE_OK);
    free(data);
    static struct worker alone, all[THREADS];
    alone.model = model;
    alone.device = "cpu,threads=1";
    work(&alone);
    assert_int_equal(alone.status, SYSTOLE_OK);
    for (int i = 0; i < THREADS; i++) {
        all[i].model = model;
        all[i].device = devices[i];
        assert_int_equal(pthread_create(&all[i].thread, NULL, work, &all[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(all[i].thread, NULL);
    int compared = 0;
    for (int i = 0; i < THREADS; i++) {
        if (all[i].absent) {
            print_message("SKIP: %s is not there\n", devices[i]);
            continue;
        }
        assert_int_equal(all[i].status, SYSTOLE_OK);
        assert_memory_equal(all[i].got, alone.got, sizeof alone.got);
        compared++;
    }
    assert_true(compared >= 3);
    systole_model_free(model);
}

/* The driver alone: every thread opens, runs and closes a device of its own, again and again. */
static void *open_and_close(void *user)
{
    enum systole_status *status = user;
    static const uint32_t end[SYSTOLE_INSN_BYTES / 4] = {SYSTOLE_OP_END};
    for (int i = 0; i < RUNS && !*status; i++) {
        struct systole_device *dev = NULL;
        struct systole_buffer *program = NULL;
        *status = systole_device_open("hls:4x4", NULL, &dev);
        if (!*status)
            *status = systole_buffer_alloc(dev, sizeof end, &program);
        if (!*status)
            *status = systole_buffer_write(program, 0, end, sizeof end);
        if (!*status)
            *status = systole_device_set_window(dev, 0, program, 0, sizeof end);
        if (!*status)
            *status = systole_device_start(dev);
        if (!*status)
            *status = systole_device_wait(dev, SYSTOLE_FOREVER);
        systole_device_close(dev);
    }
    return NULL;
}

static void test_threads_with_devices_of_their_own_do_not_meet(void **state)
{
    if (systole_device_check(*state, "hls:4x4")) {
        print_message("SKIP: hls:4x4 is not there\n");
        skip();
    }
    pthread_t thread[THREADS];
    enum systole_status status[THREADS] = {SYSTOLE_OK};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, open_and_close, &status[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(status[i], SYSTOLE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_sharing_a_model_get_the_bits_of_one),
        cmocka_unit_test(test_threads_with_devices_of_their_own_do_not_meet),
    };
    return cmocka_run_group_tests_name("host_threads", tests, setup_context, teardown_context);
}
