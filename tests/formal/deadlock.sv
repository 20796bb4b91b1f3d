// SPDX-License-Identifier: Apache-2.0
// The token network whole: three queues, the token counters and the controller's eye for a deadlock, with any program of PROGRAM instructions,
// a decoder that hands them on and units that take and complete them whenever they like.
//
// A program is in order when each instruction waits only for tokens that instructions before it give: of each token, the instructions up to it
// take no more than those before it give. Such a program never gets stuck. And no program that could go on is called stuck: what is stuck
// stays so, whatever the units do. The queues are short here, so that few instructions fill them.
//
//   formal: sources prim/systole_fifo.sv ctrl/systole_queue.sv ctrl/systole_tokens.sv ctrl/systole_control.sv
//   formal: with systole_pkg.sv s/QUEUE_DEPTH = 8;/QUEUE_DEPTH = 2;/
//   formal: params PROGRAM=3 USED=1
//   formal: params PROGRAM=3 USED=2
//   formal: params PROGRAM=5 USED=1
//   formal: induct 2
//   formal: cover 16
//   formal: twin ctrl/systole_tokens.sv s/ + 3'(give1_i\[i\])//
//   formal: twin ctrl/systole_tokens.sv s/case (more)/case (3'sd0)/
//   formal: twin ctrl/systole_queue.sv s/ : (pop \&\& is_sync) ? head_signal : '0/ : '0/
//   formal: twin ctrl/systole_queue.sv s/assign take_o = pop ?/assign take_o = head_valid ?/
//   formal: twin ctrl/systole_queue.sv s/(head_wait & ~tokens_i) == '0/(head_wait \& tokens_i) == '0/
//   formal: twin ctrl/systole_control.sv s/ \&\& (empty_i | stuck_i) == '1//
//   formal: twin ctrl/systole_control.sv s/assign stuck = (end_i || bad_i || blocked_i) \&\&/assign stuck =/
`default_nettype none
module fv_deadlock
  import systole_pkg::*;
#(
  parameter int unsigned PROGRAM = 3,
  parameter int unsigned USED = 1      // of each queue's four tokens: the others are like them
) (
  input wire       clk_i,
  input wire [(3+4*USED)*PROGRAM-1:0] program_i,
  input wire       hand_on_i,          // the decoder has the next instruction
  input wire [2:0] unit_ready_i,
  input wire [2:0] unit_done_i
);

  localparam int unsigned Bits = $clog2(PROGRAM + 1);
  localparam int unsigned Word = 3 + 4 * USED;
  localparam int unsigned Most = 2;    // what a unit holds
  localparam int unsigned QueueBits = $clog2(QUEUE_DEPTH);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q;

  // The program: free inputs of the first cycle. A queue's instructions wait for its own tokens and give any.
  logic [1:0]        queue_q [PROGRAM];
  logic              sync_q  [PROGRAM];
  logic [USED-1:0]   wait_q  [PROGRAM];
  logic [3*USED-1:0] give_q  [PROGRAM];
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < PROGRAM; i++) begin
      if (!rst_ni) {queue_q[i], sync_q[i], wait_q[i], give_q[i]} <= program_i[Word*i+:Word];
    end
  end

  function automatic logic [63:0] words(input logic [1:0] queue, input logic sync, input logic [USED-1:0] waits,
                                        input logic [3*USED-1:0] gives);
    logic [63:0] w;
    w = '0;
    w[7:0] = sync ? OP_SYNC : OP_LOAD;
    for (int unsigned q = 0; q < 3; q++) begin
      w[48+4*q+:USED] = gives[USED*q+:USED];
      if (queue == 2'(q)) w[32+4*q+:USED] = waits;
    end
    return w;
  endfunction

  // Whether it is in order: what is there of each token before an instruction takes it.
  logic in_order;
  always_comb begin
    in_order = 1'b1;
    for (int unsigned t = 0; t < 3 * USED; t++) begin
      automatic logic [Bits-1:0] there = '0;
      for (int unsigned i = 0; i < PROGRAM; i++) begin
        if (queue_q[i] == 2'(t / USED) && wait_q[i][t%USED]) begin
          if (there == '0) in_order = 1'b0;
          there = there - Bits'(1);
        end
        there = there + Bits'(give_q[i][t]);
      end
    end
  end

  // The decoder: one instruction after the other, each to its queue.
  logic [Bits-1:0]   next_q;
  logic [2:0]        in_ready, unit_valid, empty, stuck, done;
  logic [TOKENS-1:0] take [3];
  logic [TOKENS-1:0] give [3];
  logic [TOKENS-1:0] tokens;
  logic [1:0]        to_queue;
  insn_t             insn;
  wire ended = next_q == Bits'(PROGRAM);
  wire valid = hand_on_i && !ended;
  wire taken = valid && in_ready[to_queue];
  always_comb begin
    insn = '0;
    to_queue = '0;
    for (int unsigned i = 0; i < PROGRAM; i++) begin
      if (next_q == Bits'(i)) begin
        to_queue = queue_q[i];
        insn[63:0] = words(queue_q[i], sync_q[i], wait_q[i], give_q[i]);
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (taken) next_q <= next_q + Bits'(1);
    if (!rst_ni) next_q <= '0;
  end

  // What became of each instruction: taken out of its queue, complete. A queue does both in the program's order.
  logic [PROGRAM-1:0] left_q, done_q;
  logic [PROGRAM-1:0] first_left [3];  // the next of a queue to be taken out, one hot
  logic [PROGRAM-1:0] first_done [3];
  always_comb begin
    for (int unsigned q = 0; q < 3; q++) begin
      first_left[q] = '0;
      first_done[q] = '0;
      for (int unsigned i = 0; i < PROGRAM; i++) begin
        if (queue_q[i] == 2'(q) && !left_q[i] && first_left[q] == '0) first_left[q][i] = 1'b1;
        if (queue_q[i] == 2'(q) && !done_q[i] && first_done[q] == '0) first_done[q][i] = 1'b1;
      end
    end
  end

  logic [2:0] pop;
  for (genvar q = 0; q < 3; q++) begin : gen_queue
    systole_queue #(.INFLIGHT(Most)) u_queue (
      .clk_i, .rst_ni,
      .in_valid_i(valid && to_queue == 2'(q)), .in_ready_o(in_ready[q]), .in_insn_i(insn), .in_index_i('0), .in_base_i('0), .in_c_hi_i('0),
      .unit_valid_o(unit_valid[q]), .unit_ready_i(unit_ready_i[q]), .unit_insn_o(), .unit_base_o(), .unit_c_hi_o(),
      .unit_done_i(unit_done_i[q]), .tokens_i(tokens), .take_o(take[q]), .give_o(give[q]),
      .empty_o(empty[q]), .waiting_o(), .stuck_o(stuck[q]), .head_index_o(), .oldest_index_o(), .done_o(done[q]), .done_op_o()
    );
    assign pop[q] = u_queue.pop;
  end
  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < 3; q++) begin
      for (int unsigned i = 0; i < PROGRAM; i++) begin
        if (pop[q] && first_left[q][i]) left_q[i] <= 1'b1;
        if (done[q] && first_done[q][i]) done_q[i] <= 1'b1;
      end
    end
    if (!rst_ni) {left_q, done_q} <= '0;
  end

  systole_tokens u_tokens (
    .clk_i, .rst_ni, .take0_i(take[0]), .take1_i(take[1]), .take2_i(take[2]), .give0_i(give[0]), .give1_i(give[1]), .give2_i(give[2]),
    .above_zero_o(tokens)
  );

  wire units_idle = (left_q & ~done_q) == '0;
  wire blocked = valid && !in_ready[to_queue];
  systole_control u_control (
    .clk_i, .rst_ni, .start_i(1'b1), .reset_i(1'b0), .watchdog_i('0),
    .idle_o(), .clear_o(), .run_o(), .abort_o(), .counting_o(), .in_run_o(), .finish_o(), .status_o(), .error_index_o(), .parity_o(),
    .end_i(ended), .bad_i(1'b0), .bad_code_i('0), .checked_i('0), .blocked_i(blocked),
    .empty_i(empty), .stuck_i(stuck), .stuck_index_i('0), .units_idle_i(units_idle), .drained_i(1'b1),
    .read_error_i(1'b0), .read_index_i('0), .write_error_i(1'b0), .write_index_i('0), .parity_i('0), .parity_index_i('0)
  );

  // What the properties look back at.
  logic was_stuck_q, was_blocked_q;
  always_ff @(posedge clk_i) begin
    was_stuck_q <= rst_ni && u_control.stuck;
    was_blocked_q <= rst_ni && blocked;
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < PROGRAM; i++) assume (!rst_ni || queue_q[i] != 2'd3);
    for (int unsigned q = 0; q < 3; q++) assume (!unit_done_i[q] || (first_done[q] & left_q) != '0);
    // A decoder that shows an instruction shows it until it is taken.
    assume (!was_blocked_q || hand_on_i);
    if (rst_ni) begin
      NeverStuck_A: assert (!in_order || !u_control.stuck);
      Stays_A:      assert (!was_stuck_q || u_control.stuck);
      Stuck_C:      cover (u_control.stuck && !ended);
      Ended_C:      cover (in_order && done_q == '1 && queue_q[0] != queue_q[1] && wait_q[PROGRAM-1] != '0 && wait_q[PROGRAM-2] != '0);
      // What holds from step to step. What is complete was taken out, what was taken out had been handed on, each queue's in order.
      assert (next_q <= Bits'(PROGRAM));
      for (int unsigned i = 0; i < PROGRAM; i++) begin
        assert (!left_q[i] || Bits'(i) < next_q);
        assert (!done_q[i] || left_q[i]);
        assert (!sync_q[i] || left_q[i] == done_q[i]);
        for (int unsigned j = 0; j < i; j++) begin
          assert (queue_q[i] != queue_q[j] || ((!left_q[i] || left_q[j]) && (!done_q[i] || done_q[j])));
          assert (queue_q[i] != queue_q[j] || !sync_q[i] || !left_q[i] || done_q[j]);
        end
      end
      // A counter has what the complete ones gave, less what those that were taken out took.
      for (int unsigned t = 0; t < TOKENS; t++) begin
        assert (u_tokens.count_q[32*t+:32] == count_of(t));
        assert (tokens[t] == (count_of(t) != '0));
      end
    end
  end

  function automatic logic [31:0] count_of(input int unsigned t);
    logic [31:0] n;
    n = '0;
    if (t % 4 < USED) begin
      for (int unsigned i = 0; i < PROGRAM; i++) begin
        n = n + 32'(done_q[i] && give_q[i][USED*(t/4)+t%4]) - 32'(left_q[i] && queue_q[i] == 2'(t / 4) && wait_q[i][t%4]);
      end
    end
    return n;
  endfunction

  // The queues' memories hold what was handed on and not taken out, and what was taken out and is not complete.
  for (genvar q = 0; q < 3; q++) begin : gen_holds
    logic [Bits-1:0] waits, runs;
    always_comb begin
      waits = '0;
      runs = '0;
      for (int unsigned i = 0; i < PROGRAM; i++) begin
        waits = waits + Bits'(queue_q[i] == 2'(q) && Bits'(i) < next_q && !left_q[i]);
        runs = runs + Bits'(queue_q[i] == 2'(q) && left_q[i] && !done_q[i]);
      end
    end
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        automatic logic [QueueBits-1:0] at = gen_queue[q].u_queue.u_waiting.rd_q;
        automatic logic run_at = gen_queue[q].u_queue.u_running.rd_q;
        assert (Bits'(gen_queue[q].u_queue.u_waiting.count_q) == waits && Bits'(gen_queue[q].u_queue.u_beside.count_q) == waits);
        assert (Bits'(gen_queue[q].u_queue.u_running.count_q) == runs && waits <= Bits'(QUEUE_DEPTH) && runs <= Bits'(Most));
        assert (gen_queue[q].u_queue.u_waiting.out_valid_o == (waits != '0) && gen_queue[q].u_queue.u_beside.out_valid_o == (waits != '0));
        assert (gen_queue[q].u_queue.u_waiting.in_ready_o == (waits != Bits'(QUEUE_DEPTH)));
        assert (gen_queue[q].u_queue.u_beside.in_ready_o == (waits != Bits'(QUEUE_DEPTH)));
        assert (gen_queue[q].u_queue.u_running.out_valid_o == (runs != '0));
        assert (gen_queue[q].u_queue.u_running.in_ready_o == (runs != Bits'(Most)));
        assert (gen_queue[q].u_queue.u_waiting.wr_q == QueueBits'(at + QueueBits'(waits)));
        assert (gen_queue[q].u_queue.u_running.wr_q == (run_at ^ runs[0]));
        for (int unsigned i = 0; i < PROGRAM; i++) begin
          if (queue_q[i] == 2'(q) && Bits'(i) < next_q && !left_q[i]) begin
            assert (gen_queue[q].u_queue.u_waiting.gen_distributed.mem_q[at][63:0] == words(queue_q[i], sync_q[i], wait_q[i], give_q[i]));
            assert (!first_left[q][i] || gen_queue[q].u_queue.unit_insn_o[63:0] == words(queue_q[i], sync_q[i], wait_q[i], give_q[i]));
            at = at + 1'b1;
          end
          if (queue_q[i] == 2'(q) && left_q[i] && !done_q[i]) begin
            assert (gen_queue[q].u_queue.u_running.gen_distributed.mem_q[run_at][40+:TOKENS] == given(give_q[i]));
            assert (!first_done[q][i] || gen_queue[q].u_queue.oldest_signal == given(give_q[i]));
            run_at = !run_at;
          end
        end
      end
    end
  end

  function automatic logic [TOKENS-1:0] given(input logic [3*USED-1:0] gives);
    logic [TOKENS-1:0] g;
    g = '0;
    for (int unsigned q = 0; q < 3; q++) g[4*q+:USED] = gives[USED*q+:USED];
    return g;
  endfunction

endmodule
`default_nettype wire
