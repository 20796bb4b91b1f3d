/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/record.h"

#include "host/core/alloc.h"
#include "host/engine/backend.h"

void sy_record_restart(struct sy_record *r)
{
    r->count = 0;
    r->cycles = 0;
    r->launches = 0;
    r->failed = false;
}

void sy_engine_set_record(struct sy_engine *e, struct sy_record *record)
{
    e->record = record;
}

void sy_record_free(struct sy_record *r)
{
    sy_free(r->list);
    *r = (struct sy_record){.wanted = false};
}

static bool make_room(struct sy_record *r, size_t more)
{
    size_t room = r->room ? r->room : 256;
    while (room - r->count < more)
        room *= 2;
    if (room == r->room)
        return true;
    struct sy_instruction *list = sy_realloc(r->list, room, sizeof *list);
    if (!list)
        return false;
    r->list = list;
    r->room = room;
    return true;
}

static uint64_t after(uint64_t base, uint64_t cycle)
{
    return cycle == SYSTOLE_EVENT_NEVER ? cycle : base + cycle;
}

void sy_record_take(struct sy_record *r, struct systole_device *dev, uint64_t cycles)
{
    const struct systole_event *events = NULL;
    size_t count = 0;
    if (!r || !r->wanted)
        return;
    if (systole_device_events(dev, &events, &count) == SYSTOLE_OK) {
        r->failed = r->failed || !make_room(r, count);
        for (size_t i = 0; i < count && !r->failed; i++)
            r->list[r->count++] = (struct sy_instruction){
                .enter = after(r->cycles, events[i].enter), .begin = after(r->cycles, events[i].begin),
                .end = after(r->cycles, events[i].end), .launch = r->launches, .index = events[i].index,
                .opcode = events[i].opcode, .queue = events[i].queue};
    }
    r->cycles += cycles;
    r->launches++;
}
