/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk: blocks of rows, in them blocks of columns; for each the passes, and for each pass pieces of K. A step multiplies one piece; its
 * blocks of A and B lie in halves of the pads, so that the next step's are loaded meanwhile. A block that the step before left in a
 * half is not loaded again.
 */
#include "host/plan/product.h"

#include <stdbool.h>
#include <string.h>

#include "host/plan/conv.h"
#include "host/plan/round.h"

struct extent2 {
    uint32_t at, count;
};

/* What a half of a pad holds. */
struct held {
    bool valid;
    uint32_t outer, k, pass;
};

struct step {
    struct extent2 m, n, k; /* elements */
    uint32_t pass;
    bool first, last; /* of its block of C */
    uint32_t c_half;
};

struct planner {
    struct sy_program *program;
    const struct sy_product *g;
    uint32_t rows, cols, eb;
    struct sy_blocks block; /* the largest */
    uint32_t apad_half, wpad_half, acc_half, param_half, wpad_parts; /* parts: of those who share the turn (conv.h) */
    struct held a[2], b[2];
    uint32_t a_turn, b_turn, a_now, b_now;
    bool too_large;
};

uint32_t sy_product_split(uint32_t precision, struct sy_pass pass[SY_MAX_PASSES])
{
    enum { H = SYSTOLE_CONV_F32_H, M = SYSTOLE_CONV_F32_M, L = SYSTOLE_CONV_F32_L };
    /* Small terms first. */
    static const struct sy_pass x6[SY_MAX_PASSES] = {{H, L}, {L, H}, {M, M}, {H, M}, {M, H}, {H, H}};
    const uint32_t count = precision >= 6 ? 6 : precision >= 3 ? 3 : 1;
    memcpy(pass, x6 + (SY_MAX_PASSES - count), count * sizeof *pass);
    return count;
}

/* ---- loads ---- */

struct block2 {
    uint32_t mem, dst, conv;
    uint64_t src;
    uint32_t len, n1, n2, n3;
    uint64_t s1, s2, s3;
    uint32_t d1, d2, d3;
    uint32_t trans;
};

static void load(struct planner *p, uint32_t window, const struct block2 *b)
{
    if (b->len == 0 || b->n1 == 0 || b->n2 == 0 || b->n3 == 0)
        return;
    if (b->s1 > INT32_MAX || b->s2 > INT32_MAX || b->s3 > INT32_MAX || b->n1 > 65535 || b->n2 > 65535 || b->n3 > 65535 ||
        b->len >= 1u << 24 || b->src >> SYSTOLE_ADDR_BITS) {
        p->too_large = true;
        return;
    }
    uint32_t *i = sy_program_next(p->program, SYSTOLE_OP_LOAD);
    SYSTOLE_PUT(i, LOAD, mem, b->mem);
    SYSTOLE_PUT(i, LOAD, conv, b->conv);
    SYSTOLE_PUT(i, LOAD, trans, b->trans);
    SYSTOLE_PUT(i, LOAD, window, window);
    SYSTOLE_PUT(i, LOAD, src_lo, b->src);
    SYSTOLE_PUT(i, LOAD, src_hi, b->src >> 32);
    SYSTOLE_PUT(i, LOAD, dst, b->dst);
    SYSTOLE_PUT(i, LOAD, len, b->len);
    SYSTOLE_PUT(i, LOAD, n1, b->n1);
    SYSTOLE_PUT(i, LOAD, n2, b->n2);
    SYSTOLE_PUT(i, LOAD, n3, b->n3);
    SYSTOLE_PUT(i, LOAD, s1, b->s1);
    SYSTOLE_PUT(i, LOAD, s2, b->s2);
    SYSTOLE_PUT(i, LOAD, s3, b->s3);
    SYSTOLE_PUT(i, LOAD, d1, b->d1);
    SYSTOLE_PUT(i, LOAD, d2, b->d2);
    SYSTOLE_PUT(i, LOAD, d3, b->d3);
    sy_program_commit(p->program);
}

/* Which half of a pad holds a block; loads that come in are the caller's when it was not there. */
static bool find_half(struct held held[2], uint32_t *turn, struct held want, uint32_t *half)
{
    for (uint32_t h = 0; h < 2; h++) {
        if (held[h].valid && held[h].outer == want.outer && held[h].k == want.k && held[h].pass == want.pass) {
            *half = h;
            *turn = 1 - h;
            return true;
        }
    }
    *half = *turn;
    held[*half] = want;
    *turn = 1 - *half;
    return false;
}

