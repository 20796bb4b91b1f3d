/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_xrt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend_xrt_kernel.h"
#include "systole_hash.h"

#define EXPORT __attribute__((visibility("default")))
#define COMPLETED 4
#define RUNNING 3
#define ARGUMENTS 17

struct bo {
    uint64_t address;
    size_t size;
    int is_part;
    char *host;
};

static struct fake_xrt fake;
static char log_path[64];
static uint64_t next_address = 0x4000000000u, argument[ARGUMENTS];
static const char *program; /* what window 0 of the scheduler's run shows */
static int state; /* of the run */
static int handle[3];

/* As declared by XRT's headers, in our words. */
EXPORT struct fake_xrt *fake_xrt_get(void);
#define SYSTOLE_XRT(result, name, parameters) EXPORT result name parameters;
#include "backend_xrt_api.def"
#undef SYSTOLE_XRT
EXPORT int xrtIniStringSet(const char *key, const char *value);
EXPORT unsigned xclProbe(void);

struct fake_xrt *fake_xrt_get(void)
{
    return &fake;
}

/* Whether this call is to fail; then it says so where XRT would. */
static int fails(const char *name)
{
    fake.calls++;
    if (fake.fail_call == 0 || --fake.fail_call != 0)
        return 0;
    FILE *f = fopen(log_path, "a");
    if (f) {
        fprintf(f, "[today] [XRT] ERROR: %s was told to fail\n", name);
        fclose(f);
    }
    return 1;
}

int xrtIniStringSet(const char *key, const char *value)
{
    if (strcmp(key, "Runtime.runtime_log") == 0)
        snprintf(log_path, sizeof log_path, "%s", value);
    return 0;
}

unsigned xclProbe(void)
{
    return 1;
}

/* ---- the unit ---- */

static void reset_unit(void)
{
    const uint32_t caps[] = {[SYSTOLE_CAP_ROWS] = 4, [SYSTOLE_CAP_COLS] = 4, [SYSTOLE_REG_CAPS_COUNT - 1] = 0};
    uint64_t build = SYSTOLE_CONTRACT_HASH;
    fake.reg[SYSTOLE_REG_MAGIC / 4] = SYSTOLE_MAGIC;
    fake.reg[SYSTOLE_REG_VERSION / 4] = SYSTOLE_CONTRACT_VERSION;
    fake.reg[SYSTOLE_REG_CONTRACT_LO / 4] = (uint32_t)SYSTOLE_CONTRACT_HASH;
    fake.reg[SYSTOLE_REG_CONTRACT_HI / 4] = (uint32_t)(SYSTOLE_CONTRACT_HASH >> 32);
    memcpy(&fake.reg[SYSTOLE_REG_CAPS / 4], caps, sizeof caps);
#define SYSTOLE_CAP(name, index, doc) build = (build ^ caps[index]) * 0x100000001b3ull;
#include "spec/caps.def"
#undef SYSTOLE_CAP
    fake.reg[SYSTOLE_REG_BUILD_LO / 4] = (uint32_t)build;
    fake.reg[SYSTOLE_REG_BUILD_HI / 4] = (uint32_t)(build >> 32);
    if (fake.reg[0] == 0)
        fake.reg[0] = 4;
}

static void start_unit(void)
{
    fake.starts++;
    fake.reg[0] = fake.hangs ? 1 : 14;
    /* A scheduler of a card looks at done alone. */
    if (!fake.hangs && state == RUNNING)
        state = fake.run_state ? fake.run_state : COMPLETED;
}

int xrtKernelReadRegister(void *kernel, uint32_t offset, uint32_t *value)
{
    (void)kernel;
    if (fails(__func__))
        return -1;
    *value = fake.reg[offset / 4 % FAKE_REGISTERS];
    return 0;
}

int xrtKernelWriteRegister(void *kernel, uint32_t offset, uint32_t value)
{
    (void)kernel;
    if (fails(__func__))
        return -1;
    if (offset == SYSTOLE_REG_CTRL && value & 1)
        start_unit();
    else if (offset == SYSTOLE_REG_RESET)
        fake.reg[0] = fake.deaf ? fake.reg[0] : 4;
    else
        fake.reg[offset / 4 % FAKE_REGISTERS] = value;
    return 0;
}

/* ---- cards and kernels ---- */

static void *open_handle(const char *name, int which)
{
    if (fails(name))
        return NULL;
    fake.open_handles++;
    return &handle[which];
}

static int close_handle(void)
{
    fake.open_handles--;
    return 0;
}

void *xrtDeviceOpen(unsigned index)
{
    reset_unit();
    return index == 0 ? open_handle(__func__, 0) : NULL;
}

void *xrtDeviceOpenFromXcl(void *shim)
{
    return shim;
}

