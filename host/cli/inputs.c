/* SPDX-License-Identifier: Apache-2.0 */
#include "inputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { NAME_ROOM = 4096 };

enum cli_exit cli_take_input(void *inputs, const char *value)
{
    struct cli_inputs *in = inputs;
    if (in->n_files == CLI_INPUTS)
        return cli_usage("at most 64 inputs");
    in->files[in->n_files++] = value;
    return CLI_OK;
}

enum cli_exit cli_take_seed(void *inputs, const char *value)
{
    struct cli_inputs *in = inputs;
    char *end = NULL;
    errno = 0;
    in->random = 1;
    in->seed = strtoull(value, &end, 10);
    return value[0] < '0' || value[0] > '9' || *end || errno ? cli_usage("--random takes a number") : CLI_OK;
}

enum cli_exit cli_take_shape(void *shapes, const char *value)
{
    struct cli_shapes *s = shapes;
    if (s->n == CLI_INPUTS)
        return cli_usage("at most 64 shapes");
    s->list[s->n++] = value;
    return CLI_OK;
}

/* ---- Shapes ---- */

/* The numbers of "[NAME=]2x3x4"; their number, -1 where it is not that. */
static int read_shape(const char *text, int64_t dims[SYSTOLE_MAX_RANK])
{
    const char *equals = strrchr(text, '='), *at = equals ? equals + 1 : text;
    for (int n = 0; n < SYSTOLE_MAX_RANK; n++) {
        char *end = NULL;
        errno = 0;
        dims[n] = *at >= '0' && *at <= '9' ? strtoll(at, &end, 10) : -1;
        if (dims[n] < 0 || errno || (*end != 'x' && *end != ',' && *end))
            return -1;
        if (!*end)
            return n + 1;
        at = end + 1;
    }
    return -1;
}

/* Is it of the input of that name, which is the model's first? Without a name it is the first's. */
static int is_shape_of(const char *text, const char *name, int first)
{
    const char *equals = strrchr(text, '=');
    return equals ? strncmp(text, name, (size_t)(equals - text)) == 0 && strlen(name) == (size_t)(equals - text) : first;
}

enum cli_exit cli_fix_shapes(struct systole_context *ctx, struct systole_model *model, const struct cli_shapes *shapes)
{
    for (int i = 0; i < shapes->n; i++) {
        struct systole_value_info info = {.size = sizeof info};
        int64_t dims[SYSTOLE_MAX_RANK];
        int found = 0;
        const int rank = read_shape(shapes->list[i], dims);
        if (rank < 0)
            return cli_usage("--shape takes [NAME=] and sizes with x between, as 1x3x224x224");
        for (int k = 0; k < systole_model_input_count(model) && !found; k++)
            found = !systole_model_input(model, k, &info) && is_shape_of(shapes->list[i], info.name, k == 0);
        if (!found) {
            fprintf(stderr, "systole: --shape %s: the model has no such input\n", cli_name(shapes->list[i]).text);
            return CLI_USAGE;
        }
        const enum systole_status status = systole_model_set_shape(ctx, model, info.name, rank, dims);
        if (status)
            return cli_report(ctx, status, "--shape");
    }
    return CLI_OK;
}

