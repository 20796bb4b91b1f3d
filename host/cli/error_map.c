/* SPDX-License-Identifier: Apache-2.0 */
#include "error_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "difference.h"

static int bin_of(uint64_t distance)
{
    int bin = 0;
    if (distance > 0) /* 1, 2, 3 to 4, ...: the bits of one less */
        for (bin = 1, distance--; distance && bin < CLI_BINS - 1; distance >>= 1)
            bin++;
    return bin;
}

void cli_bin_name(int bin, char *text, size_t room)
{
    const unsigned long long most = bin > 0 ? 1ull << (bin - 1) : 0;
    if (bin == 0)
        snprintf(text, room, "equal");
    else if (bin <= 2)
        snprintf(text, room, "%llu", most);
    else if (bin == CLI_BINS - 1)
        snprintf(text, room, "above %llu", most / 2);
    else
        snprintf(text, room, "%llu to %llu", most / 2 + 1, most);
}

/* The matrix: where an element's place and feature are in its index. */
struct form {
    int64_t features, inner; /* inner: elements between a feature and the next */
};

static struct form form_of(const struct systole_tensor *t)
{
    const int rank = systole_tensor_rank(t);
    const int64_t *dims = systole_tensor_dims(t);
    struct form f = {1, 1};
    if (rank == 0)
        return f;
    const int axis = rank >= 4 ? 1 : rank - 1;
    f.features = dims[axis];
    for (int i = axis + 1; i < rank; i++)
        f.inner *= dims[i];
    return f;
}

static int64_t low(int64_t cell, int64_t cells, int64_t size)
{
    return (cell * size + cells - 1) / cells;
}

void cli_map_cell(const struct cli_error_map *map, int row, int col, int64_t place[2], int64_t feature[2])
{
    place[0] = low(row, map->rows, map->places);
    place[1] = low(row + 1, map->rows, map->places) - 1;
    feature[0] = low(col, map->cols, map->features);
    feature[1] = low(col + 1, map->cols, map->features) - 1;
}

void cli_error_map(struct cli_error_map *map, const struct systole_tensor *got, const struct systole_tensor *wanted)
{
    const struct form f = form_of(wanted);
    const int64_t count = systole_tensor_count(wanted);
    memset(map, 0, sizeof *map);
    if (count == 0)
        return;
    map->features = f.features;
    map->places = count / f.features;
    map->rows = map->places < CLI_MAP_ROWS ? (int)map->places : CLI_MAP_ROWS;
    map->cols = map->features < CLI_MAP_COLS ? (int)map->features : CLI_MAP_COLS;
    for (int64_t i = 0; i < count; i++) {
        uint64_t distance;
        if (!cli_distance(got, wanted, i, &distance)) {
            map->bin[0]++;
            continue;
        }
        const int64_t feature = i / f.inner % f.features, place = i / (f.inner * f.features) * f.inner + i % f.inner;
        const int bin = bin_of(distance), row = (int)(place * map->rows / map->places), col = (int)(feature * map->cols / map->features);
        map->bin[bin]++;
        map->wrong[row][col]++;
        if (bin > map->worst[row][col])
            map->worst[row][col] = (unsigned char)bin;
    }
}
