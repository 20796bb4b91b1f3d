/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli.h"
#include "json.h"
#include "text.h"

struct options {
    struct cli_common common;
    const char *device; /* NULL: all that are found */
};

struct listing {
    struct systole_context *ctx;
    struct cli_table table;
    struct cli_json *json; /* NULL: the table */
    enum cli_exit code;
};

/* What it says of itself; the detail of the context says why it does not. */
static enum systole_status query(struct systole_context *ctx, const char *device, struct systole_device_info *info)
{
    *info = (struct systole_device_info){.size = sizeof *info};
    return systole_device_query(ctx, device, info);
}

static void json_info(struct cli_json *j, const struct systole_device_info *info)
{
    char hash[20];
    cli_json_number(j, "contract_version", info->version);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)info->contract);
    cli_json_text(j, "contract", hash);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)info->build);
    cli_json_text(j, "build", hash);
    cli_json_open(j, "capabilities", '{');
    for (uint32_t i = 0; i < SYSTOLE_CAPABILITIES && systole_capability_name(i); i++)
        cli_json_number(j, systole_capability_name(i), info->capability[i]);
    cli_json_close(j);
}

static void json_found(struct cli_json *j, struct systole_context *ctx, const char *backend, const char *purpose, const char *device,
                       const char *detail)
{
    struct systole_device_info info;
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "backend", backend);
    cli_json_text(j, "purpose", purpose);
    cli_json_text(j, "device", device);
    cli_json_text(j, "detail", detail);
    if (device) {
        const enum systole_status status = query(ctx, device, &info);
        cli_json_bool(j, "opens", !status);
        if (status)
            cli_json_text(j, "why_not", systole_context_detail(ctx));
        else if (info.rows)
            json_info(j, &info);
    }
    cli_json_close(j);
}

/* The first line of a text. */
static void first_line(struct cli_table *t, const char *text)
{
    cli_cell(t, "%.*s%s", (int)strcspn(text, "\n"), text, strchr(text, '\n') ? " ..." : "");
}

static void row(struct cli_table *t, struct systole_context *ctx, const char *device, const char *detail)
{
    struct systole_device_info info;
    cli_cell(t, "%s", device);
    if (query(ctx, device, &info)) {
        for (int i = 0; i < 5; i++)
            cli_cell(t, "-");
        first_line(t, systole_context_detail(ctx));
        return;
    }
    if (info.rows) {
        cli_cell(t, "%ux%u", info.rows, info.cols);
        cli_cell(t, "%s", info.has_fp ? "int8, bf16" : "int8");
        cli_cell(t, "%u", info.rows * info.cols);
        cli_cell(t, "%u", info.bus_bytes);
        cli_cell(t, "%016llx", (unsigned long long)info.contract);
    } else
        for (int i = 0; i < 5; i++)
            cli_cell(t, "-");
    first_line(t, detail);
}

static void found(void *user, const char *backend, const char *purpose, const char *device, const char *detail)
{
    struct listing *l = user;
    if (l->json) {
        json_found(l->json, l->ctx, backend, purpose, device, detail);
    } else if (device) {
        row(&l->table, l->ctx, device, detail[0] ? detail : purpose);
    } else {
        cli_cell(&l->table, "%s", backend);
        for (int i = 0; i < 5; i++)
            cli_cell(&l->table, "-");
        first_line(&l->table, detail[0] ? detail : "none here");
    }
}

static enum cli_exit list(const struct options *o, struct systole_context *ctx)
{
    static const char *const head[] = {"device", "array", "types", "MACs/cycle", "bus bytes", "contract", "where"};
    struct cli_json j = {.out = stdout};
    struct listing l = {.ctx = ctx, .table = {.columns = 7, .align = "lllrrll"}, .json = o->common.json ? &j : NULL};
    if (o->common.json) {
        char hash[20];
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)systole_contract());
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "contract", hash);
        cli_json_open(&j, "devices", '[');
        systole_devices(found, &l);
        cli_json_close(&j);
        cli_json_close(&j);
        return CLI_OK;
    }
    for (int i = 0; i < l.table.columns; i++)
        cli_cell(&l.table, "%s", head[i]);
    systole_devices(found, &l);
    if (cli_table_print(&l.table, stdout, 0))
        return cli_no_memory();
    printf("\nThis library's contract is %016llx; a device of another is refused.\n", (unsigned long long)systole_contract());
    return CLI_OK;
}

/* One device, with every capability. */
static enum cli_exit describe(const struct options *o, struct systole_context *ctx)
{
    struct systole_device_info info;
    struct cli_json j = {.out = stdout};
    struct cli_table t = {.columns = 3, .align = "lrl"};
    const enum systole_status status = query(ctx, o->device, &info);
    if (status)
        return cli_report_device(ctx, status, o->device);
    if (o->common.json) {
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "device", o->device);
        if (info.rows)
            json_info(&j, &info);
        cli_json_close(&j);
        return CLI_OK;
    }
    if (!info.rows) {
        printf("%s has no capabilities: it is the host itself\n", o->device);
        return CLI_OK;
    }
    cli_cell(&t, "capability");
    cli_cell(&t, "value");
    cli_cell(&t, "meaning");
    for (uint32_t i = 0; i < SYSTOLE_CAPABILITIES && systole_capability_name(i); i++) {
        cli_cell(&t, "%s", systole_capability_name(i));
        cli_cell(&t, "%u", info.capability[i]);
        cli_cell(&t, "%s", systole_capability_text(i));
    }
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    printf("\ncontract %016llx, version %u; build %016llx\n", (unsigned long long)info.contract, info.version,
           (unsigned long long)info.build);
    return CLI_OK;
}

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {0};
    struct systole_context *ctx = NULL;
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&o.device, 1, 0});
    if (code || o.common.help)
        return code;
    if (systole_context_create(NULL, &ctx))
        return cli_no_memory();
    code = o.device ? describe(&o, ctx) : list(&o, ctx);
    systole_context_free(ctx);
    return code;
}

const struct cli_verb cli_verb_devices = {
    "devices", "[D]",
    "Lists the devices that are found here, and for a back end without one why not.\n"
    "Each is opened: a device of another contract is listed with the reason it is refused. With a device: all its capabilities.",
    NULL, run};