/* A: rows of kb elements. */
static void load_a(struct planner *p, const struct step *s)
{
    const struct sy_operand *a = &p->g->a;
    const struct held want = {true, s->m.at, s->k.at, p->g->pass[s->pass].conv_a};
    if (find_half(p->a, &p->a_turn, want, &p->a_now))
        return;
    const uint32_t pitch = p->block.kb * p->eb;
    const uint64_t row = a->trans ? s->k.at : s->m.at, column = a->trans ? s->m.at : s->k.at;
    struct block2 b = {.mem = SYSTOLE_MEM_APAD,
                       .dst = p->a_now * p->apad_half,
                       .conv = want.pass,
                       .src = a->offset + row * a->stride + column * a->element,
                       .len = a->trans ? s->m.count : s->k.count,
                       .n1 = a->trans ? s->k.count : s->m.count,
                       .n2 = 1,
                       .n3 = 1,
                       .s1 = a->stride,
                       .d1 = pitch,
                       .trans = a->trans};
    load(p, a->window, &b);
}

/* The tiles of some columns and rows of B: `width` columns of each of `tiles` tiles, `height` rows of each of `steps` steps. */
static void load_tiles(struct planner *p, const struct step *s, uint32_t tile, uint32_t tiles, uint32_t width, uint32_t kstep,
                       uint32_t steps, uint32_t height)
{
    const struct sy_operand *w = &p->g->b;
    const uint32_t row = p->cols * p->eb, tile_bytes = p->rows * row;
    const uint32_t in_step = up(s->n.count, p->cols) / p->cols;
    const uint64_t k = (uint64_t)s->k.at + (uint64_t)kstep * p->rows, n = (uint64_t)s->n.at + (uint64_t)tile * p->cols;
    struct block2 b = {.mem = SYSTOLE_MEM_WPAD,
                       .dst = p->b_now * p->wpad_half + (kstep * in_step + tile) * tile_bytes,
                       .conv = p->g->pass[s->pass].conv_b,
                       .src = w->offset + (w->trans ? n * w->stride + k * w->element : k * w->stride + n * w->element),
                       .len = w->trans ? height : width,
                       .n1 = w->trans ? width : height,
                       .n2 = tiles,
                       .n3 = steps,
                       .s1 = w->stride,
                       .s2 = w->trans ? p->cols * w->stride : (uint64_t)p->cols * w->element,
                       .s3 = w->trans ? (uint64_t)p->rows * w->element : p->rows * w->stride,
                       .d1 = row,
                       .d2 = tile_bytes,
                       .d3 = in_step * tile_bytes,
                       .trans = w->trans};
    load(p, w->window, &b);
}

static void load_b(struct planner *p, const struct step *s)
{
    const struct held want = {true, s->n.at, s->k.at, p->g->pass[s->pass].conv_b};
    if (find_half(p->b, &p->b_turn, want, &p->b_now))
        return;
    const uint32_t tiles = s->n.count / p->cols, n_rest = s->n.count % p->cols;
    const uint32_t steps = s->k.count / p->rows, k_rest = s->k.count % p->rows;
    load_tiles(p, s, 0, tiles, p->cols, 0, steps, p->rows);
    load_tiles(p, s, tiles, 1, n_rest, 0, steps, p->rows);
    if (k_rest) {
        load_tiles(p, s, 0, tiles, p->cols, steps, 1, k_rest);
        load_tiles(p, s, tiles, 1, n_rest, steps, 1, k_rest);
    }
}

/* A row of N words into rows of PARAM. */
static void load_row(struct planner *p, const struct step *s, const struct sy_operand *from, uint32_t param_row)
{
    const struct block2 b = {.mem = SYSTOLE_MEM_PARAM,
                             .dst = param_row * p->cols * 4,
                             .conv = SYSTOLE_CONV_COPY32,
                             .src = from->offset + 4ull * s->n.at,
                             .len = s->n.count,
                             .n1 = 1,
                             .n2 = 1,
                             .n3 = 1};
    load(p, from->window, &b);
}

