/* SPDX-License-Identifier: Apache-2.0 */
/* Heat maps and histograms of errors. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare_report.h"

enum { LEFT = 220, RIGHT = 16, ROW = 20, CELL = 16, HEAD = 26, LABEL = 30, MOST_ROWS = 400, LEVELS = 8 };

static void level_style(char kind, int level, char style[3])
{
    style[0] = kind;
    style[1] = (char)('0' + level);
    style[2] = '\0';
}

void cli_heat_style(int bin, char style[3])
{
    level_style('q', bin == 0 ? 0 : 1 + (bin - 1) * (LEVELS - 1) / (CLI_BINS - 2), style);
}

static double plot_width(void)
{
    return CLI_PLOT_WIDTH - LEFT - RIGHT;
}

/* The furthest bin of a layer; 0: equal, or a shape that cannot be compared. */
static int furthest_bin(const struct cli_layer *layer)
{
    int bin = 0;
    for (int i = 1; layer->map && i < CLI_BINS; i++)
        bin = layer->map->bin[i] ? i : bin;
    return bin;
}

static int is_shown(const struct cli_layers *l, int value)
{
    return l->values.list[value].tensor != NULL;
}

static int rows_shown(const struct cli_layers *l)
{
    int n = 0;
    for (int i = l->values.n_inputs; i < l->values.count; i++)
        n += is_shown(l, i);
    return n < MOST_ROWS ? n : MOST_ROWS;
}

static void heat_legend(FILE *out)
{
    char style[3], text[64];
    fputs("<ul class=\"legend\"><li><i class=\"i-q0\"></i>exact</li>", out);
    for (int level = 1, bin = 1; level <= LEVELS; level++) {
        const int first = bin;
        for (cli_heat_style(bin, style); bin < CLI_BINS && style[1] == '0' + level;)
            cli_heat_style(++bin, style);
        if (first == 1)
            snprintf(text, sizeof text, "1 and more");
        else
            snprintf(text, sizeof text, "above 2^%d", first - 2);
        fprintf(out, "<li><i class=\"i-q%d\"></i>%s</li>", level, text);
    }
    fputs("</ul>\n", out);
}

/* ---- Layers by devices ---- */

static void verdict_cell(FILE *out, const struct cli_layers *l, int device, int value, double x, double y, double width)
{
    const struct cli_layer *layer = &l->layer[device][value];
    const struct cli_difference *d = &layer->difference;
    const struct systole_node_info node = cli_layer_node(l, value);
    const int bin = furthest_bin(layer);
    char style[3], title[512], text[64], name[48];
    cli_heat_style(bin, style);
    cli_bin_name(bin, name, sizeof name);
    snprintf(title, sizeof title, "%.100s (%.60s) on %.100s: %s\n%lld of %lld elements differ\nlargest distance %s, absolute %.6g, NMSE %.3g", node.name,
             node.op, l->device[device], cli_layer_verdict(layer), (long long)d->mismatches, (long long)d->count, name, d->max_abs,
             cli_layer_nmse(layer));
    cli_svg_rect(out, x, y, width - 2, CELL, d->comparable ? style : "q8", title);
    if (!d->comparable || bin == 0)
        snprintf(text, sizeof text, "%s", cli_layer_verdict(layer));
    else
        snprintf(text, sizeof text, "%s%s", d->has_ulp ? cli_grouped(d->max_ulp).text : name, layer->within ? ", within bound" : "");
    if (width > 7 * (double)strlen(text) + 10)
        cli_svg_text(out, x + width / 2 - 1, y + CELL - 4, "middle", style[1] > '5' || !d->comparable ? "inside" : "label", text);
}

void cli_plot_verdicts(FILE *out, const struct cli_layers *l)
{
    const int rows = rows_shown(l);
    const double width = fmin(plot_width() / (l->n_devices ? l->n_devices : 1), 300);
    int row = 0;
    heat_legend(out);
    cli_svg_open(out, CLI_PLOT_WIDTH, HEAD + (double)rows * ROW, "Layers and devices, coloured by the largest distance");
    for (int k = 0; k < l->n_devices; k++)
        cli_svg_label(out, LEFT + width * (k + 0.5), HEAD - 10, "middle", l->device[k], (int)(width / 7));
    for (int i = l->values.n_inputs; i < l->values.count && row < rows; i++) {
        const double y = HEAD + (double)row * ROW;
        if (!is_shown(l, i))
            continue;
        cli_svg_label(out, LEFT - 10, y + CELL - 4, "end", cli_layer_node(l, i).name, LABEL);
        for (int k = 0; k < l->n_devices; k++)
            verdict_cell(out, l, k, i, LEFT + width * k, y, width);
        row++;
    }
    cli_svg_close(out);
}

/* ---- Layers by distances ---- */

static void bin_label(FILE *out, double x, double y, int bin)
{
    char text[32];
    if (bin <= 2)
        cli_bin_name(bin, text, sizeof text);
    else if (bin == CLI_BINS - 1)
        snprintf(text, sizeof text, "far");
    else
        snprintf(text, sizeof text, "2^%d", bin - 1);
    cli_svg_text(out, x, y, "middle", "axis", text);
}

/* The darkness of a share: a hundredth and less is the lightest, by powers of two. */
static int level_of(double share)
{
    const int level = LEVELS + (int)ceil(log2(share));
    return level < 1 ? 1 : level;
}

