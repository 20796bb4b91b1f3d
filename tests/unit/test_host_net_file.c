/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled networks as files: what comes back gives the same bits, and what was damaged is refused. */
#include "net_random.h"

#include "host/io/bytes.h"
#include "host/io/file.h"

#include <unistd.h>

static struct net net;

static const char *file_name(void)
{
    static char name[64];
    snprintf(name, sizeof name, "/tmp/test_host_net_file.%ld", (long)getpid());
    return name;
}

/* A network of that seed, compiled and saved; its bytes. */
static uint8_t *saved(struct systole_context *ctx, uint64_t seed, const char *device, size_t *size)
{
    struct systole_model *model = net_make(&net, ctx, seed, 7);
    struct systole_session *session = NULL;
    uint8_t *data = NULL;
    assert_non_null(model);
    assert_int_equal(systole_session_create(ctx, model, device, &session), SYSTOLE_OK);
    if (systole_session_save(session, file_name()) != SYSTOLE_OK)
        fail_msg("%s", systole_context_detail(ctx));
    systole_session_free(session);
    systole_model_free(model);
    assert_int_equal(sy_file_read(ctx, file_name(), &data, size), SYSTOLE_OK);
    unlink(file_name());
    return data;
}

static void run_session(struct systole_context *ctx, struct systole_session *session, struct systole_tensor *in, struct systole_tensor **out)
{
    assert_int_equal(systole_session_set(session, net.live[0].name, in), SYSTOLE_OK);
    if (systole_session_run(session) != SYSTOLE_OK)
        fail_msg("%s", systole_context_detail(ctx));
    for (size_t i = 0; i < net.graph.n_output; i++)
        assert_int_equal(systole_session_get(session, net.out[i].name, &out[i]), SYSTOLE_OK);
}

static void test_saved_network_gives_the_same_bits(void **state)
{
    for (uint64_t seed = 1; seed < 40; seed++) {
        struct systole_tensor *want[MOST_LIVE], *have[MOST_LIVE];
        struct systole_session *session = NULL;
        size_t size = 0;
        const char *device = seed % 2 ? "hls:4x4" : "hls:4x4,precision=x1";
        uint8_t *data = saved(*state, seed, device, &size);
        struct systole_tensor *in = net_input_for(*state, &net, seed % 5 == 0);
        if (systole_session_load_memory(*state, data, size, device, &session) != SYSTOLE_OK)
            fail_msg("seed %llu: %s", (unsigned long long)seed, systole_context_detail(*state));
        run_session(*state, session, in, have);
        systole_session_free(session);
        struct systole_model *model = net_load(&net, *state);
        assert_int_equal(systole_session_create(*state, model, seed % 2 ? "cpu" : "cpu,precision=x1", &session), SYSTOLE_OK);
        run_session(*state, session, in, want);
        for (size_t i = 0; i < net.graph.n_output; i++) {
            assert_int_equal(systole_tensor_bytes(want[i]), systole_tensor_bytes(have[i]));
            assert_memory_equal(systole_tensor_data(want[i]), systole_tensor_data(have[i]), systole_tensor_bytes(want[i]));
            systole_tensor_free(want[i]);
            systole_tensor_free(have[i]);
        }
        systole_session_free(session);
        systole_model_free(model);
        systole_tensor_free(in);
        sy_free(data);
        net_end(&net);
    }
}

static void test_saved_network_on_another_device_is_refused_with_both_hashes(void **state)
{
    struct systole_session *session = NULL;
    size_t size = 0;
    uint8_t *data = saved(*state, 1, "hls:4x4", &size);
    assert_int_equal(systole_session_load_memory(*state, data, size, "hls:8x16_acc_rows256", &session), SYSTOLE_MISMATCH);
    const char *detail = systole_context_detail(*state), *first = strstr(detail, "build ");
    assert_non_null(first);
    const char *second = strstr(first + 1, "build ");
    assert_non_null(second);
    assert_true(strncmp(first, second, strlen("build ") + 16) != 0);
    assert_non_null(strstr(detail, "contract "));
    assert_int_equal(systole_session_load_memory(*state, data, size, "hls:4x4,precision=x3", &session), SYSTOLE_MISMATCH);
    assert_int_equal(systole_session_load_memory(*state, data, size, "cpu", &session), SYSTOLE_MISMATCH);
    assert_int_equal(systole_session_load_memory(*state, data, size, "hls:59x61", &session), SYSTOLE_NOT_FOUND);
    assert_null(session);
    sy_free(data);
    net_end(&net);
}

