/* SPDX-License-Identifier: Apache-2.0 */
/* What detectors do with boxes: NonMaxSuppression and RoiAlign. */
#include <stdlib.h>

#include "host/graph/ops.h"

/* ---- NonMaxSuppression ---- */

struct candidate {
    float score;
    int64_t box;
};

struct suppression {
    const struct systole_tensor *boxes, *scores;
    int64_t most; /* of a class */
    float overlap, least;
    bool has_least, centred;
};

/* The best first; of equal ones the first. */
static int by_score(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->box < y->box ? -1 : x->box > y->box;
}

struct corners { float y0, x0, y1, x1; };

static struct corners corners_of(const struct suppression *s, int64_t batch, int64_t box)
{
    float v[4];
    for (int i = 0; i < 4; i++)
        v[i] = (float)sy_get(s->boxes, (batch * s->boxes->dims[1] + box) * 4 + i);
    if (s->centred) /* x, y, width, height */
        return (struct corners){v[1] - v[3] / 2, v[0] - v[2] / 2, v[1] + v[3] / 2, v[0] + v[2] / 2};
    return (struct corners){fminf(v[0], v[2]), fminf(v[1], v[3]), fmaxf(v[0], v[2]), fmaxf(v[1], v[3])};
}

/* Is what both cover more than that share of what either covers? */
static bool overlaps(struct corners a, struct corners b, float share)
{
    const float height = fminf(a.y1, b.y1) - fmaxf(a.y0, b.y0), width = fminf(a.x1, b.x1) - fmaxf(a.x0, b.x0);
    const float area_a = (a.y1 - a.y0) * (a.x1 - a.x0), area_b = (b.y1 - b.y0) * (b.x1 - b.x0);
    if (height <= 0 || width <= 0 || area_a <= 0 || area_b <= 0)
        return false;
    const float both = height * width;
    return both / (area_a + area_b - both) > share;
}

/* The boxes of one class that stay, the best first, into `list`, which has room for all; their number. */
static int64_t suppress(const struct suppression *s, int64_t batch, int64_t class, struct candidate *list)
{
    const int64_t n = s->boxes->dims[1], base = (batch * s->scores->dims[1] + class) * n;
    int64_t candidates = 0, kept = 0;
    for (int64_t i = 0; i < n; i++) {
        const float score = (float)sy_get(s->scores, base + i);
        if (!isnan(score) && (!s->has_least || score > s->least))
            list[candidates++] = (struct candidate){score, i};
    }
    qsort(list, (size_t)candidates, sizeof *list, by_score);
    for (int64_t i = 0; i < candidates && kept < s->most; i++) {
        const struct corners mine = corners_of(s, batch, list[i].box);
        bool stays = true;
        for (int64_t k = 0; k < kept && stays; k++)
            stays = !overlaps(mine, corners_of(s, batch, list[k].box), s->overlap);
        if (stays)
            list[kept++] = list[i];
    }
    return kept;
}

static enum systole_status read_suppression(struct sy_call *c, struct suppression *s)
{
    const struct systole_tensor *most = sy_in(c, 2), *overlap = sy_in(c, 3), *least = sy_in(c, 4), *b = sy_in(c, 0), *p = sy_in(c, 1);
    if (b->rank != 3 || p->rank != 3 || b->dims[2] != 4 || b->dims[0] != p->dims[0] || b->dims[1] != p->dims[2])
        return sy_bad(c, "boxes %s with scores %s", sy_shape(b).text, sy_shape(p).text);
    for (int i = 2; i < 5; i++)
        if (sy_in(c, i) && sy_in(c, i)->count != 1)
            return sy_bad(c, "input %d is one number, not %s", i, sy_shape(sy_in(c, i)).text);
    *s = (struct suppression){.boxes = b, .scores = p, .has_least = least != NULL};
    s->most = most ? sy_max(sy_get_int(most, 0), 0) : 0;
    s->overlap = overlap ? (float)sy_get(overlap, 0) : 0;
    s->least = least ? (float)sy_get(least, 0) : 0;
    s->centred = sy_attr_int(c, "center_point_box", 0) != 0;
    return s->overlap >= 0 && s->overlap <= 1 ? SYSTOLE_OK : sy_bad(c, "iou_threshold is %g; it is from 0 to 1", (double)s->overlap);
}

