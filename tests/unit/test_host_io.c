/* SPDX-License-Identifier: Apache-2.0 */
/* Element types, .npy and TensorProto files, files that are replaced. */
#define _XOPEN_SOURCE 700
#include "test_host_model.h"

#include "host/io/file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_dtype_small_floats_decode_and_encode_are_inverse(void **state)
{
    (void)state;
    static const enum systole_dtype types[] = {SYSTOLE_F16, SYSTOLE_BF16, SYSTOLE_F8E4M3FN, SYSTOLE_F8E4M3FNUZ,
                                               SYSTOLE_F8E5M2, SYSTOLE_F8E5M2FNUZ, SYSTOLE_F4E2M1, SYSTOLE_F8E8M0};
    for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
        for (uint32_t bits = 0; bits < (uint32_t)1 << sy_dtype_bits(types[k]); bits++) {
            double v = sy_small_decode(types[k], bits);
            if (!isnan(v))
                assert_int_equal(sy_small_encode(types[k], v, false), bits);
        }
}

static void test_dtype_bf16_rounds_to_nearest_even(void **state)
{
    (void)state;
    assert_int_equal(sy_f32_to_bf16(1.00390625f), 0x3f80);  /* a half: to the even one */
    assert_int_equal(sy_f32_to_bf16(1.01171875f), 0x3f82);
    assert_int_equal(sy_f32_to_bf16(3.4028235e38f), 0x7f80);
    assert_int_equal(sy_f32_to_bf16(NAN), 0x7fc0);
}

static struct systole_tensor *small_tensor(struct systole_context *ctx, enum systole_dtype dtype)
{
    const int64_t dims[2] = {2, 3};
    const double v[6] = {0, 1, 1, 0, 1, 1};
    return tensor_of(ctx, dtype, 2, dims, v);
}

static void test_files_every_type_comes_back(void **state)
{
    static const enum systole_dtype types[] = {SYSTOLE_F32, SYSTOLE_U8,  SYSTOLE_I8,   SYSTOLE_U16, SYSTOLE_I16, SYSTOLE_I32,
                                               SYSTOLE_I64, SYSTOLE_BOOL, SYSTOLE_F16, SYSTOLE_F64, SYSTOLE_U32, SYSTOLE_U64,
                                               SYSTOLE_BF16, SYSTOLE_U4,  SYSTOLE_I4,   SYSTOLE_U2};
    for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
        for (int npy = 0; npy < 2; npy++) {
            if (npy && !sy_dtype_numpy(types[k])[0])
                continue;
            struct systole_tensor *t = small_tensor(*state, types[k]), *back = NULL;
            uint8_t *data = NULL;
            size_t size = 0;
            assert_int_equal((npy ? sy_npy_write : sy_pb_write)(*state, t, &data, &size), SYSTOLE_OK);
            assert_int_equal((npy ? sy_npy_read : sy_pb_read)(*state, data, size, &back), SYSTOLE_OK);
            assert_int_equal(back->dtype, t->dtype);
            assert_int_equal(back->rank, 2);
            assert_int_equal(back->dims[0], 2);
            assert_memory_equal(back->data, t->data, systole_tensor_bytes(t));
            sy_free(data);
            systole_tensor_free(t);
            systole_tensor_free(back);
        }
}

static void test_files_cut_off_anywhere_are_errors(void **state)
{
    for (int npy = 0; npy < 2; npy++) {
        struct systole_tensor *t = small_tensor(*state, SYSTOLE_F32);
        uint8_t *data = NULL;
        size_t size = 0;
        assert_int_equal((npy ? sy_npy_write : sy_pb_write)(*state, t, &data, &size), SYSTOLE_OK);
        for (size_t n = 0; n < size; n++) {
            struct systole_tensor *back = NULL;
            uint8_t *copy = malloc(n ? n : 1);
            assert_non_null(copy);
            memcpy(copy, data, n);
            assert_int_not_equal((npy ? sy_npy_read : sy_pb_read)(*state, copy, n, &back), SYSTOLE_OK);
            assert_null(back);
            free(copy);
        }
        sy_free(data);
        systole_tensor_free(t);
    }
}

