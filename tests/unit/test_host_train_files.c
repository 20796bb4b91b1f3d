/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints and data sets: what is written comes back, what is not whole is refused and changes nothing. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/include/systole_train.h"

static struct systole_context *ctx;
static char folder[] = "/tmp/systole_train_XXXXXX";
static char path[128], other[128];

static int setup(void **unused)
{
    (void)unused;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/a", folder);
    snprintf(other, sizeof other, "%s/b", folder);
    return systole_context_create(NULL, &ctx) != SYSTOLE_OK;
}

static int teardown(void **unused)
{
    (void)unused;
    remove(path);
    remove(other);
    systole_context_free(ctx);
    /* Nothing else is left: a folder that is not empty stays, and is an error. */
    return rmdir(folder);
}

static void write_bytes(const char *name, const void *data, size_t size)
{
    FILE *const f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static size_t read_bytes(const char *name, uint8_t *data, size_t room)
{
    FILE *const f = fopen(name, "rb");
    assert_non_null(f);
    const size_t n = fread(data, 1, room, f);
    fclose(f);
    return n;
}

/* ---- checkpoints ---- */

struct net {
    struct systole_trainer *t;
    struct systole_value *w, *b, *running;
};

static struct net make(uint64_t seed)
{
    struct net n;
    assert_int_equal(systole_trainer_create(ctx, "cpu", seed, &n.t), SYSTOLE_OK);
    assert_int_equal(systole_param_create(n.t, "w", 2, (const int64_t[]){2, 3}, SYSTOLE_INIT_UNIFORM, 1, &n.w), SYSTOLE_OK);
    assert_int_equal(systole_param_create(n.t, "b", 1, (const int64_t[]){2}, SYSTOLE_INIT_CONSTANT, 0, &n.b), SYSTOLE_OK);
    assert_int_equal(systole_param_create(n.t, "running", 1, (const int64_t[]){2}, SYSTOLE_INIT_CONSTANT, 5, &n.running),
                     SYSTOLE_OK);
    assert_int_equal(systole_param_freeze(n.t, n.running), SYSTOLE_OK);
    return n;
}

static void step(const struct net *n, uint64_t at)
{
    float x[6], target[4];
    struct systole_value *v = NULL, *loss = NULL;
    const struct systole_optimiser_options adam = {.size = sizeof adam, .kind = SYSTOLE_ADAM, .stochastic_bf16 = 1};
    for (uint64_t i = 0; i < 6; i++)
        x[i] = (float)systole_random(at, i, 100) / 50 - 1;
    for (uint64_t i = 0; i < 4; i++)
        target[i] = (float)systole_random(at, 10 + i, 100) / 50 - 1;
    systole_train_input(n->t, 2, (const int64_t[]){2, 3}, x, &v);
    systole_train_dense(n->t, v, n->w, n->b, &v);
    assert_int_equal(systole_train_mean_square(n->t, v, target, &loss), SYSTOLE_OK);
    assert_int_equal(systole_train_backward(n->t, loss), SYSTOLE_OK);
    assert_int_equal(systole_train_step(n->t, &adam, 0.01f), SYSTOLE_OK);
}

static void assert_same(const struct net *a, const struct net *b)
{
    for (int i = 0; i < systole_param_count(a->t); i++) {
        const struct systole_value *const p = systole_param_at(a->t, i), *const q = systole_param_at(b->t, i);
        const size_t bytes = (size_t)systole_value_count(p) * sizeof(float);
        assert_memory_equal(systole_value_data(p), systole_value_data(q), bytes);
        for (int k = 0; k < 2; k++) {
            assert_true(!systole_param_moment(p, k) == !systole_param_moment(q, k));
            if (systole_param_moment(p, k))
                assert_memory_equal(systole_param_moment(p, k), systole_param_moment(q, k), bytes);
        }
    }
    assert_int_equal(systole_trainer_steps(a->t), systole_trainer_steps(b->t));
}

static void test_resumed_run_has_the_bits_of_one_that_never_stopped(void **unused)
{
    (void)unused;
    const struct net whole = make(3), first = make(3), second = make(99);
    const uint64_t words[2] = {11, UINT64_MAX};
    uint64_t back[2] = {0, 0};
    for (uint64_t i = 0; i < 8; i++)
        step(&whole, i);
    for (uint64_t i = 0; i < 5; i++)
        step(&first, i);
    assert_int_equal(systole_checkpoint_write(first.t, path, words, 2), SYSTOLE_OK);
    assert_int_equal(systole_checkpoint_write(first.t, path, words, 2), SYSTOLE_OK); /* over the one that is there */
    assert_int_equal(systole_checkpoint_read(second.t, path, back, 2), SYSTOLE_OK);
    assert_memory_equal(words, back, sizeof words);
    assert_same(&first, &second);
    for (uint64_t i = 5; i < 8; i++)
        step(&second, i);
    assert_same(&whole, &second);
    systole_trainer_free(whole.t);
    systole_trainer_free(first.t);
    systole_trainer_free(second.t);
}

static void test_checkpoint_with_any_wrong_byte_or_length_is_refused_and_changes_nothing(void **unused)
{
    (void)unused;
    static uint8_t good[4096], bad[4097];
    const struct net n = make(3), reader = make(4), untouched = make(4);
    step(&n, 0);
    assert_int_equal(systole_checkpoint_write(n.t, path, NULL, 0), SYSTOLE_OK);
    const size_t size = read_bytes(path, good, sizeof good);
    assert_true(size < sizeof good);
    for (size_t i = 0; i < size; i++) {
        memcpy(bad, good, size);
        bad[i] ^= (uint8_t)(1u << (i % 8));
        write_bytes(other, bad, size);
        assert_true(systole_checkpoint_read(reader.t, other, NULL, 0) != SYSTOLE_OK);
    }
    memcpy(bad, good, size);
    bad[size] = 0;
    for (size_t length = 0; length <= size + 1; length += length < 40 || length + 40 > size ? 1 : 13) {
        write_bytes(other, bad, length);
        assert_true((systole_checkpoint_read(reader.t, other, NULL, 0) == SYSTOLE_OK) == (length == size));
        if (length < size)
            assert_same(&reader, &untouched);
    }
    assert_int_equal(systole_checkpoint_read(reader.t, "/nowhere/at/all", NULL, 0), SYSTOLE_IO);
    systole_trainer_free(n.t);
    systole_trainer_free(reader.t);
    systole_trainer_free(untouched.t);
}

/* A file with a good checksum may still lie. */
static void test_checkpoint_that_lies_under_a_good_checksum_is_refused(void **unused)
{
    (void)unused;
    static uint8_t good[4096], bad[4096];
    const struct net n = make(3), reader = make(4), untouched = make(4);
    step(&n, 0);
    assert_int_equal(systole_checkpoint_write(n.t, path, NULL, 0), SYSTOLE_OK);
    const size_t size = read_bytes(path, good, sizeof good), parts = size - 8;
    for (size_t i = 0; i < 120; i++)
        for (unsigned value = 0; value < 256; value += 51) {
            memcpy(bad, good, size);
            if (bad[i] == value || (i >= 16 && i < 32)) /* steps and seed may be anything */
                continue;
            bad[i] = (uint8_t)value;
            uint64_t hash = 0xcbf29ce484222325u;
            for (size_t k = 0; k < parts; k++)
                hash = (hash ^ bad[k]) * 0x100000001b3u;
            memcpy(bad + parts, &hash, sizeof hash);
            write_bytes(other, bad, size);
            const enum systole_status status = systole_checkpoint_read(reader.t, other, NULL, 0);
            /* Values and reserved words may differ; what says how large something is may not. */
            if (status)
                assert_same(&reader, &untouched);
            else
                assert_true(i >= 36);
            if (!status)
                assert_int_equal(systole_checkpoint_read(untouched.t, other, NULL, 0), SYSTOLE_OK);
        }
    systole_trainer_free(n.t);
    systole_trainer_free(reader.t);
    systole_trainer_free(untouched.t);
}

static void test_checkpoint_of_another_program_or_at_a_bad_time_is_refused(void **unused)
{
    (void)unused;
    const struct net n = make(3);
    struct systole_trainer *t = NULL;
    struct systole_value *w = NULL, *y = NULL;
    uint64_t word = 0;
    const float one[6] = {1, 1, 1, 1, 1, 1};
    assert_int_equal(systole_checkpoint_write(n.t, path, NULL, 0), SYSTOLE_OK);
    assert_int_equal(systole_checkpoint_read(n.t, path, &word, 1), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_trainer_create(ctx, "cpu", 1, &t), SYSTOLE_OK);
    assert_int_equal(systole_checkpoint_read(t, path, NULL, 0), SYSTOLE_BAD_ARGUMENT);
    static const char *const names[] = {"w", "b", "ranning"};
    static const int64_t dims[] = {2, 3};
    for (int i = 0; i < 3; i++)
        assert_int_equal(systole_param_create(t, names[i], i ? 1 : 2, dims, SYSTOLE_INIT_CONSTANT, 0, &w), SYSTOLE_OK);
    assert_int_equal(systole_checkpoint_read(t, path, NULL, 0), SYSTOLE_BAD_ARGUMENT);
    assert_non_null(strstr(systole_context_detail(ctx), "ranning"));
    systole_train_reshape(n.t, n.w, 2, dims, &y);
    assert_int_equal(systole_train_backward_from(n.t, y, one), SYSTOLE_OK);
    assert_int_equal(systole_checkpoint_write(n.t, path, NULL, 0), SYSTOLE_BAD_STATE);
    systole_train_clear_gradients(n.t);
    assert_int_equal(systole_checkpoint_write(n.t, "/nowhere/at/all", NULL, 0), SYSTOLE_IO);
    systole_trainer_free(n.t);
    systole_trainer_free(t);
}

/* ---- data sets ---- */

static const uint8_t idx_pictures[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 51, 102, 255};
static const uint8_t idx_labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 3};

