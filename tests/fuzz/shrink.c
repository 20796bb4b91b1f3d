/* SPDX-License-Identifier: Apache-2.0 */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>

#include "analyse.h"
#include "fields.h"

struct shrinker {
    struct device *d;
    struct fuzz_case *best;
    struct fuzz_case *trial;
    struct difference *diff;
    unsigned left; /* runs that may still be made */
};

/* Keeps the trial when its outcome is as defined as before and still differs. */
static bool keep(struct shrinker *s)
{
    struct difference diff;
    if (s->left == 0) {
        return false;
    }
    s->left--;
    const enum case_level level = case_analyse(s->trial);
    if (level < s->best->level) {
        return false;
    }
    s->trial->level = s->best->level;
    if (device_compare(s->d, s->trial, &diff) != 0 || !diff.found) {
        return false;
    }
    *s->best = *s->trial;
    *s->diff = diff;
    return true;
}

static bool try_delete(struct shrinker *s, uint32_t from, uint32_t number)
{
    *s->trial = *s->best;
    memmove(s->trial->insn[from], s->trial->insn[from + number],
            (s->trial->count - from - number) * sizeof s->trial->insn[0]);
    s->trial->count -= number;
    return keep(s);
}

/* The same tokens in the same queue, but nothing done. */
static bool try_sync(struct shrinker *s, uint32_t at)
{
    *s->trial = *s->best;
    uint32_t *insn = s->trial->insn[at];
    const int queue = insn_queue(insn);
    if (queue < 0 || SYSTOLE_GET(insn, ANY, opcode) == SYSTOLE_OP_SYNC) {
        return false;
    }
    const uint32_t tokens = insn[SYSTOLE_F_ANY_wait_WORD];
    memset(insn, 0, SYSTOLE_INSN_BYTES);
    insn[SYSTOLE_F_ANY_wait_WORD] = tokens;
    SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_SYNC);
    SYSTOLE_PUT(insn, SYNC, queue, queue);
    return keep(s);
}

static bool try_field(struct shrinker *s, uint32_t at, const struct field *f, uint32_t value)
{
    if (value == field_get(f, s->best->insn[at])) {
        return false;
    }
    *s->trial = *s->best;
    field_set(f, s->trial->insn[at], value);
    return keep(s);
}

static bool is_address(const struct field *f)
{
    return f->is_signed || strstr(f->name, "base") != NULL || strncmp(f->name, "dst", 3) == 0 ||
           strncmp(f->name, "src", 3) == 0;
}

static bool simplify(struct shrinker *s, uint32_t at)
{
    bool better = false;
    const uint32_t opcode = SYSTOLE_GET(s->best->insn[at], ANY, opcode);
    for (size_t i = 0; i < field_count && s->left != 0; i++) {
        const struct field *f = &field_table[i];
        if (!field_applies(f, opcode) || f->word == 0 || is_address(f)) {
            continue;
        }
        if (try_field(s, at, f, f->min)) {
            better = true;
            continue;
        }
        while (field_get(f, s->best->insn[at]) > 2 * f->min && f->min != 0 &&
               try_field(s, at, f, field_get(f, s->best->insn[at]) / 2)) {
            better = true;
        }
        if (f->min != 0 && try_field(s, at, f, field_get(f, s->best->insn[at]) - 1)) {
            better = true;
        }
    }
    for (size_t i = 0; i < field_count && s->left != 0; i++) { /* kinds of post-processing, types, modes */
        const struct field *f = &field_table[i];
        if (f->opcode == opcode && f->word == 0 && try_field(s, at, f, f->min)) {
            better = true;
        }
    }
    return better;
}

static bool remove_some(struct shrinker *s)
{
    bool better = false;
    for (uint32_t number = s->best->count / 2; number != 0; number /= 2) {
        for (uint32_t from = s->best->count; from-- > 0;) {
            if (from + number < s->best->count && try_delete(s, from, number)) {
                better = true;
            }
        }
    }
    for (uint32_t i = s->best->count; i-- > 0;) {
        better |= try_sync(s, i);
    }
    return better;
}

unsigned shrink(struct device *d, struct fuzz_case *c, struct difference *diff, unsigned tries)
{
    struct shrinker s = {d, c, malloc(sizeof *c), diff, tries};
    if (s.trial == NULL) {
        return 0;
    }
    bool better = true;
    if (c->again) {
        *s.trial = *c;
        s.trial->again = false;
        keep(&s);
    }
    while (better && s.left != 0) {
        better = remove_some(&s);
        for (uint32_t i = c->count; i-- > 0;) {
            better |= simplify(&s, i);
        }
    }
    free(s.trial);
    return tries - s.left;
}
