/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end ocl-fpga: a compute unit on a card through the OpenCL of XRT. The xclbin is an OpenCL program in binary form,
 * buffers and runs are OpenCL's. OpenCL knows no registers: they are reached through XRT, on the same open card. OpenCL opens a
 * unit as one that others may use too; that registers of such units may be read and written is a setting, made when XRT is
 * loaded. A run whose windows do not all begin where a buffer does is started by register.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "backend_xrt_card.h"
#include "library.h"

#define LIBRARY "libxilinxopencl.so.2"
#define TYPE_ACCELERATOR (UINT64_C(1) << 3)
#define INFO_NAME 0x102Bu
#define INFO_HANDLE 0x1121u /* the card, as XRT knows it */
#define MEM_READ_WRITE (UINT64_C(1) << 0)
#define MEM_EXTENDED (UINT64_C(1) << 31)
#define EVENT_STATUS 0x11D3u
#define MAX_PLATFORMS 16u

struct ocl_api {
#define SYSTOLE_OCL(result, name, parameters) result(*name) parameters;
#include "backend_ocl_fpga_api.def"
#undef SYSTOLE_OCL
};

/* By which a buffer is put into the memory that an argument of a kernel reaches. */
struct ocl_place {
    uint32_t argument;
    void *host, *kernel;
};

struct ocl_buffer {
    struct ocl_buffer *prev, *next;
    void *memory; /* OpenCL's */
    char *host;   /* the same bytes, here */
    uint64_t address;
};

struct backend_state {
    const struct ocl_api *cl;
    struct xrt_choice choice;
    struct xrt_unit unit;
    bool taken; /* the card is this device's */
    void *device, *context, *queue, *program, *kernel;
    void *xrt_device; /* the same card, for its registers */
    void *event;      /* of a run whose end OpenCL has not yet told */
    struct ocl_buffer *buffers;
};

/* ---- the library ---- */

static const struct ocl_api *load(struct driver_message *why)
{
    static struct ocl_api api;
    static bool loaded;
    if (loaded)
        return &api;
    void *library = driver_xrt_library(LIBRARY, "XRT's OpenCL", why);
    if (!library)
        return NULL;
    const char *missing = NULL;
#define SYSTOLE_OCL(result, name, parameters) missing = driver_library_find(library, #name, &api.name) ? missing : #name;
#include "backend_ocl_fpga_api.def"
#undef SYSTOLE_OCL
    if (missing) {
        driver_fail(why, SYSTOLE_MISMATCH, "%s has no %s()", LIBRARY, missing);
        return NULL;
    }
    loaded = true;
    return &api;
}

/* Device n of all accelerators; NULL when there are not as many. `count` of them, or NULL. */
static void *find_device(const struct ocl_api *cl, unsigned n, unsigned *count)
{
    void *platforms[MAX_PLATFORMS], *devices[XRT_MAX_CARDS], *found = NULL;
    uint32_t platform_count = 0, device_count = 0;
    unsigned seen = 0;
    if (cl->clGetPlatformIDs(MAX_PLATFORMS, platforms, &platform_count) != 0)
        platform_count = 0;
    for (uint32_t p = 0; p < platform_count && p < MAX_PLATFORMS; p++) {
        if (cl->clGetDeviceIDs(platforms[p], TYPE_ACCELERATOR, XRT_MAX_CARDS, devices, &device_count) != 0)
            continue;
        for (uint32_t d = 0; d < device_count && d < XRT_MAX_CARDS; d++, seen++)
            found = seen == n ? devices[d] : found;
    }
    if (count)
        *count = seen;
    return found;
}

static const struct ocl_api *prepare(const struct xrt_api **xrt, struct driver_message *why)
{
    *xrt = driver_xrt_api(why);
    return *xrt ? load(why) : NULL;
}

static size_t ocl_list(const char *backend, backend_found_fn *found, void *user, struct driver_message *why)
{
    const struct xrt_api *xrt;
    char text[XRT_MAX_CARDS][128] = {""};
    unsigned count = 0;
    (void)backend;
    driver_xrt_lock();
    const struct ocl_api *cl = prepare(&xrt, why);
    if (cl)
        find_device(cl, 0, &count);
    if (cl && count == 0)
        driver_xrt_fail(why, SYSTOLE_NOT_FOUND, "XRT's OpenCL finds no accelerator");
    count = count < XRT_MAX_CARDS ? count : XRT_MAX_CARDS;
    for (unsigned i = 0; i < count; i++)
        cl->clGetDeviceInfo(find_device(cl, i, NULL), INFO_NAME, sizeof text[i] - 1, text[i], NULL);
    driver_xrt_unlock();
    /* Who is told of a card may open it at once. */
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        found(user, name, text[i]);
    }
    return count;
}

