/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functional device: the kernel behind the registers and the bus of driver/systole_model.h. It has no time: the whole
 * program runs in the first call of run() after start, and the counters of cycles and beats stay zero.
 *
 * A window is seen by the kernel as one piece of host memory: one attached region (window_host() says which). Accesses beyond
 * that region are bus errors of the instruction, which then has no effect.
 */
#include "../driver/systole_model.h"

#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../driver/systole_hash.h"
#include "state.h"

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "DRAM is little endian, and the kernel sees it as words");
#else
#define EXPORT
#endif

#define CTRL_START 1u
#define CTRL_DONE 2u
#define CTRL_IDLE 4u
#define CTRL_READY 8u
#define CAP_WORDS SYSTOLE_REG_CAPS_COUNT
#define REGISTER_BITS 0xffcu /* of an address: 4 KiB of words */

struct region {
    uint64_t addr, size;
    unsigned char *host;
};

struct systole_model {
    struct systole_hls hls;
    struct region *regions;
    size_t region_count, region_room;
    uint64_t base[SYSTOLE_WINDOWS], size[SYSTOLE_WINDOWS], watchdog;
    uint32_t gie, ier, isr;
    uint32_t status, error_index;
    bool started, done;
};

static const uint32_t caps[CAP_WORDS] = {
#define SYSTOLE_CAP(name, index, doc) [index] = SYSTOLE_##name,
#include "../driver/spec/caps.def"
#undef SYSTOLE_CAP
};

static uint64_t build_hash(void)
{
    uint64_t h = SYSTOLE_CONTRACT_HASH;
#define SYSTOLE_CAP(name, index, doc) h = (h ^ caps[index]) * 0x100000001b3ull;
#include "../driver/spec/caps.def"
#undef SYSTOLE_CAP
    return h;
}

/* ---- life ---- */

static struct systole_model *model_create(const char *options, char *err, size_t err_size)
{
    if (options && *options) {
        if (err && err_size)
            snprintf(err, err_size, "hls: no option is known, got \"%s\"", options);
        return NULL;
    }
    struct systole_model *m = calloc(1, sizeof *m);
    if (!m && err && err_size)
        snprintf(err, err_size, "hls: no memory for a device of %zu bytes", sizeof *m);
    return m;
}

static void model_destroy(struct systole_model *m)
{
    if (m)
        free(m->regions);
    free(m);
}

/* ---- bus ---- */

static int model_attach(struct systole_model *m, uint64_t addr, void *host, uint64_t size)
{
    if (addr % 64 || size % 64 || !size || !host || size > UINT64_MAX - addr)
        return -1;
    for (size_t i = 0; i < m->region_count; i++) {
        const struct region *r = &m->regions[i];
        if (addr < r->addr + r->size && r->addr < addr + size)
            return -1;
    }
    if (m->region_count == m->region_room) {
        const size_t room = m->region_room ? 2 * m->region_room : 8;
        struct region *more = realloc(m->regions, room * sizeof *more);
        if (!more)
            return -1;
        m->regions = more;
        m->region_room = room;
    }
    m->regions[m->region_count++] = (struct region){addr, size, host};
    return 0;
}

static int model_detach(struct systole_model *m, uint64_t addr)
{
    for (size_t i = 0; i < m->region_count; i++) {
        if (m->regions[i].addr == addr) {
            m->regions[i] = m->regions[--m->region_count];
            return 0;
        }
    }
    return -1;
}

/*
 * The memory behind a window: the region that its base lies in, or else the first that begins within it. `from` and `to` are the offsets
 * in the window where memory answers; the result is where offset 0 would be. Nothing attached: NULL, and an empty range.
 */
