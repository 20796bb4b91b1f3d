/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated RTL as a device: driver/systole_model.h over the shim and the memory. Registers are read and written by
 * AXI4-Lite transactions that take simulated time; on-chip memories are looked at from behind.
 *
 * A model whose RTL failed an assertion, or that broke a rule of AXI, is dead: registers read all ones, as on a bus whose
 * device is gone, and a run never finishes. So no test passes over it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../driver/systole_spec.h"
#include "events.h"
#include "options.h"
#include "shim.h"
#include "systole_sim.h"
#include "view.h"
#include "wires.h"

#define EXPORT __attribute__((visibility("default")))

#define GONE 0xffffffffu
#define BUS_CYCLES 100000u /* a register access that takes longer has failed */

struct systole_model {
    struct shim *shim;
    struct memory *memory;
    const struct shim_ports *ports;
    struct events events;
    struct view *view;
    struct fault fault;
    struct wires wires;
    uint32_t caps[SYSTOLE_REG_CAPS_COUNT];
    struct memory_options options; /* of the memory */
};

/* ---- Registers ---- */

static void step(struct systole_model *m)
{
    shim_run(m->shim, 1, false);
}

static bool is_dead(const struct systole_model *m)
{
    return shim_failure(m->shim)[0] != '\0';
}

/* A broken rule of AXI is found by the memory; it counts as a failure of the model. */
static bool check_alive(struct systole_model *m)
{
    if (memory_stats(m->memory)->violations != 0)
        shim_fail(m->shim, memory_violation(m->memory));
    return !is_dead(m);
}

/* Clocks until *wire is high, then once more, with *valid high: the handshake. */
static bool handshake(struct systole_model *m, uint8_t *valid, const uint8_t *ready)
{
    *valid = 1;
    for (unsigned i = 0; i < BUS_CYCLES && !is_dead(m); i++) {
        bool done = *ready != 0;
        step(m);
        if (done) {
            *valid = 0;
            return !is_dead(m);
        }
    }
    *valid = 0;
    shim_fail(m->shim, "the register bus does not answer");
    return false;
}

static uint32_t read_reg(struct systole_model *m, uint32_t offset)
{
    const struct shim_ports *p = m->ports;
    if (!check_alive(m))
        return GONE;
    *p->ar_addr = (uint16_t)(offset & 0xfffu);
    if (!handshake(m, p->ar_valid, p->ar_ready))
        return GONE;
    *p->r_ready = 1;
    for (unsigned i = 0; i < BUS_CYCLES && !is_dead(m); i++) {
        bool done = *p->r_valid != 0;
        uint32_t value = *p->r_data;
        step(m);
        if (done) {
            *p->r_ready = 0;
            return value;
        }
    }
    *p->r_ready = 0;
    shim_fail(m->shim, "the register bus does not answer");
    return GONE;
}

static void write_bytes(struct systole_model *m, uint32_t offset, uint32_t value, unsigned strobes)
{
    const struct shim_ports *p = m->ports;
    if (!check_alive(m))
        return;
    *p->aw_addr = (uint16_t)(offset & 0xfffu);
    *p->w_data = value;
    *p->w_strb = (uint8_t)(strobes & 0xfu);
    *p->aw_valid = 1;
    *p->w_valid = 1;
    *p->b_ready = 1;
    for (unsigned i = 0; i < BUS_CYCLES && !is_dead(m); i++) {
        bool aw = *p->aw_valid && *p->aw_ready;
        bool w = *p->w_valid && *p->w_ready;
        bool b = *p->b_valid != 0;
        step(m);
        if (aw)
            *p->aw_valid = 0;
        if (w)
            *p->w_valid = 0;
        if (b) {
            *p->b_ready = 0;
            return;
        }
    }
    shim_fail(m->shim, "the register bus does not answer");
}

static void write_reg(struct systole_model *m, uint32_t offset, uint32_t value)
{
    write_bytes(m, offset, value, 0xf);
}

static int run(struct systole_model *m, uint64_t max_cycles)
{
    /* A start that was just written reaches busy within two cycles. */
    uint64_t head = max_cycles < 2 ? max_cycles : 2;
    shim_run(m->shim, head, false);
    if (*m->ports->busy && max_cycles > head)
        shim_run(m->shim, max_cycles - head, true);
    return check_alive(m) && !*m->ports->busy;
}

static int attach(struct systole_model *m, uint64_t addr, void *host, uint64_t size)
{
    return memory_attach(m->memory, addr, host, size);
}

