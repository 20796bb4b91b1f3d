/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fast model as a device: driver/systole_model.h over the timing and the functional device. Register accesses take the cycles that
 * sim/model.c lets pass for them, so that a clock that counts from creation, which stalls and refresh depend on, agrees.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../driver/systole_hash.h"

#define EXPORT __attribute__((visibility("default")))

#define ACCESS_CYCLES 3u /* of a register */
#define START_CYCLES 4u  /* from a write of start to the first cycle that counts */
#define STOP_CYCLES 3u   /* from a write of reset to the first that does not */
#define CREATE_READS (1u + SYSTOLE_REG_CAPS_COUNT) /* the magic number, the capabilities */
#define CAP_WORDS SYSTOLE_REG_CAPS_COUNT
#define AHEAD (1ull << 22) /* cycles that the timing may be ahead of the clock, so that who waits in small steps does not slow it down */
#define GONE 0xffffffffu /* what registers read when memory ran out in a run, as those of a device that left the bus */
#define CTRL_START 1u
#define CTRL_DONE 2u
#define CTRL_IDLE 4u
#define CTRL_READY 8u

struct systole_model {
    struct timing timing;
    struct regions regions;
    struct function function;
    struct model_options options;
    uint64_t clock, begin; /* cycles since creation; the run's cycle 0 */
    struct timing_memory at_start;
    bool running, done, data, may_lead;
    uint32_t gie, ier, isr, status, error_index, caps[CAP_WORDS];
    uint64_t counter[SYSTOLE_COUNTER_COUNT];
};

/* ---- time ---- */

static void settle(struct systole_model *m)
{
    const struct timing *t = &m->timing;
    if (!m->running || !t->control.over || m->clock <= m->begin + t->cycles)
        return;
    m->running = false;
    m->done = true;
    m->isr |= m->ier;
    m->status = t->control.code;
    m->error_index = t->control.index;
}

/* The timing, which may be ahead, is that of cycle `until` of the run: it begins anew where it has to. */
static void rewind_to(struct systole_model *m, uint64_t until)
{
    struct timing *t = &m->timing;
    const uint64_t led = t->control.over ? t->cycles : t->now;
    m->may_lead = false;
    if (!m->running || led <= until)
        return;
    t->memory = m->at_start;
    timing_begin(t, m->begin);
    timing_run(t, until);
}

static void rewind_to_now(struct systole_model *m)
{
    rewind_to(m, m->clock > m->begin ? m->clock - m->begin : 0);
}

/* Cycles pass, busy or not. */
static void pass(struct systole_model *m, uint64_t cycles)
{
    m->clock += cycles;
    if (m->running && m->clock > m->begin)
        timing_run(&m->timing, m->clock - m->begin);
    settle(m);
}

static int run(struct systole_model *m, uint64_t max_cycles)
{
    const uint64_t head = max_cycles < 2 ? max_cycles : 2;
    pass(m, head);
    if (!m->running || max_cycles == head)
        return !m->running;
    const uint64_t most = max_cycles - head, until = most > UINT64_MAX / 2 - m->clock ? UINT64_MAX / 2 : m->clock + most;
    const uint64_t cycle = until - m->begin, led = m->timing.now;
    if (timing_run(&m->timing, m->may_lead && led < cycle && cycle < UINT64_MAX / 4 ? cycle + AHEAD : cycle) &&
        m->begin + m->timing.cycles < until) {
        m->clock = m->begin + m->timing.cycles + 1;
        settle(m);
    } else {
        m->clock = until;
    }
    return !m->running;
}

/* ---- registers ---- */

static uint32_t half(uint64_t value, bool high)
{
    return (uint32_t)(high ? value >> 32 : value);
}

static bool in_group(uint32_t offset, uint32_t low, uint32_t count, uint32_t step, uint32_t *i, bool *high)
{
    if (offset < low || offset >= low + count * step)
        return false;
    *i = (offset - low) / step;
    *high = (offset - low) % step == 4;
    return (offset - low) % step == 0 || *high;
}

static uint64_t *wide_register(struct systole_model *m, uint32_t offset, bool *high)
{
    uint32_t i;
    if (in_group(offset, SYSTOLE_REG_WIN_BASE_LO, SYSTOLE_WINDOWS, SYSTOLE_REG_WIN_BASE_LO_STEP, &i, high))
        return &m->timing.window_base[i];
    if (in_group(offset, SYSTOLE_REG_WIN_SIZE_LO, SYSTOLE_WINDOWS, SYSTOLE_REG_WIN_SIZE_LO_STEP, &i, high))
        return &m->timing.window_size[i];
    *high = offset == SYSTOLE_REG_WATCHDOG_HI;
    return *high || offset == SYSTOLE_REG_WATCHDOG_LO ? &m->timing.watchdog : NULL;
}

