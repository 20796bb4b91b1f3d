/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract in C: constants from spec/ *.def, nothing written twice.
 *
 * Constants only, so that the HLS C may include it. Instructions are arrays of 32-bit words; SYSTOLE_GET reads a field:
 *
 *     uint32_t rows = SYSTOLE_GET(insn, MATMUL, k_tail);
 *     int32_t stride = (int32_t)SYSTOLE_GET(insn, LOAD, s1);
 */
#ifndef SYSTOLE_SPEC_H
#define SYSTOLE_SPEC_H

enum systole_limit {
#define SYSTOLE_LIMIT(name, value, doc) SYSTOLE_##name = (value),
#include "spec/limits.def"
#undef SYSTOLE_LIMIT
};

enum systole_opcode {
#define SYSTOLE_OPCODE(name, code, queue, doc) SYSTOLE_OP_##name = (code),
#include "spec/opcodes.def"
#undef SYSTOLE_OPCODE
};

enum systole_enum {
#define SYSTOLE_ENUM(group, name, value, doc) SYSTOLE_##group##_##name = (value),
#include "spec/enums.def"
#undef SYSTOLE_ENUM
};

enum systole_field {
#define SYSTOLE_FIELD(insn, field, word, lsb, width, sign, min, max, doc)                                              \
    SYSTOLE_F_##insn##_##field##_WORD = (word), SYSTOLE_F_##insn##_##field##_LSB = (lsb),                              \
    SYSTOLE_F_##insn##_##field##_WIDTH = (width),
#include "spec/fields.def"
#undef SYSTOLE_FIELD
};

enum systole_error {
#define SYSTOLE_ERROR(name, code, doc) SYSTOLE_ERR_##name = (code),
#include "spec/errors.def"
#undef SYSTOLE_ERROR
};

enum systole_counter {
#define SYSTOLE_COUNTER(name, index, doc) SYSTOLE_CNT_##name = (index),
#include "spec/counters.def"
#undef SYSTOLE_COUNTER
};

enum {
    SYSTOLE_COUNTER_COUNT = 0
#define SYSTOLE_COUNTER(name, index, doc) +1
#include "spec/counters.def"
#undef SYSTOLE_COUNTER
};

enum systole_cap {
#define SYSTOLE_CAP(name, index, doc) SYSTOLE_CAP_##name = (index),
#include "spec/caps.def"
#undef SYSTOLE_CAP
};

enum systole_register {
#define SYSTOLE_REGISTER(name, offset, count, step, access, doc)                                                       \
    SYSTOLE_REG_##name = (offset), SYSTOLE_REG_##name##_COUNT = (count), SYSTOLE_REG_##name##_STEP = (step),
#include "spec/registers.def"
#undef SYSTOLE_REGISTER
};

/* All ones in the low `width` bits, 1 <= width <= 32. */
#define SYSTOLE_MASK(width) (0xffffffffu >> (32u - (unsigned)(width)))

/* The field of an instruction, zero extended; cast to int32_t for the 32-bit signed ones. */
#define SYSTOLE_GET(insn, type, field)                                                                                 \
    (((insn)[SYSTOLE_F_##type##_##field##_WORD] >> SYSTOLE_F_##type##_##field##_LSB) &                                 \
     SYSTOLE_MASK(SYSTOLE_F_##type##_##field##_WIDTH))

/* Sets a field whose bits are zero so far; the value is cut to the field's width. */
#define SYSTOLE_PUT(insn, type, field, value)                                                                          \
    ((insn)[SYSTOLE_F_##type##_##field##_WORD] |=                                                                      \
     ((uint32_t)(value) & SYSTOLE_MASK(SYSTOLE_F_##type##_##field##_WIDTH)) << SYSTOLE_F_##type##_##field##_LSB)

#endif
