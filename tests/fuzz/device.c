/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const mem_names[REF_MEMS] = {"APAD", "WPAD", "ACC", "PARAM", "LUT"};

static uint32_t capability(const struct device *d, unsigned index)
{
    return d->ops->read_reg(d->model, SYSTOLE_REG_CAPS + index * SYSTOLE_REG_CAPS_STEP);
}

/* Makes the model anew, with %SEED of the options replaced. */
static int create(struct device *d, uint64_t seed)
{
    char options[512] = "";
    char error[256] = "";
    const char *mark = d->options != NULL ? strstr(d->options, "%SEED") : NULL;
    if (mark != NULL) {
        snprintf(options, sizeof options, "%.*s%" PRIu32 "%s", (int)(mark - d->options), d->options,
                 (uint32_t)(seed & 0x7fffffffu), mark + strlen("%SEED"));
    } else if (d->options != NULL) {
        snprintf(options, sizeof options, "%s", d->options);
    }
    d->fresh = mark != NULL;
    if (d->model != NULL) {
        d->ops->destroy(d->model);
    }
    d->model = d->ops->create(options, error, sizeof error);
    if (d->model == NULL) {
        fprintf(stderr, "%s: create(\"%s\"): %s\n", d->path, options, error);
        return -1;
    }
    return 0;
}

int device_open(struct device *d, const char *path, const char *options)
{
    const struct systole_model_ops *(*get)(void);
    d->path = path;
    d->options = options;
    d->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = d->handle != NULL ? dlsym(d->handle, "systole_model_get") : NULL;
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    memcpy(&get, &symbol, sizeof get); /* ISO C has no cast from object to function */
    d->ops = get();
    if (d->ops->abi != SYSTOLE_MODEL_ABI || d->ops->size < sizeof *d->ops) {
        fprintf(stderr, "%s: no model of interface %u\n", path, SYSTOLE_MODEL_ABI);
        return -1;
    }
    if (create(d, 1) != 0) {
        if (options == NULL) {
            return -1;
        }
        fprintf(stderr, "%s: runs without options\n", path);
        d->refused = true;
        d->options = NULL;
        if (create(d, 1) != 0) {
            return -1;
        }
    }
    d->caps.rows = capability(d, SYSTOLE_CAP_ROWS);
    d->caps.cols = capability(d, SYSTOLE_CAP_COLS);
    d->caps.has_fp = capability(d, SYSTOLE_CAP_HAS_FP);
    d->caps.axi_bytes = capability(d, SYSTOLE_CAP_AXI_BYTES);
    d->caps.word_bytes = capability(d, SYSTOLE_CAP_WORD_BYTES);
    d->caps.apad_bytes = capability(d, SYSTOLE_CAP_APAD_BYTES);
    d->caps.wpad_bytes = capability(d, SYSTOLE_CAP_WPAD_BYTES);
    d->caps.acc_rows = capability(d, SYSTOLE_CAP_ACC_ROWS);
    d->caps.param_rows = capability(d, SYSTOLE_CAP_PARAM_ROWS);
    d->caps.lane_taps = capability(d, SYSTOLE_CAP_LANE_TAPS);
    return 0;
}

void device_close(struct device *d)
{
    if (d->model != NULL) {
        d->ops->destroy(d->model);
        d->model = NULL;
    }
    if (d->handle != NULL) {
        dlclose(d->handle);
        d->handle = NULL;
    }
}

static void write64(const struct device *d, uint32_t lo, uint64_t v)
{
    d->ops->write_reg(d->model, lo, (uint32_t)v);
    d->ops->write_reg(d->model, lo + 4, (uint32_t)(v >> 32));
}

static uint64_t counter(const struct device *d, unsigned index)
{
    const uint32_t at = index * SYSTOLE_REG_COUNTER_LO_STEP;
    return d->ops->read_reg(d->model, SYSTOLE_REG_COUNTER_LO + at) |
           (uint64_t)d->ops->read_reg(d->model, SYSTOLE_REG_COUNTER_HI + at) << 32;
}

