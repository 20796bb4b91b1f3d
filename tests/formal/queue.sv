// SPDX-License-Identifier: Apache-2.0
// systole_queue against two lists, what waits and what runs: order, tokens, SYNC.
//
//   formal: sources prim/systole_fifo.sv ctrl/systole_queue.sv
//   formal: params INFLIGHT=2
//   formal: params INFLIGHT=4
//   formal: induct 2
//   formal: cover 8
//   formal: twin ctrl/systole_queue.sv s/ && is_sync && !pending);/ \&\& is_sync);/
//   formal: twin ctrl/systole_queue.sv s/(head_wait & ~tokens_i) == '0/(head_wait \& tokens_i) != '0 || head_wait == '0/
//   formal: twin ctrl/systole_queue.sv s/unit_done_i ? oldest_signal :/unit_done_i ? head_signal :/
//   formal: twin ctrl/systole_queue.sv s/assign take_o = pop ?/assign take_o = start ?/
//   formal: twin ctrl/systole_queue.sv s/ && !is_sync && pending_ready;/ \&\& !is_sync;/
`default_nettype none
module fv_queue
  import systole_pkg::*;
#(
  parameter int unsigned INFLIGHT = 2
) (
  input wire         clk_i,
  input wire         reset_i,
  input wire         in_valid_i,
  input wire insn_t  in_insn_i,
  input wire [31:0]  in_index_i,
  input wire [63:0]  in_base_i,
  input wire [15:0]  in_c_hi_i,
  input wire         unit_ready_i,
  input wire         unit_done_i,
  input wire [TOKENS-1:0] tokens_i
);

  localparam int unsigned Bits = $clog2(QUEUE_DEPTH);
  localparam int unsigned RunBits = $clog2(INFLIGHT);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q && !reset_i;

  logic in_ready, unit_valid, empty, waiting, stuck, done;
  insn_t unit_insn;
  logic [63:0] unit_base;
  logic [15:0] unit_c_hi;
  logic [TOKENS-1:0] take, give;
  logic [31:0] head_index, oldest_index;
  logic [7:0] done_op;
  systole_queue #(.INFLIGHT(INFLIGHT)) dut (
    .clk_i, .rst_ni, .in_valid_i, .in_ready_o(in_ready), .in_insn_i, .in_index_i, .in_base_i, .in_c_hi_i,
    .unit_valid_o(unit_valid), .unit_ready_i, .unit_insn_o(unit_insn), .unit_base_o(unit_base), .unit_c_hi_o(unit_c_hi),
    .unit_done_i, .tokens_i, .take_o(take), .give_o(give), .empty_o(empty), .waiting_o(waiting), .stuck_o(stuck),
    .head_index_o(head_index), .oldest_index_o(oldest_index), .done_o(done), .done_op_o(done_op)
  );

  // What waits, oldest first: the instruction's first two words hold opcode and tokens; beside it the rest that goes along.
  localparam int unsigned Entry = 64 + 32 + 64 + 16;
  logic [Entry-1:0] wait_q [QUEUE_DEPTH];
  logic [Bits:0] waits_q;
  // What the unit runs, oldest first: tokens to give, index, opcode.
  localparam int unsigned Run = TOKENS + 32 + 8;
  logic [Run-1:0] run_q [INFLIGHT];
  logic [RunBits:0] runs_q;

  wire [63:0] head = wait_q[0][63:0];
  wire is_sync = head[7:0] == OP_SYNC;
  wire may_go = waits_q != '0 && (head[32+:TOKENS] & ~tokens_i) == '0;
  wire starts = may_go && !is_sync && runs_q != (RunBits + 1)'(INFLIGHT) && unit_ready_i;
  wire syncs = may_go && is_sync && runs_q == '0;
  wire leaves = starts || syncs;
  wire enters = in_valid_i && waits_q != (Bits + 1)'(QUEUE_DEPTH);

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < QUEUE_DEPTH; i++) begin
      if (leaves && i + 1 < QUEUE_DEPTH) wait_q[i] <= wait_q[i+1];
      if (enters && (Bits + 1)'(i) == waits_q - (Bits + 1)'(leaves)) wait_q[i] <= {in_c_hi_i, in_base_i, in_index_i, in_insn_i[63:0]};
    end
    for (int unsigned i = 0; i < INFLIGHT; i++) begin
      if (unit_done_i && i + 1 < INFLIGHT) run_q[i] <= run_q[i+1];
      if (starts && (RunBits + 1)'(i) == runs_q - (RunBits + 1)'(unit_done_i)) run_q[i] <= {head[48+:TOKENS], wait_q[0][95:64], head[7:0]};
    end
    waits_q <= waits_q + (Bits + 1)'(enters) - (Bits + 1)'(leaves);
    runs_q <= runs_q + (RunBits + 1)'(starts) - (RunBits + 1)'(unit_done_i);
    if (!rst_ni) begin
      waits_q <= '0;
      runs_q <= '0;
    end
  end

  always_ff @(posedge clk_i) begin
    // A unit completes what it runs, no more.
    assume (!unit_done_i || runs_q != '0);
    if (rst_ni) begin
      Starts_A: assert ((unit_valid && unit_ready_i) == starts);
      Head_A:   assert (!unit_valid || (unit_insn[63:0] == head && {unit_c_hi, unit_base, head_index} == wait_q[0][Entry-1:64]));
      Take_A:   assert (take == (leaves ? head[32+:TOKENS] : '0));
      Give_A:   assert (give == (unit_done_i ? run_q[0][Run-1-:TOKENS] : syncs ? head[48+:TOKENS] : '0));
      Done_A:   assert (done == (unit_done_i || syncs));
      DoneOp_A: assert (!done || done_op == (unit_done_i ? run_q[0][7:0] : OP_SYNC));
      Oldest_A: assert (runs_q == '0 || oldest_index == run_q[0][39:8]);
      Empty_A:  assert (empty == (waits_q == '0 && runs_q == '0));
      Stuck_A:  assert (stuck == (waits_q != '0 && !may_go && runs_q == '0));
      Waits_A:  assert (waiting == (waits_q != '0 && !may_go));
      Ready_A:  assert (in_ready == (waits_q != (Bits + 1)'(QUEUE_DEPTH)));
      // What holds the lists and the memories together from step to step; that a FIFO is one has a proof of its own.
      assert (dut.u_waiting.count_q == waits_q && dut.u_beside.count_q == waits_q && dut.u_running.count_q == runs_q);
      assert (dut.u_waiting.out_valid_o == (waits_q != '0) && dut.u_beside.out_valid_o == (waits_q != '0));
      assert (dut.u_running.out_valid_o == (runs_q != '0));
      assert (dut.u_waiting.in_ready_o == in_ready && dut.u_beside.in_ready_o == in_ready);
      assert (dut.u_running.in_ready_o == (runs_q != (RunBits + 1)'(INFLIGHT)));
      assert (dut.u_waiting.wr_q == Bits'(dut.u_waiting.rd_q + Bits'(waits_q)));
      assert (dut.u_beside.wr_q == Bits'(dut.u_beside.rd_q + Bits'(waits_q)));
      assert (dut.u_running.wr_q == RunBits'(dut.u_running.rd_q + RunBits'(runs_q)));
      assert (waits_q == '0 || unit_insn[63:0] == head);
      assert (waits_q == '0 || dut.u_beside.out_data_o == wait_q[0][Entry-1:64]);
      assert (runs_q == '0 || dut.u_running.out_data_o == run_q[0]);
      for (int unsigned i = 0; i < QUEUE_DEPTH; i++) begin
        assert ((Bits + 1)'(i) >= waits_q || dut.u_waiting.gen_distributed.mem_q[Bits'(dut.u_waiting.rd_q + Bits'(i))][63:0] == wait_q[i][63:0]);
        assert ((Bits + 1)'(i) >= waits_q || dut.u_beside.gen_distributed.mem_q[Bits'(dut.u_beside.rd_q + Bits'(i))] == wait_q[i][Entry-1:64]);
      end
      for (int unsigned i = 0; i < INFLIGHT; i++) begin
        assert ((RunBits + 1)'(i) >= runs_q || dut.u_running.gen_distributed.mem_q[RunBits'(dut.u_running.rd_q + RunBits'(i))] == run_q[i]);
      end
      Sync_C:   cover (syncs && waits_q > (Bits + 1)'(1));
      Full_C:   cover (runs_q == (RunBits + 1)'(INFLIGHT) && may_go && !is_sync);
    end
  end

endmodule
`default_nettype wire
