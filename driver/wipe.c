/* SPDX-License-Identifier: Apache-2.0 */
/* What is left for whoever comes next: on-chip memories and buffers, zeroed. */
#define _DEFAULT_SOURCE
#include <string.h>

#include "device.h"

enum { LONGEST = 6, CHUNK = 4096 };
#define WIPE_NS 2000000000ull

struct words {
    uint32_t insn[LONGEST][SYSTOLE_INSN_WORDS];
    uint32_t count;
};

static void add_fill(struct words *p, uint32_t mem, uint32_t conv, uint32_t elements)
{
    if (elements == 0)
        return;
    uint32_t *i = p->insn[p->count++];
    SYSTOLE_PUT(i, ANY, opcode, SYSTOLE_OP_FILL);
    SYSTOLE_PUT(i, FILL, mem, mem);
    SYSTOLE_PUT(i, FILL, conv, conv);
    SYSTOLE_PUT(i, FILL, len, elements);
    SYSTOLE_PUT(i, FILL, n1, 1);
    SYSTOLE_PUT(i, FILL, n2, 1);
    SYSTOLE_PUT(i, FILL, n3, 1);
}

/* FILL does not reach the table: it is loaded, from window 1. */
static void make_program(const struct systole_caps *caps, struct words *p)
{
    add_fill(p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, caps->APAD_BYTES);
    add_fill(p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY8, caps->WPAD_BYTES);
    add_fill(p, SYSTOLE_MEM_ACC, SYSTOLE_CONV_COPY32, caps->ACC_ROWS * caps->COLS);
    add_fill(p, SYSTOLE_MEM_PARAM, SYSTOLE_CONV_COPY32, caps->PARAM_ROWS * caps->COLS);
    uint32_t *i = p->insn[p->count++];
    SYSTOLE_PUT(i, ANY, opcode, SYSTOLE_OP_LOAD);
    SYSTOLE_PUT(i, LOAD, mem, SYSTOLE_MEM_LUT);
    SYSTOLE_PUT(i, LOAD, conv, SYSTOLE_CONV_COPY8);
    SYSTOLE_PUT(i, LOAD, window, 1);
    SYSTOLE_PUT(i, LOAD, len, SYSTOLE_LUT_BYTES);
    SYSTOLE_PUT(i, LOAD, n1, 1);
    SYSTOLE_PUT(i, LOAD, n2, 1);
    SYSTOLE_PUT(i, LOAD, n3, 1);
    SYSTOLE_PUT(p->insn[p->count++], ANY, opcode, SYSTOLE_OP_END);
}

enum systole_status systole_device_clear(struct systole_device *dev)
{
    struct systole_buffer *program = NULL, *zeros = NULL;
    struct words p = {.count = 0};
    enum systole_status status = SYSTOLE_OK;
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS && status == SYSTOLE_OK; w++)
        status = systole_device_set_window(dev, w, NULL, 0, 0);
    if (status != SYSTOLE_OK)
        return status;
    make_program(&dev->caps, &p);
    const uint64_t bytes = p.count * SYSTOLE_INSN_BYTES;
    status = systole_buffer_alloc(dev, bytes, &program);
    if (status == SYSTOLE_OK)
        status = systole_buffer_alloc(dev, SYSTOLE_LUT_BYTES, &zeros);
    if (status == SYSTOLE_OK)
        status = systole_buffer_write(program, 0, p.insn, bytes);
    if (status == SYSTOLE_OK)
        status = systole_device_set_window(dev, 0, program, 0, bytes);
    if (status == SYSTOLE_OK)
        status = systole_device_set_window(dev, 1, zeros, 0, SYSTOLE_LUT_BYTES);
    if (status == SYSTOLE_OK)
        status = systole_device_start(dev);
    if (status == SYSTOLE_OK)
        status = systole_device_wait(dev, WIPE_NS);
    /* Freeing closes the windows, and stops what did not end. */
    systole_buffer_free(program);
    systole_buffer_free(zeros);
    return status;
}

void driver_wipe_buffer(struct systole_buffer *b)
{
    static const char zeros[CHUNK];
    if (b->memory.host) {
        explicit_bzero(b->memory.host, (size_t)b->size);
        systole_buffer_sync(b, SYSTOLE_TO_DEVICE, 0, b->size);
        return;
    }
    for (uint64_t at = 0; at < b->size; at += CHUNK)
        if (systole_buffer_write(b, at, zeros, b->size - at < CHUNK ? (size_t)(b->size - at) : CHUNK) != SYSTOLE_OK)
            return;
}
