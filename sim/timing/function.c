/* SPDX-License-Identifier: Apache-2.0 */
/* What a run computes comes from the HLS C: its library, looked for beside this one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model.h"

static bool library_directory(char path[MODEL_PATH_BYTES])
{
    static const char here;
    Dl_info info;
    if (dladdr(&here, &info) == 0 || !info.dli_fname || strlen(info.dli_fname) >= MODEL_PATH_BYTES)
        return false;
    strcpy(path, info.dli_fname);
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    else
        strcpy(path, ".");
    return true;
}

static bool find_library(const struct model_options *o, const char *name, char path[MODEL_PATH_BYTES])
{
    static const char *const beside[] = {"", "/../hls"};
    char directory[MODEL_PATH_BYTES];
    if (o->function[0] != '\0') {
        snprintf(path, MODEL_PATH_BYTES, "%s", o->function);
        return access(path, F_OK) == 0;
    }
    if (!library_directory(directory))
        return false;
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        const int n = snprintf(path, MODEL_PATH_BYTES, "%s%s/libsystole_hls_%s.so", directory, beside[i], name);
        if (n > 0 && (size_t)n < MODEL_PATH_BYTES && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

int function_open(struct function *f, const struct model_options *o, char *err, size_t err_size)
{
    char name[MODEL_NAME_BYTES], path[MODEL_PATH_BYTES];
    const struct systole_model_ops *(*get)(void) = NULL;
    model_name(&o->config, name);
    if (!find_library(o, name, path)) {
        snprintf(err, err_size, "libsystole_hls_%s.so, which computes, is not beside this library: `make hls` with its parameters "
                 "builds it, function=FILE names it, data=0 asks for time alone", name);
        return -1;
    }
    f->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = f->library ? dlsym(f->library, "systole_model_get") : NULL;
    memcpy(&get, &symbol, sizeof get); /* C has no cast from a data pointer to a function pointer */
    f->ops = get ? get() : NULL;
    if (!f->ops || f->ops->abi != SYSTOLE_MODEL_ABI || f->ops->size < SYSTOLE_MODEL_OPS_LEAST) {
        snprintf(err, err_size, "%s is no functional device", path);
        return -1;
    }
    f->model = f->ops->create("", err, err_size);
    if (!f->model)
        return -1;
    struct timing_config c = o->config;
    const uint32_t want[] = {[SYSTOLE_CAP_ROWS] = c.rows, [SYSTOLE_CAP_COLS] = c.cols, [SYSTOLE_CAP_HAS_FP] = c.has_fp,
                             [SYSTOLE_CAP_AXI_BYTES] = c.axi_bytes};
    for (uint32_t i = 0; i < sizeof want / sizeof want[0]; i++)
        if (f->ops->read_reg(f->model, SYSTOLE_REG_CAPS + SYSTOLE_REG_CAPS_STEP * i) != want[i]) {
            snprintf(err, err_size, "%s is of another configuration than %s", path, name);
            return -1;
        }
    return 0;
}

void function_close(struct function *f)
{
    if (f->model)
        f->ops->destroy(f->model);
    if (f->library)
        dlclose(f->library);
    *f = (struct function){.library = NULL};
}
