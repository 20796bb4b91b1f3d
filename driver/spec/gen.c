/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what is derived from the contract: the SystemVerilog package, the C header with the contract's hash, the Markdown
 * references. Usage: gen sv|hash|isa|registers
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../systole_spec.h"

struct limit { const char *name; long long value; const char *doc; };
struct opcode { const char *name; unsigned code; const char *queue, *doc; };
struct enumerator { const char *group, *name; unsigned value; const char *doc; };
struct field {
    const char *insn, *name;
    unsigned word, lsb, width;
    const char *sign;
    unsigned min, max;
    const char *doc;
};
struct code { const char *name; unsigned value; const char *doc; };
struct reg { const char *name; unsigned offset, count, step; const char *access, *doc; };

static const struct limit limits[] = {
#define SYSTOLE_LIMIT(name, value, doc) {#name, value, doc},
#include "limits.def"
#undef SYSTOLE_LIMIT
};
static const struct opcode opcodes[] = {
#define SYSTOLE_OPCODE(name, code, queue, doc) {#name, code, #queue, doc},
#include "opcodes.def"
#undef SYSTOLE_OPCODE
};
static const struct enumerator enums[] = {
#define SYSTOLE_ENUM(group, name, value, doc) {#group, #name, value, doc},
#include "enums.def"
#undef SYSTOLE_ENUM
};
static const struct field fields[] = {
#define SYSTOLE_FIELD(insn, field, word, lsb, width, sign, min, max, doc)                                              \
    {#insn, #field, word, lsb, width, #sign, min, max, doc},
#include "fields.def"
#undef SYSTOLE_FIELD
};
static const struct code errors[] = {
#define SYSTOLE_ERROR(name, code, doc) {#name, code, doc},
#include "errors.def"
#undef SYSTOLE_ERROR
};
static const struct code counters[] = {
#define SYSTOLE_COUNTER(name, index, doc) {#name, index, doc},
#include "counters.def"
#undef SYSTOLE_COUNTER
};
static const struct code caps[] = {
#define SYSTOLE_CAP(name, index, doc) {#name, index, doc},
#include "caps.def"
#undef SYSTOLE_CAP
};
static const struct reg regs[] = {
#define SYSTOLE_REGISTER(name, offset, count, step, access, doc) {#name, offset, count, step, #access, doc},
#include "registers.def"
#undef SYSTOLE_REGISTER
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the hash: FNV-1a, 64 bits, over every entry with all its meaning (the prose left out) ---- */

static uint64_t hash_text(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t hash_number(uint64_t h, long long v)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", v);
    return hash_text(h, text);
}

static uint64_t hash_codes(uint64_t h, const struct code *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = hash_number(hash_text(h, c[i].name), c[i].value);
    return h;
}

static uint64_t contract_hash(void)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < COUNT(limits); i++)
        h = hash_number(hash_text(h, limits[i].name), limits[i].value);
    for (size_t i = 0; i < COUNT(opcodes); i++)
        h = hash_text(hash_number(hash_text(h, opcodes[i].name), opcodes[i].code), opcodes[i].queue);
    for (size_t i = 0; i < COUNT(enums); i++)
        h = hash_number(hash_text(hash_text(h, enums[i].group), enums[i].name), enums[i].value);
    for (size_t i = 0; i < COUNT(fields); i++) {
        const struct field *f = &fields[i];
        h = hash_text(hash_text(hash_text(h, f->insn), f->name), f->sign);
        const unsigned numbers[] = {f->word, f->lsb, f->width, f->min, f->max};
        for (size_t k = 0; k < COUNT(numbers); k++)
            h = hash_number(h, numbers[k]);
    }
    h = hash_codes(h, errors, COUNT(errors));
    h = hash_codes(h, counters, COUNT(counters));
    h = hash_codes(h, caps, COUNT(caps));
    for (size_t i = 0; i < COUNT(regs); i++) {
        const unsigned numbers[] = {regs[i].offset, regs[i].count, regs[i].step};
        h = hash_text(hash_text(h, regs[i].name), regs[i].access);
        for (size_t k = 0; k < COUNT(numbers); k++)
            h = hash_number(h, numbers[k]);
    }
    return h;
}

/* ---- helpers over the tables ---- */

static int field_of(const struct field *f, const struct opcode *op)
{
    return strcmp(f->insn, op->name) == 0 || strcmp(f->insn, "ANY") == 0;
}

