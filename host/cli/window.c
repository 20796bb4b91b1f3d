/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <stdio.h>
#include <string.h>

#include "open.h"
#include "progress.h"
#include "text.h"

/*
 * A simulator counts its cycles from its opening, those between programs too, when registers are set and read: about 350 for each program.
 * So a layer begins no sooner than the cycles of the layers before it, and ends no later than with this many more for each program.
 */
enum { BETWEEN = 512 };

static enum cli_exit no_layer(const struct cli_profile *p, const char *name)
{
    int known = 0;
    for (uint64_t i = 0; name && i < p->count; i++)
        known = known || strcmp(p->steps[i].node, name) == 0;
    if (name)
        fprintf(stderr, "systole: %s '%s'%s\n", known ? "step" : "there is no step", cli_name(name).text,
                known ? " took no cycles of the device: there is nothing of it to record" : "; --profile lists them");
    else
        fprintf(stderr, "systole: %s: nothing took cycles of the device: there is nothing to record\n", p->device);
    return CLI_USAGE;
}

enum cli_exit cli_window_find(const struct cli_profile *p, const char *layer, struct cli_window *w)
{
    uint64_t cycles = 0, launches = 0;
    w->layer = NULL;
    for (uint64_t i = 0; i < p->count; i++) {
        const struct systole_step *s = &p->steps[i];
        const int wanted = layer ? !w->layer && strcmp(s->node, layer) == 0 : !w->layer || s->cycles > w->layer->cycles;
        launches += s->launches;
        if (wanted && s->cycles)
            *w = (struct cli_window){s, cycles, cycles + s->cycles + BETWEEN * (launches + 2)};
        cycles += s->cycles;
    }
    return w->layer ? CLI_OK : no_layer(p, layer);
}

enum cli_exit cli_window_name(const char *option, const char *path)
{
    char text[160];
    if (strlen(path) <= CLI_RECORD_NAME && !strchr(path, ','))
        return CLI_OK;
    snprintf(text, sizeof text, "%s takes a file's name of up to %d characters, without a comma", option, CLI_RECORD_NAME);
    return cli_usage(text);
}

enum cli_exit cli_window_run(const struct cli_profile *p, struct systole_context *ctx, const struct cli_inputs *inputs, const char *options,
                             const char *hint, int quiet)
{
    char device[CLI_DEVICE_ROOM + CLI_RECORD_NAME + 128];
    struct systole_session *session = NULL;
    snprintf(device, sizeof device, "%.*s,%s", CLI_DEVICE_ROOM, p->device, options);
    enum cli_exit code = cli_session_open(ctx, p->model, &inputs->shapes, device, 0, &session);
    if (code) {
        fprintf(stderr, "systole: %s\n", hint);
        return code;
    }
    code = cli_set_inputs(ctx, systole_session_model(session), session, inputs);
    if (!code) {
        struct cli_progress *progress = cli_progress_start("again", quiet);
        systole_session_set_progress(session, progress ? cli_progress_step : NULL, progress);
        const enum systole_status status = systole_session_run(session);
        cli_progress_end(progress);
        code = status ? cli_report(ctx, status, p->model) : CLI_OK;
    }
    systole_session_free(session);
    return code;
}
