/* SPDX-License-Identifier: Apache-2.0 */
#include "regions.h"

#include <stdlib.h>
#include <string.h>

/* Index of the first region that begins above addr. */
static size_t first_above(const struct regions *r, uint64_t addr)
{
    size_t lo = 0, hi = r->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (r->list[mid].addr > addr)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

int regions_add(struct regions *r, uint64_t addr, void *host, uint64_t size)
{
    if (!host || size == 0 || addr % REGION_ALIGN != 0 || size % REGION_ALIGN != 0 || size - 1 > UINT64_MAX - addr)
        return -1;
    size_t at = first_above(r, addr);
    if (at > 0 && addr - r->list[at - 1].addr < r->list[at - 1].size)
        return -1;
    if (at < r->count && r->list[at].addr - addr < size)
        return -1;
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 8;
        struct region *list = realloc(r->list, room * sizeof(*list));
        if (!list)
            return -1;
        r->list = list;
        r->room = room;
    }
    memmove(&r->list[at + 1], &r->list[at], (r->count - at) * sizeof(*r->list));
    r->list[at] = (struct region){addr, size, host};
    r->count++;
    return 0;
}

int regions_remove(struct regions *r, uint64_t addr)
{
    size_t at = first_above(r, addr);
    if (at == 0 || r->list[at - 1].addr != addr)
        return -1;
    memmove(&r->list[at - 1], &r->list[at], (r->count - at) * sizeof(*r->list));
    r->count--;
    return 0;
}

static uint8_t *inside(const struct region *g, uint64_t addr, uint64_t size)
{
    uint64_t at = addr - g->addr; /* huge when addr is below */
    return at < g->size && size <= g->size - at ? g->host + at : NULL;
}

uint8_t *regions_find(struct regions *r, uint64_t addr, uint64_t size)
{
    if (r->recent < r->count) {
        uint8_t *host = inside(&r->list[r->recent], addr, size);
        if (host)
            return host;
    }
    size_t at = first_above(r, addr);
    if (at == 0)
        return NULL;
    r->recent = at - 1;
    return inside(&r->list[at - 1], addr, size);
}

void regions_free(struct regions *r)
{
    free(r->list);
    *r = (struct regions){0};
}
