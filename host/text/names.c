/* SPDX-License-Identifier: Apache-2.0 */
#include "host/text/names.h"

#include <string.h>

#include "systole_spec.h"

const char *sy_opcode_name(uint32_t code)
{
    switch (code) {
#define SYSTOLE_OPCODE(name, number, queue, doc) case (number): return #name;
#include "spec/opcodes.def"
#undef SYSTOLE_OPCODE
    default: return "?";
    }
}

const char *sy_queue_name(uint32_t queue)
{
    static const struct {
        const char *group, *name;
        uint32_t value;
    } values[] = {
#define SYSTOLE_ENUM(group, name, value, doc) {#group, #name, value},
#include "spec/enums.def"
#undef SYSTOLE_ENUM
    };
    for (uint32_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].group, "QUEUE") == 0 && values[i].value == queue)
            return values[i].name;
    return "?";
}
