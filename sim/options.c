/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_U32, KIND_U64, KIND_BYTES, KIND_PAIR, KIND_FILE, KIND_FAULT };

struct option {
    const char *name;
    enum kind kind;
    size_t offset;
    uint64_t min, max;
};

#define MEM(field) offsetof(struct sim_options, memory.field)

/* docs/blocks/sim.md explains them. */
static const struct option table[] = {
    {"latency", KIND_U32, MEM(read_latency), 1, 1000000},
    {"write_latency", KIND_U32, MEM(write_latency), 1, 1000000},
    {"bandwidth", KIND_BYTES, MEM(bandwidth), 0, 0},
    {"outstanding", KIND_PAIR, MEM(read_outstanding), 1, MEMORY_MAX_OUTSTANDING},
    {"read_outstanding", KIND_U32, MEM(read_outstanding), 1, MEMORY_MAX_OUTSTANDING},
    {"write_outstanding", KIND_U32, MEM(write_outstanding), 1, MEMORY_MAX_OUTSTANDING},
    {"refresh_every", KIND_U32, MEM(refresh_every), 0, 1000000000},
    {"refresh_for", KIND_U32, MEM(refresh_for), 0, 1000000000},
    {"seed", KIND_U64, MEM(seed), 0, UINT64_MAX},
    {"stall", KIND_U32, MEM(stall), 0, 95},
    {"error_read", KIND_U64, MEM(error_read), 0, UINT64_MAX},
    {"error_write", KIND_U64, MEM(error_write), 0, UINT64_MAX},
    {"hang_read", KIND_U64, MEM(hang_read), 0, UINT64_MAX},
    {"hang_write", KIND_U64, MEM(hang_write), 0, UINT64_MAX},
    {"hang_for", KIND_U32, MEM(hang_for), 0, 1000000000},
    {"error_decode", KIND_U32, MEM(error_decode), 0, 1},
    {"events", KIND_U32, offsetof(struct sim_options, events), 0, 1},
    {"fault", KIND_FAULT, offsetof(struct sim_options, fault), 0, 0},
    {"wave", KIND_FILE, offsetof(struct sim_options, wave), 0, 0},
    {"wave_from", KIND_U64, offsetof(struct sim_options, wave_from), 0, UINT64_MAX},
    {"wave_to", KIND_U64, offsetof(struct sim_options, wave_to), 0, UINT64_MAX},
    {"view", KIND_FILE, offsetof(struct sim_options, view), 0, 0},
    {"view_from", KIND_U64, offsetof(struct sim_options, view_from), 0, UINT64_MAX},
    {"view_to", KIND_U64, offsetof(struct sim_options, view_to), 0, UINT64_MAX},
    {"wires", KIND_FILE, offsetof(struct sim_options, wires), 0, 0},
    {"coverage", KIND_FILE, offsetof(struct sim_options, coverage), 0, 0},
};

static int fail(char *err, size_t err_size, const char *what, const char *which)
{
    if (err && err_size)
        snprintf(err, err_size, "option '%s': %s", which, what);
    return -1;
}

static int fail_limits(char *err, size_t err_size, const struct option *o, const char *which)
{
    char limits[80] = "a number from 0.001 to 4096";
    if (o->kind != KIND_BYTES)
        snprintf(limits, sizeof limits, "a whole number from %llu to %llu", (unsigned long long)o->min, (unsigned long long)o->max);
    return fail(err, err_size, limits, which);
}

static int parse_number(const char *text, const struct option *o, uint64_t *value)
{
    char *end = NULL;
    errno = 0;
    *value = strtoull(text, &end, 0);
    return text[0] == '-' || end == text || *end != '\0' || errno != 0 || *value < o->min || *value > o->max ? -1 : 0;
}

/* Bytes a cycle, such as 12.8, to units of 1/65536. */
static int parse_bytes(const char *text, uint64_t *value)
{
    char *end = NULL;
    double bytes = strtod(text, &end);
    if (end == text || *end != '\0' || !(bytes >= 0.001 && bytes <= 4096.0))
        return -1;
    *value = (uint64_t)(bytes * 65536.0 + 0.5);
    return 0;
}

static int set_option(struct sim_options *opt, const char *pair, const char *value, char *err, size_t err_size)
{
    size_t name = (size_t)(value - pair);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct option *o = &table[i];
        if (strlen(o->name) != name || strncmp(o->name, pair, name) != 0)
            continue;
        char *at = (char *)opt + o->offset;
        const char *text = value + 1;
        uint64_t number = 0;
        if (o->kind == KIND_FILE) {
            if (strlen(text) >= sizeof(opt->wave))
                return fail(err, err_size, "file name too long", pair);
            memcpy(at, text, strlen(text) + 1);
            return 0;
        }
        if (o->kind == KIND_FAULT)
            return fault_parse(text, &opt->fault, err, err_size);
        if (o->kind == KIND_BYTES ? parse_bytes(text, &number) : parse_number(text, o, &number))
            return fail_limits(err, err_size, o, pair);
        uint32_t number32 = (uint32_t)number;
        if (o->kind == KIND_U64 || o->kind == KIND_BYTES)
            memcpy(at, &number, sizeof(number));
        else
            memcpy(at, &number32, sizeof(number32));
        if (o->kind == KIND_PAIR)
            opt->memory.write_outstanding = number32;
        return 0;
    }
    return fail(err, err_size, "not known", pair);
}

int sim_options_parse(struct sim_options *o, const char *text, char *err, size_t err_size)
{
    *o = (struct sim_options){.memory = memory_defaults(), .fault = {.point = FAULT_NONE}, .wave_to = UINT64_MAX, .view_to = UINT64_MAX};
    while (text && *text != '\0') {
        char pair[320];
        size_t n = strcspn(text, ",");
        if (n >= sizeof(pair))
            return fail(err, err_size, "too long", text);
        memcpy(pair, text, n);
        pair[n] = '\0';
        text += n + (text[n] == ',');
        const char *value = strchr(pair, '=');
        if (!value)
            return fail(err, err_size, "has no value", pair);
        if (set_option(o, pair, value, err, err_size) != 0)
            return -1;
    }
    if (o->memory.refresh_for != 0 && o->memory.refresh_for >= o->memory.refresh_every)
        return fail(err, err_size, "must be below refresh_every", "refresh_for");
    return 0;
}
