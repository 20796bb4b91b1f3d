/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf-c reads nested messages by recursion without a limit, so the nesting is measured first. */
#include "host/core/alloc.h"
#include "host/onnx/onnx.h"

enum { DEPTH = 48 };

static void *allocate(void *user, size_t size)
{
    struct sy_onnx_memory *memory = user;
    void *p = sy_alloc(size, 1);
    memory->short_of = memory->short_of || !p;
    return p;
}

static void release(void *unused, void *memory)
{
    (void)unused;
    sy_free(memory);
}

ProtobufCAllocator *sy_onnx_allocator(struct sy_onnx_memory *memory)
{
    memory->allocator = (ProtobufCAllocator){allocate, release, memory};
    return &memory->allocator;
}

/* False when it does not end within the data. */
static bool varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = v;
            return true;
        }
    }
    return false;
}

static bool skip(const uint8_t **at, const uint8_t *end, uint64_t n)
{
    if (n > (uint64_t)(end - *at))
        return false;
    *at += n;
    return true;
}

/* 0 when it is well formed as far as fields go, 1 when it is not, 2 when it is too deep. */
static int walk(const ProtobufCMessageDescriptor *type, const uint8_t *at, const uint8_t *end, int depth)
{
    if (depth > DEPTH)
        return 2;
    while (at < end) {
        uint64_t tag, n;
        if (!varint(&at, end, &tag))
            return 1;
        bool ok = false;
        switch (tag & 7) {
        case 0: ok = varint(&at, end, &n); break;
        case 1: ok = skip(&at, end, 8); break;
        case 5: ok = skip(&at, end, 4); break;
        case 2:
            if (!varint(&at, end, &n) || n > (uint64_t)(end - at))
                break;
            ok = true;
            const ProtobufCFieldDescriptor *field =
                tag >> 3 <= UINT32_MAX >> 3 ? protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3)) : NULL;
            if (field && field->type == PROTOBUF_C_TYPE_MESSAGE) {
                int result = walk(field->descriptor, at, at + n, depth + 1);
                if (result)
                    return result;
            }
            at += n;
            break;
        default: break;
        }
        if (!ok)
            return 1;
    }
    return 0;
}

enum systole_status sy_onnx_check_depth(struct systole_context *ctx, const ProtobufCMessageDescriptor *type, const uint8_t *data,
                                        size_t size)
{
    switch (walk(type, data, data + size, 0)) {
    case 0: return SYSTOLE_OK;
    case 1: return sy_fail(ctx, SYSTOLE_IO, "not an ONNX file (%s), or not all of one: a field is cut off or of no known kind", type->short_name);
    default: return sy_fail(ctx, SYSTOLE_IO, "messages nested deeper than %d", DEPTH);
    }
}
