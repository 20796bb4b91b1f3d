/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a segment: its inputs into the device's memory, one start, its outputs back. */
#include <string.h>

#include "host/core/alloc.h"
#include "host/net/compile.h"

static enum systole_status driver_failed(struct systole_context *ctx, const struct net_segment *s, enum systole_status status)
{
    return sy_fail(ctx, status, "%s: %s", systole_device_name(s->e->dev), systole_device_message(s->e->dev));
}

static bool is_as_planned(const struct net_port *p, const struct systole_tensor *t)
{
    return t && t->dtype == p->dtype && t->rank == p->rank && memcmp(t->dims, p->dims, (size_t)p->rank * sizeof *p->dims) == 0;
}

/* *fits is false, and nothing has happened, where an input is not as planned or holds what the passes cannot multiply. */
static enum systole_status put_inputs(struct systole_context *ctx, struct net_segment *s, const struct sy_scope *scope, bool *fits)
{
    *fits = true;
    for (int i = 0; i < s->n_in && *fits; i++) {
        const struct systole_tensor *t = sy_value_of(scope, s->in[i].value);
        *fits = is_as_planned(&s->in[i], t) && !(s->in[i].checked && net_is_special(t->data, t->count, false));
    }
    for (int i = 0; i < s->n_in && *fits; i++) {
        const struct net_port *p = &s->in[i];
        net_to_device(p, sy_value_of(scope, p->value)->data, s->host + p->offset);
        const enum systole_status status =
            s->mapped ? systole_buffer_sync(s->arena, SYSTOLE_TO_DEVICE, p->offset, net_port_bytes(p))
                      : systole_buffer_write(s->arena, p->offset, s->host + p->offset, (size_t)net_port_bytes(p));
        if (status)
            return driver_failed(ctx, s, status);
    }
    return SYSTOLE_OK;
}

static enum systole_status set_windows(struct systole_context *ctx, struct net_segment *s)
{
    struct systole_device *dev = s->e->dev;
    if (s->e->windows == s)
        return SYSTOLE_OK;
    s->e->windows = NULL;
    enum systole_status status = systole_device_set_window(dev, NET_PROGRAM, s->program, 0, s->program_size);
    if (!status)
        status = systole_device_set_window(dev, NET_CONSTANTS, s->constants, 0, s->constants_size);
    if (!status)
        status = systole_device_set_window(dev, NET_ARENA, s->arena, 0, s->arena_size);
    if (status)
        return driver_failed(ctx, s, status);
    s->e->windows = s;
    return SYSTOLE_OK;
}

static enum systole_status fetch(struct systole_context *ctx, const struct net_segment *s, const struct net_port *p)
{
    const enum systole_status status =
        s->mapped ? systole_buffer_sync(s->arena, SYSTOLE_FROM_DEVICE, p->offset, net_port_bytes(p))
                  : systole_buffer_read(s->arena, p->offset, s->host + p->offset, (size_t)net_port_bytes(p));
    return status ? driver_failed(ctx, s, status) : SYSTOLE_OK;
}

/* Is there an infinity or a NaN among the values that a product of the segment has read? */
static enum systole_status look_inside(struct systole_context *ctx, const struct net_segment *s, bool *special)
{
    *special = false;
    for (int i = 0; i < s->n_watch && !*special; i++) {
        const enum systole_status status = fetch(ctx, s, &s->watch[i]);
        if (status)
            return status;
        *special = net_is_special(s->host + s->watch[i].offset, s->watch[i].count, s->watch[i].half);
    }
    return SYSTOLE_OK;
}

/* The tensor of the last run, when nobody else holds it any more. */
static enum systole_status output_tensor(struct systole_context *ctx, struct net_port *p, struct systole_tensor **out)
{
    if (p->kept && atomic_load(&p->kept->refs) == 1) {
        *out = systole_tensor_ref(p->kept);
        return SYSTOLE_OK;
    }
    systole_tensor_free(p->kept);
    p->kept = NULL;
    const enum systole_status status = sy_tensor_new(ctx, p->dtype, p->rank, p->dims, out);
    if (!status)
        p->kept = systole_tensor_ref(*out);
    return status;
}

static enum systole_status get_outputs(struct systole_context *ctx, struct net_segment *s, const struct sy_scope *scope)
{
    for (int i = 0; i < s->n_out; i++) {
        struct net_port *p = &s->out[i];
        struct systole_tensor *t = NULL;
        enum systole_status status = fetch(ctx, s, p);
        if (!status)
            status = output_tensor(ctx, p, &t);
        if (status)
            return status;
        net_from_device(p, s->host + p->offset, t->data);
        scope->values[p->value] = t;
    }
    return SYSTOLE_OK;
}

enum systole_status net_segment_run(struct systole_context *ctx, struct net_segment *s, const struct sy_scope *scope, bool *done)
{
    bool special = false;
    enum systole_status status = put_inputs(ctx, s, scope, done);
    if (status || !*done)
        return status;
    status = set_windows(ctx, s);
    if (status)
        return status;
    status = sy_engine_launch(s->e);
    if (status)
        return driver_failed(ctx, s, status);
    status = look_inside(ctx, s, &special);
    *done = !special;
    if (status || special)
        return status;
    s->e->totals.runs += s->products;
    for (int i = 0; i < s->n_steps; i++)
        s->e->totals.macs += s->steps[i].macs;
    return get_outputs(ctx, s, scope);
}
