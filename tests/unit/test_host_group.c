/* SPDX-License-Identifier: Apache-2.0 */
/* Groups over a link of threads: sums against those of one trainer, ranks that fail or are different, ranks that are gone. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "group_bench.h"
#include "host/core/alloc.h"

/* ---- Sums ---- */

struct sums {
    uint64_t seed;
    int ranks, rounds;
};

/* A gradient by (seed, pass, element): numbers of all sizes, zeros of both signs, at times an infinity. */
static float gradient_of(uint64_t seed, uint64_t pass, int64_t element)
{
    const uint64_t index = pass * 1000003 + (uint64_t)element, kind = systole_random(seed, index, 40);
    const float v = (float)systole_random(seed + 1, index, 2000001) / 1000000 - 1;
    if (kind < 4)
        return kind & 1 ? -0.0f : 0.0f;
    if (kind == 4)
        return systole_random(seed + 2, index, 50) ? v : kind & 8 ? INFINITY : -INFINITY;
    return ldexpf(v, (int)systole_random(seed + 3, index, 60) - 30);
}

/* The pass of that number, which gives a gradient to some of the parameters. */
static enum systole_status make_pass(struct rank *r, uint64_t seed, uint64_t pass)
{
    const uint64_t which = systole_random(seed + 4, pass, 3); /* p3 gets none */
    struct systole_value *y = NULL;
    float *const g = malloc((size_t)counts[1] * sizeof *g);
    enum systole_status status = systole_train_reshape(r->t, r->param[which], 1, &counts[which], &y);
    if (!status && which == 0) /* two in one pass */
        status = systole_train_add(r->t, y, r->param[2], &y);
    for (int64_t i = 0; g && i < counts[1]; i++)
        g[i] = gradient_of(seed, pass, i);
    if (!status)
        status = systole_train_backward_from(r->t, y, g);
    systole_train_clear(r->t);
    free(g);
    return status;
}

static void train_rounds(struct rank *r)
{
    const struct sums *const s = r->task;
    r->status = systole_group_train(r->group, r->t);
    for (int round = 0; round < s->rounds && !r->status; round++)
        r->status = make_pass(r, s->seed, (uint64_t)(round * s->ranks + r->seat.rank));
}

static void check_sums(const struct rank *got, const struct rank *want)
{
    for (int i = 0; i < PARAMS; i++) {
        const float *const a = systole_value_gradient(got->param[i]), *const b = systole_value_gradient(want->param[i]);
        assert_int_equal(a != NULL, b != NULL);
        if (a)
            assert_memory_equal(a, b, (size_t)counts[i] * sizeof *a);
    }
}

static void test_passes_of_ranks_add_up_as_those_of_one_trainer(void **unused)
{
    static struct rank ranks[RANKS];
    static struct meeting m;
    (void)unused;
    const char *const given = getenv("SEED");
    for (int n = 1; n <= RANKS; n++) {
        const struct sums task = {given ? strtoull(given, NULL, 0) : (uint64_t)90 + (uint64_t)n, n, 3};
        printf("seed %llu, %d ranks\n", (unsigned long long)task.seed, n);
        run_group(ranks, &m, n, train_rounds, &task);
        struct rank alone = {.task = &task};
        make_trainer(&alone, 1);
        for (int pass = 0; pass < n * task.rounds; pass++)
            assert_int_equal(make_pass(&alone, task.seed, (uint64_t)pass), SYSTOLE_OK);
        for (int i = 0; i < n; i++) {
            assert_int_equal(ranks[i].status, SYSTOLE_OK);
            check_sums(&ranks[i], &alone);
        }
        end_group(ranks, n);
        systole_trainer_free(alone.t);
        systole_context_free(alone.ctx);
    }
}

/* ---- Ranks that are not as the others ---- */

static void assert_detail(const struct rank *r, const char *text)
{
    if (!strstr(systole_context_detail(r->ctx), text))
        fail_msg("rank %d says \"%s\", not \"%s\"", r->seat.rank, systole_context_detail(r->ctx), text);
}

static void other_value(struct rank *r)
{
    if (r->seat.rank == 2)
        systole_value_data_mutable(r->param[1])[299999] += 0x1p-20f;
    r->status = systole_group_train(r->group, r->t);
}

static void one_more(struct rank *r)
{
    struct systole_value *p = NULL;
    if (r->seat.rank == 1)
        systole_param_create(r->t, "extra", 0, NULL, SYSTOLE_INIT_CONSTANT, 0, &p);
    r->status = systole_group_train(r->group, r->t);
}

