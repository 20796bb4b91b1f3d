/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START 1u
#define IDLE 4u

static const char *const mem_names[REF_MEMS] = {"APAD", "WPAD", "ACC", "PARAM", "LUT"};

/* ---- opening ---- */

static void read_caps(struct machine *m)
{
    const uint32_t at = SYSTOLE_REG_CAPS, step = SYSTOLE_REG_CAPS_STEP;
    uint32_t *const word[] = {
        [SYSTOLE_CAP_ROWS] = &m->caps.rows,           [SYSTOLE_CAP_COLS] = &m->caps.cols,
        [SYSTOLE_CAP_HAS_FP] = &m->caps.has_fp,       [SYSTOLE_CAP_AXI_BYTES] = &m->caps.axi_bytes,
        [SYSTOLE_CAP_WORD_BYTES] = &m->caps.word_bytes, [SYSTOLE_CAP_APAD_BYTES] = &m->caps.apad_bytes,
        [SYSTOLE_CAP_WPAD_BYTES] = &m->caps.wpad_bytes, [SYSTOLE_CAP_ACC_ROWS] = &m->caps.acc_rows,
        [SYSTOLE_CAP_PARAM_ROWS] = &m->caps.param_rows,
    };
    for (uint32_t i = 0; i < sizeof word / sizeof *word; i++)
        *word[i] = machine_read(m, at + i * step);
}

bool machine_load(struct machine *m, const char *path)
{
    const struct systole_model_ops *(*get)(void) = NULL;
    const struct systole_sim_ops *(*get_sim)(void) = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, "systole_model_get") : NULL;
    if (!symbol) {
        fprintf(stderr, "faults: %s\n", dlerror());
        return false;
    }
    memcpy(&get, &symbol, sizeof get); /* ISO C has no cast from object to function */
    *m = (struct machine){.ops = get()};
    symbol = dlsym(handle, "systole_sim_get");
    memcpy(&get_sim, &symbol, sizeof get_sim);
    m->sim = symbol ? get_sim() : NULL;
    if (!machine_open(m, ""))
        return false;
    read_caps(m);
    if (m->caps.rows != 4 || m->caps.cols != 4 || !m->caps.has_fp) {
        fprintf(stderr, "faults: %s is %ux%u%s: the reference program is for a 4x4 with bf16\n", path, m->caps.rows, m->caps.cols,
                m->caps.has_fp ? "" : " without bf16");
        return false;
    }
    return true;
}

bool machine_open(struct machine *m, const char *options)
{
    char why[200] = "";
    machine_close(m);
    m->model = m->ops->create(options, why, sizeof why);
    if (!m->model)
        fprintf(stderr, "faults: device with \"%s\": %s\n", options, why);
    return m->model != NULL;
}

static void free_memory(struct machine *m)
{
    for (unsigned i = 0; i < CASE_REGIONS; i++) {
        free(m->dram[i]);
        free(m->before[i]);
        m->dram[i] = NULL;
        m->before[i] = NULL;
    }
}

void machine_close(struct machine *m)
{
    if (m->model)
        m->ops->destroy(m->model);
    m->model = NULL;
    free_memory(m);
}

/* ---- registers and runs ---- */

uint32_t machine_read(struct machine *m, uint32_t offset)
{
    return m->ops->read_reg(m->model, offset);
}

void machine_write(struct machine *m, uint32_t offset, uint32_t value)
{
    m->ops->write_reg(m->model, offset, value);
}

void machine_write64(struct machine *m, uint32_t offset, uint64_t value)
{
    machine_write(m, offset, (uint32_t)value);
    machine_write(m, offset + 4, (uint32_t)(value >> 32));
}

void machine_start(struct machine *m)
{
    machine_write(m, SYSTOLE_REG_CTRL, START);
}

struct ending machine_finish(struct machine *m, uint64_t max_cycles)
{
    struct ending e = {.ended = m->ops->run(m->model, max_cycles) == 1};
    e.status = machine_read(m, SYSTOLE_REG_STATUS);
    e.index = machine_read(m, SYSTOLE_REG_ERROR_INDEX);
    return e;
}

bool machine_reset(struct machine *m, uint64_t max_cycles)
{
    machine_write(m, SYSTOLE_REG_RESET, 1);
    m->ops->run(m->model, max_cycles);
    return (machine_read(m, SYSTOLE_REG_CTRL) & IDLE) != 0 && machine_read(m, SYSTOLE_REG_BUS) == 0;
}

/* ---- memory ---- */

bool reference_result(const struct fuzz_case *c, struct ref_machine *m)
{
    if (case_machine(c, m) != 0)
        return false;
    for (unsigned i = 0; i < REF_MEMS; i++)
        memset(m->mem[i], 0, ref_mem_size(&m->caps, i));
    ref_run(m);
    return true;
}

bool machine_refill(struct machine *m, const struct fuzz_case *c)
{
    struct ref_machine before;
    if (case_machine(c, &before) != 0)
        return false;
    for (unsigned i = 0; i < before.regions; i++) {
        memcpy(m->dram[i], before.region[i].host, before.region[i].size);
        memcpy(m->before[i], before.region[i].host, before.region[i].size);
    }
    case_machine_free(&before);
    return true;
}

