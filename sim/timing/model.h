/* SPDX-License-Identifier: Apache-2.0 */
/* The device around the timing: its options, and the functional device that does the work. */
#ifndef SYSTOLE_TIMING_MODEL_H
#define SYSTOLE_TIMING_MODEL_H

#include "../../driver/systole_model.h"
#include "timing.h"

#define MODEL_NAME_BYTES 256u
#define MODEL_PATH_BYTES 512u

struct model_options {
    struct timing_config config;
    struct memory_options memory;
    bool data;   /* results, not only time */
    bool events;
    bool stepping; /* nothing is passed over */
    char function[MODEL_PATH_BYTES]; /* library of the functional device, or "" */
};

/* "name=value" pairs with commas between. 0, or -1 with the reason in `err`. */
int model_options_parse(struct model_options *o, const char *text, char *err, size_t err_size);

/* What `make` calls the configuration: 16x16_has_fp0. */
void model_name(const struct timing_config *c, char name[MODEL_NAME_BYTES]);

/* The functional device of the same configuration. */
struct function {
    void *library;
    const struct systole_model_ops *ops;
    struct systole_model *model;
};

/* 0, or -1 with the reason in `err`. */
int function_open(struct function *f, const struct model_options *o, char *err, size_t err_size);
void function_close(struct function *f);

#endif
