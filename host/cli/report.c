/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "svg.h"

int cli_report_shares(uint32_t list[CLI_MOST_SHARES])
{
    int n = 0;
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS && n < CLI_MOST_SHARES; i++)
        if (systole_counter_is_share(i))
            list[n++] = i;
    return n;
}

void cli_report_title(const struct cli_report *r, const struct systole_step *s, char *text, size_t room)
{
    int n = snprintf(text, room, "%.100s (%.60s), %s", s->node, s->op, cli_place_name(s->place));
    if (s->cycles && n > 0 && (size_t)n < room)
        n += snprintf(text + n, room - (size_t)n, "\n%s cycles, array busy %s, use %s\n%s MACs, %s read, %s written",
                      cli_grouped(s->cycles).text,
                      cli_percent((double)s->busy, (double)s->cycles).text,
                      cli_percent((double)s->macs, cli_peak_macs(r->p, s->cycles)).text, cli_grouped(s->macs).text,
                      cli_bytes((double)s->read_bytes).text, cli_bytes((double)s->write_bytes).text);
    if (n > 0 && (size_t)n < room)
        n += snprintf(text + n, room - (size_t)n, "\n%.6f s", s->seconds);
    if (s->why && n > 0 && (size_t)n < room)
        snprintf(text + n, room - (size_t)n, "\n%.200s", s->why);
}

/* ---- What is shown: of very many layers, those that take longest ---- */

static int descending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static int choose(struct cli_report *r)
{
    const struct cli_profile *p = r->p;
    uint64_t *cycles = calloc((size_t)p->count + 1, sizeof *cycles), n = 0;
    r->shown = calloc((size_t)p->count + 1, sizeof *r->shown);
    if (!cycles || !r->shown) {
        free(cycles);
        return -1;
    }
    for (uint64_t i = 0; i < p->count; i++)
        if (p->steps[i].cycles)
            cycles[n++] = p->steps[i].cycles;
    qsort(cycles, (size_t)n, sizeof *cycles, descending);
    const uint64_t least = n > CLI_SHOWN ? cycles[CLI_SHOWN - 1] : 1;
    for (uint64_t i = 0; i < p->count && r->n_shown < CLI_SHOWN; i++)
        if (p->steps[i].cycles >= least)
            r->shown[r->n_shown++] = i;
    r->n_left_out = n - r->n_shown;
    free(cycles);
    return 0;
}

/* ---- The page ---- */

static void tile(FILE *out, const char *value, const char *what)
{
    fprintf(out, "<div class=\"tile\"><b>%s</b><span>%s</span></div>\n", value, what);
}

static void tiles(FILE *out, const struct cli_profile *p)
{
    uint64_t on_device = 0;
    char text[64];
    for (uint64_t i = 0; i < p->count; i++)
        on_device += p->steps[i].place != SYSTOLE_STEP_HOST;
    fputs("<div class=\"tiles\">\n", out);
    if (p->sum.cycles) {
        tile(out, cli_grouped(p->sum.cycles).text, "cycles");
        tile(out, cli_percent((double)p->sum.busy, (double)p->sum.cycles).text, "of them the array was busy");
        tile(out, cli_percent((double)p->sum.macs, cli_peak_macs(p, p->sum.cycles)).text, "use of the array");
    }
    tile(out, cli_scaled((double)p->sum.macs).text, "MACs");
    tile(out, cli_bytes((double)p->sum.read_bytes).text, "read");
    tile(out, cli_bytes((double)p->sum.write_bytes).text, "written");
    snprintf(text, sizeof text, "%llu of %llu", (unsigned long long)on_device, (unsigned long long)p->count);
    tile(out, text, "steps on the device");
    snprintf(text, sizeof text, "%.3f s", p->seconds);
    tile(out, text, "on this computer");
    fputs("</div>\n", out);
}

static void plots(FILE *out, const struct cli_report *r)
{
    char text[256];
    if (!r->n_shown) {
        cli_page_section(out, "Time", "This device has no time: it counts products and bytes, not cycles. A simulated device "
                         "(<code>sim:</code>) counts both.");
        fputs("</section>\n", out);
    } else {
        snprintf(text, sizeof text, "Layers that ran on the device%s.%s",
                 r->n_left_out ? ", the longest of them" : ", in the order they ran",
                 cli_passes(r->p->device) > 1 ? " A MAC of fp32 takes several passes of the array, so its use stays below what it is busy."
                                              : "");
        cli_page_section(out, "Use of the array", text);
        cli_plot_use(out, r);
        fputs("</section>\n", out);
        cli_page_section(out, "Where the cycles went", "Each cycle is counted once: the array computed, or it waited, and for what. On the "
                         "right: the layer's share of all cycles.");
        cli_plot_shares(out, r);
        fputs("</section>\n", out);
        cli_page_section(out, "Roofline", "How much work each byte brings, against how much is done in each cycle. A layer below both roofs "
                         "waited for something else. The area of a dot is the layer's share of the cycles.");
        cli_plot_roofline(out, r);
        fputs("</section>\n", out);
    }
    cli_page_section(out, "Timeline", "A simulated device's time on this computer's clock is that of the simulation. Steps that one "
                     "program did are shown there as its first.");
    cli_plot_timeline(out, r);
    fputs("</section>\n", out);
}

