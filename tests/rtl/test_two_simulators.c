/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulators of the same RTL must agree on everything they can show, time included: memory, status, every counter, the bytes in
 * the pads. The first library is the measure of the others (Verilator's model of the loops; then that of the PEs; then CXXRTL's).
 *
 *     test_two_simulators [--programs N] [--seed S] [--wires DIR] [--load] LIBRARY [LIBRARY ...]
 *
 * --wires: also every wire of the core in every cycle, recorded in DIR; the recordings of the first library stay there, PROGRAM.0.
 * --load: the memories are filled by instructions of the device in place of a debugger's access, so that a recording has all that
 * happened since the reset: a netlist in another simulator is driven with it.
 *
 * Two matrix products with known results, then N random programs, those with errors and races among them: two simulators of one
 * design have no freedom even there.
 */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bench/gemm.h"
#include "../fuzz/generate.h"
#include "systole_model.h"

enum { MAX_LIBRARIES = 4, MAX_CYCLES = 2000000, GEMM_ROOM = 256, MOST_OPTIONS = 512, LINE_ROOM = 1024 };
enum { LOADING_INSNS = REF_MEMS + 1 };
#define LOADING_ADDR (1ull << 60) /* no other region is there */

/* How the libraries are compared. */
static struct {
    const char *wires; /* folder for recordings, or NULL */
    bool load;
    unsigned long program; /* the one that runs now */
} how;

struct library {
    const char *path;
    const struct systole_model_ops *ops;
    double seconds;
    uint64_t cycles;
};

/* What a program leaves behind. */
struct outcome {
    int done;
    uint32_t status, index;
    uint64_t counter[REF_COUNTERS];
    uint8_t *mem[REF_MEMS];
    uint8_t *dram[REF_REGIONS];
};

static const char *const counter_names[] = {
#define SYSTOLE_COUNTER(name, index, doc) [index] = #name,
#include "spec/counters.def"
#undef SYSTOLE_COUNTER
};
enum { COUNTERS = sizeof counter_names / sizeof *counter_names };

static const char *const mem_names[REF_MEMS] = {"APAD", "WPAD", "ACC", "PARAM", "LUT"};

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "test_two_simulators: %s: %s\n", what, which);
    exit(2);
}

static void *allocate(size_t size)
{
    void *p = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!p)
        fail("out of memory", "");
    return memset(p, 0, (size + 63) / 64 * 64);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void open_library(struct library *l, const char *path)
{
    const struct systole_model_ops *(*get)(void);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, "systole_model_get") : NULL;
    if (!symbol)
        fail("cannot load", dlerror());
    memcpy(&get, &symbol, sizeof get);
    l->path = path;
    l->ops = get();
}

static struct systole_model *create(const struct library *l, const char *options)
{
    char err[256] = "";
    struct systole_model *m = l->ops->create(options, err, sizeof err);
    if (!m)
        fail(l->path, err);
    return m;
}

static void write64(const struct library *l, struct systole_model *m, uint32_t at, uint64_t value)
{
    l->ops->write_reg(m, at, (uint32_t)value);
    l->ops->write_reg(m, at + 4, (uint32_t)(value >> 32));
}

static void read_caps(const struct library *l, struct ref_caps *caps)
{
    struct systole_model *m = create(l, "");
    uint32_t v[SYSTOLE_REG_CAPS_COUNT];
    for (uint32_t i = 0; i < SYSTOLE_REG_CAPS_COUNT; i++)
        v[i] = l->ops->read_reg(m, SYSTOLE_REG_CAPS + i * SYSTOLE_REG_CAPS_STEP);
    l->ops->destroy(m);
    caps->rows = v[SYSTOLE_CAP_ROWS];
    caps->cols = v[SYSTOLE_CAP_COLS];
    caps->has_fp = v[SYSTOLE_CAP_HAS_FP];
    caps->axi_bytes = v[SYSTOLE_CAP_AXI_BYTES];
    caps->word_bytes = v[SYSTOLE_CAP_WORD_BYTES];
    caps->apad_bytes = v[SYSTOLE_CAP_APAD_BYTES];
    caps->wpad_bytes = v[SYSTOLE_CAP_WPAD_BYTES];
    caps->acc_rows = v[SYSTOLE_CAP_ACC_ROWS];
    caps->param_rows = v[SYSTOLE_CAP_PARAM_ROWS];
}

