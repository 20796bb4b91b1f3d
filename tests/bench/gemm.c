/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block of C takes half of the accumulators at most; for it all of K is there, in A and in B. A block of B
 * is loaded while the one before it is multiplied, a block of C stored while the next is computed: two halves everywhere.
 * The first block is cut along K so that the array starts with the first piece.
 */
#include "gemm.h"

#include <string.h>

/* Tokens, by who waits. */
enum {
    LOAD_WPAD_FREE = 1u << 0,
    LOAD_APAD_FREE = 1u << 1,
    COMPUTE_B = 1u << 4,
    COMPUTE_A = 1u << 5,
    COMPUTE_ACC_FREE = 1u << 6,
    STORE_READY = 1u << 8,
};

/* A block of C: all its rows and columns in one half of the accumulators. */
struct turn {
    uint32_t block;    /* of rows */
    uint32_t tile, nb; /* first column tile, and how many */
    uint32_t new_a, last_of_a;
};

enum { MAX_TURNS = 4096 };

struct plan {
    const struct gemm *g;
    const struct gemm_caps *caps;
    uint32_t eb, mb, m_blocks, pieces, kp; /* kp: elements of K in a piece of the first turn */
    uint32_t resident;                     /* all of B stays in WPAD: loaded once, with the first block of rows */
    struct turn turn[MAX_TURNS];
    uint32_t turns;
    uint32_t (*insn)[SYSTOLE_INSN_WORDS];
    uint32_t count, room;
};

static uint32_t *next_insn(struct plan *p, uint32_t op, uint32_t wait, uint32_t signal)
{
    static uint32_t nowhere[SYSTOLE_INSN_WORDS];
    uint32_t *i = p->count < p->room ? p->insn[p->count] : nowhere;
    p->count++;
    memset(i, 0, sizeof nowhere);
    SYSTOLE_PUT(i, ANY, opcode, op);
    SYSTOLE_PUT(i, ANY, wait, wait);
    SYSTOLE_PUT(i, ANY, signal, signal);
    return i;
}

static void put_load(uint32_t *i, uint32_t window, uint64_t src, uint32_t mem, uint32_t dst, uint32_t conv)
{
    SYSTOLE_PUT(i, LOAD, window, window);
    SYSTOLE_PUT(i, LOAD, src_lo, src);
    SYSTOLE_PUT(i, LOAD, src_hi, src >> 32);
    SYSTOLE_PUT(i, LOAD, mem, mem);
    SYSTOLE_PUT(i, LOAD, dst, dst);
    SYSTOLE_PUT(i, LOAD, conv, conv);
    SYSTOLE_PUT(i, LOAD, n1, 1);
    SYSTOLE_PUT(i, LOAD, n2, 1);
    SYSTOLE_PUT(i, LOAD, n3, 1);
}

static uint32_t a_half(const struct plan *p, uint32_t block)
{
    return p->m_blocks > 1 ? block % 2 * (p->caps->apad_bytes / 2) : 0;
}

/* Where the turn's tiles of B are. */
static uint32_t b_place(const struct plan *p, uint32_t turn)
{
    return p->resident ? p->turn[turn].tile * p->caps->cols * p->g->k * p->eb : turn % 2 * (p->caps->wpad_bytes / 2);
}

static int loads_b(const struct plan *p, uint32_t turn)
{
    return !p->resident || p->turn[turn].block == 0;
}

/* Elements k0 .. k0+kn of the block's rows, into a dense mb x k block. */
static void load_a(struct plan *p, uint32_t block, uint32_t k0, uint32_t kn, uint32_t wait)
{
    const struct gemm *g = p->g;
    uint32_t *i = next_insn(p, SYSTOLE_OP_LOAD, wait, COMPUTE_A);
    const uint64_t src = ((uint64_t)block * p->mb * g->k + k0) * p->eb;
    put_load(i, GEMM_A, src, SYSTOLE_MEM_APAD, a_half(p, block) + k0 * p->eb,
             g->bf16 ? SYSTOLE_CONV_COPY16 : SYSTOLE_CONV_COPY8);
    SYSTOLE_PUT(i, LOAD, len, kn);
    i[SYSTOLE_F_LOAD_n1_WORD] = p->mb | 1u << SYSTOLE_F_LOAD_n2_LSB;
    SYSTOLE_PUT(i, LOAD, s1, g->k * p->eb);
    SYSTOLE_PUT(i, LOAD, d1, g->k * p->eb);
}

