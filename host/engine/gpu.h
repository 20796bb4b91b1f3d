/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs products as a kernel on a device of its own memory, whatever the interface to it: packing, blocks, the kernel's text and the
 * search for its best shape are the same; an interface has the few operations below.
 */
#ifndef SY_ENGINE_GPU_H
#define SY_ENGINE_GPU_H

#include "host/engine/cpu.h"

/* How a kernel is cut (gpu_product.cl says what each means). */
struct sy_gpu_shape {
    int wide, tall, vectors, high, across, slab;
};

enum sy_gpu_kind { SY_GPU_F32, SY_GPU_F32_MASKED, SY_GPU_I8, SY_GPU_KINDS };
enum sy_gpu_buffer { SY_GPU_A, SY_GPU_B, SY_GPU_C, SY_GPU_MASKS, SY_GPU_ROW_ADD, SY_GPU_COLUMN_ADD, SY_GPU_PARTS, SY_GPU_BUFFERS };

/* One launch: blocks of C, passes (pairs in the buffer of parts), steps of a pass, elements of a row of C on the device. */
struct sy_gpu_launch {
    enum sy_gpu_kind kind;
    struct sy_gpu_shape shape; /* as it is for the kind */
    int64_t columns, rows;
    int32_t passes, steps, stride;
};

/* Rows of C: to the device's buffer C, whose rows are `device_row` bytes apart, or back; done when it returns. */
struct sy_gpu_rect {
    bool to_device;
    size_t bytes, rows, device_row, host_row;
    void *host;
};

struct sy_gpu;
struct sy_gpu_ops {
    /* Makes room in a buffer and, unless `from` is NULL, fills it; `from` is free again when it returns. */
    enum systole_status (*put)(struct sy_gpu *g, struct systole_context *ctx, enum sy_gpu_buffer which, const void *from, size_t size);
    enum systole_status (*move)(struct sy_gpu *g, struct systole_context *ctx, const struct sy_gpu_rect *r);
    /* Builds the kernel where it is not there yet. A move back waits for it. */
    enum systole_status (*launch)(struct sy_gpu *g, struct systole_context *ctx, const struct sy_gpu_launch *l);
    void (*drop_kernels)(struct sy_gpu *g);
    void (*close)(struct sy_gpu *g);
};

struct sy_gpu {
    const struct sy_gpu_ops *ops;
    char name[128], driver[128];
    bool is_cpu, integer, has_dot; /* integer: no fma of the device's own, or no subnormals; has_dot: multiplies four bytes at a time */
    bool may_tune;
    uint64_t most; /* bytes of a buffer */
    struct sy_gpu_shape shape;
    struct sy_cpu host; /* it packs */
};

/* The text of the kernels, as lines; made from gpu_types.cl, hls/softfloat.h and gpu_product.cl. */
extern const char *const sy_gpu_source[];
extern const unsigned sy_gpu_lines;

/* The shape as it is for a kind: integer arithmetic and dot products have no vectors. */
struct sy_gpu_shape sy_gpu_shape_of(const struct sy_gpu *g, enum sy_gpu_kind kind);
/* "-DKIND=0 -DMASKED=1 ...": what the kernel's text is told, in `room` bytes. */
void sy_gpu_defines(const struct sy_gpu *g, enum sy_gpu_kind kind, char *text, size_t room);
/* Another shape: what was built for the one before goes. */
void sy_gpu_reshape(struct sy_gpu *g, struct sy_gpu_shape shape);

/* One product, all passes in one launch for each block that the device has memory for. Its owner is the sy_gpu. */
enum systole_status sy_gpu_product(struct sy_fast *f);

/* Those that are tried on processors, or on other devices. */
const struct sy_gpu_shape *sy_gpu_shapes(bool for_cpu, size_t *count);
/* The shape to begin with: what was found best on this device before, from the user's cache folder, or a guess. */
void sy_gpu_first_shape(struct sy_gpu *g, struct systole_context *ctx);
/* Tries what there is and keeps the best, also in the cache folder. Once for each device, driver and kernel text. */
enum systole_status sy_gpu_tune(struct sy_gpu *g, struct systole_context *ctx);

/* Engines on a sy_gpu that e->own is. ",mac=integer", ",tune=off": false when the options have anything else. */
extern const struct sy_engine_ops sy_engine_gpu_ops;
bool sy_gpu_options(struct sy_gpu *g, const char *options);
/* ":N..." : the number, and what follows it; false when there is none. */
bool sy_gpu_number(const char *options, unsigned *number, const char **rest);
/* What every kind of device begins with: memory and threads for packing, and a shape. */
enum systole_status sy_gpu_ready(struct sy_gpu *g, struct systole_context *ctx);

enum systole_status sy_engine_open_opencl(struct sy_engine *e, struct systole_context *ctx, const char *options);
enum systole_status sy_engine_open_cuda(struct sy_engine *e, struct systole_context *ctx, const char *options);
/* Devices in the order of their platforms; 0 without OpenCL. */
unsigned sy_opencl_count(void);
/* 0 without a driver. */
unsigned sy_cuda_count(void);

#endif