enum systole_status sy_op_non_max_suppression(struct sy_call *c)
{
    struct suppression s;
    struct systole_tensor *y = NULL;
    enum systole_status status = read_suppression(c, &s);
    if (status)
        return status;
    const int64_t classes = s.scores->dims[1], n = s.boxes->dims[1];
    const int64_t groups = s.scores->count ? s.scores->dims[0] * classes : 0;
    struct candidate *list = sy_alloc((size_t)s.scores->count, sizeof *list);
    int64_t *kept = sy_alloc((size_t)groups, sizeof *kept), dims[2] = {0, 3}, at = 0;
    status = list && kept ? SYSTOLE_OK : sy_no_memory(c->ctx);
    for (int64_t g = 0; g < groups && !status; g++) {
        kept[g] = suppress(&s, g / classes, g % classes, list + g * n);
        dims[0] += kept[g];
    }
    if (!status)
        status = sy_out(c, 0, SYSTOLE_I64, 2, dims, &y);
    for (int64_t g = 0; g < groups && !status; g++)
        for (int64_t i = 0; i < kept[g]; i++) {
            sy_put_int(y, at++, g / classes);
            sy_put_int(y, at++, g % classes);
            sy_put_int(y, at++, list[g * n + i].box);
        }
    sy_free(list);
    sy_free(kept);
    return status;
}

/* ---- RoiAlign: each cell of a region is the average, or the largest, of points between the input's ---- */

struct align {
    const struct systole_tensor *x, *rois;
    int64_t rows, columns, ratio;
    double scale, offset;
    bool largest;
};

/* The four neighbours of a point along one dimension after the other; none when it is outside. */
struct neighbours { int64_t at[2]; double weight[2]; };

static bool find_neighbours(double v, int64_t n, struct neighbours *near)
{
    if (!(v >= -1 && v <= (double)n))
        return false;
    v = v < 0 ? 0 : v;
    int64_t low = (int64_t)v;
    if (low >= n - 1)
        v = (double)(low = n - 1);
    near->at[0] = low;
    near->at[1] = sy_min(low + 1, n - 1);
    near->weight[1] = v - (double)low;
    near->weight[0] = 1 - near->weight[1];
    return true;
}

/* `base`: the channel's first element. Of the largest, each neighbour counts by itself: as ONNX Runtime does. */
static double point(const struct align *a, int64_t base, double row, double column, double so_far, bool first)
{
    struct neighbours r, q;
    double sum = 0, largest = -(double)INFINITY;
    if (!find_neighbours(row, a->x->dims[2], &r) || !find_neighbours(column, a->x->dims[3], &q))
        return !a->largest ? so_far : first || so_far < 0 ? 0 : so_far;
    for (int i = 0; i < 4; i++) {
        const double v = r.weight[i / 2] * q.weight[i % 2] * sy_get(a->x, base + r.at[i / 2] * a->x->dims[3] + q.at[i % 2]);
        sum += v;
        largest = v > largest ? v : largest;
    }
    return !a->largest ? so_far + sum : first || largest > so_far ? largest : so_far;
}

struct region { double row, column, height, width; int64_t points_down, points_across; };

static enum systole_status read_region(struct sy_call *c, const struct align *a, int64_t i, struct region *r)
{
    enum { MOST_POINTS = 1 << 20 }; /* of a cell: networks take a few */
    double v[4];
    for (int k = 0; k < 4; k++)
        v[k] = sy_get(a->rois, i * 4 + k) * a->scale - a->offset;
    double height = v[3] - v[1], width = v[2] - v[0];
    if (a->offset == 0) {
        height = fmax(height, 1);
        width = fmax(width, 1);
    }
    const double down = a->ratio > 0 ? (double)a->ratio : ceil(height / (double)a->rows);
    const double across = a->ratio > 0 ? (double)a->ratio : ceil(width / (double)a->columns);
    if (!(down <= MOST_POINTS) || !(across <= MOST_POINTS) || fmax(down, 0) * fmax(across, 0) > MOST_POINTS)
        return sy_bad(c, "region %lld is %g by %g, %g by %g points a cell; at most %d", (long long)i, height, width, down, across, MOST_POINTS);
    *r = (struct region){v[1], v[0], height / (double)a->rows, width / (double)a->columns, (int64_t)fmax(down, 0), (int64_t)fmax(across, 0)};
    return SYSTOLE_OK;
}