/* Rows k0 .. k0+kn of the block's columns, as tiles of COLS columns one after the other. */
static void load_b(struct plan *p, uint32_t turn, uint32_t k0, uint32_t kn, uint32_t wait)
{
    const struct gemm *g = p->g;
    const uint32_t cols = p->caps->cols, row = cols * p->eb;
    uint32_t *i = next_insn(p, SYSTOLE_OP_LOAD, wait, COMPUTE_B);
    const uint64_t src = ((uint64_t)k0 * g->n + (uint64_t)p->turn[turn].tile * cols) * p->eb;
    /* Tiles lie in the order of use: k step by k step, in it the column tiles. */
    const uint32_t dst = b_place(p, turn) + k0 * p->turn[turn].nb * row;
    put_load(i, GEMM_B, src, SYSTOLE_MEM_WPAD, dst, g->bf16 ? SYSTOLE_CONV_COPY16 : SYSTOLE_CONV_COPY8);
    SYSTOLE_PUT(i, LOAD, len, cols);
    i[SYSTOLE_F_LOAD_n1_WORD] = p->caps->rows | p->turn[turn].nb << SYSTOLE_F_LOAD_n2_LSB;
    i[SYSTOLE_F_LOAD_n3_WORD] = kn / p->caps->rows;
    SYSTOLE_PUT(i, LOAD, s1, g->n * p->eb);
    SYSTOLE_PUT(i, LOAD, d1, row);
    SYSTOLE_PUT(i, LOAD, s2, row);
    SYSTOLE_PUT(i, LOAD, d2, p->caps->rows * row);
    SYSTOLE_PUT(i, LOAD, s3, p->caps->rows * g->n * p->eb);
    SYSTOLE_PUT(i, LOAD, d3, p->turn[turn].nb * p->caps->rows * row);
}

static void matmul(struct plan *p, uint32_t turn, uint32_t k0, uint32_t kn, uint32_t wait, uint32_t signal)
{
    const struct gemm *g = p->g;
    const uint32_t rows = p->caps->rows;
    uint32_t *i = next_insn(p, SYSTOLE_OP_MATMUL, wait, signal);
    SYSTOLE_PUT(i, MATMUL, dtype, g->bf16);
    SYSTOLE_PUT(i, MATMUL, init, k0 ? SYSTOLE_INIT_ACC : SYSTOLE_INIT_ZERO);
    SYSTOLE_PUT(i, MATMUL, a_base, a_half(p, p->turn[turn].block) + k0 * p->eb);
    SYSTOLE_PUT(i, MATMUL, w_base, b_place(p, turn) + k0 * p->turn[turn].nb * p->caps->cols * p->eb);
    SYSTOLE_PUT(i, MATMUL, c_base, turn % 2 * (p->caps->acc_rows / 2));
    SYSTOLE_PUT(i, MATMUL, k_tail, rows);
    SYSTOLE_PUT(i, MATMUL, kh, 1);
    SYSTOLE_PUT(i, MATMUL, kw, 1);
    SYSTOLE_PUT(i, MATMUL, kc, kn / rows);
    SYSTOLE_PUT(i, MATMUL, n, p->turn[turn].nb);
    SYSTOLE_PUT(i, MATMUL, p, 1);
    SYSTOLE_PUT(i, MATMUL, q, p->mb);
    SYSTOLE_PUT(i, MATMUL, a_skc, rows * p->eb);
    SYSTOLE_PUT(i, MATMUL, a_sq, g->k * p->eb);
    SYSTOLE_PUT(i, MATMUL, c_sn, p->mb);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
}

static void store(struct plan *p, uint32_t turn, uint32_t wait, uint32_t signal)
{
    const struct gemm *g = p->g;
    const uint32_t cols = p->caps->cols, eo = p->eb;
    uint32_t *i = next_insn(p, SYSTOLE_OP_STORE, wait, signal);
    const uint64_t row = (uint64_t)p->turn[turn].block * p->mb;
    const uint64_t dst = (row * g->n + (uint64_t)p->turn[turn].tile * cols) * eo;
    SYSTOLE_PUT(i, STORE, dst, SYSTOLE_DST_DRAM);
    SYSTOLE_PUT(i, STORE, window, GEMM_C);
    SYSTOLE_PUT(i, STORE, src_fp, g->bf16);
    SYSTOLE_PUT(i, STORE, out, g->bf16 ? SYSTOLE_OUT_BF16 : SYSTOLE_OUT_I8);
    SYSTOLE_PUT(i, STORE, scale, g->bf16 ? SYSTOLE_SCALE_NONE : SYSTOLE_SCALE_IMM);
    SYSTOLE_PUT(i, STORE, scale_imm, g->bf16 ? 0 : g->scale);
    SYSTOLE_PUT(i, STORE, dst_lo, dst);
    SYSTOLE_PUT(i, STORE, dst_hi, dst >> 32);
    SYSTOLE_PUT(i, STORE, c_base, turn % 2 * (p->caps->acc_rows / 2));
    SYSTOLE_PUT(i, STORE, n, p->turn[turn].nb);
    SYSTOLE_PUT(i, STORE, n_tail, cols);
    SYSTOLE_PUT(i, STORE, p, 1);
    SYSTOLE_PUT(i, STORE, q, p->mb);
    SYSTOLE_PUT(i, STORE, c_sn, p->mb);
    SYSTOLE_PUT(i, STORE, c_sq, 1);
    SYSTOLE_PUT(i, STORE, d_sn, cols * eo);
    SYSTOLE_PUT(i, STORE, d_sq, g->n * eo);
}