static int detach(struct systole_model *m, uint64_t addr)
{
    return memory_detach(m->memory, addr);
}

/* ---- On-chip memories ---- */

struct place {
    char instance[48];
    char twin[48]; /* a second copy of the same bytes, or "" */
    uint32_t addr, word32;
};

static void locate_bank(const char *unit, uint32_t bytes, uint32_t banks, uint32_t word, uint64_t offset,
                        struct place *at)
{
    uint32_t bank_bytes = bytes / banks;
    uint32_t in_bank = (uint32_t)(offset % bank_bytes);
    snprintf(at->instance, sizeof(at->instance), "%s.gen_bank[%u].u_ram", unit, (unsigned)(offset / bank_bytes));
    at->twin[0] = '\0';
    at->addr = in_bank / word;
    at->word32 = in_bank % word / 4;
}

static uint64_t memory_size(const struct systole_model *m, int mem)
{
    const uint64_t row = 4 * (uint64_t)m->caps[SYSTOLE_CAP_COLS];
    switch (mem) {
    case SYSTOLE_MEM_APAD: return m->caps[SYSTOLE_CAP_APAD_BYTES];
    case SYSTOLE_MEM_WPAD: return m->caps[SYSTOLE_CAP_WPAD_BYTES];
    case SYSTOLE_MEM_ACC: return m->caps[SYSTOLE_CAP_ACC_ROWS] * row;
    case SYSTOLE_MEM_PARAM: return m->caps[SYSTOLE_CAP_PARAM_ROWS] * row;
    case SYSTOLE_MEM_LUT: return SYSTOLE_LUT_BYTES;
    default: return 0;
    }
}

static void locate(const struct systole_model *m, int mem, uint64_t offset, struct place *at)
{
    uint32_t word = m->caps[SYSTOLE_CAP_WORD_BYTES];
    uint32_t row = 4 * m->caps[SYSTOLE_CAP_COLS];
    uint32_t bytes = (uint32_t)memory_size(m, mem);
    switch (mem) {
    case SYSTOLE_MEM_APAD:
        locate_bank("u_apad", bytes, m->caps[SYSTOLE_CAP_APAD_BANKS], word, offset, at);
        break;
    case SYSTOLE_MEM_WPAD:
        locate_bank("u_wpad", bytes, 1, word, offset, at);
        break;
    case SYSTOLE_MEM_ACC:
        locate_bank("u_acc", bytes, m->caps[SYSTOLE_CAP_ACC_BANKS], row, offset, at);
        break;
    default:
        /* Two readers of one memory with one read port: two copies, written together. */
        snprintf(at->instance, sizeof(at->instance), "u_param_bias");
        snprintf(at->twin, sizeof(at->twin), "u_param_scale");
        at->addr = (uint32_t)offset / row;
        at->word32 = (uint32_t)offset % row / 4;
        break;
    }
}

static bool is_inside(const struct systole_model *m, int mem, uint64_t offset, size_t size)
{
    uint64_t limit = memory_size(m, mem);
    return offset <= limit && size <= limit - offset;
}

static int peek(struct systole_model *m, int mem, uint64_t offset, void *out, size_t size)
{
    uint8_t *to = out;
    if (!is_inside(m, mem, offset, size))
        return -1;
    struct place at;
    uint32_t word = 0;
    for (size_t i = 0; i < size; i++) {
        uint64_t byte = offset + i;
        if (mem == SYSTOLE_MEM_LUT) {
            if (shim_lut_peek(m->shim, "u_lut", (uint32_t)byte, &to[i]) != 0)
                return -1;
            continue;
        }
        if (i == 0 || byte % 4 == 0) {
            locate(m, mem, byte, &at);
            if (shim_ram_peek(m->shim, at.instance, at.addr, at.word32, &word) != 0)
                return -1;
        }
        to[i] = (uint8_t)(word >> (8 * (byte % 4)));
    }
    return 0;
}

/* Writes the bytes of one 32-bit word that `mask` names. */
static int poke_word(struct systole_model *m, int mem, uint64_t offset, uint32_t value, uint32_t mask)
{
    struct place at = {.twin = ""};
    uint32_t old = 0;
    locate(m, mem, offset, &at);
    if (mask != 0xffffffffu && shim_ram_peek(m->shim, at.instance, at.addr, at.word32, &old) != 0)
        return -1;
    value = (value & mask) | (old & ~mask);
    if (shim_ram_poke(m->shim, at.instance, at.addr, at.word32, value) != 0)
        return -1;
    return at.twin[0] != '\0' ? shim_ram_poke(m->shim, at.twin, at.addr, at.word32, value) : 0;
}

