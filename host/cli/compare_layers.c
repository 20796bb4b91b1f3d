/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a model node by node on several devices and holds every value against the golden one. */
#include "compare_layers.h"
#include "golden.h"
#include "progress.h"

#include <stdlib.h>
#include <string.h>

/* A session that keeps its values, with the golden inputs. */
static enum cli_exit open_session(const struct cli_layers *l, const char *device, struct systole_session **session)
{
    enum systole_status status = systole_session_create(l->ctx, l->model, device, session);
    if (status)
        return cli_report_device(l->ctx, status, device);
    systole_session_keep(*session, 1);
    const enum cli_exit code = cli_set_inputs(l->ctx, l->model, *session, l->o->inputs); /* a golden one takes its place */
    if (code)
        return code;
    for (int i = 0; i < l->values.n_inputs; i++) {
        const struct cli_value *v = &l->values.list[i];
        if (v->tensor)
            status = systole_session_set(*session, v->name, v->tensor);
        if (status)
            return cli_report(l->ctx, status, v->name);
    }
    return CLI_OK;
}

static enum cli_exit run_all(const struct cli_layers *l, const char *device, struct systole_session *session)
{
    struct cli_progress *progress = cli_progress_start(device, l->o->quiet);
    systole_session_set_progress(session, progress ? cli_progress_step : NULL, progress);
    const enum systole_status status = systole_session_run(session);
    cli_progress_end(progress);
    systole_session_set_progress(session, NULL, NULL);
    return status ? cli_report(l->ctx, status, device) : CLI_OK;
}

/* Whole captures alone will do where each layer runs on what the one before it should have made. */
static enum cli_exit read_golden(struct cli_layers *l)
{
    l->golden = l->o->against;
    const enum cli_exit code = cli_golden_read(l->ctx, l->model, &l->values, l->golden);
    for (int i = 0; i < l->values.count && !code; i++) {
        if (i < l->values.n_inputs && l->values.list[i].tensor && l->o->inputs->n_files)
            return cli_usage("the inputs are those of --against: no --input with it");
        if (i >= l->values.n_inputs && !l->values.list[i].tensor && l->o->isolated)
            return cli_usage("--isolated and --bisect take every value of a run: --against a folder that --capture wrote");
    }
    return code;
}

static enum cli_exit run_golden(struct cli_layers *l)
{
    struct systole_session *session = NULL;
    enum cli_exit code = open_session(l, l->golden, &session);
    if (!code)
        code = run_all(l, l->golden, session);
    if (!code)
        code = cli_values_take(l->ctx, session, &l->values);
    systole_session_free(session);
    if (!code && l->o->capture)
        code = cli_capture_write(l->ctx, &l->values, l->o->capture);
    return code;
}

/* From the capture, or from a run of the first device, by the rank that has that. */
static enum cli_exit make_golden(struct cli_layers *l)
{
    enum cli_exit code = cli_values_list(l->model, &l->values);
    if (code)
        return code;
    if (l->o->against)
        return read_golden(l);
    l->golden = l->o->devices->name[0];
    if (cli_ranks_runs(l->o->ranks, 0))
        code = run_golden(l);
    for (int i = 0; i < l->values.count && !code; i++)
        code = cli_ranks_share_tensor(l->o->ranks, 0, &l->values.list[i].tensor);
    return code;
}

const char *cli_layer_verdict(const struct cli_layer *layer)
{
    const struct cli_difference *d = &layer->difference;
    return !d->comparable ? "another shape" : !d->mismatches ? "exact" : layer->within ? "within bound" : "wrong";
}

int cli_layer_is_wrong(const struct cli_layer *layer)
{
    return !layer->difference.comparable || (layer->difference.mismatches && !layer->within);
}

/* What the node at `step` of the last run made, the value at `index`. */
static enum cli_exit judge(struct cli_layers *l, int device, struct systole_session *session, int index, int step)
{
    const struct cli_value *v = &l->values.list[index];
    struct cli_layer *layer = &l->layer[device][index];
    struct systole_step told = {.size = sizeof told};
    struct systole_tensor *got = NULL;
    const enum systole_status status = systole_session_get(session, v->name, &got);
    if (status)
        return cli_report(l->ctx, status, v->name);
    layer->difference = cli_difference(got, v->tensor);
    if (l->o->report && layer->difference.comparable && layer->difference.mismatches) {
        layer->map = calloc(1, sizeof *layer->map);
        if (layer->map)
            cli_error_map(layer->map, got, v->tensor);
    }
    const int lacks_map = l->o->report && layer->difference.comparable && layer->difference.mismatches && !layer->map;
    systole_tensor_free(got);
    if (v->output == 0 && !systole_session_step(session, (uint64_t)step, &told)) { /* once, of a node with several */
        layer->cycles = told.cycles;
        layer->macs = told.macs;
        layer->seconds = told.seconds;
    }
    return lacks_map ? cli_no_memory() : CLI_OK;
}