static void *window_host(const struct systole_model *m, uint64_t base, uint64_t size, uint64_t *from, uint64_t *to)
{
    for (size_t i = 0; i < m->region_count; i++) {
        const struct region *r = &m->regions[i];
        if (base >= r->addr && base - r->addr < r->size) {
            *from = 0;
            *to = r->size - (base - r->addr);
            return r->host + (base - r->addr);
        }
    }
    for (size_t i = 0; i < m->region_count; i++) {
        const struct region *r = &m->regions[i];
        if (r->addr > base && r->addr - base < size) {
            *from = r->addr - base;
            *to = *from + r->size;
            return (void *)((uintptr_t)r->host - (uintptr_t)*from);
        }
    }
    *from = 0;
    *to = 0;
    return NULL;
}

/* ---- running ---- */

static int model_run(struct systole_model *m, uint64_t max_cycles)
{
    (void)max_cycles;
    if (!m->started)
        return 1;
    dram_word_t *win[SYSTOLE_WINDOWS];
    m->hls.misaligned = 0;
    m->hls.work_limit = m->watchdog;
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++) {
        win[w] = window_host(m, m->base[w], m->size[w], &m->hls.mapped_from[w], &m->hls.mapped[w]);
        m->hls.size[w] = m->size[w];
        m->hls.misaligned |= (m->base[w] % SYSTOLE_WINDOW_ALIGN != 0) ? 1u << w : 0;
    }
    /* The caller may have chosen another rounding, or flushing of subnormals; native.h needs the standard. */
    fenv_t callers;
    fegetenv(&callers);
    fesetenv(FE_DFL_ENV);
    m->status = (uint32_t)systole_hls_run(&m->hls, &m->error_index, win[0], win[1], win[2], win[3], win[4], win[5],
                                          win[6], win[7]);
    fesetenv(&callers);
    m->started = false;
    m->done = true;
    m->isr |= m->ier;
    return 1;
}

static void write_ctrl(struct systole_model *m, uint32_t value)
{
    if (value & CTRL_DONE)
        m->done = false;
    if ((value & CTRL_START) && !m->started) {
        memset(m->hls.counters, 0, sizeof m->hls.counters);
        m->status = SYSTOLE_ERR_OK;
        m->error_index = 0;
        m->done = false;
        m->started = true;
    }
}

/* ---- registers ---- */

static uint32_t half(uint64_t value, bool high)
{
    return (uint32_t)(high ? value >> 32 : value);
}

static void set_half(uint64_t *value, bool high, uint32_t x)
{
    *value = high ? (*value & 0xffffffffull) | (uint64_t)x << 32 : (*value & ~0xffffffffull) | x;
}

/* Whether an offset is in a group of repeated registers, of which *i it is, and which half. */
static bool in_group(uint32_t offset, uint32_t low, uint32_t count, uint32_t step, uint32_t *i, bool *high)
{
    if (offset < low || offset >= low + count * step)
        return false;
    const uint32_t within = (offset - low) % step;
    *i = (offset - low) / step;
    *high = within == 4;
    return within == 0 || within == 4;
}

/* The 64-bit register that the host may write, and which half of it an offset names; NULL for others. */
static uint64_t *wide_register(struct systole_model *m, uint32_t offset, bool *high)
{
    uint32_t i;
    if (in_group(offset, SYSTOLE_REG_WIN_BASE_LO, SYSTOLE_WINDOWS, SYSTOLE_REG_WIN_BASE_LO_STEP, &i, high))
        return &m->base[i];
    if (in_group(offset, SYSTOLE_REG_WIN_SIZE_LO, SYSTOLE_WINDOWS, SYSTOLE_REG_WIN_SIZE_LO_STEP, &i, high))
        return &m->size[i];
    *high = offset == SYSTOLE_REG_WATCHDOG_HI;
    return *high || offset == SYSTOLE_REG_WATCHDOG_LO ? &m->watchdog : NULL;
}

static uint32_t read_ctrl(const struct systole_model *m)
{
    return (m->started ? CTRL_START : CTRL_IDLE) | (m->done ? CTRL_DONE | CTRL_READY : 0);
}