/* ---- Filling the memories ---- */

static int poke_all(const struct library *l, struct systole_model *model, const struct ref_machine *m)
{
    int failed = 0;
    for (unsigned i = 0; i < REF_MEMS; i++)
        failed |= l->ops->poke(model, (int)i, 0, m->mem[i], ref_mem_size(&m->caps, i));
    return failed;
}

static void set_window(const struct library *l, struct systole_model *model, uint32_t w, uint64_t base, uint64_t size)
{
    write64(l, model, SYSTOLE_REG_WIN_BASE_LO + w * SYSTOLE_REG_WIN_BASE_LO_STEP, base);
    write64(l, model, SYSTOLE_REG_WIN_SIZE_LO + w * SYSTOLE_REG_WIN_SIZE_LO_STEP, size);
}

/* One LOAD of each memory, whole, and END: from `at` on lie the bytes, one memory behind the other. */
static void loading_program(const struct ref_machine *m, uint8_t *program)
{
    uint64_t at = 0;
    memset(program, 0, LOADING_INSNS * SYSTOLE_INSN_BYTES);
    for (uint32_t i = 0; i < LOADING_INSNS; i++) {
        uint32_t insn[SYSTOLE_INSN_WORDS] = {0};
        SYSTOLE_PUT(insn, ANY, opcode, i < REF_MEMS ? SYSTOLE_OP_LOAD : SYSTOLE_OP_END);
        if (i < REF_MEMS) {
            const bool words = i == SYSTOLE_MEM_ACC || i == SYSTOLE_MEM_PARAM;
            const uint64_t size = ref_mem_size(&m->caps, i);
            SYSTOLE_PUT(insn, LOAD, mem, i);
            SYSTOLE_PUT(insn, LOAD, conv, words ? SYSTOLE_CONV_COPY32 : SYSTOLE_CONV_COPY8);
            SYSTOLE_PUT(insn, LOAD, window, 1);
            SYSTOLE_PUT(insn, LOAD, src_lo, at);
            SYSTOLE_PUT(insn, LOAD, len, words ? size / 4 : size);
            SYSTOLE_PUT(insn, LOAD, n1, 1);
            SYSTOLE_PUT(insn, LOAD, n2, 1);
            SYSTOLE_PUT(insn, LOAD, n3, 1);
            at += size;
        }
        for (unsigned b = 0; b < SYSTOLE_INSN_BYTES; b++)
            program[i * SYSTOLE_INSN_BYTES + b] = (uint8_t)(insn[b / 4] >> (8 * (b % 4)));
    }
}

static int load_all(const struct library *l, struct systole_model *model, const struct ref_machine *m)
{
    size_t size = 0;
    for (unsigned i = 0; i < REF_MEMS; i++)
        size += ref_mem_size(&m->caps, i);
    const size_t program = 64 + LOADING_INSNS * SYSTOLE_INSN_BYTES, room = (program + size + 63) / 64 * 64;
    uint8_t *host = allocate(room), *to = host + program / 64 * 64;
    loading_program(m, host);
    for (unsigned i = 0; i < REF_MEMS; to += ref_mem_size(&m->caps, i), i++)
        memcpy(to, m->mem[i], ref_mem_size(&m->caps, i));
    int failed = l->ops->attach(model, LOADING_ADDR, host, room);
    set_window(l, model, 0, LOADING_ADDR, program / 64 * 64);
    set_window(l, model, 1, LOADING_ADDR + program / 64 * 64, size);
    l->ops->write_reg(model, SYSTOLE_REG_CTRL, 1);
    failed |= !l->ops->run(model, MAX_CYCLES) || l->ops->read_reg(model, SYSTOLE_REG_STATUS) != SYSTOLE_ERR_OK;
    failed |= l->ops->detach(model, LOADING_ADDR);
    free(host);
    return failed;
}

