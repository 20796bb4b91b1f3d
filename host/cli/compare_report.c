/* SPDX-License-Identifier: Apache-2.0 */
/* `compare --layers --report`: every layer on every device as one page that needs nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"
#include "files.h"

enum { MOST_PLACES = 8 }; /* layers of a device whose places are drawn: the furthest off */

static void html_cell(FILE *out, const char *kind, const char *text)
{
    fprintf(out, "<td%s>", kind);
    cli_html(out, text);
    fputs("</td>", out);
}

static void tiles(FILE *out, const struct cli_layers *l)
{
    int layers = 0, exact = 0, within = 0, wrong = 0;
    for (int i = l->values.n_inputs; i < l->values.count; i++)
        layers += l->values.list[i].tensor != NULL;
    for (int k = 0; k < l->n_devices; k++) {
        exact += l->run[k].exact;
        within += l->run[k].within;
        wrong += l->run[k].wrong;
    }
    fprintf(out, "<div class=\"tiles\">\n<div class=\"tile\"><b>%d</b><span>values of layers, on %d device%s</span></div>\n", layers, l->n_devices,
            l->n_devices == 1 ? "" : "s");
    fprintf(out, "<div class=\"tile\"><b>%d</b><span>exact: every bit</span></div>\n<div class=\"tile\"><b>%d</b><span>within the bound of any "
                 "order of sums</span></div>\n<div class=\"tile\"><b>%d</b><span>wrong</span></div>\n</div>\n", exact, within, wrong);
}

static void rate_text(char *text, size_t room, double rate, uint64_t cycles)
{
    if (rate <= 0)
        snprintf(text, room, "\xe2\x80\x93");
    else if (cycles)
        snprintf(text, room, "%.4g/cycle", rate);
    else
        snprintf(text, room, "%s/s", cli_scaled(rate).text);
}

static void device_row(FILE *out, const struct cli_layers *l, int device)
{
    const struct cli_device_run *run = &l->run[device];
    const int worst = cli_worst_layer(l, device), first = l->first_wrong[device];
    const double share = cli_run_share(l, device);
    char text[256];
    fputs("<tr>", out);
    html_cell(out, " class=\"t\"", l->device[device]);
    html_cell(out, " class=\"t\"", cli_device_verdict(l, device));
    fprintf(out, "<td>%d</td><td>%d</td><td>%d</td>", run->exact, run->within, run->wrong);
    html_cell(out, "", worst < 0 ? "\xe2\x80\x93" : cli_grouped(l->layer[device][worst].difference.max_ulp).text);
    html_cell(out, " class=\"t name\"", first < 0 ? "\xe2\x80\x93" : cli_layer_node(l, first).name);
    fprintf(out, "<td>%.6f</td>", run->seconds);
    html_cell(out, "", run->cycles ? cli_grouped(run->cycles).text : "\xe2\x80\x93");
    rate_text(text, sizeof text, cli_run_rate(run), run->cycles);
    html_cell(out, "", text);
    html_cell(out, "", share > 0 ? cli_percent(share, 1).text : "\xe2\x80\x93");
    snprintf(text, sizeof text, "%.4g J", run->joules);
    html_cell(out, "", run->joules < 0 ? "\xe2\x80\x93" : text);
    fputs("</tr>\n", out);
}

static void devices(FILE *out, const struct cli_layers *l)
{
    fputs("<section><h2>Devices</h2>\n<p>Held against <code>", out);
    cli_html(out, l->golden);
    fputs("</code>. Of peak: of what the array, or the processor, could have done in that time. Energy:", out);
    for (int k = 0; k < l->n_devices; k++) {
        if (k && strcmp(l->run[k].energy, l->run[k - 1].energy) == 0)
            continue;
        fputs(k ? "; <code>" : " <code>", out);
        cli_html(out, l->device[k]);
        fputs("</code>: ", out);
        cli_html(out, l->run[k].energy);
    }
    fputs(".</p>\n", out);
    fputs("<div class=\"scroll\"><table><thead><tr><th class=\"t\">device</th><th class=\"t\">verdict</th><th>exact</th><th>within</th><th>wrong</th>"
          "<th>largest ULP</th><th class=\"t\">first wrong layer</th><th>seconds</th><th>cycles</th><th>MACs</th><th>of peak</th><th>energy</th>"
          "</tr></thead><tbody>\n", out);
    for (int k = 0; k < l->n_devices; k++)
        device_row(out, l, k);
    fputs("</tbody></table></div></section>\n", out);
}

static void number_at(FILE *out, double value, int64_t at)
{
    if (at < 0)
        fputs("<td>&ndash;</td>", out);
    else
        fprintf(out, "<td title=\"element %lld\">%.4g</td>", (long long)at, value);
}

