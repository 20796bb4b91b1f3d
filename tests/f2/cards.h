/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the back end f2 share: the library with the simulated cards, and a product to run on one. */
#ifndef SYSTOLE_TESTS_F2_CARDS_H
#define SYSTOLE_TESTS_F2_CARDS_H

#include "driver/backend_f2_api.h"
#include "sim/f2/fpga_mgmt.h"
#include "tests/bench/gemm.h"
#include "tests/fuzz/random.h"
#include "tests/unit/test_driver.h"

#define MS 1000000ull
#define CTRL_START 1u

/* The device to compare with, how many random programs, and the seed of all that is random. */
extern const char *simulated;
extern unsigned long programs;
extern uint64_t seed;

struct card_library {
    struct card_options *(*options)(void);
    void (*power_off)(void);
    const char *(*failure)(void);
    uint64_t (*interrupts)(void), (*slowest)(void);
    int (*attach)(int slot, int function, int bar, uint32_t flags, int *handle);
    int (*peek)(int handle, uint64_t offset, uint32_t *value);
    int (*poke)(int handle, uint64_t offset, uint32_t value);
    int (*write_burst)(int handle, uint64_t offset, uint32_t *data, uint64_t words);
    int (*get_address)(int handle, uint64_t offset, uint64_t words, void **address);
};
extern struct card_library lib;
extern uint64_t slowest;          /* answer of all cards that kept the rules, in cycles */
extern struct card_options usual; /* as SYSTOLE_F2_CARD has them */
extern char message[SYSTOLE_MESSAGE_BYTES]; /* of the last open */

/* False where it is not that library. */
bool load_library(const char *path);

/* Before each test: no card, no device, the usual options. After one: whether the cards kept the rules. */
int begin(void **s);
int rules_were_kept(void **s);
#define KEPT(test) cmocka_unit_test_setup_teardown(test, begin, rules_were_kept)

enum systole_status try_open(const char *name, struct systole_device **dev);
struct systole_device *open_f2(const char *name);
void close_f2(struct systole_device *dev);
struct systole_buffer *alloc_or_fail(struct systole_device *dev, uint64_t size);

/* A product of about m * n * k / (rows * cols) cycles, ready to be started; its buffers are freed with the device. */
struct product {
    struct systole_buffer *b[4]; /* by the windows of tests/bench/gemm.h */
    uint32_t m, n;
};
struct product load_product(struct systole_device *dev, uint32_t m, uint32_t n, uint32_t k);

/* What the simulated device makes of it, to be freed; and whether it is what is there. */
uint8_t *expected_product(uint32_t m, uint32_t n, uint32_t k);
void check_product(const struct product *p, const uint8_t *expected);

/* The tests of test_f2_failures.c. */
int run_failures(void);

#endif
