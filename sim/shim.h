/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated model behind a C interface: wires, clock, debug access. The other C++ is cxxrtl_shim.cpp, the same interface over the second simulator. */
#ifndef SYSTOLE_SHIM_H
#define SYSTOLE_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

#ifdef __cplusplus
extern "C" {
#endif

struct shim;
struct fault;

/* The wires of systole_core; const: driven by the model. */
struct shim_ports {
    struct memory_port mem;
    const uint8_t *irq, *busy;
    uint8_t *aw_valid, *w_valid, *w_strb, *b_ready, *ar_valid, *r_ready; /* AXI4-Lite */
    uint16_t *aw_addr, *ar_addr;
    uint32_t *w_data;
    const uint8_t *aw_ready, *w_ready, *b_valid, *b_resp, *ar_ready, *r_valid, *r_resp;
    const uint32_t *r_data;
};

/* Registers of the RTL that tell what becomes of instructions, as they stand after a clock edge. */
struct shim_watch {
    const uint32_t *checked, *insn; /* instructions that left the decoder, the words of the last one */
    const uint8_t *queue;           /* where the last one went */
    const uint8_t *waiting_rd[3], *running_rd[3]; /* of each queue: read pointers of what waits and of what the unit holds */
    const uint64_t *counter;
};

enum shim_build { SHIM_TRACE = 1, SHIM_COVERAGE = 2, SHIM_FAULTS = 4 };

/* A model out of reset. NULL without memory. */
struct shim *shim_create(void);

/* Connects the memory; before the first shim_run. The shim does not own it. */
void shim_connect(struct shim *s, struct memory *mem);
void shim_destroy(struct shim *s);
const struct shim_ports *shim_ports(struct shim *s);

/*
 * Up to `cycles` clock cycles; with `until_idle` it ends after the cycle that left busy low. Returns the cycles run: less
 * than asked for also when the model has failed, and none after that.
 */
uint64_t shim_run(struct shim *s, uint64_t cycles, bool until_idle);
uint64_t shim_cycles(const struct shim *s);

/* The registers, or NULL where the simulator does not show them; with `edge` it is called after each clock edge from now on. */
const struct shim_watch *shim_watch(struct shim *s, void (*edge)(void *user), void *user);

/* From now on it is called before each clock edge, all wires being as that edge sees them. */
void shim_before(struct shim *s, void (*before)(void *user), void *user);

/* What was built in: a set of enum shim_build. */
unsigned shim_features(void);

/* Waves of cycles from <= cycle < to into a file; in builds with SHIM_TRACE. 0, or -1. */
int shim_trace(struct shim *s, const char *file, uint64_t from, uint64_t to);

/* The fault that the model has from now on, not owned; in builds with SHIM_FAULTS. 0, or -1. */
int shim_fault(struct shim *s, const struct fault *f);

/* Coverage written to a file when the model is destroyed; in builds with SHIM_COVERAGE. 0, or -1. */
int shim_coverage(struct shim *s, const char *file);

/* The first assertion that failed, as the simulator printed it; "" when none has. A model that has failed stands still. */
const char *shim_failure(const struct shim *s);

/* Declares the model failed for a reason of the caller's. */
void shim_fail(struct shim *s, const char *why);

/* Debug access to the RAM or table of an instance, such as "u_apad.gen_bank[0].u_ram". 0, or -1: no such instance. */
int shim_ram_peek(struct shim *s, const char *instance, uint32_t addr, uint32_t word32, uint32_t *value);
int shim_ram_poke(struct shim *s, const char *instance, uint32_t addr, uint32_t word32, uint32_t value);
int shim_lut_peek(struct shim *s, const char *instance, uint32_t index, uint8_t *value);
int shim_lut_poke(struct shim *s, const char *instance, uint32_t index, uint8_t value);
/* Inverts one bit of a byte, 8 being its parity; byte: within the word. Also -1: no such bit. */
int shim_ram_flip(struct shim *s, const char *instance, uint32_t addr, uint32_t byte, unsigned bit);
int shim_lut_flip(struct shim *s, const char *instance, uint32_t index, unsigned bit);

/* Where the simulator's own messages go, in place of printf. */
int shim_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif

#endif
