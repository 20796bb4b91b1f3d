// SPDX-License-Identifier: Apache-2.0
// One of the three instruction queues: holds instructions until their tokens are there, hands them to the unit, gives their tokens
// when the unit has completed them.
//
// Handshake: valid/ready on both sides. The unit completes in order (unit_done_i) and may hold several instructions at a time. SYNC never
// reaches the unit: it waits here until all before it are complete. Latency: one cycle through an empty queue.
// Legal parameters: INFLIGHT a power of two, at least what the unit can hold.
`include "systole_assert.svh"
`default_nettype none
module systole_queue
  import systole_pkg::*;
#(
  parameter int unsigned INFLIGHT = 8
) (
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire         in_valid_i,
  output logic        in_ready_o,
  input  insn_t       in_insn_i,
  input  wire  [31:0] in_index_i,
  input  wire  [63:0] in_base_i,
  input  wire  [15:0] in_c_hi_i,
  output logic        unit_valid_o,
  input  wire         unit_ready_i,
  output insn_t       unit_insn_o,
  output logic [63:0] unit_base_o,
  output logic [15:0] unit_c_hi_o,
  input  wire         unit_done_i,
  input  wire  [TOKENS-1:0] tokens_i,  // which token counters are above zero
  output logic [TOKENS-1:0] take_o,
  output logic [TOKENS-1:0] give_o,
  output logic        empty_o,      // nothing waits and nothing runs
  output logic        waiting_o,    // the first instruction waits for tokens
  output logic        stuck_o,      // it does, and nothing runs that could end
  output logic [31:0] head_index_o,
  output logic [31:0] oldest_index_o,  // of what the unit holds
  output logic        done_o,          // an instruction is complete: a SYNC or the unit's
  output logic [7:0]  done_op_o
);

  logic        head_valid, head_ready, pending_ready, pending, is_sync, tokens_ok, pop, start;
  logic [31:0] head_index;
  logic [7:0]  oldest_op;
  logic [TOKENS-1:0] oldest_signal, head_wait, head_signal;

  // The instruction, and beside it what the decoder found out: two that go together, since a simulator copies a word made of parts.
  systole_fifo #(
    .WIDTH(8 * INSN_BYTES),
    .DEPTH(QUEUE_DEPTH)
  ) u_waiting (
    .clk_i, .rst_ni,
    .in_valid_i, .in_ready_o,
    .in_data_i(in_insn_i),
    .out_valid_o(head_valid),
    .out_ready_i(head_ready),
    .out_data_o(unit_insn_o)
  );

  logic beside_ready, beside_valid;
  systole_fifo #(
    .WIDTH(32 + 64 + 16),
    .DEPTH(QUEUE_DEPTH)
  ) u_beside (
    .clk_i, .rst_ni,
    .in_valid_i,
    .in_ready_o(beside_ready),
    .in_data_i({in_c_hi_i, in_base_i, in_index_i}),
    .out_valid_o(beside_valid),
    .out_ready_i(head_ready),
    .out_data_o({unit_c_hi_o, unit_base_o, head_index})
  );
  `ASSERT(Together_A, beside_valid == head_valid && beside_ready == in_ready_o)

  assign head_wait = unit_insn_o[32+:TOKENS];
  assign head_signal = unit_insn_o[48+:TOKENS];
  assign is_sync = unit_insn_o[7:0] == OP_SYNC;
  assign tokens_ok = (head_wait & ~tokens_i) == '0;
  assign unit_valid_o = head_valid && tokens_ok && !is_sync && pending_ready;
  assign start = unit_valid_o && unit_ready_i;
  assign pop = start || (head_valid && tokens_ok && is_sync && !pending);
  assign head_ready = pop;

  systole_fifo #(
    .WIDTH(TOKENS + 32 + 8),
    .DEPTH(INFLIGHT)
  ) u_running (
    .clk_i, .rst_ni,
    .in_valid_i(start),
    .in_ready_o(pending_ready),
    .in_data_i({head_signal, head_index, unit_insn_o[7:0]}),
    .out_valid_o(pending),
    .out_ready_i(unit_done_i),
    .out_data_o({oldest_signal, oldest_index_o, oldest_op})
  );

  assign take_o = pop ? head_wait : '0;
  assign give_o = unit_done_i ? oldest_signal : (pop && is_sync) ? head_signal : '0;
  assign empty_o = !head_valid && !pending;
  assign waiting_o = head_valid && !tokens_ok;
  assign stuck_o = waiting_o && !pending;
  assign head_index_o = head_index;
  assign done_o = unit_done_i || (pop && is_sync);
  assign done_op_o = unit_done_i ? oldest_op : OP_SYNC;

  `ASSERT(DoneOfSomething_A, !unit_done_i || pending)

endmodule
`default_nettype wire
