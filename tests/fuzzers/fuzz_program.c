/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs: any bytes are run as one on the functional device, through the driver. What lies outside of the windows stays as it
 * was, and the device takes the next program. Loops of many million steps are shortened first: they are no error, only long.
 */
#include "fuzz.h"
#include "systole_driver.h"

#include <string.h>

enum {
    SPAN = 4096,        /* of a window and the gap behind it */
    OPEN = 2048,        /* of it in the window */
    WINDOWS = 8,
    STEPS = 1 << 14,    /* most steps of an instruction */
    MOST_CODE = 64 * SYSTOLE_INSN_BYTES
};

static struct systole_device *dev;
static struct systole_buffer *code, *data_buffer;

#define GET(insn, type, field) SYSTOLE_GET(insn, type, field)
#define SET(insn, type, field, value)                                                                                          \
    do {                                                                                                                       \
        (insn)[SYSTOLE_F_##type##_##field##_WORD] &=                                                                           \
            ~(SYSTOLE_MASK(SYSTOLE_F_##type##_##field##_WIDTH) << SYSTOLE_F_##type##_##field##_LSB);                           \
        SYSTOLE_PUT(insn, type, field, value);                                                                                 \
    } while (0)
/* Halves a count until what is left of the steps is enough. */
#define SHORTEN(insn, type, field)                                                                                             \
    do {                                                                                                                       \
        while (GET(insn, type, field) > left)                                                                                  \
            SET(insn, type, field, GET(insn, type, field) / 2);                                                                \
        left /= GET(insn, type, field) ? GET(insn, type, field) : 1;                                                           \
    } while (0)

static void shorten(uint32_t *insn)
{
    uint32_t left = STEPS;
    switch (GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_LOAD:
        SHORTEN(insn, LOAD, len);
        SHORTEN(insn, LOAD, n1);
        SHORTEN(insn, LOAD, n2);
        SHORTEN(insn, LOAD, n3);
        break;
    case SYSTOLE_OP_FILL:
        SHORTEN(insn, FILL, len);
        SHORTEN(insn, FILL, n1);
        SHORTEN(insn, FILL, n2);
        SHORTEN(insn, FILL, n3);
        break;
    case SYSTOLE_OP_MATMUL:
        SHORTEN(insn, MATMUL, kh);
        SHORTEN(insn, MATMUL, kw);
        SHORTEN(insn, MATMUL, kc);
        SHORTEN(insn, MATMUL, n);
        SHORTEN(insn, MATMUL, p);
        SHORTEN(insn, MATMUL, q);
        break;
    case SYSTOLE_OP_STORE:
        SHORTEN(insn, STORE, n);
        SHORTEN(insn, STORE, p);
        SHORTEN(insn, STORE, q);
        break;
    default:
        break;
    }
}

static void set_up(void)
{
    const char *device = getenv("FUZZ_DEVICE");
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    if (systole_device_open(device ? device : "hls:4x4", &options, &dev))
        fprintf(stderr, "%s\n", message);
    FUZZ_CHECK(dev);
    FUZZ_CHECK(systole_buffer_alloc(dev, MOST_CODE, &code) == SYSTOLE_OK);
    FUZZ_CHECK(systole_buffer_alloc(dev, WINDOWS * SPAN, &data_buffer) == SYSTOLE_OK);
    for (uint32_t w = 1; w < WINDOWS; w++)
        FUZZ_CHECK(systole_device_set_window(dev, w, data_buffer, w * SPAN, OPEN) == SYSTOLE_OK);
}

static enum systole_status run_code(const void *words, size_t size)
{
    FUZZ_CHECK(systole_buffer_write(code, 0, words, size) == SYSTOLE_OK);
    FUZZ_CHECK(systole_device_set_window(dev, 0, code, 0, size) == SYSTOLE_OK);
    FUZZ_CHECK(systole_device_start(dev) == SYSTOLE_OK);
    return systole_device_wait(dev, SYSTOLE_FOREVER);
}

/* FILL into an accumulator and STORE to window 1: its word has to arrive. */
static void next_program_runs(void)
{
    uint32_t insn[3][SYSTOLE_INSN_WORDS] = {{0}}, got = 0;
    SYSTOLE_PUT(insn[0], ANY, opcode, SYSTOLE_OP_FILL);
    SYSTOLE_PUT(insn[0], FILL, mem, SYSTOLE_MEM_ACC);
    SYSTOLE_PUT(insn[0], FILL, conv, SYSTOLE_CONV_COPY32);
    SYSTOLE_PUT(insn[0], FILL, len, 1);
    SYSTOLE_PUT(insn[0], FILL, n1, 1);
    SYSTOLE_PUT(insn[0], FILL, n2, 1);
    SYSTOLE_PUT(insn[0], FILL, n3, 1);
    SYSTOLE_PUT(insn[0], FILL, value, 0x12345678);
    SYSTOLE_PUT(insn[0], ANY, signal, 1u << 8);
    SYSTOLE_PUT(insn[1], ANY, opcode, SYSTOLE_OP_STORE);
    SYSTOLE_PUT(insn[1], ANY, wait, 1u << 8);
    SYSTOLE_PUT(insn[1], STORE, out, SYSTOLE_OUT_RAW32);
    SYSTOLE_PUT(insn[1], STORE, window, 1);
    SYSTOLE_PUT(insn[1], STORE, n, 1);
    SYSTOLE_PUT(insn[1], STORE, n_tail, 1);
    SYSTOLE_PUT(insn[1], STORE, p, 1);
    SYSTOLE_PUT(insn[1], STORE, q, 1);
    SYSTOLE_PUT(insn[2], ANY, opcode, SYSTOLE_OP_END);
    FUZZ_CHECK(run_code(insn, sizeof insn) == SYSTOLE_OK);
    FUZZ_CHECK(systole_buffer_read(data_buffer, SPAN, &got, sizeof got) == SYSTOLE_OK);
    FUZZ_CHECK(got == 0x12345678);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[WINDOWS * SPAN], before[WINDOWS * SPAN];
    uint32_t words[MOST_CODE / 4] = {0};
    if (!dev)
        set_up();
    if (size > sizeof words)
        size = sizeof words;
    memcpy(words, data, size);
    for (size_t i = 0; i < size / SYSTOLE_INSN_BYTES; i++)
        shorten(words + i * SYSTOLE_INSN_WORDS);
    for (size_t i = 0; i < sizeof before; i++)
        before[i] = size ? (uint8_t)(data[i % size] ^ i) : (uint8_t)i;
    FUZZ_CHECK(systole_buffer_write(data_buffer, 0, before, sizeof before) == SYSTOLE_OK);
    const enum systole_status status = run_code(words, size ? size : 1);
    FUZZ_CHECK(status == SYSTOLE_OK || status == SYSTOLE_DEVICE_ERROR);
    FUZZ_CHECK(systole_buffer_read(data_buffer, 0, memory, sizeof memory) == SYSTOLE_OK);
    FUZZ_CHECK(memcmp(memory, before, SPAN) == 0);
    for (size_t w = 1; w < WINDOWS; w++)
        FUZZ_CHECK(memcmp(memory + w * SPAN + OPEN, before + w * SPAN + OPEN, SPAN - OPEN) == 0);
    next_program_runs();
    return 0;
}
