/* SPDX-License-Identifier: Apache-2.0 */
#include "coverage.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_AXES = 5, MOST_VALUES = 6 };

/* One direction of a table: what is counted, and the names of its values. */
struct axis {
    const char *name;
    unsigned values;
    unsigned (*value)(const uint32_t *insn, const struct ref_caps *caps);
    const char *label[MOST_VALUES];
};

struct group {
    const char *name;
    uint32_t opcode; /* 0: those of the axis `opcode` */
    unsigned axes;
    struct axis axis[MOST_AXES];
    bool (*legal)(const unsigned *at, bool fp);
};

#define VALUE(name, expression)                                                                                        \
    static unsigned name(const uint32_t *insn, const struct ref_caps *caps)                                            \
    {                                                                                                                  \
        (void)caps;                                                                                                    \
        return (unsigned)(expression);                                                                                 \
    }
#define S(type, field) ((int32_t)SYSTOLE_GET(insn, type, field))

VALUE(load_mem, SYSTOLE_GET(insn, LOAD, mem))
VALUE(load_conv, SYSTOLE_GET(insn, LOAD, conv))
VALUE(load_trans, SYSTOLE_GET(insn, LOAD, trans))
VALUE(load_back, S(LOAD, s1) < 0 || S(LOAD, s2) < 0 || S(LOAD, s3) < 0)
VALUE(load_dims, SYSTOLE_GET(insn, LOAD, n3) > 1   ? 3
                 : SYSTOLE_GET(insn, LOAD, n2) > 1 ? 2
                                                   : SYSTOLE_GET(insn, LOAD, n1) > 1)
VALUE(fill_mem, SYSTOLE_GET(insn, FILL, mem))
VALUE(fill_conv, SYSTOLE_GET(insn, FILL, conv))
VALUE(fill_pad, SYSTOLE_GET(insn, FILL, value) == SYSTOLE_PAD_BF16)
VALUE(mm_mode, SYSTOLE_GET(insn, MATMUL, mode))
VALUE(mm_dtype, SYSTOLE_GET(insn, MATMUL, dtype))
VALUE(mm_init, SYSTOLE_GET(insn, MATMUL, init))
VALUE(mm_tail, SYSTOLE_GET(insn, MATMUL, k_tail) < caps->rows)
VALUE(mm_signs, SYSTOLE_GET(insn, MATMUL, a_unsigned) * 2 + SYSTOLE_GET(insn, MATMUL, b_unsigned))
VALUE(mm_zeros, (SYSTOLE_GET(insn, MATMUL, a_zp) != 0) * 2 + (SYSTOLE_GET(insn, MATMUL, b_zp) != 0))
VALUE(mm_window, SYSTOLE_GET(insn, MATMUL, kh) > 1 || SYSTOLE_GET(insn, MATMUL, kw) > 1)
VALUE(mm_chain, SYSTOLE_GET(insn, MATMUL, kc) > 1)
VALUE(mm_taps, !SYSTOLE_GET(insn, MATMUL, taps) ? 0 : SYSTOLE_GET(insn, MATMUL, kc) > 4 ? 5 : SYSTOLE_GET(insn, MATMUL, kc))
VALUE(mm_pairs, SYSTOLE_GET(insn, MATMUL, taps) && S(MATMUL, a_sq) != S(MATMUL, a_skc))
VALUE(mm_rows, (SYSTOLE_GET(insn, MATMUL, p) > 1) * 2 + (SYSTOLE_GET(insn, MATMUL, q) > 1))
VALUE(mm_blocks, SYSTOLE_GET(insn, MATMUL, n) > 1)
VALUE(mm_pixels, SYSTOLE_GET(insn, MATMUL, p) * SYSTOLE_GET(insn, MATMUL, q) > 4
                     ? 2
                     : SYSTOLE_GET(insn, MATMUL, p) * SYSTOLE_GET(insn, MATMUL, q) > 1)
