/* SPDX-License-Identifier: Apache-2.0 */
/* What `compare --layers` found, for people and as JSON. */
#include "compare_layers.h"
#include "outputs.h"
#include "text.h"

#include <stdio.h>

double cli_layer_nmse(const struct cli_layer *layer)
{
    const struct cli_difference *d = &layer->difference;
    return d->error > 0 ? d->error / d->power : 0;
}

struct systole_node_info cli_layer_node(const struct cli_layers *l, int value)
{
    struct systole_node_info info = {.size = sizeof info, .name = "", .op = ""};
    systole_model_node(l->model, l->values.list[value].node, &info);
    return info;
}

const char *cli_device_verdict(const struct cli_layers *l, int device)
{
    return l->run[device].wrong ? "wrong" : l->run[device].within ? "within bound" : "exact";
}

/* Values that are held against something. */
static int n_golden(const struct cli_layers *l)
{
    int n = 0;
    for (int i = l->values.n_inputs; i < l->values.count; i++)
        n += l->values.list[i].tensor != NULL;
    return n;
}

/* ---- For people ---- */

static void place(struct cli_table *t, int64_t at)
{
    if (at < 0)
        cli_cell(t, "-");
    else
        cli_cell(t, "[%lld]", (long long)at);
}

static void row(struct cli_table *t, const struct cli_layers *l, int device, int value)
{
    const struct cli_layer *layer = &l->layer[device][value];
    const struct cli_difference *d = &layer->difference;
    const struct systole_node_info node = cli_layer_node(l, value);
    cli_cell(t, "%.60s", node.name);
    cli_cell(t, "%.30s", node.op);
    cli_cell(t, "%s", l->device[device]);
    cli_cell(t, "%lld", (long long)d->count);
    cli_cell(t, "%lld", (long long)d->mismatches);
    cli_cell(t, "%.2f %%", d->count ? 100 * (double)d->mismatches / (double)d->count : 0);
    cli_cell(t, "%.6g", d->max_abs);
    place(t, d->max_abs_at);
    cli_cell(t, "%.6g", d->max_rel);
    place(t, d->max_rel_at);
    cli_cell(t, "%s", d->has_ulp ? cli_count(d->max_ulp).text : "-");
    place(t, d->max_ulp_at);
    cli_cell(t, "%.3g", cli_layer_nmse(layer));
    cli_cell(t, "%lld/%lld", (long long)d->nans, (long long)d->infs);
    cli_cell(t, "%s", layer->cycles ? cli_count(layer->cycles).text : "-");
    cli_cell(t, "%s", cli_layer_verdict(layer));
}

static void print_place(const struct systole_fault *f)
{
    if (!f->rows)
        return;
    switch (f->place) {
    case SYSTOLE_FAULT_PE: printf("  PE row %u, column %u\n", f->row, f->column); break;
    case SYSTOLE_FAULT_ENTERING: printf("  the sums that enter column %u at its top\n", f->column); break;
    case SYSTOLE_FAULT_LEAVING: printf("  PE row %u, column %u, the last of its column, or the results' way behind it\n", f->row, f->column); break;
    case SYSTOLE_FAULT_ROW: printf("  no single PE: row %u of the array is fed wrongly\n", f->row); break;
    default: printf("  no single PE of column %u explains it\n", f->column);
    }
}

static const char *place_name(enum systole_fault_place place)
{
    static const char *const names[] = {"elsewhere", "pe", "entering", "leaving", "row"};
    return names[place];
}

static void print_fault(const struct systole_fault *f)
{
    if (!f->wrong) {
        printf("  its products are right when they are done again: nothing in the chains explains it\n");
        return;
    }
    printf("  %llu of its %llu products on the device are wrong; of the first, %llu of %llu sums, the first at [%lld]: %.9g, not %.9g\n",
           (unsigned long long)f->wrong, (unsigned long long)f->products, (unsigned long long)f->wrong_sums, (unsigned long long)f->sums,
           (long long)f->element, f->got, f->wanted);
    if (f->k < 0) {
        printf("  that sum's chain of %lld steps is right by itself: no single k explains it\n", (long long)f->length);
        print_place(f);
        return;
    }
    printf("  that sum's chain of %lld steps goes wrong at k = %lld", (long long)f->length, (long long)f->k);
    if (f->is_convolution)
        printf(" (kernel row %lld, column %lld, channel %lld)", (long long)f->kernel_row, (long long)f->kernel_column, (long long)f->channel);
    printf(": the partial sum is %.9g, not %.9g\n", f->got_at, f->wanted_at);
    if (f->rows)
        printf("  that is tile %u of the chain, column %u; with that chain in all columns of the array, %u of %u are wrong\n", f->tile, f->column,
               f->wrong_columns, f->cols);
    print_place(f);
}

