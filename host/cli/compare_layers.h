/* SPDX-License-Identifier: Apache-2.0 */
/* `compare` layer by layer: every value of the golden run against every device's. */
#ifndef CLI_COMPARE_LAYERS_H
#define CLI_COMPARE_LAYERS_H

#include "capture.h"
#include "device_list.h"
#include "difference.h"
#include "inputs.h"
#include "json.h"
#include "ranks.h"

struct cli_compare_options {
    struct cli_ranks *ranks;
    const char *model;
    int isolated, bisect, json, quiet;
    const char *capture, *against; /* folders, or NULL */
    const struct cli_device_list *devices;
    const struct cli_inputs *inputs;
};

/* The golden values are those of the capture, or else the first device's; the exit code says the verdict. */
enum cli_exit cli_compare_layers(struct systole_context *ctx, struct systole_model *model, const struct cli_compare_options *o);

/* ---- Of its parts ---- */

/* A value on a device. */
struct cli_layer {
    struct cli_difference difference;
    int within; /* not the same bits, but each sum of its products within the bound of its length, whatever the order */
    uint64_t cycles;
    double seconds;
};

struct cli_layers {
    struct systole_context *ctx;
    struct systole_model *model;
    const struct cli_compare_options *o;
    const char *golden;           /* a device, or the capture's folder */
    struct cli_values values;     /* of the golden run */
    int n_devices;                /* that are held against it */
    const char *device[CLI_DEVICES];
    struct cli_layer *layer[CLI_DEVICES]; /* of each, by value */
    int first_wrong[CLI_DEVICES]; /* value; -1: none */
    struct systole_fault fault[CLI_DEVICES]; /* where it was located: size is not 0 */
};

int cli_layer_is_wrong(const struct cli_layer *layer);
enum cli_exit cli_layers_print(const struct cli_layers *l);
void cli_layers_json(const struct cli_layers *l);

#endif