static bool attach(struct machine *m, const struct fuzz_case *c)
{
    for (unsigned i = 0; i < CASE_REGIONS; i++) {
        m->dram[i] = aligned_alloc(64, c->region_size[i]);
        m->before[i] = malloc(c->region_size[i]);
        if (!m->dram[i] || !m->before[i] || m->ops->attach(m->model, c->region_addr[i], m->dram[i], c->region_size[i]) != 0)
            return false;
    }
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++) {
        machine_write64(m, SYSTOLE_REG_WIN_BASE_LO + w * SYSTOLE_REG_WIN_BASE_LO_STEP, c->window[w].base);
        machine_write64(m, SYSTOLE_REG_WIN_SIZE_LO + w * SYSTOLE_REG_WIN_SIZE_LO_STEP, c->window[w].size);
    }
    return true;
}

bool machine_put(struct machine *m, const struct fuzz_case *c)
{
    return attach(m, c) && machine_refill(m, c);
}

void machine_drop(struct machine *m, const struct fuzz_case *c)
{
    for (unsigned i = 0; i < CASE_REGIONS; i++)
        m->ops->detach(m->model, c->region_addr[i]);
    free_memory(m);
}

static bool is_open(const struct fuzz_case *c, uint64_t address)
{
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++)
        if (address >= c->window[w].base && address - c->window[w].base < c->window[w].size)
            return true;
    return false;
}

bool machine_moved(struct machine *m, const struct fuzz_case *c, char *what, size_t room)
{
    for (unsigned i = 0; i < CASE_REGIONS; i++)
        for (uint64_t b = 0; b < c->region_size[i]; b++)
            if (m->dram[i][b] != m->before[i][b] && !is_open(c, c->region_addr[i] + b))
                return snprintf(what, room, "byte 0x%" PRIx64 ", in no window, was written", c->region_addr[i] + b), true;
    return false;
}

static bool pads_differ(struct machine *m, const struct ref_machine *want, char *what, size_t room)
{
    for (unsigned i = 0; i < REF_MEMS; i++) {
        const size_t size = ref_mem_size(&want->caps, i);
        uint8_t *got = malloc(size);
        const bool is_same = got && m->ops->peek(m->model, (int)i, 0, got, size) == 0 && memcmp(got, want->mem[i], size) == 0;
        free(got);
        if (!is_same)
            return snprintf(what, room, "%s differs", mem_names[i]), true;
    }
    return false;
}

bool machine_differs(struct machine *m, const struct ref_machine *want, bool pads, char *what, size_t room)
{
    for (unsigned i = 0; i < want->regions; i++)
        for (uint64_t b = 0; b < want->region[i].size; b++)
            if (m->dram[i][b] != want->region[i].host[b])
                return snprintf(what, room, "byte 0x%" PRIx64 " is %02x, not %02x", want->region[i].addr + b, m->dram[i][b],
                                want->region[i].host[b]), true;
    return pads && pads_differ(m, want, what, room);
}

/* ---- the next program ---- */

enum outcome machine_next(struct machine *m, char *what, size_t room)
{
    static struct fuzz_case sound;
    static struct ref_machine want, before;
    struct ending e;
    if (sound.count == 0) {
        reference_case(&sound, &m->caps, 0x900d);
        if (!reference_result(&sound, &want) || case_machine(&sound, &before) != 0)
            return snprintf(what, room, "no memory"), HUNG;
    }
    if (!attach(m, &sound))
        return snprintf(what, room, "the device takes no memory"), HUNG;
    for (unsigned i = 0; i < CASE_REGIONS; i++)
        memcpy(m->dram[i], before.region[i].host, before.region[i].size);
    machine_start(m);
    e = machine_finish(m, RUN_CYCLES);
    if (!e.ended)
        snprintf(what, room, "the next program does not end");
    else if (e.status != SYSTOLE_ERR_OK)
        snprintf(what, room, "the next program ends with status %u at instruction %u", e.status, e.index);
    const bool wrong = !e.ended || e.status != SYSTOLE_ERR_OK || machine_differs(m, &want, false, what, room);
    machine_drop(m, &sound);
    return !e.ended ? HUNG : wrong ? WRONG : HANDLED;
}

bool machine_course(struct machine *m, const struct fuzz_case *c, struct course *out)
{
    if (!machine_open(m, "") || !machine_put(m, c))
        return false;
    machine_start(m);
    const struct ending e = machine_finish(m, RUN_CYCLES);
    if (!e.ended || e.status != SYSTOLE_ERR_OK)
        return false;
    *out = (struct course){
        .read_beats = machine_read(m, SYSTOLE_REG_COUNTER_LO + SYSTOLE_CNT_READ_BEATS * SYSTOLE_REG_COUNTER_LO_STEP) +
                      machine_read(m, SYSTOLE_REG_COUNTER_LO + SYSTOLE_CNT_FETCH_BEATS * SYSTOLE_REG_COUNTER_LO_STEP),
        .write_beats = machine_read(m, SYSTOLE_REG_COUNTER_LO + SYSTOLE_CNT_WRITE_BEATS * SYSTOLE_REG_COUNTER_LO_STEP),
        .cycles = machine_read(m, SYSTOLE_REG_COUNTER_LO + SYSTOLE_CNT_CYCLES * SYSTOLE_REG_COUNTER_LO_STEP),
    };
    return true;
}
