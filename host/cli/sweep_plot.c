/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep as a page: cycles against multipliers, the front of each memory as a line. */
#include <math.h>
#include <string.h>

#include "files.h"
#include "report.h"
#include "svg.h"
#include "sweep.h"

enum { HEIGHT = 460, LEFT = 84, RIGHT = 30, TOP = 16, BOTTOM = 46, COLOURS = 8 };

/* Colours of the page, those that stand apart first. */
static const int colour[COLOURS] = {0, 3, 1, 5, 4, 6, 2, 7};

struct plane {
    double x_least, x_most, y_least, y_most; /* logarithms to the base 10 */
};

static double at_x(const struct plane *p, uint64_t macs)
{
    return LEFT + (CLI_PLOT_WIDTH - LEFT - RIGHT) * (log10((double)macs) - p->x_least) / (p->x_most - p->x_least);
}

static double at_y(const struct plane *p, double cycles)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (log10(cycles) - p->y_least) / (p->y_most - p->y_least);
}

static struct plane plane_of(const struct cli_sweep *s)
{
    double x_least = 1e300, x_most = 1, y_least = 1e300, y_most = 1;
    for (int i = 0; i < s->n_points; i++)
        if (s->points[i].totals.cycles) {
            const double x = (double)cli_point_macs(&s->points[i]), y = (double)s->points[i].totals.cycles;
            x_least = fmin(x_least, x);
            x_most = fmax(x_most, x);
            y_least = fmin(y_least, y);
            y_most = fmax(y_most, y);
        }
    return (struct plane){log10(x_least / 1.6), log10(x_most * 1.6), log10(y_least / 1.4), log10(y_most * 1.4)};
}

static void grid(FILE *out, const struct cli_sweep *s, const struct plane *p)
{
    static const double times[] = {1, 2, 5};
    for (int i = 0; i < s->n_points; i++) { /* a line for each array that there is */
        const uint64_t macs = cli_point_macs(&s->points[i]);
        int seen = !s->points[i].totals.cycles;
        for (int k = 0; k < i; k++)
            seen = seen || cli_point_macs(&s->points[k]) == macs;
        if (seen)
            continue;
        cli_svg_line(out, at_x(p, macs), TOP, at_x(p, macs), HEIGHT - BOTTOM, "grid");
        cli_svg_text(out, at_x(p, macs), HEIGHT - BOTTOM + 17, "middle", "axis", cli_count(macs).text);
    }
    for (int power = (int)floor(p->y_least); power <= (int)p->y_most + 1; power++)
        for (int i = 0; i < 3; i++) {
            const double v = times[i] * pow(10, power);
            if (log10(v) < p->y_least || log10(v) > p->y_most)
                continue;
            cli_svg_line(out, LEFT, at_y(p, v), CLI_PLOT_WIDTH - RIGHT, at_y(p, v), "grid");
            cli_svg_text(out, LEFT - 8, at_y(p, v) + 4, "end", "axis", cli_scaled(v).text);
        }
    cli_svg_text(out, (LEFT + CLI_PLOT_WIDTH - RIGHT) / 2.0, HEIGHT - 6, "middle", "soft", "multipliers of the array");
    fprintf(out, "<g transform=\"translate(16 %d) rotate(-90)\">", (TOP + HEIGHT - BOTTOM) / 2);
    cli_svg_text(out, 0, 0, "middle", "soft", "cycles of the run");
    fputs("</g>\n", out);
}

/* The points of one memory's front, from few multipliers to many, as steps. */
static void front(FILE *out, const struct cli_sweep *s, const struct plane *p, int memory)
{
    uint64_t behind = 0;
    double x = 0, y = 0;
    char style[16];
    snprintf(style, sizeof style, "front t%d", colour[memory % COLOURS]);
    for (;;) {
        const struct cli_point *next = NULL;
        for (int i = 0; i < s->n_points; i++) {
            const struct cli_point *q = &s->points[i];
            if (q->on_front && q->memory == memory && cli_point_macs(q) > behind && (!next || cli_point_macs(q) < cli_point_macs(next)))
                next = q;
        }
        if (!next)
            return;
        const double nx = at_x(p, cli_point_macs(next)), ny = at_y(p, (double)next->totals.cycles);
        if (behind) {
            cli_svg_line(out, x, y, nx, y, style);
            cli_svg_line(out, nx, y, nx, ny, style);
        }
        behind = cli_point_macs(next);
        x = nx;
        y = ny;
    }
}