static void other_name(struct rank *r)
{
    struct systole_value *p = NULL;
    systole_param_create(r->t, r->seat.rank == 1 ? "left" : "right", 0, NULL, SYSTOLE_INIT_CONSTANT, 0, &p);
    r->status = systole_group_train(r->group, r->t);
}

static void one_step_ahead(struct rank *r)
{
    const struct systole_optimiser_options sgd = {.size = sizeof sgd, .kind = SYSTOLE_SGD};
    if (r->seat.rank == 1)
        r->status = make_pass(r, 5, 0);
    if (r->seat.rank == 1)
        r->status = systole_train_step(r->t, &sgd, 0);
    r->status = systole_group_train(r->group, r->t);
}

static void late_parameter(struct rank *r)
{
    struct systole_value *p = NULL;
    r->status = systole_group_train(r->group, r->t);
    if (!r->status)
        r->status = systole_param_create(r->t, "late", 0, NULL, SYSTOLE_INIT_CONSTANT, 0, &p);
    if (!r->status)
        r->status = make_pass(r, 5, 0);
}

static void failing_pass(struct rank *r)
{
    r->status = systole_group_train(r->group, r->t);
    if (!r->status && r->seat.rank == 1) /* a layer fails: the pass back is still called, as by a program that looks at it alone */
        r->status = systole_train_backward(r->t, NULL);
    else if (!r->status)
        r->status = make_pass(r, 5, 0);
    for (int i = 0; i < PARAMS; i++)
        assert_null(systole_value_gradient(r->param[i]));
    /* And none of them is lost: the next one goes well. */
    systole_train_clear(r->t);
    if (r->status)
        assert_int_equal(make_pass(r, 5, (uint64_t)r->seat.rank), SYSTOLE_OK);
}

static void test_ranks_that_differ_are_refused_by_all(void **unused)
{
    static const struct {
        void (*work)(struct rank *r);
        const char *text;
    } cases[] = {{other_value, "parameter 1 of rank 2 (here 'p1', 300000) has not rank 0's values or moments"},
                 {one_more, "rank 1 has 5 parameters, rank 0 4"},
                 {other_name, "parameter 4 of rank 1"},
                 {one_step_ahead, "rank 1 is behind step 1 with seed 1, rank 0 behind 0 with 1"},
                 {late_parameter, "5 parameters, and 4 when the group began to train"}};
    static struct rank ranks[RANKS];
    static struct meeting m;
    (void)unused;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        run_group(ranks, &m, 3, cases[k].work, NULL);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(ranks[i].status, SYSTOLE_BAD_STATE);
            assert_detail(&ranks[i], cases[k].text);
        }
        end_group(ranks, 3);
    }
}

static void test_pass_that_fails_on_one_rank_fails_on_all(void **unused)
{
    static struct rank ranks[RANKS];
    static struct meeting m;
    (void)unused;
    run_group(ranks, &m, 3, failing_pass, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ranks[i].status, i == 1 ? SYSTOLE_BAD_ARGUMENT : SYSTOLE_BAD_STATE);
    end_group(ranks, 3);
}

static void test_failures_of_the_link_are_told(void **unused)
{
    static struct rank ranks[RANKS];
    static struct meeting m;
    const struct sums none = {1, 1, 0};
    (void)unused;
    run_group(ranks, &m, 1, train_rounds, &none);
    ranks[0].seat.broken = 1;
    int32_t number = 0;
    pthread_barrier_init(&m.barrier, NULL, 1);
    assert_int_equal(make_pass(&ranks[0], 5, 0), SYSTOLE_IO);
    assert_detail(&ranks[0], "rank 0 of 1: the wire is cut");
    assert_int_equal(systole_group_share(ranks[0].group, 0, &number, sizeof number), SYSTOLE_IO);
    assert_int_equal(systole_group_gather(ranks[0].group, &number, sizeof number, &number), SYSTOLE_IO);
    ranks[0].seat.broken = 0;
    assert_int_equal(make_pass(&ranks[0], 5, 0), SYSTOLE_OK);
    assert_int_equal(systole_group_train(ranks[0].group, ranks[0].t), SYSTOLE_BAD_STATE);
    assert_int_equal(systole_group_share(ranks[0].group, 1, &number, sizeof number), SYSTOLE_BAD_ARGUMENT);
    pthread_barrier_destroy(&m.barrier);
    end_group(ranks, 1);
}

static void test_link_of_another_version_is_refused(void **unused)
{
    struct rank r = {.seat = {NULL, 0, 0}};
    struct sy_link other = threads;
    (void)unused;
    make_trainer(&r, 1);
    other.version++;
    assert_int_equal(sy_group_over(r.ctx, &other, NULL, &r.group), SYSTOLE_MISMATCH);
    assert_null(r.group);
    systole_trainer_free(r.t);
    systole_context_free(r.ctx);
}