static enum cli_exit free_running(struct cli_layers *l, int device, struct systole_session *session)
{
    struct cli_energy *energy = &l->energy;
    enum cli_exit code = run_all(l, l->device[device], session);
    l->run[device].joules = cli_energy_read(energy);
    for (int i = l->values.n_inputs; i < l->values.count && !code; i++)
        if (l->values.list[i].tensor)
            code = judge(l, device, session, i, l->values.list[i].node);
    return code;
}

static enum cli_exit put_golden(struct cli_layers *l, struct systole_session *session, int index)
{
    const struct cli_value *v = &l->values.list[index];
    const enum systole_status status = systole_session_put(session, v->name, v->tensor);
    return status ? cli_report(l->ctx, status, v->name) : CLI_OK;
}

/* May the node's values differ, for another order of the same sums? Of an array they may not. */
static enum cli_exit bound(struct cli_layers *l, int device, struct systole_session *session, int first, int behind)
{
    struct systole_fault fault = {.size = sizeof fault};
    struct systole_totals totals = {.size = sizeof totals};
    int differs = 0;
    for (int i = first; i < behind; i++)
        differs = differs || cli_layer_is_wrong(&l->layer[device][i]);
    if (!differs || systole_session_totals(session, &totals) || totals.rows)
        return CLI_OK;
    const enum systole_status status = systole_session_locate(session, l->values.list[first].node, &fault);
    for (int i = first; i < behind && !status; i++)
        l->layer[device][i].within = fault.bounded && !fault.beyond;
    return status ? cli_report(l->ctx, status, l->device[device]) : CLI_OK;
}

/* Each node on golden values: what it makes goes again before the next one runs. */
static enum cli_exit isolated(struct cli_layers *l, int device, struct systole_session *session)
{
    const struct cli_value *list = l->values.list;
    enum cli_exit code = CLI_OK;
    for (int i = l->values.n_inputs; i < l->values.count && !code; i++)
        code = put_golden(l, session, i);
    for (int i = l->values.n_inputs, next; i < l->values.count && !code; i = next) {
        const double joules = cli_energy_read(&l->energy);
        const enum systole_status status = systole_session_run_node(session, list[i].node);
        l->run[device].joules += cli_energy_read(&l->energy) - joules; /* of the layers alone */
        if (status)
            code = cli_report(l->ctx, status, l->device[device]);
        for (next = i; next < l->values.count && list[next].node == list[i].node; next++)
            if (!code)
                code = judge(l, device, session, next, 0);
        if (!code)
            code = bound(l, device, session, i, next);
        for (int k = i; k < next && !code; k++)
            code = put_golden(l, session, k);
    }
    return code;
}

static enum cli_exit locate(struct cli_layers *l, int device, struct systole_session *session)
{
    struct systole_fault fault = {.size = sizeof fault};
    const enum systole_status status = systole_session_locate(session, l->values.list[l->first_wrong[device]].node, &fault);
    if (status)
        return cli_report(l->ctx, status, l->device[device]);
    l->fault[device] = fault;
    return CLI_OK;
}

/* An array tells nothing of it, and a simulated one has none. */
static void open_energy(struct cli_layers *l, int device)
{
    struct cli_device_run *run = &l->run[device];
    l->energy = (struct cli_energy){.source = "not counted: the device does not tell"};
    if (!run->rows)
        cli_energy_open(&l->energy, l->device[device]);
    memcpy(run->energy, l->energy.source, sizeof run->energy);
    run->joules = 0;
}

