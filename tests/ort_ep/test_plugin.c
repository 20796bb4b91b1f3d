/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
/* The plug-in before ONNX Runtimes that are none: what it refuses, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/ort_ep/abi.h"

enum { PLACES = 400 };
typedef void any_function(void);

static char told[1024];
static int code_told, released;

static struct OrtStatus *create_status(int code, const char *text)
{
    code_told = code;
    snprintf(told, sizeof told, "%s", text);
    return (struct OrtStatus *)told;
}

static void release_status(struct OrtStatus *status)
{
    (void)status;
    released++;
}

/* Two runtimes, and one without plug-ins: tables whose functions differ. */
static any_function *table[3][PLACES], *ep_table[PLACES];
static int at, too_old;

static const void *get_ep_api(void)
{
    return at == 2 ? NULL : (const void *)ep_table;
}

static const void *get_api(uint32_t version)
{
    return too_old && version > 1 ? NULL : (const void *)table[at];
}

static const char *get_version(void)
{
    return "1.22.0";
}

static void other(void)
{
}

static void put(any_function **place, const void *function, size_t size)
{
    memcpy(place, function, size);
}

typedef struct OrtStatus *create_fn(const char *name, const struct ort_base *base, const struct OrtLogger *logger,
                                    struct ort_factory **factories, size_t room, size_t *count);
typedef struct OrtStatus *release_fn(struct ort_factory *factory);
static create_fn *create;
static release_fn *release;
static const struct ort_base base = {get_api, get_version};

static int open_plugin(void **state)
{
    (void)state;
    char path[1024];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *const slash = strrchr(path, '/');
    strcpy(slash ? slash : path, "/../libsystole_ort_ep.so");
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    void *symbol = dlsym(library, "CreateEpFactories");
    memcpy(&create, &symbol, sizeof create);
    symbol = dlsym(library, "ReleaseEpFactory");
    memcpy(&release, &symbol, sizeof release);
    for (int i = 0; i < 3; i++) {
        struct OrtStatus *(*const status)(int, const char *) = create_status;
        void (*const drop)(struct OrtStatus *) = release_status;
        const void *(*const ep_api)(void) = get_ep_api;
        put(&table[i][0], &status, sizeof status);
        put(&table[i][93], &drop, sizeof drop);
        put(&table[i][317], &ep_api, sizeof ep_api);
    }
    table[1][51] = other;
    return create && release ? 0 : -1;
}

static void refused(int runtime, int old, const char *wanted)
{
    struct ort_factory *factory = NULL;
    size_t count = 7;
    at = runtime;
    too_old = old;
    assert_non_null(create("systole", &base, NULL, &factory, 1, &count));
    assert_int_equal(count, 0);
    assert_int_equal(code_told, ORT_CODE_FAIL);
    assert_string_equal(told, wanted);
    assert_null(factory);
}

static void test_plugin_old_runtime_is_refused_with_the_version_it_needs(void **state)
{
    (void)state;
    refused(0, 1, "systole: ONNX Runtime 1.22.0 is too old for the plug-in, which needs 1.23");
}

static void test_plugin_runtime_without_plugins_is_refused(void **state)
{
    (void)state;
    refused(2, 0, "systole: this ONNX Runtime was built without plug-ins");
}

static void test_plugin_second_runtime_of_a_process_is_refused(void **state)
{
    (void)state;
    struct ort_factory *factory[2] = {NULL};
    size_t count = 0;
    at = too_old = 0;
    for (int i = 0; i < 2; i++) { /* under two names, as one may */
        assert_null(create(i ? "Again" : "systole", &base, NULL, &factory[i], 1, &count));
        assert_int_equal(count, 1);
        assert_string_equal(factory[i]->get_name(factory[i]), i ? "Again" : "systole");
        assert_int_equal(factory[i]->version, ORT_VERSION_USED);
    }
    refused(1, 0, "systole: the plug-in serves one ONNX Runtime in a process, and another has it already");
    for (int i = 0; i < 2; i++)
        assert_null(release(factory[i]));
}

static void test_plugin_name_or_room_that_does_not_do_is_refused(void **state)
{
    (void)state;
    struct ort_factory *factory = NULL;
    size_t count = 7;
    char name[200];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    at = too_old = 0;
    assert_non_null(create(name, &base, NULL, &factory, 1, &count));
    assert_string_equal(told, "systole: a name of 199 characters; at most 127");
    assert_non_null(create("systole", &base, NULL, &factory, 0, &count));
    assert_string_equal(told, "systole: there is no room for a factory");
    assert_int_equal(count, 0);
    assert_null(factory);
    assert_null(release(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plugin_old_runtime_is_refused_with_the_version_it_needs),
        cmocka_unit_test(test_plugin_runtime_without_plugins_is_refused),
        cmocka_unit_test(test_plugin_second_runtime_of_a_process_is_refused),
        cmocka_unit_test(test_plugin_name_or_room_that_does_not_do_is_refused),
    };
    return cmocka_run_group_tests(tests, open_plugin, NULL);
}