static int poke(struct systole_model *m, int mem, uint64_t offset, const void *in, size_t size)
{
    const uint8_t *from = in;
    if (!is_inside(m, mem, offset, size))
        return -1;
    if (mem == SYSTOLE_MEM_LUT) {
        for (size_t i = 0; i < size; i++)
            if (shim_lut_poke(m->shim, "u_lut", (uint32_t)(offset + i), from[i]) != 0)
                return -1;
        return 0;
    }
    for (size_t i = 0; i < size;) {
        uint64_t base = (offset + i) & ~(uint64_t)3;
        uint32_t value = 0, mask = 0;
        for (; i < size && offset + i < base + 4; i++) {
            unsigned shift = 8u * (unsigned)(offset + i - base);
            value |= (uint32_t)from[i] << shift;
            mask |= 0xffu << shift;
        }
        if (poke_word(m, mem, base, value, mask) != 0)
            return -1;
    }
    return 0;
}

static int flip(struct systole_model *m, int mem, uint64_t offset, unsigned bit, unsigned copy)
{
    struct place at = {.twin = ""};
    if (!is_inside(m, mem, offset, 1) || copy > (mem == SYSTOLE_MEM_PARAM))
        return -1;
    if (mem == SYSTOLE_MEM_LUT)
        return shim_lut_flip(m->shim, "u_lut", (uint32_t)offset, bit);
    locate(m, mem, offset, &at);
    return shim_ram_flip(m->shim, copy ? at.twin : at.instance, at.addr, 4 * at.word32 + (uint32_t)(offset % 4), bit);
}

/* ---- Life ---- */

static void destroy(struct systole_model *m)
{
    if (!m)
        return;
    view_close(m->view);
    wires_close(&m->wires);
    shim_destroy(m->shim);
    memory_destroy(m->memory);
    events_free(&m->events);
    free(m);
}

static int watch_events(struct systole_model *m)
{
    const struct shim_watch *watch = shim_watch(m->shim, events_edge, &m->events);
    if (watch)
        events_init(&m->events, watch);
    return watch ? 0 : -1;
}

/* The array is told of by its body, which the shim has just made. */
static int watch_array(struct systole_model *m, const struct sim_options *o, char *err, size_t err_size)
{
    const struct view_array array = {m->caps[SYSTOLE_CAP_ROWS], m->caps[SYSTOLE_CAP_COLS], m->caps[SYSTOLE_CAP_MAC_LATENCY]};
    if (!view_is_built() || watch_events(m) != 0)
        return snprintf(err, err_size, "view: needs a simulator with the array's body 2, as `make sim` builds it"), -1;
    m->view = view_open(o->view, o->view_from, o->view_to, &array, &m->events, shim_cycles(m->shim));
    if (!m->view)
        return snprintf(err, err_size, "view: cannot write %s", o->view), -1;
    shim_watch(m->shim, view_edge, m->view);
    return 0;
}

static const struct systole_event *events(struct systole_model *m, size_t *count)
{
    return m->events.watch ? events_get(&m->events, count) : NULL;
}

/* The fault begins when the array's size is known. */
static int set_fault(struct systole_model *m, const struct fault *f, char *err, size_t err_size)
{
    if (f->point == FAULT_NONE)
        return 0;
    const uint32_t rows = m->caps[SYSTOLE_CAP_ROWS], cols = m->caps[SYSTOLE_CAP_COLS];
    if (f->point == FAULT_PE && (f->row >= rows || f->col >= cols))
        return snprintf(err, err_size, "fault: no PE in row %u, column %u of a %ux%u array", f->row, f->col, rows, cols), -1;
    m->fault = *f;
    if (shim_fault(m->shim, &m->fault) != 0)
        return snprintf(err, err_size, "fault: needs a build with FAULTS=1"), -1;
    return 0;
}

static int record_wires(struct systole_model *m, const char *file)
{
    if (wires_open(&m->wires, file, m->ports) != 0)
        return -1;
    shim_before(m->shim, wires_note, &m->wires);
    return 0;
}

