/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the host's exact engines are beside those of others, through the interface that a graph uses.
 *
 *     bench_cpu [--report FILE] [--rounds N] [--threads N]
 *
 * Every round runs all engines one after another on the same product, so that what else the machine does meets them alike; rates are by
 * the time the processor spent on this process, and a ratio is the median of the rounds' ratios, with the least and the largest.
 * Exit status 1 only where a result is wrong.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_clblast.h"
#include "host/engine/engine.h"

enum { MOST_ROUNDS = 101, CASES = 4 };

static const struct {
    const char *name;
    int64_t m, n, k;
} cases[CASES] = {{"1024x1024x1024", 1024, 1024, 1024}, {"3136x64x576", 3136, 64, 576}, {"196x256x2304", 196, 256, 2304}, {"64x64x64", 64, 64, 64}};

enum kind { F32, I8 };

/* What runs, and what its rate is held against; -1: nothing. `bound` is for the first case. */
static const struct {
    const char *label, *device;
    enum kind kind;
    int against;
    double bound;
} subjects[] = {
    {"OpenBLAS sgemm", "openblas", F32, -1, 0},
    {"oneDNN s8s8s32", "onednn", I8, -1, 0},
    {"CLBlast sgemm on PoCL", NULL, F32, -1, 0},
    {"cpu exact fp32", "cpu,precision=f32", F32, 0, 0.8},
    {"cpu exact bf16", "cpu,precision=x1", F32, 0, 0.8},
    {"cpu exact fp32 by x6", "cpu", F32, 0, 0},
    {"cpu exact int8", "cpu", I8, 1, 0.8},
    {"opencl:0 exact fp32", "opencl:0,precision=f32", F32, 2, 0.7},
    {"opencl:0 exact int8", "opencl:0", I8, 2, 0},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects, CLBLAST = 2 };

struct bench {
    struct systole_context *ctx;
    struct sy_engine *engine[SUBJECTS];
    struct clblast *clblast;
    int rounds;
    double rate[SUBJECTS][MOST_ROUNDS]; /* GMAC per second of CPU time; 0: not here */
    bool wrong;
    FILE *report;
    const char *separator;
};

static double cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct operands {
    int64_t m, n, k;
    float *a, *b, *c;
    int8_t *a8, *b8;
    int32_t *c8;
};

static void *memory(int64_t count, size_t size)
{
    void *p = calloc((size_t)count, size);
    if (!p) {
        fprintf(stderr, "bench_cpu: no memory for %lld bytes\n", (long long)count * (long long)size);
        exit(6);
    }
    return p;
}

static struct operands make_operands(int64_t m, int64_t n, int64_t k)
{
    struct operands o = {m, n, k, memory(m * k, 4), memory(k * n, 4), memory(m * n, 4), memory(m * k, 1), memory(k * n, 1), memory(m * n, 4)};
    uint32_t state = 1;
    for (int64_t i = 0; i < m * k + k * n; i++) {
        state = state * 1664525u + 1013904223u;
        const float f = (float)(int32_t)(state >> 8 & 0xffff) / 32768.0f - 1.0f;
        if (i < m * k) {
            o.a[i] = f;
            o.a8[i] = (int8_t)(state >> 24);
        } else {
            o.b[i - m * k] = f;
            o.b8[i - m * k] = (int8_t)(state >> 24);
        }
    }
    return o;
}

static void free_operands(struct operands *o)
{
    free(o->a);
    free(o->b);
    free(o->c);
    free(o->a8);
    free(o->b8);
    free(o->c8);
}

static bool run(struct bench *b, int s, struct operands *o)
{
    const struct sy_factor a = {o->a, o->k, 1, false, 0}, w = {o->b, o->n, 1, false, 0};
    const struct sy_factor a8 = {o->a8, o->k, 1, false, 0}, w8 = {o->b8, o->n, 1, false, 0};
    if (s == CLBLAST)
        return clblast_sgemm(b->clblast, o->m, o->n, o->k, o->a, o->b, o->c);
    const enum systole_status status = subjects[s].kind == F32
                                           ? sy_engine_matmul_f32(b->engine[s], b->ctx, o->m, o->n, o->k, a, w, o->c)
                                           : sy_engine_matmul_i8(b->engine[s], b->ctx, o->m, o->n, o->k, a8, w8, o->c8);
    if (status)
        fprintf(stderr, "bench_cpu: %s: %s\n", subjects[s].label, systole_context_detail(b->ctx));
    return !status;
}

static bool is_here(const struct bench *b, int s)
{
    return s == CLBLAST ? b->clblast != NULL : b->engine[s] != NULL;
}

/* A row and a column of the result, step by step: fp32 within the bound of any order, int8 exactly. */
static void check(struct bench *b, int s, struct operands *o)
{
    memset(o->c, 0, (size_t)(o->m * o->n) * 4);
    memset(o->c8, 0, (size_t)(o->m * o->n) * 4);
    bool right = run(b, s, o);
    for (int64_t i = 0; i < o->m + o->n && right; i++) {
        const int64_t r = i < o->m ? i : o->m / 2, c = i < o->m ? o->n / 2 : i - o->m;
        double sum = 0, magnitude = 0;
        int32_t whole = 0;
        for (int64_t k = 0; k < o->k; k++) {
            const double product = (double)o->a[r * o->k + k] * (double)o->b[k * o->n + c];
            sum += product;
            magnitude += fabs(product);
            whole += o->a8[r * o->k + k] * o->b8[k * o->n + c];
        }
        /* bf16 operands: 2^-8 of each */
        const double u = strstr(subjects[s].label, "bf16") ? ldexp(1, -7) : (double)(o->k + 1) * ldexp(1, -24);
        right = subjects[s].kind == F32 ? fabs((double)o->c[r * o->n + c] - sum) <= u * magnitude : o->c8[r * o->n + c] == whole;
    }
    if (!right)
        printf("WRONG: %s, %lldx%lldx%lld\n", subjects[s].label, (long long)o->m, (long long)o->n, (long long)o->k);
    b->wrong = b->wrong || !right;
}