static uint64_t build_hash(const struct systole_model *m)
{
    uint64_t h = SYSTOLE_CONTRACT_HASH;
#define SYSTOLE_CAP(name, index, doc) h = (h ^ m->caps[index]) * 0x100000001b3ull;
#include "../../driver/spec/caps.def"
#undef SYSTOLE_CAP
    return h;
}

static uint32_t look(struct systole_model *m, uint32_t offset)
{
    bool high;
    uint32_t i;
    const uint64_t *wide = wide_register(m, offset, &high);
    if (wide)
        return half(*wide, high);
    if (in_group(offset, SYSTOLE_REG_COUNTER_LO, SYSTOLE_COUNTER_COUNT, SYSTOLE_REG_COUNTER_LO_STEP, &i, &high)) {
        rewind_to_now(m);
        timing_counters(&m->timing, m->counter);
        return half(m->counter[i], high);
    }
    if (in_group(offset, SYSTOLE_REG_CAPS, CAP_WORDS, SYSTOLE_REG_CAPS_STEP, &i, &high))
        return m->caps[i];
    switch (offset) {
    case SYSTOLE_REG_CTRL:
        return (m->running ? CTRL_START : CTRL_IDLE) | (m->done ? CTRL_DONE | CTRL_READY : 0);
    case SYSTOLE_REG_GIE:
        return m->gie;
    case SYSTOLE_REG_IER:
        return m->ier;
    case SYSTOLE_REG_ISR:
        return m->isr;
    case SYSTOLE_REG_MAGIC:
        return SYSTOLE_MAGIC;
    case SYSTOLE_REG_VERSION:
        return SYSTOLE_CONTRACT_VERSION;
    case SYSTOLE_REG_CONTRACT_LO:
    case SYSTOLE_REG_CONTRACT_HI:
        return half(SYSTOLE_CONTRACT_HASH, offset == SYSTOLE_REG_CONTRACT_HI);
    case SYSTOLE_REG_BUILD_LO:
    case SYSTOLE_REG_BUILD_HI:
        return half(build_hash(m), offset == SYSTOLE_REG_BUILD_HI);
    case SYSTOLE_REG_STATUS:
        return m->status;
    case SYSTOLE_REG_ERROR_INDEX:
        return m->error_index;
    default:
        return 0;
    }
}

static uint32_t read_reg(struct systole_model *m, uint32_t offset)
{
    pass(m, ACCESS_CYCLES - 1);
    const uint32_t value = look(m, offset & 0xffcu);
    pass(m, 1);
    return m->timing.matmul.failed ? GONE : value;
}

/* The work of the whole run is done at its start; its time passes afterwards. */
static void start(struct systole_model *m)
{
    if (m->running)
        return;
    m->running = true;
    m->done = false;
    m->status = SYSTOLE_ERR_OK;
    m->error_index = 0;
    m->begin = m->clock + START_CYCLES;
    m->at_start = m->timing.memory;
    timing_begin(&m->timing, m->begin);
    m->may_lead = m->timing.memory.steady && !m->timing.want_events;
    if (m->data) {
        m->function.ops->write_reg(m->function.model, SYSTOLE_REG_CTRL, CTRL_START);
        m->function.ops->run(m->function.model, 1);
    }
}

static void stop(struct systole_model *m)
{
    const uint64_t end = m->clock + STOP_CYCLES;
    if (!m->running)
        return;
    rewind_to(m, end > m->begin ? end - m->begin : 0);
    if (end > m->begin && timing_stop(&m->timing, end - m->begin))
        return; /* it is over before that, and will be told */
    m->running = false;
}

static void write_reg(struct systole_model *m, uint32_t offset, uint32_t value)
{
    bool high;
    offset &= 0xffcu;
    uint64_t *wide = wide_register(m, offset, &high);
    if (wide)
        rewind_to_now(m);
    if (wide)
        *wide = high ? (*wide & 0xffffffffull) | (uint64_t)value << 32 : (*wide & ~0xffffffffull) | value;
    if (wide && m->data)
        m->function.ops->write_reg(m->function.model, offset, value);
    if (offset == SYSTOLE_REG_CTRL && (value & CTRL_DONE))
        m->done = false;
    if (offset == SYSTOLE_REG_CTRL && (value & CTRL_START))
        start(m);
    if (offset == SYSTOLE_REG_RESET && (value & 1u))
        stop(m);
    if (offset == SYSTOLE_REG_GIE)
        m->gie = value & 1u;
    if (offset == SYSTOLE_REG_IER)
        m->ier = value & 1u;
    if (offset == SYSTOLE_REG_ISR)
        m->isr ^= value & 1u;
    pass(m, ACCESS_CYCLES);
}

/* ---- memory ---- */

static int attach(struct systole_model *m, uint64_t addr, void *host, uint64_t size)
{
    rewind_to_now(m);
    if (regions_add(&m->regions, addr, host, size) != 0)
        return -1;
    if (m->data && m->function.ops->attach(m->function.model, addr, host, size) != 0) {
        regions_remove(&m->regions, addr);
        return -1;
    }
    return 0;
}

