/* SPDX-License-Identifier: Apache-2.0 */
/* Joules, where the platform counts them: of the processor's packages (RAPL), of an NVIDIA device (NVML). */
#ifndef CLI_ENERGY_H
#define CLI_ENERGY_H

enum { CLI_PACKAGES = 16 };

struct cli_energy {
    char source[160]; /* what is counted; or, where nothing is, why not */
    int counts;       /* packages that are read, or 1 for NVML; 0: nothing is */
    char folder[CLI_PACKAGES][320];
    double wrap[CLI_PACKAGES], last[CLI_PACKAGES]; /* microjoules at which a counter begins again; what it read last */
    double joules;    /* since it was opened, up to the last reading */
    void *library, *handle; /* NVML */
    int (*read)(void *handle, unsigned long long *millijoules);
    int (*shut_down)(void);
};

/*
 * For a device by its name: that of cuda:N and cublas:N is N of NVML, every other that runs here is the processor. SYSTOLE_POWERCAP names
 * another folder than /sys/class/powercap.
 */
void cli_energy_open(struct cli_energy *e, const char *device);
/* Joules since it was opened; a counter that began again in between, once, is understood. Negative: nothing is counted. */
double cli_energy_read(struct cli_energy *e);
void cli_energy_close(struct cli_energy *e);

#endif
