/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tile of a product, included once for each kind of element by the file of an instruction set, which defines
 *
 *     TILE BODY       names of the function and of its inlined body
 *     ELEMENT VECTOR  of C; a register of them
 *     LOAD STORE SPREAD(p)    SPREAD: one element in all lanes
 *     STEP(acc, a, b)
 *     EXTRA           the parameters between b and c; WITHOUT: what stands for them where no step is left out
 *     STEP_WHERE(acc, a, b, bits)     fp32 only: leaves out the lanes whose bit is clear
 *     ADD(x, y)       int8 only: the tile starts by adding row_add and col_add
 *
 * beside ROWS (more than 4), VECTORS (2 or 3) and LANES (of a register) of its tile. With `rows` and `vectors` constant every loop but that over k is
 * unrolled, and the accumulators are registers.
 */

static inline __attribute__((always_inline)) void BODY(int rows, int vectors, int width, int64_t k, const ELEMENT *a,
                                                       const ELEMENT *b, EXTRA_PARAMETERS, ELEMENT *c, int64_t stride)
{
    VECTOR acc[ROWS][VECTORS], column[VECTORS];
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int v = 0; v < vectors; v++) {
            acc[r][v] = LOAD(c + r * stride + v * LANES);
#ifdef ADD
            acc[r][v] = ADD(acc[r][v], ADD(SPREAD(row_add + r), LOAD(col_add + v * LANES)));
#endif
        }
    }
    for (int64_t i = 0; i < k; i++, a += ROWS, b += width) {
        UNROLL for (int v = 0; v < vectors; v++)
            column[v] = LOAD(b + v * LANES);
        UNROLL for (int r = 0; r < rows; r++) {
            const VECTOR row = SPREAD(a + r);
            UNROLL for (int v = 0; v < vectors; v++) {
#ifdef STEP_WHERE
                if (mask) {
                    acc[r][v] = STEP_WHERE(acc[r][v], row, column[v], mask[i] >> (v * LANES));
                    continue;
                }
#endif
                acc[r][v] = STEP(acc[r][v], row, column[v]);
            }
        }
    }
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int v = 0; v < vectors; v++)
            STORE(c + r * stride + v * LANES, acc[r][v]);
    }
}

#ifdef STEP_WHERE
#define EXTRA_AT(r) mask
#define IS_PLAIN (!mask)
#define PLAIN(r) NULL
#else
#define EXTRA_AT(r) row_add + (r), col_add
#define IS_PLAIN true
#define PLAIN EXTRA_AT
#endif

/* One function a size; with and without masks. */
#define BODIES(r_, v_)                                                           \
    case (r_) * 4 + (v_):                                                        \
        if (IS_PLAIN)                                                            \
            BODY(r_, v_, width, k, a + r, b, PLAIN(r), c + r * stride, stride);  \
        else                                                                     \
            BODY(r_, v_, width, k, a + r, b, EXTRA_AT(r), c + r * stride, stride); \
        break;

static void TILE(int rows, int lanes, int width, int64_t k, const ELEMENT *a, const ELEMENT *b, EXTRA_PARAMETERS, ELEMENT *c,
                 int64_t stride)
{
    if (lanes % LANES) {
        ELEMENT whole[ROWS][VECTORS * LANES] = {{0}};
        for (int r = 0; r < rows; r++)
            memcpy(whole[r], c + r * stride, (size_t)lanes * sizeof *c);
        TILE(rows, (lanes + LANES - 1) / LANES * LANES, width, k, a, b, EXTRA_AT(0), whole[0], VECTORS * LANES);
        for (int r = 0; r < rows; r++)
            memcpy(c + r * stride, whole[r], (size_t)lanes * sizeof *c);
        return;
    }
    for (int r = 0; r < rows;) {
        const int left = rows - r, height = left >= ROWS ? ROWS : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        switch (height * 4 + lanes / LANES) {
#if VECTORS == 3
            BODIES(ROWS, 3) BODIES(4, 3) BODIES(2, 3) BODIES(1, 3)
#endif
            BODIES(ROWS, 2) BODIES(4, 2) BODIES(2, 2) BODIES(1, 2)
            BODIES(ROWS, 1) BODIES(4, 1) BODIES(2, 1) BODIES(1, 1)
        default:
            break;
        }
        r += height;
    }
}

#undef TILE
#undef BODY
#undef BODIES
#undef ELEMENT
#undef VECTOR
#undef LOAD
#undef STORE
#undef SPREAD
#undef STEP
#undef STEP_WHERE
#undef ADD
#undef EXTRA_PARAMETERS
#undef EXTRA_AT
#undef IS_PLAIN
#undef PLAIN
