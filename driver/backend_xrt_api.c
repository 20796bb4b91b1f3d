/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "backend_xrt_api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "library.h"

#define LIBRARY "libxrt_coreutil.so.2"

/* ---- XRT's words ---- */

static int words = -1; /* a file in memory that XRT writes its log to, or -1 */
static off_t words_seen;
static pthread_mutex_t words_lock = PTHREAD_MUTEX_INITIALIZER;

/* Both settings count only before XRT first looks at them. Where it does not take the first, its words stay on the console. */
static void make_settings(void *library)
{
    int (*set)(const char *key, const char *value) = NULL;
    char path[32];
    if (!driver_library_find(library, "xrtIniStringSet", &set)) /* of later versions only */
        return;
    /* OpenCL opens units as shared ones; XRT is to let their registers be accessed. */
    set("Runtime.rw_shared", "true");
    words = memfd_create("xrt-log", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", words);
    if (words < 0 || set("Runtime.runtime_log", path) == 0)
        return;
    close(words);
    words = -1;
}

/* What of a line of the log is for the reader: what stands behind its level. */
static void add_line(struct driver_message *why, const char *line)
{
    static const char *const levels[] = {"ERROR: ", "CRITICAL: ", "WARNING: ", "ALERT: ", "EMERGENCY: "};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        const char *at = strstr(line, levels[i]);
        if (at) {
            driver_add(why, "; XRT says: %s", at + strlen(levels[i]));
            return;
        }
    }
}

static void add_words(struct driver_message *why)
{
    char text[4096];
    const ssize_t n = words < 0 ? 0 : pread(words, text, sizeof text - 1, words_seen);
    if (n <= 0)
        return;
    words_seen += n;
    text[n] = '\0';
    char *rest = text;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        add_line(why, line);
}

void driver_xrt_forget_words(void)
{
    pthread_mutex_lock(&words_lock);
    if (words >= 0)
        words_seen = lseek(words, 0, SEEK_END);
    pthread_mutex_unlock(&words_lock);
}

enum systole_status driver_xrt_fail(struct driver_message *why, enum systole_status status, const char *format, ...)
{
    char text[SYSTOLE_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    driver_fail(why, status, "%s", text);
    pthread_mutex_lock(&words_lock);
    add_words(why);
    pthread_mutex_unlock(&words_lock);
    return status;
}

/* ---- loading ---- */

#define SHIM_BYTES 4096

/* The library by which XRT reaches cards, or what stands in for them. */
static void shim_path(char path[SHIM_BYTES])
{
    const char *root = getenv("XILINX_XRT"), *mode = getenv("XCL_EMULATION_MODE");
    const char *name = !mode ? "core" : strcmp(mode, "hw_emu") == 0 ? "hwemu" : strcmp(mode, "sw_emu") == 0 ? "swemu" : mode;
    snprintf(path, SHIM_BYTES, "%s/lib/libxrt_%s.so.2", root ? root : "", name);
}

unsigned driver_xrt_cards(void)
{
    char path[SHIM_BYTES];
    unsigned (*probe)(void) = NULL;
    shim_path(path);
    void *shim = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (shim)
        driver_library_find(shim, "xclProbe", &probe);
    const unsigned count = probe ? probe() : XRT_MAX_CARDS;
    return count < XRT_MAX_CARDS ? count : XRT_MAX_CARDS;
}

/* XRT 2.13 ends the process when it does not find that library; so it is looked for before. */
static bool check_environment(struct driver_message *why)
{
    const char *root = getenv("XILINX_XRT"), *mode = getenv("XCL_EMULATION_MODE");
    char path[SHIM_BYTES];
    if (!root || *root == '\0') {
        driver_fail(why, SYSTOLE_NOT_FOUND, "XILINX_XRT is not set: `source /opt/xilinx/xrt/setup.sh`, or start the program with "
                    "the script `run` of systole-xclbin");
        return false;
    }
    shim_path(path);
    if (access(path, R_OK) == 0)
        return true;
    driver_fail(why, SYSTOLE_NOT_FOUND, "there is no %s: XILINX_XRT must name the folder whose lib/ holds XRT's libraries%s%s", path,
                mode ? "; XCL_EMULATION_MODE is " : "", mode ? mode : "");
    return false;
}

void *driver_xrt_library(const char *file, const char *what, struct driver_message *why)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char *reason = library ? NULL : dlerror();
    if (!library)
        driver_fail(why, SYSTOLE_NOT_FOUND, "%s is not installed (Debian: apt-get install libxrt1): %s", what,
                    reason ? reason : "the loader does not say why");
    return library;
}

static const struct xrt_api *load(struct driver_message *why)
{
    static struct xrt_api api;
    static bool loaded;
    if (loaded)
        return &api;
    void *library = driver_xrt_library(LIBRARY, "XRT", why);
    if (!library)
        return NULL;
    const char *missing = NULL;
#define SYSTOLE_XRT(result, name, parameters) missing = driver_library_find(library, #name, &api.name) ? missing : #name;
#include "backend_xrt_api.def"
#undef SYSTOLE_XRT
    if (missing) {
        driver_fail(why, SYSTOLE_MISMATCH, "%s has no %s(): XRT 2.13 or later is needed", LIBRARY, missing);
        return NULL;
    }
    make_settings(library);
    loaded = true;
    return &api;
}

static pthread_mutex_t cards_lock = PTHREAD_MUTEX_INITIALIZER;

const struct xrt_api *driver_xrt_api(struct driver_message *why)
{
    return check_environment(why) ? load(why) : NULL;
}

void driver_xrt_lock(void)
{
    pthread_mutex_lock(&cards_lock);
}

void driver_xrt_unlock(void)
{
    pthread_mutex_unlock(&cards_lock);
}