/* Runs what stands in `m` (memories, windows, regions) on a library; `m` itself stays as it is. */
static void run_on(struct library *l, const struct ref_machine *m, const char *options, struct outcome *o)
{
    struct systole_model *model = create(l, options);
    int failed = 0;
    for (unsigned i = 0; i < m->regions; i++) {
        o->dram[i] = allocate(m->region[i].size);
        memcpy(o->dram[i], m->region[i].host, m->region[i].size);
        failed |= l->ops->attach(model, m->region[i].addr, o->dram[i], m->region[i].size);
    }
    failed |= how.load ? load_all(l, model, m) : poke_all(l, model, m);
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++)
        set_window(l, model, w, m->window[w].base, m->window[w].size);
    l->ops->write_reg(model, SYSTOLE_REG_CTRL, 1);
    const double begin = now();
    o->done = l->ops->run(model, MAX_CYCLES);
    l->seconds += now() - begin;
    o->status = l->ops->read_reg(model, SYSTOLE_REG_STATUS);
    o->index = l->ops->read_reg(model, SYSTOLE_REG_ERROR_INDEX);
    for (uint32_t i = 0; i < COUNTERS; i++)
        o->counter[i] = l->ops->read_reg(model, SYSTOLE_REG_COUNTER_LO + i * SYSTOLE_REG_COUNTER_LO_STEP) |
                        (uint64_t)l->ops->read_reg(model, SYSTOLE_REG_COUNTER_HI + i * SYSTOLE_REG_COUNTER_HI_STEP) << 32;
    l->cycles += o->counter[SYSTOLE_CNT_CYCLES];
    for (unsigned i = 0; i < REF_MEMS; i++) {
        o->mem[i] = allocate(ref_mem_size(&m->caps, i));
        failed |= l->ops->peek(model, (int)i, 0, o->mem[i], ref_mem_size(&m->caps, i));
    }
    l->ops->destroy(model);
    if (failed)
        fail(l->path, "attach, poke or peek failed");
}

static void free_outcome(struct outcome *o)
{
    for (unsigned i = 0; i < REF_MEMS; i++)
        free(o->mem[i]);
    for (unsigned i = 0; i < REF_REGIONS; i++)
        free(o->dram[i]);
    memset(o, 0, sizeof *o);
}

static bool same_value(const char *what, uint64_t a, uint64_t b)
{
    if (a != b)
        printf("    %s: %" PRIu64 " and %" PRIu64 "\n", what, a, b);
    return a == b;
}

static bool same_bytes(const char *what, const uint8_t *a, const uint8_t *b, size_t size)
{
    size_t i = 0;
    while (i < size && a[i] == b[i])
        i++;
    if (i < size)
        printf("    %s at %zu: 0x%02x and 0x%02x\n", what, i, a[i], b[i]);
    return i == size;
}

static bool same(const struct ref_machine *m, const struct outcome *a, const struct outcome *b)
{
    bool ok = same_value("done", (uint64_t)a->done, (uint64_t)b->done);
    ok &= same_value("STATUS", a->status, b->status);
    ok &= same_value("ERROR_INDEX", a->index, b->index);
    for (uint32_t i = 0; i < COUNTERS; i++)
        ok &= same_value(counter_names[i], a->counter[i], b->counter[i]);
    for (unsigned i = 0; i < REF_MEMS; i++)
        ok &= same_bytes(mem_names[i], a->mem[i], b->mem[i], ref_mem_size(&m->caps, i));
    for (unsigned i = 0; i < m->regions; i++)
        ok &= same_bytes("DRAM", a->dram[i], b->dram[i], m->region[i].size);
    return ok;
}

/* ---- Recordings ---- */