static void differ(struct difference *diff, const char *what, uint64_t offset, uint64_t expected, uint64_t got)
{
    if (!diff->found) {
        diff->found = true;
        snprintf(diff->what, sizeof diff->what, "%s", what);
        diff->offset = offset;
        diff->expected = expected;
        diff->got = got;
    }
}

static void compare_bytes(struct difference *diff, const char *what, const uint8_t *expected, const uint8_t *got,
                          size_t size)
{
    if (memcmp(expected, got, size) == 0) {
        return;
    }
    size_t i = 0;
    while (expected[i] == got[i]) {
        i++;
    }
    differ(diff, what, i, expected[i], got[i]);
}

/* Puts the memories of the reference into the device and sets the windows. `dram` are copies of its regions. */
static int prepare(const struct device *d, const struct ref_machine *m, uint8_t *const *dram)
{
    int failed = 0;
    for (unsigned i = 0; i < m->regions; i++) {
        memcpy(dram[i], m->region[i].host, m->region[i].size);
        failed |= d->ops->attach(d->model, m->region[i].addr, dram[i], m->region[i].size);
    }
    for (unsigned i = 0; i < REF_MEMS; i++) {
        failed |= d->ops->poke(d->model, (int)i, 0, m->mem[i], ref_mem_size(&m->caps, i));
    }
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++) {
        write64(d, SYSTOLE_REG_WIN_BASE_LO + w * SYSTOLE_REG_WIN_BASE_LO_STEP, m->window[w].base);
        write64(d, SYSTOLE_REG_WIN_SIZE_LO + w * SYSTOLE_REG_WIN_SIZE_LO_STEP, m->window[w].size);
    }
    if (failed != 0) {
        fprintf(stderr, "%s: attach or poke failed\n", d->path);
    }
    return failed;
}

static void start(struct device *d, struct difference *diff)
{
    d->ops->write_reg(d->model, SYSTOLE_REG_CTRL, 1);
    if (d->ops->run(d->model, d->max_cycles) != 1) {
        differ(diff, "hangs: not done after this many cycles", 0, 0, d->max_cycles);
    }
    d->cycles += counter(d, SYSTOLE_CNT_CYCLES);
}

/* A soft reset between runs; the windows must survive it. */
static void reset(const struct device *d, struct difference *diff)
{
    d->ops->write_reg(d->model, SYSTOLE_REG_RESET, 1);
    for (int i = 0; i < 1000; i++) {
        d->ops->run(d->model, 10);
        if (d->ops->read_reg(d->model, SYSTOLE_REG_BUS) == 0 &&
            (d->ops->read_reg(d->model, SYSTOLE_REG_CTRL) & 4u) != 0) {
            return;
        }
    }
    differ(diff, "is not idle after a soft reset: CTRL", 0, 4, d->ops->read_reg(d->model, SYSTOLE_REG_CTRL));
}

static void compare_run(const struct device *d, enum case_level level, const struct ref_machine *m,
                        struct difference *diff)
{
    static const struct {
        unsigned index;
        const char *name;
    } counters[] = {
        {SYSTOLE_CNT_INSN_SYNC, "counter INSN_SYNC"},     {SYSTOLE_CNT_INSN_LOAD, "counter INSN_LOAD"},
        {SYSTOLE_CNT_INSN_FILL, "counter INSN_FILL"},     {SYSTOLE_CNT_INSN_MATMUL, "counter INSN_MATMUL"},
        {SYSTOLE_CNT_INSN_STORE, "counter INSN_STORE"},   {SYSTOLE_CNT_READ_BYTES, "counter READ_BYTES"},
        {SYSTOLE_CNT_WRITE_BYTES, "counter WRITE_BYTES"},
    };
    if (level == LEVEL_NOTHING || diff->found) {
        return;
    }
    const uint32_t status = d->ops->read_reg(d->model, SYSTOLE_REG_STATUS);
    const uint32_t index = d->ops->read_reg(d->model, SYSTOLE_REG_ERROR_INDEX);
    if (status != m->status) {
        differ(diff, "STATUS", 0, m->status, status);
    } else if (status != SYSTOLE_ERR_OK && index != m->error_index) {
        differ(diff, "ERROR_INDEX", 0, m->error_index, index);
    }
    for (size_t i = 0; i < (d->compare_bytes ? 7u : 5u); i++) {
        const uint64_t got = counter(d, counters[i].index);
        if (got != m->counter[counters[i].index]) {
            differ(diff, counters[i].name, 0, m->counter[counters[i].index], got);
        }
    }
}