/* ---- opening ---- */

static enum systole_status failed(struct backend_state *s, int32_t error, const char *what, struct driver_message *why)
{
    return driver_xrt_fail(why, error == -4 || error == -6 ? SYSTOLE_NO_MEMORY : SYSTOLE_IO, "device \"%s\": %s: OpenCL's error %d",
                           s->unit.device, what, (int)error);
}

/* The whole file, to be freed by driver_free(). It is known to be an xclbin. */
static unsigned char *read_xclbin(const char *path, size_t *size)
{
    struct stat about;
    unsigned char *data = NULL;
    FILE *f = fopen(path, "rb");
    if (f && fstat(fileno(f), &about) == 0 && about.st_size > 0)
        data = driver_alloc((size_t)about.st_size);
    *size = data ? fread(data, 1, (size_t)about.st_size, f) : 0;
    if (f)
        fclose(f);
    return data;
}

static enum systole_status load_program(struct backend_state *s, struct driver_message *why)
{
    size_t size;
    int32_t status = 0, error = 0;
    unsigned char *data = read_xclbin(s->choice.xclbin, &size);
    if (!data)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for %s, or it cannot be read", s->choice.xclbin);
    const unsigned char *binary = data;
    s->program = s->cl->clCreateProgramWithBinary(s->context, 1, &s->device, &size, &binary, &status, &error);
    driver_free(data);
    if (s->program && status == 0 && error == 0)
        return SYSTOLE_OK;
    return driver_xrt_fail(why, SYSTOLE_MISMATCH, "device \"%s\": OpenCL does not load %s onto card %u: error %d", s->unit.device,
                           s->choice.xclbin, s->choice.card, (int)(error ? error : status));
}

static enum systole_status make_context(struct backend_state *s, struct driver_message *why)
{
    int32_t error = 0;
    s->device = find_device(s->cl, s->choice.card, NULL);
    if (!s->device)
        return driver_xrt_fail(why, SYSTOLE_NOT_FOUND, "device \"%s\": OpenCL finds no card %u", s->unit.device, s->choice.card);
    s->context = s->cl->clCreateContext(NULL, 1, &s->device, NULL, NULL, &error);
    if (!s->context)
        return failed(s, error, "no context", why);
    s->queue = s->cl->clCreateCommandQueue(s->context, s->device, 0, &error);
    return s->queue ? SYSTOLE_OK : failed(s, error, "no queue", why);
}

static enum systole_status make_kernel(struct backend_state *s, const struct xrt_api *xrt, struct driver_message *why)
{
    char name[2 * XRT_UNIT_NAME_BYTES];
    unsigned char uuid[16];
    void *card = NULL;
    int32_t error = s->cl->clGetDeviceInfo(s->device, INFO_HANDLE, sizeof card, &card, NULL);
    if (error != 0)
        return failed(s, error, "OpenCL does not tell which card it is", why);
    s->xrt_device = xrt->xrtDeviceOpenFromXcl(card);
    if (!s->xrt_device || xrt->xrtDeviceGetXclbinUUID(s->xrt_device, uuid) != 0)
        return driver_xrt_fail(why, SYSTOLE_IO, "device \"%s\": XRT does not open the card that OpenCL uses", s->unit.device);
    enum systole_status status = xrt_unit_open(&s->unit, xrt, s->xrt_device, uuid, &s->choice, xrt->xrtPLKernelOpen, why);
    if (status != SYSTOLE_OK)
        return status;
    snprintf(name, sizeof name, "%s:{%s}", XRT_KERNEL_NAME, s->choice.unit);
    s->kernel = s->cl->clCreateKernel(s->program, name, &error);
    return s->kernel ? SYSTOLE_OK : failed(s, error, "OpenCL gives no kernel", why);
}

static enum systole_status enter(struct backend_state *s, struct driver_message *why)
{
    const struct xrt_api *xrt;
    s->cl = prepare(&xrt, why);
    if (!s->cl)
        return SYSTOLE_NOT_FOUND;
    enum systole_status status = xrt_card_take(s->unit.device, &s->choice, why);
    if (status != SYSTOLE_OK)
        return status;
    s->taken = true;
    s->unit.api = xrt;
    driver_xrt_forget_words();
    status = make_context(s, why);
    if (status == SYSTOLE_OK)
        status = load_program(s, why);
    return status == SYSTOLE_OK ? make_kernel(s, xrt, why) : status;
}

