/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions of a session's run, in the time of the device: programs follow each other without what was between them. */
#ifndef SY_ENGINE_RECORD_H
#define SY_ENGINE_RECORD_H

#include "host/core/context.h"
#include "systole_driver.h"

struct sy_instruction {
    uint64_t enter, begin, end; /* cycles since the run began; SYSTOLE_EVENT_NEVER */
    uint32_t launch, index;
    uint8_t opcode, queue;
};

struct sy_record {
    bool wanted, failed; /* failed: memory was short, and some are missing */
    struct sy_instruction *list;
    size_t count, room;
    uint64_t cycles; /* of the programs before */
    uint32_t launches;
};

void sy_record_restart(struct sy_record *r);
/* The program that the device just ended; NULL is allowed. Nothing where the device tells no events. */
void sy_record_take(struct sy_record *r, struct systole_device *dev, uint64_t cycles);
/* Each program's instructions go there from now on; NULL: no longer. */
struct sy_engine;
void sy_engine_set_record(struct sy_engine *e, struct sy_record *record);
void sy_record_free(struct sy_record *r);

#endif
