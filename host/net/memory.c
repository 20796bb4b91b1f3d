/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/memory.h"

#include <stdlib.h>

#include "host/core/alloc.h"

enum { ALIGN = 64 };

static int add(struct net_memory *m, struct net_place place)
{
    if (m->count == m->room) {
        const int room = m->room ? 2 * m->room : 32;
        struct net_place *more = sy_realloc(m->places, (size_t)room, sizeof *more);
        if (!more)
            return -1;
        m->places = more;
        m->room = room;
    }
    m->places[m->count] = place;
    return m->count++;
}

int net_memory_add(struct net_memory *m, int value, enum net_layout layout, uint64_t size, int begin)
{
    return add(m, (struct net_place){value, layout, -1, begin, begin, (size + ALIGN - 1) / ALIGN * ALIGN, 0});
}

int net_memory_alias(struct net_memory *m, int value, enum net_layout layout, int of)
{
    if (m->places[of].of >= 0)
        of = m->places[of].of;
    return add(m, (struct net_place){.value = value, .layout = layout, .of = of});
}

int net_memory_find(const struct net_memory *m, int value, enum net_layout layout)
{
    for (int i = 0; i < m->count; i++)
        if (m->places[i].value == value && m->places[i].layout == layout)
            return i;
    return -1;
}

void net_memory_use(struct net_memory *m, int place, int when)
{
    struct net_place *p = &m->places[m->places[place].of >= 0 ? m->places[place].of : place];
    p->end = when > p->end ? when : p->end;
}

static int larger_first(const void *a, const void *b)
{
    const struct net_place *const *x = a, *const *y = b;
    if ((*x)->size != (*y)->size)
        return (*x)->size < (*y)->size ? 1 : -1;
    return (*x)->begin - (*y)->begin;
}

/* The lowest offset where it is apart from all that were placed and live at the same time. */
static uint64_t lowest(const struct net_place *p, struct net_place *const *placed, int n)
{
    uint64_t at = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < n; i++) {
            const struct net_place *o = placed[i];
            if (o->begin <= p->end && p->begin <= o->end && at < o->offset + o->size && o->offset < at + p->size) {
                at = o->offset + o->size;
                moved = true;
            }
        }
    }
    return at;
}

bool net_memory_plan(struct net_memory *m)
{
    struct net_place **order = sy_alloc((size_t)m->count, sizeof *order);
    int n = 0;
    if (!order)
        return false;
    for (int i = 0; i < m->count; i++)
        if (m->places[i].of < 0)
            order[n++] = &m->places[i];
    qsort(order, (size_t)n, sizeof *order, larger_first);
    for (int i = 0; i < n; i++) {
        order[i]->offset = lowest(order[i], order, i);
        if (order[i]->offset + order[i]->size > m->size)
            m->size = order[i]->offset + order[i]->size;
    }
    sy_free(order);
    return true;
}

uint64_t net_memory_offset(const struct net_memory *m, int place)
{
    const struct net_place *p = &m->places[place];
    return p->of >= 0 ? m->places[p->of].offset : p->offset;
}

void net_memory_free(struct net_memory *m)
{
    sy_free(m->places);
    *m = (struct net_memory){0};
}
