/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roofline: work for each byte moved against work for each cycle. Reads and writes move side by side, so the busier direction is the
 * one that limits. The roofs are what the device says of itself: its array, and a beat of its bus a cycle or the `bandwidth` of its name.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "svg.h"

enum { HEIGHT = 460, LEFT = 70, RIGHT = 24, TOP = 16, BOTTOM = 46, NAMED = 8, MARKS = 16 };

struct plane {
    double x_least, x_most, y_least, y_most; /* logarithms to the base 10 */
};

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

double cli_report_bandwidth(const struct cli_report *r)
{
    const char *option = strstr(r->p->device, ",bandwidth=");
    const double told = option ? strtod(option + strlen(",bandwidth="), NULL) : 0;
    return told > 0 && told < r->info.bus_bytes ? told : r->info.bus_bytes;
}

static double at_x(const struct plane *p, double value)
{
    return LEFT + (CLI_PLOT_WIDTH - LEFT - RIGHT) * (log10(value) - p->x_least) / (p->x_most - p->x_least);
}

static double at_y(const struct plane *p, double value)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (log10(value) - p->y_least) / (p->y_most - p->y_least);
}

static struct plane plane_of(const struct cli_report *r, double peak, double bandwidth)
{
    double x_least = peak / bandwidth / 8, x_most = peak / bandwidth * 8, y_least = peak / 16;
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        if (!has_place(s))
            continue;
        x_least = fmin(x_least, intensity(s) / 1.5);
        x_most = fmax(x_most, intensity(s) * 2.5);
        y_least = fmin(y_least, rate(s) / 1.5);
    }
    return (struct plane){log10(x_least), log10(x_most), log10(y_least), log10(peak * 1.8)};
}

static void mark(char *text, size_t room, double value)
{
    snprintf(text, room, value < 1 ? "%g" : "%.0f", value);
}

/* Lines at 1, 2 and 5 times the powers of ten, or at the powers alone where there are many. */
static void grid(FILE *out, const struct plane *p)
{
    static const double times[] = {1, 2, 5};
    char text[32];
    const int many_x = p->x_most - p->x_least > 4, many_y = p->y_most - p->y_least > 3;
    for (int power = (int)floor(p->x_least); power <= (int)p->x_most + 1; power++)
        for (int i = 0; i < (many_x ? 1 : 3); i++) {
            const double v = times[i] * pow(10, power);
            if (log10(v) < p->x_least || log10(v) > p->x_most)
                continue;
            mark(text, sizeof text, v);
            cli_svg_line(out, at_x(p, v), TOP, at_x(p, v), HEIGHT - BOTTOM, "grid");
            cli_svg_text(out, at_x(p, v), HEIGHT - BOTTOM + 17, "middle", "axis", text);
        }
    for (int power = (int)floor(p->y_least); power <= (int)p->y_most + 1; power++)
        for (int i = 0; i < (many_y ? 1 : 3); i++) {
            const double v = times[i] * pow(10, power);
            if (log10(v) < p->y_least || log10(v) > p->y_most)
                continue;
            mark(text, sizeof text, v);
            cli_svg_line(out, LEFT, at_y(p, v), CLI_PLOT_WIDTH - RIGHT, at_y(p, v), "grid");
            cli_svg_text(out, LEFT - 8, at_y(p, v) + 4, "end", "axis", text);
        }
    cli_svg_text(out, (LEFT + CLI_PLOT_WIDTH - RIGHT) / 2.0, HEIGHT - 6, "middle", "soft", "MACs for each byte of the busier direction");
    fprintf(out, "<g transform=\"translate(16 %d) rotate(-90)\">", (TOP + HEIGHT - BOTTOM) / 2);
    cli_svg_text(out, 0, 0, "middle", "soft", "MACs in each cycle");
    fputs("</g>\n", out);
}

/* From the slope to a flat ceiling; the label stands on it, at its right end. */
static void ceiling(FILE *out, const struct plane *p, double height, double bandwidth, const char *style, const char *text)
{
    const double from = fmax(height / bandwidth, pow(10, p->x_least));
    if (log10(height) > p->y_least && log10(from) < p->x_most) {
        cli_svg_line(out, at_x(p, from), at_y(p, height), CLI_PLOT_WIDTH - RIGHT, at_y(p, height), style);
        cli_svg_text(out, CLI_PLOT_WIDTH - RIGHT - 6, at_y(p, height) - 7, "end", "soft", text);
    }
}

