/* SPDX-License-Identifier: Apache-2.0 */
/* An OpenCL device gives the bits that the cpu gives. Skipped, and counted as such, where there is no OpenCL device. */
#define _DEFAULT_SOURCE
#include "engine_bench.h"

#include <dirent.h>
#include <unistd.h>

#include "host/engine/gpu.h"

/* Neither the user's folder nor what it holds has a part in this; only PoCL's programs stay where they are, so that they are built once. */
static int set_up_opencl(void **unused)
{
    static char folder[] = "/tmp/systole_opencl_XXXXXX";
    char programs[1024];
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache)
        snprintf(programs, sizeof programs, "%s/pocl/kcache", cache);
    else
        snprintf(programs, sizeof programs, "%s/.cache/pocl/kcache", home ? home : "/tmp");
    if (setenv("POCL_CACHE_DIR", programs, 0) || !mkdtemp(folder) || setenv("XDG_CACHE_HOME", folder, 1))
        return -1;
    return set_up(unused);
}

enum what { COUNT, DAMAGE, REMOVE };

/* What the library wrote into the test's cache folder: how many files. */
static int each_file(enum what what)
{
    char path[600];
    int count = 0;
    snprintf(path, sizeof path, "%s/systole", getenv("XDG_CACHE_HOME"));
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char file[1024];
        if (strncmp(entry->d_name, "kernel-", 7) != 0)
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        count++;
        FILE *f = what == DAMAGE ? fopen(file, "w") : NULL;
        if (f) {
            fputs("16 1000000 3 1 -1 0\n", f);
            fclose(f);
        }
        if (what == REMOVE)
            remove(file);
    }
    if (folder)
        closedir(folder);
    if (what == REMOVE)
        rmdir(path);
    return count;
}

static int tear_down_opencl(void **unused)
{
    each_file(REMOVE);
    rmdir(getenv("XDG_CACHE_HOME"));
    return tear_down(unused);
}

static void need_device(void)
{
    if (sy_opencl_count() == 0) {
        print_message("no OpenCL device here; the Debian packages pocl-opencl-icd and ocl-icd-libopencl1 make the processor one\n");
        skip();
    }
}

static void compare(const char *options, const char *precision, bool specials, int rounds)
{
    need_device();
    compare_with_cpu("opencl:0", options, precision, specials, rounds);
}

static void test_opencl_chain_of_any_numbers_is_the_cpus(void **unused)
{
    (void)unused;
    compare("tune=off", "f32", true, 30);
}

static void test_opencl_x6_is_the_cpus(void **unused)
{
    (void)unused;
    compare("tune=off", "x6", false, 20);
}

static void test_opencl_x3_is_the_cpus(void **unused)
{
    (void)unused;
    compare("tune=off", "x3", false, 10);
}

static void test_opencl_x1_with_specials_is_the_cpus(void **unused)
{
    (void)unused;
    compare("tune=off", "x1", true, 10);
}

static void test_opencl_in_integer_arithmetic_is_the_cpus(void **unused)
{
    (void)unused;
    compare("tune=off,mac=integer", "f32", true, 6);
}

/* Cut as for other devices, with slabs in local memory, and int8 with the four-byte product, which processors here do not have. */
static void test_opencl_cut_for_other_devices_is_the_cpus(void **unused)
{
    (void)unused;
    need_device();
    struct sy_engine *wanted = open_engine("cpu,precision=f32"), *e = open_engine("opencl:0,tune=off,precision=f32");
    struct sy_gpu *g = e->own;
    size_t count;
    const struct sy_gpu_shape *shapes = sy_gpu_shapes(false, &count);
    g->has_dot = true;
    for (size_t i = 0; i < (getenv("SYSTOLE_ROUNDS") ? count : 2); i++) {
        sy_gpu_reshape(g, shapes[i]);
        for (int round = 0; round < 6; round++) {
            one_gemm(wanted, e, "opencl:0", round % 3 != 0, true);
            one_conv(wanted, e, "opencl:0", round % 3 != 0, true);
        }
    }
    sy_engine_close(wanted);
    sy_engine_close(e);
}

static void count_lines(void *user, enum systole_log_level level, const char *text)
{
    (void)level;
    *(int *)user += strstr(text, "trying") != NULL;
}

/* Large enough to be worth trying shapes for; then the cache says which, and a damaged one is not believed. */
static void test_opencl_tunes_once_and_keeps_its_bits(void **unused)
{
    (void)unused;
    enum { SIDE = 512, DEPTH = 256 };
    need_device();
    int tried = 0;
    struct systole_context *logged = NULL, *kept = ctx;
    const struct systole_context_options options = {.size = sizeof options, .log = count_lines, .log_user = &tried};
    assert_int_equal(systole_context_create(&options, &logged), SYSTOLE_OK);
    float *a = values(SIDE * DEPTH, true, false), *want = calloc(SIDE * SIDE, 4), *got = calloc(SIDE * SIDE, 4);
    const struct sy_factor fa = {a, DEPTH, 1, false, 0}, fb = {a, SIDE, 1, false, 0};
    struct sy_engine *cpu = open_engine("cpu,precision=f32");
    assert_int_equal(sy_engine_matmul_f32(cpu, ctx, SIDE, SIDE, DEPTH, fa, fb, want), 0);
    ctx = logged;
    for (int time = 0; time < 3; time++) { /* tried; remembered; damaged, so tried again */
        struct sy_engine *e = open_engine("opencl:0,precision=f32");
        memset(got, 0, SIDE * SIDE * 4);
        assert_int_equal(sy_engine_matmul_f32(e, ctx, SIDE, SIDE, DEPTH, fa, fb, got), 0);
        equal(got, want, SIDE * SIDE, "opencl:0", "512x512x256");
        sy_engine_close(e);
        assert_int_equal(tried, time < 2 ? 1 : 2);
        assert_int_equal(each_file(time == 1 ? DAMAGE : COUNT), 1);
    }
    ctx = kept;
    sy_engine_close(cpu);
    systole_context_free(logged);
    free(a);
    free(want);
    free(got);
}

static void test_opencl_names_that_are_none_are_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"opencl", "opencl:", "opencl:x", "opencl:-1", "opencl:0,", "opencl:0,tune=on", "opencl:0x", "opencl:9999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sy_engine *e = NULL;
        const enum systole_status status = sy_engine_open(ctx, bad[i], &e);
        assert_true(status == SYSTOLE_BAD_DEVICE || status == SYSTOLE_NOT_FOUND);
        assert_null(e);
        assert_true(strlen(systole_context_detail(ctx)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opencl_chain_of_any_numbers_is_the_cpus),
        cmocka_unit_test(test_opencl_x6_is_the_cpus),
        cmocka_unit_test(test_opencl_x3_is_the_cpus),
        cmocka_unit_test(test_opencl_x1_with_specials_is_the_cpus),
        cmocka_unit_test(test_opencl_in_integer_arithmetic_is_the_cpus),
        cmocka_unit_test(test_opencl_cut_for_other_devices_is_the_cpus),
        cmocka_unit_test(test_opencl_tunes_once_and_keeps_its_bits),
        cmocka_unit_test(test_opencl_names_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up_opencl, tear_down_opencl);
}
