/* SPDX-License-Identifier: Apache-2.0 */
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 4096 };

enum cli_exit cli_take_input(struct cli_inputs *in, const char *option, const char *value, int *taken)
{
    *taken = 1;
    if (strcmp(option, "--input") == 0) {
        if (in->n_files == CLI_INPUTS)
            return cli_usage("at most 64 inputs");
        in->files[in->n_files++] = value;
    } else if (strcmp(option, "--random") == 0) {
        char *end;
        in->random = 1;
        in->seed = strtoull(value, &end, 10);
        if (end == value || *end)
            return cli_usage("--random takes a number");
    } else
        *taken = 0;
    return CLI_OK;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* fp32: -1 to 1; bytes: any; other types: zeros. Free dimensions are 1. */
static enum systole_status make_random(struct systole_context *ctx, const struct systole_value_info *info, uint64_t *state,
                                       struct systole_tensor **t)
{
    int64_t dims[SYSTOLE_MAX_RANK];
    int rank = info->rank < 0 ? 0 : info->rank;
    for (int i = 0; i < rank; i++)
        dims[i] = info->dims[i] < 0 ? 1 : info->dims[i];
    enum systole_status status = systole_tensor_create(ctx, info->dtype, rank, dims, NULL, t);
    if (status)
        return status;
    void *data = systole_tensor_data_mutable(*t);
    for (int64_t i = 0; i < systole_tensor_count(*t); i++) {
        uint64_t r = next_random(state);
        if (info->dtype == SYSTOLE_F32)
            ((float *)data)[i] = (float)((double)(r >> 40) / (double)(1 << 23) - 1);
        else if (info->dtype == SYSTOLE_I8 || info->dtype == SYSTOLE_U8)
            ((uint8_t *)data)[i] = (uint8_t)(r >> 32);
    }
    return SYSTOLE_OK;
}

/* NAME=FILE, or FILE for the input at `index`. */
static enum cli_exit set_file(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                              const char *text, int index)
{
    struct systole_value_info info = {.size = sizeof(info)};
    struct systole_tensor *t = NULL;
    char name[NAME_ROOM];
    const char *equals = strchr(text, '='), *path = text;
    if (equals && (size_t)(equals - text) < sizeof(name)) {
        memcpy(name, text, (size_t)(equals - text));
        name[equals - text] = '\0';
        path = equals + 1;
    } else {
        if (systole_model_input(model, index, &info))
            return cli_usage("more inputs than the model has");
        snprintf(name, sizeof(name), "%s", info.name);
    }
    enum systole_status status = systole_tensor_read(ctx, path, &t);
    if (!status)
        status = systole_session_set(session, name, t);
    systole_tensor_free(t);
    return status ? cli_report(ctx, status, path) : CLI_OK;
}

enum cli_exit cli_set_inputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                             const struct cli_inputs *in)
{
    uint64_t state = in->seed;
    for (int i = 0; in->random && i < systole_model_input_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *t = NULL;
        enum systole_status status = systole_model_input(model, i, &info);
        if (!status)
            status = make_random(ctx, &info, &state, &t);
        if (!status)
            status = systole_session_set(session, info.name, t);
        systole_tensor_free(t);
        if (status)
            return cli_report(ctx, status, info.name ? info.name : "input");
    }
    for (int i = 0; i < in->n_files; i++) {
        enum cli_exit code = set_file(ctx, model, session, in->files[i], i);
        if (code)
            return code;
    }
    return CLI_OK;
}
