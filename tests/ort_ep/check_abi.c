/* SPDX-License-Identifier: Apache-2.0 */
/* The plug-in's picture of ONNX Runtime against its headers: nothing is run, it compiles or it does not. */
#include <onnxruntime_c_api.h>

#include "host/ort_ep/abi.h"

#define TYPE_api OrtApi
#define TYPE_ep_api OrtEpApi
#define ORT_CALL(table, place, name, result, arguments) \
    _Static_assert(offsetof(TYPE_##table, name) == (place) * sizeof(void *), #name " is at another place");
#include "host/ort_ep/abi.def"
#undef ORT_CALL

#define SAME(ours, member, theirs, name) \
    _Static_assert(offsetof(struct ours, member) == offsetof(theirs, name), #theirs "." #name " is at another place")

SAME(ort_base, get_api, OrtApiBase, GetApi);
SAME(ort_base, get_version, OrtApiBase, GetVersionString);

SAME(ort_compute_info, create_state, OrtNodeComputeInfo, CreateState);
SAME(ort_compute_info, compute, OrtNodeComputeInfo, Compute);
SAME(ort_compute_info, release_state, OrtNodeComputeInfo, ReleaseState);
SAME(ort_fusion_options, drop_constants, OrtNodeFusionOptions, drop_constant_initializers);

SAME(ort_ep, get_name, OrtEp, GetName);
SAME(ort_ep, get_capability, OrtEp, GetCapability);
SAME(ort_ep, compile, OrtEp, Compile);
SAME(ort_ep, release_infos, OrtEp, ReleaseNodeComputeInfos);
SAME(ort_ep, unused, OrtEp, GetPreferredDataLayout);
SAME(ort_ep, unused[7], OrtEp, GetCompiledModelCompatibilityInfo);

SAME(ort_factory, get_name, OrtEpFactory, GetName);
SAME(ort_factory, get_vendor, OrtEpFactory, GetVendor);
SAME(ort_factory, get_devices, OrtEpFactory, GetSupportedDevices);
SAME(ort_factory, create_ep, OrtEpFactory, CreateEp);
SAME(ort_factory, release_ep, OrtEpFactory, ReleaseEp);
SAME(ort_factory, get_vendor_id, OrtEpFactory, GetVendorId);
SAME(ort_factory, get_version, OrtEpFactory, GetVersion);
SAME(ort_factory, validate_compiled, OrtEpFactory, ValidateCompiledModelCompatibilityInfo);
SAME(ort_factory, create_allocator, OrtEpFactory, CreateAllocator);
SAME(ort_factory, release_allocator, OrtEpFactory, ReleaseAllocator);
SAME(ort_factory, create_transfer, OrtEpFactory, CreateDataTransfer);
SAME(ort_factory, is_stream_aware, OrtEpFactory, IsStreamAware);
SAME(ort_factory, create_stream, OrtEpFactory, CreateSyncStreamForDevice);

_Static_assert(ORT_API_VERSION >= ORT_VERSION_USED, "headers of a version before the plug-in's");
_Static_assert(ORT_CODE_FAIL == (int)ORT_FAIL && ORT_CODE_INVALID_ARGUMENT == (int)ORT_INVALID_ARGUMENT &&
                   ORT_CODE_NOT_IMPLEMENTED == (int)ORT_NOT_IMPLEMENTED,
               "codes of errors");
_Static_assert(ORT_LEVEL_INFO == (int)ORT_LOGGING_LEVEL_INFO && ORT_LEVEL_WARNING == (int)ORT_LOGGING_LEVEL_WARNING &&
                   ORT_LEVEL_ERROR == (int)ORT_LOGGING_LEVEL_ERROR,
               "levels of the log");
_Static_assert(ORT_ATTRIBUTE_INT == (int)ORT_OP_ATTR_INT && ORT_ATTRIBUTE_INTS == (int)ORT_OP_ATTR_INTS &&
                   ORT_ATTRIBUTE_FLOAT == (int)ORT_OP_ATTR_FLOAT && ORT_ATTRIBUTE_FLOATS == (int)ORT_OP_ATTR_FLOATS &&
                   ORT_ATTRIBUTE_STRING == (int)ORT_OP_ATTR_STRING && ORT_ATTRIBUTE_TENSOR == (int)ORT_OP_ATTR_TENSOR,
               "kinds of attributes");
_Static_assert(ORT_HARDWARE_CPU == (int)OrtHardwareDeviceType_CPU, "kinds of hardware");
