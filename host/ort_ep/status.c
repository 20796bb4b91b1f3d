/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ort_ep/ep.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_ROOM = 1024 };

struct ort_calls ort;

typedef void any_function(void);

/* The functions of one table; those of the other stay. */
static void take_api(any_function *const *api, struct ort_calls *calls)
{
#define TAKE_api(place, name) memcpy(&calls->name, &api[place], sizeof calls->name);
#define TAKE_ep_api(place, name)
#define ORT_CALL(table, place, name, result, arguments) TAKE_##table(place, name)
#include "host/ort_ep/abi.def"
#undef TAKE_api
#undef TAKE_ep_api
}

static void take_ep_api(any_function *const *ep_api, struct ort_calls *calls)
{
#define TAKE_api(place, name)
#define TAKE_ep_api(place, name) memcpy(&calls->name, &ep_api[place], sizeof calls->name);
#include "host/ort_ep/abi.def"
#undef ORT_CALL
}

struct OrtStatus *ort_bind(const struct ort_base *base)
{
    static bool bound;
    struct ort_calls calls = {0};
    any_function *const *const api = base->get_api(ORT_VERSION_USED);
    if (!api) {
        any_function *const *const first = base->get_api(1);
        char text[TEXT_ROOM];
        memcpy(&calls.CreateStatus, &first[0], sizeof calls.CreateStatus);
        snprintf(text, sizeof text, "systole: ONNX Runtime %.40s is too old for the plug-in, which needs 1.%d", base->get_version(), ORT_VERSION_USED);
        return calls.CreateStatus(ORT_CODE_FAIL, text);
    }
    take_api(api, &calls);
    const void *const ep_api = calls.GetEpApi();
    if (ep_api)
        take_ep_api(ep_api, &calls);
    if (!ep_api || (bound && memcmp(&calls, &ort, sizeof ort) != 0))
        return calls.CreateStatus(ORT_CODE_FAIL, ep_api ? "systole: the plug-in serves one ONNX Runtime in a process, and another has it already"
                                                        : "systole: this ONNX Runtime was built without plug-ins");
    ort = calls;
    bound = true;
    return NULL;
}

struct OrtStatus *ort_fail(int code, const char *format, ...)
{
    char text[TEXT_ROOM];
    va_list arguments;
    va_start(arguments, format);
    const int n = snprintf(text, sizeof text, "systole: ");
    vsnprintf(text + n, sizeof text - (size_t)n, format, arguments);
    va_end(arguments);
    return ort.CreateStatus(code, text);
}

struct OrtStatus *ort_no_memory(void)
{
    return ort_fail(ORT_CODE_FAIL, "out of memory");
}

struct OrtStatus *ort_library_failed(const struct systole_context *ctx, enum systole_status status, const char *doing)
{
    const char *const detail = systole_context_detail(ctx);
    const int code = status == SYSTOLE_BAD_ARGUMENT || status == SYSTOLE_BAD_DEVICE ? ORT_CODE_INVALID_ARGUMENT
                     : status == SYSTOLE_UNSUPPORTED                                ? ORT_CODE_NOT_IMPLEMENTED
                                                                                    : ORT_CODE_FAIL;
    const bool said = strstr(detail, doing) != NULL; /* some details begin with it */
    return ort_fail(code, "%s%s%s (%s, %d)", said ? "" : doing, said ? "" : ": ", *detail ? detail : systole_status_text(status),
                    systole_status_name(status), (int)status);
}

void ort_log(const struct OrtLogger *logger, int level, const char *format, ...)
{
    char text[TEXT_ROOM];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct OrtStatus *const bad = ort.Logger_LogMessage(logger, level, text, "systole", 0, "systole");
    if (bad)
        ort.ReleaseStatus(bad);
}
