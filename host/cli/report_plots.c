/* SPDX-License-Identifier: Apache-2.0 */
/* The plots with a row a layer, and the timeline. */
#include <math.h>
#include <string.h>

#include "report.h"
#include "svg.h"

enum { LEFT = 220, RIGHT = 96, ROW = 22, BAR = 14, TOP = 8, AXIS = 26, LABEL = 30, LANE = 34 };

static double plot_width(void)
{
    return CLI_PLOT_WIDTH - LEFT - RIGHT;
}

/* Vertical lines with numbers under them; `unit` is behind each number. */
static void axis(FILE *out, double most, double height, const char *unit)
{
    const double step = cli_nice_step(most, 8);
    char text[64];
    for (double v = 0; v <= most * 1.0001; v += step) {
        const double x = LEFT + plot_width() * v / most;
        cli_svg_line(out, x, TOP, x, height - AXIS + 4, v > 0 ? "grid" : "base");
        snprintf(text, sizeof text, "%s%s", step >= 1 ? cli_scaled(v).text : "", unit);
        if (step < 1)
            snprintf(text, sizeof text, "%.*f%s", (int)ceil(-log10(step)), v, unit);
        cli_svg_text(out, x, height - 6, "middle", "axis", text);
    }
}

/* ---- Use of the array ---- */

void cli_plot_use(FILE *out, const struct cli_report *r)
{
    const double height = TOP + AXIS + (double)r->n_shown * ROW;
    char title[512];
    fputs("<ul class=\"legend\"><li><i class=\"i-busy\"></i>array busy</li><li><i class=\"i-use\"></i>"
          "use: MACs of what the array could have done</li></ul>\n", out);
    cli_svg_open(out, CLI_PLOT_WIDTH, height, "How busy the array was and how much of it was used, layer by layer");
    axis(out, 100, height, " %");
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        const double y = TOP + (double)i * ROW + (ROW - BAR) / 2.0;
        const double busy = (double)s->busy / (double)s->cycles, use = (double)s->macs / cli_peak_macs(r->p, s->cycles);
        cli_report_title(r, s, title, sizeof title);
        cli_svg_label(out, LEFT - 10, y + BAR - 3, "end", s->node, LABEL);
        cli_svg_rect(out, LEFT, y, plot_width() * busy, BAR, "busy", title);
        cli_svg_rect(out, LEFT, y, plot_width() * use, BAR, "use", title);
        cli_svg_text(out, CLI_PLOT_WIDTH - RIGHT + 12, y + BAR - 3, "start", "soft", cli_percent(use, 1).text);
    }
    cli_svg_close(out);
}

/* ---- Where the cycles went ---- */

static void share_legend(FILE *out, const struct cli_report *r)
{
    uint32_t list[CLI_MOST_SHARES];
    char name[32];
    fputs("<ul class=\"legend\">", out);
    for (int i = 0, n = cli_report_shares(list); i < n; i++) {
        cli_share_name(list[i], name);
        fprintf(out, "<li><i class=\"s%d\"></i>%s <b>%s</b>: ", i, name,
                cli_percent((double)r->p->sum.counter[list[i]], (double)r->p->sum.cycles).text);
        cli_html(out, systole_counter_text(list[i]));
        fputs("</li>", out);
    }
    fputs("</ul>\n", out);
}

static void share_row(FILE *out, const struct systole_step *s, double y, double scale)
{
    uint32_t list[CLI_MOST_SHARES];
    char title[256], name[32], style[16];
    double x = LEFT;
    for (int i = 0, n = cli_report_shares(list); i < n; i++) {
        const uint64_t cycles = s->counter[list[i]];
        if (!cycles)
            continue;
        cli_share_name(list[i], name);
        snprintf(title, sizeof title, "%.100s, %s: %s cycles, %s", s->node, name, cli_grouped(cycles).text,
                 cli_percent((double)cycles, (double)s->cycles).text);
        snprintf(style, sizeof style, "s%d", i);
        cli_svg_rect(out, x, y, scale * (double)cycles, BAR, style, title);
        x += scale * (double)cycles;
    }
}

