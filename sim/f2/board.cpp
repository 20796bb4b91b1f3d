// SPDX-License-Identifier: Apache-2.0
//
// The Verilated f2_board behind board.h. Its outputs are functions of registers, so those after an edge stand until the next.
#include "board.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>

#include "Vf2_board.h"
#include "../shim.h"
#include "verilated.h"

struct board {
    VerilatedContext context;
    Vf2_board top{&context, "TOP"};
    struct board_ports ports = {};
    char failure[240] = "";
};

namespace {

// The board that runs in this thread: the simulator's callbacks have no argument of ours.
thread_local struct board *current = nullptr;

void note_failure(const char *text) {
    if (!current || current->failure[0] != '\0') return;
    std::snprintf(current->failure, sizeof(current->failure), "%s", text);
    current->failure[std::strcspn(current->failure, "\n")] = '\0';
}

template <typename T>
const void *bytes_of(const T &wire) {
    return static_cast<const void *>(&wire);
}

template <typename T>
void *bytes_of(T &wire) {
    return static_cast<void *>(&wire);
}

void bind_memory(Vf2_board &t, struct memory_port &m) {
    m.bytes = sizeof(t.ddr_r_data_i);
    m.ar_valid = &t.ddr_ar_valid_o, m.ar_ready = &t.ddr_ar_ready_i, m.ar_id = &t.ddr_ar_id_o;
    m.ar_addr = &t.ddr_ar_addr_o, m.ar_len = &t.ddr_ar_len_o;
    m.r_valid = &t.ddr_r_valid_i, m.r_ready = &t.ddr_r_ready_o, m.r_id = &t.ddr_r_id_i;
    m.r_data = bytes_of(t.ddr_r_data_i), m.r_resp = &t.ddr_r_resp_i, m.r_last = &t.ddr_r_last_i;
    m.aw_valid = &t.ddr_aw_valid_o, m.aw_ready = &t.ddr_aw_ready_i, m.aw_addr = &t.ddr_aw_addr_o, m.aw_len = &t.ddr_aw_len_o;
    m.w_valid = &t.ddr_w_valid_o, m.w_ready = &t.ddr_w_ready_i, m.w_data = bytes_of(t.ddr_w_data_o);
    m.w_strb = bytes_of(t.ddr_w_strb_o), m.w_last = &t.ddr_w_last_o;
    m.b_valid = &t.ddr_b_valid_i, m.b_ready = &t.ddr_b_ready_o, m.b_resp = &t.ddr_b_resp_i;
}

void bind(Vf2_board &t, struct board_ports &p) {
    bind_memory(t, p.mem);
    p.twin = &t.twin_i, p.flr_assert = &t.flr_assert_i, p.flr_done = &t.flr_done_o, p.ddr_ready = &t.ddr_ready_i;
    p.vled = &t.vled_o, p.irq_request = &t.irq_request_o, p.irq_accept = &t.irq_accept_i, p.id0 = &t.id0_o, p.id1 = &t.id1_o;
    p.ocl_aw_valid = &t.ocl_aw_valid_i, p.ocl_aw_ready = &t.ocl_aw_ready_o, p.ocl_aw_addr = &t.ocl_aw_addr_i;
    p.ocl_w_valid = &t.ocl_w_valid_i, p.ocl_w_ready = &t.ocl_w_ready_o, p.ocl_w_data = &t.ocl_w_data_i;
    p.ocl_w_strb = &t.ocl_w_strb_i;
    p.ocl_b_valid = &t.ocl_b_valid_o, p.ocl_b_ready = &t.ocl_b_ready_i, p.ocl_b_resp = &t.ocl_b_resp_o;
    p.ocl_ar_valid = &t.ocl_ar_valid_i, p.ocl_ar_ready = &t.ocl_ar_ready_o, p.ocl_ar_addr = &t.ocl_ar_addr_i;
    p.ocl_r_valid = &t.ocl_r_valid_o, p.ocl_r_ready = &t.ocl_r_ready_i, p.ocl_r_data = &t.ocl_r_data_o;
    p.ocl_r_resp = &t.ocl_r_resp_o;
    p.aw_valid = &t.pcis_aw_valid_i, p.aw_ready = &t.pcis_aw_ready_o, p.aw_id = &t.pcis_aw_id_i, p.aw_addr = &t.pcis_aw_addr_i;
    p.aw_len = &t.pcis_aw_len_i;
    p.w_valid = &t.pcis_w_valid_i, p.w_ready = &t.pcis_w_ready_o, p.w_data = bytes_of(t.pcis_w_data_i);
    p.w_strb = &t.pcis_w_strb_i, p.w_last = &t.pcis_w_last_i;
    p.b_valid = &t.pcis_b_valid_o, p.b_ready = &t.pcis_b_ready_i, p.b_id = &t.pcis_b_id_o, p.b_resp = &t.pcis_b_resp_o;
    p.ar_valid = &t.pcis_ar_valid_i, p.ar_ready = &t.pcis_ar_ready_o, p.ar_id = &t.pcis_ar_id_i, p.ar_addr = &t.pcis_ar_addr_i;
    p.ar_len = &t.pcis_ar_len_i;
    p.r_valid = &t.pcis_r_valid_o, p.r_ready = &t.pcis_r_ready_i, p.r_id = &t.pcis_r_id_o, p.r_data = bytes_of(t.pcis_r_data_o);
    p.r_resp = &t.pcis_r_resp_o, p.r_last = &t.pcis_r_last_o;
}

}  // namespace

// The simulator's own callbacks: a failed assertion is kept, nothing exits or aborts.

int shim_printf(const char *format, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, format);
    int n = std::vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    if (std::strstr(text, "%Error") || std::strstr(text, "%Fatal"))
        note_failure(text);
    else
        std::fputs(text, stderr);
    return n;
}

void vl_stop(const char *file, int line, const char *) {
    char text[200];
    std::snprintf(text, sizeof(text), "%s:%d: stopped", file ? file : "", line);
    note_failure(text);
}

void vl_finish(const char *file, int line, const char *hier) { vl_stop(file, line, hier); }

void vl_fatal(const char *file, int line, const char *hier, const char *) { vl_stop(file, line, hier); }

struct board *board_create(void) {
    struct board *b = new (std::nothrow) board;
    if (!b) return nullptr;
    bind(b->top, b->ports);
    b->top.rst_ni = 0;
    for (int i = 0; i < 8; i++) {
        board_rise(b);
        board_fall(b);
    }
    b->top.rst_ni = 1;
    for (int i = 0; i < 8; i++) {
        board_rise(b);
        board_fall(b);
    }
    return b;
}

void board_destroy(struct board *b) {
    if (!b) return;
    current = b;
    b->top.final();
    current = nullptr;
    delete b;
}

const struct board_ports *board_ports(struct board *b) { return &b->ports; }

void board_rise(struct board *b) {
    current = b;
    Verilated::threadContextp(&b->context);
    b->top.clk_i = 1;
    b->top.eval();
    b->context.timeInc(1);
}

void board_fall(struct board *b) {
    current = b;
    b->top.clk_i = 0;
    b->top.eval();
}

const char *board_failure(const struct board *b) { return b->failure; }