static void test_idx_files_are_read_and_shuffled_into_batches(void **unused)
{
    (void)unused;
    struct systole_dataset *d = NULL;
    float pixels[4];
    int32_t labels[2];
    write_bytes(path, idx_pictures, sizeof idx_pictures);
    write_bytes(other, idx_labels, sizeof idx_labels);
    assert_int_equal(systole_dataset_idx(ctx, path, other, &d), SYSTOLE_OK);
    assert_int_equal(systole_dataset_count(d), 2);
    assert_memory_equal(systole_dataset_shape(d), ((const int64_t[]){1, 2, 1}), 24);
    assert_int_equal(systole_dataset_batch(ctx, d, (const int64_t[]){1, 0}, 2, pixels, labels), SYSTOLE_OK);
    assert_true(pixels[0] == 0.4f && pixels[1] == 1 && pixels[2] == 0 && pixels[3] == 0.2f && labels[0] == 3 && labels[1] == 7);
    assert_int_equal(systole_dataset_batch(ctx, d, (const int64_t[]){2}, 1, pixels, labels), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_dataset_batch(ctx, d, (const int64_t[]){-1}, 1, pixels, labels), SYSTOLE_BAD_ARGUMENT);
    systole_dataset_free(d);
}

static void test_idx_files_that_lie_are_refused(void **unused)
{
    (void)unused;
    uint8_t bad[sizeof idx_pictures + 1] = {0};
    struct systole_dataset *d = NULL;
    write_bytes(other, idx_labels, sizeof idx_labels);
    for (size_t i = 0; i < 16; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(bad, idx_pictures, sizeof idx_pictures);
            bad[i] ^= (uint8_t)(1u << bit);
            write_bytes(path, bad, sizeof idx_pictures);
            assert_int_equal(systole_dataset_idx(ctx, path, other, &d), SYSTOLE_IO);
            assert_null(d);
        }
    memcpy(bad, idx_pictures, sizeof idx_pictures);
    for (size_t length = 0; length <= sizeof bad; length++) {
        write_bytes(path, bad, length);
        assert_int_equal(systole_dataset_idx(ctx, path, other, &d), length == sizeof idx_pictures ? SYSTOLE_OK : SYSTOLE_IO);
        systole_dataset_free(d);
        d = NULL;
    }
    write_bytes(path, ((const uint8_t[]){0x1f, 0x8b, 8, 0}), 4);
    assert_int_equal(systole_dataset_idx(ctx, path, other, &d), SYSTOLE_IO);
    assert_non_null(strstr(systole_context_detail(ctx), "gunzip"));
}