static void measure(struct bench *b, struct operands *o)
{
    const double macs = (double)o->m * (double)o->n * (double)o->k;
    const int times = macs > 5e8 ? 1 : macs > 1e7 ? 3 : 300;
    for (int round = 0; round < b->rounds; round++)
        for (int s = 0; s < (int)SUBJECTS; s++) {
            if (!is_here(b, s))
                continue;
            const int repeat = s == CLBLAST || strncmp(subjects[s].label, "opencl", 6) == 0 ? (times + 9) / 10 : times;
            const double before = cpu_time();
            for (int i = 0; i < repeat; i++)
                b->wrong = !run(b, s, o) || b->wrong;
            b->rate[s][round] = macs * repeat / (cpu_time() - before) * 1e-9;
        }
}

struct spread {
    double low, middle, high;
};

static struct spread spread(double *v, int count)
{
    qsort(v, (size_t)count, sizeof *v, ascending);
    return (struct spread){v[0], v[count / 2], v[count - 1]};
}

static void row(struct bench *b, const char *claim, const char *name, double value, const char *unit, double bound)
{
    if (!b->report)
        return;
    fprintf(b->report, "%s  {\"claim\": \"%s, %s\", \"value\": %.3f, \"unit\": \"%s\", \"bound\": %.2f, \"sense\": \"min\", \"command\": \"make bench-cpu\"}",
            b->separator, claim, name, value, unit, bound);
    b->separator = ",\n";
}

static void tell(struct bench *b, int at)
{
    printf("\n%s%39s%24s\n", cases[at].name, "GMAC per CPU-second", "of that of");
    for (int s = 0; s < (int)SUBJECTS; s++) {
        double sorted[MOST_ROUNDS], ratio[MOST_ROUNDS];
        if (!is_here(b, s))
            continue;
        memcpy(sorted, b->rate[s], sizeof sorted);
        const struct spread r = spread(sorted, b->rounds);
        printf("  %-24s %8.2f (%.2f to %.2f)", subjects[s].label, r.middle, r.low, r.high);
        row(b, subjects[s].label, cases[at].name, r.middle, "GMAC/s of CPU time", 0);
        const int against = subjects[s].against;
        if (against >= 0 && is_here(b, against)) {
            for (int i = 0; i < b->rounds; i++)
                ratio[i] = b->rate[s][i] / b->rate[against][i];
            const struct spread q = spread(ratio, b->rounds);
            const double bound = at == 0 ? subjects[s].bound : 0;
            char claim[128];
            snprintf(claim, sizeof claim, "%s beside %s", subjects[s].label, subjects[against].label);
            printf("   %.2f (%.2f to %.2f) %s%s", q.middle, q.low, q.high, subjects[against].label,
                   bound > 0 && q.middle < bound ? "  BELOW ITS BOUND" : "");
            row(b, claim, cases[at].name, q.middle, "ratio", bound);
        }
        printf("\n");
    }
}

static void open_all(struct bench *b, int threads)
{
    for (int s = 0; s < (int)SUBJECTS; s++) {
        char name[128];
        if (!subjects[s].device)
            continue;
        const bool has_threads = strncmp(subjects[s].device, "opencl", 6) != 0;
        snprintf(name, sizeof name, has_threads ? "%s,threads=%d" : "%s", subjects[s].device, threads);
        if (sy_engine_open(b->ctx, name, &b->engine[s]))
            printf("%s: not here: %s\n", subjects[s].label, systole_context_detail(b->ctx));
    }
    b->clblast = clblast_open();
    if (!b->clblast)
        printf("CLBlast: not here (libclblast.so.1 and an OpenCL device)\n");
}

int main(int argc, char **argv)
{
    static struct bench b = {.rounds = 7, .separator = "[\n"};
    int threads = 1;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--report") == 0 && i + 1 < argc)
            b.report = fopen(argv[++i], "w");
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            b.rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            threads = atoi(argv[++i]);
    if (b.rounds < 1 || b.rounds > MOST_ROUNDS || threads < 1 || systole_context_create(NULL, &b.ctx)) {
        fprintf(stderr, "usage: bench_cpu [--report FILE] [--rounds 1 to %d] [--threads N]\n", MOST_ROUNDS);
        return 2;
    }
    open_all(&b, threads);
    printf("%d rounds, %d thread%s; middle (least to largest) of the rounds\n", b.rounds, threads, threads > 1 ? "s" : "");
    for (int at = 0; at < CASES; at++) {
        struct operands o = make_operands(cases[at].m, cases[at].n, cases[at].k);
        for (int s = 0; s < (int)SUBJECTS; s++)
            if (is_here(&b, s))
                check(&b, s, &o);
        measure(&b, &o);
        tell(&b, at);
        free_operands(&o);
    }
    if (b.report) {
        fprintf(b.report, "\n]\n");
        fclose(b.report);
    }
    for (int s = 0; s < (int)SUBJECTS; s++)
        sy_engine_close(b.engine[s]);
    clblast_close(b.clblast);
    systole_context_free(b.ctx);
    return b.wrong;
}