static void distance_row(FILE *out, const struct cli_layers *l, int device, int value, double y)
{
    const struct cli_layer *layer = &l->layer[device][value];
    const double width = plot_width() / CLI_BINS;
    char style[3], title[512], name[48];
    cli_svg_label(out, LEFT - 10, y + CELL - 4, "end", cli_layer_node(l, value).name, LABEL);
    cli_svg_rect(out, LEFT, y, plot_width(), CELL, "q0", NULL);
    for (int b = 0; b < CLI_BINS && layer->map; b++) {
        const double share = (double)layer->map->bin[b] / (double)layer->difference.count;
        if (!layer->map->bin[b])
            continue;
        cli_bin_name(b, name, sizeof name);
        level_style(b ? 'q' : 'e', level_of(share), style);
        snprintf(title, sizeof title, "%.100s: %llu elements, %.3g %%, %s%s", cli_layer_node(l, value).name,
                 (unsigned long long)layer->map->bin[b], 100 * share, name,
                 b == 0 ? "" : layer->difference.has_ulp ? " ULP" : " steps");
        cli_svg_rect(out, LEFT + width * b, y, width - 1, CELL, style, title);
    }
}

void cli_plot_distances(FILE *out, const struct cli_layers *l, int device)
{
    const double width = plot_width() / CLI_BINS;
    int row = 0, rows = 0;
    for (int i = l->values.n_inputs; i < l->values.count; i++)
        rows += l->layer[device][i].map != NULL;
    rows = rows < MOST_ROWS ? rows : MOST_ROWS;
    cli_svg_open(out, CLI_PLOT_WIDTH, HEAD + (double)rows * ROW, "How far the elements of each layer lie from what was wanted");
    bin_label(out, LEFT + width / 2, HEAD - 10, 0);
    for (int b = 1; b < CLI_BINS; b += 4)
        bin_label(out, LEFT + width * (b + 0.5), HEAD - 10, b);
    for (int i = l->values.n_inputs; i < l->values.count && row < rows; i++)
        if (l->layer[device][i].map)
            distance_row(out, l, device, i, HEAD + (double)row++ * ROW);
    cli_svg_close(out);
}

/* ---- One layer ---- */

enum { PLACES_HIGH = 150, BARS = 340, MAP_LEFT = 420 };

static void bars(FILE *out, const struct cli_error_map *map)
{
    const double width = (double)BARS / CLI_BINS, high = PLACES_HIGH - 2 * HEAD;
    uint64_t most = 1;
    char title[128], name[48];
    for (int b = 0; b < CLI_BINS; b++)
        most = map->bin[b] > most ? map->bin[b] : most;
    for (int b = 0; b < CLI_BINS; b++) {
        /* logarithmic: one element of a million is still seen */
        const double size = map->bin[b] ? high * (1 + log2((double)map->bin[b])) / (1 + log2((double)most)) : 0;
        if (size <= 0)
            continue;
        cli_bin_name(b, name, sizeof name);
        snprintf(title, sizeof title, "%llu elements: %s", (unsigned long long)map->bin[b], name);
        cli_svg_rect(out, width * b, HEAD + high - size, width - 1, size, b ? "q6" : "e4", title);
    }
    cli_svg_line(out, 0, HEAD + high, BARS, HEAD + high, "base");
    for (int b = 1; b < CLI_BINS; b += 8)
        bin_label(out, width * (b + 0.5), HEAD + high + 16, b);
}

static void where(FILE *out, const struct cli_error_map *map)
{
    const double high = PLACES_HIGH - 2 * HEAD, wide = CLI_PLOT_WIDTH - MAP_LEFT - RIGHT;
    const double cell_w = fmin(wide / map->cols, 24), cell_h = fmin(high / map->rows, 24);
    char style[3], title[256], name[48];
    cli_svg_rect(out, MAP_LEFT, HEAD, cell_w * map->cols, cell_h * map->rows, "q0", NULL);
    for (int r = 0; r < map->rows; r++)
        for (int c = 0; c < map->cols; c++) {
            int64_t place[2], feature[2];
            if (!map->wrong[r][c])
                continue;
            cli_map_cell(map, r, c, place, feature);
            cli_bin_name(map->worst[r][c], name, sizeof name);
            cli_heat_style(map->worst[r][c], style);
            snprintf(title, sizeof title, "places %lld-%lld, features %lld-%lld: %u differ, up to %s", (long long)place[0], (long long)place[1],
                     (long long)feature[0], (long long)feature[1], map->wrong[r][c], name);
            cli_svg_rect(out, MAP_LEFT + cell_w * c, HEAD + cell_h * r, cell_w, cell_h, style, title);
        }
    snprintf(title, sizeof title, "%lld features", (long long)map->features);
    cli_svg_text(out, MAP_LEFT, HEAD + cell_h * map->rows + 16, "start", "axis", title);
    fprintf(out, "<g transform=\"translate(%d %d) rotate(-90)\">", MAP_LEFT - 8, HEAD);
    snprintf(title, sizeof title, "%lld places", (long long)map->places);
    cli_svg_text(out, 0, 0, "end", "axis", title);
    fputs("</g>\n", out);
}

void cli_plot_places(FILE *out, const struct cli_error_map *map, const char *title)
{
    cli_svg_open(out, CLI_PLOT_WIDTH, PLACES_HIGH, "Errors of a layer: how far and where");
    cli_svg_label(out, 0, HEAD - 10, "start", title, 140);
    bars(out, map);
    where(out, map);
    cli_svg_close(out);
}