static void print_verdict(const struct cli_layers *l, int device)
{
    const int first = l->first_wrong[device], wrong = l->run[device].wrong, within = l->run[device].within, all = n_golden(l);
    cli_coloured(stdout, wrong ? CLI_RED : CLI_GREEN, wrong ? "WRONG" : within ? "WITHIN BOUND" : "EXACT");
    if (!wrong && within) {
        printf(": %s: %d of %d values have not the bits of %s, but no sum is further off than its order allows\n", l->device[device], within,
               all, l->golden);
        return;
    }
    if (!wrong) {
        printf(": %s: every layer has the bits of %s\n", l->device[device], l->golden);
        return;
    }
    const struct systole_node_info node = cli_layer_node(l, first);
    printf(": %s: %d of %d values; the first wrong layer is '%.200s' (%s)\n", l->device[device], wrong, all,
           cli_name(node.name).text, cli_name(node.op).text);
    if (l->fault[device].size)
        print_fault(&l->fault[device]);
}

enum cli_exit cli_layers_print(const struct cli_layers *l)
{
    static const char *const head[] = {"layer", "operator", "device", "elements", "differing", "share", "largest abs", "at",
                                       "relative", "at", "ULP", "at", "NMSE", "NaN/Inf", "cycles", "verdict"};
    if (l->o->capture)
        printf("%d inputs and %d values of %s are in %s\n", l->values.n_inputs, l->values.count - l->values.n_inputs, l->golden, l->o->capture);
    if (!l->n_devices)
        return CLI_OK;
    struct cli_table t = {.columns = sizeof head / sizeof *head, .align = "lllrrrrrrrrrrrrl"};
    printf("%s: layer by layer, %s; held against %s\n\n", l->o->model, l->o->isolated ? "each on the golden inputs" : "free-running", l->golden);
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, "%s", head[i]);
    for (int i = l->values.n_inputs; i < l->values.count; i++)
        for (int k = 0; k < l->n_devices && l->values.list[i].tensor; k++)
            row(&t, l, k, i);
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    enum cli_exit code = l->o->profile ? cli_speeds_print(l) : CLI_OK;
    if (!code)
        code = cli_summary_print(l);
    if (code)
        return code;
    for (int k = 0; k < l->n_devices; k++)
        print_verdict(l, k);
    return CLI_OK;
}

/* ---- JSON ---- */

static void json_largest(struct cli_json *j, const char *key, double value, int64_t at)
{
    cli_json_open(j, key, '{');
    cli_json_exact(j, "value", value);
    cli_json_signed(j, "index", at);
    cli_json_close(j);
}

/* `share`: of the peak; what is not known is null. */
static void json_rate(struct cli_json *j, double rate, uint64_t cycles, double share)
{
    if (rate > 0) {
        cli_json_real(j, "rate", rate);
        cli_json_text(j, "rate_unit", cycles ? "MACs/cycle" : "MACs/s");
    } else
        cli_json_text(j, "rate", NULL);
    if (share > 0)
        cli_json_real(j, "share_of_peak", share);
    else
        cli_json_text(j, "share_of_peak", NULL);
}

static void json_layer(struct cli_json *j, const struct cli_layers *l, int device, int value)
{
    const struct cli_layer *layer = &l->layer[device][value];
    const struct cli_difference *d = &layer->difference;
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "device", l->device[device]);
    cli_json_signed(j, "mismatches", d->mismatches);
    cli_json_real(j, "share", d->count ? (double)d->mismatches / (double)d->count : 0);
    json_largest(j, "max_abs", d->max_abs, d->max_abs_at);
    json_largest(j, "max_rel", d->max_rel, d->max_rel_at);
    if (d->has_ulp) {
        cli_json_open(j, "max_ulp", '{');
        cli_json_number(j, "value", d->max_ulp);
        cli_json_signed(j, "index", d->max_ulp_at);
        cli_json_close(j);
    }
    cli_json_exact(j, "nmse", cli_layer_nmse(layer));
    cli_json_signed(j, "nans", d->nans);
    cli_json_signed(j, "infinities", d->infs);
    cli_json_number(j, "macs", layer->macs);
    cli_json_number(j, "cycles", layer->cycles);
    cli_json_real(j, "seconds", layer->seconds);
    json_rate(j, cli_layer_rate(layer), layer->cycles, cli_layer_share(l, device, value));
    cli_json_text(j, "verdict", cli_layer_verdict(layer));
    cli_json_close(j);
}

