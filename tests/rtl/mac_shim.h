/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Verilated systole_fp_bench for C: its ports as arrays of 32-bit words, lane 0 in the lowest bits.
 */
#ifndef MAC_SHIM_H
#define MAC_SHIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* LANES of systole_fp_bench. */
enum { MAC_LANES = 32 };

/* 16-bit lanes stand two in a word; less and is_nan have one bit a lane. */
struct mac_ports {
    uint32_t *mac_a;
    uint32_t *mac_b;
    uint32_t *mac_c;
    uint32_t *mac;
    uint32_t *a;
    uint32_t *b;
    uint32_t *add;
    uint32_t *mul;
    uint32_t *from_int;
    uint32_t *bf16;
    uint32_t *split[3];
    uint32_t *to_int;
    uint32_t *less;
    uint32_t *is_nan;
};

struct mac_model;

/* Fills `ports`; they live as long as the model. */
struct mac_model *mac_model_new(struct mac_ports *ports);
void mac_model_eval(struct mac_model *m);
void mac_model_free(struct mac_model *m);

#ifdef __cplusplus
}
#endif

#endif