static void lower(const char *s, char *out, size_t size)
{
    size_t i = 0;
    for (; s[i] && i + 1 < size; i++)
        out[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
    out[i] = 0;
}

static const struct field *field_at(const struct opcode *op, unsigned bit)
{
    for (size_t i = 0; i < COUNT(fields); i++)
        if (field_of(&fields[i], op) && bit >= fields[i].word * 32 + fields[i].lsb &&
            bit < fields[i].word * 32 + fields[i].lsb + fields[i].width)
            return &fields[i];
    return NULL;
}

/* ---- SystemVerilog ---- */

/* `wait` is a word of SystemVerilog, `queue` one of the C++ that Verilator writes. */
static const char *sv_name(const char *name)
{
    if (strcmp(name, "wait") == 0)
        return "wait_on";
    return strcmp(name, "queue") == 0 ? "in_queue" : name;
}

static void sv_struct(const struct opcode *op)
{
    char name[32];
    lower(op->name, name, sizeof name);
    printf("\n  // %s: %s\n  typedef struct packed {\n", op->name, op->doc);
    unsigned bit = SYSTOLE_INSN_BYTES * 8, gap = 0, gaps = 0;
    while (bit > 0) {
        const struct field *f = field_at(op, bit - 1);
        if (!f) {
            gap++;
            bit--;
            if (bit > 0 && !field_at(op, bit - 1))
                continue;
            printf("    logic [%u:0] reserved%u;\n", gap - 1, gaps++);
            gap = 0;
            continue;
        }
        printf("    logic [%u:0] %s;\n", f->width - 1, sv_name(f->name));
        bit -= f->width;
    }
    printf("  } %s_insn_t;\n", name);
}

static void sv_mask(const struct opcode *op)
{
    printf("  localparam logic [%d:0] %s_RESERVED = %d'h", SYSTOLE_INSN_BYTES * 8 - 1, op->name, SYSTOLE_INSN_BYTES * 8);
    for (int nibble = SYSTOLE_INSN_BYTES * 2 - 1; nibble >= 0; nibble--) {
        unsigned v = 0;
        for (unsigned b = 0; b < 4; b++)
            if (!field_at(op, (unsigned)nibble * 4 + b))
                v |= 1u << b;
        printf("%x%s", v, nibble && nibble % 8 == 0 ? "_" : "");
    }
    printf(";\n");
}

static void sv_legal(const struct opcode *op)
{
    printf("      OP_%s:\n        ok = (insn & %s_RESERVED) == '0", op->name, op->name);
    for (size_t i = 0; i < COUNT(fields); i++) {
        const struct field *f = &fields[i];
        if (!field_of(f, op))
            continue;
        const unsigned lsb = f->word * 32 + f->lsb;
        if (f->min)
            printf("\n          && insn[%u:%u] >= %u'd%u", lsb + f->width - 1, lsb, f->width, f->min);
        if (f->max)
            printf("\n          && insn[%u:%u] <= %u'd%u", lsb + f->width - 1, lsb, f->width, f->max);
    }
    printf(";\n");
}

static void print_sv(void)
{
    printf("// SPDX-License-Identifier: Apache-2.0\n"
           "// Generated by driver/spec/gen.c from driver/spec/*.def; `make gen` rewrites it.\n"
           "`default_nettype none\npackage systole_pkg;\n\n");
    for (size_t i = 0; i < COUNT(limits); i++)
        printf("  localparam int unsigned %s = %lld;  // %s\n", limits[i].name, limits[i].value, limits[i].doc);
    printf("  localparam logic [63:0] CONTRACT_HASH = 64'h%016" PRIx64 ";\n\n", contract_hash());
    for (size_t i = 0; i < COUNT(opcodes); i++)
        printf("  localparam logic [7:0] OP_%s = 8'd%u;\n", opcodes[i].name, opcodes[i].code);
    printf("\n");
    for (size_t i = 0; i < COUNT(enums); i++)
        printf("  localparam int unsigned %s_%s = %u;  // %s\n", enums[i].group, enums[i].name, enums[i].value,
               enums[i].doc);
    printf("\n");
    for (size_t i = 0; i < COUNT(errors); i++)
        printf("  localparam logic [7:0] ERR_%s = 8'd%u;  // %s\n", errors[i].name, errors[i].value, errors[i].doc);
    printf("\n");
    for (size_t i = 0; i < COUNT(counters); i++)
        printf("  localparam int unsigned CNT_%s = %u;  // %s\n", counters[i].name, counters[i].value, counters[i].doc);
    printf("  localparam int unsigned COUNTERS = %u;\n\n", (unsigned)COUNT(counters));
    for (size_t i = 0; i < COUNT(caps); i++)
        printf("  localparam int unsigned CAP_%s = %u;  // %s\n", caps[i].name, caps[i].value, caps[i].doc);
    printf("  localparam int unsigned CAPS = %u;\n\n", (unsigned)COUNT(caps));
    for (size_t i = 0; i < COUNT(regs); i++)
        printf("  localparam logic [11:0] REG_%s = 12'h%03x;\n", regs[i].name, regs[i].offset);
    printf("\n  typedef logic [%d:0] insn_t;\n", SYSTOLE_INSN_BYTES * 8 - 1);
    for (size_t i = 0; i < COUNT(opcodes); i++)
        sv_struct(&opcodes[i]);
    printf("\n  // Bits that must be zero.\n");
    for (size_t i = 0; i < COUNT(opcodes); i++)
        sv_mask(&opcodes[i]);
    printf("\n  // Every field within its bounds and no reserved bit set; the rules that join fields are elsewhere.\n"
           "  function automatic logic fields_legal(input insn_t insn);\n    logic ok;\n"
           "    ok = 1'b0;\n    case (insn[7:0])\n");
    for (size_t i = 0; i < COUNT(opcodes); i++)
        sv_legal(&opcodes[i]);
    printf("      default: ok = 1'b0;\n    endcase\n    return ok;\n  endfunction\n\nendpackage\n`default_nettype wire\n");
}

/* ---- C ---- */

static void print_hash(void)
{
    printf("/* SPDX-License-Identifier: Apache-2.0 */\n"
           "/* Generated by driver/spec/gen.c from driver/spec/ *.def; `make gen` rewrites it. */\n"
           "#ifndef SYSTOLE_HASH_H\n#define SYSTOLE_HASH_H\n"
           "#define SYSTOLE_CONTRACT_HASH 0x%016" PRIx64 "ull\n#endif\n",
           contract_hash());
}

/* ---- Markdown ---- */

static const char generated[] = "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
                                "<!-- Generated by driver/spec/gen.c from driver/spec/*.def; `make gen` rewrites it. -->\n";

static void print_isa(void)
{
    printf("%s# Instructions\n\nEvery instruction is %d bytes: %d little-endian 32-bit words. What they do is in "
           "[semantics.md](semantics.md).\n\n| code | name | queue | what it does |\n| --- | --- | --- | --- |\n",
           generated, SYSTOLE_INSN_BYTES, SYSTOLE_INSN_WORDS);
    for (size_t i = 0; i < COUNT(opcodes); i++)
        printf("| %u | %s | %s | %s |\n", opcodes[i].code, opcodes[i].name, opcodes[i].queue, opcodes[i].doc);
    const char *last = "";
    for (size_t i = 0; i < COUNT(fields); i++) {
        const struct field *f = &fields[i];
        if (strcmp(last, f->insn) != 0)
            printf("\n## %s\n\n| field | word | bits | sign | min | max | meaning |\n"
                   "| --- | --- | --- | --- | --- | --- | --- |\n",
                   strcmp(f->insn, "ANY") == 0 ? "Fields of every instruction" : f->insn);
        last = f->insn;
        printf("| %s | %u | %u:%u | %s | %u | %s", f->name, f->word, f->lsb + f->width - 1, f->lsb, f->sign, f->min,
               f->max ? "" : "width");
        if (f->max)
            printf("%u", f->max);
        printf(" | %s |\n", f->doc);
    }
    printf("\n## Values\n\n| group | name | value | meaning |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < COUNT(enums); i++)
        printf("| %s | %s | %u | %s |\n", enums[i].group, enums[i].name, enums[i].value, enums[i].doc);
    printf("\n## Limits\n\n| name | value | meaning |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < COUNT(limits); i++)
        printf("| %s | %lld | %s |\n", limits[i].name, limits[i].value, limits[i].doc);
}

static void print_codes(const char *title, const char *column, const struct code *c, size_t n)
{
    printf("\n## %s\n\n| %s | name | meaning |\n| --- | --- | --- |\n", title, column);
    for (size_t i = 0; i < n; i++)
        printf("| %u | %s | %s |\n", c[i].value, c[i].name, c[i].doc);
}

static void print_registers(void)
{
    printf("%s# Registers\n\nContract hash: `0x%016" PRIx64 "`\n\n"
           "| offset | name | access | repeated | meaning |\n| --- | --- | --- | --- | --- |\n",
           generated, contract_hash());
    for (size_t i = 0; i < COUNT(regs); i++) {
        printf("| 0x%03x | %s | %s | ", regs[i].offset, regs[i].name, regs[i].access);
        if (regs[i].count > 1)
            printf("%u times, every %u bytes", regs[i].count, regs[i].step);
        printf(" | %s |\n", regs[i].doc);
    }
    print_codes("Status codes", "code", errors, COUNT(errors));
    print_codes("Capability words", "index", caps, COUNT(caps));
    print_codes("Counters", "index", counters, COUNT(counters));
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "sv") == 0)
        print_sv();
    else if (strcmp(what, "hash") == 0)
        print_hash();
    else if (strcmp(what, "isa") == 0)
        print_isa();
    else if (strcmp(what, "registers") == 0)
        print_registers();
    else {
        fprintf(stderr, "usage: gen sv|hash|isa|registers\n");
        return 2;
    }
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
