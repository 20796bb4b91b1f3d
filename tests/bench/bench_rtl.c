/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How busy the array is: matrix products on the Verilated RTL, with every cycle accounted for.
 *
 *     bench_rtl [--report FILE] LIBRARY:M,N,K,int8|bf16[,bound] ...
 *
 * Each product's result is compared with a plain loop (or fmaf chain) over all of it. The memory model: as wide as the device's bus, one beat
 * a cycle, latency 100. Exit status 1 only when a result is wrong; a figure below its bound is reported as such.
 */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gemm.h"
#include "systole_model.h"

enum { PROGRAM_ROOM = 65536 };

struct job {
    char library[512];
    struct gemm g;
    double bound;
};

struct result {
    uint64_t counter[32];
    double seconds;
    uint64_t wrong;
    uint32_t rows, cols, instructions;
};

static const char *const counter_names[] = {
#define SYSTOLE_COUNTER(name, index, doc) [index] = #name,
#include "spec/counters.def"
#undef SYSTOLE_COUNTER
};

static uint32_t next_random(uint32_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 17;
    *s ^= *s << 5;
    return *s;
}

static float bits_float(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static uint32_t float_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static uint16_t to_bf16(float f)
{
    uint32_t u = float_bits(f);
    u += 0x7fff + ((u >> 16) & 1);
    return (uint16_t)(u >> 16);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *zeroed(size_t size)
{
    void *p = NULL;
    const size_t whole = (size + 4095) / 4096 * 4096;
    if (posix_memalign(&p, 4096, whole) != 0) {
        fprintf(stderr, "bench_rtl: no memory for %zu bytes\n", whole);
        exit(2);
    }
    return memset(p, 0, whole);
}

static void fill_operand(const struct gemm *g, void *p, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t r = next_random(&seed);
        if (g->bf16)
            ((uint16_t *)p)[i] = to_bf16((float)(int32_t)(r >> 8 & 0xffff) / 32768.0f - 1.0f);
        else
            ((int8_t *)p)[i] = (int8_t)(r >> 11);
    }
}

static uint16_t expect_bf16(const struct gemm *g, const uint16_t *a, const uint16_t *b, uint32_t m, uint32_t n)
{
    float acc = 0;
    for (uint32_t k = 0; k < g->k; k++)
        acc = fmaf(bits_float((uint32_t)a[(size_t)m * g->k + k] << 16), bits_float((uint32_t)b[(size_t)k * g->n + n] << 16),
                   acc);
    return to_bf16(acc);
}

static int8_t expect_int8(const struct gemm *g, const int8_t *a, const int8_t *b, uint32_t m, uint32_t n)
{
    int32_t acc = 0;
    for (uint32_t k = 0; k < g->k; k++)
        acc += a[(size_t)m * g->k + k] * b[(size_t)k * g->n + n];
    const float f = (float)acc * bits_float(g->scale);
    return (int8_t)lrintf(f < -128.0f ? -128.0f : f > 127.0f ? 127.0f : f);
}

static uint64_t count_wrong(const struct gemm *g, const void *a, const void *b, const void *c)
{
    uint64_t wrong = 0;
    for (uint32_t m = 0; m < g->m; m++)
        for (uint32_t n = 0; n < g->n; n++) {
            const size_t at = (size_t)m * g->n + n;
            wrong += g->bf16 ? ((const uint16_t *)c)[at] != expect_bf16(g, a, b, m, n)
                             : ((const int8_t *)c)[at] != expect_int8(g, a, b, m, n);
        }
    return wrong;
}

static void set_window(const struct systole_model_ops *ops, struct systole_model *m, uint32_t w, void *host, size_t size)
{
    const uint64_t base = (uint64_t)(w + 1) << 32;
    const uint64_t whole = (size + 4095) / 4096 * 4096;
    if (ops->attach(m, base, host, whole) != 0) {
        fprintf(stderr, "bench_rtl: cannot attach %zu bytes\n", size);
        exit(2);
    }
    ops->write_reg(m, SYSTOLE_REG_WIN_BASE_LO + w * SYSTOLE_REG_WIN_BASE_LO_STEP, (uint32_t)base);
    ops->write_reg(m, SYSTOLE_REG_WIN_BASE_HI + w * SYSTOLE_REG_WIN_BASE_LO_STEP, (uint32_t)(base >> 32));
    ops->write_reg(m, SYSTOLE_REG_WIN_SIZE_LO + w * SYSTOLE_REG_WIN_BASE_LO_STEP, (uint32_t)size);
    ops->write_reg(m, SYSTOLE_REG_WIN_SIZE_HI + w * SYSTOLE_REG_WIN_BASE_LO_STEP, (uint32_t)((uint64_t)size >> 32));
}

static uint32_t cap(const struct systole_model_ops *ops, struct systole_model *m, uint32_t index)
{
    return ops->read_reg(m, SYSTOLE_REG_CAPS + SYSTOLE_REG_CAPS_STEP * index);
}

static const struct systole_model_ops *open_library(const char *path)
{
    void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        fprintf(stderr, "bench_rtl: %s\n", dlerror());
        exit(2);
    }
    const struct systole_model_ops *(*get)(void);
    *(void **)&get = dlsym(lib, "systole_model_get");
    return get();
}

