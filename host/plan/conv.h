/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lowers convolutions and pools to instructions, walking the input where it lies in APAD: no im2col copy.
 *
 * Images are stored pixel by pixel with their channels together (NHWC). Weights are stored packed: sy_conv_pack() says how.
 */
#ifndef SY_PLAN_CONV_H
#define SY_PLAN_CONV_H

#include <stdbool.h>
#include <stdint.h>

#include "host/plan/product.h"

/* Images in a window: bytes from one pixel, row, image to the next. */
struct sy_images {
    uint32_t window;
    uint64_t offset;
    uint64_t pixel, row, image;
    uint32_t element; /* bytes of an element as stored */
};

/* Where an image lies in a half of APAD: its first pixel, and bytes from one pixel and row to the next. */
struct sy_pad_place {
    uint32_t first, pixel, row;
};

struct sy_convolution {
    uint32_t mode; /* MODE: MATRIX a convolution (of groups), DEPTHWISE, MAX or SUM lane by lane */
    uint32_t batch, h, w, p, q;
    uint32_t groups, c, m; /* channels in and out of one group; lane by lane: groups 1, m = c */
    uint32_t kh, kw, stride_h, stride_w, dil_h, dil_w, pad_h, pad_w; /* pads above and to the left; the others follow */
    uint32_t bf16;
    uint32_t a_unsigned, b_unsigned, a_zp, b_zp;
    uint32_t pad_value; /* INT8: what the border holds: a_zp, or the lowest value for MAX; BF16 borders are left out */
    uint32_t passes;
    struct sy_pass pass[SY_MAX_PASSES];
    struct sy_images in, out;
    struct sy_operand weights; /* packed: window, offset, element */
    uint32_t has_bias;
    struct sy_operand bias, scale; /* groups * m words */
    uint32_t has_residual; /* INT8, and post has RES: what is added before the activation; elements of 8 bits */
    struct sy_images residual;
    uint32_t has_start; /* BF16: fp32 that the chains begin at; the bias then follows as three steps of them: 1 * l, 1 * m, 1 * h */
    struct sy_images start;
    uint32_t has_table; /* post has act TABLE: 256 bytes */
    struct sy_operand table;
    uint32_t is_here;      /* the input is in APAD: the lowering before had `stays`, and nothing is loaded but the border */
    uint32_t stays;        /* bytes: the results go into the other half of APAD, as the next lowering wants its input */
    struct sy_pad_place place;
    uint32_t post[SYSTOLE_INSN_WORDS];
};

/* What made a cut necessary. */
enum { SY_CUT_INPUT = 1, SY_CUT_RESULTS = 2, SY_CUT_WEIGHTS = 4, SY_CUT_CHUNKS = 8 };

/*
 * Of a thin input, so that the array's rows are filled: a row of the kernel and its channels are one run of elements; or the whole kernel is, and
 * each pixel of output has its own copy of what it reads, made by LOAD.
 */
enum sy_fold { SY_FOLD_NONE, SY_FOLD_ROW, SY_FOLD_KERNEL };

/* How a convolution is cut, for a device: decided once, for packing and planning alike. */
struct sy_conv_layout {
    enum sy_fold fold;
    uint32_t kh, kw, c;                /* after folding */
    uint32_t taps;                     /* DEPTHWISE: of a kernel's row at once; kw then counts how often. Those beyond the kernel's are zero */
    uint32_t steps;                    /* of the inner reduction: blocks of channels */
    uint32_t tiles;                    /* of output channels in a group */
    uint32_t nb;                       /* of them at a time */
    uint32_t band, span;               /* rows and columns of output at a time */
    uint32_t step_h, step_w;           /* rows and columns of APAD from one output to the next */
    uint32_t skip_h, skip_w;           /* rows and columns of the input from one that is loaded to the next: 1, or a stride that skips what no output reads */
    uint32_t chunk;                    /* of the steps, those whose input a half of APAD holds; fewer than all: each block of outputs has it loaded anew */
    uint32_t part;                     /* of a chunk, steps whose input one LOAD brings */
    uint32_t lanes;                    /* elements of a block of channels */
    uint32_t channels;                 /* elements of a pixel in APAD: c, or those of a chunk, rounded up to whole blocks */
    uint32_t columns;                  /* pixels of a row in APAD */
    uint32_t piece_kh, piece_kw, piece_kc; /* of the reduction in WPAD at a time */
    uint32_t because;                  /* SY_CUT bits */
    uint64_t packed;                   /* elements of the packed weights */
};

/*
 * Pieces of weights that WPAD holds at the same time: four, so that the loads run ahead of the array by more than the memory's latency; two where it is
 * small.
 */
static inline uint32_t sy_conv_parts(const struct sy_caps *caps)
{
    const uint32_t tile = sy_cap(caps, SYSTOLE_CAP_ROWS) * sy_cap(caps, SYSTOLE_CAP_COLS) << sy_cap(caps, SYSTOLE_CAP_HAS_FP);
    return sy_cap(caps, SYSTOLE_CAP_WPAD_BYTES) / 4 >= 16 * tile ? 4 : 2;
}

/* Of all ways to cut it the one that takes fewest cycles, by sy_conv_cycles(). */
enum sy_planned sy_conv_cut(const struct sy_convolution *conv, const struct sy_caps *caps, struct sy_conv_layout *out);
/* About how many cycles it takes, cut in that way: good for comparing. */
uint64_t sy_conv_cycles(const struct sy_convolution *conv, const struct sy_caps *caps, const struct sy_conv_layout *layout);

/*
 * May the results of `v` stay in APAD for `next`, lowered right after it? Then *place is where. Both have to do all their pixels at once, so that
 * each has one half; and the place has to suit the lanes of STORE.
 */
bool sy_conv_can_stay(const struct sy_convolution *v, const struct sy_conv_layout *layout, const struct sy_convolution *next,
                      const struct sy_conv_layout *next_layout, const struct sy_caps *caps, struct sy_pad_place *place);

/* Elements from one to the next, where weights lie before they are packed: output channel (of all groups), input channel, kernel. */
struct sy_weight_strides {
    uint64_t m, c, kh, kw;
};

/* Weights w[m][c][kh][kw], m the slowest. */
struct sy_weight_strides sy_conv_dense_weights(const struct sy_convolution *conv);

/*
 * Packs weights of `element` bytes in the order in which the tiles are used. `to` has layout->packed elements of conv->weights.element bytes: as many,
 * or two of four, the high parts of finite fp32.
 */
void sy_conv_pack(const struct sy_convolution *conv, const struct sy_caps *caps, const struct sy_conv_layout *layout, const void *w,
                  uint32_t element, const struct sy_weight_strides *strides, void *to);

enum sy_planned sy_plan_conv(struct sy_program *program, const struct sy_caps *caps, const struct sy_convolution *conv,
                             const struct sy_conv_layout *layout);

#endif
