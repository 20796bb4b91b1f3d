/* SPDX-License-Identifier: Apache-2.0 */
/* Which devices there are, and what each says of itself. */
#include "host/engine/backend.h"
#include "systole_hash.h"

#include <string.h>

static const char *const cap_names[] = {
#define SYSTOLE_CAP(name, index, doc) [index] = #name,
#include "spec/caps.def"
#undef SYSTOLE_CAP
};

static const char *const cap_texts[] = {
#define SYSTOLE_CAP(name, index, doc) [index] = doc,
#include "spec/caps.def"
#undef SYSTOLE_CAP
};

enum { CAPS = sizeof cap_names / sizeof *cap_names };
_Static_assert((int)CAPS <= (int)SYSTOLE_CAPABILITIES, "an info has room for every capability word of the contract");

struct enumeration {
    systole_device_fn each;
    void *user;
};

static void forward(void *user, const struct systole_found *f)
{
    const struct enumeration *e = user;
    e->each(e->user, f->backend, f->purpose, f->device, f->detail ? f->detail : "");
}

void systole_devices(systole_device_fn each, void *user)
{
    struct enumeration e = {each, user};
    if (!each)
        return;
    sy_engine_kinds(each, user);
    systole_enumerate(forward, &e);
}

const char *systole_capability_name(uint32_t index)
{
    return index < CAPS ? cap_names[index] : NULL;
}

const char *systole_capability_text(uint32_t index)
{
    return index < CAPS ? cap_texts[index] : NULL;
}

uint64_t systole_contract(void)
{
    return SYSTOLE_CONTRACT_HASH;
}

static void describe(const struct systole_caps *caps, struct systole_device_info *info)
{
    info->rows = caps->ROWS;
    info->cols = caps->COLS;
    info->has_fp = caps->HAS_FP;
    info->bus_bytes = caps->AXI_BYTES;
    info->version = caps->version;
    info->contract = caps->contract;
    info->build = caps->build;
#define SYSTOLE_CAP(name, index, doc) info->capability[index] = caps->name;
#include "spec/caps.def"
#undef SYSTOLE_CAP
}

enum systole_status systole_device_query(struct systole_context *context, const char *device, struct systole_device_info *info)
{
    struct sy_engine *engine = NULL;
    if (!context || !device || !info || info->size < sizeof info->size)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    const enum systole_status status = sy_engine_open(context, device, &engine);
    if (status)
        return status;
    struct systole_device_info full = {.size = info->size};
    if (engine->dev)
        describe(systole_device_caps(engine->dev), &full);
    memcpy(info, &full, info->size < sizeof full ? info->size : sizeof full);
    sy_engine_close(engine);
    return SYSTOLE_OK;
}
