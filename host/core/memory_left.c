/* SPDX-License-Identifier: Apache-2.0 */
#include "host/core/memory_left.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 4096 };

/* The start of a file of the kernel's, as text. */
static const char *read_text(const char *path, char text[ROOM])
{
    FILE *f = fopen(path, "r");
    const size_t n = f ? fread(text, 1, ROOM - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    return n ? text : NULL;
}

/* The number behind `key` at the beginning of a line, times `unit`; `otherwise` where there is none. */
static size_t number_of(const char *text, const char *key, size_t unit, size_t otherwise)
{
    const size_t n = strlen(key);
    for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        char *end = NULL;
        if (strncmp(line, key, n) != 0)
            continue;
        const unsigned long long value = strtoull(line + n, &end, 10);
        return end == line + n ? otherwise : value > SIZE_MAX / unit ? SIZE_MAX : (size_t)value * unit;
    }
    return otherwise;
}

static size_t machine_left(void)
{
    char text[ROOM];
    if (!read_text("/proc/meminfo", text))
        return SIZE_MAX;
    const size_t left = number_of(text, "MemAvailable:", 1024, SIZE_MAX);
    return left == SIZE_MAX ? SIZE_MAX : left + number_of(text, "SwapFree:", 1024, 0);
}

/* A container has less than its machine: control groups, version 2. Pages of files that nobody used lately are given up first. */
static size_t group_left(void)
{
    char path[ROOM + 64], text[ROOM], group[ROOM];
    const char *name = read_text("/proc/self/cgroup", group) ? strstr(group, "0::/") : NULL;
    if (!name)
        return SIZE_MAX;
    name += strlen("0::");
    const int n = (int)strcspn(name, "\n");
    snprintf(path, sizeof path, "/sys/fs/cgroup%.*s/memory.max", n, name);
    const size_t most = read_text(path, text) ? number_of(text, "", 1, SIZE_MAX) : SIZE_MAX;
    if (most == SIZE_MAX)
        return SIZE_MAX;
    snprintf(path, sizeof path, "/sys/fs/cgroup%.*s/memory.current", n, name);
    size_t used = read_text(path, text) ? number_of(text, "", 1, 0) : 0;
    snprintf(path, sizeof path, "/sys/fs/cgroup%.*s/memory.stat", n, name);
    const size_t idle = read_text(path, text) ? number_of(text, "inactive_file ", 1, 0) : 0;
    used -= idle < used ? idle : used;
    return used < most ? most - used : 0;
}

size_t sy_memory_left(void)
{
    const size_t machine = machine_left(), group = group_left();
    return machine < group ? machine : group;
}

size_t sy_memory_touched(void)
{
    char text[ROOM];
    const char *second = read_text("/proc/self/statm", text) ? strchr(text, ' ') : NULL;
    const long page = sysconf(_SC_PAGESIZE);
    return second && page > 0 ? (size_t)strtoull(second, NULL, 10) * (size_t)page : 0;
}