static double cell(const struct align *a, const struct region *r, int64_t base, int64_t row, int64_t column)
{
    double v = 0;
    for (int64_t i = 0; i < r->points_down * r->points_across; i++) {
        const double down = ((double)(i / r->points_across) + 0.5) / (double)r->points_down;
        const double across = ((double)(i % r->points_across) + 0.5) / (double)r->points_across;
        v = point(a, base, r->row + ((double)row + down) * r->height, r->column + ((double)column + across) * r->width, v, i == 0);
    }
    return a->largest ? v : v / (double)sy_max(r->points_down * r->points_across, 1);
}

static enum systole_status read_align(struct sy_call *c, struct align *a)
{
    const struct systole_tensor *which = sy_in(c, 2);
    *a = (struct align){.x = sy_in(c, 0), .rois = sy_in(c, 1)};
    a->rows = sy_attr_int(c, "output_height", 1);
    a->columns = sy_attr_int(c, "output_width", 1);
    a->ratio = sy_attr_int(c, "sampling_ratio", 0);
    a->scale = (double)sy_attr_float(c, "spatial_scale", 1);
    a->largest = strcmp(sy_attr_string(c, "mode", "avg"), "max") == 0;
    const char *coordinates = sy_attr_string(c, "coordinate_transformation_mode", c->node->version < 16 ? "output_half_pixel" : "half_pixel");
    a->offset = strcmp(coordinates, "half_pixel") == 0 ? 0.5 : 0;
    if (a->x->rank != 4 || a->rois->rank != 2 || a->rois->dims[1] != 4 || which->count != a->rois->dims[0] || a->rows < 1 || a->columns < 1 ||
        a->rows > INT32_MAX || a->columns > INT32_MAX || a->ratio < 0 || a->ratio > 1 << 16 || sy_dtype_is_float(which->dtype) ||
        a->x->dims[2] < 1 || a->x->dims[3] < 1)
        return sy_bad(c, "%s with regions %s of %s, each %lldx%lld", sy_shape(a->x).text, sy_shape(a->rois).text, sy_shape(which).text,
                      (long long)a->rows, (long long)a->columns);
    return SYSTOLE_OK;
}

enum systole_status sy_op_roi_align(struct sy_call *c)
{
    struct align a;
    struct region r = {0};
    struct systole_tensor *y = NULL;
    enum systole_status status = read_align(c, &a);
    if (status)
        return status;
    const int64_t channels = a.x->dims[1], dims[4] = {a.rois->dims[0], channels, a.rows, a.columns};
    status = sy_out(c, 0, a.x->dtype, 4, dims, &y);
    if (status || y->count == 0)
        return status;
    if (a.x->count == 0)
        return sy_bad(c, "regions of %s", sy_shape(a.x).text);
    const int64_t area = a.x->dims[2] * a.x->dims[3];
    for (int64_t i = 0, at = 0; i < dims[0] && !status; i++) {
        const int64_t image = sy_get_int(sy_in(c, 2), i);
        if (image < 0 || image >= a.x->dims[0])
            return sy_bad(c, "region %lld is in image %lld of %lld", (long long)i, (long long)image, (long long)a.x->dims[0]);
        status = read_region(c, &a, i, &r);
        for (int64_t k = 0; k < channels * a.rows * a.columns && !status; k++)
            sy_put(y, at++, cell(&a, &r, (image * channels + k / (a.rows * a.columns)) * area, k / a.columns % a.rows, k % a.columns));
    }
    return status;
}