/* A model out of a compiled file keeps its free dimensions: what is wanted of them. */
static void wanted_shape(const struct cli_shapes *shapes, int index, struct systole_value_info *info)
{
    for (int i = 0; i < shapes->n; i++) {
        int64_t dims[SYSTOLE_MAX_RANK];
        const int rank = is_shape_of(shapes->list[i], info->name, index == 0) ? read_shape(shapes->list[i], dims) : -1;
        if (rank < 0)
            continue;
        info->rank = rank;
        memcpy(info->dims, dims, sizeof dims);
    }
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void put_random(void *data, int64_t i, enum systole_dtype dtype, uint64_t r)
{
    const float f = (float)((double)(r >> 40) / (double)(1 << 23) - 1);
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    switch ((int)dtype) {
    case SYSTOLE_F32: ((float *)data)[i] = f; break;
    case SYSTOLE_F64: ((double *)data)[i] = (double)(r >> 11) / (double)(UINT64_C(1) << 52) - 1; break;
    case SYSTOLE_BF16: ((uint16_t *)data)[i] = (uint16_t)(bits >> 16); break;
    case SYSTOLE_F16: ((uint16_t *)data)[i] = (uint16_t)((r >> 48 & 0x83ff) | (((r >> 32 & 7) + 7) << 10)); break;
    case SYSTOLE_I8:
    case SYSTOLE_U8: ((uint8_t *)data)[i] = (uint8_t)(r >> 32); break;
    case SYSTOLE_BOOL: ((uint8_t *)data)[i] = (uint8_t)(r >> 63); break;
    default: break;
    }
}

/*
 * Floating point: -1 to 1; bytes and booleans: any; other types are indices and sizes, which must fit something: zeros. Free
 * dimensions are 1.
 */
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
    for (int64_t i = 0; i < systole_tensor_count(*t); i++)
        put_random(systole_tensor_data_mutable(*t), i, info->dtype, next_random(state));
    return SYSTOLE_OK;
}

/* ---- Raw files: the bytes of the elements, of the type and shape that the model says ---- */

static int is_raw(const char *path)
{
    const size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".raw") == 0;
}

static enum cli_exit raw_misfit(const char *path, const char *name, long size, const char *why)
{
    fprintf(stderr, "systole: %s: %ld bytes for input '%.200s': %s\n", cli_name(path).text, size, cli_name(name).text, why);
    return CLI_FILE;
}

/* A shape with one free dimension takes what the file's size says. */
static enum cli_exit raw_shape(const char *path, const struct systole_value_info *info, long size, size_t element,
                               int64_t dims[SYSTOLE_MAX_RANK])
{
    char why[96];
    int free_at = -1;
    uint64_t bytes = element;
    if (!info->dtype || info->rank < 0)
        return raw_misfit(path, info->name, size, "the model does not say the input's type and shape; give a .npy or .pb file");
    for (int i = 0; i < info->rank; i++) {
        dims[i] = info->dims[i];
        if (dims[i] < 0 && free_at >= 0)
            return raw_misfit(path, info->name, size, "more than one of its dimensions is free; give a .npy or .pb file");
        if (dims[i] < 0)
            free_at = i;
        else if (dims[i] > 0 && bytes > UINT64_MAX / (uint64_t)dims[i])
            return raw_misfit(path, info->name, size, "the model's shape is too large");
        else
            bytes *= (uint64_t)dims[i];
    }
    if (free_at >= 0 && bytes)
        dims[free_at] = (int64_t)((uint64_t)size / bytes);
    const uint64_t rest = bytes && free_at >= 0 ? (uint64_t)size % bytes : bytes == (uint64_t)size ? 0 : 1;
    if (!rest && (bytes || free_at < 0))
        return CLI_OK;
    snprintf(why, sizeof why, "the model wants %s%llu", free_at >= 0 ? "a multiple of " : "", (unsigned long long)bytes);
    return raw_misfit(path, info->name, size, why);
}

static enum cli_exit read_raw(struct systole_context *ctx, const char *path, const struct systole_value_info *info,
                              struct systole_tensor **t)
{
    struct systole_tensor *one = NULL;
    int64_t dims[SYSTOLE_MAX_RANK] = {0};
    if (info->dtype && systole_tensor_create(ctx, info->dtype, 0, NULL, NULL, &one))
        return cli_report(ctx, SYSTOLE_UNSUPPORTED, path);
    const size_t element = one ? systole_tensor_bytes(one) : 1;
    systole_tensor_free(one);
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0) {
        enum cli_exit code = cli_file_error(path);
        if (f)
            fclose(f);
        return code;
    }
    const long size = ftell(f);
    rewind(f);
    enum cli_exit code = size < 0 ? cli_file_error(path) : raw_shape(path, info, size, element, dims);
    enum systole_status status = code ? SYSTOLE_OK : systole_tensor_create(ctx, info->dtype, info->rank, dims, NULL, t);
    if (status)
        code = cli_report(ctx, status, path);
    if (!code && fread(systole_tensor_data_mutable(*t), 1, (size_t)size, f) != (size_t)size)
        code = cli_file_error(path);
    fclose(f);
    return code;
}

