/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shared library that says it is a device, for the tests of the driver. What it says and does is told by its options:
 * magic, version, contract, build, rows, cols: values of registers; hang=N: from the Nth run on one ends only by reset; gone=N: from the
 * Nth start on all registers read all ones; code, index: what a run ends with. FAKE_MODEL_ABI in the environment: its interface's version.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "systole_hash.h"
#include "systole_model.h"
#include "systole_spec.h"

enum { OPTION_magic, OPTION_version, OPTION_contract, OPTION_build, OPTION_rows, OPTION_cols, OPTION_hang, OPTION_gone,
       OPTION_code, OPTION_index, OPTIONS };

static const char *const names[OPTIONS] = {"magic", "version", "contract", "build", "rows",
                                           "cols",  "hang",    "gone",     "code",  "index"};

struct systole_model {
    unsigned long long option[OPTIONS];
    int has_build;
    int running, done, gone;
    uint64_t starts;
    uint32_t regs[1024];
};

static uint32_t cap(const struct systole_model *m, uint32_t i)
{
    if (i == SYSTOLE_CAP_ROWS)
        return (uint32_t)m->option[OPTION_rows];
    return i == SYSTOLE_CAP_COLS ? (uint32_t)m->option[OPTION_cols] : 0;
}

static int parse(struct systole_model *m, const char *options, char *err, size_t err_size)
{
    while (options && *options) {
        int i = 0;
        for (size_t n; i < OPTIONS; i++)
            if (n = strlen(names[i]), strncmp(options, names[i], n) == 0 && options[n] == '=')
                break;
        if (i == OPTIONS) {
            snprintf(err, err_size, "fake: no such option: %s", options);
            return -1;
        }
        m->option[i] = strtoull(strchr(options, '=') + 1, NULL, 0);
        m->has_build |= i == OPTION_build;
        options += strcspn(options, ",");
        options += *options == ',';
    }
    return 0;
}

static struct systole_model *create(const char *options, char *err, size_t err_size)
{
    struct systole_model *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->option[OPTION_magic] = SYSTOLE_MAGIC;
    m->option[OPTION_version] = SYSTOLE_CONTRACT_VERSION;
    m->option[OPTION_contract] = SYSTOLE_CONTRACT_HASH;
    m->option[OPTION_rows] = m->option[OPTION_cols] = 4;
    if (parse(m, options, err, err_size) != 0) {
        free(m);
        return NULL;
    }
    if (!m->has_build) {
        unsigned long long h = SYSTOLE_CONTRACT_HASH;
#define SYSTOLE_CAP(name, index, doc) h = (h ^ cap(m, index)) * 0x100000001b3ull;
#include "spec/caps.def"
#undef SYSTOLE_CAP
        m->option[OPTION_build] = h;
    }
    return m;
}

static void destroy(struct systole_model *m)
{
    free(m);
}

static uint32_t read_reg(struct systole_model *m, uint32_t offset)
{
    if (m->gone)
        return 0xffffffffu;
    if (offset >= SYSTOLE_REG_CAPS && offset < SYSTOLE_REG_CAPS + 4u * SYSTOLE_REG_CAPS_COUNT)
        return cap(m, (offset - SYSTOLE_REG_CAPS) / 4u);
    switch (offset) {
    case SYSTOLE_REG_CTRL: return (m->running ? 1u : 4u) | (m->done ? 10u : 0u);
    case SYSTOLE_REG_MAGIC: return (uint32_t)m->option[OPTION_magic];
    case SYSTOLE_REG_VERSION: return (uint32_t)m->option[OPTION_version];
    case SYSTOLE_REG_CONTRACT_LO: return (uint32_t)m->option[OPTION_contract];
    case SYSTOLE_REG_CONTRACT_HI: return (uint32_t)(m->option[OPTION_contract] >> 32);
    case SYSTOLE_REG_BUILD_LO: return (uint32_t)m->option[OPTION_build];
    case SYSTOLE_REG_BUILD_HI: return (uint32_t)(m->option[OPTION_build] >> 32);
    case SYSTOLE_REG_STATUS: return m->done ? (uint32_t)m->option[OPTION_code] : 0;
    case SYSTOLE_REG_ERROR_INDEX: return m->done ? (uint32_t)m->option[OPTION_index] : 0;
    default: return m->regs[offset / 4 % 1024];
    }
}

static void write_reg(struct systole_model *m, uint32_t offset, uint32_t value)
{
    if (offset == SYSTOLE_REG_CTRL && (value & 1u)) {
        m->running = 1;
        m->done = 0;
        m->starts++;
        m->gone = m->option[OPTION_gone] != 0 && m->starts >= m->option[OPTION_gone];
    } else if (offset == SYSTOLE_REG_RESET && (value & 1u)) {
        m->running = 0;
    } else {
        m->regs[offset / 4 % 1024] = value;
    }
}

static int attach(struct systole_model *m, uint64_t addr, void *host, uint64_t size)
{
    (void)m;
    return addr % 64 || size % 64 || !host ? -1 : 0;
}

static int detach(struct systole_model *m, uint64_t addr)
{
    (void)m;
    (void)addr;
    return 0;
}

static int run(struct systole_model *m, uint64_t max_cycles)
{
    (void)max_cycles;
    if (m->running && (m->gone || (m->option[OPTION_hang] && m->starts >= m->option[OPTION_hang])))
        return 0;
    m->done |= m->running;
    m->running = 0;
    return 1;
}

__attribute__((visibility("default"))) const struct systole_model_ops *systole_model_get(void)
{
    static const struct systole_model_ops good = {
        .abi = SYSTOLE_MODEL_ABI,
        .size = sizeof good,
        .create = create,
        .destroy = destroy,
        .read_reg = read_reg,
        .write_reg = write_reg,
        .attach = attach,
        .detach = detach,
        .run = run,
    };
    static const struct systole_model_ops later = {.abi = SYSTOLE_MODEL_ABI + 1, .size = sizeof later};
    return getenv("FAKE_MODEL_ABI") ? &later : &good;
}
