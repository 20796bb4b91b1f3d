/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_body.h"

/* Builds with another body of the array have no such function. */
#pragma weak systole_body_watch

enum { PLANES = 8, MOST = 64 };

static const char *const opcode_names[256] = {
#define SYSTOLE_OPCODE(name, code, queue, doc) [code] = #name,
#include "../driver/spec/opcodes.def"
#undef SYSTOLE_OPCODE
};
static const char *const counter_names[SYSTOLE_COUNTER_COUNT] = {
#define SYSTOLE_COUNTER(name, index, doc) [index] = #name,
#include "../driver/spec/counters.def"
#undef SYSTOLE_COUNTER
};

/* A plane of weights as it stands. */
struct plane {
    bool written, fp;
    uint32_t element[MOST * MOST];
};

struct view {
    FILE *out;
    uint64_t now, from, to;
    uint64_t run; /* the cycle before the first of the run */
    struct view_array array;
    struct events *events;
    struct body_watch watch;
    uint64_t counter[SYSTOLE_COUNTER_COUNT];
    uint32_t mask;
    bool told; /* a mask, and what stood in the array when the window began */
    struct plane plane[PLANES];
};

bool view_is_built(void)
{
    return systole_body_watch != NULL;
}

static bool is_inside(const struct view *v)
{
    return v->now >= v->from && v->now < v->to;
}

static void words(FILE *out, const uint32_t *word, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        fprintf(out, " %" PRIx32, word[i]);
}

static void tell_plane(const struct view *v, unsigned plane, unsigned row, unsigned rows, unsigned fp, const uint32_t *element)
{
    fprintf(v->out, "w %" PRIx64 " %x %x %x %x", v->now, plane, row, rows, fp);
    words(v->out, element, rows * v->array.cols);
    fputc('\n', v->out);
}

static void begin_window(struct view *v)
{
    if (v->told || !is_inside(v))
        return;
    v->told = true;
    v->mask = UINT32_MAX;
    for (unsigned p = 0; p < PLANES; p++)
        if (v->plane[p].written)
            tell_plane(v, p, 0, v->array.rows, v->plane[p].fp, v->plane[p].element);
}

static void tell_vector(void *user, unsigned plane, unsigned fp, uint64_t skip, const uint32_t *x, const uint32_t *partial, const uint32_t *sum)
{
    struct view *v = user;
    begin_window(v);
    if (!is_inside(v))
        return;
    fprintf(v->out, "x %" PRIx64 " %x %x %" PRIx64, v->now, plane, fp, skip);
    words(v->out, x, v->array.rows);
    words(v->out, partial, v->array.cols);
    words(v->out, sum, v->array.cols);
    fputc('\n', v->out);
}

static void tell_weights(void *user, unsigned plane, unsigned row, unsigned rows, unsigned fp, const uint32_t *element)
{
    struct view *v = user;
    begin_window(v);
    struct plane *to = &v->plane[plane % PLANES];
    to->written = true;
    to->fp = fp;
    memcpy(to->element + row * v->array.cols, element, rows * v->array.cols * sizeof *element);
    if (is_inside(v))
        tell_plane(v, plane, row, rows, fp, element);
}

struct view *view_open(const char *path, uint64_t from, uint64_t to, const struct view_array *array, struct events *events, uint64_t now)
{
    struct view *v = calloc(1, sizeof *v);
    FILE *out = v ? fopen(path, "w") : NULL;
    if (!out) {
        free(v);
        return NULL;
    }
    v->out = out;
    v->now = now;
    v->from = from;
    v->to = to;
    v->array = *array;
    v->events = events;
    v->watch = (struct body_watch){tell_vector, tell_weights, v};
    fprintf(out, "systole-view 1 %" PRIx32 " %" PRIx32 " %" PRIx32 "\n", array->rows, array->cols, array->latency);
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        fprintf(out, "n %" PRIx32 " %s\n", i, counter_names[i]);
    systole_body_watch(&v->watch);
    return v;
}

/* Those that overlap the window. */
static void tell_instructions(const struct view *v)
{
    size_t count = 0;
    const struct systole_event *e = events_get(v->events, &count);
    for (size_t i = 0; e && i < count; i++) {
        if (e[i].begin == SYSTOLE_EVENT_NEVER)
            continue;
        const uint64_t begin = v->run + e[i].begin;
        const uint64_t end = e[i].end == SYSTOLE_EVENT_NEVER ? v->now : v->run + e[i].end;
        if (end >= v->from && begin < v->to)
            fprintf(v->out, "i %" PRIx32 " %s %x %" PRIx64 " %" PRIx64 "\n", e[i].index, opcode_names[e[i].opcode], e[i].queue, begin, end);
    }
}

static void tell_counters(struct view *v)
{
    const uint64_t *counter = v->events->watch->counter;
    uint32_t mask = 0;
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        mask |= (uint32_t)(counter[i] != v->counter[i]) << i;
    if (is_inside(v) && mask != v->mask) {
        fprintf(v->out, "c %" PRIx64 " %" PRIx32 "\n", v->now, mask);
        v->mask = mask;
    }
    memcpy(v->counter, counter, sizeof v->counter);
}

void view_edge(void *view)
{
    struct view *v = view;
    const uint64_t cycles = v->events->watch->counter[SYSTOLE_CNT_CYCLES];
    if (cycles < v->counter[SYSTOLE_CNT_CYCLES])
        tell_instructions(v); /* they are forgotten when a run begins */
    if (cycles != 0 && (v->counter[SYSTOLE_CNT_CYCLES] == 0 || cycles < v->counter[SYSTOLE_CNT_CYCLES])) {
        v->run = v->now;
        if (is_inside(v))
            fprintf(v->out, "r %" PRIx64 "\n", v->now);
    }
    events_edge(v->events);
    begin_window(v);
    tell_counters(v);
    v->now++;
}

void view_close(struct view *v)
{
    if (!v)
        return;
    tell_instructions(v);
    fprintf(v->out, "end %" PRIx64 "\n", v->now);
    fclose(v->out);
    free(v);
}