static void run_job(const struct job *job, struct result *r)
{
    const struct systole_model_ops *ops = open_library(job->library);
    const struct gemm *g = &job->g;
    char err[256] = "";
    struct systole_model *m = ops->create("latency=100", err, sizeof err);
    if (!m)
        m = ops->create("", err, sizeof err); /* the functional device has no latency */
    if (!m) {
        fprintf(stderr, "bench_rtl: %s: %s\n", job->library, err);
        exit(2);
    }
    const struct gemm_caps caps = {cap(ops, m, SYSTOLE_CAP_ROWS), cap(ops, m, SYSTOLE_CAP_COLS),
                                   cap(ops, m, SYSTOLE_CAP_APAD_BYTES), cap(ops, m, SYSTOLE_CAP_WPAD_BYTES),
                                   cap(ops, m, SYSTOLE_CAP_ACC_ROWS)};
    const size_t eb = g->bf16 ? 2 : 1;
    const size_t size_a = (size_t)g->m * g->k * eb, size_b = (size_t)g->k * g->n * eb, size_c = (size_t)g->m * g->n * eb;
    uint32_t(*insn)[SYSTOLE_INSN_WORDS] = zeroed((size_t)PROGRAM_ROOM * SYSTOLE_INSN_BYTES);
    void *a = zeroed(size_a), *b = zeroed(size_b), *c = zeroed(size_c);
    fill_operand(g, a, (size_t)g->m * g->k, 0x1234567);
    fill_operand(g, b, (size_t)g->k * g->n, 0x7654321);
    r->rows = caps.rows;
    r->cols = caps.cols;
    r->instructions = gemm_program(g, &caps, insn, PROGRAM_ROOM);
    if (r->instructions == 0 || r->instructions > PROGRAM_ROOM) {
        fprintf(stderr, "bench_rtl: %ux%ux%u does not fit %s\n", g->m, g->n, g->k, job->library);
        exit(2);
    }
    set_window(ops, m, GEMM_PROGRAM, insn, (size_t)r->instructions * SYSTOLE_INSN_BYTES);
    set_window(ops, m, GEMM_A, a, size_a);
    set_window(ops, m, GEMM_B, b, size_b);
    set_window(ops, m, GEMM_C, c, size_c);
    ops->write_reg(m, SYSTOLE_REG_CTRL, 1);
    const double t0 = now();
    const int done = ops->run(m, UINT64_C(1000000000));
    r->seconds = now() - t0;
    const uint32_t status = ops->read_reg(m, SYSTOLE_REG_STATUS);
    for (uint32_t i = 0; i < sizeof counter_names / sizeof *counter_names; i++)
        r->counter[i] = ops->read_reg(m, SYSTOLE_REG_COUNTER_LO + 8 * i) |
                        (uint64_t)ops->read_reg(m, SYSTOLE_REG_COUNTER_HI + 8 * i) << 32;
    r->wrong = done && status == SYSTOLE_ERR_OK ? count_wrong(g, a, b, c) : UINT64_MAX;
    if (r->wrong)
        printf("WRONG: %s: done %d, status %u at %u, %llu elements differ\n", job->library, done, status,
               ops->read_reg(m, SYSTOLE_REG_ERROR_INDEX), (unsigned long long)r->wrong);
    ops->destroy(m);
    free(insn);
    free(a);
    free(b);
    free(c);
}