/* The label stands `side` pixels from the line, at its lower end. */
static void slope(FILE *out, const struct plane *p, double bandwidth, double peak, const char *style, const char *text, double side)
{
    const double x1 = fmax(pow(10, p->x_least), pow(10, p->y_least) / bandwidth), x2 = fmin(peak / bandwidth, pow(10, p->x_most));
    if (x1 >= x2)
        return;
    const double px = at_x(p, x1), py = at_y(p, x1 * bandwidth), qx = at_x(p, x2), qy = at_y(p, x2 * bandwidth);
    cli_svg_line(out, px, py, qx, qy, style);
    fprintf(out, "<g transform=\"translate(%.2f %.2f) rotate(%.2f)\">", px + (qx - px) * 0.08, py + (qy - py) * 0.08,
            atan2(qy - py, qx - px) * 57.29577951308232);
    cli_svg_text(out, 0, side, "start", "soft", text);
    fputs("</g>\n", out);
}

static void roofs(FILE *out, const struct cli_report *r, const struct plane *p, double peak, double bandwidth)
{
    char text[128];
    double measured = 0;
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        const uint64_t bytes = s->read_bytes > s->write_bytes ? s->read_bytes : s->write_bytes;
        measured = fmax(measured, (double)bytes / (double)s->cycles);
    }
    snprintf(text, sizeof text, "memory: %g bytes a cycle", bandwidth);
    slope(out, p, bandwidth, peak, "roof", text, -7);
    snprintf(text, sizeof text, "%ux%u array: %.0f MACs a cycle", r->info.rows, r->info.cols, peak);
    ceiling(out, p, peak, bandwidth, "roof", text);
    const int passes = cli_passes(r->p->device);
    if (passes > 1 && r->info.has_fp) {
        snprintf(text, sizeof text, "fp32 in %d passes: %.1f", passes, peak / passes);
        ceiling(out, p, peak / passes, bandwidth, "ceiling", text);
    }
    if (measured > 0 && measured < bandwidth) {
        snprintf(text, sizeof text, "most that a layer moved: %.2f", measured);
        slope(out, p, measured, peak, "measured", text, 15);
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
static int is_crowded(const struct cli_report *r, const struct plane *p, double x, double y, double half, double taken[NAMED][2], int n)
{
    for (int k = 0; k < n; k++)
        if (fabs(taken[k][1] - y) < MARKS && fabs(taken[k][0] - x) < half + 70)
            return 1;
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        if (has_place(s) && fabs(at_x(p, intensity(s)) - x) < half + radius(r, s) && fabs(at_y(p, rate(s)) - y + 4) < 6 + radius(r, s))
            return 1;
    }
    return x - half < LEFT || x + half > CLI_PLOT_WIDTH - RIGHT || y > HEIGHT - BOTTOM;
}

/* Names of the longest layers, under the dot or above it, where there is room. */
static void names(FILE *out, const struct cli_report *r, const struct plane *p)
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
        const double x = at_x(p, intensity(s)), half = 3.5 * (double)(length < 20 ? length : 20);
        double y = at_y(p, rate(s)) + radius(r, s) + 14;
        if (is_crowded(r, p, x, y, half, taken, n))
            y = at_y(p, rate(s)) - radius(r, s) - 6;
        if (is_crowded(r, p, x, y, half, taken, n))
            continue;
        cli_svg_label(out, x, y, "middle", s->node, 20);
        taken[n][0] = x;
        taken[n++][1] = y;
    }
}

void cli_plot_roofline(FILE *out, const struct cli_report *r)
{
    const double peak = (double)r->info.rows * r->info.cols, bandwidth = cli_report_bandwidth(r);
    const struct plane p = plane_of(r, peak, bandwidth);
    char title[512];
    cli_svg_open(out, CLI_PLOT_WIDTH, HEIGHT, "Roofline: MACs for each byte against MACs in each cycle");
    grid(out, &p);
    roofs(out, r, &p, peak, bandwidth);
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        if (!has_place(s))
            continue;
        cli_report_title(r, s, title, sizeof title);
        cli_svg_dot(out, at_x(&p, intensity(s)), at_y(&p, rate(s)), radius(r, s), "dot", title);
    }
    names(out, r, &p);
    cli_svg_close(out);
}
