/* SPDX-License-Identifier: Apache-2.0 */
#include "wave.h"

#include <stdio.h>
#include <string.h>

#include "open.h"
#include "progress.h"
#include "text.h"

/*
 * A simulator counts its cycles from its opening, those between programs too, when registers are set and read: about 350 for each program.
 * So a layer begins no sooner than the cycles of the layers before it, and ends no later than with this many more for each program.
 */
enum { BETWEEN = 512, FILE_ROOM = 200 };

struct window {
    const struct systole_step *layer;
    uint64_t from, to;
};

static int find(const struct cli_profile *p, const char *name, struct window *w)
{
    uint64_t cycles = 0, launches = 0;
    w->layer = NULL;
    for (uint64_t i = 0; i < p->count; i++) {
        const struct systole_step *s = &p->steps[i];
        const int wanted = name ? !w->layer && strcmp(s->node, name) == 0 : !w->layer || s->cycles > w->layer->cycles;
        launches += s->launches;
        if (wanted && s->cycles)
            *w = (struct window){s, cycles, cycles + s->cycles + BETWEEN * (launches + 2)};
        cycles += s->cycles;
    }
    return w->layer != NULL;
}

static enum cli_exit no_layer(const struct cli_profile *p, const char *name)
{
    int known = 0;
    for (uint64_t i = 0; name && i < p->count; i++)
        known = known || strcmp(p->steps[i].node, name) == 0;
    if (name)
        fprintf(stderr, "systole: %s '%s'%s\n", known ? "step" : "there is no step", cli_name(name).text,
                known ? " took no cycles of the device: there are no waves of it" : "; --profile lists them");
    else
        fprintf(stderr, "systole: %s: nothing took cycles of the device: there are no waves\n", p->device);
    return CLI_USAGE;
}

enum cli_exit cli_wave_write(const struct cli_profile *p, struct systole_context *ctx, const struct cli_inputs *inputs,
                             const char *layer, const char *path, int quiet)
{
    char device[CLI_DEVICE_ROOM + FILE_ROOM + 128];
    struct window w;
    struct systole_session *session = NULL;
    if (strlen(path) > FILE_ROOM || strchr(path, ','))
        return cli_usage("--wave takes a file's name of up to 200 characters, without a comma");
    if (!find(p, layer, &w))
        return no_layer(p, layer);
    snprintf(device, sizeof device, "%.*s,wave=%s,wave_from=%llu,wave_to=%llu", CLI_DEVICE_ROOM, p->device, path,
             (unsigned long long)w.from, (unsigned long long)w.to);
    enum cli_exit code = cli_session_open(ctx, p->model, device, 0, &session);
    if (code) {
        fprintf(stderr, "systole: waves need a simulator that was built with TRACE=1, as by `make sim ROWS=16 COLS=16 TRACE=1`: "
                        "sim:16x16_trace1\n");
        return code;
    }
    code = cli_set_inputs(ctx, systole_session_model(session), session, inputs);
    if (!code) {
        struct cli_progress *progress = cli_progress_start("waves", quiet);
        systole_session_set_progress(session, progress ? cli_progress_step : NULL, progress);
        const enum systole_status status = systole_session_run(session);
        cli_progress_end(progress);
        code = status ? cli_report(ctx, status, p->model) : CLI_OK;
    }
    systole_session_free(session);
    if (!code && !quiet)
        fprintf(stderr, "%s: waves of %s, cycles %llu to %llu of the simulation\n", path, cli_name(w.layer->node).text, (unsigned long long)w.from,
                (unsigned long long)w.to);
    return code;
}
