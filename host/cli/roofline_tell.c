/* SPDX-License-Identifier: Apache-2.0 */
/* A roofline for people, on a terminal and as a page, and as JSON. */
#include <math.h>
#include <string.h>

#include "files.h"
#include "json.h"
#include "report.h"
#include "roof_plot.h"
#include "roofline.h"
#include "text.h"

/* "42.7", "1.25 G" */
static struct cli_number amount(double value)
{
    struct cli_number n = cli_scaled(value);
    if (value < 1000)
        snprintf(n.text, sizeof n.text, "%.4g", value);
    return n;
}

enum { TEXT = 512 };

static void roofs_text(const struct cli_roofline *r, char text[TEXT])
{
    snprintf(text, TEXT, "peak: %s MACs %s (%s); memory: %s bytes %s (%s)", amount(r->peak).text, cli_roofline_unit(r), r->peak_from,
             amount(r->bandwidth).text, cli_roofline_unit(r), r->bandwidth_from);
}

/* ---- The terminal ---- */

enum { WIDE = 68, HIGH = 15 };

/* Lines and points in characters; both scales are logarithmic. */
static void plot(const struct cli_roofline *r)
{
    char cell[HIGH][WIDE + 1];
    const struct cli_rung *first = &r->rungs[0], *last = &r->rungs[r->count - 1];
    const double x0 = log(fmin(first->intensity, r->peak / r->bandwidth) / 1.5), x1 = log(fmax(last->intensity, r->peak / r->bandwidth) * 1.5);
    double least = r->peak;
    for (int i = 0; i < r->count; i++)
        least = fmin(least, r->rungs[i].rate.middle);
    const double y0 = log(least / 1.5), y1 = log(r->peak * 1.3);
    memset(cell, ' ', sizeof cell);
    for (int x = 0; x < WIDE; x++) {
        const double intensity = exp(x0 + (x1 - x0) * (x + 0.5) / WIDE), roof = fmin(r->peak, intensity * r->bandwidth);
        const int y = (int)floor((log(roof) - y0) / (y1 - y0) * HIGH);
        if (y >= 0 && y < HIGH)
            cell[y][x] = intensity * r->bandwidth < r->peak ? '/' : '-';
    }
    for (int i = 0; i < r->count; i++) {
        const int x = (int)floor((log(r->rungs[i].intensity) - x0) / (x1 - x0) * WIDE);
        const int y = (int)floor((log(r->rungs[i].rate.middle) - y0) / (y1 - y0) * HIGH);
        if (x >= 0 && x < WIDE && y >= 0 && y < HIGH)
            cell[y][x] = 'o';
    }
    for (int y = HIGH - 1; y >= 0; y--) {
        size_t end = WIDE;
        while (end > 0 && cell[y][end - 1] == ' ')
            end--;
        printf("%10s |%.*s\n", y == HIGH - 1 || y == 0 || y == HIGH / 2 ? amount(exp(y0 + (y1 - y0) * (y + 0.5) / HIGH)).text : "", (int)end, cell[y]);
    }
    printf("%10s +%.*s\n%12s%-20s%*s\n%12sMACs %s against MACs for each byte; o: measured, / and -: the roofs\n\n", "", WIDE,
           "--------------------------------------------------------------------------------", "", amount(exp(x0)).text, WIDE - 20,
           amount(exp(x1)).text, "", cli_roofline_unit(r));
}

enum cli_exit cli_roofline_print(const struct cli_roofline *r)
{
    static const char *const head[] = {"product", "MACs/byte", "MACs", "least", "most", "roof", "share", "of peak", "cycles", "seconds"};
    struct cli_table t = {.columns = sizeof head / sizeof *head, .align = "lrrrrrrrrr"};
    char text[TEXT];
    roofs_text(r, text);
    printf("%s, %s\n%s\n\n", r->device, r->type, text);
    plot(r);
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, i == 2 ? "%s %s" : "%s", head[i], cli_roofline_unit(r));
    for (int i = 0; i < r->count; i++) {
        const struct cli_rung *g = &r->rungs[i];
        cli_cell(&t, "%s", g->what);
        cli_cell(&t, "%.3g", g->intensity);
        cli_cell(&t, "%s", amount(g->rate.middle).text);
        cli_cell(&t, "%s", r->per_cycle ? "-" : amount(g->rate.least).text);
        cli_cell(&t, "%s", r->per_cycle ? "-" : amount(g->rate.most).text);
        cli_cell(&t, "%s", amount(g->roof).text);
        cli_cell(&t, "%s", cli_percent(g->rate.middle, g->roof).text);
        cli_cell(&t, "%s", cli_percent(g->rate.middle, r->peak).text);
        cli_cell(&t, "%s", g->cycles ? cli_count(g->cycles).text : "-");
        cli_cell(&t, "%.6f", g->seconds);
    }
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    printf("\nshare: of the roof over that product. Bytes are %s.\n",
           r->per_cycle ? "those of the busier direction, counted by the device" : "the operands and the result, once each; caches may hold some");
    if (r->threads)
        printf("A second is one of the time that the processor spent on it%s: what else the computer does is left out.\n"
               "The column seconds is by this computer's clock.\n", r->threads > 1 ? ", divided by its threads" : "");
    return CLI_OK;
}

/* ---- JSON ---- */