static enum systole_status ended(struct backend_state *s, struct driver_message *why)
{
    int32_t status = 1;
    const int32_t error = s->cl->clGetEventInfo(s->event, EVENT_STATUS, sizeof status, &status, NULL);
    if (error == 0 && status > 0)
        return SYSTOLE_TIMEOUT;
    s->cl->clReleaseEvent(s->event);
    s->event = NULL;
    s->unit.pending = false;
    return error == 0 && status == 0 ? SYSTOLE_OK : failed(s, error ? error : status, "the run", why);
}

static void ocl_close(struct backend_state *s)
{
    if (!s)
        return;
    driver_xrt_lock();
    xrt_unit_settle(&s->unit, ended, s);
    if (s->kernel)
        s->cl->clReleaseKernel(s->kernel);
    xrt_unit_close(&s->unit);
    if (s->xrt_device)
        s->unit.api->xrtDeviceClose(s->xrt_device);
    if (s->program)
        s->cl->clReleaseProgram(s->program);
    if (s->queue)
        s->cl->clReleaseCommandQueue(s->queue);
    if (s->context)
        s->cl->clReleaseContext(s->context);
    if (s->taken)
        xrt_card_give(&s->choice);
    driver_xrt_unlock();
    driver_free(s);
}

static enum systole_status ocl_open(const struct driver_target *target, struct backend_opened *out, struct driver_message *why)
{
    struct backend_state *s = driver_alloc(sizeof *s);
    if (!s)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for a device: %zu bytes", sizeof *s);
    snprintf(s->unit.device, sizeof s->unit.device, "%.*s", (int)sizeof s->unit.device - 1, target->text);
    enum systole_status status = xrt_choice_parse(target, &s->choice, why);
    if (status == SYSTOLE_OK) {
        driver_xrt_lock();
        status = enter(s, why);
        driver_xrt_unlock();
    }
    if (status != SYSTOLE_OK) {
        ocl_close(s);
        return status;
    }
    out->state = s;
    out->keeps = true;
    snprintf(out->detail, sizeof out->detail, "card %u, unit %s, %.*s", s->choice.card, s->choice.unit, 150, s->choice.xclbin);
    return SYSTOLE_OK;
}

/* ---- memory ---- */

static void free_buffer(struct backend_state *s, struct ocl_buffer *b)
{
    if (b && b->memory)
        s->cl->clReleaseMemObject(b->memory);
    if (b)
        driver_free(b->host);
    driver_free(b);
}

static enum systole_status fill_buffer(struct backend_state *s, struct ocl_buffer *b, uint64_t size, struct driver_message *why)
{
    struct ocl_place place = {.kernel = s->kernel};
    int32_t error = 0;
    b->host = size <= SIZE_MAX ? driver_alloc((size_t)size) : NULL;
    if (!b->host)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for a buffer of %" PRIu64 " bytes", size);
    b->memory = s->cl->clCreateBuffer(s->context, MEM_READ_WRITE | MEM_EXTENDED, (size_t)size, &place, &error);
    if (!b->memory)
        return failed(s, error, "no memory on the card", why);
    /* What is written to a buffer that is not on the card stays here, until a kernel has it as an argument. */
    error = s->cl->clEnqueueWriteBuffer(s->queue, b->memory, 1, 0, (size_t)size, b->host, 0, NULL, NULL);
    if (error == 0)
        error = s->cl->clEnqueueMigrateMemObjects(s->queue, 1, &b->memory, 0, 0, NULL, NULL);
    if (error == 0)
        error = s->cl->clFinish(s->queue);
    if (error == 0)
        error = s->cl->xclGetMemObjDeviceAddress(b->memory, s->device, sizeof b->address, &b->address);
    if (error != 0)
        return failed(s, error, "a buffer cannot be put onto the card", why);
    if (b->address % SYSTOLE_BUFFER_ALIGN == 0)
        return SYSTOLE_OK;
    return driver_fail(why, SYSTOLE_IO, "device \"%s\": a buffer of the card begins at 0x%" PRIx64 ", no multiple of %d", s->unit.device,
                       b->address, SYSTOLE_BUFFER_ALIGN);
}