VALUE(st_dst, SYSTOLE_GET(insn, STORE, dst))
VALUE(st_out, SYSTOLE_GET(insn, STORE, out))
VALUE(st_fp, SYSTOLE_GET(insn, STORE, src_fp))
VALUE(st_scale, SYSTOLE_GET(insn, STORE, scale))
VALUE(st_res, SYSTOLE_GET(insn, STORE, res))
VALUE(st_act, SYSTOLE_GET(insn, STORE, act))
VALUE(st_clamp, SYSTOLE_GET(insn, STORE, clamp))
VALUE(st_tail, SYSTOLE_GET(insn, STORE, n_tail) < caps->cols)
VALUE(st_blocks, SYSTOLE_GET(insn, STORE, n) > 1)

static bool legal_load(const unsigned *at, bool fp)
{
    if (at[0] == SYSTOLE_MEM_ACC || at[0] == SYSTOLE_MEM_PARAM) {
        return at[1] == SYSTOLE_CONV_COPY32 && at[2] == 0;
    }
    if (at[0] == SYSTOLE_MEM_LUT) {
        return at[1] == SYSTOLE_CONV_COPY8 && at[2] == 0;
    }
    return at[1] == SYSTOLE_CONV_COPY8 || (fp && at[1] != SYSTOLE_CONV_COPY32);
}

static bool legal_fill(const unsigned *at, bool fp)
{
    const bool words = at[0] >= SYSTOLE_MEM_ACC;
    if (at[2] != 0 && at[1] != SYSTOLE_CONV_COPY16) {
        return false; /* of interest to bf16 only */
    }
    return words == (at[1] == SYSTOLE_CONV_COPY32) && (fp || at[1] != SYSTOLE_CONV_COPY16);
}

static bool legal_matmul(const unsigned *at, bool fp)
{
    return fp || at[1] == SYSTOLE_DTYPE_INT8;
}

static bool legal_taps(const unsigned *at, bool fp)
{
    (void)fp;
    return at[0] != 0 || at[1] == 0;
}

static bool legal_store(const unsigned *at, bool fp)
{
    if (at[0] != SYSTOLE_DST_DRAM && at[1] <= SYSTOLE_OUT_F32) {
        return false;
    }
    return fp || (at[2] == 0 && at[1] != SYSTOLE_OUT_BF16);
}

static bool legal_post(const unsigned *at, bool fp)
{
    if (at[0] == SYSTOLE_OUT_RAW32) {
        return at[1] == 0 && at[2] == 0 && at[3] == 0 && at[4] == 0;
    }
    if (at[3] == SYSTOLE_ACT_TABLE && at[0] < SYSTOLE_OUT_I8) {
        return false;
    }
    return fp || (at[0] != SYSTOLE_OUT_BF16 && at[2] != SYSTOLE_RES_BF16);
}

/* The same questions to every opcode that moves or computes. */
static unsigned all_opcode(const uint32_t *insn, const struct ref_caps *caps)
{
    (void)caps;
    return SYSTOLE_GET(insn, ANY, opcode) - SYSTOLE_OP_LOAD;
}

static unsigned all_float(const uint32_t *insn, const struct ref_caps *caps)
{
    switch (SYSTOLE_GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_LOAD:
        return load_conv(insn, caps) != SYSTOLE_CONV_COPY8 && load_mem(insn, caps) <= SYSTOLE_MEM_WPAD;
    case SYSTOLE_OP_FILL:
        return fill_conv(insn, caps) == SYSTOLE_CONV_COPY16;
    case SYSTOLE_OP_MATMUL:
        return mm_dtype(insn, caps);
    default:
        return st_fp(insn, caps);
    }
}

static unsigned all_padded(const uint32_t *insn, const struct ref_caps *caps)
{
    switch (SYSTOLE_GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_FILL:
        return fill_pad(insn, caps);
    case SYSTOLE_OP_MATMUL:
        return mm_tail(insn, caps);
    case SYSTOLE_OP_STORE:
        return st_tail(insn, caps);
    default:
        return 0;
    }
}

static unsigned all_trans(const uint32_t *insn, const struct ref_caps *caps)
{
    return SYSTOLE_GET(insn, ANY, opcode) == SYSTOLE_OP_LOAD ? load_trans(insn, caps) : 0;
}

/* Of the device's memory, not of the instruction: coverage_note() knows. */
static unsigned all_stalls(const uint32_t *insn, const struct ref_caps *caps)
{
    (void)insn;
    (void)caps;
    return 0;
}

