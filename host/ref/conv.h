/* SPDX-License-Identifier: Apache-2.0 */
/* The convolution that Conv, ConvInteger and QLinearConv share. */
#ifndef SY_CONV_H
#define SY_CONV_H

#include "host/ref/matmul.h"
#include "host/ref/spatial.h"

struct sy_conv {
    struct sy_spatial s;
    int64_t batch, groups, in_channels, out_channels; /* channels in all */
    int rank;
    int64_t dims[SYSTOLE_MAX_RANK]; /* of the output */
};

/* x: batch, channels, spatial; w: out channels, channels of a group, kernel. */
enum systole_status sy_conv_shape(struct sy_call *c, const struct systole_tensor *x, const struct systole_tensor *w,
                                  struct sy_conv *p);
/* Each output is a chain over kernel row, kernel column, channel, starting from its bias (NULL: 0). Padding is no step. */
void sy_conv(const struct sy_conv *p, enum sy_work work, const void *x, const void *w, const void *bias, void *y);

#endif
