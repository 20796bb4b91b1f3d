/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back ends sim, hls and model: a device in a shared library, as systole_model.h describes it. Its bus sees the host's memory, so
 * buffers are mapped and nothing is copied.
 *
 * Time passes for a model only while it is waited for, so wait() lets it run in slices, looking at the clock between them. The
 * slices have a fixed length in cycles: what a model does must not depend on how fast the host is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "backend.h"
#include "model_path.h"
#include "systole_model.h"

#define SLICE_CYCLES 2048u
#define FIRST_ADDRESS 0x100000000ull
#define ADDRESS_STEP 4096u /* buffers begin at multiples of it, with one such gap after each: what runs over an end is caught */

struct backend_state {
    void *library;
    const struct systole_model_ops *ops;
    struct systole_model *model;
    uint64_t next_address;
};

/* ---- opening ---- */

/* The fast model is one library for all configurations, and is told which. */
static bool is_any(const struct driver_target *target)
{
    return strcmp(target->backend, "model") == 0;
}

static enum systole_status find_library(const struct driver_target *target, char *options, char path[MODEL_PATH_BYTES],
                                        struct driver_message *why)
{
    char given[TARGET_BYTES];
    if (!driver_target_take(options, "lib", given))
        return is_any(target) ? model_path_find_any(target->backend, path, why) : model_path_find(target->backend, target->name, path, why);
    /* A name without a slash is a file too, not something for the loader to look for. */
    snprintf(path, MODEL_PATH_BYTES, "%s%s", strchr(given, '/') ? "" : "./", given);
    if (access(path, F_OK) != 0)
        return driver_fail(why, SYSTOLE_NOT_FOUND, "device \"%s\": there is no file %s", target->text, path);
    return SYSTOLE_OK;
}

static enum systole_status load(struct backend_state *s, const char *path, struct driver_message *why)
{
    /* It stays loaded after the last close: opening again is cheap, and no thread can still stand in what is unloaded. */
    s->library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!s->library) {
        const char *reason = dlerror();
        return driver_fail(why, SYSTOLE_IO, "cannot load %s: %s", path, reason ? reason : "the loader does not say why");
    }
    const struct systole_model_ops *(*get)(void) = NULL;
    void *symbol = dlsym(s->library, "systole_model_get");
    memcpy(&get, &symbol, sizeof get); /* C has no cast from a data pointer to a function pointer */
    if (!get)
        return driver_fail(why, SYSTOLE_MISMATCH, "%s has no systole_model_get(): it is no device", path);
    s->ops = get();
    if (!s->ops || s->ops->abi != SYSTOLE_MODEL_ABI || s->ops->size < SYSTOLE_MODEL_OPS_LEAST)
        return driver_fail(why, SYSTOLE_MISMATCH, "%s: model interface of version %u with %u bytes, need version %u with %zu",
                           path, s->ops ? (unsigned)s->ops->abi : 0u, s->ops ? (unsigned)s->ops->size : 0u,
                           (unsigned)SYSTOLE_MODEL_ABI, SYSTOLE_MODEL_OPS_LEAST);
    return SYSTOLE_OK;
}

static void model_close(struct backend_state *s)
{
    if (!s)
        return;
    if (s->model)
        s->ops->destroy(s->model);
    if (s->library)
        dlclose(s->library);
    driver_free(s);
}

/* What the model is told: the fast model its configuration too. */
static void all_options(const struct driver_target *target, const char *options, char all[2 * TARGET_BYTES + 8])
{
    const bool any = is_any(target);
    snprintf(all, 2 * TARGET_BYTES + 8, "%s%s%s%s", any ? "config=" : "", any ? target->name : "", any && options[0] != '\0' ? "," : "", options);
}

static enum systole_status model_open(const struct driver_target *target, struct backend_opened *out, struct driver_message *why)
{
    struct backend_state *s = NULL;
    struct model_configuration c;
    char path[MODEL_PATH_BYTES], options[TARGET_BYTES], all[2 * TARGET_BYTES + 8], reason[256] = "";
    memcpy(options, target->options, sizeof options);
    enum systole_status status = model_configuration_parse(target->name, &c, why);
    if (status == SYSTOLE_OK)
        status = find_library(target, options, path, why);
    if (status != SYSTOLE_OK)
        goto out;
    s = driver_alloc(sizeof *s);
    if (!s) {
        status = driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for a model: %zu bytes", sizeof *s);
        goto out;
    }
    s->next_address = FIRST_ADDRESS;
    status = load(s, path, why);
    if (status != SYSTOLE_OK)
        goto out;
    all_options(target, options, all);
    s->model = s->ops->create(all, reason, sizeof reason);
    if (!s->model) {
        status = driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": %s", target->text,
                             reason[0] != '\0' ? reason : "the model cannot be created");
        goto out;
    }
    out->rows = c.rows;
    out->cols = c.cols;
    snprintf(out->detail, sizeof out->detail, "%.*s", (int)sizeof out->detail - 1, path);
    out->state = s;
    s = NULL;
out:
    model_close(s);
    return status;
}

static size_t model_list(const char *backend, backend_found_fn *found, void *user, struct driver_message *why)
{
    const size_t count = model_path_list(backend, found, user);
    if (count == 0)
        driver_fail(why, SYSTOLE_NOT_FOUND, "no library libsystole_%s_<rows>x<cols>.so was found; `make %s ROWS=16 COLS=16` "
                    "builds one", backend, backend);
    return count;
}

