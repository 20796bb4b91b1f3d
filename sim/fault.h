/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults on purpose, in simulators built with FAULTS=1: one point of the machine gives a wrong value in a window of cycles. What the points
 * and effects are is in docs/blocks/sim.md; a point of the RTL is a use of `FAULT (systole_fault.svh), a point of the array one PE of body 2.
 */
#ifndef SYSTOLE_SIM_FAULT_H
#define SYSTOLE_SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FAULT_NONE = -1, FAULT_PE = 0 }; /* other numbers: points of the RTL */

struct fault {
    int point;
    uint32_t row, col; /* of a PE */
    uint32_t effect;   /* of fault.c's tables */
    uint32_t bit;
    uint64_t from, to; /* cycles from <= cycle < to since the model was created */
};

/* "POINT:EFFECT[:bitN][:fromN][:toN]", or "pe:ROW:COL:EFFECT...". 0, or -1 with the reason in `err`. */
int fault_parse(const char *text, struct fault *f, char *err, size_t err_size);

/* From now on, in this thread: the fault of the model that runs, or NULL, and its clock. */
void fault_use(const struct fault *f, const uint64_t *cycle);

/* The fault in force now if it is one of a PE, else NULL. */
const struct fault *fault_pe(void);

/*
 * What that PE makes of its step: elements in the low 16 bits of a word, int8 sign extended; `other` is the weight in plane 0.
 * `skip`: the step is to be left out.
 */
uint32_t fault_step(const struct fault *f, bool fp, bool skip, uint32_t x, uint32_t weight, uint32_t other, uint32_t acc);

/* The step of a PE without a fault. */
uint32_t fault_mac(bool fp, uint32_t x, uint32_t weight, uint32_t acc);

/* Called by the RTL: 2048 bits. */
void systole_fault(const char *point, const uint32_t *value, uint32_t *result);

#ifdef __cplusplus
}
#endif

#endif
