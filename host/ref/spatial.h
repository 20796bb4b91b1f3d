/* SPDX-License-Identifier: Apache-2.0 */
/* Windows over the spatial dimensions (those behind batch and channel): kernel, stride, dilation, padding. */
#ifndef SY_SPATIAL_H
#define SY_SPATIAL_H

#include "host/ref/call.h"

enum { SY_SPATIAL = SYSTOLE_MAX_RANK - 2 };

struct sy_spatial {
    int n; /* spatial dimensions */
    int64_t in[SY_SPATIAL], kernel[SY_SPATIAL], stride[SY_SPATIAL], dilation[SY_SPATIAL], before[SY_SPATIAL],
        after[SY_SPATIAL], out[SY_SPATIAL];
    int64_t in_count, kernel_count, out_count;
};

/* From the attributes strides, dilations, pads, auto_pad, and kernel_shape unless `kernel` gives it. Computes out too, with
 * the attribute ceil_mode. x: batch, channels, spatial. */
enum systole_status sy_spatial(struct sy_call *c, const struct systole_tensor *x, const int64_t *kernel, struct sy_spatial *s);
/* The attributes alone: no auto_pad, no out. */
enum systole_status sy_spatial_attrs(struct sy_call *c, const struct systole_tensor *x, const int64_t *kernel,
                                     struct sy_spatial *s);
/* Where window position k of output position o is in the input; -1 when in the padding. */
int64_t sy_spatial_at(const struct sy_spatial *s, const int64_t *o, const int64_t *k);
/* The window positions of output position o that lie in the input, in row-major order: there may be far fewer than the window has. */
struct sy_taps {
    int64_t first[SY_SPATIAL], beyond[SY_SPATIAL], k[SY_SPATIAL];
    int64_t count;
};
void sy_taps_start(const struct sy_spatial *s, const int64_t *o, struct sy_taps *t);
void sy_taps_next(int n, struct sy_taps *t);
/* The next index in row-major order. */
void sy_spatial_next(int n, const int64_t *dims, int64_t *index);

#endif
