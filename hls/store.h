/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the post-processing of one STORE works with.
 */
#ifndef SYSTOLE_HLS_STORE_H
#define SYSTOLE_HLS_STORE_H

#include "state.h"

/* The constants of an instruction. */
struct store_post {
    uint32_t src_fp, out, scale, res, act, clamp;
    uint32_t scale_imm, r_scale, alpha, lo, hi; /* fp32 */
    int32_t r_zp, o_zp;
    uint32_t quant_low, quant_high; /* fp32: qmin - zp, qmax - zp */
    uint32_t eo;                    /* bytes of an output */
};

/* One row of ACC and where it goes. */
struct store_row {
    uint32_t lanes;    /* in use */
    uint32_t c, scale; /* rows of ACC and PARAM */
    int64_t dst, res;  /* bytes */
};

#endif
