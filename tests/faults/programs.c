/* SPDX-License-Identifier: Apache-2.0 */
#include "programs.h"

#include <string.h>

enum { MOST_STEPS = 2000000 };

bool program_is_long(const struct fuzz_case *c)
{
    struct ref_machine m;
    wide steps = 0;
    if (case_machine(c, &m) != 0)
        return true;
    for (uint32_t i = 0; i < c->count; i++)
        steps += ref_check(&m, c->insn[i]) == SYSTOLE_ERR_OK ? ref_cost(&c->caps, c->insn[i]) : 0;
    case_machine_free(&m);
    return steps > MOST_STEPS;
}

void program_scramble(struct fuzz_case *c, struct rng *r)
{
    const uint32_t kind = rng_below(r, 3);
    const uint32_t first = rng_below(r, c->count), count = kind == 1 ? 1 + rng_below(r, 6) : c->count - first;
    for (uint32_t k = 0; k < count; k++) {
        if (kind == 1) {
            c->insn[rng_below(r, c->count)][rng_below(r, SYSTOLE_INSN_WORDS)] = (uint32_t)rng_next(r) >> rng_below(r, 32);
            continue;
        }
        uint32_t *insn = c->insn[first + k];
        for (uint32_t w = 0; w < SYSTOLE_INSN_WORDS; w++)
            insn[w] = kind == 0 ? (uint32_t)rng_next(r) : insn[w] ^ (rng_percent(r, 8) ? 1u << rng_below(r, 32) : 0);
        if (kind == 0 && rng_percent(r, 70)) {
            memset(insn, 0, SYSTOLE_INSN_BYTES);
            insn[0] = 1 + rng_below(r, 6);
            for (uint32_t w = 2; w < SYSTOLE_INSN_WORDS; w++)
                insn[w] = rng_percent(r, 60) ? rng_below(r, 1u << rng_below(r, 20)) : 0;
        }
    }
}