static bool legal_all(const unsigned *at, bool fp)
{
    const uint32_t opcode = at[0] + SYSTOLE_OP_LOAD;
    if (at[1] != 0 && !fp) {
        return false;
    }
    if (at[2] != 0 && (opcode == SYSTOLE_OP_LOAD || (opcode == SYSTOLE_OP_FILL && at[1] == 0))) {
        return false; /* padding is a pattern of bf16, or a tail */
    }
    return at[3] == 0 || opcode == SYSTOLE_OP_LOAD;
}

static bool legal_any(const unsigned *at, bool fp)
{
    (void)at;
    (void)fp;
    return true;
}

#define CONVS {"COPY8", "COPY16", "COPY32", "F32_H", "F32_M", "F32_L"}
#define MODES {"mode", 4, mm_mode, {"MATRIX", "DEPTHWISE", "MAX", "SUM"}}
#define DTYPES {"dtype", 2, mm_dtype, {"INT8", "BF16"}}
#define OUTS {"out", 5, st_out, {"RAW32", "F32", "BF16", "I8", "U8"}}

static const struct group groups[COVER_GROUPS] = {
    {"LOAD mem x conv x trans", SYSTOLE_OP_LOAD, 3,
     {{"mem", 5, load_mem, {"APAD", "WPAD", "ACC", "PARAM", "LUT"}},
      {"conv", 6, load_conv, CONVS},
      {"trans", 2, load_trans, {"-", "trans"}}},
     legal_load},
    {"LOAD dims x trans x backwards", SYSTOLE_OP_LOAD, 3,
     {{"dims", 4, load_dims, {"row", "n1", "n2", "n3"}},
      {"trans", 2, load_trans, {"-", "trans"}},
      {"back", 2, load_back, {"-", "backwards"}}},
     legal_any},
    {"FILL mem x conv x padding", SYSTOLE_OP_FILL, 3,
     {{"mem", 4, fill_mem, {"APAD", "WPAD", "ACC", "PARAM"}},
      {"conv", 3, fill_conv, CONVS},
      {"pad", 2, fill_pad, {"-", "0xffff"}}},
     legal_fill},
    {"MATMUL mode x dtype x init x tail", SYSTOLE_OP_MATMUL, 4,
     {MODES, DTYPES, {"init", 3, mm_init, {"ZERO", "ACC", "PARAM"}}, {"tail", 2, mm_tail, {"-", "k_tail"}}},
     legal_matmul},
    {"MATMUL loops", SYSTOLE_OP_MATMUL, 5,
     {MODES,
      {"window", 2, mm_window, {"1x1", "khxkw"}},
      {"kc", 2, mm_chain, {"-", "kc"}},
      {"n", 2, mm_blocks, {"-", "n"}},
      {"pixels", 3, mm_pixels, {"one", "few", "many"}}},
     legal_any},
    {"MATMUL DEPTHWISE taps x stride x rows x n", SYSTOLE_OP_MATMUL, 4,
     {{"taps", 6, mm_taps, {"-", "1", "2", "3", "4", "5.."}},
      {"stride", 2, mm_pairs, {"next", "second"}},
      {"rows", 4, mm_rows, {"one", "q", "p", "pxq"}},
      {"n", 2, mm_blocks, {"-", "n"}}},
     legal_taps},
    {"MATMUL mode x signs x zero points", SYSTOLE_OP_MATMUL, 3,
     {MODES, {"signs", 4, mm_signs, {"ss", "su", "us", "uu"}}, {"zeros", 4, mm_zeros, {"00", "0z", "z0", "zz"}}},
     legal_any},
    {"STORE dst x out x source x tail x blocks", SYSTOLE_OP_STORE, 5,
     {{"dst", 3, st_dst, {"DRAM", "APAD", "WPAD"}},
      OUTS,
      {"src", 2, st_fp, {"int32", "fp32"}},
      {"tail", 2, st_tail, {"-", "n_tail"}},
      {"n", 2, st_blocks, {"-", "n"}}},
     legal_store},
    {"STORE out x scale x residual x activation x clamp", SYSTOLE_OP_STORE, 5,
     {OUTS,
      {"scale", 3, st_scale, {"-", "IMM", "PARAM"}},
      {"res", 4, st_res, {"-", "I8", "U8", "BF16"}},
      {"act", 4, st_act, {"-", "RELU", "LEAKY", "TABLE"}},
      {"clamp", 2, st_clamp, {"-", "clamp"}}},
     legal_post},
    {"opcode x dtype x padding x transposition x stall", 0, 5,
     {{"opcode", 4, all_opcode, {"LOAD", "FILL", "MATMUL", "STORE"}},
      {"dtype", 2, all_float, {"integer", "float"}},
      {"padding", 2, all_padded, {"-", "padded"}},
      {"trans", 2, all_trans, {"-", "trans"}},
      {"stall", 2, all_stalls, {"-", "stalls"}}},
     legal_all},
};
enum { ALL_OPCODES = COVER_GROUPS - 1 };

