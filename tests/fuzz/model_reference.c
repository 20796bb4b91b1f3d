/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference as a device, so that the fuzzer can be tried on itself. Options: rows, cols, fp, axi, apad, wpad (bytes),
 * acc, param (rows), schedule (which queue moves first).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../driver/systole_hash.h"
#include "../../driver/systole_model.h"
#include "reference.h"

struct systole_model {
    struct ref_machine m;
    uint32_t reg[0x400]; /* as written, by word */
    uint32_t done;
};

static uint32_t *setting(struct ref_caps *caps, const char *name, unsigned *schedule)
{
    const struct {
        const char *name;
        uint32_t *value;
    } settings[] = {
        {"rows", &caps->rows},       {"cols", &caps->cols},       {"fp", &caps->has_fp},
        {"axi", &caps->axi_bytes},   {"apad", &caps->apad_bytes}, {"wpad", &caps->wpad_bytes},
        {"acc", &caps->acc_rows},    {"param", &caps->param_rows}, {"taps", &caps->lane_taps},
        {"schedule", schedule},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            return settings[i].value;
        }
    }
    return NULL;
}

static int parse(const char *options, struct ref_caps *caps, unsigned *schedule)
{
    char name[16];
    unsigned value;
    int used;
    while (options != NULL && *options != '\0') {
        if (sscanf(options, "%15[a-z]=%u%n", name, &value, &used) != 2 || setting(caps, name, schedule) == NULL) {
            return -1;
        }
        *setting(caps, name, schedule) = value;
        options += used;
        options += *options == ',';
    }
    const uint32_t e = caps->has_fp ? 2 : 1;
    caps->word_bytes = caps->axi_bytes;
    caps->word_bytes = caps->rows * e > caps->word_bytes ? caps->rows * e : caps->word_bytes;
    caps->word_bytes = caps->cols * e > caps->word_bytes ? caps->cols * e : caps->word_bytes;
    return 0;
}

static struct systole_model *create(const char *options, char *err, size_t err_size)
{
    struct ref_caps caps = {8, 8, 1, 32, 0, 16384, 16384, 256, 64, 3};
    unsigned schedule = 0;
    struct systole_model *s = calloc(1, sizeof *s);
    if (s == NULL || parse(options, &caps, &schedule) != 0 || ref_init(&s->m, &caps) != 0) {
        snprintf(err, err_size, "no memory, or an unknown option");
        free(s);
        return NULL;
    }
    s->m.schedule = schedule;
    return s;
}

static void destroy(struct systole_model *s)
{
    if (s != NULL) {
        ref_free(&s->m);
        free(s);
    }
}

static uint32_t capability(const struct ref_caps *c, uint32_t index)
{
    const uint32_t words[] = {c->rows,       c->cols,     c->has_fp,     c->axi_bytes, c->word_bytes,
                              c->apad_bytes, c->wpad_bytes, c->acc_rows, c->param_rows, 1, 1, 1, 1, 1, c->cols, c->lane_taps};
    return index < sizeof words / sizeof words[0] ? words[index] : 0;
}

static uint64_t build(const struct ref_caps *c)
{
    uint64_t h = SYSTOLE_CONTRACT_HASH;
    for (uint32_t i = 0; i < SYSTOLE_REG_CAPS_COUNT; i++) {
        h = (h ^ capability(c, i)) * 0x100000001b3ull;
    }
    return h;
}