void cli_plot_shares(FILE *out, const struct cli_report *r)
{
    const double height = TOP + AXIS + (double)r->n_shown * ROW;
    uint64_t most = 1;
    for (uint64_t i = 0; i < r->n_shown; i++)
        most = r->p->steps[r->shown[i]].cycles > most ? r->p->steps[r->shown[i]].cycles : most;
    share_legend(out, r);
    cli_svg_open(out, CLI_PLOT_WIDTH, height, "The cycles of each layer, divided by what the array did in them");
    axis(out, (double)most, height, "");
    for (uint64_t i = 0; i < r->n_shown; i++) {
        const struct systole_step *s = &r->p->steps[r->shown[i]];
        const double y = TOP + (double)i * ROW + (ROW - BAR) / 2.0;
        cli_svg_label(out, LEFT - 10, y + BAR - 3, "end", s->node, LABEL);
        share_row(out, s, y, plot_width() / (double)most);
        cli_svg_text(out, CLI_PLOT_WIDTH - RIGHT + 12, y + BAR - 3, "start", "soft",
                     cli_percent((double)s->cycles, (double)r->p->sum.cycles).text);
    }
    cli_svg_close(out);
}

/* ---- Timeline ---- */

static void block(FILE *out, const struct cli_report *r, const struct systole_step *s, double x, double width, double y)
{
    char title[512], style[32];
    const size_t length = strlen(s->node);
    cli_report_title(r, s, title, sizeof title);
    snprintf(style, sizeof style, "%s edge", cli_place_name(s->place));
    cli_svg_rect(out, x, y, width > 0.6 ? width : 0.6, LANE - 8, style, title);
    if (width > 7.2 * (double)length + 6)
        cli_svg_text(out, x + 5, y + (LANE - 8) / 2.0 + 4, "start", "inside", s->node);
}

void cli_plot_timeline(FILE *out, const struct cli_report *r)
{
    const struct cli_profile *p = r->p;
    const int timed = p->sum.cycles > 0;
    const double height = TOP + AXIS + LANE + (timed ? LANE + AXIS : 0);
    double most = 1e-9, at = 0;
    for (uint64_t i = 0; i < p->count; i++)
        most = p->steps[i].start + p->steps[i].seconds > most ? p->steps[i].start + p->steps[i].seconds : most;
    fputs("<ul class=\"legend\"><li><i class=\"i-device\"></i>device</li><li><i class=\"i-host\"></i>host</li>"
          "<li><i class=\"i-fused\"></i>fused into another step</li></ul>\n", out);
    cli_svg_open(out, CLI_PLOT_WIDTH, height, "The steps of the run, one after the other");
    axis(out, most, TOP + AXIS + LANE, " s");
    cli_svg_text(out, LEFT - 10, TOP + 20, "end", "label", "by this computer's clock");
    for (uint64_t i = 0; i < p->count; i++)
        block(out, r, &p->steps[i], LEFT + plot_width() * p->steps[i].start / most, plot_width() * p->steps[i].seconds / most, TOP + 4);
    if (timed) {
        fprintf(out, "<g transform=\"translate(0 %d)\">\n", LANE + AXIS);
        axis(out, (double)p->sum.cycles, TOP + AXIS + LANE, "");
        cli_svg_text(out, LEFT - 10, TOP + 20, "end", "label", "by the device's cycles");
        for (uint64_t i = 0; i < p->count; i++) {
            const double width = plot_width() * (double)p->steps[i].cycles / (double)p->sum.cycles;
            if (p->steps[i].cycles)
                block(out, r, &p->steps[i], LEFT + at, width, TOP + 4);
            at += width;
        }
        fputs("</g>\n", out);
    }
    cli_svg_close(out);
}
