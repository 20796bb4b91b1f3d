/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ort_ep/ep.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SET_DEVICE, SET_PRECISION, SET_VERBOSE, SETS };

static const struct {
    const char *option, *variable;
} known[SETS] = {{"device", "SYSTOLE_ORT_DEVICE"}, {"precision", "SYSTOLE_ORT_PRECISION"}, {"verbose", "SYSTOLE_ORT_VERBOSE"}};

/* What stands behind "ep.<name>." in a key, the name in small letters as ONNX Runtime writes it; NULL: it is another's. */
static const char *behind_prefix(const char *key, const char *name)
{
    if (strncmp(key, "ep.", 3) != 0)
        return NULL;
    for (key += 3; *name; key++, name++)
        if (*key != (char)tolower((unsigned char)*name))
            return NULL;
    return *key == '.' ? key + 1 : NULL;
}

static struct OrtStatus *take_options(const struct OrtKeyValuePairs *pairs, const char *name, const char *values[SETS])
{
    const char *const *keys = NULL;
    const char *const *texts = NULL;
    size_t count = 0;
    ort.GetKeyValuePairs(pairs, &keys, &texts, &count);
    for (size_t i = 0; i < count; i++) {
        const char *const option = behind_prefix(keys[i], name);
        int k = 0;
        while (option && k < SETS && strcmp(option, known[k].option) != 0)
            k++;
        if (option && k == SETS)
            return ort_fail(ORT_CODE_INVALID_ARGUMENT, "there is no option '%.100s': there are device, precision and verbose", option);
        if (option)
            values[k] = texts[i];
    }
    return NULL;
}

static struct OrtStatus *check(const char *values[SETS], struct settings *s)
{
    const char *const device = values[SET_DEVICE], *const precision = values[SET_PRECISION], *const verbose = values[SET_VERBOSE];
    const bool precise = precision && *precision;
    if (!device || !*device)
        return ort_fail(ORT_CODE_INVALID_ARGUMENT, "no device: set the provider's option 'device', or %s, to one such as hls:16x16, sim:16x16 or cpu",
                        known[SET_DEVICE].variable);
    if (precise && strstr(device, ",precision="))
        return ort_fail(ORT_CODE_INVALID_ARGUMENT, "precision %.40s, and device %.200s, which has one too: give one of them", precision, device);
    if (verbose && strcmp(verbose, "0") != 0 && strcmp(verbose, "1") != 0)
        return ort_fail(ORT_CODE_INVALID_ARGUMENT, "verbose is 0 or 1, not '%.40s'", verbose);
    const int n = snprintf(s->device, sizeof s->device, "%s%s%s", device, precise ? ",precision=" : "", precise ? precision : "");
    if (n < 0 || (size_t)n >= sizeof s->device)
        return ort_fail(ORT_CODE_INVALID_ARGUMENT, "a device of %d characters; at most %zu", n, sizeof s->device - 1);
    s->verbose = verbose && strcmp(verbose, "1") == 0;
    return NULL;
}

struct OrtStatus *settings_read(const struct OrtSessionOptions *options, const char *name, struct settings *settings)
{
    struct OrtKeyValuePairs *pairs = NULL;
    const char *values[SETS];
    struct OrtStatus *bad = ort.GetSessionOptionsConfigEntries(options, &pairs);
    if (bad)
        return bad;
    for (int k = 0; k < SETS; k++)
        values[k] = getenv(known[k].variable);
    bad = take_options(pairs, name, values);
    if (!bad)
        bad = check(values, settings);
    ort.ReleaseKeyValuePairs(pairs);
    return bad;
}