static int detach(struct systole_model *m, uint64_t addr)
{
    rewind_to_now(m);
    if (m->data)
        m->function.ops->detach(m->function.model, addr);
    return regions_remove(&m->regions, addr);
}

static int peek(struct systole_model *m, int mem, uint64_t offset, void *out, size_t size)
{
    return m->data ? m->function.ops->peek(m->function.model, mem, offset, out, size) : -1;
}

static int poke(struct systole_model *m, int mem, uint64_t offset, const void *in, size_t size)
{
    return m->data ? m->function.ops->poke(m->function.model, mem, offset, in, size) : -1;
}

static const struct systole_event *events(struct systole_model *m, size_t *count)
{
    const struct timing *t = &m->timing;
    *count = t->event_count;
    return t->want_events && !t->event_failed ? t->event : NULL;
}

static void told_memory(const struct systole_model *m, uint32_t *latency, uint32_t *outstanding)
{
    *latency = m->timing.memory.opt.read_latency;
    *outstanding = m->timing.memory.opt.read_outstanding;
}

/* ---- life ---- */

/* Whether what stalls it depends on the cycles since creation. */
static bool counts_from_creation(const struct memory_options *o)
{
    return o->stall != 0 || o->refresh_every != 0;
}

static int retime(struct systole_model *m, const char *options, char *err, size_t err_size)
{
    struct model_options o;
    if (model_options_parse(&o, options, err, err_size) != 0)
        return -1;
    const char *wrong = NULL;
    if (m->running)
        wrong = "a run goes on";
    else if (memcmp(&o.config, &m->options.config, sizeof o.config) != 0 || o.data != m->options.data || o.events != m->options.events ||
             o.stepping != m->options.stepping || strcmp(o.function, m->options.function) != 0)
        wrong = "more than the memory differs";
    else if (counts_from_creation(&o.memory) || counts_from_creation(&m->options.memory))
        wrong = "stall and refresh_every count from a model's creation";
    if (wrong) {
        snprintf(err, err_size, "%s", wrong);
        return -1;
    }
    m->options = o;
    m->timing.memory.opt = o.memory;
    m->timing.memory.cost = 0; /* begins anew */
    return 0;
}

static void set_caps(struct systole_model *m)
{
    const struct timing_config *c = &m->timing.c;
    m->caps[SYSTOLE_CAP_ROWS] = c->rows;
    m->caps[SYSTOLE_CAP_COLS] = c->cols;
    m->caps[SYSTOLE_CAP_HAS_FP] = c->has_fp;
    m->caps[SYSTOLE_CAP_AXI_BYTES] = c->axi_bytes;
    m->caps[SYSTOLE_CAP_WORD_BYTES] = c->word_bytes;
    m->caps[SYSTOLE_CAP_APAD_BYTES] = c->apad_bytes;
    m->caps[SYSTOLE_CAP_WPAD_BYTES] = c->wpad_bytes;
    m->caps[SYSTOLE_CAP_ACC_ROWS] = c->acc_rows;
    m->caps[SYSTOLE_CAP_PARAM_ROWS] = c->param_rows;
    m->caps[SYSTOLE_CAP_APAD_BANKS] = c->apad_banks;
    m->caps[SYSTOLE_CAP_ACC_BANKS] = c->acc_banks;
    m->caps[SYSTOLE_CAP_MAC_LATENCY] = c->mac_latency;
    m->caps[SYSTOLE_CAP_WEIGHT_PLANES] = c->weight_planes;
    m->caps[SYSTOLE_CAP_POST_LATENCY] = c->post_latency;
    m->caps[SYSTOLE_CAP_POST_LANES] = c->post_lanes;
    m->caps[SYSTOLE_CAP_LANE_TAPS] = c->lane_taps;
    m->caps[SYSTOLE_CAP_PARITY] = c->parity;
}

static void destroy(struct systole_model *m)
{
    if (!m)
        return;
    function_close(&m->function);
    timing_free(&m->timing);
    regions_free(&m->regions);
    free(m);
}

static struct systole_model *create(const char *options, char *err, size_t err_size)
{
    struct model_options o;
    char unused[1];
    if (!err || err_size == 0) {
        err = unused;
        err_size = sizeof unused;
    }
    if (model_options_parse(&o, options, err, err_size) != 0)
        return NULL;
    struct systole_model *m = calloc(1, sizeof *m);
    if (!m) {
        snprintf(err, err_size, "out of memory");
        return NULL;
    }
    m->options = o;
    m->timing.c = o.config;
    m->timing.memory.opt = o.memory;
    m->timing.memory.regions = &m->regions;
    m->timing.want_events = o.events;
    m->timing.stepping = o.stepping;
    m->data = o.data;
    set_caps(m);
    if (o.data && function_open(&m->function, &o, err, err_size) != 0) {
        destroy(m);
        return NULL;
    }
    pass(m, CREATE_READS * ACCESS_CYCLES);
    return m;
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
        .retime = retime,
    };
    return &ops;
}
