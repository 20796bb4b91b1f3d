/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of the instructions as a table, made from driver/spec/fields.def, and a disassembler driven by it. */
#ifndef FUZZ_FIELDS_H
#define FUZZ_FIELDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../driver/systole_spec.h"

struct field {
    uint32_t opcode; /* 0: stands in every instruction */
    const char *name;
    uint32_t word, lsb, width;
    int is_signed;
    uint32_t min, max; /* max 0: whatever the width holds */
};

extern const struct field field_table[];
extern const size_t field_count;

/* NULL for a code that is no instruction. */
const char *opcode_name(uint32_t opcode);

/* The queue an instruction goes to (enum QUEUE); -1 for END and for what is no instruction. */
int insn_queue(const uint32_t *insn);

uint32_t field_get(const struct field *f, const uint32_t *insn);
void field_set(const struct field *f, uint32_t *insn, uint32_t value);

/* True when the field stands in an instruction of this opcode. */
int field_applies(const struct field *f, uint32_t opcode);

/* The bits of one word that belong to some field of the opcode. */
uint32_t field_mask(uint32_t opcode, uint32_t word);

/* One line: index, name, tokens, and every field that is not zero. */
void disassemble(FILE *out, uint32_t index, const uint32_t *insn);

#endif