static void json_fault(struct cli_json *j, const struct systole_fault *f)
{
    cli_json_open(j, "fault", '{');
    cli_json_number(j, "products", f->products);
    cli_json_number(j, "wrong_products", f->wrong);
    cli_json_number(j, "sums", f->sums);
    cli_json_number(j, "wrong_sums", f->wrong_sums);
    cli_json_signed(j, "element", f->element);
    cli_json_exact(j, "got", f->got);
    cli_json_exact(j, "wanted", f->wanted);
    cli_json_signed(j, "steps", f->length);
    cli_json_signed(j, "k", f->k);
    if (f->k >= 0) {
        cli_json_exact(j, "partial_got", f->got_at);
        cli_json_exact(j, "partial_wanted", f->wanted_at);
    }
    if (f->k >= 0 && f->is_convolution) {
        cli_json_signed(j, "kernel_row", f->kernel_row);
        cli_json_signed(j, "kernel_column", f->kernel_column);
        cli_json_signed(j, "channel", f->channel);
    }
    if (f->k >= 0 && f->rows) {
        cli_json_number(j, "tile", f->tile);
        cli_json_number(j, "wrong_columns", f->wrong_columns);
    }
    if (f->wrong && f->rows) {
        cli_json_text(j, "place", place_name(f->place));
        cli_json_number(j, "row", f->row);
        cli_json_number(j, "column", f->column);
    }
    cli_json_close(j);
}

static void json_run(struct cli_json *j, const struct cli_layers *l, int device)
{
    const struct cli_device_run *run = &l->run[device];
    cli_json_signed(j, "exact", run->exact);
    cli_json_signed(j, "within_bound", run->within);
    cli_json_signed(j, "wrong", run->wrong);
    cli_json_number(j, "macs", run->macs);
    cli_json_number(j, "cycles", run->cycles);
    cli_json_real(j, "seconds", run->seconds);
    json_rate(j, cli_run_rate(run), run->cycles, cli_run_share(l, device));
    if (run->joules < 0)
        cli_json_text(j, "joules", NULL);
    else
        cli_json_real(j, "joules", run->joules);
    cli_json_text(j, "joules_from", run->energy);
}

static void json_verdicts(struct cli_json *j, const struct cli_layers *l)
{
    cli_json_open(j, "devices", '[');
    for (int k = 0; k < l->n_devices; k++) {
        const int first = l->first_wrong[k];
        cli_json_open(j, NULL, '{');
        cli_json_text(j, "device", l->device[k]);
        cli_json_text(j, "verdict", cli_device_verdict(l, k));
        cli_json_text(j, "first_wrong_layer", first < 0 ? NULL : cli_layer_node(l, first).name);
        json_run(j, l, k);
        if (l->fault[k].size)
            json_fault(j, &l->fault[k]);
        cli_json_close(j);
    }
    cli_json_close(j);
}

void cli_layers_json(const struct cli_layers *l)
{
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model", l->o->model);
    cli_json_text(&j, "mode", l->o->isolated ? "isolated" : "free-running");
    cli_json_text(&j, "reference", l->golden);
    json_verdicts(&j, l);
    cli_json_open(&j, "layers", '[');
    for (int i = l->values.n_inputs; i < l->values.count; i++) {
        const struct systole_node_info node = cli_layer_node(l, i);
        if (!l->values.list[i].tensor)
            continue;
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "layer", node.name);
        cli_json_text(&j, "operator", node.op);
        cli_json_open(&j, "value", '{');
        cli_json_tensor(&j, l->values.list[i].name, l->values.list[i].tensor);
        cli_json_close(&j);
        cli_json_open(&j, "against", '[');
        for (int k = 0; k < l->n_devices; k++)
            json_layer(&j, l, k, i);
        cli_json_close(&j);
        cli_json_close(&j);
    }
    cli_json_close(&j);
    cli_json_close(&j);
}
