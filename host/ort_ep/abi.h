/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plug-in interface of ONNX Runtime as far as it is used here: what the two sides hand each other, and which of its functions are
 * called (abi.def). Its headers come with its source only, not with its packages, so the plug-in is built without them.
 */
#ifndef ORT_EP_ABI_H
#define ORT_EP_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is asked of ONNX Runtime: the first version with all that is used. Later ones keep every place and layout of it. */
enum { ORT_VERSION_USED = 23 };

/* ONNX Runtime's own objects. */
struct OrtEpDevice;
struct OrtEpFactory;
struct OrtEpGraphSupportInfo;
struct OrtGraph;
struct OrtHardwareDevice;
struct OrtKernelContext;
struct OrtKeyValuePairs;
struct OrtLogger;
struct OrtNode;
struct OrtNodeComputeContext;
struct OrtOpAttr;
struct OrtSessionOptions;
struct OrtStatus;
struct OrtTensorTypeAndShapeInfo;
struct OrtTypeInfo;
struct OrtValue;
struct OrtValueInfo;

/* Its numbers. Element types have ONNX's. */
enum { ORT_CODE_FAIL = 1, ORT_CODE_INVALID_ARGUMENT = 2, ORT_CODE_NOT_IMPLEMENTED = 9 };
enum { ORT_LEVEL_INFO = 1, ORT_LEVEL_WARNING = 2, ORT_LEVEL_ERROR = 3 };
enum { ORT_ATTRIBUTE_INT = 1, ORT_ATTRIBUTE_INTS = 2, ORT_ATTRIBUTE_FLOAT = 3, ORT_ATTRIBUTE_FLOATS = 4, ORT_ATTRIBUTE_STRING = 5,
       ORT_ATTRIBUTE_TENSOR = 8 };
enum { ORT_HARDWARE_CPU = 0 };

/* The root: its tables by version; NULL where it has not that version. */
struct ort_base {
    const void *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
};

/* The functions of both tables by name. */
struct ort_calls {
#define ORT_CALL(table, place, name, result, arguments) result(*name) arguments;
#include "host/ort_ep/abi.def"
#undef ORT_CALL
};

/* ---- What the plug-in gives: functions in ONNX Runtime's order; NULL where they may be left out ---- */

struct ort_compute_info {
    uint32_t version;
    struct OrtStatus *(*create_state)(struct ort_compute_info *self, struct OrtNodeComputeContext *context, void **state);
    struct OrtStatus *(*compute)(struct ort_compute_info *self, void *state, struct OrtKernelContext *context);
    void (*release_state)(struct ort_compute_info *self, void *state);
};

struct ort_fusion_options {
    uint32_t version;
    bool drop_constants; /* constants are no inputs of the fused node: the provider keeps copies of its own */
};

struct ort_ep {
    uint32_t version;
    const char *(*get_name)(const struct ort_ep *self);
    struct OrtStatus *(*get_capability)(struct ort_ep *self, const struct OrtGraph *graph, struct OrtEpGraphSupportInfo *info);
    struct OrtStatus *(*compile)(struct ort_ep *self, const struct OrtGraph **graphs, const struct OrtNode **fused, size_t count,
                                 struct ort_compute_info **infos, struct OrtNode **context_nodes);
    void (*release_infos)(struct ort_ep *self, struct ort_compute_info **infos, size_t count);
    void (*unused[8])(void); /* layouts, dynamic options, starts and ends of runs, allocators, streams, compiled models */
};

struct ort_factory {
    uint32_t version;
    const char *(*get_name)(const struct ort_factory *self);
    const char *(*get_vendor)(const struct ort_factory *self);
    struct OrtStatus *(*get_devices)(struct ort_factory *self, const struct OrtHardwareDevice *const *hardware, size_t count,
                                     struct OrtEpDevice **devices, size_t room, size_t *found);
    struct OrtStatus *(*create_ep)(struct ort_factory *self, const struct OrtHardwareDevice *const *hardware,
                                   const struct OrtKeyValuePairs *const *metadata, size_t count,
                                   const struct OrtSessionOptions *options, const struct OrtLogger *logger, struct ort_ep **ep);
    void (*release_ep)(struct ort_factory *self, struct ort_ep *ep);
    uint32_t (*get_vendor_id)(const struct ort_factory *self);
    const char *(*get_version)(const struct ort_factory *self);
    struct OrtStatus *(*validate_compiled)(struct ort_factory *self, const struct OrtHardwareDevice *const *hardware, size_t count,
                                           const char *text, int *compatibility);
    struct OrtStatus *(*create_allocator)(struct ort_factory *self, const void *memory, const struct OrtKeyValuePairs *options,
                                          void **allocator);
    void (*release_allocator)(struct ort_factory *self, void *allocator);
    struct OrtStatus *(*create_transfer)(struct ort_factory *self, void **transfer);
    bool (*is_stream_aware)(const struct ort_factory *self);
    struct OrtStatus *(*create_stream)(struct ort_factory *self, const void *memory, const struct OrtKeyValuePairs *options,
                                       void **stream);
};

#endif
