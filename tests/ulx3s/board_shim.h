/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated top of the ULX3S, seen at its pins. One clock cycle at a time, of the PLL's output (tests/ulx3s/EHXPLLL.sv). */
#ifndef SYSTOLE_BOARD_SHIM_H
#define SYSTOLE_BOARD_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct board_model;

struct board_model *board_model_new(void);
void board_model_free(struct board_model *b);

/* One cycle with the line at `to_board`; what the board drives. */
bool board_model_cycle(struct board_model *b, bool to_board);
void board_model_button(struct board_model *b, bool pressed); /* FIRE1 */
uint8_t board_model_leds(const struct board_model *b);

#ifdef __cplusplus
}
#endif

#endif
