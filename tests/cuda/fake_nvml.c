/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for NVML, for tests: one device, whose counter of millijoules goes on with every reading. */
#include <stdio.h>

#define API __attribute__((visibility("default")))

enum { SUCCESS = 0, INVALID_ARGUMENT = 2 };

static int started, device;

API int nvmlInit_v2(void);
API int nvmlShutdown(void);
API int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle);
API int nvmlDeviceGetName(void *handle, char *name, unsigned room);
API int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules);

API int nvmlInit_v2(void)
{
    started++;
    return SUCCESS;
}

API int nvmlShutdown(void)
{
    return --started < 0 ? INVALID_ARGUMENT : SUCCESS;
}

API int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle)
{
    *handle = &device;
    return started && index == 0 ? SUCCESS : INVALID_ARGUMENT;
}

API int nvmlDeviceGetName(void *handle, char *name, unsigned room)
{
    snprintf(name, room, "a stand-in");
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}

API int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules)
{
    static unsigned long long counter = 1000;
    *millijoules = counter += 250;
    return started && handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
