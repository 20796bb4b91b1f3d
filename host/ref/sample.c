/* SPDX-License-Identifier: Apache-2.0 */
/* Values between the elements of a picture: GridSample, and the grids that AffineGrid makes for it. */
#include "host/graph/ops.h"

enum { MOST_AXES = 3, MOST_TAPS = 4 };
enum mode { NEAREST, LINEAR, CUBIC };
enum padding { ZEROS, BORDER, REFLECTION };

struct sampler {
    const struct systole_tensor *x, *grid;
    enum mode mode;
    enum padding padding;
    bool corners; /* are -1 and 1 the centres of the outermost elements, not their outer edges? */
    int axes;
};

/* What one output takes along one axis. */
struct taps { int n; int64_t at[MOST_TAPS]; double weight[MOST_TAPS]; };

/* To between `low` and `high`, as between two mirrors. */
static double reflect(double v, double low, double high)
{
    const double range = high - low;
    if (range <= 0)
        return low;
    const double away = v < low ? low - v : v > high ? v - high : 0;
    if (away == 0)
        return v;
    const double times = floor(away / range), rest = away - times * range;
    const bool is_even = fmod(times, 2) == 0;
    return (v < low) == is_even ? low + rest : high - rest;
}

/* A place along an axis of n elements, brought inside; zeros: where it is. */
static double padded(const struct sampler *s, double v, int64_t n)
{
    const double last = (double)(n - 1);
    if (s->padding == BORDER)
        return fmin(fmax(v, 0), last);
    if (s->padding == REFLECTION)
        return s->corners ? reflect(v, 0, last) : reflect(v, -0.5, last + 0.5);
    return v;
}

/* -1: outside, where there are zeros. */
static int64_t element(const struct sampler *s, double v, int64_t n)
{
    const double at = nearbyint(padded(s, v, n));
    if (s->padding != ZEROS)
        return sy_min(sy_max((int64_t)at, 0), n - 1);
    return at >= 0 && at < (double)n ? (int64_t)at : -1;
}

