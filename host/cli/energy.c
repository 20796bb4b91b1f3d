/* SPDX-License-Identifier: Apache-2.0 */
#include "energy.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- RAPL ---- */

/* The number in a file; negative, and errno, where there is none. */
static double number_in(const char *folder, const char *file)
{
    char path[400];
    double value = -1;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    if (fscanf(f, "%lf", &value) != 1) {
        value = -1;
        errno = errno ? errno : EIO;
    }
    fclose(f);
    return value;
}

/* The packages, each with all that is within it: "intel-rapl:0" but not "intel-rapl:0:1". */
static void open_packages(struct cli_energy *e)
{
    const char *told = getenv("SYSTOLE_POWERCAP"), *root = told && told[0] ? told : "/sys/class/powercap";
    int number = 0;
    for (int i = 0; i < CLI_PACKAGES; i++) {
        char folder[sizeof e->folder[0]];
        const int length = snprintf(folder, sizeof folder, "%s/intel-rapl:%d", root, i);
        errno = 0;
        const double now = length > 0 && (size_t)length < sizeof folder ? number_in(folder, "energy_uj") : -1;
        if (now < 0) {
            number = number ? number : errno;
            continue;
        }
        memcpy(e->folder[e->counts], folder, sizeof folder);
        e->wrap[e->counts] = number_in(folder, "max_energy_range_uj");
        e->last[e->counts++] = now;
    }
    if (e->counts)
        snprintf(e->source, sizeof e->source, "RAPL, %d package%s of the whole computer", e->counts, e->counts > 1 ? "s" : "");
    else
        snprintf(e->source, sizeof e->source, "not counted: %.80s/intel-rapl:0/energy_uj: %s", root, strerror(number ? number : ENOENT));
}

static void read_packages(struct cli_energy *e)
{
    for (int i = 0; i < e->counts; i++) {
        const double now = number_in(e->folder[i], "energy_uj");
        if (now < 0)
            continue;
        const double more = now - e->last[i];
        e->joules += 1e-6 * (more < 0 && e->wrap[i] > 0 ? more + e->wrap[i] : more > 0 ? more : 0);
        e->last[i] = now;
    }
}

/* ---- NVML: names and types are those of its interface ---- */

static int find(void *library, const char *name, void *function)
{
    void *at = dlsym(library, name);
    memcpy(function, &at, sizeof at);
    return at != NULL;
}

static void open_nvml(struct cli_energy *e, unsigned index)
{
    int (*init)(void) = NULL, (*by_index)(unsigned, void **) = NULL, (*name_of)(void *, char *, unsigned) = NULL;
    char name[96] = "";
    unsigned long long now = 0;
    e->library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!e->library) {
        snprintf(e->source, sizeof e->source, "not counted: libnvidia-ml.so.1 was not found");
        return;
    }
    const int whole = find(e->library, "nvmlInit_v2", &init) & find(e->library, "nvmlDeviceGetHandleByIndex_v2", &by_index) &
                      find(e->library, "nvmlDeviceGetName", &name_of) & find(e->library, "nvmlShutdown", &e->shut_down) &
                      find(e->library, "nvmlDeviceGetTotalEnergyConsumption", &e->read);
    int error = whole ? init() : -1;
    if (error)
        e->shut_down = NULL;
    if (!error)
        error = by_index(index, &e->handle);
    if (!error)
        error = e->read(e->handle, &now);
    if (error) {
        snprintf(e->source, sizeof e->source, whole ? "not counted: NVML's device %u: error %d" : "not counted: NVML lacks a function", index, error);
        return;
    }
    name_of(e->handle, name, sizeof name);
    snprintf(e->source, sizeof e->source, "NVML, device %u (%.90s)", index, name);
    e->counts = 1;
    e->last[0] = (double)now;
}

static void read_nvml(struct cli_energy *e)
{
    unsigned long long now = 0;
    if (e->read(e->handle, &now) != 0)
        return;
    e->joules += 1e-3 * ((double)now - e->last[0]);
    e->last[0] = (double)now;
}

/* ---- either ---- */

void cli_energy_open(struct cli_energy *e, const char *device)
{
    *e = (struct cli_energy){.counts = 0};
    const char *number = strncmp(device, "cuda:", 5) == 0 ? device + 5 : strncmp(device, "cublas:", 7) == 0 ? device + 7 : NULL;
    if (number && isdigit((unsigned char)*number))
        open_nvml(e, (unsigned)strtoul(number, NULL, 10));
    else
        open_packages(e);
}

double cli_energy_read(struct cli_energy *e)
{
    if (!e->counts)
        return -1;
    if (e->handle)
        read_nvml(e);
    else
        read_packages(e);
    return e->joules;
}

void cli_energy_close(struct cli_energy *e)
{
    if (e->shut_down)
        e->shut_down();
    if (e->library)
        dlclose(e->library);
    e->library = NULL;
    e->shut_down = NULL;
}