/* One line for whatever configuration is asked for. */
static size_t any_list(const char *backend, backend_found_fn *found, void *user, struct driver_message *why)
{
    char path[MODEL_PATH_BYTES];
    if (model_path_find_any(backend, path, why) != SYSTOLE_OK)
        return 0;
    found(user, "16x16", path);
    return 1;
}

/* ---- registers ---- */

static enum systole_status model_read_reg(struct backend_state *s, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    (void)why;
    *value = s->ops->read_reg(s->model, offset);
    return SYSTOLE_OK;
}

static enum systole_status model_write_reg(struct backend_state *s, uint32_t offset, uint32_t value, struct driver_message *why)
{
    (void)why;
    s->ops->write_reg(s->model, offset, value);
    return SYSTOLE_OK;
}

/* ---- memory ---- */

static enum systole_status model_alloc(struct backend_state *s, uint64_t size, struct backend_memory *out,
                                       struct driver_message *why)
{
    const uint64_t room = SYSTOLE_BUFFER_ALIGN - 1;
    const uint64_t left = UINT64_MAX - s->next_address;
    /* The allocator's own zeroed memory, aligned here: pages of it that nobody touches are never made. */
    char *raw = size <= SIZE_MAX - room && size <= left && left - size >= 2 * ADDRESS_STEP ? driver_alloc((size_t)(size + room))
                                                                                           : NULL;
    if (!raw)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for a buffer of %" PRIu64 " bytes", size);
    const size_t skew = (size_t)((uintptr_t)raw % SYSTOLE_BUFFER_ALIGN);
    void *host = raw + (skew ? SYSTOLE_BUFFER_ALIGN - skew : 0);
    if (s->ops->attach(s->model, s->next_address, host, size) != 0) {
        driver_free(raw);
        return driver_fail(why, SYSTOLE_NO_MEMORY, "the model has no place for a buffer of %" PRIu64 " bytes", size);
    }
    *out = (struct backend_memory){.address = s->next_address, .host = host, .handle = raw};
    s->next_address += (size + ADDRESS_STEP - 1) / ADDRESS_STEP * ADDRESS_STEP + ADDRESS_STEP;
    return SYSTOLE_OK;
}

static void model_free(struct backend_state *s, const struct backend_memory *memory)
{
    s->ops->detach(s->model, memory->address);
    driver_free(memory->handle);
}

/* ---- time ---- */

static uint64_t now_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static enum systole_status model_wait(struct backend_state *s, uint64_t timeout_ns, struct driver_message *why)
{
    (void)why;
    const uint64_t begin = now_ns();
    while (!s->ops->run(s->model, SLICE_CYCLES)) {
        /* Done, but busy: the memory never gave all its answers. A model that has failed is busy, and reads all ones. */
        const uint32_t ctrl = s->ops->read_reg(s->model, SYSTOLE_REG_CTRL);
        if (ctrl & CTRL_DONE)
            break;
        if (timeout_ns != SYSTOLE_FOREVER && now_ns() - begin >= timeout_ns)
            return SYSTOLE_TIMEOUT;
    }
    return SYSTOLE_OK;
}

static const struct systole_event *model_events(struct backend_state *s, size_t *count)
{
    return SYSTOLE_MODEL_HAS(s->ops, events) ? s->ops->events(s->model, count) : NULL;
}

static bool model_memory(struct backend_state *s, uint32_t *latency, uint32_t *outstanding)
{
    if (SYSTOLE_MODEL_HAS(s->ops, memory))
        s->ops->memory(s->model, latency, outstanding);
    return SYSTOLE_MODEL_HAS(s->ops, memory);
}

static enum systole_status model_retime(struct backend_state *s, const struct driver_target *target, struct driver_message *why)
{
    char options[TARGET_BYTES], given[TARGET_BYTES], all[2 * TARGET_BYTES + 8], reason[256] = "";
    if (!SYSTOLE_MODEL_HAS(s->ops, retime))
        return driver_fail(why, SYSTOLE_UNSUPPORTED, "device \"%s\": only the fast model (model:) can change its memory", target->text);
    memcpy(options, target->options, sizeof options);
    (void)driver_target_take(options, "lib", given);
    all_options(target, options, all);
    if (s->ops->retime(s->model, all, reason, sizeof reason) != 0)
        return driver_fail(why, SYSTOLE_UNSUPPORTED, "device \"%s\": %s", target->text, reason);
    return SYSTOLE_OK;
}

#define MODEL_OPS(lists)                                                                                               \
    {                                                                                                                  \
        .abi = BACKEND_ABI, .size = sizeof(struct backend_ops), .list = lists, .open = model_open,                     \
        .close = model_close, .read_reg = model_read_reg, .write_reg = model_write_reg, .alloc = model_alloc,          \
        .free = model_free, .wait = model_wait, .events = model_events, .memory = model_memory, .retime = model_retime,  \
    }

extern const struct backend_ops driver_backend_sim, driver_backend_hls, driver_backend_model;
const struct backend_ops driver_backend_sim = MODEL_OPS(model_list);
const struct backend_ops driver_backend_hls = MODEL_OPS(model_list);
const struct backend_ops driver_backend_model = MODEL_OPS(any_list);
