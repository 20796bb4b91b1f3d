/* SPDX-License-Identifier: Apache-2.0 */
/* `compare --layers`: how fast each device was, and all of it in one line for each. */
#include <stdio.h>
#include <string.h>

#include "compare_layers.h"
#include "profile.h"
#include "text.h"

/* ---- Peaks ---- */

static int is_int8(const char *op)
{
    return strstr(op, "Integer") || strncmp(op, "QLinear", 7) == 0;
}

void cli_find_peaks(const struct cli_layers *l, struct cli_device_run *run, const char *device, const struct systole_session *session)
{
    struct systole_totals totals = {.size = sizeof totals};
    struct systole_roofline m = {.size = sizeof m};
    if (systole_session_totals(session, &totals))
        return;
    run->rows = totals.rows;
    run->cols = totals.cols;
    if (totals.rows) {
        run->int8_peak = (double)(totals.rows * totals.cols);
        run->f32_peak = run->int8_peak / cli_passes(device);
    } else if (!systole_roofline(l->ctx, device, &m)) {
        run->int8_peak = m.int8_macs;
        run->f32_peak = strncmp(device, "cpu", 3) == 0 && !strstr(device, ",precision=f32") ? m.fp32_macs / cli_passes(device) : m.fp32_macs;
    }
}

static double rate(uint64_t macs, uint64_t cycles, double seconds)
{
    return !macs ? 0 : cycles ? (double)macs / (double)cycles : seconds > 0 ? (double)macs / seconds : 0;
}

double cli_layer_rate(const struct cli_layer *layer)
{
    return rate(layer->macs, layer->cycles, layer->seconds);
}

double cli_run_rate(const struct cli_device_run *run)
{
    return rate(run->macs, run->cycles, run->seconds);
}

/* An array's peak is of cycles: without them it says nothing. */
double cli_layer_share(const struct cli_layers *l, int device, int value)
{
    const struct cli_device_run *run = &l->run[device];
    const struct cli_layer *layer = &l->layer[device][value];
    const double peak = is_int8(cli_layer_node(l, value).op) ? run->int8_peak : run->f32_peak;
    return peak > 0 && (layer->cycles || !run->rows) ? cli_layer_rate(layer) / peak : 0;
}

/* Of all its layers: the time that they would take at their peaks, of the time they took. */
double cli_run_share(const struct cli_layers *l, int device)
{
    const struct cli_device_run *run = &l->run[device];
    const double took = run->cycles ? (double)run->cycles : run->seconds;
    double least = 0;
    for (int i = l->values.n_inputs; i < l->values.count; i++) {
        const struct cli_layer *layer = &l->layer[device][i];
        if (l->values.list[i].tensor && layer->macs && (layer->cycles || !run->rows))
            least += cli_layer_share(l, device, i) * (run->cycles ? (double)layer->cycles : layer->seconds);
    }
    return took > 0 ? least / took : 0;
}

/* ---- Telling ---- */

static void rate_cell(struct cli_table *t, double value, uint64_t cycles)
{
    if (value <= 0)
        cli_cell(t, "-");
    else if (cycles)
        cli_cell(t, "%.4g/cycle", value);
    else
        cli_cell(t, "%s/s", cli_scaled(value).text);
}

enum cli_exit cli_speeds_print(const struct cli_layers *l)
{
    static const char *const head[] = {"layer", "operator", "device", "seconds", "cycles", "MACs", "rate", "of peak"};
    struct cli_table t = {.columns = sizeof head / sizeof *head, .align = "lllrrrrr"};
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, "%s", head[i]);
    for (int i = l->values.n_inputs; i < l->values.count; i++)
        for (int k = 0; k < l->n_devices && l->values.list[i].tensor; k++) {
            const struct cli_layer *layer = &l->layer[k][i];
            const struct systole_node_info node = cli_layer_node(l, i);
            const double share = cli_layer_share(l, k, i);
            cli_cell(&t, "%.60s", node.name);
            cli_cell(&t, "%.30s", node.op);
            cli_cell(&t, "%s", l->device[k]);
            cli_cell(&t, "%.6f", layer->seconds);
            cli_cell(&t, "%s", layer->cycles ? cli_count(layer->cycles).text : "-");
            cli_cell(&t, "%s", layer->macs ? cli_count(layer->macs).text : "-");
            rate_cell(&t, cli_layer_rate(layer), layer->cycles);
            cli_cell(&t, "%s", share > 0 ? cli_percent(share, 1).text : "-");
        }
    putchar('\n');
    return cli_table_print(&t, stdout, 0) ? cli_no_memory() : CLI_OK;
}

int cli_worst_layer(const struct cli_layers *l, int device)
{
    int worst = -1;
    for (int i = l->values.n_inputs; i < l->values.count; i++) {
        const struct cli_difference *d = &l->layer[device][i].difference;
        if (l->values.list[i].tensor && d->has_ulp && d->mismatches &&
            (worst < 0 || d->max_ulp > l->layer[device][worst].difference.max_ulp))
            worst = i;
    }
    return worst;
}

static double worst_nmse(const struct cli_layers *l, int device)
{
    double worst = 0;
    for (int i = l->values.n_inputs; i < l->values.count; i++) {
        const double nmse = l->values.list[i].tensor ? cli_layer_nmse(&l->layer[device][i]) : 0;
        worst = nmse > worst ? nmse : worst;
    }
    return worst;
}

static void summary_row(struct cli_table *t, const struct cli_layers *l, int device)
{
    const struct cli_device_run *run = &l->run[device];
    const int worst = cli_worst_layer(l, device);
    const double share = cli_run_share(l, device);
    cli_cell(t, "%s", l->device[device]);
    cli_cell(t, "%d", run->exact);
    cli_cell(t, "%d", run->within);
    cli_cell(t, "%d", run->wrong);
    cli_cell(t, "%s", worst < 0 ? "-" : cli_count(l->layer[device][worst].difference.max_ulp).text);
    cli_cell(t, "%.40s", worst < 0 ? "-" : cli_layer_node(l, worst).name);
    cli_cell(t, "%.3g", worst_nmse(l, device));
    cli_cell(t, "%.6f", run->seconds);
    cli_cell(t, "%s", run->cycles ? cli_count(run->cycles).text : "-");
    rate_cell(t, cli_run_rate(run), run->cycles);
    cli_cell(t, "%s", share > 0 ? cli_percent(share, 1).text : "-");
    if (run->joules < 0)
        cli_cell(t, "-");
    else
        cli_cell(t, "%.4g J", run->joules);
    cli_cell(t, "%s", cli_device_verdict(l, device));
}

enum cli_exit cli_summary_print(const struct cli_layers *l)
{
    static const char *const head[] = {"device", "exact", "within", "wrong", "ULP", "in layer", "NMSE", "seconds", "cycles", "MACs", "of peak",
                                       "energy", "verdict"};
    struct cli_table t = {.columns = sizeof head / sizeof *head, .align = "lrrrrlrrrrrrl"};
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, "%s", head[i]);
    for (int k = 0; k < l->n_devices; k++)
        summary_row(&t, l, k);
    putchar('\n');
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    printf("\nULP, NMSE: the largest of a layer. of peak: of what the array, or the processor, could have done in that time. energy:");
    for (int k = 0; k < l->n_devices; k++)
        if (k == 0 || strcmp(l->run[k].energy, l->run[k - 1].energy) != 0)
            printf("%s %s: %s", k ? ";" : "", l->device[k], l->run[k].energy);
    printf("\n\n");
    return CLI_OK;
}
