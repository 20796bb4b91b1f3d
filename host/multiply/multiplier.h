/* SPDX-License-Identifier: Apache-2.0 */
/* One device under several precisions: an engine for each that was asked for, opened when it is. */
#ifndef SY_MULTIPLIER_H
#define SY_MULTIPLIER_H

#include "host/engine/engine.h"
#include "host/include/systole_multiply.h"

enum { SY_MULTIPLIER_ENGINES = 4 }; /* as the device string says, x1, x3, x6 */

struct systole_multiplier {
    struct systole_context *ctx;
    char *device; /* without its precision */
    bool plain;   /* "cpu,precision=f32": every precision is the plain chain */
    enum systole_precision precision; /* of the device string */
    struct sy_engine *engine[SY_MULTIPLIER_ENGINES];
};

/* The engine that multiplies with this precision. */
enum systole_status sy_multiplier_engine(struct systole_multiplier *m, enum systole_precision precision,
                                         struct sy_engine **engine);

#endif
