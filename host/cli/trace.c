/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes: the steps by this computer's clock, and by the device's cycles, where a microsecond of the viewer is a cycle. The
 * shares of the cycles go along as counters.
 */
#include "trace.h"

#include "files.h"

enum { CLOCK = 1, CYCLES = 2, STEPS = 1 };

static void name_of(struct cli_json *j, const char *kind, int process, int thread, const char *name)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "name", kind);
    cli_json_text(j, "ph", "M");
    cli_json_number(j, "pid", (uint64_t)process);
    if (thread)
        cli_json_number(j, "tid", (uint64_t)thread);
    cli_json_open(j, "args", '{');
    cli_json_text(j, "name", name);
    cli_json_close(j);
    cli_json_close(j);
}

static void begin(struct cli_json *j, const struct systole_step *s, int process, double at, double duration)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "name", s->node);
    cli_json_text(j, "cat", s->op);
    cli_json_text(j, "ph", "X");
    cli_json_number(j, "pid", (uint64_t)process);
    cli_json_number(j, "tid", STEPS);
    cli_json_exact(j, "ts", at);
    cli_json_exact(j, "dur", duration);
    cli_json_open(j, "args", '{');
    cli_json_text(j, "where", cli_place_name(s->place));
    if (s->why)
        cli_json_text(j, "why", s->why);
}

static void end(struct cli_json *j)
{
    cli_json_close(j);
    cli_json_close(j);
}

static void counts(struct cli_json *j, const struct systole_step *s)
{
    cli_json_number(j, "macs", s->macs);
    cli_json_number(j, "read_bytes", s->read_bytes);
    cli_json_number(j, "write_bytes", s->write_bytes);
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS; i++)
        if (systole_counter_name(i))
            cli_json_number(j, systole_counter_name(i), s->counter[i]);
}

/* The shares of a step's cycles, in per cent, from its first cycle on. */
static void shares(struct cli_json *j, const struct systole_step *s, uint64_t at)
{
    char name[32];
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "name", "shares");
    cli_json_text(j, "ph", "C");
    cli_json_number(j, "pid", CYCLES);
    cli_json_number(j, "ts", at);
    cli_json_open(j, "args", '{');
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS; i++)
        if (systole_counter_is_share(i)) {
            cli_share_name(i, name);
            cli_json_real(j, name, s->cycles ? 100 * (double)s->counter[i] / (double)s->cycles : 0);
        }
    end(j);
}

static void by_cycles(struct cli_json *j, const struct cli_profile *p)
{
    uint64_t at = 0;
    name_of(j, "process_name", CYCLES, 0, "by the device's cycles (1 us is 1 cycle)");
    name_of(j, "thread_name", CYCLES, STEPS, p->device);
    for (uint64_t i = 0; i < p->count; i++) {
        const struct systole_step *s = &p->steps[i];
        if (!s->cycles)
            continue;
        begin(j, s, CYCLES, (double)at, (double)s->cycles);
        counts(j, s);
        end(j);
        shares(j, s, at);
        at += s->cycles;
    }
    shares(j, &(struct systole_step){.size = sizeof(struct systole_step)}, at);
}

enum cli_exit cli_trace_write(const struct cli_profile *p, const char *path)
{
    FILE *out = cli_create_file(path);
    struct cli_json j = {.out = out};
    if (!out)
        return CLI_FILE;
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "displayTimeUnit", "ns");
    cli_json_open(&j, "otherData", '{');
    cli_json_text(&j, "model", p->model);
    cli_json_text(&j, "device", p->device);
    cli_json_text(&j, "version", systole_version());
    cli_json_close(&j);
    cli_json_open(&j, "traceEvents", '[');
    name_of(&j, "process_name", CLOCK, 0, "by this computer's clock");
    name_of(&j, "thread_name", CLOCK, STEPS, p->device);
    for (uint64_t i = 0; i < p->count; i++) {
        begin(&j, &p->steps[i], CLOCK, 1e6 * p->steps[i].start, 1e6 * p->steps[i].seconds);
        end(&j);
    }
    if (p->sum.cycles)
        by_cycles(&j, p);
    cli_json_close(&j);
    cli_json_close(&j);
    return cli_finish_file(out, path);
}