static enum systole_status ocl_alloc(struct backend_state *s, uint64_t size, struct backend_memory *out, struct driver_message *why)
{
    struct ocl_buffer *b = driver_alloc(sizeof *b);
    if (!b)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for the handle of a buffer of %" PRIu64 " bytes", size);
    driver_xrt_forget_words();
    const enum systole_status status = fill_buffer(s, b, size, why);
    if (status != SYSTOLE_OK) {
        free_buffer(s, b);
        return status;
    }
    b->next = s->buffers;
    if (b->next)
        b->next->prev = b;
    s->buffers = b;
    *out = (struct backend_memory){.address = b->address, .host = b->host, .handle = b};
    return SYSTOLE_OK;
}

static void ocl_free(struct backend_state *s, const struct backend_memory *memory)
{
    struct ocl_buffer *b = memory->handle;
    xrt_unit_settle(&s->unit, ended, s);
    if (b->prev)
        b->prev->next = b->next;
    else
        s->buffers = b->next;
    if (b->next)
        b->next->prev = b->prev;
    free_buffer(s, b);
}

static enum systole_status ocl_sync(struct backend_state *s, const struct backend_memory *memory, enum systole_direction direction,
                                    uint64_t offset, uint64_t size, struct driver_message *why)
{
    const struct ocl_buffer *b = memory->handle;
    const bool in = direction == SYSTOLE_TO_DEVICE;
    char *host = b->host + offset;
    const int32_t error =
        in ? s->cl->clEnqueueWriteBuffer(s->queue, b->memory, 1, (size_t)offset, (size_t)size, host, 0, NULL, NULL)
           : s->cl->clEnqueueReadBuffer(s->queue, b->memory, 1, (size_t)offset, (size_t)size, host, 0, NULL, NULL);
    return error == 0 ? SYSTOLE_OK : failed(s, error, in ? "a copy to the card" : "a copy from the card", why);
}

/* ---- runs ---- */

/* The kernel's arguments from the windows; false where one does not begin with a buffer. */
static bool set_arguments(struct backend_state *s)
{
    for (unsigned i = 0; i < XRT_KERNEL_ARGS; i++) {
        const void *value = &s->unit.arg[i];
        const struct ocl_buffer *b = s->buffers;
        if (xrt_kernel_arg(i).is_memory) {
            /* A closed window is never looked into, so any buffer will do: that of the program. */
            const unsigned w = s->unit.arg[SYSTOLE_WINDOWS + i] ? i : 0;
            while (b && b->address != s->unit.arg[w])
                b = b->next;
            if (!b)
                return false;
            value = &b->memory;
        }
        if (s->cl->clSetKernelArg(s->kernel, i, sizeof(uint64_t), value) != 0)
            return false;
    }
    return true;
}

static enum systole_status start(struct backend_state *s, struct driver_message *why)
{
    xrt_unit_settle(&s->unit, ended, s);
    driver_xrt_forget_words();
    s->unit.was_reset = false;
    if (s->choice.by_registers || s->unit.pending || s->unit.arg[SYSTOLE_WINDOWS] == 0 || !set_arguments(s))
        return xrt_unit_write(&s->unit, SYSTOLE_REG_CTRL, CTRL_START, why);
    /* No clFlush(): that of XRT waits for the end of the run. A task begins when it is put into the queue. */
    const int32_t error = s->cl->clEnqueueTask(s->queue, s->kernel, 0, NULL, &s->event);
    s->unit.pending = s->event != NULL;
    return error == 0 ? SYSTOLE_OK : failed(s, error, "OpenCL does not start the run", why);
}

static enum systole_status ocl_write_reg(struct backend_state *s, uint32_t offset, uint32_t value, struct driver_message *why)
{
    return xrt_unit_command(&s->unit, start, ended, s, offset, value, why);
}

static enum systole_status ocl_read_reg(struct backend_state *s, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    return xrt_unit_read(&s->unit, offset, value, why);
}

static enum systole_status ocl_wait(struct backend_state *s, uint64_t timeout_ns, struct driver_message *why)
{
    return xrt_unit_wait(&s->unit, ended, s, timeout_ns, why);
}

extern const struct backend_ops driver_backend_ocl_fpga;
const struct backend_ops driver_backend_ocl_fpga = {
    .abi = BACKEND_ABI, .size = sizeof(struct backend_ops), .list = ocl_list, .open = ocl_open, .close = ocl_close,
    .read_reg = ocl_read_reg, .write_reg = ocl_write_reg, .alloc = ocl_alloc, .free = ocl_free, .sync = ocl_sync, .wait = ocl_wait,
};