int xrtDeviceClose(void *device)
{
    return device == &handle[0] ? close_handle() : -1;
}

int xrtDeviceLoadXclbinFile(void *device, const char *path)
{
    (void)device;
    (void)path;
    return fails(__func__) ? -1 : 0;
}

int xrtDeviceGetXclbinUUID(void *device, unsigned char uuid[16])
{
    (void)device;
    memset(uuid, 7, 16);
    return fails(__func__) ? -1 : 0;
}

void *xrtPLKernelOpen(void *device, const unsigned char uuid[16], const char *name)
{
    return xrtPLKernelOpenExclusive(device, uuid, name);
}

void *xrtPLKernelOpenExclusive(void *device, const unsigned char uuid[16], const char *name)
{
    (void)device;
    return uuid[0] == 7 && strcmp(name, "systole:{systole_1}") == 0 ? open_handle(__func__, 1) : NULL;
}

int xrtKernelClose(void *kernel)
{
    return kernel == &handle[1] ? close_handle() : -1;
}

int xrtKernelArgGroupId(void *kernel, int index)
{
    (void)kernel;
    return fails(__func__) ? -1 : index == 0 ? 3 : -1;
}

uint32_t xrtKernelArgOffset(void *kernel, int index)
{
    (void)kernel;
    if (index == 3 && fake.offset_of_win3)
        return (uint32_t)fake.offset_of_win3;
    return xrt_kernel_arg((unsigned)index).offset;
}

/* ---- memory: what is on the host is on the card ---- */

void *xrtBOAlloc(void *device, size_t size, uint64_t flags, uint32_t group)
{
    struct bo *b = device == &handle[0] && flags == 0 && group == 3 && !fails(__func__) ? calloc(1, sizeof *b) : NULL;
    if (!b)
        return NULL;
    fake.open_handles++;
    b->address = next_address;
    b->size = size;
    b->host = malloc(size);
    memset(b->host, 0xcd, size);
    next_address += (size + 4095) / 4096 * 4096;
    return b;
}

void *xrtBOSubAlloc(void *parent, size_t size, size_t offset)
{
    const struct bo *whole = parent;
    /* As some shells have it: parts begin at pages. */
    struct bo *b = offset % 4096 == 0 && offset + size <= whole->size && !fails(__func__) ? calloc(1, sizeof *b) : NULL;
    if (!b)
        return NULL;
    fake.open_handles++;
    *b = (struct bo){.address = whole->address + offset, .size = size, .is_part = 1, .host = whole->host + offset};
    return b;
}

int xrtBOFree(void *bo)
{
    struct bo *b = bo;
    if (!b->is_part)
        free(b->host);
    free(b);
    return close_handle();
}

uint64_t xrtBOAddress(void *bo)
{
    return ((struct bo *)bo)->address;
}

void *xrtBOMap(void *bo)
{
    return fails(__func__) ? NULL : ((struct bo *)bo)->host;
}

int xrtBOSync(void *bo, int direction, size_t size, size_t offset)
{
    const struct bo *b = bo;
    if (fails(__func__))
        return -1;
    return direction >= 0 && direction <= 1 && offset <= b->size && size <= b->size - offset ? 0 : -1;
}

/* ---- runs ---- */

void *xrtRunOpen(void *kernel)
{
    state = 1;
    return kernel == &handle[1] ? open_handle(__func__, 2) : NULL;
}

int xrtRunSetArg(void *run, int index, ...)
{
    va_list args;
    (void)run;
    if (fails(__func__))
        return -1;
    va_start(args, index);
    if (xrt_kernel_arg((unsigned)index).is_memory) {
        const struct bo *b = va_arg(args, void *);
        argument[index] = b->address;
        program = index == 0 ? b->host : program;
    } else
        argument[index] = va_arg(args, uint64_t);
    va_end(args);
    return 0;
}

int xrtRunStart(void *run)
{
    (void)run;
    if (fails(__func__) || state == RUNNING)
        return -1;
    for (unsigned i = 0; i < ARGUMENTS; i++) {
        const uint32_t word = xrt_kernel_arg(i).offset / 4;
        fake.reg[word] = (uint32_t)argument[i];
        fake.reg[word + 1] = (uint32_t)(argument[i] >> 32);
    }
    fake.runs++;
    memcpy(&fake.run_program_opcode, program, sizeof fake.run_program_opcode);
    fake.run_program_opcode &= 0xff;
    state = RUNNING;
    start_unit();
    return 0;
}

int xrtRunState(void *run)
{
    (void)run;
    if (fake.ends_late && state == RUNNING)
        state = COMPLETED;
    return state;
}

int xrtRunClose(void *run)
{
    return run == &handle[2] ? close_handle() : -1;
}