static void add_up(struct cli_layers *l, int device)
{
    struct cli_device_run *run = &l->run[device];
    for (int i = l->values.count - 1; i >= l->values.n_inputs; i--) {
        const struct cli_layer *layer = &l->layer[device][i];
        if (!l->values.list[i].tensor)
            continue;
        run->cycles += layer->cycles;
        run->macs += layer->macs;
        run->seconds += layer->seconds;
        run->exact += layer->difference.comparable && !layer->difference.mismatches;
        run->within += layer->difference.comparable && layer->difference.mismatches && layer->within;
        run->wrong += cli_layer_is_wrong(layer);
        if (cli_layer_is_wrong(layer))
            l->first_wrong[device] = i;
    }
    if (!l->energy.counts)
        run->joules = -1;
}

static enum cli_exit add_device(struct cli_layers *l, const char *device)
{
    const int k = l->n_devices++;
    l->device[k] = device;
    l->first_wrong[k] = -1;
    l->layer[k] = calloc((size_t)l->values.count + 1, sizeof *l->layer[k]);
    return l->layer[k] ? CLI_OK : cli_no_memory();
}

static enum cli_exit run_device(struct cli_layers *l, int k)
{
    struct systole_session *session = NULL;
    enum cli_exit code = open_session(l, l->device[k], &session);
    if (!code) {
        cli_find_peaks(l, &l->run[k], l->device[k], session);
        open_energy(l, k);
        code = l->o->isolated ? isolated(l, k, session) : free_running(l, k, session);
        cli_energy_close(&l->energy);
    }
    add_up(l, k);
    if (!code && l->o->bisect && l->first_wrong[k] >= 0)
        code = locate(l, k, session);
    systole_session_free(session);
    return code;
}

/* A map is memory of the rank that made it: another gets one of its own. */
static enum cli_exit share_layers(struct cli_layers *l, int device, int point)
{
    struct cli_layer *layer = l->layer[device];
    const int own = cli_ranks_runs(l->o->ranks, point);
    enum cli_exit code = cli_ranks_share(l->o->ranks, point, layer, (size_t)l->values.count * sizeof *layer);
    for (int i = 0; i < l->values.count && !own; i++)
        if (layer[i].map) {
            layer[i].map = code ? NULL : calloc(1, sizeof *layer[i].map);
            code = code ? code : layer[i].map ? CLI_OK : cli_no_memory();
        }
    for (int i = 0; i < l->values.count && !code; i++)
        if (layer[i].map)
            code = cli_ranks_share(l->o->ranks, point, layer[i].map, sizeof *layer[i].map);
    return code;
}

/* Each device by one of the ranks; what they found becomes everyone's. */
static enum cli_exit run_devices(struct cli_layers *l)
{
    const int first = l->o->against ? 0 : 1; /* the golden run's is point 0 */
    enum cli_exit code = CLI_OK;
    for (int i = first; i < l->o->devices->count && !code; i++)
        code = add_device(l, l->o->devices->name[i]);
    for (int k = 0; k < l->n_devices && !code; k++)
        if (cli_ranks_runs(l->o->ranks, k + first))
            code = run_device(l, k);
    for (int k = 0; k < l->n_devices && !code; k++) {
        code = share_layers(l, k, k + first);
        if (!code)
            code = cli_ranks_share(l->o->ranks, k + first, &l->run[k], sizeof l->run[k]);
        if (!code)
            code = cli_ranks_share(l->o->ranks, k + first, &l->first_wrong[k], sizeof l->first_wrong[k]);
        if (!code)
            code = cli_ranks_share(l->o->ranks, k + first, &l->fault[k], sizeof l->fault[k]);
    }
    return code;
}

enum cli_exit cli_compare_layers(struct systole_context *ctx, struct systole_model *model, const struct cli_compare_options *o)
{
    struct cli_layers *l = calloc(1, sizeof *l);
    int wrong = 0;
    if (!l)
        return cli_no_memory();
    l->ctx = ctx;
    l->model = model;
    l->o = o;
    enum cli_exit code = make_golden(l);
    if (!code)
        code = run_devices(l);
    const int tells = cli_ranks_tells(o->ranks);
    if (!code && tells && o->report)
        code = cli_layers_report(l, o->report);
    if (!code && tells && o->json)
        cli_layers_json(l);
    else if (!code && tells)
        code = cli_layers_print(l);
    for (int i = 0; i < l->n_devices; i++) {
        wrong += tells && l->first_wrong[i] >= 0;
        for (int k = 0; l->layer[i] && k < l->values.count; k++)
            free(l->layer[i][k].map);
        free(l->layer[i]);
    }
    cli_values_clear(&l->values);
    free(l);
    return code ? code : wrong ? CLI_DIFFERS : CLI_OK;
}
