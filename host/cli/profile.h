/* SPDX-License-Identifier: Apache-2.0 */
/* What a run was, step by step: gathered once from its session, then told as a table, as JSON, as a page, as a trace. */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "cli.h"
#include "json.h"

struct cli_profile {
    const char *model, *device;
    uint64_t seed;
    double seconds; /* of the run alone: not of opening the device */
    struct systole_totals totals;
    uint64_t count;
    struct systole_step *steps; /* their texts belong to the session */
    struct systole_step sum;    /* over the steps of the last run; `seconds` is theirs */
};

/* `model`, `device`, `seed` and `seconds` are the caller's to set. The session must outlive the profile, unrun. */
enum cli_exit cli_profile_take(struct cli_profile *p, struct systole_context *ctx, const struct systole_session *session);
void cli_profile_clear(struct cli_profile *p);

const char *cli_place_name(enum systole_place place);
/* MACs that the array could have done in those cycles; 0 where there is no time. */
double cli_peak_macs(const struct cli_profile *p, uint64_t cycles);
/* Passes of the array for one product of fp32, as the device's name has it: 6 unless it says precision=x3 or x1. */
int cli_passes(const char *device);
/* A counter that is a share of the cycles, in words: "STALL_TOKEN" is "token", "ARRAY_BUSY" is "array". */
void cli_share_name(uint32_t counter, char name[32]);

enum cli_exit cli_profile_print(const struct cli_profile *p, FILE *out);
void cli_profile_json_totals(struct cli_json *j, const struct systole_totals *t);
void cli_profile_json_steps(struct cli_json *j, const struct cli_profile *p);

#endif
