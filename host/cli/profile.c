/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { MOST_SHARES = 12 };

static void add(struct systole_step *sum, const struct systole_step *s)
{
    sum->launches += s->launches;
    sum->on_host += s->on_host;
    sum->special += s->special;
    sum->macs += s->macs;
    sum->cycles += s->cycles;
    sum->busy += s->busy;
    sum->read_bytes += s->read_bytes;
    sum->write_bytes += s->write_bytes;
    for (int i = 0; i < SYSTOLE_COUNTERS; i++)
        sum->counter[i] += s->counter[i];
    sum->seconds += s->seconds;
}

enum cli_exit cli_profile_take(struct cli_profile *p, struct systole_context *ctx, const struct systole_session *session)
{
    p->totals.size = sizeof p->totals;
    enum systole_status status = systole_session_totals(session, &p->totals);
    p->count = systole_session_step_count(session);
    p->steps = calloc((size_t)p->count + 1, sizeof *p->steps);
    if (!p->steps)
        return cli_no_memory();
    p->sum = (struct systole_step){.size = sizeof p->sum};
    for (uint64_t i = 0; i < p->count && !status; i++) {
        p->steps[i].size = sizeof *p->steps;
        status = systole_session_step(session, i, &p->steps[i]);
        if (!status)
            add(&p->sum, &p->steps[i]);
    }
    return status ? cli_report(ctx, status, "the steps of the run") : CLI_OK;
}

void cli_profile_clear(struct cli_profile *p)
{
    free(p->steps);
    *p = (struct cli_profile){0};
}

const char *cli_place_name(enum systole_place place)
{
    switch (place) {
    case SYSTOLE_STEP_DEVICE: return "device";
    case SYSTOLE_STEP_FUSED: return "fused";
    default: return "host";
    }
}

double cli_peak_macs(const struct cli_profile *p, uint64_t cycles)
{
    return (double)cycles * (double)p->totals.rows * (double)p->totals.cols;
}

int cli_passes(const char *device)
{
    const char *option = strstr(device, ",precision=x");
    const char digit = option ? option[strlen(",precision=x")] : '6';
    return digit == '1' || digit == '3' ? digit - '0' : 6;
}

void cli_share_name(uint32_t counter, char name[32])
{
    const char *full = systole_counter_name(counter);
    full = full ? full : "";
    if (strncmp(full, "STALL_", 6) == 0)
        full += 6;
    const size_t length = strlen(full), busy = strlen("_BUSY");
    const size_t keep = length > busy && strcmp(full + length - busy, "_BUSY") == 0 ? length - busy : length;
    size_t n = 0;
    for (; n < keep && n < 31; n++)
        name[n] = (char)tolower((unsigned char)full[n]);
    name[n] = '\0';
}

/* ---- The table ---- */

static int shares(uint32_t list[MOST_SHARES])
{
    int n = 0;
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS && n < MOST_SHARES; i++)
        if (systole_counter_is_share(i))
            list[n++] = i;
    return n;
}

static void head(struct cli_table *t, const struct cli_profile *p)
{
    uint32_t list[MOST_SHARES];
    char name[32];
    cli_cell(t, "step");
    cli_cell(t, "operator");
    cli_cell(t, "where");
    if (p->sum.cycles) {
        cli_cell(t, "cycles");
        cli_cell(t, "share");
        cli_cell(t, "use");
        for (int i = 0, n = shares(list); i < n; i++) {
            cli_share_name(list[i], name);
            cli_cell(t, "%s", name);
        }
    }
    cli_cell(t, "MACs");
    cli_cell(t, "read");
    cli_cell(t, "written");
    cli_cell(t, "seconds");
    cli_cell(t, "remark");
}

static void quantity(struct cli_table *t, const char *text, uint64_t value)
{
    cli_cell(t, "%s", value ? text : "-");
}

static void row(struct cli_table *t, const struct cli_profile *p, const struct systole_step *s, const char *name, const char *remark)
{
    uint32_t list[MOST_SHARES];
    cli_cell(t, "%.60s", name);
    cli_cell(t, "%s", s->op ? s->op : "");
    cli_cell(t, "%s", s == &p->sum ? "" : cli_place_name(s->place));
    if (p->sum.cycles) {
        quantity(t, cli_count(s->cycles).text, s->cycles);
        quantity(t, cli_percent((double)s->cycles, (double)p->sum.cycles).text, s->cycles);
        quantity(t, cli_percent((double)s->macs, cli_peak_macs(p, s->cycles)).text, s->cycles);
        for (int i = 0, n = shares(list); i < n; i++)
            quantity(t, cli_percent((double)s->counter[list[i]], (double)s->cycles).text, s->cycles);
    }
    quantity(t, cli_count(s->macs).text, s->macs);
    quantity(t, cli_bytes((double)s->read_bytes).text, s->read_bytes);
    quantity(t, cli_bytes((double)s->write_bytes).text, s->write_bytes);
    cli_cell(t, "%.3f", s->seconds);
    cli_cell(t, "%s", remark);
}