/* Version 1, fortran_order True, 2x3: columns lie together. */
static void test_npy_fortran_order_is_turned(void **state)
{
    static const char head[] = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n";
    uint8_t data[128] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, sizeof(head) - 1, 0};
    memcpy(data + 10, head, sizeof(head) - 1);
    for (uint8_t i = 0; i < 6; i++)
        data[10 + sizeof(head) - 1 + i] = i;
    struct systole_tensor *t = NULL;
    assert_int_equal(sy_npy_read(*state, data, 10 + sizeof(head) - 1 + 6, &t), SYSTOLE_OK);
    static const uint8_t wanted[6] = {0, 2, 4, 1, 3, 5};
    assert_memory_equal(t->data, wanted, 6);
    systole_tensor_free(t);
}

static void test_npy_shape_too_large_is_error(void **state)
{
    static const char *const shapes[] = {"(99999999999999999999,)", "(4294967296, 4294967296, 4294967296)", "(-1,)", "(2"};
    for (size_t i = 0; i < 4; i++) {
        char text[200];
        uint8_t data[256] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0, 0};
        int n = snprintf(text, sizeof(text), "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shapes[i]);
        data[8] = (uint8_t)n;
        memcpy(data + 10, text, (size_t)n);
        struct systole_tensor *t = NULL;
        assert_int_equal(sy_npy_read(*state, data, 10 + (size_t)n, &t), SYSTOLE_IO);
        assert_null(t);
    }
}

static void test_tensor_dimensions_are_checked(void **state)
{
    const int64_t negative[1] = {-1}, huge[3] = {INT64_MAX, 2, 1}, large[1] = {(int64_t)1 << 50};
    struct systole_tensor *t = NULL;
    assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, 1, negative, NULL, &t), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, 3, huge, NULL, &t), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, 1, large, NULL, &t), SYSTOLE_NO_MEMORY);
    assert_int_equal(systole_tensor_create(*state, (enum systole_dtype)8, 0, NULL, NULL, &t), SYSTOLE_UNSUPPORTED);
    assert_null(t);
}

/* ---- files ---- */

static void assert_file(struct systole_context *ctx, const char *path, const char *text)
{
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(sy_file_read(ctx, path, &data, &size), SYSTOLE_OK);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(data, text, size);
    sy_free(data);
}

/* Rights and links stay; where there is no room, all of it does. */
static void test_file_written_again_is_the_new_one_or_the_old_one(void **state)
{
    char folder[] = "/tmp/systole_io_XXXXXX", path[64], link[64], again[64];
    struct stat info;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    snprintf(again, sizeof again, "%s/elsewhere", folder);
    assert_int_equal(symlink("file", link), 0);
    assert_int_equal(sy_file_write(*state, path, "old", 3), SYSTOLE_OK);
    assert_int_equal(chmod(path, 0640), 0);
    const struct rlimit none = {4, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    const enum systole_status full = sy_file_write(*state, link, "newer", 5);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    assert_int_equal(full, SYSTOLE_IO);
    assert_file(*state, path, "old");
    assert_int_equal(sy_file_write(*state, link, "newer", 5), SYSTOLE_OK);
    assert_file(*state, path, "newer");
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
    assert_int_equal(sy_file_write(*state, "/dev/full", "x", 1), SYSTOLE_IO);
    assert_int_equal(sy_file_write(*state, "/dev/null", "x", 1), SYSTOLE_OK);
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
    /* A link to a file that is not there yet. */
    unlink(link);
    assert_int_equal(symlink("elsewhere", link), 0);
    assert_int_equal(sy_file_write(*state, link, "newest", 6), SYSTOLE_OK);
    assert_file(*state, link, "newest");
    remove(again);
    remove(link);
    remove(path);
    assert_int_equal(rmdir(folder), 0); /* nothing else is left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dtype_small_floats_decode_and_encode_are_inverse),
        cmocka_unit_test(test_dtype_bf16_rounds_to_nearest_even),
        cmocka_unit_test(test_files_every_type_comes_back),
        cmocka_unit_test(test_files_cut_off_anywhere_are_errors),
        cmocka_unit_test(test_npy_fortran_order_is_turned),
        cmocka_unit_test(test_npy_shape_too_large_is_error),
        cmocka_unit_test(test_tensor_dimensions_are_checked),
        cmocka_unit_test(test_file_written_again_is_the_new_one_or_the_old_one),
    };
    return cmocka_run_group_tests_name("host_io", tests, setup_context, teardown_context);
}
