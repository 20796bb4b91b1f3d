/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that `systole compare` prints. */
#include "test_host_model.h"

#include "host/cli/difference.h"
#include "host/cli/error_map.h"

static struct cli_difference of_floats(struct systole_context *ctx, int64_t n, const float *got, const float *wanted)
{
    struct systole_tensor *a = NULL, *b = NULL;
    assert_int_equal(systole_tensor_create(ctx, SYSTOLE_F32, 1, &n, got, &a), SYSTOLE_OK);
    assert_int_equal(systole_tensor_create(ctx, SYSTOLE_F32, 1, &n, wanted, &b), SYSTOLE_OK);
    const struct cli_difference d = cli_difference(a, b);
    systole_tensor_free(a);
    systole_tensor_free(b);
    return d;
}

static void test_difference_of_equal_tensors_is_none(void **state)
{
    const float v[] = {1, -0.0f, NAN, INFINITY};
    const struct cli_difference d = of_floats(*state, 4, v, v);
    assert_true(d.comparable && d.has_ulp);
    assert_int_equal(d.count, 4);
    assert_int_equal(d.mismatches, 0);
    assert_int_equal(d.max_abs_at, -1);
    assert_int_equal(d.max_ulp_at, -1);
}

static void test_difference_finds_largest_of_each_kind(void **state)
{
    /* 2^-20 after 1 is 8 steps; after 0 it is far more steps, but a smaller difference than 0.5. */
    const float wanted[] = {1, 100, 0, 3}, got[] = {1 + 0x1p-20f, 100.5f, 0x1p-20f, 3};
    const struct cli_difference d = of_floats(*state, 4, got, wanted);
    assert_int_equal(d.mismatches, 3);
    assert_int_equal(d.max_abs_at, 1);
    assert_true(d.max_abs == 0.5);
    assert_int_equal(d.max_ulp_at, 2);
    assert_int_equal(d.max_ulp, (127 - 20) << 23);
}

static void test_difference_of_neighbours_is_one_ulp(void **state)
{
    const float wanted[] = {1, -1, -0.0f, 0x1p-149f}, got[] = {1 + 0x1p-23f, -1 - 0x1p-23f, 0, 0x1p-148f};
    for (int i = 0; i < 4; i++) {
        const struct cli_difference d = of_floats(*state, 1, &got[i], &wanted[i]);
        assert_int_equal(d.mismatches, 1);
        assert_int_equal(d.max_ulp, 1);
        assert_int_equal(d.max_ulp_at, 0);
    }
}

static void test_difference_with_nan_is_infinite(void **state)
{
    const float wanted[] = {1, 2}, got[] = {1.5f, NAN};
    const struct cli_difference d = of_floats(*state, 2, got, wanted);
    assert_true(isinf(d.max_abs));
    assert_int_equal(d.max_abs_at, 1);
}

static void test_difference_of_integers_has_no_ulp(void **state)
{
    const int64_t n = 2;
    const double v[] = {5, -7}, w[] = {5, 8};
    struct systole_tensor *a = tensor_of(*state, SYSTOLE_I32, 1, &n, v), *b = tensor_of(*state, SYSTOLE_I32, 1, &n, w);
    const struct cli_difference d = cli_difference(a, b);
    assert_false(d.has_ulp);
    assert_int_equal(d.mismatches, 1);
    assert_true(d.max_abs == 15);
    systole_tensor_free(a);
    systole_tensor_free(b);
}

static void test_difference_of_other_shapes_is_not_comparable(void **state)
{
    const int64_t row[] = {1, 4}, square[] = {2, 2};
    const double v[] = {1, 2, 3, 4};
    struct systole_tensor *a = tensor_of(*state, SYSTOLE_F32, 2, row, v), *b = tensor_of(*state, SYSTOLE_F32, 2, square, v);
    assert_false(cli_difference(a, b).comparable);
    systole_tensor_free(a);
    systole_tensor_free(b);
}

