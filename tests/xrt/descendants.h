/* SPDX-License-Identifier: Apache-2.0 */
/* Ending a process that a library has started. */
#ifndef SYSTOLE_TESTS_DESCENDANTS_H
#define SYSTOLE_TESTS_DESCENDANTS_H

#include <dirent.h>
#include <signal.h>

#include "tests/unit/test_driver.h"

/* Ends every process called `name` that descends from this one. Returns how many. */
static inline int end_descendants(const char *name)
{
    int count = 0;
    DIR *all = opendir("/proc");
    assert_non_null(all);
    for (struct dirent *e; (e = readdir(all));) {
        long pid = strtol(e->d_name, NULL, 10), parent = pid;
        char path[64], comm[64] = "";
        for (int depth = 0; depth < 8 && parent > 1 && parent != (long)getpid(); depth++) {
            char stat_comm[64], state;
            snprintf(path, sizeof path, "/proc/%ld/stat", parent);
            FILE *f = fopen(path, "r");
            if (!f || fscanf(f, "%*d (%63[^)]) %c %ld", stat_comm, &state, &parent) != 3)
                parent = 0;
            if (f)
                fclose(f);
            if (depth == 0)
                memcpy(comm, stat_comm, sizeof comm);
        }
        if (pid > 1 && parent == (long)getpid() && strcmp(comm, name) == 0)
            count += kill((pid_t)pid, SIGKILL) == 0;
    }
    closedir(all);
    return count;
}

#endif
