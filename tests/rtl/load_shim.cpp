// SPDX-License-Identifier: Apache-2.0
#include "load_shim.h"

#include <cstring>

#include "Vsystole_load.h"
#include "verilated.h"

static Vsystole_load *top;

double sc_time_stamp() { return 0; }

void load_open(void) {
    top = new Vsystole_load;
    top->clk_i = 0;
}

void load_close(void) {
    top->final();
    delete top;
    top = nullptr;
}

void load_eval(const struct load_in *in, struct load_out *out) {
    top->rst_ni = in->rst_n;
    top->insn_valid_i = in->insn_valid;
    top->abort_i = in->abort;
    top->ar_ready_i = in->ar_ready;
    top->r_valid_i = in->r_valid;
    top->r_resp_i = in->r_resp;
    top->r_last_i = in->r_last;
    top->wr_ready_i = in->wr_ready;
    top->base_i = in->base;
    std::memcpy(&top->insn_i, in->insn, sizeof in->insn);
    std::memcpy(&top->r_data_i, in->r_data, sizeof in->r_data);
    top->eval();
    out->insn_ready = top->insn_ready_o;
    out->idle = top->idle_o;
    out->done = top->done_o;
    out->ar_valid = top->ar_valid_o;
    out->ar_len = top->ar_len_o;
    out->ar_addr = top->ar_addr_o;
    out->r_ready = top->r_ready_o;
    out->bus_error = top->bus_error_o;
    out->err = top->err_o;
    out->wr_valid = top->wr_valid_o;
    out->wr_mem = top->wr_mem_o;
    out->wr_addr = top->wr_addr_o;
    out->beats = top->beats_o;
    out->bytes = top->bytes_o;
    std::memcpy(out->wr_be, &top->wr_be_o, sizeof out->wr_be);
    std::memcpy(out->wr_data, &top->wr_data_o, sizeof out->wr_data);
}

void load_edge(void) {
    top->clk_i = 1;
    top->eval();
    top->clk_i = 0;
    top->eval();
}
