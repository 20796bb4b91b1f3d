/* SPDX-License-Identifier: Apache-2.0 */
/* A device string, taken apart: backend[:name][,option=value...]. */
#ifndef SYSTOLE_DRIVER_TARGET_H
#define SYSTOLE_DRIVER_TARGET_H

#include "message.h"

#define TARGET_BYTES 1024

struct driver_target {
    char text[TARGET_BYTES];    /* the whole */
    char backend[TARGET_BYTES]; /* "sim" */
    char name[TARGET_BYTES];    /* "16x16", or "" */
    char options[TARGET_BYTES]; /* "latency=200,seed=3", or "" */
};

/* BAD_ARGUMENT for NULL, BAD_DEVICE for what is not of this form. */
enum systole_status driver_target_parse(const char *device, struct driver_target *out, struct driver_message *why);

/*
 * Takes the option `name` out of a list of options and puts its value, of at most TARGET_BYTES, into `value`. False when it
 * is not there.
 */
bool driver_target_take(char *options, const char *name, char *value);

#endif