static void test_cifar_rows_lose_their_labels(void **unused)
{
    (void)unused;
    enum { ROW = 2 + 3072 };
    static uint8_t data[2 * ROW];
    static float pixels[3072];
    int32_t label;
    struct systole_dataset *d = NULL;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i % 251);
    write_bytes(path, data, sizeof data);
    assert_int_equal(systole_dataset_cifar(ctx, path, 2, &d), SYSTOLE_OK);
    assert_int_equal(systole_dataset_batch(ctx, d, (const int64_t[]){1}, 1, pixels, &label), SYSTOLE_OK);
    assert_true(label == data[ROW + 1] && pixels[0] == (float)data[ROW + 2] / 255 &&
                pixels[3071] == (float)data[2 * ROW - 1] / 255);
    systole_dataset_free(d);
    d = NULL;
    assert_int_equal(systole_dataset_cifar(ctx, path, 1, &d), SYSTOLE_IO);
    write_bytes(path, data, 0);
    assert_int_equal(systole_dataset_cifar(ctx, path, 1, &d), SYSTOLE_IO);
    assert_null(d);
}

static void test_widths_outside_their_limits_are_refused_with_words(void **unused)
{
    (void)unused;
    struct systole_dataset *d = NULL;
    assert_int_equal(systole_dataset_cifar(ctx, path, 3, &d), SYSTOLE_BAD_ARGUMENT);
    assert_non_null(strstr(systole_context_detail(ctx), "labels of 3 bytes"));
    assert_int_equal(systole_dataset_tokens(ctx, path, 5, 10, &d), SYSTOLE_BAD_ARGUMENT);
    assert_non_null(strstr(systole_context_detail(ctx), "tokens of 5 bytes"));
    assert_null(d);
}