/* What the sums begin with: tile by tile, as the rows of ACC lie. */
static void load_start(struct planner *p, const struct step *s)
{
    const struct sy_operand *from = &p->g->start_at;
    const uint32_t row = p->cols * 4, tiles = s->n.count / p->cols;
    struct block2 b = {.mem = SYSTOLE_MEM_ACC,
                       .dst = s->c_half * p->acc_half * row,
                       .conv = SYSTOLE_CONV_COPY32,
                       .src = from->offset + s->m.at * from->stride + 4ull * s->n.at,
                       .len = p->cols,
                       .n1 = s->m.count,
                       .n2 = tiles,
                       .n3 = 1,
                       .s1 = from->stride,
                       .s2 = row,
                       .d1 = row,
                       .d2 = s->m.count * row};
    load(p, from->window, &b);
    b.src += 4ull * tiles * p->cols;
    b.dst += tiles * s->m.count * row;
    b.len = s->n.count % p->cols;
    b.n2 = 1;
    load(p, from->window, &b);
}

static uint32_t scale_row(const struct planner *p, const struct step *s)
{
    return s->c_half * p->param_half + p->param_half / 2;
}

static void load_step(struct planner *p, const struct step *s)
{
    load_a(p, s);
    load_b(p, s);
    if (s->first && p->g->start == SY_START_BIAS)
        load_row(p, s, &p->g->start_at, s->c_half * p->param_half);
    if (s->first && p->g->start == SY_START_C)
        load_start(p, s);
    if (s->first && SYSTOLE_GET(p->g->post, STORE, scale) == SYSTOLE_SCALE_PARAM)
        load_row(p, s, &p->g->scale, scale_row(p, s));
}

/* ---- compute and store ---- */

static uint32_t init_of(const struct planner *p, const struct step *s)
{
    if (!s->first || p->g->start == SY_START_C)
        return SYSTOLE_INIT_ACC;
    return p->g->start == SY_START_BIAS ? SYSTOLE_INIT_PARAM : SYSTOLE_INIT_ZERO;
}

static void compute(struct planner *p, const struct step *s, uint32_t a_half, uint32_t b_half)
{
    const struct sy_product *g = p->g;
    const uint32_t rest = s->k.count % p->rows;
    uint32_t *i = sy_program_next(p->program, SYSTOLE_OP_MATMUL);
    SYSTOLE_PUT(i, MATMUL, dtype, g->bf16);
    SYSTOLE_PUT(i, MATMUL, a_unsigned, g->a_unsigned);
    SYSTOLE_PUT(i, MATMUL, b_unsigned, g->b_unsigned);
    SYSTOLE_PUT(i, MATMUL, a_zp, g->a_zp);
    SYSTOLE_PUT(i, MATMUL, b_zp, g->b_zp);
    SYSTOLE_PUT(i, MATMUL, init, init_of(p, s));
    SYSTOLE_PUT(i, MATMUL, bias, s->c_half * p->param_half);
    SYSTOLE_PUT(i, MATMUL, a_base, a_half * p->apad_half);
    SYSTOLE_PUT(i, MATMUL, w_base, b_half * p->wpad_half);
    SYSTOLE_PUT(i, MATMUL, c_base, s->c_half * p->acc_half);
    SYSTOLE_PUT(i, MATMUL, k_tail, rest ? rest : p->rows);
    SYSTOLE_PUT(i, MATMUL, kh, 1);
    SYSTOLE_PUT(i, MATMUL, kw, 1);
    SYSTOLE_PUT(i, MATMUL, kc, up(s->k.count, p->rows) / p->rows);
    SYSTOLE_PUT(i, MATMUL, n, up(s->n.count, p->cols) / p->cols);
    SYSTOLE_PUT(i, MATMUL, p, 1);
    SYSTOLE_PUT(i, MATMUL, q, s->m.count);
    SYSTOLE_PUT(i, MATMUL, a_skc, p->rows * p->eb);
    SYSTOLE_PUT(i, MATMUL, a_sq, p->block.kb * p->eb);
    SYSTOLE_PUT(i, MATMUL, c_sn, s->m.count);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
    sy_program_commit(p->program);
}

static uint32_t out_bytes(uint32_t out)
{
    return out == SYSTOLE_OUT_I8 || out == SYSTOLE_OUT_U8 ? 1 : out == SYSTOLE_OUT_BF16 ? 2 : 4;
}

