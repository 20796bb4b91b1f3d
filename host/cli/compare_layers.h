/* SPDX-License-Identifier: Apache-2.0 */
/* `compare` layer by layer: every value of the golden run against every device's. */
#ifndef CLI_COMPARE_LAYERS_H
#define CLI_COMPARE_LAYERS_H

#include "capture.h"
#include "device_list.h"
#include "difference.h"
#include "energy.h"
#include "error_map.h"
#include "inputs.h"
#include "json.h"
#include "ranks.h"

struct cli_compare_options {
    struct cli_ranks *ranks;
    const char *model;
    int isolated, bisect, profile, json, quiet;
    const char *capture, *against; /* a folder, or what golden.h says; or NULL */
    const char *report;            /* the page, or NULL */
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
    uint64_t cycles, macs;
    double seconds;
    struct cli_error_map *map; /* where a report is wanted and the bits differ; or NULL */
};

/* All its layers, and what it could do at most. */
struct cli_device_run {
    uint64_t rows, cols, cycles, macs;
    double seconds;            /* of the layers, by this computer's clock */
    double f32_peak, int8_peak; /* MACs a cycle of an array, a second of the processor; 0: not known */
    double joules;             /* negative: not counted */
    char energy[160];          /* what counts them, or why nothing does */
    int exact, within, wrong;  /* layers */
};

struct cli_layers {
    struct systole_context *ctx;
    struct systole_model *model;
    const struct cli_compare_options *o;
    const char *golden;           /* a device, or what it was read from */
    struct cli_values values;     /* of the golden run; those without a tensor are not looked at */
    int n_devices;                /* that are held against it */
    const char *device[CLI_DEVICES];
    struct cli_layer *layer[CLI_DEVICES]; /* of each, by value */
    struct cli_device_run run[CLI_DEVICES];
    int first_wrong[CLI_DEVICES]; /* value; -1: none */
    struct systole_fault fault[CLI_DEVICES]; /* where it was located: size is not 0 */
    struct cli_energy energy;     /* of the device that runs */
};

int cli_layer_is_wrong(const struct cli_layer *layer);
const char *cli_layer_verdict(const struct cli_layer *layer);
const char *cli_device_verdict(const struct cli_layers *l, int device);
double cli_layer_nmse(const struct cli_layer *layer);
/* The node that makes the value. */
struct systole_node_info cli_layer_node(const struct cli_layers *l, int value);
/* The value whose layer has the largest ULP error, of those that can be compared; -1: none differs. */
int cli_worst_layer(const struct cli_layers *l, int device);

/* Speeds (compare_speed.c). The peaks of a device whose session is open. */
void cli_find_peaks(const struct cli_layers *l, struct cli_device_run *run, const char *device, const struct systole_session *session);
/* MACs a cycle, or a second where the device has no cycles; 0: it multiplied nothing. */
double cli_layer_rate(const struct cli_layer *layer);
double cli_run_rate(const struct cli_device_run *run);
/* Of the peak in the layer's type; 0: not known. */
double cli_layer_share(const struct cli_layers *l, int device, int value);
double cli_run_share(const struct cli_layers *l, int device);
enum cli_exit cli_speeds_print(const struct cli_layers *l);
enum cli_exit cli_summary_print(const struct cli_layers *l);

enum cli_exit cli_layers_print(const struct cli_layers *l);
enum cli_exit cli_layers_report(const struct cli_layers *l, const char *path);
void cli_layers_json(const struct cli_layers *l);

#endif