static const char *wires_name(unsigned library)
{
    static char name[2][MOST_OPTIONS];
    snprintf(name[library != 0], sizeof name[0], "%s/%lu.%u", how.wires, how.program, library);
    return name[library != 0];
}

static const char *with_wires(const char *options, unsigned library)
{
    static char text[4 * MOST_OPTIONS];
    if (!how.wires)
        return options;
    snprintf(text, sizeof text, "%s,wires=%s", options, wires_name(library));
    return text;
}

/* Two recordings, which a failed comparison leaves behind. */
static bool same_wires(unsigned library)
{
    static char a[LINE_ROOM], b[LINE_ROOM];
    FILE *one = fopen(wires_name(0), "r"), *two = fopen(wires_name(library), "r");
    if (!one || !two)
        fail("cannot read a recording of the wires in", how.wires);
    bool ok = true;
    for (uint64_t cycle = 0; ok; cycle++) {
        const bool first = fgets(a, sizeof a, one) != NULL, second = fgets(b, sizeof b, two) != NULL;
        if (!first && !second)
            break;
        ok = first && second && strcmp(a, b) == 0;
        if (!ok)
            printf("    wires of cycle %" PRIu64 ":\n      %s      %s", cycle, first ? a : "none\n", second ? b : "none\n");
    }
    fclose(one);
    fclose(two);
    if (ok)
        remove(wires_name(library));
    return ok;
}

/* One program on all libraries; `check`, if given, judges the first one's outcome. */
static bool run_all(struct library *list, unsigned count, const struct ref_machine *m, const char *options, const char *name,
                    bool (*check)(const struct ref_machine *, const struct outcome *))
{
    struct outcome first = {0}, other = {0};
    run_on(&list[0], m, with_wires(options, 0), &first);
    bool ok = !check || check(m, &first);
    if (!ok)
        printf("  %s: wrong on %s\n", name, list[0].path);
    for (unsigned i = 1; i < count; i++) {
        run_on(&list[i], m, with_wires(options, i), &other);
        const bool equal = same(m, &first, &other);
        if ((how.wires && !same_wires(i)) || !equal) {
            printf("  %s: %s differs\n", name, list[i].path);
            ok = false;
        }
        free_outcome(&other);
    }
    free_outcome(&first);
    how.program++;
    return ok;
}

/* ---- Matrix products ---- */

/* Regions in the order of the windows: program, A, B, C; sizes as below. */
static struct gemm product = {.scale = 0x3c000000}; /* 1/128 */

static bool gemm_right(const struct ref_machine *m, const struct outcome *o)
{
    const int8_t *a = (const int8_t *)m->region[GEMM_A].host, *b = (const int8_t *)m->region[GEMM_B].host;
    const int8_t *c = (const int8_t *)o->dram[GEMM_C];
    bool ok = o->done && o->status == SYSTOLE_ERR_OK;
    for (uint32_t i = 0; i < product.m; i++)
        for (uint32_t j = 0; j < product.n; j++) {
            int32_t sum = 0;
            for (uint32_t k = 0; k < product.k; k++)
                sum += a[i * product.k + k] * b[k * product.n + j];
            /* To nearest, ties to even, of sum / 128, in integers; 24 bits hold every sum of these sizes. */
            int32_t q = (sum + 64) >> 7;
            q -= ((sum + 64) & 127) == 0 && (q & 1);
            ok &= c[i * product.n + j] == (q < -128 ? -128 : q > 127 ? 127 : q);
        }
    return ok;
}

