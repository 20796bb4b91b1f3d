/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep as a page: cycles against area and against traffic, the front of each memory as a line. */
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

/* One picture: cycles over what a front is of. */
struct picture {
    const struct cli_sweep *s;
    enum cli_front front;
    const char *x_name;
    struct plane plane;
};

static double at_x(const struct picture *v, double cost)
{
    const struct plane *p = &v->plane;
    return LEFT + (CLI_PLOT_WIDTH - LEFT - RIGHT) * (log10(cost) - p->x_least) / (p->x_most - p->x_least);
}

static double at_y(const struct picture *v, double cycles)
{
    const struct plane *p = &v->plane;
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (log10(cycles) - p->y_least) / (p->y_most - p->y_least);
}

static int is_shown(const struct picture *v, const struct cli_point *p)
{
    return p->totals.cycles != 0 && cli_point_cost(p, v->front) > 0;
}

/* Returns how many points there are in it. */
static int measure(struct picture *v)
{
    double x_least = 1e300, x_most = 1, y_least = 1e300, y_most = 1;
    int shown = 0;
    for (int i = 0; i < v->s->n_points; i++)
        if (is_shown(v, &v->s->points[i])) {
            const double x = cli_point_cost(&v->s->points[i], v->front), y = (double)v->s->points[i].totals.cycles;
            x_least = fmin(x_least, x);
            x_most = fmax(x_most, x);
            y_least = fmin(y_least, y);
            y_most = fmax(y_most, y);
            shown++;
        }
    v->plane = (struct plane){log10(x_least / 1.2), log10(x_most * 1.2), log10(y_least / 1.4), log10(y_most * 1.4)};
    return shown;
}

/* Lines at 1, 2 and 5 times powers of ten: across for cycles, or upright. */
static void lines(FILE *out, const struct picture *v, int upright)
{
    static const double times[] = {1, 2, 5};
    const struct plane *p = &v->plane;
    const double least = upright ? p->x_least : p->y_least, most = upright ? p->x_most : p->y_most;
    for (int power = (int)floor(least); power <= (int)most + 1; power++)
        for (int i = 0; i < 3; i++) {
            const double value = times[i] * pow(10, power);
            if (log10(value) < least || log10(value) > most)
                continue;
            if (upright) {
                cli_svg_line(out, at_x(v, value), TOP, at_x(v, value), HEIGHT - BOTTOM, "grid");
                cli_svg_text(out, at_x(v, value), HEIGHT - BOTTOM + 17, "middle", "axis", cli_scaled(value).text);
            } else {
                cli_svg_line(out, LEFT, at_y(v, value), CLI_PLOT_WIDTH - RIGHT, at_y(v, value), "grid");
                cli_svg_text(out, LEFT - 8, at_y(v, value) + 4, "end", "axis", cli_scaled(value).text);
            }
        }
}

static void grid(FILE *out, const struct picture *v)
{
    lines(out, v, 1);
    lines(out, v, 0);
    cli_svg_text(out, (LEFT + CLI_PLOT_WIDTH - RIGHT) / 2.0, HEIGHT - 6, "middle", "soft", v->x_name);
    fprintf(out, "<g transform=\"translate(16 %d) rotate(-90)\">", (TOP + HEIGHT - BOTTOM) / 2);
    cli_svg_text(out, 0, 0, "middle", "soft", "cycles of the run");
    fputs("</g>\n", out);
}

/* The points of one memory's front, from low cost to high, as steps. */
static void front(FILE *out, const struct picture *v, int memory)
{
    double behind = 0, x = 0, y = 0;
    char style[16];
    snprintf(style, sizeof style, "front t%d", colour[memory % COLOURS]);
    for (;;) {
        const struct cli_point *next = NULL;
        for (int i = 0; i < v->s->n_points; i++) {
            const struct cli_point *q = &v->s->points[i];
            const double cost = cli_point_cost(q, v->front);
            if (q->on_front[v->front] && q->memory == memory && cost > behind && (!next || cost < cli_point_cost(next, v->front)))
                next = q;
        }
        if (!next)
            return;
        const double nx = at_x(v, cli_point_cost(next, v->front)), ny = at_y(v, (double)next->totals.cycles);
        if (behind > 0) {
            cli_svg_line(out, x, y, nx, y, style);
            cli_svg_line(out, nx, y, nx, ny, style);
        }
        behind = cli_point_cost(next, v->front);
        x = nx;
        y = ny;
    }
}

static void legend(FILE *out, const struct cli_sweep *s)
{
    if (s->n_memories > COLOURS)
        fprintf(out, "<p>%d memories: every %dth has the same colour.</p>\n", s->n_memories, COLOURS);
    if (s->n_memories == 0 || s->n_memories > COLOURS)
        return;
    fputs("<ul class=\"legend\">", out);
    for (int m = 0; m < s->n_memories; m++) {
        fprintf(out, "<li><i class=\"s%d\"></i>", colour[m % COLOURS]);
        cli_html(out, s->memories[m]);
        fputs("</li>", out);
    }
    fputs("</ul>\n", out);
}

