/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "sweep.h"

/* ---- Which there are ---- */

static enum cli_exit add_memory(struct cli_sweep *s, const char *text)
{
    const uint32_t count = cli_grid_count(text);
    if (count > (uint32_t)(CLI_SWEEP_MEMORIES - s->n_memories))
        return cli_usage("at most 4096 memories");
    void *more = realloc(s->memories, ((size_t)s->n_memories + count) * sizeof *s->memories);
    if (!more)
        return cli_no_memory();
    s->memories = more;
    for (uint32_t i = 0; i < count; i++)
        if (cli_grid_at(text, i, s->memories[s->n_memories++], sizeof *s->memories) != 0)
            return cli_usage("the options of a memory are too long");
    return CLI_OK;
}

static enum cli_exit new_point(struct cli_sweep *s, const char *device, int array, int memory)
{
    if (s->n_points == CLI_POINTS)
        return cli_usage("at most 16384 points");
    if ((s->n_points & (s->n_points - 1)) == 0) { /* full at each power of two */
        void *more = realloc(s->points, (s->n_points ? 2 * (size_t)s->n_points : 1) * sizeof *s->points);
        if (!more)
            return cli_no_memory();
        s->points = more;
    }
    struct cli_point *p = &s->points[s->n_points];
    *p = (struct cli_point){.array = array, .memory = memory};
    const int n = snprintf(p->device, sizeof p->device, "%s%s%s", device, s->n_memories ? "," : "", s->n_memories ? s->memories[memory] : "");
    if (n < 0 || (size_t)n >= sizeof p->device)
        return cli_usage("a device's name with its options is too long");
    s->n_points++;
    return CLI_OK;
}

/* One of a grid may be a combination that cannot be: it is left out by all ranks, counted, and said. */
static int is_refused(struct cli_sweep *s, struct systole_context *ctx, const char *device)
{
    const enum systole_status status = systole_device_check(ctx, device);
    if (status != SYSTOLE_BAD_DEVICE)
        return 0;
    if (s->refused++ == 0)
        snprintf(s->reason, sizeof s->reason, "%s", systole_context_detail(ctx));
    return 1;
}

static enum cli_exit add_array(struct cli_sweep *s, const char *device, int array)
{
    enum cli_exit code = CLI_OK;
    for (int m = 0; m < (s->n_memories ? s->n_memories : 1) && !code; m++)
        code = new_point(s, device, array, m);
    return code;
}

static enum cli_exit add_device(struct cli_sweep *s, struct systole_context *ctx, const char *text, int *arrays)
{
    char device[CLI_DEVICE_ROOM];
    const uint32_t count = cli_grid_count(text);
    enum cli_exit code = count > CLI_POINTS ? cli_usage("at most 16384 points") : CLI_OK;
    for (uint32_t i = 0; i < count && !code; i++) {
        if (cli_grid_at(text, i, device, sizeof device) != 0)
            return cli_usage("a device's name is too long");
        if (count == 1 || !is_refused(s, ctx, device))
            code = add_array(s, device, (*arrays)++);
    }
    return code;
}

/* All are tried before the first is run: a long sweep does not end at a misspelled one. */
static enum cli_exit try_point(struct systole_context *ctx, struct cli_point *p)
{
    struct systole_device_info info = {.size = sizeof info};
    const enum systole_status status = systole_device_query(ctx, p->device, &info);
    p->area = cli_area_of(&info);
    return status ? cli_report_device(ctx, status, p->device) : CLI_OK;
}

enum cli_exit cli_sweep_points(struct cli_sweep *s, struct systole_context *ctx, struct cli_ranks *ranks, const struct cli_device_list *devices,
                               const char *const *memories, int n_memories)
{
    enum cli_exit code = CLI_OK;
    int arrays = 0;
    for (int m = 0; m < n_memories && !code; m++)
        code = add_memory(s, memories[m]);
    for (int d = 0; d < devices->count && !code; d++)
        code = add_device(s, ctx, devices->name[d], &arrays);
    for (int i = 0; i < s->n_points && !code; i++)
        if (cli_ranks_runs(ranks, i))
            code = try_point(ctx, &s->points[i]);
    if (!code && s->n_points == 0) {
        fprintf(stderr, "systole: none of the %d devices can be: %s\n", s->refused, s->reason);
        code = CLI_DEVICE;
    }
    return code;
}

/* ---- What they are worth ---- */

int cli_point_has_data(const struct cli_point *p)
{
    const char *option = strstr(p->device, ",data=0");
    return !option || (option[7] != '\0' && option[7] != ',');
}

uint64_t cli_point_macs(const struct cli_point *p)
{
    return p->totals.rows * p->totals.cols;
}

double cli_point_cost(const struct cli_point *p, enum cli_front front)
{
    return front == CLI_FRONT_AREA ? p->area.array + p->area.memories : (double)p->totals.read_bytes + (double)p->totals.write_bytes;
}

static int is_beaten(const struct cli_point *p, const struct cli_point *by, enum cli_front front)
{
    const double mine = cli_point_cost(p, front), other = cli_point_cost(by, front);
    const uint64_t cycles = p->totals.cycles;
    return by->memory == p->memory && by->totals.cycles && by->totals.on_host <= p->totals.on_host && by->totals.cycles <= cycles &&
           other <= mine && (by->totals.cycles < cycles || other < mine);
}

void cli_sweep_fronts(struct cli_sweep *s)
{
    uint64_t fewest = UINT64_MAX;
    for (int i = 0; i < s->n_points; i++)
        if (s->points[i].totals.cycles && s->points[i].totals.on_host < fewest)
            fewest = s->points[i].totals.on_host;
    for (int i = 0; i < s->n_points; i++)
        for (int f = 0; f < CLI_FRONTS; f++) {
            struct cli_point *p = &s->points[i];
            p->on_front[f] = p->totals.cycles > 0 && p->totals.on_host == fewest;
            for (int k = 0; k < s->n_points && p->on_front[f]; k++)
                p->on_front[f] = !is_beaten(p, &s->points[k], (enum cli_front)f);
        }
}
