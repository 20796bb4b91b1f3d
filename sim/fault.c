/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 64u /* of a value that the RTL shows */
#define NAN_F32 0x7fc00000u

static const char *const points[] = {
    "pe",     "load_data",   "load_take",  "load_word",  "load_enable", "vector_addr", "vector_rows", "vector_skip",  "vector_data",
    "vector_plane", "zero_point", "partial", "weight_data", "weight_row", "result_data", "result_addr", "acc_read", "scale", "residual",
};

enum effect { STUCK0, STUCK1, FLIP, SWAP, PLUS, MINUS, WEIGHT0, WEIGHT1, OPERAND0, OPERAND1, CARRY, ALIGN, TRUNCATE, DEAD, NOSKIP, PLANE, EFFECTS };

/* Which effects a value of the RTL and which a PE can have, and the bits that `bit` may name in a PE. */
static const struct {
    const char *name;
    bool value;
    uint32_t pe_bits;
} effects[EFFECTS] = {
    [STUCK0] = {"stuck0", true, 32},    [STUCK1] = {"stuck1", true, 32},     [FLIP] = {"flip", true, 32},
    [SWAP] = {"swap", true, 0},         [PLUS] = {"plus", true, 0},          [MINUS] = {"minus", true, 0},
    [WEIGHT0] = {"weight0", false, 16}, [WEIGHT1] = {"weight1", false, 16},  [OPERAND0] = {"operand0", false, 16},
    [OPERAND1] = {"operand1", false, 16}, [CARRY] = {"carry", false, 31},    [ALIGN] = {"align", false, 1},
    [TRUNCATE] = {"truncate", false, 1}, [DEAD] = {"dead", false, 1},        [NOSKIP] = {"noskip", false, 1},
    [PLANE] = {"plane", false, 1},
};

static _Thread_local const struct fault *current;
static _Thread_local const uint64_t *now;

void fault_use(const struct fault *f, const uint64_t *cycle)
{
    current = f;
    now = cycle;
}

static bool in_force(const struct fault *f)
{
    return f && *now >= f->from && *now < f->to;
}

/* ---- The option ---- */

static int refuse(char *err, size_t err_size, const char *what, const char *which)
{
    if (err && err_size)
        snprintf(err, err_size, "option 'fault': %s '%s'", what, which);
    return -1;
}

/* A number behind a prefix, all of the text. */
static bool number(const char *text, const char *prefix, uint64_t most, uint64_t *value)
{
    const size_t n = strlen(prefix);
    char *end = NULL;
    if (strncmp(text, prefix, n) != 0 || text[n] < '0' || text[n] > '9')
        return false;
    *value = strtoull(text + n, &end, 10);
    return *end == '\0' && *value <= most;
}

static int parse_part(const char *part, unsigned index, struct fault *f, char *err, size_t err_size)
{
    const bool pe = f->point == FAULT_PE;
    uint64_t n = 0;
    if (pe && (index == 1 || index == 2)) {
        if (!number(part, "", 63, &n))
            return refuse(err, err_size, "not a row or column from 0 to 63:", part);
        *(index == 1 ? &f->row : &f->col) = (uint32_t)n;
        return 0;
    }
    if (index == (pe ? 3u : 1u)) {
        for (f->effect = 0; f->effect < EFFECTS; f->effect++)
            if (strcmp(part, effects[f->effect].name) == 0 && (pe ? effects[f->effect].pe_bits != 0 : effects[f->effect].value))
                return 0;
        return refuse(err, err_size, "this point has no effect", part);
    }
    if (number(part, "bit", pe ? effects[f->effect].pe_bits - 1 : 32 * WORDS - 1, &n))
        f->bit = (uint32_t)n;
    else if (number(part, "from", UINT64_MAX, &n))
        f->from = n;
    else if (number(part, "to", UINT64_MAX, &n))
        f->to = n;
    else
        return refuse(err, err_size, "not bitN, fromN or toN, or N too large:", part);
    return 0;
}

int fault_parse(const char *text, struct fault *f, char *err, size_t err_size)
{
    char part[64];
    unsigned index = 0;
    *f = (struct fault){.point = FAULT_NONE, .effect = EFFECTS, .to = UINT64_MAX};
    for (;; index++) {
        const size_t n = strcspn(text, ":");
        if (n >= sizeof part)
            return refuse(err, err_size, "too long:", text);
        memcpy(part, text, n);
        part[n] = '\0';
        if (index > 0 && parse_part(part, index, f, err, err_size) != 0)
            return -1;
        for (size_t i = 0; index == 0 && i < sizeof points / sizeof *points; i++)
            if (strcmp(part, points[i]) == 0)
                f->point = (int)i;
        if (f->point == FAULT_NONE)
            return refuse(err, err_size, "no such point:", part);
        if (text[n] == '\0')
            return f->effect == EFFECTS ? refuse(err, err_size, "says no effect:", part) : 0;
        text += n + 1;
    }
}