static double cubic_weight(double distance)
{
    const double a = -0.75, d = fabs(distance);
    if (d <= 1)
        return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/* `v`: from -1 to 1, what lies outside is padding; a NaN and what no element is near are at -1. */
static struct taps taps_at(const struct sampler *s, double v, int64_t n)
{
    struct taps t = {.n = s->mode == NEAREST ? 1 : s->mode == LINEAR ? 2 : 4};
    double at = s->corners ? (v + 1) / 2 * (double)(n - 1) : ((v + 1) * (double)n - 1) / 2;
    at = isnan(at) ? (s->corners ? 0 : -0.5) : fmin(fmax(at, -1e9), 1e9);
    if (s->mode != CUBIC)
        at = padded(s, at, n);
    const double base = s->mode == NEAREST ? nearbyint(at) : floor(at) - (t.n / 2 - 1);
    for (int i = 0; i < t.n; i++) {
        const double distance = fabs(at - (base + i));
        t.at[i] = element(s, base + i, n);
        t.weight[i] = s->mode == NEAREST ? 1 : s->mode == LINEAR ? 1 - distance : cubic_weight(distance);
    }
    return t;
}

static double sample(const struct sampler *s, const struct taps *t, int64_t base)
{
    double sum = 0;
    int64_t all = 1;
    for (int a = 0; a < s->axes; a++)
        all *= t[a].n;
    for (int64_t i = 0; i < all; i++) {
        int64_t at = 0, rest = i;
        double weight = 1;
        bool inside = true;
        int64_t of[MOST_AXES] = {0};
        for (int a = s->axes - 1; a >= 0; a--, rest /= t[a + 1].n)
            of[a] = rest % t[a].n;
        for (int a = 0; a < s->axes; a++) {
            const int64_t e = t[a].at[of[a]];
            inside = inside && e >= 0;
            at = at * s->x->dims[a + 2] + e;
            weight *= t[a].weight[of[a]];
        }
        if (inside && weight != 0)
            sum += weight * sy_get(s->x, base + at);
    }
    return sum;
}

static enum systole_status read_sampler(struct sy_call *c, struct sampler *s)
{
    const char *mode = sy_attr_string(c, "mode", "linear"), *padding = sy_attr_string(c, "padding_mode", "zeros");
    *s = (struct sampler){.x = sy_in(c, 0), .grid = sy_in(c, 1), .axes = sy_in(c, 0)->rank - 2};
    s->mode = strcmp(mode, "nearest") == 0 ? NEAREST : strstr(mode, "cubic") ? CUBIC : LINEAR;
    s->padding = strcmp(padding, "border") == 0 ? BORDER : strcmp(padding, "reflection") == 0 ? REFLECTION : ZEROS;
    s->corners = sy_attr_int(c, "align_corners", 0) != 0;
    bool ok = s->axes >= 1 && s->axes <= MOST_AXES && s->grid->rank == s->x->rank && s->grid->dims[s->axes + 1] == s->axes &&
              s->grid->dims[0] == s->x->dims[0];
    for (int a = 0; ok && a < s->axes; a++)
        ok = s->x->dims[a + 2] > 0;
    return ok ? SYSTOLE_OK : sy_bad(c, "%s with a grid %s", sy_shape(s->x).text, sy_shape(s->grid).text);
}

enum systole_status sy_op_grid_sample(struct sy_call *c)
{
    struct sampler s;
    struct systole_tensor *y = NULL;
    int64_t dims[SYSTOLE_MAX_RANK];
    enum systole_status status = read_sampler(c, &s);
    if (status)
        return status;
    const int64_t channels = s.x->dims[1];
    dims[0] = s.x->dims[0];
    dims[1] = channels;
    memcpy(dims + 2, s.grid->dims + 1, (size_t)s.axes * sizeof *dims);
    status = sy_out(c, 0, s.x->dtype, s.x->rank, dims, &y);
    if (status || y->count == 0)
        return status;
    const int64_t in = sy_span(s.x, 2, s.x->rank), places = sy_span(s.grid, 1, s.axes + 1);
    for (int64_t i = 0; i < dims[0] * places && !status; i++) {
        struct taps t[MOST_AXES];
        for (int a = 0; a < s.axes; a++) /* the grid has the last axis first */
            t[a] = taps_at(&s, sy_get(s.grid, (i + 1) * s.axes - 1 - a), s.x->dims[a + 2]);
        for (int64_t ch = 0; ch < channels; ch++) {
            const int64_t plane = i / places * channels + ch;
            sy_put(y, plane * places + i % places, sample(&s, t, plane * in));
        }
    }
    return status;
}

/* ---- AffineGrid: a place of the output, from -1 to 1, goes through a matrix of `axes` rows with a column for what is added ---- */

enum systole_status sy_op_affine_grid(struct sy_call *c)
{
    const struct systole_tensor *theta = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct sy_ints size;
    int64_t dims[SYSTOLE_MAX_RANK];
    const bool corners = sy_attr_int(c, "align_corners", 0) != 0;
    enum systole_status status = sy_ints(c, 1, NULL, &size);
    const int axes = size.n - 2;
    if (status)
        return status;
    if (axes < 2 || axes > MOST_AXES || theta->rank != 3 || theta->dims[0] != size.v[0] || theta->dims[1] != axes || theta->dims[2] != axes + 1)
        return sy_bad(c, "matrices %s for %d axes", sy_shape(theta).text, axes);
    dims[0] = size.v[0];
    memcpy(dims + 1, size.v + 2, (size_t)axes * sizeof *dims);
    dims[axes + 1] = axes;
    status = sy_out(c, 0, theta->dtype, axes + 2, dims, &y);
    const int64_t per_image = status || y->count == 0 ? 1 : sy_span(y, 1, y->rank);
    for (int64_t i = 0; !status && i < y->count; i++) {
        const int64_t matrix = (i / per_image * axes + i % axes) * (axes + 1);
        int64_t place = i / axes;
        double sum = 0;
        for (int a = 0; a < axes; a++) { /* the last axis first */
            const int64_t n = dims[axes - a], k = place % n;
            const double at = corners ? (n == 1 ? -1 : 2 * (double)k / (double)(n - 1) - 1) : (2 * (double)k + 1) / (double)n - 1;
            place /= n;
            sum += at * sy_get(theta, matrix + a);
        }
        sy_put(y, i, sum + sy_get(theta, matrix + axes));
    }
    return status;
}