/* Which bin has a distance of so many steps, from the names that people read. */
static void test_error_bins_have_the_distances_in_their_names(void **state)
{
    static const uint32_t distances[] = {0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 1 << 20, (1 << 20) + 1, 0x7f000000};
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        const int64_t n = 1;
        const uint32_t from = 0x00000001, to = from + distances[i];
        struct systole_tensor *a = NULL, *b = NULL;
        struct cli_error_map map;
        unsigned long long low = 0, high = 0;
        char name[64];
        int bin = 0;
        assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, 1, &n, &to, &a), SYSTOLE_OK);
        assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, 1, &n, &from, &b), SYSTOLE_OK);
        cli_error_map(&map, a, b);
        while (bin < CLI_BINS && !map.bin[bin])
            bin++;
        cli_bin_name(bin, name, sizeof name);
        const int numbers = sscanf(name, "%llu to %llu", &low, &high);
        high = numbers < 2 ? low : high;
        assert_true(strcmp(name, "equal") == 0 ? distances[i] == 0 : low <= distances[i] && distances[i] <= high);
        systole_tensor_free(a);
        systole_tensor_free(b);
    }
}

/* Random tensors with errors of some features alone: each is counted once, in the cell that says it has it, and in no other column. */
static void test_error_map_shows_a_wrong_feature_as_a_column(void **state)
{
    static const int64_t shapes[][4] = {{1, 5, 3, 4}, {2, 100, 7, 3}, {3, 16, 1, 1}, {6, 200, 0, 0}, {1, 3, 0, 0}, {97, 0, 0, 0}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        int rank = 0;
        int64_t count = 1, inner = 1, wrong = 0, found = 0;
        for (; rank < 4 && shapes[s][rank]; rank++)
            count *= shapes[s][rank];
        const int axis = rank == 4 ? 1 : rank - 1;
        const int64_t features = shapes[s][axis], bad = features / 2;
        for (int i = axis + 1; i < rank; i++)
            inner *= shapes[s][i];
        struct systole_tensor *a = NULL, *b = NULL;
        assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, rank, shapes[s], NULL, &a), SYSTOLE_OK);
        assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, rank, shapes[s], NULL, &b), SYSTOLE_OK);
        for (int64_t i = 0; i < count; i++)
            if (i / inner % features == bad) {
                ((float *)systole_tensor_data_mutable(a))[i] = i % 3 ? 0x1p-149f : NAN;
                wrong++;
            }
        struct cli_error_map map;
        cli_error_map(&map, a, b);
        assert_int_equal(map.features, features);
        assert_int_equal(map.places * map.features, count);
        assert_int_equal(map.bin[0], count - wrong);
        assert_int_equal(map.bin[1] + map.bin[CLI_BINS - 1], wrong);
        for (int r = 0; r < map.rows; r++)
            for (int c = 0; c < map.cols; c++) {
                int64_t place[2], feature[2];
                cli_map_cell(&map, r, c, place, feature);
                assert_true(place[0] <= place[1] && feature[0] <= feature[1]);
                const int here = feature[0] <= bad && bad <= feature[1];
                assert_int_equal(map.wrong[r][c], here ? place[1] - place[0] + 1 : 0);
                assert_int_equal(map.worst[r][c] != 0, here);
                found += map.wrong[r][c];
            }
        assert_int_equal(found, wrong);
        systole_tensor_free(a);
        systole_tensor_free(b);
    }
}

static void test_error_map_of_integers_counts_steps(void **state)
{
    const int64_t n = 4;
    const double v[] = {5, -7, 100, 0}, w[] = {5, -6, -100, 0};
    struct systole_tensor *a = tensor_of(*state, SYSTOLE_I8, 1, &n, v), *b = tensor_of(*state, SYSTOLE_I8, 1, &n, w);
    struct cli_error_map map;
    cli_error_map(&map, a, b);
    assert_int_equal(map.bin[0], 2);
    assert_int_equal(map.bin[1], 1);
    assert_int_equal(map.bin[9], 1); /* 129 to 256 */
    systole_tensor_free(a);
    systole_tensor_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_difference_of_equal_tensors_is_none),
        cmocka_unit_test(test_difference_finds_largest_of_each_kind),
        cmocka_unit_test(test_difference_of_neighbours_is_one_ulp),
        cmocka_unit_test(test_difference_with_nan_is_infinite),
        cmocka_unit_test(test_difference_of_integers_has_no_ulp),
        cmocka_unit_test(test_difference_of_other_shapes_is_not_comparable),
        cmocka_unit_test(test_error_bins_have_the_distances_in_their_names),
        cmocka_unit_test(test_error_map_shows_a_wrong_feature_as_a_column),
        cmocka_unit_test(test_error_map_of_integers_counts_steps),
    };
    return cmocka_run_group_tests(tests, setup_context, teardown_context);
}