void cli_roofline_json(const struct cli_roofline *r)
{
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "device", r->device);
    cli_json_text(&j, "type", r->type);
    cli_json_text(&j, "unit", r->per_cycle ? "cycle" : "second");
    cli_json_number(&j, "repeats", r->repeats);
    cli_json_text(&j, "clock", r->per_cycle ? "device" : r->threads ? "processor" : "computer");
    cli_json_number(&j, "threads", r->threads);
    cli_json_real(&j, "peak", r->peak);
    cli_json_text(&j, "peak_from", r->peak_from);
    cli_json_real(&j, "bandwidth", r->bandwidth);
    cli_json_text(&j, "bandwidth_from", r->bandwidth_from);
    cli_json_open(&j, "rungs", '[');
    for (int i = 0; i < r->count; i++) {
        const struct cli_rung *g = &r->rungs[i];
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "what", g->what);
        cli_json_number(&j, "macs", g->macs);
        cli_json_real(&j, "bytes", g->bytes);
        cli_json_real(&j, "intensity", g->intensity);
        cli_json_real(&j, "rate", g->rate.middle);
        cli_json_real(&j, "rate_least", g->rate.least);
        cli_json_real(&j, "rate_most", g->rate.most);
        cli_json_real(&j, "roof", g->roof);
        cli_json_real(&j, "share", g->rate.middle / g->roof);
        cli_json_real(&j, "share_of_peak", g->rate.middle / r->peak);
        cli_json_number(&j, "cycles", g->cycles);
        cli_json_real(&j, "seconds", g->seconds);
        cli_json_close(&j);
    }
    cli_json_close(&j);
    cli_json_close(&j);
}

/* ---- The page ---- */

static void draw(FILE *out, const struct cli_roofline *r)
{
    struct cli_plane p = cli_plane_of_roofs(r->peak, r->bandwidth);
    char text[256], x[96];
    for (int i = 0; i < r->count; i++)
        cli_plane_take(&p, r->rungs[i].intensity, r->rungs[i].rate.middle);
    snprintf(text, sizeof text, "MACs %s", cli_roofline_unit(r));
    snprintf(x, sizeof x, r->per_cycle ? "MACs for each byte of the busier direction" : "MACs for each byte of operands and result");
    cli_svg_open(out, CLI_PLOT_WIDTH, CLI_ROOF_HEIGHT, "Roofline: MACs for each byte against the rate");
    cli_plane_grid(out, &p, x, text);
    snprintf(text, sizeof text, "%s MACs %s (%s)", amount(r->peak).text, cli_roofline_unit(r), r->peak_from);
    cli_plane_ceiling(out, &p, r->peak, r->bandwidth, "roof", text);
    snprintf(text, sizeof text, "%s bytes %s", amount(r->bandwidth).text, cli_roofline_unit(r));
    cli_plane_slope(out, &p, r->bandwidth, r->peak, "roof", text, -7);
    for (int i = 0; i < r->count; i++) {
        const struct cli_rung *g = &r->rungs[i];
        const double at = cli_plane_x(&p, g->intensity);
        snprintf(text, sizeof text, "%s: %s MACs %s, %s of the roof, %s of the peak", g->what, amount(g->rate.middle).text, cli_roofline_unit(r),
                 cli_percent(g->rate.middle, g->roof).text, cli_percent(g->rate.middle, r->peak).text);
        if (!r->per_cycle) /* from the slowest to the fastest */
            cli_svg_line(out, at, cli_plane_y(&p, fmax(g->rate.least, pow(10, p.y_least))), at, cli_plane_y(&p, g->rate.most), "base");
        cli_svg_dot(out, at, cli_plane_y(&p, g->rate.middle), 5, "dot", text);
    }
    cli_svg_close(out);
}

static void page_table(FILE *out, const struct cli_roofline *r)
{
    cli_page_section(out, "Every product", "Share: of the roof over it.");
    fputs("<div class=\"scroll\"><table><thead><tr><th class=\"t\">product</th><th>MACs/byte</th><th>rate</th><th>least</th><th>most</th>"
          "<th>roof</th><th>share</th><th>of peak</th><th>cycles</th><th>seconds</th></tr></thead><tbody>\n", out);
    for (int i = 0; i < r->count; i++) {
        const struct cli_rung *g = &r->rungs[i];
        fprintf(out, "<tr><td class=\"t\">%s</td><td>%.3g</td><td>%s</td><td>%s</td><td>%s</td>", g->what, g->intensity,
                amount(g->rate.middle).text, amount(g->rate.least).text, amount(g->rate.most).text);
        fprintf(out, "<td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%.6f</td></tr>\n", amount(g->roof).text,
                cli_percent(g->rate.middle, g->roof).text, cli_percent(g->rate.middle, r->peak).text,
                g->cycles ? cli_grouped(g->cycles).text : "&ndash;", g->seconds);
    }
    fputs("</tbody></table></div></section>\n", out);
}

enum cli_exit cli_roofline_report(const struct cli_roofline *r, const char *path)
{
    char text[TEXT];
    FILE *out = cli_create_file(path);
    if (!out)
        return CLI_FILE;
    cli_page_begin(out, "Roofline", r->device, "A ladder of products, from those that wait for memory to those that wait for multipliers.");
    roofs_text(r, text);
    cli_page_section(out, strcmp(r->type, "int8") == 0 ? "int8" : "fp32", text);
    draw(out, r);
    fputs("</section>\n", out);
    page_table(out, r);
    cli_page_end(out);
    return cli_finish_file(out, path);
}