/* Points on a front last, so that nothing hides them. */
static void dots(FILE *out, const struct picture *v, int on_front)
{
    char title[CLI_DEVICE_ROOM + 256], style[16];
    for (int i = 0; i < v->s->n_points; i++) {
        const struct cli_point *q = &v->s->points[i];
        if (!is_shown(v, q) || q->on_front[v->front] != on_front)
            continue;
        snprintf(title, sizeof title, "%s\n%s cycles, array busy %s; %.0f kGE; %s moved%s", q->device, cli_grouped(q->totals.cycles).text,
                 cli_percent((double)q->totals.busy, (double)q->totals.cycles).text, cli_point_cost(q, CLI_FRONT_AREA),
                 cli_bytes(cli_point_cost(q, CLI_FRONT_BYTES)).text, on_front ? "; on the front" : "");
        snprintf(style, sizeof style, "s%d edge", colour[q->memory % COLOURS]);
        cli_svg_dot(out, at_x(v, cli_point_cost(q, v->front)), at_y(v, (double)q->totals.cycles), on_front ? 6 : 3.5, style, title);
    }
}

static void plot(FILE *out, const struct cli_sweep *s, enum cli_front which, const char *title, const char *x_name, const char *text)
{
    struct picture v = {.s = s, .front = which, .x_name = x_name};
    cli_page_section(out, title, text);
    if (measure(&v) == 0) {
        fputs("<p>None of these devices has time: a simulated one (<code>sim:</code>, <code>model:</code>) counts cycles.</p></section>\n", out);
        return;
    }
    legend(out, s);
    cli_svg_open(out, CLI_PLOT_WIDTH, HEIGHT, x_name);
    grid(out, &v);
    for (int m = 0; m < (s->n_memories ? s->n_memories : 1); m++)
        front(out, &v, m);
    dots(out, &v, 0);
    dots(out, &v, 1);
    cli_svg_close(out);
    fputs("</section>\n", out);
}

static void table(FILE *out, const struct cli_sweep *s)
{
    fputs("<div class=\"scroll\"><table><thead><tr><th class=\"t\">device</th><th>multipliers</th><th>kGE</th><th>on-chip memory</th><th>cycles</th>"
          "<th>busy</th><th>use</th><th>read</th><th>written</th><th>on host</th><th>seconds</th><th class=\"t\">front</th></tr></thead><tbody>\n", out);
    for (int i = 0; i < s->n_points; i++) {
        const struct cli_point *p = &s->points[i];
        const struct systole_totals *n = &p->totals;
        fputs("<tr><td class=\"t\">", out);
        cli_html(out, p->device);
        fprintf(out, "</td><td>%s</td><td>%.0f</td><td>%s</td><td>%s</td><td>%s</td>", cli_grouped(cli_point_macs(p)).text,
                cli_point_cost(p, CLI_FRONT_AREA), cli_bytes((double)p->area.memory_bytes).text, n->cycles ? cli_grouped(n->cycles).text : "-",
                cli_percent((double)n->busy, (double)n->cycles).text);
        fprintf(out, "<td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%.3f</td><td class=\"t\">%s %s</td></tr>\n",
                cli_percent((double)n->macs, (double)n->cycles * (double)cli_point_macs(p)).text, cli_bytes((double)n->read_bytes).text,
                cli_bytes((double)n->write_bytes).text, cli_count(n->on_host).text, p->seconds, p->on_front[CLI_FRONT_AREA] ? "area" : "",
                p->on_front[CLI_FRONT_BYTES] ? "bytes" : "");
    }
    fputs("</tbody></table></div>\n", out);
}

enum cli_exit cli_sweep_report(const struct cli_sweep *s, const char *path)
{
    FILE *out = cli_create_file(path);
    if (!out)
        return CLI_FILE;
    cli_page_begin(out, s->model, "many devices", "One model on many devices. A pointer over a mark tells its numbers.");
    plot(out, s, CLI_FRONT_AREA, "Cycles and area", "thousand gate equivalents, array and on-chip memories",
         "A large dot is on the front of its memory: none has fewer cycles and no more area. The area is an estimate: of the array from what was "
         "synthesised, of the memories 0.4 gates a bit; units around them are left out.");
    plot(out, s, CLI_FRONT_BYTES, "Cycles and traffic", "bytes read and written", "The same with the bytes that went over the memory bus.");
    cli_page_section(out, "Every device", "In the order they were asked for. The command compares their outputs bit by bit, but for those that "
                     "compute time alone (data=0).");
    if (s->refused) {
        fprintf(out, "<p>%d arrays of the grid cannot be, and were left out; of the first: ", s->refused);
        cli_html(out, s->reason);
        fputs("</p>\n", out);
    }
    table(out, s);
    fputs("</section>\n", out);
    cli_page_end(out);
    return cli_finish_file(out, path);
}