static uint32_t model_read_reg(struct systole_model *m, uint32_t offset)
{
    bool high;
    uint32_t i;
    offset &= REGISTER_BITS;
    const uint64_t *wide = wide_register(m, offset, &high);
    if (wide)
        return half(*wide, high);
    if (in_group(offset, SYSTOLE_REG_COUNTER_LO, SYSTOLE_COUNTERS, SYSTOLE_REG_COUNTER_LO_STEP, &i, &high))
        return half(m->hls.counters[i], high);
    if (in_group(offset, SYSTOLE_REG_CAPS, CAP_WORDS, SYSTOLE_REG_CAPS_STEP, &i, &high))
        return caps[i];
    switch (offset) {
    case SYSTOLE_REG_CTRL:
        return read_ctrl(m);
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
        return half(build_hash(), offset == SYSTOLE_REG_BUILD_HI);
    case SYSTOLE_REG_STATUS:
        return m->status;
    case SYSTOLE_REG_ERROR_INDEX:
        return m->error_index;
    default: /* RESET is write only, the bus is never busy between calls */
        return 0;
    }
}

static void model_write_reg(struct systole_model *m, uint32_t offset, uint32_t value)
{
    bool high;
    offset &= REGISTER_BITS;
    uint64_t *wide = wide_register(m, offset, &high);
    if (wide) {
        set_half(wide, high, value);
        return;
    }
    switch (offset) {
    case SYSTOLE_REG_CTRL:
        write_ctrl(m, value);
        break;
    case SYSTOLE_REG_GIE:
        m->gie = value & 1u;
        break;
    case SYSTOLE_REG_IER:
        m->ier = value & 1u;
        break;
    case SYSTOLE_REG_ISR:
        m->isr ^= value & 1u;
        break;
    case SYSTOLE_REG_RESET: /* a run that was started and has not had its time yet is all there is to stop */
        m->started = m->started && !(value & 1u);
        break;
    default:
        break;
    }
}

/* ---- debugging ---- */

static unsigned char *memory(struct systole_model *m, int mem, uint64_t offset, size_t size)
{
    void *start;
    size_t bytes;
    switch (mem) {
    case SYSTOLE_MEM_APAD: start = m->hls.apad; bytes = sizeof m->hls.apad; break;
    case SYSTOLE_MEM_WPAD: start = m->hls.wpad; bytes = sizeof m->hls.wpad; break;
    case SYSTOLE_MEM_ACC: start = m->hls.acc; bytes = sizeof m->hls.acc; break;
    case SYSTOLE_MEM_PARAM: start = m->hls.param; bytes = sizeof m->hls.param; break;
    case SYSTOLE_MEM_LUT: start = m->hls.lut; bytes = sizeof m->hls.lut; break;
    default: return NULL;
    }
    return offset > bytes || size > bytes - offset ? NULL : (unsigned char *)start + offset;
}

static int model_peek(struct systole_model *m, int mem, uint64_t offset, void *out, size_t size)
{
    const unsigned char *at = memory(m, mem, offset, size);
    if (!at)
        return -1;
    memcpy(out, at, size);
    return 0;
}

static int model_poke(struct systole_model *m, int mem, uint64_t offset, const void *in, size_t size)
{
    unsigned char *at = memory(m, mem, offset, size);
    if (!at)
        return -1;
    memcpy(at, in, size);
    return 0;
}

EXPORT const struct systole_model_ops *systole_model_get(void)
{
    static const struct systole_model_ops ops = {
        .abi = SYSTOLE_MODEL_ABI,
        .size = sizeof ops,
        .create = model_create,
        .destroy = model_destroy,
        .read_reg = model_read_reg,
        .write_reg = model_write_reg,
        .attach = model_attach,
        .detach = model_detach,
        .run = model_run,
        .peek = model_peek,
        .poke = model_poke,
    };
    return &ops;
}