static void cell(FILE *out, const char *text, uint64_t there)
{
    fprintf(out, "<td>%s</td>", there ? text : "&ndash;");
}

static void table_row(FILE *out, const struct cli_report *r, const struct systole_step *s, const char *name)
{
    const struct cli_profile *p = r->p;
    const int all = s == &p->sum;
    fprintf(out, "<tr class=\"%s\"><td class=\"t name\" title=\"", all ? "all" : s->place == SYSTOLE_STEP_DEVICE ? "" : "quiet");
    cli_html(out, name);
    fputs("\">", out);
    cli_html(out, name);
    fputs("</td><td class=\"t\">", out);
    cli_html(out, s->op ? s->op : "");
    fprintf(out, "</td><td class=\"t\">%s</td>", all ? "" : cli_place_name(s->place));
    if (p->sum.cycles) {
        cell(out, cli_grouped(s->cycles).text, s->cycles);
        cell(out, cli_percent((double)s->cycles, (double)p->sum.cycles).text, s->cycles);
        cell(out, cli_percent((double)s->busy, (double)s->cycles).text, s->cycles);
        cell(out, cli_percent((double)s->macs, cli_peak_macs(p, s->cycles)).text, s->cycles);
    }
    cell(out, cli_grouped(s->macs).text, s->macs);
    cell(out, cli_bytes((double)s->read_bytes).text, s->read_bytes);
    cell(out, cli_bytes((double)s->write_bytes).text, s->write_bytes);
    fprintf(out, "<td>%.6f</td><td class=\"t remark\">", s->seconds);
    if (s->place == SYSTOLE_STEP_FUSED && s->into < p->count) {
        fputs("into ", out);
        cli_html(out, p->steps[s->into].node);
    } else if (s->why)
        cli_html(out, s->why);
    fputs("</td></tr>\n", out);
}

static void table(FILE *out, const struct cli_report *r)
{
    cli_page_section(out, "Every step", "In the order they ran. A remark says why a step, or a part of it, was done on the host.");
    fputs("<div class=\"scroll\"><table><thead><tr><th class=\"t\">step</th><th class=\"t\">operator</th><th class=\"t\">where</th>", out);
    if (r->p->sum.cycles)
        fputs("<th>cycles</th><th>share</th><th>busy</th><th>use</th>", out);
    fputs("<th>MACs</th><th>read</th><th>written</th><th>seconds</th><th class=\"t\">remark</th></tr></thead><tbody>\n", out);
    for (uint64_t i = 0; i < r->p->count; i++)
        table_row(out, r, &r->p->steps[i], r->p->steps[i].node);
    table_row(out, r, &r->p->sum, "all");
    fputs("</tbody></table></div></section>\n", out);
}

static void foot(FILE *out, const struct cli_report *r)
{
    fputs("<footer><p>Model <code>", out);
    cli_html(out, r->p->model);
    fputs("</code>, device <code>", out);
    cli_html(out, r->p->device);
    fputs("</code>", out);
    if (r->info.rows) {
        fprintf(out, ", contract %016llx", (unsigned long long)r->info.contract);
        for (uint32_t i = 0; i < SYSTOLE_CAPABILITIES && systole_capability_name(i); i++)
            fprintf(out, ", %s %u", systole_capability_name(i), r->info.capability[i]);
    }
    fputs(".</p></footer>\n", out);
    cli_page_end(out);
}

enum cli_exit cli_report_write(const struct cli_profile *p, struct systole_context *ctx, const char *path)
{
    struct cli_report r = {.p = p, .info = {.size = sizeof r.info}};
    const enum systole_status status = systole_device_query(ctx, p->device, &r.info);
    if (status)
        return cli_report_device(ctx, status, p->device);
    if (choose(&r)) {
        free(r.shown);
        return cli_no_memory();
    }
    FILE *out = cli_create_file(path);
    enum cli_exit code = out ? CLI_OK : CLI_FILE;
    if (out) {
        cli_page_begin(out, p->model, p->device, "One run, layer by layer. A pointer over a mark tells its numbers.");
        tiles(out, p);
        plots(out, &r);
        table(out, &r);
        foot(out, &r);
        code = cli_finish_file(out, path);
    }
    free(r.shown);
    return code;
}
