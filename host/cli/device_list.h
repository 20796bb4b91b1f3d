/* SPDX-License-Identifier: Apache-2.0 */
/* `--device D` and `--devices D,D,...`, for every verb that takes several. */
#ifndef CLI_DEVICE_LIST_H
#define CLI_DEVICE_LIST_H

#include "cli.h"

enum { CLI_DEVICES = 16 };

struct cli_device_list {
    int count;
    char name[CLI_DEVICES][CLI_DEVICE_ROOM];
};

enum cli_exit cli_add_device(struct cli_device_list *l, const char *text);
/* Commas and spaces part devices, but for a comma before name=value: that is an option of the device before it. */
enum cli_exit cli_add_devices(struct cli_device_list *l, const char *list);
#define CLI_DEVICES_TEXT "devices; a part with '=' is an option of the device before it"

#endif
