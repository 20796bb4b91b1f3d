/* SPDX-License-Identifier: Apache-2.0 */
/* A device under test, and the comparison of what it left with what the reference left. */
#ifndef FUZZ_DEVICE_H
#define FUZZ_DEVICE_H

#include "../../driver/systole_model.h"
#include "generate.h"

struct device {
    const char *path;
    const char *options; /* %SEED in it becomes a number of the program's own; NULL for none */
    void *handle;
    const struct systole_model_ops *ops;
    struct systole_model *model;
    struct ref_caps caps;
    bool refused;       /* the options it was given; it runs without */
    bool fresh;         /* options change from program to program */
    bool compare_bytes; /* READ_BYTES and WRITE_BYTES too */
    uint64_t max_cycles;
    uint64_t cycles; /* spent so far */
};

/* The first difference found. */
struct difference {
    bool found;
    char what[96];
    uint64_t offset, expected, got;
};

/* Loads the library and reads its capabilities. 0, or -1 with a line on stderr. */
int device_open(struct device *d, const char *path, const char *options);
void device_close(struct device *d);

/* Runs a program on the reference and on the device and compares. 0, or -1 without memory or when the device fails. */
int device_compare(struct device *d, const struct fuzz_case *c, struct difference *diff);

#endif