/* ---- Values of the RTL ---- */

static uint32_t get_byte(const uint32_t *words, uint32_t byte)
{
    return words[byte / 4] >> (8 * (byte % 4)) & 0xffu;
}

static void put_byte(uint32_t *words, uint32_t byte, uint32_t value)
{
    words[byte / 4] = (words[byte / 4] & ~(0xffu << (8 * (byte % 4)))) | value << (8 * (byte % 4));
}

void systole_fault(const char *point, const uint32_t *value, uint32_t *result)
{
    memcpy(result, value, WORDS * sizeof *value);
    const struct fault *f = current;
    if (!in_force(f) || strcmp(points[f->point], point) != 0)
        return;
    uint32_t *word = &result[f->bit / 32];
    const uint32_t mask = UINT32_C(1) << f->bit % 32, byte = f->bit / 8;
    switch (f->effect) {
    case STUCK0: *word &= ~mask; break;
    case STUCK1: *word |= mask; break;
    case FLIP: *word ^= mask; break;
    case SWAP:
        put_byte(result, byte & ~1u, get_byte(value, byte | 1u));
        put_byte(result, byte | 1u, get_byte(value, byte & ~1u));
        break;
    case PLUS: *word += mask; break;
    case MINUS: *word -= mask; break;
    default: break;
    }
}

/* ---- A PE ---- */

const struct fault *fault_pe(void)
{
    return in_force(current) && current->point == FAULT_PE ? current : NULL;
}

static float to_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t to_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? NAN_F32 : bits;
}

uint32_t fault_mac(bool fp, uint32_t x, uint32_t weight, uint32_t acc)
{
    if (fp)
        return to_bits(fmaf(to_float(x << 16), to_float(weight << 16), to_float(acc)));
    return acc + (uint32_t)((int16_t)x * (int16_t)weight);
}

/* The sum without the carry out of one bit. */
static uint32_t without_carry(uint32_t a, uint32_t b, uint32_t bit)
{
    const uint32_t low = (UINT32_C(2) << bit) - 1;
    return (((a & low) + (b & low)) & low) | ((a & ~low) + (b & ~low));
}

/* Cut towards zero instead of rounded: one step back where rounding went up. What is left of the sum is known near enough in double. */
static uint32_t truncated(uint32_t x, uint32_t weight, uint32_t acc)
{
    const uint32_t rounded = fault_mac(true, x, weight, acc);
    const double rest = fma((double)to_float(x << 16), (double)to_float(weight << 16), (double)to_float(acc) - (double)to_float(rounded));
    const bool up = (rounded & 0x80000000u) != 0 ? rest > 0 : rest < 0;
    return isfinite(to_float(rounded)) && up && (rounded & 0x7fffffffu) != 0 ? rounded - 1 : rounded;
}

uint32_t fault_step(const struct fault *f, bool fp, bool skip, uint32_t x, uint32_t weight, uint32_t other, uint32_t acc)
{
    const uint32_t mask = UINT32_C(1) << f->bit;
    switch (f->effect) {
    case WEIGHT0: weight &= ~mask; break;
    case WEIGHT1: weight |= mask; break;
    case OPERAND0: x &= ~mask; break;
    case OPERAND1: x |= mask; break;
    case PLANE: weight = other; break;
    case NOSKIP: skip = false; break;
    case DEAD: skip = true; break;
    default: break;
    }
    uint32_t sum = skip ? acc : fault_mac(fp, x, weight, acc);
    if (f->effect == CARRY && !fp && !skip)
        sum = without_carry(acc, (uint32_t)((int16_t)x * (int16_t)weight), f->bit);
    /* The product one place too low against the sum. */
    if (f->effect == ALIGN && !skip)
        sum = fp ? to_bits(fmaf(to_float(x << 16) / 2, to_float(weight << 16), to_float(acc))) : acc + (uint32_t)((int16_t)x * (int16_t)weight / 2);
    if (f->effect == TRUNCATE && fp && !skip)
        sum = truncated(x, weight, acc);
    if (f->effect == STUCK0)
        sum &= ~mask;
    if (f->effect == STUCK1)
        sum |= mask;
    if (f->effect == FLIP)
        sum ^= mask;
    return sum;
}
