/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../options.h"
#include "model.h"

/* ---- parameters, by the names that make and the libraries of the other models give them ---- */

struct parameter {
    const char *name, *brief; /* brief: also understood */
    size_t offset;
};

#define AT(field) offsetof(struct timing_config, field)

/* In the order in which they stand in a configuration's name. */
static const struct parameter parameters[] = {
    {"has_fp", "fp", AT(has_fp)},
    {"axi_bytes", "axi", AT(axi_bytes)},
    {"apad_bytes", "apad", AT(apad_bytes)},
    {"wpad_bytes", "wpad", AT(wpad_bytes)},
    {"acc_rows", "acc", AT(acc_rows)},
    {"param_rows", "param", AT(param_rows)},
    {"apad_banks", NULL, AT(apad_banks)},
    {"acc_banks", NULL, AT(acc_banks)},
    {"mac_latency", NULL, AT(mac_latency)},
    {"weight_planes", "planes", AT(weight_planes)},
    {"post_latency", NULL, AT(post_latency)},
    {"post_lanes", NULL, AT(post_lanes)},
    {"lane_taps", "taps", AT(lane_taps)},
    {"parity", NULL, AT(parity)},
};

#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static uint32_t *value_of(struct timing_config *c, const struct parameter *p)
{
    return (uint32_t *)(void *)((char *)c + p->offset);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What make takes for a size unless it is told otherwise; mac_latency follows from has_fp. */
static struct timing_config defaults(uint32_t rows, uint32_t cols, uint32_t has_fp)
{
    const bool small = rows * cols <= 64;
    return (struct timing_config){.rows = rows,
                                  .cols = cols,
                                  .has_fp = has_fp,
                                  .axi_bytes = least(64, least(4 * cols, rows * cols)),
                                  .apad_bytes = small ? 65536 : 524288,
                                  .wpad_bytes = small ? 32768 : 262144,
                                  .acc_rows = small ? 512 : 2048,
                                  .param_rows = small ? 128 : 512,
                                  .apad_banks = 4,
                                  .acc_banks = 2,
                                  .mac_latency = has_fp ? 4 : 1,
                                  .weight_planes = 4,
                                  .post_latency = 1,
                                  .post_lanes = cols,
                                  .lane_taps = 3};
}

void model_name(const struct timing_config *c, char name[MODEL_NAME_BYTES])
{
    struct timing_config mine = *c, usual = defaults(c->rows, c->cols, 1);
    size_t used = (size_t)snprintf(name, MODEL_NAME_BYTES, "%ux%u", (unsigned)c->rows, (unsigned)c->cols);
    usual.mac_latency = defaults(c->rows, c->cols, c->has_fp).mac_latency;
    for (size_t i = 0; i < PARAMETERS; i++) {
        const uint32_t value = *value_of(&mine, &parameters[i]);
        if (value != *value_of(&usual, &parameters[i]))
            used += (size_t)snprintf(name + used, MODEL_NAME_BYTES - used, "_%s%u", parameters[i].name, (unsigned)value);
    }
}

/* ---- text ---- */

/* Parameters that were given, on top of the defaults of the size. */
struct given {
    uint32_t rows, cols, value[PARAMETERS];
    bool is[PARAMETERS];
};

static bool take_number(const char **p, uint32_t *value)
{
    const size_t digits = strspn(*p, "0123456789");
    if (digits == 0 || digits > 9)
        return false;
    *value = (uint32_t)strtoul(*p, NULL, 10);
    *p += digits;
    return true;
}

static bool give(struct given *g, const char *name, size_t length, uint32_t value)
{
    for (size_t i = 0; i < PARAMETERS; i++) {
        const struct parameter *p = &parameters[i];
        const bool is_name = strlen(p->name) == length && strncmp(p->name, name, length) == 0;
        const bool is_brief = p->brief && strlen(p->brief) == length && strncmp(p->brief, name, length) == 0;
        if (is_name || is_brief) {
            g->value[i] = value;
            g->is[i] = true;
            return true;
        }
    }
    return false;
}

/* "16x16_has_fp0": what the simulator alone has in its name (assert0) does not change time. */
static bool take_name(struct given *g, const char *text)
{
    static const char *const simulator[] = {"assert", "body", "coverage", "faults", "pgo", "trace"};
    const char *p = text;
    if (!take_number(&p, &g->rows) || *p++ != 'x' || !take_number(&p, &g->cols))
        return false;
    while (*p == '_') {
        const char *name = ++p;
        const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
        uint32_t value = 0;
        p += length;
        bool known = take_number(&p, &value) && give(g, name, length, value);
        for (size_t i = 0; i < sizeof(simulator) / sizeof(simulator[0]) && !known; i++)
            known = strlen(simulator[i]) == length && strncmp(name, simulator[i], length) == 0;
        if (!known)
            return false;
    }
    return *p == '\0';
}

static int fail(char *err, size_t err_size, const char *which, const char *what)
{
    snprintf(err, err_size, "option '%s': %s", which, what);
    return -1;
}

/* Of the options of sim/options.c those that change time alone. */
static bool is_memory(const char *name, size_t length)
{
    static const char *const names[] = {"latency",          "write_latency",     "bandwidth",     "outstanding", "seed",
                                        "read_outstanding", "write_outstanding", "refresh_every", "refresh_for", "stall"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
            return true;
    return false;
}

/* One pair that is the model's own: 1; one for the memory: 0; a wrong one: -1. */
static int take_pair(struct model_options *o, struct given *g, const char *pair, char *err, size_t err_size)
{
    const char *value = strchr(pair, '=');
    const size_t length = value ? (size_t)(value++ - pair) : 0;
    uint32_t number = 0;
    const char *rest = value;
    if (!value)
        return fail(err, err_size, pair, "has no value");
    if (strncmp(pair, "config=", 7) == 0)
        return take_name(g, value) ? 1 : fail(err, err_size, pair, "is no configuration, as 16x16 or 16x16_has_fp0 are");
    if (strncmp(pair, "function=", 9) == 0) {
        snprintf(o->function, sizeof o->function, "%s", value);
        return strlen(value) < sizeof o->function ? 1 : fail(err, err_size, pair, "is too long");
    }
    const bool is_number = take_number(&rest, &number) && *rest == '\0';
    bool *const flag = strncmp(pair, "data=", 5) == 0 ? &o->data : strncmp(pair, "events=", 7) == 0 ? &o->events
                     : strncmp(pair, "stepping=", 9) == 0 ? &o->stepping : NULL;
    if (flag) {
        *flag = number != 0;
        return is_number && number <= 1 ? 1 : fail(err, err_size, pair, "is 0 or 1");
    }
    if (is_number && give(g, pair, length, number))
        return 1;
    if (is_memory(pair, length))
        return 0;
    return fail(err, err_size, pair, "is not known to the fast model; faults, waves and coverage are sim's");
}

static void set_config(struct timing_config *c, const struct given *g)
{
    const uint32_t has_fp = g->is[0] ? g->value[0] : 1;
    *c = defaults(g->rows, g->cols, has_fp);
    for (size_t i = 0; i < PARAMETERS; i++)
        if (g->is[i])
            *value_of(c, &parameters[i]) = g->value[i];
}

int model_options_parse(struct model_options *o, const char *text, char *err, size_t err_size)
{
    struct given g = {.rows = 16, .cols = 16};
    struct sim_options sim;
    char memory[1024] = "";
    *o = (struct model_options){.data = true};
    while (text && *text != '\0') {
        char pair[MODEL_PATH_BYTES + 16];
        const size_t n = strcspn(text, ",");
        if (n >= sizeof pair || strlen(memory) + n + 2 > sizeof memory)
            return fail(err, err_size, text, "is too long");
        memcpy(pair, text, n);
        pair[n] = '\0';
        text += n + (text[n] == ',');
        const int mine = take_pair(o, &g, pair, err, err_size);
        if (mine < 0)
            return -1;
        if (mine == 0)
            snprintf(memory + strlen(memory), sizeof memory - strlen(memory), "%s%s", memory[0] ? "," : "", pair);
    }
    if (sim_options_parse(&sim, memory, err, err_size) != 0)
        return -1;
    o->memory = sim.memory;
    if (g.rows > SYSTOLE_MAX_DIM || g.cols > SYSTOLE_MAX_DIM)
        return fail(err, err_size, "config", "rows and columns are at most 64");
    set_config(&o->config, &g);
    const char *wrong = timing_config_legal(&o->config);
    return wrong ? fail(err, err_size, "config", wrong) : 0;
}
