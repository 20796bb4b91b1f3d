/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions as text, and back, from the tables of the contract:
 *
 *     LOAD mem=APAD conv=COPY8 window=1 src_lo=0x40 len=16 n1=4 n2=1 n3=1 s1=16 d1=16 wait=0 signal=4,8
 *
 * A number that is zero is left out; a choice never is. What the fields cannot say - an unknown opcode, a reserved bit - is
 * written as words, so that every 128 bytes have a text that gives the same bytes again.
 */
#include "host/core/context.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "systole_spec.h"

_Static_assert((int)SYSTOLE_INSTRUCTION_BYTES == (int)SYSTOLE_INSN_BYTES, "the public constant is the contract's");
_Static_assert(SYSTOLE_INSN_BYTES == 4 * SYSTOLE_INSN_WORDS, "an instruction is its words");

enum { CHOICE_BITS = 4 };

enum insn_kind {
    KIND_ANY,
#define SYSTOLE_OPCODE(name, code, queue, doc) KIND_##name,
#include "spec/opcodes.def"
#undef SYSTOLE_OPCODE
    KINDS
};

static const struct {
    const char *name;
    uint32_t code;
} opcodes[KINDS] = {
    {"", 0},
#define SYSTOLE_OPCODE(name, code, queue, doc) {#name, code},
#include "spec/opcodes.def"
#undef SYSTOLE_OPCODE
};

struct field {
    enum insn_kind kind;
    const char *name;
    uint32_t word, lsb, width;
    char sign;
    uint32_t min, max;
};

static const struct field fields[] = {
#define SYSTOLE_FIELD(insn, field, word, lsb, width, sign, min, max, doc) {KIND_##insn, #field, word, lsb, width, #sign[0], min, max},
#include "spec/fields.def"
#undef SYSTOLE_FIELD
};

static const struct choice {
    const char *group, *name;
    uint32_t value;
} choices[] = {
#define SYSTOLE_ENUM(group, name, value, doc) {#group, #name, value},
#include "spec/enums.def"
#undef SYSTOLE_ENUM
};

enum { FIELDS = sizeof fields / sizeof *fields, CHOICES = sizeof choices / sizeof *choices };

/* A narrow field is a choice when a group of values has its name. */
static bool in_group(const struct field *f, const struct choice *c)
{
    size_t i = 0;
    if (f->width > CHOICE_BITS)
        return false;
    for (; f->name[i] && c->group[i]; i++)
        if (toupper((unsigned char)f->name[i]) != c->group[i])
            return false;
    return f->name[i] == c->group[i];
}

static bool is_choice(const struct field *f)
{
    for (int i = 0; i < CHOICES; i++)
        if (in_group(f, &choices[i]))
            return true;
    return false;
}

static bool is_tokens(const struct field *f)
{
    return f->kind == KIND_ANY && (strcmp(f->name, "wait") == 0 || strcmp(f->name, "signal") == 0);
}

static bool is_opcode(const struct field *f)
{
    return f->kind == KIND_ANY && strcmp(f->name, "opcode") == 0;
}

static uint32_t get(const uint32_t *words, const struct field *f)
{
    return words[f->word] >> f->lsb & SYSTOLE_MASK(f->width);
}

