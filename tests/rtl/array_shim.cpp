// SPDX-License-Identifier: Apache-2.0
#include "array_shim.h"

#include "Vsystole_array_bench.h"
#include "verilated.h"

struct array_model {
    VerilatedContext context;
    Vsystole_array_bench top{&context};
};

extern "C" struct array_model *array_model_new(struct array_ports *ports) {
    auto *m = new array_model;
    ports->rst_n = &m->top.rst_ni;
    ports->w_valid = &m->top.w_valid_i;
    ports->w_plane = &m->top.w_plane_i;
    ports->w_fp = &m->top.w_fp_i;
    ports->w_row = &m->top.w_row_i;
    ports->w_data = m->top.w_data_i.data();
    ports->x_valid = &m->top.x_valid_i;
    ports->x_fp = &m->top.x_fp_i;
    ports->x_plane = &m->top.x_plane_i;
    ports->x_skip = &m->top.x_skip_i;
    ports->x_data = m->top.x_data_i.data();
    ports->p_data = m->top.p_data_i.data();
    ports->lane_valid = &m->top.lane_valid_i;
    ports->lane_mode = &m->top.lane_mode_i;
    ports->lane_feed = &m->top.lane_feed_i;
    ports->lane_taps = &m->top.lane_taps_i;
    ports->body_valid = &m->top.body_valid_o;
    ports->body_data = m->top.body_data_o.data();
    ports->lanes_valid = &m->top.lanes_valid_o;
    ports->lanes_data = m->top.lanes_data_o.data();
    return m;
}

extern "C" void array_model_cycle(struct array_model *m) {
    m->top.clk_i = 1;
    m->top.eval();
    m->top.clk_i = 0;
    m->top.eval();
}

extern "C" void array_model_free(struct array_model *m) {
    m->top.final();
    delete m;
}
