/* SPDX-License-Identifier: Apache-2.0 */
#include "device_list.h"

#include <string.h>

static enum cli_exit add(struct cli_device_list *l, const char *text, size_t length)
{
    if (l->count == CLI_DEVICES)
        return cli_usage("at most 16 devices");
    if (length == 0 || length >= CLI_DEVICE_ROOM)
        return cli_usage("a device's name is empty or too long");
    memcpy(l->name[l->count], text, length);
    l->name[l->count++][length] = '\0';
    return CLI_OK;
}

enum cli_exit cli_add_device(struct cli_device_list *l, const char *text)
{
    return add(l, text, strlen(text));
}

enum cli_exit cli_take_device(void *list, const char *value)
{
    return cli_add_device(list, value);
}

enum cli_exit cli_take_devices(void *list, const char *value)
{
    enum cli_exit code = CLI_OK;
    for (const char *p = value; *p && !code;) {
        size_t length = strcspn(p, ", ");
        while (p[length] == ',') {
            const char *part = p + length + 1;
            const size_t more = strcspn(part, ", ");
            if (!memchr(part, '=', more))
                break;
            length += 1 + more;
        }
        code = add(list, p, length);
        p += length + (p[length] != '\0');
    }
    return code;
}
