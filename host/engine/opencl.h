/* SPDX-License-Identifier: Apache-2.0 */
/* An OpenCL device as an engine: the accelerator's chains, so the same bits. OpenCL is found at run time. */
#ifndef SY_ENGINE_OPENCL_H
#define SY_ENGINE_OPENCL_H

#include "host/engine/cpu.h"
#include "host/engine/opencl_api.h"

/* How a kernel is cut (opencl_product.cl says what each means). */
struct sy_cl_shape {
    int wide, tall, vectors, high, across, slab;
};

enum sy_cl_kind { SY_CL_F32, SY_CL_F32_MASKED, SY_CL_I8, SY_CL_KINDS };
enum sy_cl_buffer { SY_CL_A, SY_CL_B, SY_CL_C, SY_CL_MASKS, SY_CL_ROW_ADD, SY_CL_COLUMN_ADD, SY_CL_PARTS, SY_CL_BUFFERS };

struct sy_opencl {
    struct sy_opencl_api api;
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    char name[128], driver[128];
    bool is_cpu, integer, has_dot; /* integer: no fma of the device's own, or no subnormals; has_dot: multiplies four bytes at a time */
    const char *dot_dialect;           /* of OpenCL C, in which it does */
    bool may_tune;
    cl_ulong most; /* bytes of a buffer */
    struct sy_cl_shape shape;
    cl_program program[SY_CL_KINDS];
    cl_kernel kernel[SY_CL_KINDS];
    cl_mem buffer[SY_CL_BUFFERS];
    size_t size[SY_CL_BUFFERS];
    struct sy_cpu host; /* it packs */
};

/* The text of the kernels, as lines; made from opencl_product.cl. */
extern const char *const sy_opencl_source[];
extern const unsigned sy_opencl_lines;

/* The shape as it is for a kind: integer arithmetic and dot products have no vectors. */
struct sy_cl_shape sy_cl_shape_of(const struct sy_opencl *o, enum sy_cl_kind kind);
/* Builds a kind's kernel where it is not there yet. */
enum systole_status sy_cl_kernel(struct sy_opencl *o, struct systole_context *ctx, enum sy_cl_kind kind, cl_kernel *kernel);
/* Another shape: what was built for the one before goes. */
void sy_cl_reshape(struct sy_opencl *o, struct sy_cl_shape shape);
enum systole_status sy_cl_failed(const struct sy_opencl *o, struct systole_context *ctx, const char *what, cl_int error);

/* One product, all passes in one launch for each block that the device has memory for. */
enum systole_status sy_cl_product(struct sy_fast *f);

/* Those that are tried on processors, or on other devices. */
const struct sy_cl_shape *sy_cl_shapes(bool for_cpu, size_t *count);
/* The shape to begin with: what was found best on this device before, from the user's cache folder, or a guess. */
void sy_cl_first_shape(struct sy_opencl *o, struct systole_context *ctx);
/* Tries what there is and keeps the best, also in the cache folder. Once for each device, driver and kernel text. */
enum systole_status sy_cl_tune(struct sy_opencl *o, struct systole_context *ctx);

/* Devices in the order of their platforms; 0 without OpenCL. */
unsigned sy_opencl_count(void);
enum systole_status sy_engine_open_opencl(struct sy_engine *e, struct systole_context *ctx, const char *options);

#endif