/* Of each cycle of a run the device says what it was spent on. A device without time has none. */
static void compare_cycles(const struct device *d, struct difference *diff)
{
    const uint64_t cycles = counter(d, SYSTOLE_CNT_CYCLES);
    uint64_t sum = 0;
    if (cycles == 0 || diff->found) {
        return;
    }
    for (unsigned i = SYSTOLE_CNT_ARRAY_BUSY; i <= SYSTOLE_CNT_STALL_CHAIN; i++) {
        sum += counter(d, i);
    }
    if (sum != cycles) {
        differ(diff, "counters of busy and stalled cycles, against CYCLES", 0, cycles, sum);
    }
}

static void compare_memories(const struct device *d, const struct fuzz_case *c, const struct ref_machine *m,
                             uint8_t *const *dram, struct difference *diff)
{
    char what[64];
    if (c->level != LEVEL_ALL || diff->found) {
        return;
    }
    for (unsigned i = 0; i < REF_MEMS; i++) {
        const size_t size = ref_mem_size(&m->caps, i);
        uint8_t *got = malloc(size);
        if (got == NULL || d->ops->peek(d->model, (int)i, 0, got, size) != 0) {
            differ(diff, "peek fails", i, 0, 0);
        } else {
            compare_bytes(diff, mem_names[i], m->mem[i], got, size);
        }
        free(got);
    }
    for (unsigned i = 0; i < m->regions; i++) {
        snprintf(what, sizeof what, "DRAM at 0x%" PRIx64, m->region[i].addr);
        compare_bytes(diff, what, m->region[i].host, dram[i], m->region[i].size);
    }
}

static void run_both(struct device *d, const struct fuzz_case *c, struct ref_machine *m, uint8_t *const *dram,
                     struct difference *diff)
{
    const unsigned runs = c->again && c->level == LEVEL_ALL ? 2 : 1;
    for (unsigned i = 0; i < runs && !diff->found; i++) {
        if (i != 0 && c->reset) {
            reset(d, diff);
        }
        ref_run(m);
        start(d, diff);
        compare_run(d, c->level, m, diff);
        compare_cycles(d, diff);
        compare_memories(d, c, m, dram, diff);
        if (diff->found && i != 0) {
            strncat(diff->what, c->reset ? " (run again after a reset)" : " (run again)",
                    sizeof diff->what - strlen(diff->what) - 1);
        }
    }
}

int device_compare(struct device *d, const struct fuzz_case *c, struct difference *diff)
{
    struct ref_machine m;
    uint8_t *dram[REF_REGIONS] = {NULL};
    int result = -1;
    memset(diff, 0, sizeof *diff);
    if (d->fresh && create(d, c->seed) != 0) {
        return -1;
    }
    if (case_machine(c, &m) != 0) {
        return -1;
    }
    for (unsigned i = 0; i < m.regions; i++) {
        dram[i] = aligned_alloc(64, m.region[i].size);
        if (dram[i] == NULL) {
            goto out;
        }
    }
    if (prepare(d, &m, dram) != 0) {
        goto out;
    }
    run_both(d, c, &m, dram, diff);
    if (diff->found && strncmp(diff->what, "hangs", 5) == 0) {
        create(d, c->seed); /* it is of no more use */
    } else {
        for (unsigned i = 0; i < m.regions; i++) {
            d->ops->detach(d->model, m.region[i].addr);
        }
    }
    result = 0;
out:
    for (unsigned i = 0; i < REF_REGIONS; i++) {
        free(dram[i]);
    }
    case_machine_free(&m);
    return result;
}