static void test_tokens_stay_below_the_vocabulary(void **unused)
{
    (void)unused;
    struct systole_dataset *d = NULL;
    int32_t tokens[2], next[2];
    const uint8_t data[] = {1, 0, 2, 1, 255, 0};
    write_bytes(path, data, sizeof data);
    assert_int_equal(systole_dataset_tokens(ctx, path, 2, 259, &d), SYSTOLE_OK);
    assert_int_equal(systole_dataset_count(d), 3);
    assert_null(systole_dataset_shape(d));
    assert_int_equal(systole_dataset_windows(ctx, d, (const int64_t[]){0}, 1, 2, tokens, next), SYSTOLE_OK);
    assert_true(tokens[0] == 1 && tokens[1] == 258 && next[0] == 258 && next[1] == 255);
    assert_int_equal(systole_dataset_windows(ctx, d, (const int64_t[]){1}, 1, 2, tokens, next), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_dataset_windows(ctx, d, (const int64_t[]){0}, 1, INT64_MAX, tokens, next), SYSTOLE_BAD_ARGUMENT);
    systole_dataset_free(d);
    d = NULL;
    assert_int_equal(systole_dataset_tokens(ctx, path, 2, 258, &d), SYSTOLE_IO);
    assert_int_equal(systole_dataset_tokens(ctx, path, 4, 1000, &d), SYSTOLE_IO);
    assert_null(d);
}

static void test_shuffles_are_permutations_that_depend_on_seed_and_epoch(void **unused)
{
    (void)unused;
    enum { COUNT = 200 };
    int64_t order[3][COUNT];
    systole_shuffle(1, 0, COUNT, order[0]);
    systole_shuffle(1, 1, COUNT, order[1]);
    systole_shuffle(1, 0, COUNT, order[2]);
    assert_memory_equal(order[0], order[2], sizeof order[0]);
    assert_memory_not_equal(order[0], order[1], sizeof order[0]);
    for (int k = 0; k < 2; k++) {
        bool seen[COUNT] = {false};
        for (int i = 0; i < COUNT; i++) {
            assert_in_range(order[k][i], 0, COUNT - 1);
            assert_false(seen[order[k][i]]);
            seen[order[k][i]] = true;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resumed_run_has_the_bits_of_one_that_never_stopped),
        cmocka_unit_test(test_checkpoint_with_any_wrong_byte_or_length_is_refused_and_changes_nothing),
        cmocka_unit_test(test_checkpoint_that_lies_under_a_good_checksum_is_refused),
        cmocka_unit_test(test_checkpoint_of_another_program_or_at_a_bad_time_is_refused),
        cmocka_unit_test(test_idx_files_are_read_and_shuffled_into_batches),
        cmocka_unit_test(test_idx_files_that_lie_are_refused),
        cmocka_unit_test(test_cifar_rows_lose_their_labels),
        cmocka_unit_test(test_widths_outside_their_limits_are_refused_with_words),
        cmocka_unit_test(test_tokens_stay_below_the_vocabulary),
        cmocka_unit_test(test_shuffles_are_permutations_that_depend_on_seed_and_epoch),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
