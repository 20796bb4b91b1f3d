// SPDX-License-Identifier: Apache-2.0
#include "board_shim.h"

#include "Vsystole_ulx3s.h"
#include "verilated.h"

struct board_model {
    VerilatedContext context;
    Vsystole_ulx3s top{&context};
};

extern "C" struct board_model *board_model_new(void) {
    auto *b = new board_model;
    b->top.ftdi_txd = 1;
    b->top.btn = 1;  // button 0 is inverted on the board
    return b;
}

extern "C" void board_model_free(struct board_model *b) { delete b; }

extern "C" bool board_model_cycle(struct board_model *b, bool to_board) {
    b->top.ftdi_txd = to_board;
    b->top.clk_25mhz = 1;
    b->top.eval();
    b->top.clk_25mhz = 0;
    b->top.eval();
    b->context.timeInc(1);
    return b->top.ftdi_rxd;
}

extern "C" void board_model_button(struct board_model *b, bool pressed) { b->top.btn = pressed ? 3 : 1; }

extern "C" uint8_t board_model_leds(const struct board_model *b) { return b->top.led; }