/* One piece of a turn's loads (the whole turn, but for the first): B, and A when the turn begins a new block of rows. */
static void load_piece(struct plan *p, uint32_t turn, uint32_t k0, uint32_t kn)
{
    const struct turn *t = &p->turn[turn];
    if (t->new_a)
        load_a(p, t->block, k0, kn, t->block >= 2 ? LOAD_APAD_FREE : 0);
    if (loads_b(p, turn))
        load_b(p, turn, k0, kn, !p->resident && turn >= 2 ? LOAD_WPAD_FREE : 0);
}

static void load_next_turn(struct plan *p, uint32_t turn)
{
    if (turn + 1 < p->turns)
        load_piece(p, turn + 1, 0, p->g->k);
}

/* The first turn: each piece's loads go ahead of the product before it, so that neither queue fills while the other is empty. */
static void first_turn(struct plan *p, uint32_t signal)
{
    load_piece(p, 0, 0, p->kp);
    for (uint32_t piece = 0; piece < p->pieces; piece++) {
        if (piece + 1 < p->pieces)
            load_piece(p, 0, (piece + 1) * p->kp, p->kp);
        else
            load_next_turn(p, 0);
        matmul(p, 0, piece * p->kp, p->kp, COMPUTE_B | COMPUTE_A, piece == p->pieces - 1 ? signal : 0);
    }
}

static void emit_turn(struct plan *p, uint32_t turn)
{
    const struct turn *t = &p->turn[turn];
    const uint32_t signal = STORE_READY | (p->resident ? 0 : LOAD_WPAD_FREE) | (t->last_of_a ? LOAD_APAD_FREE : 0);
    const uint32_t wait = (loads_b(p, turn) ? COMPUTE_B : 0) | (t->new_a ? COMPUTE_A : 0) |
                          (turn >= 2 ? COMPUTE_ACC_FREE : 0);
    if (turn == 0) {
        first_turn(p, signal);
    } else {
        load_next_turn(p, turn);
        matmul(p, turn, 0, p->g->k, wait, signal);
    }
    store(p, turn, STORE_READY, turn + 2 < p->turns ? COMPUTE_ACC_FREE : 0);
}

/*
 * The turns of a block of rows. The very first and the very last are halves: the array starts and the stores end sooner. With B resident
 * all are, since its tiles lie in the order of the turns that use them.
 */
static void plan_rows(struct plan *p, uint32_t block, uint32_t nb)
{
    const uint32_t tiles = p->g->n / p->caps->cols;
    uint32_t tile = 0;
    while (tile < tiles && p->turns < MAX_TURNS) {
        const int first = block == 0 && tile < nb;
        const int last = block == p->m_blocks - 1 && tile >= tiles - nb;
        struct turn *t = &p->turn[p->turns++];
        *t = (struct turn){block, tile, (p->resident || first || last) && nb % 2 == 0 ? nb / 2 : nb, tile == 0, 0};
        tile += t->nb;
        t->last_of_a = tile == tiles;
    }
}

uint32_t gemm_program(const struct gemm *g, const struct gemm_caps *caps, uint32_t (*insn)[SYSTOLE_INSN_WORDS],
                      uint32_t room)
{
    static struct plan plan;
    struct plan *p = &plan;
    *p = (struct plan){.g = g, .caps = caps, .eb = g->bf16 ? 2 : 1, .insn = insn, .room = room};
    const uint32_t half_acc = caps->acc_rows / 2;
    const uint32_t tiles = g->n / caps->cols;
    /* Wide blocks of C make long rows to store; low ones leave little to store when the array has stopped. */
    uint32_t nb = tiles < 8 ? tiles : 8;
    while (nb > 1 && nb * caps->cols * g->k * p->eb > caps->wpad_bytes / 2)
        nb /= 2;
    p->mb = g->m < 4 * 64 ? g->m : g->m / 4;
    while (p->mb * nb > half_acc || (p->mb < g->m ? 2 : 1) * p->mb * g->k * p->eb > caps->apad_bytes)
        p->mb /= 2;
    if (p->mb == 0 || g->m % p->mb || g->n % (nb * caps->cols) || g->k % caps->rows || p->mb * nb > half_acc ||
        nb * caps->cols * g->k * p->eb > caps->wpad_bytes / 2)
        return 0;
    p->m_blocks = g->m / p->mb;
    p->resident = (uint64_t)g->k * g->n * p->eb <= caps->wpad_bytes;
    p->kp = 64 / p->eb > caps->rows ? 64 / p->eb : caps->rows;
    if (g->k % p->kp)
        p->kp = g->k;
    p->pieces = g->k / p->kp;
    for (uint32_t block = 0; block < p->m_blocks; block++)
        plan_rows(p, block, nb);
    if (p->turns == MAX_TURNS)
        return 0;
    for (uint32_t turn = 0; turn < p->turns; turn++)
        emit_turn(p, turn);
    next_insn(p, SYSTOLE_OP_END, 0, 0);
    return p->count;
}