static int parse_job(const char *text, struct job *job)
{
    const char *colon = strrchr(text, ':');
    char type[8] = "";
    memset(job, 0, sizeof *job);
    if (!colon || (size_t)(colon - text) >= sizeof job->library)
        return -1;
    memcpy(job->library, text, (size_t)(colon - text));
    const int got = sscanf(colon + 1, "%u,%u,%u,%7[a-z0-9],%lf", &job->g.m, &job->g.n, &job->g.k, type, &job->bound);
    if (got < 4 || (strcmp(type, "int8") != 0 && strcmp(type, "bf16") != 0))
        return -1;
    job->g.bf16 = type[0] == 'b';
    job->g.scale = float_bits(1.0f / 4096.0f);
    return 0;
}

static void print_row(const struct job *job, const struct result *r, FILE *report, int first)
{
    const double cycles = (double)r->counter[SYSTOLE_CNT_CYCLES];
    const double busy = 100.0 * (double)r->counter[SYSTOLE_CNT_ARRAY_BUSY] / cycles;
    const double macs = (double)job->g.m * job->g.n * job->g.k;
    printf("\n%ux%ux%u %s on %ux%u: %u instructions, %.0f cycles, array busy %.2f %%%s\n", job->g.m, job->g.n, job->g.k,
           job->g.bf16 ? "bf16" : "int8", r->rows, r->cols, r->instructions, cycles, busy,
           busy < job->bound ? "  BELOW ITS BOUND" : "");
    printf("  simulated at %.3f M cycles/s, %.3f GMAC/s of CPU time\n", cycles / r->seconds * 1e-6,
           macs / r->seconds * 1e-9);
    for (uint32_t i = 0; i < sizeof counter_names / sizeof *counter_names; i++)
        printf("  %-14s %12llu%s", counter_names[i], (unsigned long long)r->counter[i], i % 3 == 2 ? "\n" : "");
    printf("\n");
    if (report)
        fprintf(report,
                "%s{\"claim\": \"array busy, GEMM %ux%ux%u %s, %ux%u\", \"value\": %.3f, \"unit\": \"%%\", \"bound\": %.2f, "
                "\"sense\": \"min\", \"command\": \"make bench-rtl\"}",
                first ? "" : ",\n ", job->g.m, job->g.n, job->g.k, job->g.bf16 ? "bf16" : "int8", r->rows, r->cols, busy,
                job->bound);
}

int main(int argc, char **argv)
{
    int wrong = 0, first = 1;
    FILE *report = NULL;
    for (int i = 1; i < argc; i++) {
        struct job job;
        struct result r = {0};
        if (strcmp(argv[i], "--report") == 0 && i + 1 < argc) {
            report = fopen(argv[++i], "w");
            if (!report) {
                perror(argv[i]);
                return 2;
            }
            fprintf(report, "[");
            continue;
        }
        if (parse_job(argv[i], &job) != 0) {
            fprintf(stderr, "usage: bench_rtl [--report FILE] LIBRARY:M,N,K,int8|bf16[,bound] ...\n");
            return 2;
        }
        run_job(&job, &r);
        wrong |= r.wrong != 0;
        print_row(&job, &r, report, first);
        first = 0;
    }
    if (report) {
        fprintf(report, "]\n");
        if (fclose(report) != 0)
            return 2;
    }
    return wrong;
}
