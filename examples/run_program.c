/* SPDX-License-Identifier: Apache-2.0 */
/* run_program DEVICE FILE: runs a program of the device, made by `systole asm`, with no window but its own, and tells its cycles and counters. */
#include <stdio.h>
#include <stdlib.h>

#include "systole_driver.h"

enum { MOST_BYTES = 1 << 20 };

static size_t read_program(const char *path, uint8_t *to)
{
    FILE *f = fopen(path, "rb");
    size_t size = 0;
    if (f) {
        size = fread(to, 1, MOST_BYTES, f);
        fclose(f);
    }
    return size;
}

static int run(struct systole_device *dev, const uint8_t *program, size_t size)
{
    struct systole_buffer *buffer = NULL;
    struct systole_counters counters;
    enum systole_status status = systole_buffer_alloc(dev, (size + 63) / 64 * 64, &buffer);
    if (!status)
        status = systole_buffer_write(buffer, 0, program, size);
    if (!status)
        status = systole_device_set_window(dev, 0, buffer, 0, systole_buffer_size(buffer));
    if (!status)
        status = systole_device_start(dev);
    if (!status)
        status = systole_device_wait(dev, SYSTOLE_FOREVER);
    if (!status)
        status = systole_device_counters(dev, &counters);
    if (status)
        fprintf(stderr, "%s\n", systole_device_message(dev));
    for (uint32_t i = 0; !status && systole_counter_name(i); i++)
        if (counters.value[i])
            printf("%s %llu\n", systole_counter_name(i), (unsigned long long)counters.value[i]);
    systole_buffer_free(buffer);
    return status ? 1 : 0;
}

int main(int argc, char **argv)
{
    static uint8_t program[MOST_BYTES];
    char why[256] = "";
    struct systole_device *dev = NULL;
    const struct systole_open_options options = {.size = sizeof options, .message = why, .message_size = sizeof why};
    const size_t size = argc == 3 ? read_program(argv[2], program) : 0;
    if (size == 0) {
        fprintf(stderr, argc == 3 ? "%s cannot be read\n" : "usage: run_program DEVICE FILE\n", argc == 3 ? argv[2] : "");
        return 2;
    }
    if (systole_device_open(argv[1], &options, &dev)) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    const int code = run(dev, program, size);
    systole_device_close(dev);
    return code;
}