static int start(struct systole_model *m, const struct sim_options *o, char *err, size_t err_size)
{
    m->options = o->memory;
    m->shim = shim_create();
    if (!m->shim)
        return snprintf(err, err_size, "out of memory"), -1;
    m->ports = shim_ports(m->shim);
    m->memory = memory_create(&m->ports->mem, &o->memory);
    if (!m->memory)
        return snprintf(err, err_size, "the memory's options are outside their limits"), -1;
    shim_connect(m->shim, m->memory);
    if (o->wires[0] != '\0' && record_wires(m, o->wires) != 0)
        return snprintf(err, err_size, "wires: cannot write the file"), -1;
    if (o->wave[0] != '\0' && shim_trace(m->shim, o->wave, o->wave_from, o->wave_to) != 0)
        return snprintf(err, err_size, "wave: %s", shim_features() & SHIM_TRACE ? "cannot write the file"
                                                                                : "needs a build with TRACE=1"), -1;
    if (o->coverage[0] != '\0' && shim_coverage(m->shim, o->coverage) != 0)
        return snprintf(err, err_size, "coverage: needs a build with COVERAGE=1"), -1;
    if (o->events && watch_events(m) != 0)
        return snprintf(err, err_size, "events: this simulator does not show what they are made of"), -1;
    if (read_reg(m, SYSTOLE_REG_MAGIC) != SYSTOLE_MAGIC)
        return snprintf(err, err_size, "the model does not answer: %s", shim_failure(m->shim)), -1;
    for (uint32_t i = 0; i < SYSTOLE_REG_CAPS_COUNT; i++)
        m->caps[i] = read_reg(m, SYSTOLE_REG_CAPS + 4 * i);
    if (o->view[0] != '\0' && watch_array(m, o, err, err_size) != 0)
        return -1;
    return set_fault(m, &o->fault, err, err_size);
}

static struct systole_model *create(const char *options, char *err, size_t err_size)
{
    struct sim_options o;
    char unused[1];
    if (!err || err_size == 0) {
        err = unused;
        err_size = sizeof(unused);
    }
    if (sim_options_parse(&o, options, err, err_size) != 0)
        return NULL;
    struct systole_model *m = calloc(1, sizeof(*m));
    if (!m) {
        snprintf(err, err_size, "out of memory");
        return NULL;
    }
    if (start(m, &o, err, err_size) != 0) {
        destroy(m);
        return NULL;
    }
    return m;
}

static void told_memory(const struct systole_model *m, uint32_t *latency, uint32_t *outstanding)
{
    *latency = m->options.read_latency;
    *outstanding = m->options.read_outstanding;
}

EXPORT const struct systole_model_ops *systole_model_get(void)
{
    static const struct systole_model_ops ops = {
        .abi = SYSTOLE_MODEL_ABI,
        .size = sizeof(ops),
        .create = create,
        .destroy = destroy,
        .read_reg = read_reg,
        .write_reg = write_reg,
        .attach = attach,
        .detach = detach,
        .run = run,
        .peek = peek,
        .poke = poke,
        .events = events,
        .memory = told_memory,
    };
    return &ops;
}

/* ---- For testbenches ---- */

static uint64_t sim_cycles(const struct systole_model *m)
{
    return shim_cycles(m->shim);
}

static uint64_t sim_step(struct systole_model *m, uint64_t n)
{
    return shim_run(m->shim, n, false);
}

static int sim_irq(const struct systole_model *m)
{
    return *m->ports->irq;
}

static uint64_t sim_read_beats(const struct systole_model *m)
{
    return memory_stats(m->memory)->read_beats;
}

static uint64_t sim_write_beats(const struct systole_model *m)
{
    return memory_stats(m->memory)->write_beats;
}

static uint64_t sim_stray(const struct systole_model *m)
{
    return memory_stats(m->memory)->stray;
}

static int sim_bus_busy(const struct systole_model *m)
{
    return !memory_idle(m->memory);
}

static uint64_t sim_violations(const struct systole_model *m)
{
    return memory_stats(m->memory)->violations;
}

static const char *sim_violation(const struct systole_model *m)
{
    return memory_violation(m->memory);
}

static const char *sim_failure(const struct systole_model *m)
{
    return shim_failure(m->shim);
}

EXPORT const struct systole_sim_ops *systole_sim_get(void)
{
    static const struct systole_sim_ops ops = {
        .abi = SYSTOLE_SIM_ABI,
        .write_bytes = write_bytes,
        .flip = flip,
        .size = sizeof(ops),
        .cycles = sim_cycles,
        .step = sim_step,
        .irq = sim_irq,
        .read_beats = sim_read_beats,
        .write_beats = sim_write_beats,
        .stray = sim_stray,
        .bus_busy = sim_bus_busy,
        .violations = sim_violations,
        .violation = sim_violation,
        .failure = sim_failure,
    };
    return &ops;
}
