/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes: the steps by this computer's clock, and by the device's cycles, where a microsecond of the viewer is a cycle. The
 * shares of the cycles go along as counters, and the instructions, where the device tells them. A queue has a track, and more where its
 * instructions overlap: viewers take events of one track only inside each other.
 */
#include "trace.h"

#include <string.h>

#include "files.h"

enum { CLOCK = 1, CYCLES = 2, STEPS = 1, QUEUES = 2, MOST_QUEUES = 8, LANES = 16 };

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

static void one_instruction(struct cli_json *j, const struct systole_instruction *i, int thread)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "name", i->name);
    cli_json_text(j, "ph", "X");
    cli_json_number(j, "pid", CYCLES);
    cli_json_number(j, "tid", (uint64_t)thread);
    cli_json_number(j, "ts", i->begin);
    cli_json_number(j, "dur", i->end - i->begin);
    cli_json_open(j, "args", '{');
    cli_json_number(j, "program", i->launch);
    cli_json_number(j, "instruction", i->index);
    cli_json_number(j, "entered", i->enter);
    end(j);
}

struct queue {
    const char *name;
    uint64_t free_at[LANES]; /* when the last on this track ended */
    int lanes;
};

/* A track of the queue that is free; one more where none is. Of more than there are it shares the last. */
static int lane_of(struct cli_json *j, struct queue *q, int number, const struct systole_instruction *i)
{
    int lane = 0;
    while (lane < q->lanes && q->free_at[lane] > i->begin)
        lane++;
    if (lane == LANES)
        lane--;
    if (lane == q->lanes) {
        name_of(j, "thread_name", CYCLES, QUEUES + number * LANES + lane, q->name);
        q->lanes++;
    }
    q->free_at[lane] = i->end;
    return QUEUES + number * LANES + lane;
}

/* Those that ended. */
static enum systole_status instructions(struct cli_json *j, const struct systole_session *session)
{
    struct queue queues[MOST_QUEUES] = {{NULL, {0}, 0}};
    int n_queues = 0;
    enum systole_status status = SYSTOLE_OK;
    for (uint64_t at = 0; !status; at++) {
        struct systole_instruction i = {.size = sizeof i};
        int q = 0;
        status = systole_session_instruction(session, at, &i);
        if (status || i.begin == UINT64_MAX || i.end == UINT64_MAX)
            continue;
        while (q < n_queues && strcmp(queues[q].name, i.queue) != 0)
            q++;
        if (q == MOST_QUEUES)
            continue; /* the contract has three */
        if (q == n_queues)
            queues[n_queues++].name = i.queue;
        one_instruction(j, &i, lane_of(j, &queues[q], q, &i));
    }
    return status == SYSTOLE_NOT_FOUND ? SYSTOLE_OK : status;
}

enum cli_exit cli_trace_write(const struct cli_profile *p, const struct systole_context *ctx, const struct systole_session *session,
                              const char *path)
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
    const enum systole_status status = instructions(&j, session);
    cli_json_close(&j);
    cli_json_close(&j);
    const enum cli_exit code = cli_finish_file(out, path);
    return status ? cli_report(ctx, status, path) : code;
}
