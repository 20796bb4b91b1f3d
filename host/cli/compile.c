/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "inputs.h"
#include "json.h"
#include "profile.h"
#include "text.h"

struct options {
    struct cli_common common;
    const char *device, *output;
    struct cli_shapes shapes;
};

static const struct cli_option table[] = {
    {"--device", CLI_TEXT, offsetof(struct options, device), "D", "what it is compiled for; it must be there", NULL},
    {"--output", CLI_TEXT, offsetof(struct options, output), "FILE", "where the compiled model goes", NULL},
    CLI_SHAPE_OPTION(offsetof(struct options, shapes)),
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

static enum cli_exit tell(const struct options *o, const char *model, struct systole_context *ctx)
{
    struct systole_device_info info = {.size = sizeof info};
    struct stat file;
    char build[20] = "";
    if (stat(o->output, &file) != 0)
        return cli_file_error(o->output);
    const enum systole_status status = systole_device_query(ctx, o->device, &info);
    if (status)
        return cli_report_device(ctx, status, o->device);
    snprintf(build, sizeof build, "%016llx", (unsigned long long)info.build);
    if (!o->common.json) {
        if (!o->common.quiet)
            printf("%s: %s for devices of build %s, %s\n", o->output, model, build, cli_bytes((double)file.st_size).text);
        return CLI_OK;
    }
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model", model);
    cli_json_text(&j, "device", o->device);
    cli_json_text(&j, "build", build);
    cli_json_text(&j, "file", o->output);
    cli_json_number(&j, "bytes", (uint64_t)file.st_size);
    cli_json_close(&j);
    return CLI_OK;
}

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {0};
    const char *path = NULL;
    struct systole_context *ctx = NULL;
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&path, 1, 0});
    if (code || o.common.help)
        return code;
    if (!path)
        return cli_usage("which model?");
    if (!o.device || !o.output)
        return cli_usage("compile takes --device and --output");
    enum systole_status status = systole_context_create(NULL, &ctx);
    if (!status)
        status = systole_model_load(ctx, path, &model);
    if (status)
        code = cli_report(ctx, status, path);
    if (!code)
        code = cli_fix_shapes(ctx, model, &o.shapes);
    if (!code && !o.common.quiet)
        cli_hint_free_dimensions(model, &(struct cli_inputs){.shapes = o.shapes, .random = 1});
    if (!code && (status = systole_session_create(ctx, model, o.device, &session)) != SYSTOLE_OK)
        code = cli_report_device(ctx, status, o.device);
    if (!code && (status = systole_session_save(session, o.output)) != SYSTOLE_OK)
        code = cli_report(ctx, status, o.output);
    if (!code)
        code = tell(&o, path, ctx);
    systole_session_free(session);
    systole_model_free(model);
    systole_context_free(ctx);
    return code;
}

const struct cli_verb cli_verb_compile = {
    "compile", "MODEL",
    "Compiles a model for a device and keeps it as one file, which `systole run` takes in place of the model.\n"
    "The file is for devices of the same build; another is refused with both hashes. It holds the model, its programs and its constants.",
    table, run};
