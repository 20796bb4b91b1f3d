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
/* For option tables: the member is the list. Commas and spaces part devices, but for a comma before name=value: that is an option of the
 * device before it. `text` goes on with what the verb has to say of it. */
enum cli_exit cli_take_device(void *list, const char *value);
enum cli_exit cli_take_devices(void *list, const char *value);
#define CLI_DEVICES_OPTION(at, text) \
    {"--devices", CLI_LIST, at, "D,D,...", "devices; a part with '=' is an option of the device before it" text, cli_take_devices}
#define CLI_DEVICE_OPTION(at, text) {"--device", CLI_LIST, at, "D", "one more device" text, cli_take_device}

#endif
