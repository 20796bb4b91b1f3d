/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels compile for the devices that they are meant for: every kind and shape, through the NVRTC that $SYSTOLE_NVRTC names, and what
 * comes out has the steps that were asked for, and no other. No device is needed.
 */
#include <stdio.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/cuda.h"

static int passed, failed;

static void check(bool right, const char *what, int arch, enum sy_gpu_kind kind, const struct sy_gpu_shape *s)
{
    passed += right;
    failed += !right;
    if (!right)
        printf("FAILED: sm_%d, kind %d, %d lanes x %d, %d rows, groups of %d x %d, slabs of %d: %s\n", arch, (int)kind, s->wide, s->vectors,
               s->tall, s->high, s->across, s->slab, what);
}

/* Fused steps that flush nothing; no separate product of floats. Integer arithmetic has no float at all. */
static bool has_only_its_steps(const struct sy_gpu *g, enum sy_gpu_kind kind, const char *ptx)
{
    const bool loose = strstr(ptx, "mul.f32") || strstr(ptx, "add.f32") || strstr(ptx, ".ftz") || strstr(ptx, "mul.rn.f32");
    if (kind == SY_GPU_I8)
        return !loose && !strstr(ptx, "fma.rn") && !g->has_dot == !strstr(ptx, "dp4a.u32.s32");
    return !loose && !strstr(ptx, "fma.rn.f32") == g->integer;
}

static void compile(const struct sy_nvrtc_api *api, struct systole_context *ctx, struct sy_gpu *g, int arch)
{
    for (int kind = 0; kind < SY_GPU_KINDS; kind++) {
        char *ptx = NULL;
        const enum systole_status status = sy_cuda_compile(api, g, ctx, (enum sy_gpu_kind)kind, arch / 10, arch % 10, &ptx);
        const bool right = !status && has_only_its_steps(g, (enum sy_gpu_kind)kind, ptx);
        check(right, status ? systole_context_detail(ctx) : "it has not the steps that it should have", arch, (enum sy_gpu_kind)kind, &g->shape);
        sy_free(ptx);
    }
}

int main(void)
{
    static const int archs[] = {80, 90};
    struct systole_context *ctx = NULL;
    struct sy_nvrtc_api api;
    size_t count;
    const struct sy_gpu_shape *shapes = sy_gpu_shapes(false, &count);
    if (systole_context_create(NULL, &ctx) || !sy_nvrtc_load(&api)) {
        printf("NVRTC was not found; SYSTOLE_NVRTC says where it is\n0 passed, 0 failed, 1 skipped\n");
        return 0;
    }
    for (size_t a = 0; a < sizeof archs / sizeof *archs; a++) {
        for (size_t i = 0; i < count; i++) {
            struct sy_gpu g = {.name = "compute", .has_dot = true, .shape = shapes[i]};
            compile(&api, ctx, &g, archs[a]);
        }
        struct sy_gpu g = {.name = "compute", .has_dot = true, .integer = true, .shape = shapes[0]};
        compile(&api, ctx, &g, archs[a]);
    }
    sy_nvrtc_unload(&api);
    systole_context_free(ctx);
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