static bool run_gemm(struct library *list, unsigned count, const struct ref_caps *caps, uint32_t n[3])
{
    static uint32_t insn[GEMM_ROOM][SYSTOLE_INSN_WORDS];
    const struct gemm_caps g = {caps->rows, caps->cols, caps->apad_bytes, caps->wpad_bytes, caps->acc_rows};
    struct ref_machine m;
    char name[64];
    product.m = n[0];
    product.n = n[1];
    product.k = n[2];
    const uint32_t insns = gemm_program(&product, &g, insn, GEMM_ROOM);
    if (insns == 0 || insns > GEMM_ROOM || ref_init(&m, caps) != 0)
        fail("the product does not fit", list[0].path);
    const size_t size[REF_REGIONS] = {(size_t)insns * SYSTOLE_INSN_BYTES, (size_t)n[0] * n[2], (size_t)n[2] * n[1],
                                      (size_t)n[0] * n[1]};
    m.regions = REF_REGIONS;
    for (uint32_t i = 0; i < REF_REGIONS; i++) {
        m.region[i].addr = (uint64_t)(i + 1) << 32;
        m.region[i].size = (size[i] + 63) / 64 * 64;
        m.region[i].host = allocate(size[i]);
        m.window[i].base = m.region[i].addr;
        m.window[i].size = size[i];
        for (size_t k = 0; k < size[i]; k++) /* small numbers, so that few results saturate */
            m.region[i].host[k] = (uint8_t)((k * 2654435761u >> 13) % 33 - 16);
    }
    for (uint32_t i = 0; i < insns * SYSTOLE_INSN_WORDS; i++)
        for (unsigned b = 0; b < 4; b++)
            m.region[0].host[4 * i + b] = (uint8_t)(insn[i / SYSTOLE_INSN_WORDS][i % SYSTOLE_INSN_WORDS] >> (8 * b));
    snprintf(name, sizeof name, "int8 product %ux%ux%u", n[0], n[1], n[2]);
    const bool ok = run_all(list, count, &m, "latency=100", name, gemm_right);
    for (unsigned i = 0; i < REF_REGIONS; i++)
        free(m.region[i].host);
    ref_free(&m);
    return ok;
}

/* ---- Random programs ---- */

static bool run_random(struct library *list, unsigned count, const struct ref_caps *caps, uint64_t seed)
{
    static struct fuzz_case c;
    struct ref_machine m;
    char name[64], options[64];
    const struct case_options make = {.flaws = 30};
    if (case_generate(&c, caps, seed, &make) != 0 || case_machine(&c, &m) != 0)
        fail("out of memory", "");
    snprintf(name, sizeof name, "program of seed %" PRIu64 " (flaw: %s)", seed, c.flaw);
    snprintf(options, sizeof options, "latency=20,stall=25,seed=%" PRIu64, seed);
    const bool ok = run_all(list, count, &m, options, name, NULL);
    case_machine_free(&m);
    return ok;
}

int main(int argc, char **argv)
{
    static struct library list[MAX_LIBRARIES];
    unsigned count = 0, passed = 0, failed = 0;
    unsigned long programs = 40;
    uint64_t seed = 1;
    uint32_t sizes[][3] = {{16, 16, 16}, {32, 16, 32}};
    struct ref_caps caps;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--programs") == 0 && i + 1 < argc)
            programs = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--wires") == 0 && i + 1 < argc)
            how.wires = argv[++i];
        else if (strcmp(argv[i], "--load") == 0)
            how.load = true;
        else if (count < MAX_LIBRARIES)
            open_library(&list[count++], argv[i]);
    }
    if (count < (how.wires ? 1 : 2))
        fail("usage", "test_two_simulators [--programs N] [--seed S] [--wires DIR] [--load] LIBRARY [LIBRARY ...]");
    read_caps(&list[0], &caps);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const bool ok = run_gemm(list, count, &caps, sizes[i]);
        passed += ok;
        failed += !ok;
    }
    for (unsigned long i = 0; i < programs; i++) {
        const bool ok = run_random(list, count, &caps, seed + i);
        passed += ok;
        failed += !ok;
    }
    for (unsigned i = 0; i < count; i++)
        printf("%s: %" PRIu64 " cycles in %.2f s, %.0f kcycles/s\n", list[i].path, list[i].cycles, list[i].seconds,
               (double)list[i].cycles / list[i].seconds * 1e-3);
    printf("test_two_simulators: %u passed, %u failed\n", passed, failed);
    return failed != 0;
}
