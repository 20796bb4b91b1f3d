/* SPDX-License-Identifier: Apache-2.0 */
#include "grid.h"

#include <string.h>

/* A part of the text: up to and with its comma, its values behind '=' or the first ':'. */
struct part {
    const char *begin, *values, *end; /* end: of the values */
    uint32_t count;                   /* of values */
};

static struct part part_at(const char *text)
{
    struct part p = {text, text, text + strcspn(text, ","), 1};
    p.values += strcspn(text, ":=,");
    p.values += p.values != p.end;
    if (memchr(p.values, '/', (size_t)(p.end - p.values)))
        return p;
    for (const char *c = p.values; c != p.end; c++)
        p.count += *c == '+';
    return p;
}

static const char *next_part(const struct part *p)
{
    return p->end + (*p->end == ',');
}

uint32_t cli_grid_count(const char *text)
{
    uint64_t count = 1;
    while (*text != '\0') {
        const struct part p = part_at(text);
        count *= p.count;
        if (count > UINT32_MAX)
            return UINT32_MAX;
        text = next_part(&p);
    }
    return (uint32_t)count;
}

static int put(char **to, size_t *room, const char *from, size_t length)
{
    if (length >= *room)
        return -1;
    memcpy(*to, from, length);
    *to += length;
    *room -= length;
    **to = '\0';
    return 0;
}

int cli_grid_at(const char *text, uint32_t index, char *out, size_t room)
{
    uint32_t below = cli_grid_count(text);
    if (room == 0)
        return -1;
    *out = '\0';
    while (*text != '\0') {
        const struct part p = part_at(text);
        const char *value = p.values, *end = p.end;
        below /= p.count;
        const uint32_t which = index / below;
        index %= below;
        for (uint32_t i = 0; i < which; i++)
            value += strcspn(value, "+") + 1;
        if (p.count > 1)
            end = value + strcspn(value, "+,");
        if (put(&out, &room, p.begin, (size_t)(p.values - p.begin)) != 0 || put(&out, &room, value, (size_t)(end - value)) != 0)
            return -1;
        text = next_part(&p);
        if (p.end != text && put(&out, &room, ",", 1) != 0)
            return -1;
    }
    return 0;
}