static void words_of(const void *bytes, uint32_t words[SYSTOLE_INSN_WORDS])
{
    const uint8_t *p = bytes;
    for (int i = 0; i < SYSTOLE_INSN_WORDS; i++, p += 4)
        words[i] = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void bytes_of(const uint32_t words[SYSTOLE_INSN_WORDS], void *bytes)
{
    uint8_t *p = bytes;
    for (int i = 0; i < SYSTOLE_INSN_BYTES; i++)
        p[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
}

/* ---- To text ---- */

struct line {
    char *text;
    size_t room, used;
    bool cut;
};

static void put(struct line *l, const char *format, ...) SY_PRINTF(2, 3);
static void put(struct line *l, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(l->text + l->used, l->room - l->used, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= l->room - l->used)
        l->cut = true;
    else
        l->used += (size_t)n;
}

static void put_tokens(struct line *l, const struct field *f, uint32_t value)
{
    const char *between = "";
    put(l, " %s=", f->name);
    for (uint32_t t = 0; t < f->width; t++)
        if (value >> t & 1) {
            put(l, "%s%u", between, (unsigned)t);
            between = ",";
        }
}

static void put_field(struct line *l, const struct field *f, uint32_t value)
{
    for (int i = 0; i < CHOICES; i++)
        if (in_group(f, &choices[i]) && choices[i].value == value) {
            put(l, " %s=%s", f->name, choices[i].name);
            return;
        }
    if (value == 0 && !is_choice(f))
        return;
    if (is_tokens(f))
        put_tokens(l, f, value);
    else if (f->sign == 'S' && value >> (f->width - 1))
        put(l, " %s=-%llu", f->name, (unsigned long long)SYSTOLE_MASK(f->width) - value + 1);
    else
        put(l, f->sign == 'U' && f->width > 24 ? " %s=0x%x" : " %s=%u", f->name, (unsigned)value);
}

/* What a device would refuse about the fields by themselves. */
static void put_fault(struct line *l, const uint32_t *words, enum insn_kind kind)
{
    for (int i = 0; i < FIELDS; i++) {
        const struct field *f = &fields[i];
        const uint32_t value = get(words, f);
        if (f->kind != kind || f->sign != 'U' || (value >= f->min && (f->max == 0 || value <= f->max)))
            continue;
        put(l, "  # BAD_FIELD: %s is %u, %s %u", f->name, (unsigned)value, value < f->min ? "at least" : "at most",
            (unsigned)(value < f->min ? f->min : f->max));
        return;
    }
}

static enum insn_kind kind_of(const uint32_t *words)
{
    const uint32_t code = words[SYSTOLE_F_ANY_opcode_WORD] >> SYSTOLE_F_ANY_opcode_LSB & SYSTOLE_MASK(SYSTOLE_F_ANY_opcode_WIDTH);
    for (int k = KIND_ANY + 1; k < KINDS; k++)
        if (opcodes[k].code == code)
            return (enum insn_kind)k;
    return KIND_ANY;
}

static bool has_reserved(const uint32_t *words, enum insn_kind kind)
{
    uint32_t rest[SYSTOLE_INSN_WORDS];
    memcpy(rest, words, sizeof rest);
    for (int i = 0; i < FIELDS; i++)
        if (fields[i].kind == kind || fields[i].kind == KIND_ANY)
            rest[fields[i].word] &= ~(SYSTOLE_MASK(fields[i].width) << fields[i].lsb);
    for (int i = 0; i < SYSTOLE_INSN_WORDS; i++)
        if (rest[i])
            return true;
    return false;
}

static void put_words(struct line *l, const uint32_t *words, enum insn_kind kind)
{
    int last = SYSTOLE_INSN_WORDS - 1;
    while (last > 0 && words[last] == 0)
        last--;
    put(l, ".words");
    for (int i = 0; i <= last; i++)
        put(l, " 0x%08x", (unsigned)words[i]);
    if (kind == KIND_ANY)
        put(l, "  # BAD_OPCODE: %u", (unsigned)(words[0] & 0xff));
    else
        put(l, "  # BAD_FIELD: %s with reserved bits set", opcodes[kind].name);
}

enum systole_status systole_instruction_print(const void *bytes, char *text, size_t room)
{
    uint32_t words[SYSTOLE_INSN_WORDS];
    char whole[SYSTOLE_INSTRUCTION_TEXT];
    struct line l = {whole, sizeof whole, 0, false};
    if (!bytes || !text || !room)
        return SYSTOLE_BAD_ARGUMENT;
    words_of(bytes, words);
    const enum insn_kind kind = kind_of(words);
    if (kind == KIND_ANY || has_reserved(words, kind)) {
        put_words(&l, words, kind);
    } else {
        put(&l, "%s", opcodes[kind].name);
        for (int i = 0; i < FIELDS; i++)
            if (fields[i].kind == kind)
                put_field(&l, &fields[i], get(words, &fields[i]));
        for (int i = 0; i < FIELDS; i++)
            if (fields[i].kind == KIND_ANY && !is_opcode(&fields[i]))
                put_field(&l, &fields[i], get(words, &fields[i]));
        put_fault(&l, words, kind);
    }
    if (l.cut || l.used >= room)
        return SYSTOLE_BAD_ARGUMENT;
    memcpy(text, whole, l.used + 1);
    return SYSTOLE_OK;
}

/* ---- From text ---- */

static enum systole_status parse_tokens(struct systole_context *ctx, const struct field *f, const char *text, uint32_t *value)
{
    *value = 0;
    for (const char *p = text;; p++) {
        char *end = NULL;
        const unsigned long token = strtoul(p, &end, 10);
        if (!isdigit((unsigned char)*p) || token >= f->width || (*end != ',' && *end != '\0'))
            return sy_fail(ctx, SYSTOLE_IO, "%s=%.60s: tokens are numbers from 0 to %u with commas between", f->name, text,
                           (unsigned)f->width - 1);
        *value |= 1u << token;
        p = end;
        if (*p == '\0')
            return SYSTOLE_OK;
    }
}

static enum systole_status parse_number(struct systole_context *ctx, const char *name, const char *text, uint32_t width, bool is_signed,
                                        uint32_t *value)
{
    char *end = NULL;
    const bool negative = text[0] == '-';
    const char *digits = text + negative;
    const uint64_t most = is_signed ? UINT64_C(1) << (width - 1) : (UINT64_C(1) << width);
    errno = 0;
    const unsigned long long n = isdigit((unsigned char)*digits) ? strtoull(digits, &end, 0) : 0;
    if (!end || end == digits || *end || errno || (negative && !is_signed) || n > most || (n == most && !negative))
        return sy_fail(ctx, SYSTOLE_IO, "%.40s=%.60s: a number of %u bits%s", name, text, (unsigned)width,
                       is_signed ? ", with a sign" : "");
    *value = (uint32_t)(negative ? 0 - n : n) & SYSTOLE_MASK(width);
    return SYSTOLE_OK;
}

static enum systole_status parse_value(struct systole_context *ctx, const struct field *f, const char *text, uint32_t *value)
{
    if (is_tokens(f))
        return parse_tokens(ctx, f, text, value);
    for (int i = 0; i < CHOICES; i++)
        if (in_group(f, &choices[i]) && strcmp(choices[i].name, text) == 0) {
            *value = choices[i].value;
            return SYSTOLE_OK;
        }
    return parse_number(ctx, f->name, text, f->width, f->sign == 'S', value);
}

static enum systole_status parse_field(struct systole_context *ctx, enum insn_kind kind, const char *name, const char *value,
                                       uint32_t *words)
{
    for (int i = 0; i < FIELDS; i++) {
        const struct field *f = &fields[i];
        uint32_t bits = 0;
        if ((f->kind != kind && f->kind != KIND_ANY) || is_opcode(f) || strcmp(f->name, name) != 0)
            continue;
        const enum systole_status status = parse_value(ctx, f, value, &bits);
        if (!status)
            words[f->word] = (words[f->word] & ~(SYSTOLE_MASK(f->width) << f->lsb)) | bits << f->lsb;
        return status;
    }
    return sy_fail(ctx, SYSTOLE_IO, "%s has no field '%.60s'", opcodes[kind].name, name);
}

/* The next word of the line, cut out of it; NULL at its end. */
static char *next_word(char **line)
{
    char *p = *line + strspn(*line, " \t\r\n");
    const size_t n = strcspn(p, " \t\r\n");
    if (n == 0)
        return NULL;
    *line = p + n + (p[n] != '\0');
    p[n] = '\0';
    return p;
}

static enum systole_status parse_words(struct systole_context *ctx, char *rest, uint32_t *words)
{
    const char *word;
    for (int i = 0; (word = next_word(&rest)) != NULL; i++) {
        if (i == SYSTOLE_INSN_WORDS)
            return sy_fail(ctx, SYSTOLE_IO, "an instruction has %d words", SYSTOLE_INSN_WORDS);
        const enum systole_status status = parse_number(ctx, ".words", word, 32, false, &words[i]);
        if (status)
            return status;
    }
    return SYSTOLE_OK;
}

static enum systole_status parse_line(struct systole_context *ctx, char *line, uint32_t *words)
{
    const char *name = next_word(&line);
    enum insn_kind kind = KIND_ANY;
    if (!name)
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "a line without an instruction");
    if (strcmp(name, ".words") == 0)
        return parse_words(ctx, line, words);
    for (int k = KIND_ANY + 1; k < KINDS; k++)
        if (strcmp(opcodes[k].name, name) == 0)
            kind = (enum insn_kind)k;
    if (kind == KIND_ANY)
        return sy_fail(ctx, SYSTOLE_IO, "there is no instruction '%.60s'", name);
    words[SYSTOLE_F_ANY_opcode_WORD] = opcodes[kind].code << SYSTOLE_F_ANY_opcode_LSB;
    enum systole_status status = SYSTOLE_OK;
    for (char *word; !status && (word = next_word(&line)) != NULL;) {
        char *equals = strchr(word, '=');
        if (!equals)
            return sy_fail(ctx, SYSTOLE_IO, "'%.60s' is not of the form field=value", word);
        *equals = '\0';
        status = parse_field(ctx, kind, word, equals + 1, words);
    }
    return status;
}

enum systole_status systole_instruction_parse(struct systole_context *context, const char *text, void *bytes)
{
    uint32_t words[SYSTOLE_INSN_WORDS] = {0};
    char line[SYSTOLE_INSTRUCTION_TEXT];
    if (!context || !text || !bytes)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    const size_t n = strcspn(text, "#");
    if (n >= sizeof line)
        return sy_fail(context, SYSTOLE_IO, "a line of %zu characters; at most %zu", n, sizeof line - 1);
    memcpy(line, text, n);
    line[n] = '\0';
    const enum systole_status status = parse_line(context, line, words);
    if (!status)
        bytes_of(words, bytes);
    return status;
}