void coverage_note(void *coverage, uint32_t index, const uint32_t *insn)
{
    struct coverage *c = coverage;
    const uint32_t opcode = SYSTOLE_GET(insn, ANY, opcode);
    (void)index;
    for (unsigned g = 0; g < COVER_GROUPS; g++) {
        if (groups[g].opcode != opcode && (groups[g].opcode != 0 || opcode < SYSTOLE_OP_LOAD)) {
            continue;
        }
        unsigned bin = 0;
        for (unsigned a = 0; a < groups[g].axes; a++) {
            bin = bin * groups[g].axis[a].values + groups[g].axis[a].value(insn, &c->caps);
        }
        c->hits[g][g == ALL_OPCODES && c->stalls ? bin + 1 : bin]++;
    }
}

/* Takes a bin apart; returns how many bins the group has. */
static unsigned locate(const struct group *g, unsigned bin, unsigned *at)
{
    unsigned total = 1;
    for (unsigned a = g->axes; a-- > 0;) {
        at[a] = bin % g->axis[a].values;
        bin /= g->axis[a].values;
        total *= g->axis[a].values;
    }
    return total;
}

/* Legal bins, and those hit. */
static void count_bins(const struct coverage *c, unsigned g, unsigned *legal, unsigned *hit)
{
    unsigned at[MOST_AXES];
    const unsigned total = locate(&groups[g], 0, at);
    *legal = 0;
    *hit = 0;
    for (unsigned bin = 0; bin < total; bin++) {
        locate(&groups[g], bin, at);
        if (groups[g].legal(at, c->any_fp)) {
            ++*legal;
            *hit += c->hits[g][bin] != 0;
        }
    }
}

static void print_group(FILE *out, const struct coverage *c, unsigned index)
{
    const struct group *g = &groups[index];
    unsigned at[MOST_AXES];
    unsigned legal;
    unsigned hit;
    const unsigned total = locate(g, 0, at);
    count_bins(c, index, &legal, &hit);
    fprintf(out, "%s: %u of %u\n", g->name, hit, legal);
    for (unsigned bin = 0; bin < total; bin++) {
        locate(g, bin, at);
        if (!g->legal(at, c->any_fp) || (total > 64 && c->hits[index][bin] != 0)) {
            continue; /* of the large tables only the holes */
        }
        fprintf(out, "   ");
        for (unsigned a = 0; a < g->axes; a++) {
            fprintf(out, " %-9s", g->axis[a].label[at[a]]);
        }
        fprintf(out, " %8" PRIu64 "%s\n", c->hits[index][bin], c->hits[index][bin] == 0 ? "  HOLE" : "");
    }
}

void coverage_print(FILE *out, const struct coverage *c)
{
    for (unsigned g = 0; g < COVER_GROUPS; g++) {
        print_group(out, c, g);
    }
}

void coverage_rows(FILE *out, const struct coverage *c, const char *command)
{
    for (unsigned g = 0; g < COVER_GROUPS; g++) {
        unsigned legal;
        unsigned hit;
        count_bins(c, g, &legal, &hit);
        fprintf(out,
                "  {\"claim\": \"fuzz coverage: %s\", \"value\": %u, \"unit\": \"bins\", \"bound\": %u, "
                "\"sense\": \"min\", \"command\": \"%s\"},\n",
                groups[g].name, hit, legal, command);
    }
}
