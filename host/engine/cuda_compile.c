/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/cuda.h"
#include "host/engine/library.h"

enum { MOST_OPTIONS = 24 };

bool sy_nvrtc_load(struct sy_nvrtc_api *api)
{
    const char *files[] = {getenv("SYSTOLE_NVRTC"), "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"};
    *api = (struct sy_nvrtc_api){.library = sy_library_open(files, sizeof files / sizeof *files)};
    bool whole = api->library != NULL;
#define SY_FIND(name, symbol, parameters) whole = whole && sy_library_find(api->library, symbol, &api->name);
    SY_NVRTC_FUNCTIONS(SY_FIND)
#undef SY_FIND
    if (!whole)
        sy_nvrtc_unload(api);
    return whole;
}

void sy_nvrtc_unload(struct sy_nvrtc_api *api)
{
    if (api->library)
        dlclose(api->library);
    api->library = NULL;
}

/* The lines as one text. */
static char *whole_text(void)
{
    size_t size = 1, at = 0;
    for (unsigned i = 0; i < sy_gpu_lines; i++)
        size += strlen(sy_gpu_source[i]);
    char *text = sy_alloc(size, 1);
    for (unsigned i = 0; text && i < sy_gpu_lines; i++) {
        const size_t length = strlen(sy_gpu_source[i]);
        memcpy(text + at, sy_gpu_source[i], length);
        at += length;
    }
    return text;
}

static enum systole_status build_failed(const struct sy_nvrtc_api *api, const struct sy_gpu *g, struct systole_context *ctx,
                                        nvrtcProgram program, nvrtcResult error)
{
    size_t size = 0;
    api->nvrtcGetProgramLogSize(program, &size);
    char *log = sy_alloc(size + 1, 1);
    if (log)
        api->nvrtcGetProgramLog(program, log);
    const enum systole_status status =
        sy_fail(ctx, SYSTOLE_IO, "%s: the kernel does not build, NVRTC error %d: %.600s", g->name, (int)error, log ? log : "");
    sy_free(log);
    return status;
}

static enum systole_status take_ptx(const struct sy_nvrtc_api *api, struct systole_context *ctx, nvrtcProgram program, char **ptx)
{
    size_t size = 0;
    if (api->nvrtcGetPTXSize(program, &size))
        return sy_fail(ctx, SYSTOLE_IO, "NVRTC gives no PTX");
    char *text = sy_alloc(size + 1, 1);
    if (!text)
        return sy_no_memory(ctx);
    if (api->nvrtcGetPTX(program, text)) {
        sy_free(text);
        return sy_fail(ctx, SYSTOLE_IO, "NVRTC gives no PTX");
    }
    *ptx = text;
    return SYSTOLE_OK;
}

enum systole_status sy_cuda_compile(const struct sy_nvrtc_api *api, const struct sy_gpu *g, struct systole_context *ctx,
                                    enum sy_gpu_kind kind, int major, int minor, char **ptx)
{
    char defines[512], target[48];
    const char *options[MOST_OPTIONS];
    int count = 0;
    snprintf(target, sizeof target, "--gpu-architecture=compute_%d%d", major, minor);
    options[count++] = target;
    options[count++] = "--device-as-default-execution-space"; /* the functions of softfloat.h say nothing of it */
    options[count++] = "--std=c++14";
    options[count++] = "--ftz=false"; /* the defaults, but results rest on them */
    options[count++] = "--fmad=false";
    sy_gpu_defines(g, kind, defines, sizeof defines);
    for (char *word = defines; *word && count < MOST_OPTIONS; count++) {
        options[count] = word;
        word += strcspn(word, " ");
        if (*word)
            *word++ = '\0';
    }
    char *text = whole_text();
    nvrtcProgram program = NULL;
    if (!text)
        return sy_no_memory(ctx);
    enum systole_status status = SYSTOLE_OK;
    nvrtcResult error = api->nvrtcCreateProgram(&program, text, "gpu_product.cl", 0, NULL, NULL);
    if (!error)
        error = api->nvrtcCompileProgram(program, count, options);
    if (error)
        status = program ? build_failed(api, g, ctx, program, error) : sy_fail(ctx, SYSTOLE_IO, "NVRTC error %d", (int)error);
    else
        status = take_ptx(api, ctx, program, ptx);
    if (program)
        api->nvrtcDestroyProgram(&program);
    sy_free(text);
    return status;
}