/* ---- Alone; without memory ---- */

static void test_group_of_one_needs_no_link(void **unused)
{
    struct rank r = {.seat = {NULL, 0, 0}};
    uint32_t one = 7, all = 0;
    char line[80];
    (void)unused;
    unsetenv("OMPI_COMM_WORLD_SIZE");
    unsetenv("PMI_SIZE");
    make_trainer(&r, 1);
    assert_int_equal(systole_group_join(r.ctx, &r.group), SYSTOLE_OK);
    assert_int_equal(systole_group_rank(r.group), 0);
    assert_int_equal(systole_group_size(r.group), 1);
    assert_int_equal(systole_group_train(r.group, r.t), SYSTOLE_OK);
    assert_int_equal(make_pass(&r, 5, 0), SYSTOLE_OK);
    assert_int_equal(systole_group_same(r.group, r.t), SYSTOLE_OK);
    assert_int_equal(systole_group_share(r.group, 0, &one, sizeof one), SYSTOLE_OK);
    assert_int_equal(systole_group_gather(r.group, &one, sizeof one, &all), SYSTOLE_OK);
    assert_int_equal(all, 7);
    systole_group_at(r.group, 3);
    assert_int_equal(systole_group_last_words(r.group, "step", line, sizeof line), 0);
    systole_group_end(r.group, 3);
    systole_trainer_free(r.t);
    systole_group_leave(r.group);
    systole_group_leave(NULL);
    systole_context_free(r.ctx);
}

static void test_every_allocation_may_fail(void **unused)
{
    static struct meeting m;
    struct rank r = {.seat = {&m, 0, 0}};
    (void)unused;
    m.ranks = 1;
    pthread_barrier_init(&m.barrier, NULL, 1);
    make_trainer(&r, 1);
    next_seat = &r.seat;
    bool done = false;
    for (long n = 1; !done; n++) {
        assert_in_range(n, 1, 200);
        sy_alloc_fail_at(n);
        enum systole_status status = sy_group_over(r.ctx, &threads, NULL, &r.group);
        if (!status)
            status = systole_group_train(r.group, r.t);
        if (!status)
            status = make_pass(&r, 5, 0);
        done = !sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        assert_int_equal(status, done ? SYSTOLE_OK : SYSTOLE_NO_MEMORY);
        systole_trainer_free(r.t);
        systole_context_free(r.ctx);
        systole_group_leave(r.group);
        r.group = NULL;
        make_trainer(&r, 1);
    }
    systole_trainer_free(r.t);
    systole_context_free(r.ctx);
    pthread_barrier_destroy(&m.barrier);
}

/* ---- Ranks that are gone ---- */

static int dead_process(void)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_true(child > 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return (int)child;
}

static void test_last_words_name_the_rank_that_is_gone_and_its_step(void **unused)
{
    static struct rank ranks[RANKS];
    static struct meeting m;
    const struct sums none = {1, 3, 0};
    char line[80], shorter[8];
    (void)unused;
    for (int dead = 0; dead < 2; dead++) {
        run_group(ranks, &m, 3, train_rounds, &none);
        for (int i = 0; i < 3; i++)
            systole_group_at(ranks[i].group, (uint64_t)(17 + i));
        if (dead)
            atomic_store(&m.slots[2].process, dead_process());
        const size_t length = systole_group_last_words(ranks[1].group, "step", line, sizeof line);
        assert_int_equal(length, strlen(line));
        assert_string_equal(line, dead ? "rank 2 of 3 died in step 19" : "rank 1 of 3 was told to end in step 18");
        assert_int_equal(systole_group_last_words(ranks[0].group, "step", line, sizeof line), 0);
        atomic_store(&m.slots[0].told, 0);
        assert_int_equal(systole_group_last_words(ranks[1].group, "step", shorter, sizeof shorter), sizeof shorter - 1);
        assert_string_equal(shorter, dead ? "rank 2 " : "rank 1 ");
        end_group(ranks, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_passes_of_ranks_add_up_as_those_of_one_trainer),
                                       cmocka_unit_test(test_ranks_that_differ_are_refused_by_all),
                                       cmocka_unit_test(test_pass_that_fails_on_one_rank_fails_on_all),
                                       cmocka_unit_test(test_failures_of_the_link_are_told),
                                       cmocka_unit_test(test_link_of_another_version_is_refused),
                                       cmocka_unit_test(test_group_of_one_needs_no_link),
                                       cmocka_unit_test(test_every_allocation_may_fail),
                                       cmocka_unit_test(test_last_words_name_the_rank_that_is_gone_and_its_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
