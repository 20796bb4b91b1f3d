/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Verilated systole_array_bench for C.
 */
#ifndef ARRAY_SHIM_H
#define ARRAY_SHIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ARRAY_LANES = 64, ARRAY_BODIES = 3 };

/* Pointers to the ports; elements stand two in a word. */
struct array_ports {
    uint8_t *rst_n;
    uint8_t *w_valid;
    uint8_t *w_plane;
    uint8_t *w_fp;
    uint8_t *w_row;
    uint32_t *w_data;
    uint8_t *x_valid;
    uint8_t *x_fp;
    uint8_t *x_plane;
    uint64_t *x_skip;
    uint32_t *x_data;
    uint32_t *p_data;
    uint8_t *lane_valid;
    uint8_t *lane_mode;
    uint8_t *lane_feed;
    uint8_t *lane_taps;
    const uint8_t *body_valid; /* bit b: body b */
    const uint32_t *body_data; /* ARRAY_LANES words of each body */
    const uint8_t *lanes_valid;
    const uint32_t *lanes_data;
};

struct array_model;

/* Fills `ports`; they live as long as the model. */
struct array_model *array_model_new(struct array_ports *ports);
/* One clock cycle with the inputs as they are; afterwards the outputs of the next cycle. */
void array_model_cycle(struct array_model *m);
void array_model_free(struct array_model *m);

#ifdef __cplusplus
}
#endif

#endif
