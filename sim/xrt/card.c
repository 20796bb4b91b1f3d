/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "card.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../driver/systole_spec.h"
#include "library.h"

#define SLICE_CYCLES 2048u /* the work between two looks for a request */
#define REGISTER_BYTES 0x1000u
#define GONE 0xffffffffu /* what a model that has failed reads as */

struct unit {
    struct systole_model *model;
    uint64_t base;
    bool working;
};

struct card {
    void *library;
    const struct systole_model_ops *ops;
    struct unit unit[CARD_MAX_UNITS];
    unsigned units;
};

static int load(struct card *c, const char *path)
{
    char why[512];
    c->ops = library_load(path, &c->library, why, sizeof why);
    if (!c->ops)
        fprintf(stderr, "systole-xrt-server: %s\n", why);
    return c->ops ? 0 : -1;
}

static const char *options_of(unsigned unit, const char *given)
{
    char name[48];
    snprintf(name, sizeof name, "SYSTOLE_SIM_OPTIONS_%u", unit);
    const char *own = getenv(name), *all = getenv("SYSTOLE_SIM_OPTIONS");
    return own ? own : all ? all : given;
}

static int add_unit(struct card *c, const struct card_options *o, uint64_t base)
{
    char why[256] = "";
    const char *options = options_of(c->units, o->model);
    struct unit *u = &c->unit[c->units];
    u->base = base;
    u->model = c->ops->create(options, why, sizeof why);
    if (!u->model) {
        fprintf(stderr, "systole-xrt-server: unit %u, options \"%s\": %s\n", c->units, options ? options : "", why);
        return -1;
    }
    c->units++;
    if (c->ops->attach(u->model, o->memory_base, o->memory, o->memory_size) != 0) {
        fprintf(stderr, "systole-xrt-server: the model has no place for %" PRIu64 " bytes of memory\n", o->memory_size);
        return -1;
    }
    return 0;
}

struct card *card_create(const struct card_options *o)
{
    struct card *c = calloc(1, sizeof *c);
    if (!c) {
        fprintf(stderr, "systole-xrt-server: no memory\n");
        return NULL;
    }
    bool good = load(c, o->library) == 0;
    for (unsigned i = 0; i < o->units && good; i++)
        good = add_unit(c, o, o->unit_base[i]) == 0;
    if (good)
        return c;
    card_destroy(c);
    return NULL;
}

void card_destroy(struct card *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < c->units; i++)
        c->ops->destroy(c->unit[i].model);
    if (c->library)
        dlclose(c->library);
    free(c);
}

static struct unit *unit_at(struct card *c, uint64_t address, uint32_t *offset)
{
    for (unsigned i = 0; i < c->units; i++)
        if (address >= c->unit[i].base && address - c->unit[i].base < REGISTER_BYTES) {
            *offset = (uint32_t)(address - c->unit[i].base);
            return &c->unit[i];
        }
    return NULL;
}

void card_write(struct card *c, uint64_t address, uint32_t value)
{
    uint32_t offset;
    struct unit *u = unit_at(c, address, &offset);
    if (!u)
        return;
    c->ops->write_reg(u->model, offset, value);
    if (offset == SYSTOLE_REG_CTRL || offset == SYSTOLE_REG_RESET)
        u->working = true;
}

uint32_t card_read(struct card *c, uint64_t address)
{
    uint32_t offset;
    struct unit *u = unit_at(c, address, &offset);
    return u ? c->ops->read_reg(u->model, offset) : 0;
}

bool card_work(struct card *c)
{
    bool any = false;
    for (unsigned i = 0; i < c->units; i++) {
        struct unit *u = &c->unit[i];
        if (!u->working)
            continue;
        if (c->ops->run(u->model, SLICE_CYCLES) || c->ops->read_reg(u->model, SYSTOLE_REG_CTRL) == GONE)
            u->working = false;
        any |= u->working;
    }
    return any;
}