static void test_saved_network_damaged_anywhere_is_an_error(void **state)
{
    size_t size = 0;
    uint8_t *data = saved(*state, 3, "hls:4x4", &size);
    const size_t step = size / 1500 + 1;
    for (size_t i = 0; i < size; i += i < 64 ? 1 : step) {
        struct systole_session *session = NULL;
        data[i] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(systole_session_load_memory(*state, data, size, "hls:4x4", &session), SYSTOLE_IO);
        data[i] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(systole_session_load_memory(*state, data, i, "hls:4x4", &session), SYSTOLE_IO);
        assert_null(session);
    }
    sy_free(data);
    net_end(&net);
}

/* As a careful forger would: the checksum fits. It is refused or loaded; what matters is that nothing is read or written outside. */
static void test_saved_network_forged_does_no_harm(void **state)
{
    size_t size = 0;
    uint64_t refused = 0, loaded = 0;
    uint8_t *data = saved(*state, 3, "hls:4x4", &size);
    const uint64_t model = *(const uint64_t *)(const void *)(data + 8);
    for (uint32_t round = 0; round < 3000; round++) {
        struct systole_session *session = NULL;
        const size_t from = 16 + (size_t)model, at = from + net_draw(&net, (uint32_t)(size - 8 - from));
        const uint8_t was = data[at];
        data[at] = (uint8_t)net_draw(&net, 256);
        const uint64_t sum = sy_checksum(data, size - 8);
        memcpy(data + size - 8, &sum, sizeof sum);
        const enum systole_status status = systole_session_load_memory(*state, data, size, "hls:4x4", &session);
        data[at] = was;
        refused += status != SYSTOLE_OK;
        assert_true(status == SYSTOLE_OK || systole_context_detail(*state)[0]);
        loaded += status == SYSTOLE_OK; /* and is not started: a program that was changed may compute for as long as its counts say */
        systole_session_free(session);
    }
    print_message("%llu refused, %llu loaded\n", (unsigned long long)refused, (unsigned long long)loaded);
    assert_true(refused > 0 && loaded > 0);
    sy_free(data);
    net_end(&net);
}

static void test_session_on_the_cpu_has_nothing_to_save(void **state)
{
    struct systole_model *model = net_make(&net, *state, 1, 7);
    struct systole_session *session = NULL;
    assert_int_equal(systole_session_create(*state, model, "cpu", &session), SYSTOLE_OK);
    assert_int_equal(systole_session_save(session, file_name()), SYSTOLE_UNSUPPORTED);
    assert_int_equal(access(file_name(), F_OK), -1);
    systole_session_free(session);
    systole_model_free(model);
    net_end(&net);
}

/* No memory at the first allocation, the second, ...: said each time, and what there was stays usable. */
static void test_loading_without_memory_is_no_memory(void **state)
{
    size_t size = 0;
    uint8_t *data = saved(*state, 3, "hls:4x4", &size);
    bool failed = true;
    for (long n = 1; failed; n++) {
        struct systole_session *session = NULL;
        sy_alloc_fail_at(n);
        const enum systole_status status = systole_session_load_memory(*state, data, size, "hls:4x4", &session);
        failed = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        assert_int_equal(status, failed ? SYSTOLE_NO_MEMORY : SYSTOLE_OK);
        systole_session_free(session);
    }
    sy_free(data);
    net_end(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saved_network_gives_the_same_bits),
        cmocka_unit_test(test_saved_network_on_another_device_is_refused_with_both_hashes),
        cmocka_unit_test(test_saved_network_damaged_anywhere_is_an_error),
        cmocka_unit_test(test_saved_network_forged_does_no_harm),
        cmocka_unit_test(test_session_on_the_cpu_has_nothing_to_save),
        cmocka_unit_test(test_loading_without_memory_is_no_memory),
    };
    return cmocka_run_group_tests_name("host_net_file", tests, setup_context, teardown_context);
}
