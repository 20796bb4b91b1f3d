/* SPDX-License-Identifier: Apache-2.0 */
/* The table of back ends, and what can be found with them. */
#include <stdio.h>
#include <string.h>

#include "backend.h"

#define SYSTOLE_BACKEND(name, purpose) SYSTOLE_BACKEND_AS(name, #name, purpose)

#define SYSTOLE_BACKEND_AS(symbol, name, purpose) extern const struct backend_ops driver_backend_##symbol;
#include "backends.def"
#undef SYSTOLE_BACKEND_AS

const struct backend driver_backends[] = {
#define SYSTOLE_BACKEND_AS(symbol, name, purpose) {name, purpose, &driver_backend_##symbol},
#include "backends.def"
#undef SYSTOLE_BACKEND_AS
    {NULL, NULL, NULL},
};

const char *systole_backend_name(size_t index)
{
    enum { COUNT = sizeof driver_backends / sizeof *driver_backends };
    return index < COUNT ? driver_backends[index].name : NULL;
}

const struct backend *driver_backend_find(const char *name, struct driver_message *why)
{
    for (const struct backend *b = driver_backends; b->name; b++)
        if (strcmp(b->name, name) == 0)
            return b;
    driver_fail(why, SYSTOLE_BAD_DEVICE, "no back end is called \"%s\"; there are", name);
    for (const struct backend *b = driver_backends; b->name; b++)
        driver_add(why, "%s %s", b == driver_backends ? "" : ",", b->name);
    return NULL;
}

enum systole_status driver_backend_check(const char *name, const struct backend_ops *ops, struct driver_message *why)
{
    if (ops->abi != BACKEND_ABI || ops->size < sizeof *ops)
        return driver_fail(why, SYSTOLE_MISMATCH, "back end %s: table of version %u with %u bytes, need version %u with %zu",
                           name, (unsigned)ops->abi, (unsigned)ops->size, (unsigned)BACKEND_ABI, sizeof *ops);
    const struct {
        const char *name;
        bool there;
    } required[] = {
        {"open", ops->open != NULL},           {"close", ops->close != NULL}, {"read_reg", ops->read_reg != NULL},
        {"write_reg", ops->write_reg != NULL}, {"alloc", ops->alloc != NULL}, {"free", ops->free != NULL},
    };
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
        if (!required[i].there)
            return driver_fail(why, SYSTOLE_MISMATCH, "back end %s has no operation %s", name, required[i].name);
    return SYSTOLE_OK;
}

struct enumeration {
    systole_found_fn *each;
    void *user;
    const struct backend *backend;
};

static void report(void *user, const char *name, const char *detail)
{
    const struct enumeration *e = user;
    char device[TARGET_BYTES];
    snprintf(device, sizeof device, "%s:%s", e->backend->name, name);
    const struct systole_found found = {e->backend->name, e->backend->purpose, device, detail};
    e->each(e->user, &found);
}

void systole_enumerate(systole_found_fn *each, void *user)
{
    for (const struct backend *b = driver_backends; b->name; b++) {
        struct enumeration e = {each, user, b};
        struct driver_message why = {.text = ""};
        struct systole_found found = {b->name, b->purpose, NULL, why.text};
        if (driver_backend_check(b->name, b->ops, &why) != SYSTOLE_OK) {
            each(user, &found);
        } else if (!b->ops->list) {
            found.device = b->name;
            each(user, &found);
        } else if (b->ops->list(b->name, report, &e, &why) == 0) {
            each(user, &found);
        }
    }
}