static void layer_row(FILE *out, const struct cli_layers *l, int device, int value)
{
    const struct cli_layer *layer = &l->layer[device][value];
    const struct cli_difference *d = &layer->difference;
    const struct systole_node_info node = cli_layer_node(l, value);
    const double share = cli_layer_share(l, device, value);
    char text[64];
    fputs(strcmp(cli_layer_verdict(layer), "exact") == 0 ? "<tr class=\"quiet\">" : "<tr>", out);
    html_cell(out, " class=\"t name\"", node.name);
    html_cell(out, " class=\"t\"", node.op);
    html_cell(out, " class=\"t\"", l->device[device]);
    html_cell(out, " class=\"t\"", cli_layer_verdict(layer));
    fprintf(out, "<td>%lld</td><td>%lld</td><td>%s</td>", (long long)d->count, (long long)d->mismatches,
            cli_percent((double)d->mismatches, d->count ? (double)d->count : 1).text);
    number_at(out, d->max_abs, d->max_abs_at);
    number_at(out, d->max_rel, d->max_rel_at);
    number_at(out, (double)d->max_ulp, d->max_ulp_at);
    fprintf(out, "<td>%.3g</td><td>%lld/%lld</td><td>%.6f</td>", cli_layer_nmse(layer), (long long)d->nans, (long long)d->infs, layer->seconds);
    html_cell(out, "", layer->cycles ? cli_grouped(layer->cycles).text : "\xe2\x80\x93");
    rate_text(text, sizeof text, cli_layer_rate(layer), layer->cycles);
    html_cell(out, "", text);
    html_cell(out, "", share > 0 ? cli_percent(share, 1).text : "\xe2\x80\x93");
    fputs("</tr>\n", out);
}

static void every_layer(FILE *out, const struct cli_layers *l)
{
    cli_page_section(out, "Every layer", "Largest differences, as a number, of the wanted number's size, and in ULP; a pointer over one tells its element.");
    fputs("<div class=\"scroll\"><table><thead><tr><th class=\"t\">layer</th><th class=\"t\">operator</th><th class=\"t\">device</th>"
          "<th class=\"t\">verdict</th><th>elements</th><th>differing</th><th>share</th><th>absolute</th><th>relative</th><th>ULP</th><th>NMSE</th>"
          "<th>NaN/Inf</th><th>seconds</th><th>cycles</th><th>MACs</th><th>of peak</th></tr></thead><tbody>\n", out);
    for (int i = l->values.n_inputs; i < l->values.count; i++)
        for (int k = 0; k < l->n_devices && l->values.list[i].tensor; k++)
            layer_row(out, l, k, i);
    fputs("</tbody></table></div></section>\n", out);
}

/* ---- A device whose bits differ ---- */

struct rank {
    uint64_t ulp;
    int value;
};

static int furthest(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    return x->ulp != y->ulp ? (x->ulp < y->ulp ? 1 : -1) : x->value - y->value;
}

static void places(FILE *out, const struct cli_layers *l, int device)
{
    struct rank *rank = calloc((size_t)l->values.count, sizeof *rank);
    char title[512];
    int n = 0;
    for (int i = l->values.n_inputs; i < l->values.count && rank; i++)
        if (l->layer[device][i].map)
            rank[n++] = (struct rank){l->layer[device][i].difference.max_ulp, i};
    if (rank)
        qsort(rank, (size_t)n, sizeof *rank, furthest);
    for (int i = 0; i < n && i < MOST_PLACES; i++) {
        const struct cli_layer *layer = &l->layer[device][rank[i].value];
        const struct systole_node_info node = cli_layer_node(l, rank[i].value);
        snprintf(title, sizeof title, "%.100s (%.60s): %lld of %lld differ, %s", node.name, node.op, (long long)layer->difference.mismatches,
                 (long long)layer->difference.count, cli_layer_verdict(layer));
        cli_plot_places(out, layer->map, title);
    }
    free(rank);
}

static void device_section(FILE *out, const struct cli_layers *l, int device)
{
    int n = 0;
    for (int i = l->values.n_inputs; i < l->values.count; i++)
        n += l->layer[device][i].map != NULL;
    if (!n)
        return;
    fputs("<section><h2>Errors on <code>", out);
    cli_html(out, l->device[device]);
    fputs("</code></h2>\n<p>How many elements of each layer lie how far from what was wanted: in ULP, of integers in steps. The darker, the more of "
          "them.</p>\n", out);
    cli_plot_distances(out, l, device);
    fprintf(out, "<p>Where they are%s: the tensor as a matrix of places and features (its channels, or its last dimension), coloured by the largest "
                 "distance. A column of the array shows as a stripe.</p>\n", n > MOST_PLACES ? ", in the layers furthest off" : "");
    places(out, l, device);
    fputs("</section>\n", out);
}

/* ---- The page ---- */

enum cli_exit cli_layers_report(const struct cli_layers *l, const char *path)
{
    char on[1024] = "";
    size_t at = 0;
    FILE *out = cli_create_file(path);
    if (!out)
        return CLI_FILE;
    for (int k = 0; k < l->n_devices; k++) {
        const int n = snprintf(on + at, sizeof on - at, "%s%s", k ? " " : "", l->device[k]);
        at += n > 0 && (size_t)n < sizeof on - at ? (size_t)n : 0;
    }
    cli_page_begin(out, l->o->model, on, l->o->isolated ? "Each layer on the golden inputs." : "Free-running: errors grow from layer to layer.");
    tiles(out, l);
    devices(out, l);
    cli_page_section(out, "Layers and devices", "The largest distance of an element, in ULP; of integers in steps.");
    cli_plot_verdicts(out, l);
    fputs("</section>\n", out);
    for (int k = 0; k < l->n_devices; k++)
        device_section(out, l, k);
    every_layer(out, l);
    cli_page_end(out);
    return cli_finish_file(out, path);
}
