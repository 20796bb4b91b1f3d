/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli.h"
#include "json.h"
#include "open.h"
#include "profile.h"
#include "text.h"

struct options {
    struct cli_common common;
    const char *device;
    struct cli_shapes shapes;
};

static const struct cli_option table[] = {
    {"--device", CLI_TEXT, offsetof(struct options, device), "D", "the device that it is for; it must be there", NULL},
    CLI_SHAPE_OPTION(offsetof(struct options, shapes)),
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

static const char *name_of(const struct systole_session *session, uint64_t index)
{
    struct systole_part p = {.size = sizeof p};
    return systole_session_part(session, index, &p) ? "" : p.node;
}

static void row(struct cli_table *t, const struct systole_session *session, const struct systole_part *p)
{
    const int on_device = p->place == SYSTOLE_STEP_DEVICE;
    cli_cell(t, "%.60s", p->node);
    cli_cell(t, "%s", p->op);
    cli_cell(t, "%s", cli_place_name(p->place));
    cli_cell(t, "%s", p->place == SYSTOLE_STEP_HOST ? "-" : cli_count(p->program).text);
    cli_cell(t, "%s", on_device ? cli_count(p->count).text : "-");
    cli_cell(t, "%s", on_device && p->macs ? cli_count(p->macs).text : "-");
    cli_cell(t, "%s", on_device ? cli_bytes((double)p->bytes_in).text : "-");
    cli_cell(t, "%s", on_device ? cli_bytes((double)p->bytes_out).text : "-");
    if (p->place == SYSTOLE_STEP_FUSED)
        cli_cell(t, "into %.100s", name_of(session, p->into));
    else
        cli_cell(t, "%s", p->text ? p->text : "");
}

static void json_part(struct cli_json *j, const struct systole_part *p)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "node", p->node);
    cli_json_text(j, "operator", p->op);
    cli_json_text(j, "where", cli_place_name(p->place));
    cli_json_text(j, "why", p->text);
    if (p->place == SYSTOLE_STEP_FUSED)
        cli_json_number(j, "into", p->into);
    if (p->place != SYSTOLE_STEP_HOST)
        cli_json_number(j, "program", p->program);
    if (p->place == SYSTOLE_STEP_DEVICE) {
        cli_json_number(j, "first", p->first);
        cli_json_number(j, "instructions", p->count);
        cli_json_number(j, "macs", p->macs);
        cli_json_number(j, "bytes_in", p->bytes_in);
        cli_json_number(j, "bytes_out", p->bytes_out);
    }
    cli_json_close(j);
}

static void tell_json(const struct options *o, const char *path, const struct systole_session *session)
{
    struct cli_json j = {.out = stdout};
    struct systole_part p = {.size = sizeof p};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model", path);
    cli_json_text(&j, "device", o->device);
    cli_json_open(&j, "nodes", '[');
    for (uint64_t i = 0; !systole_session_part(session, i, &p); i++)
        json_part(&j, &p);
    cli_json_close(&j);
    cli_json_close(&j);
}

static enum cli_exit tell_table(const struct systole_session *session)
{
    static const char *const head[] = {"node", "operator", "where", "program", "instructions", "MACs", "in", "out", "how, or why not"};
    struct cli_table t = {.columns = 9, .align = "lllrrrrrl"};
    struct systole_part p = {.size = sizeof p};
    uint64_t places[3] = {0}, programs = 0;
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, "%s", head[i]);
    for (uint64_t i = 0; !systole_session_part(session, i, &p); i++) {
        row(&t, session, &p);
        places[p.place]++;
        if (p.place != SYSTOLE_STEP_HOST && p.program + 1 > programs)
            programs = p.program + 1;
    }
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    printf("\n%llu programs; %llu nodes on the device, %llu fused into them, %llu on the host\n", (unsigned long long)programs,
           (unsigned long long)places[SYSTOLE_STEP_DEVICE], (unsigned long long)places[SYSTOLE_STEP_FUSED],
           (unsigned long long)places[SYSTOLE_STEP_HOST]);
    return CLI_OK;
}

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {0};
    const char *path = NULL;
    struct systole_context *ctx = NULL;
    struct systole_session *session = NULL;
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&path, 1, 0});
    if (code || o.common.help)
        return code;
    if (!path || !o.device)
        return cli_usage(path ? "explain takes --device" : "which model?");
    code = systole_context_create(NULL, &ctx) ? cli_no_memory() : cli_session_open(ctx, path, &o.shapes, o.device, 0, &session);
    if (!code && o.common.json)
        tell_json(&o, path, session);
    else if (!code)
        code = tell_table(session);
    if (!code && !o.common.quiet)
        cli_hint_free_dimensions(systole_session_model(session), &(struct cli_inputs){.shapes = o.shapes, .random = 1});
    systole_session_free(session);
    systole_context_free(ctx);
    return code;
}

const struct cli_verb cli_verb_explain = {
    "explain", "MODEL",
    "Tells what becomes of each node of a model on a device, without running it.\n"
    "Where it goes: into which program with how many instructions, and how it was cut; into another node; or to the host, and what the\n"
    "device lacks. A product of two tensors that both come from the run goes to the device all the same, one launch each.",
    table, run};
