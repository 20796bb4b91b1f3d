/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cards.h"

#include <dlfcn.h>

#define MAX_INSNS 512

const char *simulated;
unsigned long programs = 40;
uint64_t seed = 1;
struct card_library lib;
struct card_options usual;
uint64_t slowest;
char message[SYSTOLE_MESSAGE_BYTES];

enum systole_status try_open(const char *name, struct systole_device **dev)
{
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    message[0] = '\0';
    return systole_device_open(name, &options, dev);
}

/* What a test that failed has left open would fail the next. */
static struct systole_device *opened[64];
static unsigned opened_count;

struct systole_device *open_f2(const char *name)
{
    assert_true(opened_count < sizeof opened / sizeof opened[0]);
    return opened[opened_count++] = open_or_fail(name);
}

void close_f2(struct systole_device *dev)
{
    for (unsigned i = 0; i < opened_count; i++)
        if (opened[i] == dev)
            opened[i] = NULL;
    systole_device_close(dev);
}

int begin(void **s)
{
    (void)s;
    while (opened_count > 0)
        systole_device_close(opened[--opened_count]);
    lib.power_off();
    *lib.options() = usual;
    return 0;
}

/* All that is not about a flaw must leave the rules kept. */
int rules_were_kept(void **s)
{
    (void)s;
    slowest = lib.slowest() > slowest ? lib.slowest() : slowest;
    if (lib.failure()[0] == '\0')
        return 0;
    print_error("%s\n", lib.failure());
    return -1;
}

struct systole_buffer *alloc_or_fail(struct systole_device *dev, uint64_t size)
{
    struct systole_buffer *b = NULL;
    if (systole_buffer_alloc(dev, size, &b) != SYSTOLE_OK)
        fail_msg("%s", systole_device_message(dev));
    return b;
}

struct product load_product(struct systole_device *dev, uint32_t m, uint32_t n, uint32_t k)
{
    static uint32_t insn[MAX_INSNS][SYSTOLE_INSN_WORDS];
    const struct systole_caps *c = systole_device_caps(dev);
    const struct gemm_caps caps = {c->ROWS, c->COLS, c->APAD_BYTES, c->WPAD_BYTES, c->ACC_ROWS};
    const struct gemm g = {.m = m, .n = n, .k = k, .scale = 0x3c000000u};
    const uint32_t count = gemm_program(&g, &caps, insn, MAX_INSNS);
    assert_true(count > 0 && count <= MAX_INSNS);
    const size_t size[4] = {(size_t)count * SYSTOLE_INSN_BYTES, (size_t)m * k, (size_t)k * n, (size_t)m * n};
    struct product p = {.m = m, .n = n};
    struct rng r = {seed};
    for (unsigned w = 0; w < 4; w++) {
        uint8_t *bytes = malloc(size[w]);
        assert_non_null(bytes);
        for (size_t i = 0; i < size[w]; i++)
            bytes[i] = (uint8_t)rng_next(&r);
        p.b[w] = alloc_or_fail(dev, size[w]);
        if (w != GEMM_C)
            assert_int_equal(systole_buffer_write(p.b[w], 0, w == GEMM_PROGRAM ? (const void *)insn : bytes, size[w]), SYSTOLE_OK);
        assert_int_equal(systole_device_set_window(dev, w, p.b[w], 0, size[w]), SYSTOLE_OK);
        free(bytes);
    }
    return p;
}

uint8_t *expected_product(uint32_t m, uint32_t n, uint32_t k)
{
    struct systole_device *dev = open_or_fail(simulated);
    const struct product p = load_product(dev, m, n, k);
    uint8_t *c = malloc((size_t)m * n);
    assert_non_null(c);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_OK);
    assert_int_equal(systole_buffer_read(p.b[GEMM_C], 0, c, (size_t)m * n), SYSTOLE_OK);
    close_f2(dev);
    return c;
}

void check_product(const struct product *p, const uint8_t *expected)
{
    uint8_t *c = malloc((size_t)p->m * p->n);
    assert_non_null(c);
    assert_int_equal(systole_buffer_read(p->b[GEMM_C], 0, c, (size_t)p->m * p->n), SYSTOLE_OK);
    assert_memory_equal(c, expected, (size_t)p->m * p->n);
    free(c);
}

bool load_library(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct {
        const char *name;
        void *at;
    } names[] = {
        {"systole_f2_options", &lib.options}, {"systole_f2_power_off", &lib.power_off}, {"systole_f2_failure", &lib.failure},
        {"systole_f2_interrupts", &lib.interrupts}, {"systole_f2_slowest", &lib.slowest}, {"fpga_pci_attach", &lib.attach}, {"fpga_pci_peek", &lib.peek},
        {"fpga_pci_poke", &lib.poke}, {"fpga_pci_write_burst", &lib.write_burst}, {"fpga_pci_get_address", &lib.get_address},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *symbol = library ? dlsym(library, names[i].name) : NULL;
        if (!symbol) {
            fprintf(stderr, "%s: %s\n", path, dlerror());
            return false;
        }
        memcpy(names[i].at, &symbol, sizeof symbol); /* C has no cast from a data pointer to a function pointer */
    }
    return true;
}
