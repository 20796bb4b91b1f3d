/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roofline: work for each byte moved against work for each cycle. Reads and writes move side by side, so the busier direction is the
 * one that limits. The roofs are what the device says of itself: its array, and a beat of its bus a cycle or the `bandwidth` of its name.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "roof_plot.h"
#include "svg.h"

enum { NAMED = 8, MARKS = 16 };

static double intensity(const struct systole_step *s)
{
    const uint64_t bytes = s->read_bytes > s->write_bytes ? s->read_bytes : s->write_bytes;
    return (double)s->macs / (double)(bytes ? bytes : 1);
}

static double rate(const struct systole_step *s)
{
    return (double)s->macs / (double)s->cycles;
}

static int has_place(const struct systole_step *s)
{
    return s->macs && s->cycles && (s->read_bytes || s->write_bytes);
}

double cli_bandwidth(const char *device, uint32_t bus_bytes)
{
    const char *option = strstr(device, ",bandwidth=");
    const double told = option ? strtod(option + strlen(",bandwidth="), NULL) : 0;
    return told > 0 && told < bus_bytes ? told : bus_bytes;
}

static struct cli_plane plane_of(const struct cli_report *r, double peak, double bandwidth)
{
    struct cli_plane plane = cli_plane_of_roofs(peak, bandwidth);
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        if (has_place(s))
            cli_plane_take(&plane, intensity(s), rate(s));
    }
    return plane;
}

static void roofs(FILE *out, const struct cli_report *r, const struct cli_plane *p, double peak, double bandwidth)
{
    char text[128];
    double measured = 0;
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        const uint64_t bytes = s->read_bytes > s->write_bytes ? s->read_bytes : s->write_bytes;
        measured = fmax(measured, (double)bytes / (double)s->cycles);
    }
    snprintf(text, sizeof text, "memory: %g bytes a cycle", bandwidth);
    cli_plane_slope(out, p, bandwidth, peak, "roof", text, -7);
    snprintf(text, sizeof text, "%ux%u array: %.0f MACs a cycle", r->info.rows, r->info.cols, peak);
    cli_plane_ceiling(out, p, peak, bandwidth, "roof", text);
    const int passes = cli_passes(r->p->device);
    if (passes > 1 && r->info.has_fp) {
        snprintf(text, sizeof text, "fp32 in %d passes: %.1f", passes, peak / passes);
        cli_plane_ceiling(out, p, peak / passes, bandwidth, "ceiling", text);
    }
    if (measured > 0 && measured < bandwidth) {
        snprintf(text, sizeof text, "most that a layer moved: %.2f", measured);
        cli_plane_slope(out, p, measured, peak, "measured", text, 15);
    }
}

struct rank {
    uint64_t cycles, step;
};

static int by_cycles(const void *a, const void *b)
{
    const uint64_t x = ((const struct rank *)a)->cycles, y = ((const struct rank *)b)->cycles;
    return x < y ? 1 : x > y ? -1 : 0;
}

static double radius(const struct cli_report *r, const struct systole_step *s)
{
    return 4 + 14 * sqrt((double)s->cycles / (double)r->p->sum.cycles);
}

/* Whether a name around (x, y) would lie on a dot or on one of the names that are there. */
static int is_crowded(const struct cli_report *r, const struct cli_plane *p, double x, double y, double half, double taken[NAMED][2], int n)
{
    for (int k = 0; k < n; k++)
        if (fabs(taken[k][1] - y) < MARKS && fabs(taken[k][0] - x) < half + 70)
            return 1;
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        if (has_place(s) && fabs(cli_plane_x(p, intensity(s)) - x) < half + radius(r, s) && fabs(cli_plane_y(p, rate(s)) - y + 4) < 6 + radius(r, s))
            return 1;
    }
    return x - half < CLI_ROOF_LEFT || x + half > CLI_PLOT_WIDTH - CLI_ROOF_RIGHT || y > CLI_ROOF_HEIGHT - CLI_ROOF_BOTTOM;
}

/* Names of the longest layers, under the dot or above it, where there is room. */
static void names(FILE *out, const struct cli_report *r, const struct cli_plane *p)
{
    double taken[NAMED][2];
    struct rank rank[CLI_SHOWN];
    int n = 0;
    for (uint64_t i = 0; i < r->n_shown; i++)
        rank[i] = (struct rank){r->p->steps[r->shown[i]].cycles, r->shown[i]};
    qsort(rank, (size_t)r->n_shown, sizeof *rank, by_cycles);
    for (uint64_t i = 0; i < r->n_shown && n < NAMED; i++) {
        const struct systole_step *s = &r->p->steps[rank[i].step];
        if (!has_place(s))
            continue;
        const size_t length = strlen(s->node);
        const double x = cli_plane_x(p, intensity(s)), half = 3.5 * (double)(length < 20 ? length : 20);
        double y = cli_plane_y(p, rate(s)) + radius(r, s) + 14;
        if (is_crowded(r, p, x, y, half, taken, n))
            y = cli_plane_y(p, rate(s)) - radius(r, s) - 6;
        if (is_crowded(r, p, x, y, half, taken, n))
            continue;
        cli_svg_label(out, x, y, "middle", s->node, 20);
        taken[n][0] = x;
        taken[n++][1] = y;
    }
}

void cli_plot_roofline(FILE *out, const struct cli_report *r)
{
    const double peak = (double)r->info.rows * r->info.cols, bandwidth = cli_bandwidth(r->p->device, r->info.bus_bytes);
    const struct cli_plane p = plane_of(r, peak, bandwidth);
    char title[512];
    cli_svg_open(out, CLI_PLOT_WIDTH, CLI_ROOF_HEIGHT, "Roofline: MACs for each byte against MACs in each cycle");
    cli_plane_grid(out, &p, "MACs for each byte of the busier direction", "MACs in each cycle");
    roofs(out, r, &p, peak, bandwidth);
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        if (!has_place(s))
            continue;
        cli_report_title(r, s, title, sizeof title);
        cli_svg_dot(out, cli_plane_x(&p, intensity(s)), cli_plane_y(&p, rate(s)), radius(r, s), "dot", title);
    }
    names(out, r, &p);
    cli_svg_close(out);
}