static void store(struct planner *p, const struct step *s)
{
    const struct sy_operand *c = &p->g->c;
    const uint32_t eo = out_bytes(SYSTOLE_GET(p->g->post, STORE, out)), rest = s->n.count % p->cols;
    const uint64_t dst = c->offset + s->m.at * c->stride + (uint64_t)s->n.at * eo;
    if (c->stride > INT32_MAX || dst >> SYSTOLE_ADDR_BITS) {
        p->too_large = true;
        return;
    }
    uint32_t *i = sy_program_next(p->program, SYSTOLE_OP_STORE);
    memcpy(i, p->g->post, sizeof p->g->post);
    i[0] = (i[0] & ~0xffu) | SYSTOLE_OP_STORE;
    SYSTOLE_PUT(i, STORE, window, c->window);
    SYSTOLE_PUT(i, STORE, dst_lo, dst);
    SYSTOLE_PUT(i, STORE, dst_hi, dst >> 32);
    SYSTOLE_PUT(i, STORE, c_base, s->c_half * p->acc_half);
    SYSTOLE_PUT(i, STORE, s_base, scale_row(p, s));
    SYSTOLE_PUT(i, STORE, n, up(s->n.count, p->cols) / p->cols);
    SYSTOLE_PUT(i, STORE, n_tail, rest ? rest : p->cols);
    SYSTOLE_PUT(i, STORE, p, 1);
    SYSTOLE_PUT(i, STORE, q, s->m.count);
    SYSTOLE_PUT(i, STORE, c_sn, s->m.count);
    SYSTOLE_PUT(i, STORE, c_sq, 1);
    SYSTOLE_PUT(i, STORE, d_sn, p->cols * eo);
    SYSTOLE_PUT(i, STORE, d_sq, c->stride);
    sy_program_commit(p->program);
}

/* ---- the walk ---- */

/* The step after this one; false after the last. The order: m, n, pass, k. */
static bool next_step(const struct planner *p, struct step *s)
{
    const struct sy_product *g = p->g;
    if (s->last) {
        s->c_half = 1 - s->c_half;
        s->pass = 0;
        s->k.at = 0;
        s->n.at += s->n.count;
        if (s->n.at >= g->n) {
            s->n.at = 0;
            s->m.at += s->m.count;
            if (s->m.at >= g->m)
                return false;
        }
    } else {
        s->k.at += s->k.count;
        if (s->k.at >= g->k) {
            s->k.at = 0;
            s->pass++;
        }
    }
    return true;
}

static void size_step(const struct planner *p, struct step *s)
{
    const struct sy_product *g = p->g;
    s->m.count = least(p->block.mb, g->m - s->m.at);
    s->n.count = least(p->block.nb * p->cols, g->n - s->n.at);
    s->k.count = least(p->block.kb, g->k - s->k.at);
    s->first = s->pass == 0 && s->k.at == 0;
    s->last = s->pass == g->passes - 1 && s->k.at + s->k.count >= g->k;
}

enum sy_planned sy_plan_product(struct sy_program *program, const struct sy_caps *caps, const struct sy_product *product)
{
    struct planner p = {.program = program,
                        .g = product,
                        .rows = sy_cap(caps, SYSTOLE_CAP_ROWS),
                        .cols = sy_cap(caps, SYSTOLE_CAP_COLS),
                        .eb = product->bf16 ? 2 : 1,
                        .apad_half = sy_cap(caps, SYSTOLE_CAP_APAD_BYTES) / 2,
                        .wpad_parts = sy_conv_parts(caps),
                        .wpad_half = sy_cap(caps, SYSTOLE_CAP_WPAD_BYTES) / 2,
                        .acc_half = sy_cap(caps, SYSTOLE_CAP_ACC_ROWS) / 2,
                        .param_half = sy_cap(caps, SYSTOLE_CAP_PARAM_ROWS) / 2};
    if (product->m == 0 || product->n == 0 || product->k == 0 || product->passes == 0)
        return SY_PLANNED;
    p.block = product->blocks;
    if (p.block.mb == 0 && !sy_product_blocks(product, caps, &p.block))
        return SY_PLAN_TOO_LARGE;
    struct sy_turn *turn = sy_program_turn(program);
    struct step now = {.c_half = 1 - turn->c};
    p.a_turn = 1 - turn->a;
    p.b_turn = 1 - turn->w * 2 / p.wpad_parts;
    size_step(&p, &now);
    load_step(&p, &now);
    for (bool more = true; more;) {
        const uint32_t a_half = p.a_now, b_half = p.b_now;
        struct step next = now;
        more = next_step(&p, &next);
        if (more) {
            size_step(&p, &next);
            load_step(&p, &next);
        }
        compute(&p, &now, a_half, b_half);
        if (now.last)
            store(&p, &now);
        *turn = (struct sy_turn){a_half, (b_half + 1) * p.wpad_parts / 2 - 1, now.c_half};
        now = next;
    }
    return p.too_large ? SY_PLAN_TOO_LARGE : SY_PLANNED;
}
