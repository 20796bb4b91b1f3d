// SPDX-License-Identifier: Apache-2.0
#include "store_shim.h"

#include <cstring>

#include "Vsystole_store.h"
#include "verilated.h"

struct store_sim {
    VerilatedContext context;
    Vsystole_store model;
    store_sim() : model(&context) {}
};

// Ports of every width are little-endian words in memory.
template <typename Port> static void put(Port &port, const void *from, size_t bytes) {
    static_assert(sizeof(Port) >= 1, "a port has bytes");
    std::memcpy(&port, from, bytes);
}

template <typename Port> static void get(void *to, const Port &port, size_t bytes) {
    std::memcpy(to, &port, bytes);
}

struct store_sim *store_open(void) {
    return new store_sim;
}

void store_close(struct store_sim *sim) {
    if (sim != nullptr) {
        sim->model.final();
    }
    delete sim;
}

void store_settle(struct store_sim *sim, const struct store_in *in, struct store_out *out) {
    Vsystole_store &m = sim->model;
    m.clk_i = 0;
    m.rst_ni = in->rst_n;
    m.insn_valid_i = in->insn_valid;
    m.abort_i = in->abort;
    m.c_gnt_i = in->c_gnt;
    m.r_gnt_i = in->r_gnt;
    m.pw_ready_i = in->pw_ready;
    m.aw_ready_i = in->aw_ready;
    m.w_ready_i = in->w_ready;
    m.b_valid_i = in->b_valid;
    m.b_resp_i = in->b_resp;
    m.base_i = in->base;
    put(m.insn_i, in->insn, sizeof in->insn);
    put(m.c_data_i, in->c_data, sizeof in->c_data);
    put(m.s_data_i, in->s_data, sizeof in->s_data);
    put(m.r_data_i, in->r_data, sizeof in->r_data);
    put(m.lut_i, in->lut, sizeof in->lut);
    m.eval();
    out->insn_ready = m.insn_ready_o;
    out->idle = m.idle_o;
    out->done = m.done_o;
    out->bus_error = m.bus_error_o;
    out->c_req = m.c_req_o;
    out->c_addr = m.c_addr_o;
    out->r_req = m.r_req_o;
    out->r_addr = m.r_addr_o;
    out->s_req = m.s_req_o;
    out->s_addr = m.s_addr_o;
    out->pw_valid = m.pw_valid_o;
    out->pw_wpad = m.pw_wpad_o;
    out->pw_addr = m.pw_addr_o;
    out->aw_valid = m.aw_valid_o;
    out->aw_addr = m.aw_addr_o;
    out->aw_len = m.aw_len_o;
    out->w_valid = m.w_valid_o;
    out->w_last = m.w_last_o;
    out->b_ready = m.b_ready_o;
    out->wbeats = m.wbeats_o;
    out->wbytes = m.wbytes_o;
    get(out->pw_data, m.pw_data_o, sizeof out->pw_data);
    get(out->w_data, m.w_data_o, sizeof out->w_data);
    get(out->pw_be, m.pw_be_o, (PAD_VEC_BYTES + 7) / 8);
    get(out->w_strb, m.w_strb_o, (AXI_BYTES + 7) / 8);
}

void store_clock(struct store_sim *sim) {
    sim->model.clk_i = 1;
    sim->model.eval();
}
