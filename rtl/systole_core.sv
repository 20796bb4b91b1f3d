// SPDX-License-Identifier: Apache-2.0
// The accelerator: AXI4-Lite registers, one AXI4 master, and everything between. docs/architecture.md has the block diagram.
//
//   fetch -> decode -> three queues with tokens -> load | matmul | store
//   load -> pads, accumulators, parameters;  pads -> matmul -> accumulators -> store -> DRAM, pads
//
// Every output is a register or a function of registers: no path from an input to an output within a cycle.
// Legal parameters: ROWS, COLS powers of two, 4 to 64; AXI_BYTES a power of two, 8 to 64, at most 4 * COLS and ROWS * COLS;
// memory sizes powers of two; ACC_ROWS at most 65536; banks powers of two; MAC_LATENCY 1 to 16; POST_LATENCY 1 to 7;
// POST_LANES up to COLS; WEIGHT_PLANES 2, 4 or 8; LANE_TAPS 1 to 8; PARITY 1 for parity in the memories;
// BODY 1 for the grid that is synthesised, 0 and 2 for bodies of the array written for simulation (rtl/array/systole_array.sv).
`include "systole_fault.svh"
`default_nettype none
module systole_core
  import systole_pkg::*;
#(
  parameter int unsigned ROWS = 16,
  parameter int unsigned COLS = 16,
  parameter bit          HAS_FP = 1'b1,
  parameter int unsigned AXI_BYTES = 64,
  parameter int unsigned APAD_BYTES = 524288,
  parameter int unsigned WPAD_BYTES = 262144,
  parameter int unsigned ACC_ROWS = 2048,
  parameter int unsigned PARAM_ROWS = 512,
  parameter int unsigned APAD_BANKS = 4,
  parameter int unsigned ACC_BANKS = 2,
  parameter int unsigned MAC_LATENCY = HAS_FP ? 4 : 1,
  parameter int unsigned POST_LATENCY = 1,
  parameter int unsigned POST_LANES = COLS,
  parameter int unsigned WEIGHT_PLANES = 4,
  parameter int unsigned LANE_TAPS = 3,
  parameter int unsigned PARITY = 0,
  parameter int unsigned BODY = 0
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  // registers
  input  wire                    s_aw_valid_i,
  output logic                   s_aw_ready_o,
  input  wire  [11:0]            s_aw_addr_i,
  input  wire                    s_w_valid_i,
  output logic                   s_w_ready_o,
  input  wire  [31:0]            s_w_data_i,
  input  wire  [3:0]             s_w_strb_i,
  output logic                   s_b_valid_o,
  input  wire                    s_b_ready_i,
  output logic [1:0]             s_b_resp_o,
  input  wire                    s_ar_valid_i,
  output logic                   s_ar_ready_o,
  input  wire  [11:0]            s_ar_addr_i,
  output logic                   s_r_valid_o,
  input  wire                    s_r_ready_i,
  output logic [31:0]            s_r_data_o,
  output logic [1:0]             s_r_resp_o,
  output logic                   irq_o,
  output logic                   busy_o,  // from start to done
  // memory: incrementing bursts of whole beats
  output logic                   m_ar_valid_o,
  input  wire                    m_ar_ready_i,
  output logic [0:0]             m_ar_id_o,
  output logic [63:0]            m_ar_addr_o,
  output logic [7:0]             m_ar_len_o,
  input  wire                    m_r_valid_i,
  output logic                   m_r_ready_o,
  input  wire  [0:0]             m_r_id_i,
  input  wire  [8*AXI_BYTES-1:0] m_r_data_i,
  input  wire  [1:0]             m_r_resp_i,
  input  wire                    m_r_last_i,
  output logic                   m_aw_valid_o,
  input  wire                    m_aw_ready_i,
  output logic [63:0]            m_aw_addr_o,
  output logic [7:0]             m_aw_len_o,
  output logic                   m_w_valid_o,
  input  wire                    m_w_ready_i,
  output logic [8*AXI_BYTES-1:0] m_w_data_o,
  output logic [AXI_BYTES-1:0]   m_w_strb_o,
  output logic                   m_w_last_o,
  input  wire                    m_b_valid_i,
  output logic                   m_b_ready_o,
  input  wire  [1:0]             m_b_resp_i
);

  localparam int unsigned Eb = HAS_FP ? 2 : 1;
  localparam int unsigned Widest = (ROWS > COLS) ? ROWS : COLS;
  localparam int unsigned WordBytes = (Widest * Eb > AXI_BYTES) ? Widest * Eb : AXI_BYTES;
  localparam int unsigned RowBytes = 4 * COLS;
  localparam int unsigned PadBytes = COLS * Eb;
  localparam int unsigned WordBits = $clog2(WordBytes);
  localparam int unsigned RowBits = $clog2(RowBytes);
  localparam int unsigned AAddrBits = $clog2(APAD_BYTES / WordBytes);
  localparam int unsigned WAddrBits = $clog2(WPAD_BYTES / WordBytes);
  localparam int unsigned CAddrBits = $clog2(ACC_ROWS);
  localparam int unsigned PAddrBits = $clog2(PARAM_ROWS);

  if (ROWS < MIN_DIM || ROWS > MAX_DIM || (ROWS & (ROWS - 1)) != 0
      || COLS < MIN_DIM || COLS > MAX_DIM || (COLS & (COLS - 1)) != 0) begin : gen_bad_dims
    $error("systole_core: ROWS and COLS must be powers of two from 4 to 64");
  end
  if (AXI_BYTES < 8 || AXI_BYTES > 64 || (AXI_BYTES & (AXI_BYTES - 1)) != 0 || AXI_BYTES > 4 * COLS
      || AXI_BYTES > ROWS * COLS) begin : gen_bad_axi
    $error("systole_core: AXI_BYTES must be 8, 16, 32 or 64, at most 4 * COLS and at most ROWS * COLS");
  end
  if ((APAD_BYTES & (APAD_BYTES - 1)) != 0 || (WPAD_BYTES & (WPAD_BYTES - 1)) != 0 || (ACC_ROWS & (ACC_ROWS - 1)) != 0
      || (PARAM_ROWS & (PARAM_ROWS - 1)) != 0 || ACC_ROWS > 65536 || PARAM_ROWS > 65536
      || WPAD_BYTES < 2 * WordBytes || PARAM_ROWS < 2) begin : gen_bad_memories
    $error("systole_core: memory sizes must be powers of two, ACC_ROWS and PARAM_ROWS at most 65536");
  end

  function automatic logic [32*CAPS-1:0] capabilities();
    logic [32*CAPS-1:0] c;
    c[32*CAP_ROWS+:32] = ROWS;
    c[32*CAP_COLS+:32] = COLS;
    c[32*CAP_HAS_FP+:32] = 32'(HAS_FP);
    c[32*CAP_AXI_BYTES+:32] = AXI_BYTES;
    c[32*CAP_WORD_BYTES+:32] = WordBytes;
    c[32*CAP_APAD_BYTES+:32] = APAD_BYTES;
    c[32*CAP_WPAD_BYTES+:32] = WPAD_BYTES;
    c[32*CAP_ACC_ROWS+:32] = ACC_ROWS;
    c[32*CAP_PARAM_ROWS+:32] = PARAM_ROWS;
    c[32*CAP_APAD_BANKS+:32] = APAD_BANKS;
    c[32*CAP_ACC_BANKS+:32] = ACC_BANKS;
    c[32*CAP_MAC_LATENCY+:32] = MAC_LATENCY;
    c[32*CAP_WEIGHT_PLANES+:32] = WEIGHT_PLANES;
    c[32*CAP_POST_LATENCY+:32] = POST_LATENCY;
    c[32*CAP_POST_LANES+:32] = POST_LANES;
    c[32*CAP_LANE_TAPS+:32] = LANE_TAPS;
    c[32*CAP_PARITY+:32] = PARITY;
    return c;
  endfunction
  localparam logic [32*CAPS-1:0] CapsFlat = capabilities();

  // ---- registers and the course of a run ----
  logic                  start, soft_reset, idle, clear, run, abort, counting, in_run, finish, unit_rst_n, parity_store;
  logic [7:0]            status;
  logic [31:0]           error_index;
  logic [MEMORIES-1:0]   parity_bad, parity_told;  // bit m: MEM m
  logic [64*WINDOWS-1:0] win_base, win_size;
  logic [63:0]           watchdog, counter;
  logic [4:0]            counter_index;
  logic                  fetch_idle, load_idle, store_idle, matmul_idle, drained;

  assign unit_rst_n = rst_ni && !clear;
  assign drained = fetch_idle && load_idle && store_idle;
  assign busy_o = !idle;

  systole_csr #(.CAPS_FLAT(CapsFlat)) u_csr (
    .clk_i, .rst_ni,
    .aw_valid_i(s_aw_valid_i), .aw_ready_o(s_aw_ready_o), .aw_addr_i(s_aw_addr_i),
    .w_valid_i(s_w_valid_i), .w_ready_o(s_w_ready_o), .w_data_i(s_w_data_i), .w_strb_i(s_w_strb_i),
    .b_valid_o(s_b_valid_o), .b_ready_i(s_b_ready_i), .b_resp_o(s_b_resp_o),
    .ar_valid_i(s_ar_valid_i), .ar_ready_o(s_ar_ready_o), .ar_addr_i(s_ar_addr_i),
    .r_valid_o(s_r_valid_o), .r_ready_i(s_r_ready_i), .r_data_o(s_r_data_o), .r_resp_o(s_r_resp_o),
    .irq_o,
    .start_o(start), .reset_o(soft_reset), .idle_i(idle), .in_run_i(in_run), .finish_i(finish),
    .status_i(status), .error_index_i(error_index), .parity_i(parity_told), .bus_busy_i(!drained),
    .win_base_o(win_base), .win_size_o(win_size), .watchdog_o(watchdog),
    .counter_o(counter_index), .counter_i(counter)
  );

  logic        dec_end, dec_bad, dec_blocked;
  logic [7:0]  dec_code;
  logic [31:0] dec_checked, stuck_index;
  logic [2:0]  q_empty, q_stuck, q_waiting;
  logic [31:0] q_head[3];
  logic [31:0] q_oldest[3];
  logic        read_error, write_error;

  // The lowest index among the queues that wait.
  always_comb begin : lowest
    stuck_index = '1;
    if (q_stuck != '0) begin
      for (int unsigned i = 0; i < 3; i++) begin
        if (q_stuck[i] && q_head[i] < stuck_index) stuck_index = q_head[i];
      end
    end
  end

  systole_control u_control (
    .clk_i, .rst_ni,
    .start_i(start), .reset_i(soft_reset), .watchdog_i(watchdog),
    .idle_o(idle), .clear_o(clear), .run_o(run), .abort_o(abort), .counting_o(counting), .in_run_o(in_run), .finish_o(finish),
    .status_o(status), .error_index_o(error_index), .parity_o(parity_told),
    .end_i(dec_end), .bad_i(dec_bad), .bad_code_i(dec_code), .checked_i(dec_checked), .blocked_i(dec_blocked),
    .empty_i(q_empty), .stuck_i(q_stuck), .stuck_index_i(stuck_index),
    .units_idle_i(drained && matmul_idle), .drained_i(drained),
    .read_error_i(read_error), .read_index_i(q_oldest[QUEUE_LOAD]),
    .write_error_i(write_error), .write_index_i(q_oldest[QUEUE_STORE]),
    .parity_i(parity_bad), .parity_index_i(q_oldest[parity_store ? QUEUE_STORE : QUEUE_COMPUTE])
  );

  // ---- instructions ----
  logic                   f_valid, f_ready;
  insn_t                  f_insn;
  logic [7:0]             f_code;
  logic                   f_ar_valid, f_ar_ready, f_r_valid, f_beat;
  logic [63:0]            f_ar_addr;
  logic [7:0]             f_ar_len;

  systole_fetch #(
    .AXI_BYTES(AXI_BYTES)
  ) u_fetch (
    .clk_i, .rst_ni(unit_rst_n),
    .run_i(run), .abort_i(abort), .idle_o(fetch_idle),
    .base_i(win_base[63:0]), .size_i(win_size[63:0]),
    .insn_valid_o(f_valid), .insn_ready_i(f_ready), .insn_o(f_insn), .code_o(f_code),
    .ar_valid_o(f_ar_valid), .ar_ready_i(f_ar_ready), .ar_addr_o(f_ar_addr), .ar_len_o(f_ar_len),
    .r_valid_i(f_r_valid), .r_data_i(m_r_data_i), .r_resp_i(m_r_resp_i), .beat_o(f_beat)
  );

  logic        d_valid, d_ready;
  insn_t       d_insn;
  logic [31:0] d_index;
  logic [1:0]  d_queue;
  logic [63:0] d_base;
  logic [15:0] d_c_hi;
  logic [2:0]  q_in_ready;

  systole_decode #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .WORD_BYTES(WordBytes), .APAD_BYTES(APAD_BYTES),
    .WPAD_BYTES(WPAD_BYTES), .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS), .LANE_TAPS(LANE_TAPS)
  ) u_decode (
    .clk_i, .rst_ni(unit_rst_n),
    .insn_valid_i(f_valid), .insn_ready_o(f_ready), .insn_i(f_insn), .code_i(f_code),
    .base_i(win_base), .size_i(win_size),
    .out_valid_o(d_valid), .out_ready_i(d_ready), .out_insn_o(d_insn), .out_index_o(d_index), .out_queue_o(d_queue),
    .out_base_o(d_base), .out_c_hi_o(d_c_hi),
    .end_o(dec_end), .error_o(dec_bad), .error_code_o(dec_code), .index_o(dec_checked)
  );

  assign d_ready = q_in_ready[d_queue];
  assign dec_blocked = d_valid && !d_ready;

  logic [2:0]        u_valid, u_ready, u_done, q_done;
  insn_t             u_insn[3];
  logic [63:0]       u_base[3];
  logic [15:0]       u_c_hi[3];
  logic [TOKENS-1:0] take[3];
  logic [TOKENS-1:0] give[3];
  logic [TOKENS-1:0] above_zero;
  logic [7:0]        q_done_op[3];

  for (genvar i = 0; i < 3; i++) begin : gen_queue
    systole_queue u_queue (
      .clk_i, .rst_ni(unit_rst_n),
      .in_valid_i(d_valid && d_queue == 2'(i)), .in_ready_o(q_in_ready[i]),
      .in_insn_i(d_insn), .in_index_i(d_index), .in_base_i(d_base), .in_c_hi_i(d_c_hi),
      .unit_valid_o(u_valid[i]), .unit_ready_i(u_ready[i]),
      .unit_insn_o(u_insn[i]), .unit_base_o(u_base[i]), .unit_c_hi_o(u_c_hi[i]), .unit_done_i(u_done[i]),
      .tokens_i(above_zero), .take_o(take[i]), .give_o(give[i]),
      .empty_o(q_empty[i]), .waiting_o(q_waiting[i]), .stuck_o(q_stuck[i]),
      .head_index_o(q_head[i]), .oldest_index_o(q_oldest[i]),
      .done_o(q_done[i]), .done_op_o(q_done_op[i])
    );
  end

  systole_tokens u_tokens (
    .clk_i, .rst_ni(unit_rst_n),
    .take0_i(take[0]), .take1_i(take[1]), .take2_i(take[2]),
    .give0_i(give[0]), .give1_i(give[1]), .give2_i(give[2]),
    .above_zero_o(above_zero)
  );

  // ---- load ----
  logic                   l_ar_valid, l_ar_ready, l_r_valid, l_r_ready, l_r_last;
  logic [63:0]            l_ar_addr;
  logic [7:0]             l_ar_len;
  logic [8*AXI_BYTES-1:0] l_r_data;
  logic [1:0]             l_r_resp;
  logic                   l_valid, l_ready, l_beat;
  logic [2:0]             l_mem;
  logic [31:0]            l_addr;
  logic [8*AXI_BYTES-1:0] l_data;
  logic [AXI_BYTES-1:0]   l_be;
  logic [7:0]             l_bytes;

  systole_load #(
    .AXI_BYTES(AXI_BYTES), .HAS_FP(32'(HAS_FP))
  ) u_load (
    .clk_i, .rst_ni(unit_rst_n),
    .insn_valid_i(u_valid[QUEUE_LOAD]), .insn_ready_o(u_ready[QUEUE_LOAD]), .insn_i(u_insn[QUEUE_LOAD]), .base_i(u_base[QUEUE_LOAD]),
    .abort_i(abort), .idle_o(load_idle), .done_o(u_done[QUEUE_LOAD]),
    .ar_valid_o(l_ar_valid), .ar_ready_i(l_ar_ready), .ar_addr_o(l_ar_addr), .ar_len_o(l_ar_len),
    .r_valid_i(l_r_valid), .r_ready_o(l_r_ready), .r_data_i(l_r_data), .r_resp_i(l_r_resp), .r_last_i(l_r_last),
    .bus_error_o(read_error), .err_o(),
    .wr_valid_o(l_valid), .wr_ready_i(l_ready), .wr_mem_o(l_mem), .wr_addr_o(l_addr), .wr_data_o(l_data), .wr_be_o(l_be),
    .beats_o(l_beat), .bytes_o(l_bytes)
  );

  systole_read_mux #(
    .AXI_BYTES(AXI_BYTES)
  ) u_read_mux (
    .clk_i, .rst_ni,
    .fetch_ar_valid_i(f_ar_valid), .fetch_ar_ready_o(f_ar_ready), .fetch_ar_addr_i(f_ar_addr), .fetch_ar_len_i(f_ar_len),
    .fetch_r_valid_o(f_r_valid),
    .load_ar_valid_i(l_ar_valid), .load_ar_ready_o(l_ar_ready), .load_ar_addr_i(l_ar_addr), .load_ar_len_i(l_ar_len),
    .load_r_valid_o(l_r_valid), .load_r_ready_i(l_r_ready), .load_r_data_o(l_r_data), .load_r_resp_o(l_r_resp),
    .load_r_last_o(l_r_last),
    .m_ar_valid_o, .m_ar_ready_i, .m_ar_id_o, .m_ar_addr_o, .m_ar_len_o,
    .m_r_valid_i, .m_r_ready_o, .m_r_id_i, .m_r_data_i, .m_r_resp_i, .m_r_last_i
  );

  // A write of the load unit, as the words of the memories see it: data repeated, byte enables where they belong.
  logic                   l_apad, l_wpad, l_acc, l_param, l_lut, acc_w1_gnt;
  logic [8*WordBytes-1:0] l_word;
  logic [WordBytes-1:0]   l_word_be;
  logic [8*RowBytes-1:0]  l_row;
  logic [RowBytes-1:0]    l_row_be;
  assign l_apad = l_valid && l_mem == 3'(MEM_APAD);
  assign l_wpad = l_valid && l_mem == 3'(MEM_WPAD);
  assign l_acc = l_valid && l_mem == 3'(MEM_ACC);
  assign l_param = l_valid && l_mem == 3'(MEM_PARAM);
  assign l_lut = l_valid && l_mem == 3'(MEM_LUT);
  assign l_ready = l_mem != 3'(MEM_ACC) || acc_w1_gnt;
  assign l_word = `FAULT(load_word, 8 * WordBytes, ({(WordBytes / AXI_BYTES){l_data}}));
  assign l_word_be = `FAULT(load_enable, WordBytes, WordBytes'(l_be) << l_addr[WordBits-1:0]);
  assign l_row = {(RowBytes / AXI_BYTES){l_data}};
  assign l_row_be = RowBytes'(l_be) << l_addr[RowBits-1:0];

  // ---- store ----
  logic                  s_c_req, s_c_gnt, s_r_req, s_r_gnt, s_s_req, pw_valid, pw_ready, pw_wpad, pw_apad_gnt, pw_wpad_gnt;
  logic [15:0]           s_c_addr, s_s_addr;
  logic [31:0]           s_r_addr, pw_addr;
  logic [32*COLS-1:0]    s_c_data, s_s_data;
  logic [8*PadBytes-1:0] pw_data;
  logic [PadBytes-1:0]   pw_be;
  logic [2047:0]         lut;
  logic [8*POST_LANES-1:0] lut_addr, lut_data;
  logic                  wbeat, lut_used;
  logic [6:0]            wbytes;
  logic [8*WordBytes-1:0] s_r_word;
  logic [8*PadBytes-1:0] s_r_data;
  logic [WordBits-1:0]   r_off1_q, r_off2_q;

  systole_store #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(32'(HAS_FP)), .AXI_BYTES(AXI_BYTES), .WORD_BYTES(WordBytes), .ACC_ROWS(ACC_ROWS),
    .PARAM_ROWS(PARAM_ROWS), .APAD_BYTES(APAD_BYTES), .POST_LATENCY(POST_LATENCY), .POST_LANES(POST_LANES)
  ) u_store (
    .clk_i, .rst_ni(unit_rst_n),
    .insn_valid_i(u_valid[QUEUE_STORE]), .insn_ready_o(u_ready[QUEUE_STORE]), .insn_i(u_insn[QUEUE_STORE]), .base_i(u_base[QUEUE_STORE]),
    .abort_i(abort), .idle_o(store_idle), .done_o(u_done[QUEUE_STORE]), .bus_error_o(write_error),
    .c_req_o(s_c_req), .c_gnt_i(s_c_gnt), .c_addr_o(s_c_addr), .c_data_i(`FAULT(acc_read, 32 * COLS, s_c_data)),
    .r_req_o(s_r_req), .r_gnt_i(s_r_gnt), .r_addr_o(s_r_addr), .r_data_i(`FAULT(residual, 8 * PadBytes, s_r_data)),
    .s_req_o(s_s_req), .s_addr_o(s_s_addr), .s_data_i(`FAULT(scale, 32 * COLS, s_s_data)),
    .lut_i(lut), .lut_addr_o(lut_addr), .lut_data_i(lut_data), .lut_used_o(lut_used),
    .pw_valid_o(pw_valid), .pw_ready_i(pw_ready), .pw_wpad_o(pw_wpad), .pw_addr_o(pw_addr), .pw_data_o(pw_data), .pw_be_o(pw_be),
    .aw_valid_o(m_aw_valid_o), .aw_ready_i(m_aw_ready_i), .aw_addr_o(m_aw_addr_o), .aw_len_o(m_aw_len_o),
    .w_valid_o(m_w_valid_o), .w_ready_i(m_w_ready_i), .w_data_o(m_w_data_o), .w_strb_o(m_w_strb_o), .w_last_o(m_w_last_o),
    .b_valid_i(m_b_valid_i), .b_ready_o(m_b_ready_o), .b_resp_i(m_b_resp_i),
    .wbeats_o(wbeat), .wbytes_o(wbytes)
  );

  always_ff @(posedge clk_i) begin : residual_offset
    r_off1_q <= s_r_req ? s_r_addr[WordBits-1:0] : '0;
    r_off2_q <= r_off1_q;
  end
  always_comb begin : residual
    s_r_data = s_r_word[8*PadBytes-1:0];
    if (r_off2_q != '0) s_r_data = (8 * PadBytes)'(s_r_word >> (8 * r_off2_q));
  end

  logic [8*WordBytes-1:0] pw_word;
  logic [WordBytes-1:0]   pw_word_be;
  // The vector may be shorter than its place in the word; the byte enables say where it is.
  // Shifted only where that matters: so a simulator skips it in most cycles.
  always_comb begin : place
    pw_word = (8 * WordBytes)'(pw_data);
    if (pw_valid && pw_addr[WordBits-1:0] != '0) pw_word = (8 * WordBytes)'(pw_data) << (8 * pw_addr[WordBits-1:0]);
  end
  assign pw_word_be = WordBytes'(pw_be) << pw_addr[WordBits-1:0];
  assign pw_ready = pw_wpad ? pw_wpad_gnt : pw_apad_gnt;

  // ---- matmul ----
  logic                   a_req, w_req, c_req, p_req, y_valid, array_busy, lanes_busy, wait_weights, wait_chain;
  logic [AAddrBits-1:0]   a_addr;
  logic [WAddrBits-1:0]   w_addr;
  logic [CAddrBits-1:0]   c_addr, y_addr;
  logic [PAddrBits-1:0]   p_addr;
  logic [8*WordBytes-1:0] a_data, w_data;
  logic [32*COLS-1:0]     c_data, p_data, y_data;

  systole_matmul #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .WORD_BYTES(WordBytes), .APAD_BYTES(APAD_BYTES), .WPAD_BYTES(WPAD_BYTES),
    .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS), .MAC_LATENCY(MAC_LATENCY), .WEIGHT_PLANES(WEIGHT_PLANES),
    .LANE_TAPS(LANE_TAPS), .BODY(BODY)
  ) u_matmul (
    .clk_i, .rst_ni(unit_rst_n),
    .insn_valid_i(u_valid[QUEUE_COMPUTE]), .insn_ready_o(u_ready[QUEUE_COMPUTE]), .insn_i(u_insn[QUEUE_COMPUTE]),
    .insn_c_hi_i(u_c_hi[QUEUE_COMPUTE]),
    .done_o(u_done[QUEUE_COMPUTE]), .idle_o(matmul_idle),
    .a_req_o(a_req), .a_addr_o(a_addr), .a_data_i(a_data),
    .w_req_o(w_req), .w_addr_o(w_addr), .w_data_i(w_data),
    .c_req_o(c_req), .c_addr_o(c_addr), .c_data_i(c_data),
    .p_req_o(p_req), .p_addr_o(p_addr), .p_data_i(p_data),
    .y_valid_o(y_valid), .y_addr_o(y_addr), .y_data_o(y_data),
    .array_busy_o(array_busy), .lanes_busy_o(lanes_busy), .wait_weights_o(wait_weights), .wait_chain_o(wait_chain)
  );

  // ---- memories ----
  logic a_bad, r_bad, w_bad, c_bad, s_c_bad, p_bad, s_bad, lut_bad;

  systole_banks #(
    .WORD_BYTES(WordBytes), .DEPTH(APAD_BYTES / WordBytes), .BANKS(APAD_BANKS), .PARITY(PARITY != 0)
  ) u_apad (
    .clk_i,
    .r0_req_i(a_req), .r0_addr_i(a_addr), .r0_data_o(a_data), .r0_bad_o(a_bad),
    .r1_req_i(s_r_req), .r1_gnt_o(s_r_gnt), .r1_addr_i(s_r_addr[WordBits+:AAddrBits]), .r1_data_o(s_r_word), .r1_bad_o(r_bad),
    .w0_req_i(l_apad), .w0_addr_i(l_addr[WordBits+:AAddrBits]), .w0_data_i(l_word), .w0_be_i(l_word_be),
    .w1_req_i(pw_valid && !pw_wpad), .w1_gnt_o(pw_apad_gnt), .w1_addr_i(pw_addr[WordBits+:AAddrBits]), .w1_data_i(pw_word),
    .w1_be_i(pw_word_be)
  );

  systole_banks #(
    .WORD_BYTES(WordBytes), .DEPTH(WPAD_BYTES / WordBytes), .BANKS(1), .PARITY(PARITY != 0)
  ) u_wpad (
    .clk_i,
    .r0_req_i(w_req), .r0_addr_i(w_addr), .r0_data_o(w_data), .r0_bad_o(w_bad),
    .r1_req_i(1'b0), .r1_gnt_o(), .r1_addr_i('0), .r1_data_o(), .r1_bad_o(),
    .w0_req_i(l_wpad), .w0_addr_i(l_addr[WordBits+:WAddrBits]), .w0_data_i(l_word), .w0_be_i(l_word_be),
    .w1_req_i(pw_valid && pw_wpad), .w1_gnt_o(pw_wpad_gnt), .w1_addr_i(pw_addr[WordBits+:WAddrBits]), .w1_data_i(pw_word),
    .w1_be_i(pw_word_be)
  );

  systole_banks #(
    .WORD_BYTES(RowBytes), .DEPTH(ACC_ROWS), .BANKS(ACC_BANKS), .PARITY(PARITY != 0)
  ) u_acc (
    .clk_i,
    .r0_req_i(c_req), .r0_addr_i(c_addr), .r0_data_o(c_data), .r0_bad_o(c_bad),
    .r1_req_i(s_c_req), .r1_gnt_o(s_c_gnt), .r1_addr_i(s_c_addr[CAddrBits-1:0]), .r1_data_o(s_c_data), .r1_bad_o(s_c_bad),
    .w0_req_i(y_valid), .w0_addr_i(y_addr), .w0_data_i(y_data), .w0_be_i('1),
    .w1_req_i(l_acc), .w1_gnt_o(acc_w1_gnt), .w1_addr_i(l_addr[RowBits+:CAddrBits]), .w1_data_i(l_row), .w1_be_i(l_row_be)
  );

  // Two copies: the bias for the array, the scale for the store unit, each at its own time.
  systole_ram #(.WORD_BYTES(RowBytes), .DEPTH(PARAM_ROWS), .PARITY(PARITY != 0)) u_param_bias (
    .clk_i,
    .re_i(p_req), .raddr_i(p_addr), .rdata_o(p_data), .bad_o(p_bad),
    .we_i(l_param), .waddr_i(l_addr[RowBits+:PAddrBits]), .wdata_i(l_row), .wbe_i(l_row_be),
    .we2_i(1'b0), .waddr2_i('0), .wdata2_i('0), .wbe2_i('0)
  );

  systole_ram #(.WORD_BYTES(RowBytes), .DEPTH(PARAM_ROWS), .PARITY(PARITY != 0)) u_param_scale (
    .clk_i,
    .re_i(s_s_req), .raddr_i(s_s_addr[PAddrBits-1:0]), .rdata_o(s_s_data), .bad_o(s_bad),
    .we_i(l_param), .waddr_i(l_addr[RowBits+:PAddrBits]), .wdata_i(l_row), .wbe_i(l_row_be),
    .we2_i(1'b0), .waddr2_i('0), .wdata2_i('0), .wbe2_i('0)
  );

  systole_lut #(
    .AXI_BYTES(AXI_BYTES), .LANES(POST_LANES), .RAM(POST_LATENCY != 1), .PARITY(PARITY != 0)
  ) u_lut (
    .clk_i,
    .we_i(l_lut), .addr_i(l_addr[7:0]), .data_i(l_data), .be_i(l_be), .table_o(lut),
    .raddr_i(lut_addr), .rdata_o(lut_data), .check_i(lut_used), .bad_o(lut_bad)
  );

  systole_parity #(.PARITY(PARITY)) u_parity (
    .clk_i, .rst_ni, .units_rst_ni(unit_rst_n),
    .reads_i(a_req || w_req || c_req || p_req || s_c_req || s_r_req || s_s_req || lut_used),
    .by_compute_i({1'b0, p_bad, c_bad, w_bad, a_bad}), .by_store_i({lut_bad, s_bad, s_c_bad, 1'b0, r_bad}),
    .ended_well_i(finish && status == ERR_OK), .bad_o(parity_bad), .store_o(parity_store)
  );

  // ---- counters ----
  logic [1:0]          syncs;
  assign syncs = 2'(q_done[0] && q_done_op[0] == OP_SYNC) + 2'(q_done[1] && q_done_op[1] == OP_SYNC)
               + 2'(q_done[2] && q_done_op[2] == OP_SYNC);

  logic stalled;
  assign stalled = !array_busy && !lanes_busy && !wait_weights && !wait_chain;

  systole_counters u_counters (
    .clk_i, .rst_ni,
    .clear_i(start), .run_i(counting),
    .array_busy_i(array_busy),
    .vector_busy_i(lanes_busy),
    .stall_empty_i(stalled && !q_waiting[QUEUE_COMPUTE]),
    .stall_token_i(stalled && q_waiting[QUEUE_COMPUTE]),
    .stall_weights_i(wait_weights),
    .stall_chain_i(wait_chain),
    .load_bank_i(l_valid && !l_ready),
    .store_bank_i((s_c_req && !s_c_gnt) || (s_r_req && !s_r_gnt) || (pw_valid && !pw_ready)),
    .load_busy_i(!load_idle),
    .load_token_i(q_waiting[QUEUE_LOAD]),
    .store_busy_i(!store_idle),
    .store_token_i(q_waiting[QUEUE_STORE]),
    .read_beats_i(l_beat),
    .write_beats_i(wbeat),
    .fetch_beats_i(f_beat),
    .insn_load_i(q_done[QUEUE_LOAD] && q_done_op[QUEUE_LOAD] == OP_LOAD),
    .insn_fill_i(q_done[QUEUE_LOAD] && q_done_op[QUEUE_LOAD] == OP_FILL),
    .insn_matmul_i(q_done[QUEUE_COMPUTE] && q_done_op[QUEUE_COMPUTE] == OP_MATMUL),
    .insn_store_i(q_done[QUEUE_STORE] && q_done_op[QUEUE_STORE] == OP_STORE),
    .syncs_i(syncs),
    .read_bytes_i(l_beat ? l_bytes[6:0] : '0), .write_bytes_i(wbeat ? wbytes : '0),
    .show_i(counter_index), .value_o(counter)
  );

endmodule
`default_nettype wire
