// SPDX-License-Identifier: Apache-2.0
// Walks the loops of MATMUL instructions and issues one vector a cycle: an address in APAD, a row of ACC.
//
// Handshake: an instruction is taken when insn_valid_i && insn_ready_o; its first vector can follow the last one of the
// instruction before without a gap. A vector waits for its tile of weights, and for its own chain: a row of ACC may be
// read only Hazard cycles after the vector that writes it was issued.
// Taps at once: a row of pixels is read once, a_skc apart. The lanes keep the last LANE_TAPS vectors, so those of a row's beginning,
// and with a stride of two every second one, only feed them; the others are issued with a row of ACC.
// Legal parameters: those of systole_core.
`default_nettype none
module systole_vectors
  import systole_pkg::*;
#(
  parameter int unsigned ROWS = 16,
  parameter int unsigned ARRAY_HAZARD = 20,  // issue to readable, through the array
  parameter int unsigned LANES_HAZARD = 6,   // the same through the lanes
  parameter int unsigned WEIGHT_PLANES = 4,
  parameter int unsigned LANE_TAPS = 3,
  localparam int unsigned PlaneBits = $clog2(WEIGHT_PLANES)
) (
  input  wire                      clk_i,
  input  wire                      rst_ni,
  input  wire                      insn_valid_i,
  output logic                     insn_ready_o,
  input  matmul_insn_t             insn_i,
  input  wire  [15:0]              insn_c_hi_i,  // highest row of ACC the instruction touches
  input  wire  [WEIGHT_PLANES-1:0] tile_loaded_i,
  input  wire                      in_flight_i,  // vectors are on their way
  output logic                     release_o,
  output logic [PlaneBits-1:0]     release_plane_o,
  // the vector
  output logic                     issue_o,
  output logic                     feed_o,       // there is one for the lanes to keep: no row of ACC
  output logic                     taps_o,
  output logic                     last_o,       // of its instruction
  output logic [31:0]              a_addr_o,
  output logic [15:0]              c_addr_o,
  output logic                     use_acc_o,    // its chain continues from ACC
  output logic                     use_param_o,  // its chain begins at PARAM
  output logic [15:0]              bias_o,
  output logic [6:0]               rows_o,
  output logic [PlaneBits-1:0]     plane_o,
  output logic [1:0]               mode_o,
  output logic                     fp_o,
  output logic                     a_unsigned_o,
  output logic [7:0]               a_zp_o,
  // why there is none
  output logic                     wait_weights_o,
  output logic                     wait_chain_o
);

  localparam int unsigned FeedBits = (LANE_TAPS > 2) ? $clog2(LANE_TAPS) : 1;
  localparam int unsigned HazardBits = $clog2(ARRAY_HAZARD + 2);
  typedef logic [HazardBits-1:0] cycles_t;

  matmul_insn_t insn_q;
  logic         run_q, fresh_q;  // fresh: no vector of this instruction was issued yet
  logic [15:0]  kh_q, kw_q, kc_q, n_q, p_q, q_q;  // iterations left
  logic [31:0]  a_q, a_p_q, a_n_q, a_kc_q, a_kw_q, a_kh_q;
  logic [15:0]  c_q, c_p_q, c_n_q, n_index_q;
  logic         first_q;
  logic [FeedBits-1:0] feeds_q, row_feeds_q;  // vectors before the next one with a row of ACC; those of a row's beginning
  logic         pair_feeds_q;                 // one between two outputs
  logic [PlaneBits-1:0] plane_q;

  logic no_tiles, lanes, q_end, p_end, n_end, kc_end, kw_end, kh_end, tile_end, step_end, insn_end, go, issue;

  assign lanes = insn_q.mode != 2'(MODE_MATRIX);
  assign no_tiles = insn_q.mode == 2'(MODE_MAX) || insn_q.mode == 2'(MODE_SUM);
  assign q_end = q_q == 16'd1;
  assign p_end = p_q == 16'd1;
  assign n_end = n_q == 16'd1;
  assign kc_end = kc_q == 16'd1;
  assign kw_end = kw_q == 16'd1;
  assign kh_end = kh_q == 16'd1;
  assign tile_end = q_end && p_end;
  assign step_end = tile_end && n_end;
  assign insn_end = step_end && kc_end && kw_end && kh_end;

  // ---- the chain: may the first vector of this step go? ----
  // Vector i of a step was issued at least `step` vectors before vector i of the next one (step = vectors in a step). So the step may
  // begin once the cycles since the last issue and the vectors in a step together reach the hazard.
  cycles_t hazard, since_q, step_q, count_q;
  logic    step_start_q;
  logic    prev_valid_q, prev_lanes_q, prev_long_q;
  logic [15:0] c_hi_q;
  logic    same_rows_q, beyond_q, apart, drained_q, reached_q, chain_ok;

  assign hazard = (prev_lanes_q) ? cycles_t'(LANES_HAZARD) : cycles_t'(ARRAY_HAZARD);
  assign apart = prev_long_q && beyond_q;

  always_comb begin : chain
    chain_ok = 1'b1;
    if (fresh_q) begin
      // The other path has another latency: results must not overtake each other.
      if (prev_valid_q && prev_lanes_q != lanes) chain_ok = !in_flight_i;
      else if (prev_valid_q && insn_q.init == 2'(INIT_ACC) && !apart && !drained_q) begin
        chain_ok = same_rows_q && reached_q;
      end
    end else if (step_start_q) begin
      chain_ok = reached_q;
    end
  end

  logic tile_ok;
  assign tile_ok = no_tiles || tile_loaded_i[plane_q];
  assign go = run_q && tile_ok && chain_ok;
  assign issue = go && feeds_q == '0;
  assign insn_ready_o = !run_q || (issue && insn_end);

  // Both are told a cycle ahead, as they are when nothing is issued and as they are when something is.
  cycles_t since_d, counted, step_d;
  assign since_d = (since_q != '1) ? since_q + 1'b1 : since_q;
  assign counted = (count_q == cycles_t'(ARRAY_HAZARD)) ? count_q : count_q + 1'b1;
  assign step_d = step_end ? counted : step_q;
  always_ff @(posedge clk_i) begin : chain_ahead
    drained_q <= !issue && since_d >= hazard;
    reached_q <= {1'b0, since_d} + {1'b0, step_q} > {1'b0, hazard};
    if (issue) reached_q <= {1'b0, step_d} >= {1'b0, lanes ? cycles_t'(LANES_HAZARD) : cycles_t'(ARRAY_HAZARD)};
    if (!rst_ni) begin
      drained_q <= 1'b1;
      reached_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin : chain_state
    since_q <= since_d;
    if (go) step_start_q <= 1'b0;
    if (issue) begin
      since_q <= cycles_t'(1);
      step_start_q <= step_end;
      prev_lanes_q <= lanes;
      prev_valid_q <= 1'b1;
      // Vectors in this step so far, no further than matters.
      count_q <= step_end ? '0 : counted;
      step_q <= step_d;
      // Whatever came before it is out of the pipe.
      if (insn_end) prev_long_q <= count_q == cycles_t'(ARRAY_HAZARD);
    end
    // Its rows of ACC beside those of the instruction before, which insn_q has until then: compared here, since what follows is long.
    if (insn_valid_i && insn_ready_o) begin
      same_rows_q <= insn_i.c_base == insn_q.c_base && insn_i.n == insn_q.n && insn_i.p == insn_q.p && insn_i.q == insn_q.q
          && insn_i.c_sn == insn_q.c_sn && insn_i.c_sp == insn_q.c_sp && insn_i.c_sq == insn_q.c_sq;
      beyond_q <= insn_i.c_base > c_hi_q || insn_c_hi_i < insn_q.c_base;
    end
    if (!rst_ni) begin
      since_q <= '1;
      count_q <= '0;
      step_q <= '0;
      step_start_q <= 1'b0;
      prev_valid_q <= 1'b0;
      prev_lanes_q <= 1'b0;
      prev_long_q <= 1'b0;
    end
  end

  // A block of its own: nothing in it reads the instruction, so a simulator need not copy that in every cycle.
  always_ff @(posedge clk_i) begin : take_in
    if (insn_valid_i && insn_ready_o) begin
      insn_q <= insn_i;
      c_hi_q <= insn_c_hi_i;
    end
  end

  // ---- the loops ----
  logic [31:0] a_p_next, a_n_next, a_kc_next, a_kw_next, a_kh_next;
  logic [15:0] c_p_next, c_n_next;
  assign a_p_next  = a_p_q + insn_q.a_sp;
  assign a_n_next  = a_n_q + insn_q.a_sn;
  assign a_kc_next = a_kc_q + insn_q.a_skc;
  assign a_kw_next = a_kw_q + insn_q.a_skw;
  assign a_kh_next = a_kh_q + insn_q.a_skh;
  assign c_p_next  = c_p_q + insn_q.c_sp;
  assign c_n_next  = c_n_q + insn_q.c_sn;

  always_ff @(posedge clk_i) begin : walk
    if (go) begin
      fresh_q <= 1'b0;
      feeds_q <= feeds_q - 1'b1;
      a_q <= a_q + (insn_q.taps[0] ? insn_q.a_skc : insn_q.a_sq);
    end
    if (issue) begin
      feeds_q <= q_end ? row_feeds_q : FeedBits'(pair_feeds_q);
      q_q <= q_q - 1'b1;
      c_q <= c_q + insn_q.c_sq;
      if (q_end) begin
        q_q <= insn_q.q;
        p_q <= p_q - 1'b1;
        {a_q, a_p_q} <= {2{a_p_next}};
        {c_q, c_p_q} <= {2{c_p_next}};
        if (p_end) begin
          p_q <= insn_q.p;
          n_q <= n_q - 1'b1;
          n_index_q <= n_index_q + 1'b1;
          {a_q, a_p_q, a_n_q} <= {3{a_n_next}};
          {c_q, c_p_q, c_n_q} <= {3{c_n_next}};
          if (!no_tiles) plane_q <= plane_q + 1'b1;
          if (n_end) begin
            n_q <= insn_q.n;
            n_index_q <= '0;
            first_q <= 1'b0;
            kc_q <= kc_q - 1'b1;
            {a_q, a_p_q, a_n_q, a_kc_q} <= {4{a_kc_next}};
            {c_q, c_p_q, c_n_q} <= {3{insn_q.c_base}};
            if (kc_end) begin
              kc_q <= insn_q.taps[0] ? 16'd1 : insn_q.kc;
              kw_q <= kw_q - 1'b1;
              {a_q, a_p_q, a_n_q, a_kc_q, a_kw_q} <= {5{a_kw_next}};
              if (kw_end) begin
                kw_q <= insn_q.kw;
                kh_q <= kh_q - 1'b1;
                {a_q, a_p_q, a_n_q, a_kc_q, a_kw_q, a_kh_q} <= {6{a_kh_next}};
                if (kh_end) run_q <= 1'b0;
              end
            end
          end
        end
      end
    end
    if (insn_valid_i && insn_ready_o) begin
      run_q <= 1'b1;
      fresh_q <= 1'b1;
      first_q <= 1'b1;
      kh_q <= insn_i.kh;
      kw_q <= insn_i.kw;
      kc_q <= insn_i.taps[0] ? 16'd1 : insn_i.kc;
      {feeds_q, row_feeds_q} <= insn_i.taps[0] ? {2{FeedBits'(insn_i.kc - 16'd1)}} : '0;
      pair_feeds_q <= insn_i.taps[0] && insn_i.a_sq != insn_i.a_skc;
      n_q <= insn_i.n;
      p_q <= insn_i.p;
      q_q <= insn_i.q;
      n_index_q <= '0;
      {a_q, a_p_q, a_n_q, a_kc_q, a_kw_q, a_kh_q} <= {6{insn_i.a_base}};
      {c_q, c_p_q, c_n_q} <= {3{insn_i.c_base}};
    end
    if (!rst_ni) begin
      run_q <= 1'b0;
      plane_q <= '0;
    end
  end

  assign release_o = issue && tile_end && !no_tiles;
  assign release_plane_o = plane_q;
  assign issue_o = issue;
  assign feed_o = go && !issue;
  assign taps_o = insn_q.taps[0];
  assign last_o = insn_end;
  assign a_addr_o = a_q;
  assign c_addr_o = c_q;
  assign use_acc_o = !first_q || insn_q.init == 2'(INIT_ACC);
  assign use_param_o = first_q && insn_q.init == 2'(INIT_PARAM);
  assign bias_o = insn_q.bias + n_index_q;
  assign rows_o = kc_end ? insn_q.k_tail : 7'(ROWS);
  assign plane_o = plane_q;
  assign mode_o = insn_q.mode;
  assign fp_o = insn_q.dtype == 1'(DTYPE_BF16);
  assign a_unsigned_o = insn_q.a_unsigned;
  assign a_zp_o = insn_q.a_zp;
  assign wait_weights_o = run_q && !tile_ok;
  assign wait_chain_o = run_q && tile_ok && !chain_ok;

endmodule
`default_nettype wire