static uint32_t read_reg(struct systole_model *s, uint32_t offset)
{
    if (offset >= SYSTOLE_REG_CAPS && offset < SYSTOLE_REG_CAPS + 4u * SYSTOLE_REG_CAPS_COUNT) {
        return capability(&s->m.caps, (offset - SYSTOLE_REG_CAPS) / 4);
    }
    if (offset >= SYSTOLE_REG_COUNTER_LO && offset < SYSTOLE_REG_COUNTER_LO + 8u * REF_COUNTERS) {
        const uint64_t v = s->m.counter[(offset - SYSTOLE_REG_COUNTER_LO) / 8];
        return (uint32_t)((offset & 4u) != 0 ? v >> 32 : v);
    }
    switch (offset) {
    case SYSTOLE_REG_CTRL:
        return s->done * 10u + 4u;
    case SYSTOLE_REG_MAGIC:
        return SYSTOLE_MAGIC;
    case SYSTOLE_REG_VERSION:
        return SYSTOLE_CONTRACT_VERSION;
    case SYSTOLE_REG_CONTRACT_LO:
        return (uint32_t)SYSTOLE_CONTRACT_HASH;
    case SYSTOLE_REG_CONTRACT_HI:
        return (uint32_t)(SYSTOLE_CONTRACT_HASH >> 32);
    case SYSTOLE_REG_BUILD_LO:
        return (uint32_t)build(&s->m.caps);
    case SYSTOLE_REG_BUILD_HI:
        return (uint32_t)(build(&s->m.caps) >> 32);
    case SYSTOLE_REG_STATUS:
        return s->m.status;
    case SYSTOLE_REG_ERROR_INDEX:
        return s->m.error_index;
    default:
        return offset < SYSTOLE_REG_MAGIC ? s->reg[offset / 4] : 0;
    }
}

static uint64_t pair(const struct systole_model *s, uint32_t lo)
{
    return s->reg[lo / 4] | (uint64_t)s->reg[lo / 4 + 1] << 32;
}

static void write_reg(struct systole_model *s, uint32_t offset, uint32_t value)
{
    if (offset / 4 >= sizeof s->reg / sizeof s->reg[0]) {
        return;
    }
    if (offset == SYSTOLE_REG_CTRL && (value & 1u) != 0) {
        for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++) {
            s->m.window[w].base = pair(s, SYSTOLE_REG_WIN_BASE_LO + w * SYSTOLE_REG_WIN_BASE_LO_STEP);
            s->m.window[w].size = pair(s, SYSTOLE_REG_WIN_SIZE_LO + w * SYSTOLE_REG_WIN_SIZE_LO_STEP);
        }
        ref_run(&s->m);
        s->done = 1;
    } else if (offset == SYSTOLE_REG_CTRL) {
        s->done &= ~(value >> 1);
    } else {
        s->reg[offset / 4] = value;
    }
}

static int attach(struct systole_model *s, uint64_t addr, void *host, uint64_t size)
{
    if (s->m.regions == REF_REGIONS || addr % 64 != 0 || size % 64 != 0) {
        return -1;
    }
    const struct ref_region region = {addr, size, host};
    s->m.region[s->m.regions++] = region;
    return 0;
}

static int detach(struct systole_model *s, uint64_t addr)
{
    for (unsigned i = 0; i < s->m.regions; i++) {
        if (s->m.region[i].addr == addr) {
            s->m.region[i] = s->m.region[--s->m.regions];
            return 0;
        }
    }
    return -1;
}

static int run(struct systole_model *s, uint64_t max_cycles)
{
    (void)s;
    (void)max_cycles;
    return 1; /* it was done when it was started */
}

static uint8_t *inside(struct systole_model *s, int mem, uint64_t offset, size_t size)
{
    if (mem < 0 || mem >= REF_MEMS) {
        return NULL;
    }
    const size_t all = ref_mem_size(&s->m.caps, (unsigned)mem);
    return offset <= all && size <= all - offset ? s->m.mem[mem] + offset : NULL;
}

static int peek(struct systole_model *s, int mem, uint64_t offset, void *out, size_t size)
{
    const uint8_t *p = inside(s, mem, offset, size);
    if (p == NULL) {
        return -1;
    }
    memcpy(out, p, size);
    return 0;
}

static int poke(struct systole_model *s, int mem, uint64_t offset, const void *in, size_t size)
{
    uint8_t *p = inside(s, mem, offset, size);
    if (p == NULL) {
        return -1;
    }
    memcpy(p, in, size);
    return 0;
}

__attribute__((visibility("default"))) const struct systole_model_ops *systole_model_get(void)
{
    static const struct systole_model_ops ops = {
        .abi = SYSTOLE_MODEL_ABI,
        .size = sizeof(struct systole_model_ops),
        .create = create,
        .destroy = destroy,
        .read_reg = read_reg,
        .write_reg = write_reg,
        .attach = attach,
        .detach = detach,
        .run = run,
        .peek = peek,
        .poke = poke,
    };
    return &ops;
}