static void plot(FILE *out, const struct cli_sweep *s)
{
    const struct plane p = plane_of(s);
    char title[CLI_DEVICE_ROOM + 256], style[16];
    if (s->n_memories) {
        fputs("<ul class=\"legend\">", out);
        for (int m = 0; m < s->n_memories; m++) {
            fprintf(out, "<li><i class=\"s%d\"></i>", colour[m % COLOURS]);
            cli_html(out, s->memories[m]);
            fputs("</li>", out);
        }
        fputs("</ul>\n", out);
    }
    cli_svg_open(out, CLI_PLOT_WIDTH, HEIGHT, "Cycles against multipliers, a dot a device");
    grid(out, s, &p);
    for (int m = 0; m < (s->n_memories ? s->n_memories : 1); m++)
        front(out, s, &p, m);
    for (int i = 0; i < s->n_points; i++) {
        const struct cli_point *q = &s->points[i];
        if (!q->totals.cycles)
            continue;
        snprintf(title, sizeof title, "%s\n%s cycles, array busy %s%s", q->device, cli_grouped(q->totals.cycles).text,
                 cli_percent((double)q->totals.busy, (double)q->totals.cycles).text, q->on_front ? ", on the front" : "");
        snprintf(style, sizeof style, "s%d edge", colour[q->memory % COLOURS]);
        cli_svg_dot(out, at_x(&p, cli_point_macs(q)), at_y(&p, (double)q->totals.cycles), q->on_front ? 7 : 4.5, style, title);
    }
    cli_svg_close(out);
}

static void table(FILE *out, const struct cli_sweep *s)
{
    fputs("<div class=\"scroll\"><table><thead><tr><th class=\"t\">device</th><th>multipliers</th><th>cycles</th><th>busy</th><th>use</th>"
          "<th>read</th><th>written</th><th>seconds</th><th class=\"t\">front</th></tr></thead><tbody>\n", out);
    for (int i = 0; i < s->n_points; i++) {
        const struct cli_point *p = &s->points[i];
        const struct systole_totals *n = &p->totals;
        fputs("<tr><td class=\"t\">", out);
        cli_html(out, p->device);
        fprintf(out, "</td><td>%s</td><td>%s</td><td>%s</td>", cli_grouped(cli_point_macs(p)).text,
                n->cycles ? cli_grouped(n->cycles).text : "-",
                cli_percent((double)n->busy, (double)n->cycles).text);
        fprintf(out, "<td>%s</td><td>%s</td><td>%s</td><td>%.3f</td><td class=\"t\">%s</td></tr>\n",
                cli_percent((double)n->macs, (double)n->cycles * (double)cli_point_macs(p)).text, cli_bytes((double)n->read_bytes).text,
                cli_bytes((double)n->write_bytes).text, p->seconds, p->on_front ? "yes" : "");
    }
    fputs("</tbody></table></div>\n", out);
}

enum cli_exit cli_sweep_report(const struct cli_sweep *s, const char *path)
{
    int timed = 0;
    FILE *out = cli_create_file(path);
    if (!out)
        return CLI_FILE;
    for (int i = 0; i < s->n_points; i++)
        timed += s->points[i].totals.cycles != 0;
    cli_page_begin(out, s->model, "many devices", "One model on many devices. A pointer over a mark tells its numbers.");
    cli_page_section(out, "Cycles and multipliers",
                     timed ? "A large dot is on the front of its memory: none has fewer cycles on as few multipliers."
                           : "None of these devices has time: a simulated one (<code>sim:</code>) counts cycles.");
    if (timed)
        plot(out, s);
    fputs("</section>\n", out);
    cli_page_section(out, "Every device", "In the order they were asked for. The command compares their outputs bit by bit, but for those that "
                     "compute time alone (data=0).");
    table(out, s);
    fputs("</section>\n", out);
    cli_page_end(out);
    return cli_finish_file(out, path);
}