static void remark_of(const struct cli_profile *p, const struct systole_step *s, char *text, size_t room)
{
    text[0] = '\0';
    if (s->place == SYSTOLE_STEP_FUSED)
        snprintf(text, room, "into %.100s", s->into < p->count && p->steps[s->into].node ? p->steps[s->into].node : "another step");
    else if (s->why)
        snprintf(text, room, "%s%.200s", s->place == SYSTOLE_STEP_DEVICE ? "in part on the host: " : "", s->why);
}

enum cli_exit cli_profile_print(const struct cli_profile *p, FILE *out)
{
    uint32_t list[MOST_SHARES];
    char align[32] = "lllrrr", remark[256];
    const int n_shares = p->sum.cycles ? shares(list) : 0, timed = p->sum.cycles ? 6 : 3;
    memset(align + timed, 'r', (size_t)n_shares + 4);
    memcpy(align + timed + n_shares + 4, "l", 2);
    struct cli_table t = {.columns = timed + n_shares + 5, .align = align};
    head(&t, p);
    for (uint64_t i = 0; i < p->count; i++) {
        remark_of(p, &p->steps[i], remark, sizeof remark);
        row(&t, p, &p->steps[i], p->steps[i].node, remark);
    }
    snprintf(remark, sizeof remark, "%llu launches", (unsigned long long)p->sum.launches);
    row(&t, p, &p->sum, "all", remark);
    if (cli_table_print(&t, out, 1))
        return cli_no_memory();
    if (p->sum.cycles) {
        fprintf(out, "\nuse: MACs of what the %llux%llu array could have done in those cycles",
                (unsigned long long)p->totals.rows, (unsigned long long)p->totals.cols);
        if (cli_passes(p->device) > 1)
            fprintf(out, "; a MAC of fp32 takes %d passes of it", cli_passes(p->device));
        fprintf(out, ".\nThe columns after it divide the cycles: computing, or waiting and for what.\n");
    }
    return CLI_OK;
}

/* ---- JSON ---- */

void cli_profile_json_totals(struct cli_json *j, const struct systole_totals *t)
{
    cli_json_number(j, "products", t->runs);
    cli_json_number(j, "on_host", t->on_host);
    cli_json_number(j, "special", t->special);
    cli_json_number(j, "macs", t->macs);
    cli_json_number(j, "cycles", t->cycles);
    cli_json_number(j, "busy", t->busy);
    cli_json_real(j, "busy_share", t->cycles ? (double)t->busy / (double)t->cycles : 0);
    cli_json_number(j, "read_bytes", t->read_bytes);
    cli_json_number(j, "write_bytes", t->write_bytes);
    cli_json_number(j, "rows", t->rows);
    cli_json_number(j, "cols", t->cols);
}

static void json_step(struct cli_json *j, const struct cli_profile *p, const struct systole_step *s)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "node", s->node);
    cli_json_text(j, "operator", s->op);
    cli_json_text(j, "where", cli_place_name(s->place));
    if (s->place == SYSTOLE_STEP_FUSED)
        cli_json_number(j, "into", s->into);
    cli_json_text(j, "why", s->why);
    cli_json_number(j, "launches", s->launches);
    cli_json_number(j, "on_host", s->on_host);
    cli_json_number(j, "special", s->special);
    cli_json_number(j, "macs", s->macs);
    cli_json_number(j, "cycles", s->cycles);
    cli_json_real(j, "utilisation", s->cycles ? (double)s->macs / cli_peak_macs(p, s->cycles) : 0);
    cli_json_number(j, "read_bytes", s->read_bytes);
    cli_json_number(j, "write_bytes", s->write_bytes);
    cli_json_real(j, "start", s->start);
    cli_json_real(j, "seconds", s->seconds);
    cli_json_open(j, "counters", '{');
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS; i++)
        if (systole_counter_name(i))
            cli_json_number(j, systole_counter_name(i), s->counter[i]);
    cli_json_close(j);
    cli_json_close(j);
}

void cli_profile_json_steps(struct cli_json *j, const struct cli_profile *p)
{
    cli_json_open(j, "steps", '[');
    for (uint64_t i = 0; i < p->count; i++)
        json_step(j, p, &p->steps[i]);
    cli_json_close(j);
}
