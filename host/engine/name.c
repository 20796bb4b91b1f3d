/* SPDX-License-Identifier: Apache-2.0 */
/* The first word of a device's name: is there such a kind, and if not, which was meant? */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "host/engine/backend.h"

enum { WORD = 15 }; /* a longer one is near to nothing */

/* Letters left out, added, changed or swapped with their neighbour, between the `n` of `a` and all of `b`, in upper or lower case. */
static int distance(const char *a, size_t n, const char *b)
{
    int cost[WORD + 1][WORD + 1];
    const size_t m = strlen(b);
    for (size_t i = 0; i <= n; i++)
        for (size_t k = 0; k <= m; k++) {
            if (i == 0 || k == 0) {
                cost[i][k] = (int)(i + k);
                continue;
            }
            const int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[k - 1]);
            int least = cost[i - 1][k - 1] + (x != y);
            least = cost[i - 1][k] + 1 < least ? cost[i - 1][k] + 1 : least;
            least = cost[i][k - 1] + 1 < least ? cost[i][k - 1] + 1 : least;
            if (i > 1 && k > 1 && x == tolower((unsigned char)b[k - 2]) && y == tolower((unsigned char)a[i - 2]) &&
                cost[i - 2][k - 2] + 1 < least)
                least = cost[i - 2][k - 2] + 1;
            cost[i][k] = least;
        }
    return cost[n][m];
}

/* The name that the word is nearest to, one change for every third letter at most; NULL: none. *used: letters that it stands for. */
static const char *nearest(const char *word, size_t length, size_t *used)
{
    const char *best = NULL, *name;
    int least = WORD;
    *used = length;
    if (length > WORD)
        return NULL;
    for (size_t i = 0; (name = sy_engine_name(i)) != NULL; i++) {
        const size_t n = strlen(name);
        const int far = n > WORD ? WORD : distance(word, length, name);
        if (sy_engine_has_number(i) && length > n && isdigit((unsigned char)word[n]) && distance(word, n, name) == 0) { /* "sim16x16": the colon is missing */
            *used = n;
            return name;
        }
        if (far < least && far <= (int)(n > length ? length : n) / 3) {
            least = far;
            best = name;
        }
    }
    return best;
}

enum systole_status sy_engine_check_name(struct systole_context *ctx, const char *device)
{
    const size_t length = strcspn(device, ":,");
    const char *name;
    char all[256] = "";
    size_t at = 0, used;
    for (size_t i = 0; (name = sy_engine_name(i)) != NULL; i++) {
        if (strlen(name) == length && memcmp(name, device, length) == 0)
            return SYSTOLE_OK;
        const int n = snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "", name);
        at += n > 0 && (size_t)n < sizeof all - at ? (size_t)n : 0;
    }
    if (length == 0)
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "\"%.200s\" names no device: there are %s, as in sim:16x16", device, all);
    name = nearest(device, length, &used);
    if (!name)
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "no device is called \"%.*s\"; there are %s", length > 60 ? 60 : (int)length, device, all);
    return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "no device is called \"%.*s\"; there are %s. Is \"%s%s%.200s\" meant?", (int)length, device, all, name,
                   used < length ? ":" : "", device + used);
}