/* The input of that name, one with an initialiser too: then only the name is known. */
static void info_by_name(const struct systole_model *model, const char *name, struct systole_value_info *info)
{
    for (int i = 0; i < systole_model_input_count(model); i++)
        if (!systole_model_input(model, i, info) && strcmp(info->name, name) == 0)
            return;
    *info = (struct systole_value_info){.size = sizeof *info, .name = name, .rank = -1};
}

/* NAME of NAME=FILE, else of the model's input at `index`; its length. */
static size_t name_of(const struct systole_model *model, const char *text, int index, const char **name)
{
    struct systole_value_info info = {.size = sizeof(info)};
    const char *equals = strchr(text, '=');
    *name = text;
    if (equals)
        return (size_t)(equals - text);
    *name = systole_model_input(model, index, &info) ? "" : info.name;
    return strlen(*name);
}

static enum cli_exit refuse_twice(const struct systole_model *model, const struct cli_inputs *in)
{
    for (int i = 0; i < in->n_files; i++)
        for (int k = 0; k < i; k++) {
            const char *one, *other;
            const size_t n = name_of(model, in->files[i], i, &one);
            if (name_of(model, in->files[k], k, &other) != n || !n || memcmp(one, other, n) != 0)
                continue;
            char name[201];
            snprintf(name, sizeof name, "%.*s", n > 200 ? 200 : (int)n, one);
            fprintf(stderr, "systole: input '%s' is given twice: %s and %s\n", cli_name(name).text, cli_name(in->files[k]).text,
                    cli_name(in->files[i]).text);
            return CLI_USAGE;
        }
    return CLI_OK;
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
        info_by_name(model, name, &info);
    } else if (systole_model_input(model, index, &info))
        return cli_usage("more inputs than the model has");
    enum systole_status status = SYSTOLE_OK;
    enum cli_exit code = is_raw(path) ? read_raw(ctx, path, &info, &t) : CLI_OK;
    if (!code && !t)
        status = systole_tensor_read(ctx, path, &t);
    if (!code && !status)
        status = systole_session_set(session, info.name, t);
    systole_tensor_free(t);
    return status ? cli_report(ctx, status, path) : code;
}

static int is_given(const struct systole_model *model, const struct cli_inputs *in, const char *input)
{
    for (int i = 0; i < in->n_files; i++) {
        const char *name;
        const size_t n = name_of(model, in->files[i], i, &name);
        if (strlen(input) == n && memcmp(name, input, n) == 0)
            return 1;
    }
    return 0;
}

void cli_hint_free_dimensions(const struct systole_model *model, const struct cli_inputs *in)
{
    for (int i = 0; in->random && i < systole_model_input_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        if (systole_model_input(model, i, &info) || is_given(model, in, info.name))
            continue;
        wanted_shape(&in->shapes, i, &info);
        int any = 0;
        for (int d = 0; d < info.rank; d++)
            any = any || info.dims[d] < 0;
        if (!any)
            continue;
        fprintf(stderr, "systole: the free dimensions of input '%s' are taken as 1:", cli_name(info.name).text);
        for (int d = 0; d < info.rank; d++)
            fprintf(stderr, "%s%s", d ? "x" : " ", info.dims[d] < 0 ? "?" : cli_count((uint64_t)info.dims[d]).text);
        fprintf(stderr, "; --shape says others\n");
    }
}

enum cli_exit cli_set_inputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                             const struct cli_inputs *in)
{
    uint64_t state = in->seed;
    for (int i = 0; in->random && i < systole_model_input_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *t = NULL;
        enum systole_status status = systole_model_input(model, i, &info);
        wanted_shape(&in->shapes, i, &info);
        if (!status)
            status = make_random(ctx, &info, &state, &t);
        if (!status)
            status = systole_session_set(session, info.name, t);
        systole_tensor_free(t);
        if (status)
            return cli_report(ctx, status, info.name ? info.name : "input");
    }
    enum cli_exit code = refuse_twice(model, in);
    for (int i = 0; i < in->n_files && !code; i++)
        code = set_file(ctx, model, session, in->files[i], i);
    return code;
}
