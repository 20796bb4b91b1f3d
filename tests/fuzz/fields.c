/* SPDX-License-Identifier: Apache-2.0 */
#include "fields.h"

enum { FIELD_OF_ANY = 0 };
#define SYSTOLE_OPCODE(name, code, queue, doc) enum { FIELD_OF_##name = (code) };
#include "../../driver/spec/opcodes.def"
#undef SYSTOLE_OPCODE

enum { SIGN_U = 0, SIGN_S = 1 };

const struct field field_table[] = {
#define SYSTOLE_FIELD(insn, field, word, lsb, width, sign, min, max, doc)                                              \
    {FIELD_OF_##insn, #field, word, lsb, width, SIGN_##sign, min, max},
#include "../../driver/spec/fields.def"
#undef SYSTOLE_FIELD
};
const size_t field_count = sizeof field_table / sizeof field_table[0];

const char *opcode_name(uint32_t opcode)
{
    switch (opcode) {
#define SYSTOLE_OPCODE(name, code, queue, doc)                                                                         \
    case (code):                                                                                                       \
        return #name;
#include "../../driver/spec/opcodes.def"
#undef SYSTOLE_OPCODE
    default:
        return NULL;
    }
}

int insn_queue(const uint32_t *insn)
{
    switch (SYSTOLE_GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_SYNC:
        return (int)SYSTOLE_GET(insn, SYNC, queue);
    case SYSTOLE_OP_LOAD:
    case SYSTOLE_OP_FILL:
        return SYSTOLE_QUEUE_LOAD;
    case SYSTOLE_OP_MATMUL:
        return SYSTOLE_QUEUE_COMPUTE;
    case SYSTOLE_OP_STORE:
        return SYSTOLE_QUEUE_STORE;
    default:
        return -1;
    }
}

uint32_t field_get(const struct field *f, const uint32_t *insn)
{
    return (insn[f->word] >> f->lsb) & SYSTOLE_MASK(f->width);
}

void field_set(const struct field *f, uint32_t *insn, uint32_t value)
{
    const uint32_t mask = SYSTOLE_MASK(f->width);
    insn[f->word] = (insn[f->word] & ~(mask << f->lsb)) | ((value & mask) << f->lsb);
}

int field_applies(const struct field *f, uint32_t opcode)
{
    return f->opcode == FIELD_OF_ANY || f->opcode == opcode;
}

uint32_t field_mask(uint32_t opcode, uint32_t word)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < field_count; i++) {
        if (field_applies(&field_table[i], opcode) && field_table[i].word == word) {
            mask |= SYSTOLE_MASK(field_table[i].width) << field_table[i].lsb;
        }
    }
    return mask;
}

void disassemble(FILE *out, uint32_t index, const uint32_t *insn)
{
    const uint32_t opcode = SYSTOLE_GET(insn, ANY, opcode);
    const char *name = opcode_name(opcode);
    fprintf(out, "%4u  %-6s", index, name != NULL ? name : "?");
    for (size_t i = 0; i < field_count; i++) {
        const struct field *f = &field_table[i];
        const uint32_t v = field_get(f, insn);
        if (!field_applies(f, opcode) || v == 0 || (f->opcode == FIELD_OF_ANY && f->word == 0 && name != NULL)) {
            continue;
        }
        if (f->is_signed && (v >> (f->width - 1)) != 0) {
            fprintf(out, " %s=%lld", f->name, (long long)v - (1LL << f->width));
        } else if (v > 0xffff || f->opcode == FIELD_OF_ANY) {
            fprintf(out, " %s=0x%x", f->name, v);
        } else {
            fprintf(out, " %s=%u", f->name, v);
        }
    }
    for (uint32_t w = 0; w < SYSTOLE_INSN_WORDS; w++) {
        if ((insn[w] & ~field_mask(opcode, w)) != 0) {
            fprintf(out, " reserved[%u]=0x%x", w, insn[w] & ~field_mask(opcode, w));
        }
    }
    fputc('\n', out);
}
