// SPDX-License-Identifier: Apache-2.0
// Executes MATMUL instructions: weights and vectors out of the pads, through the array or the lanes, into the accumulators.
//
// Handshake: an instruction (its tokens taken) enters when insn_valid_i && insn_ready_o; done_o pulses when all its results are
// in ACC, in order. Weights of the next instructions are fetched while this one runs.
// Latency of a vector: issued in cycle t (addresses to APAD, ACC, PARAM), operands in t + 2, registered into the array in t + 3,
// written to ACC in t + 3 + its path's latency. Throughput: one vector a cycle, across instructions.
// Legal parameters: those of systole_core.
`include "systole_assert.svh"
`include "systole_fault.svh"
`default_nettype none
module systole_matmul
  import systole_pkg::*;
#(
  parameter int unsigned ROWS = 16,
  parameter int unsigned COLS = 16,
  parameter bit          HAS_FP = 1'b1,
  parameter int unsigned WORD_BYTES = 64,
  parameter int unsigned APAD_BYTES = 524288,
  parameter int unsigned WPAD_BYTES = 262144,
  parameter int unsigned ACC_ROWS = 2048,
  parameter int unsigned PARAM_ROWS = 512,
  parameter int unsigned MAC_LATENCY = 4,
  parameter int unsigned WEIGHT_PLANES = 4,
  parameter int unsigned LANE_TAPS = 3,
  parameter int unsigned BODY = 0,
  localparam int unsigned WordBits = $clog2(WORD_BYTES),
  localparam int unsigned AAddrBits = $clog2(APAD_BYTES / WORD_BYTES),
  localparam int unsigned WAddrBits = $clog2(WPAD_BYTES / WORD_BYTES),
  localparam int unsigned CAddrBits = $clog2(ACC_ROWS),
  localparam int unsigned PAddrBits = $clog2(PARAM_ROWS)
) (
  input  wire                     clk_i,
  input  wire                     rst_ni,
  input  wire                     insn_valid_i,
  output logic                    insn_ready_o,
  input  matmul_insn_t            insn_i,
  input  wire  [15:0]             insn_c_hi_i,
  output logic                    done_o,
  output logic                    idle_o,
  // memories: read data two cycles after the request
  output logic                    a_req_o,
  output logic [AAddrBits-1:0]    a_addr_o,
  input  wire  [8*WORD_BYTES-1:0] a_data_i,
  output logic                    w_req_o,
  output logic [WAddrBits-1:0]    w_addr_o,
  input  wire  [8*WORD_BYTES-1:0] w_data_i,
  output logic                    c_req_o,
  output logic [CAddrBits-1:0]    c_addr_o,
  input  wire  [32*COLS-1:0]      c_data_i,
  output logic                    p_req_o,
  output logic [PAddrBits-1:0]    p_addr_o,
  input  wire  [32*COLS-1:0]      p_data_i,
  output logic                    y_valid_o,
  output logic [CAddrBits-1:0]    y_addr_o,
  output logic [32*COLS-1:0]      y_data_o,
  // what this cycle was used for
  output logic                    array_busy_o,
  output logic                    lanes_busy_o,
  output logic                    wait_weights_o,
  output logic                    wait_chain_o
);

  localparam int unsigned Ew = HAS_FP ? 16 : 9;
  localparam int unsigned PlaneBits = $clog2(WEIGHT_PLANES);
  localparam int unsigned RowsPerWord = WORD_BYTES / COLS;
  localparam int unsigned ArrayLatency = ROWS * MAC_LATENCY + 1;
  localparam int unsigned LanesLatency = MAC_LATENCY + 1;
  // Issue to readable: three cycles in, the path, one to write.
  localparam int unsigned ArrayHazard = ArrayLatency + 4;
  localparam int unsigned LanesHazard = LanesLatency + 4;
  localparam int unsigned FlightDepth = 1 << $clog2(ArrayHazard + 1);

  // ---- the two walkers ----
  logic                     w_ready, x_in_ready, x_valid, x_ready;
  matmul_insn_t             x_insn;
  logic [15:0]              x_c_hi;
  logic [WEIGHT_PLANES-1:0] tile_loaded;
  logic                     release_tile;
  logic [PlaneBits-1:0]     release_plane;

  assign insn_ready_o = w_ready && x_in_ready;

  logic                           aw_we, lw_we, lw_first, w_fp;
  logic [PlaneBits-1:0]           w_plane;
  logic [$clog2(ROWS)-1:0]        w_row;
  logic [RowsPerWord*COLS*Ew-1:0] aw_data;
  logic [COLS*Ew-1:0]             lw_data;

  systole_weights #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .WORD_BYTES(WORD_BYTES), .WPAD_BYTES(WPAD_BYTES),
    .MAC_LATENCY(MAC_LATENCY), .WEIGHT_PLANES(WEIGHT_PLANES), .LANE_TAPS(LANE_TAPS)
  ) u_weights (
    .clk_i, .rst_ni,
    .insn_valid_i(insn_valid_i && x_in_ready),
    .insn_ready_o(w_ready),
    .insn_i,
    .w_req_o, .w_addr_o, .w_data_i,
    .array_we_o(aw_we),
    .lanes_we_o(lw_we),
    .fp_o(w_fp),
    .plane_o(w_plane),
    .row_o(w_row),
    .data_o(aw_data),
    .lanes_data_o(lw_data),
    .lanes_first_o(lw_first),
    .tile_loaded_o(tile_loaded),
    .release_i(release_tile),
    .release_plane_i(release_plane)
  );

  systole_fifo #(
    .WIDTH($bits(matmul_insn_t) + 16),
    .DEPTH(2)
  ) u_next (
    .clk_i, .rst_ni,
    .in_valid_i(insn_valid_i && w_ready),
    .in_ready_o(x_in_ready),
    .in_data_i({insn_c_hi_i, insn_i}),
    .out_valid_o(x_valid),
    .out_ready_i(x_ready),
    .out_data_o({x_c_hi, x_insn})
  );

  logic                 issue, feed, taps, last, use_acc, use_param, fp, a_unsigned, in_flight;
  logic [31:0]          a_addr;
  logic [15:0]          c_addr, bias;
  logic [6:0]           rows;
  logic [PlaneBits-1:0] plane;
  logic [1:0]           mode;
  logic [7:0]           a_zp;

  systole_vectors #(
    .ROWS(ROWS), .ARRAY_HAZARD(ArrayHazard), .LANES_HAZARD(LanesHazard), .WEIGHT_PLANES(WEIGHT_PLANES),
    .LANE_TAPS(LANE_TAPS)
  ) u_vectors (
    .clk_i, .rst_ni,
    .insn_valid_i(x_valid),
    .insn_ready_o(x_ready),
    .insn_i(x_insn),
    .insn_c_hi_i(x_c_hi),
    .tile_loaded_i(tile_loaded),
    .in_flight_i(in_flight),
    .release_o(release_tile),
    .release_plane_o(release_plane),
    .issue_o(issue),
    .feed_o(feed),
    .taps_o(taps),
    .last_o(last),
    .a_addr_o(a_addr),
    .c_addr_o(c_addr),
    .use_acc_o(use_acc),
    .use_param_o(use_param),
    .bias_o(bias),
    .rows_o(rows),
    .plane_o(plane),
    .mode_o(mode),
    .fp_o(fp),
    .a_unsigned_o(a_unsigned),
    .a_zp_o(a_zp),
    .wait_weights_o,
    .wait_chain_o
  );

  assign a_req_o = issue || feed;
  assign a_addr_o = `FAULT(vector_addr, AAddrBits, a_addr[WordBits+:AAddrBits]);
  assign c_req_o = issue && use_acc;
  assign c_addr_o = c_addr[CAddrBits-1:0];
  assign p_req_o = issue && use_param;
  assign p_addr_o = bias[PAddrBits-1:0];
  assign array_busy_o = issue && mode == 2'(MODE_MATRIX);
  assign lanes_busy_o = feed || (issue && mode != 2'(MODE_MATRIX));

  // ---- what travels with a vector to its operands (cycles t + 1 and t + 2) ----
  typedef struct packed {
    logic                 feed;
    logic                 taps;
    logic                 use_acc;
    logic                 use_param;
    logic [1:0]           mode;
    logic                 fp;
    logic                 a_unsigned;
    logic [7:0]           a_zp;
    logic [6:0]           rows;
    logic [PlaneBits-1:0] plane;
    logic [WordBits-1:0]  offset;
  } step_t;

  logic                 v1_q, v2_q, v3_q, fp3_q, feed3_q, taps3_q;
  logic [1:0]           mode3_q;
  logic [PlaneBits-1:0] plane3_q;
  step_t                s1_q, s2_q;

  always_ff @(posedge clk_i) begin : follow
    v1_q <= a_req_o && rst_ni;
    v2_q <= v1_q && rst_ni;
    v3_q <= v2_q && rst_ni;
  end
  always_ff @(posedge clk_i) begin : follow_1
    if (a_req_o) begin
      s1_q <= {feed, taps, use_acc, use_param, mode, fp && HAS_FP, a_unsigned, a_zp, `FAULT(vector_rows, 7, rows),
               `FAULT(vector_plane, PlaneBits, plane), a_addr[WordBits-1:0]};
    end
  end
  always_ff @(posedge clk_i) begin : follow_2
    if (v1_q) s2_q <= s1_q;
    if (v2_q) {mode3_q, fp3_q, plane3_q, feed3_q, taps3_q} <= {s2_q.mode, s2_q.fp, s2_q.plane, s2_q.feed, s2_q.taps};
  end

  // ---- operands: 9-bit differences from the zero point or bf16; which steps are left out ----
  localparam int unsigned Widest = (ROWS > COLS) ? ROWS : COLS;
  localparam int unsigned Eb = HAS_FP ? 2 : 1;
  localparam int unsigned Groups = (Widest < 16) ? Widest / 4 : 4;  // of four lanes, in a loop
  logic [Widest*Ew-1:0]   x_q;
  logic [Widest-1:0]      skip_q;
  logic [32*COLS-1:0]     p_q;

  // Functions, called where a vector is: a simulator then computes nothing in the other cycles. Loops of at
  // most four steps: those are unrolled, and what is constant in a step is cheap to simulate. A vector's offset is a multiple of four bytes at least.
  function automatic logic [Widest*Ew-1:0] int_lanes(input logic [8*WORD_BYTES-1:0] word, input logic [WordBits-1:2] at,
      input logic uns, input logic [8:0] zp);
    logic [Widest*Ew-1:0] lanes;
    logic [31:0] b;
    for (int unsigned h = 0; h < Widest / (4 * Groups); h++) begin
      for (int unsigned g = 0; g < Groups; g++) begin
        // The vector lies within the word, so what is selected beyond it is not used.
        b = word[{at + (WordBits - 2)'(Groups * h + g), 5'd0}+:32];
        lanes[4*(Groups*h+g)*Ew+:4*Ew] = {
          Ew'($signed(9'({!uns && b[31], b[31:24]} - zp))), Ew'($signed(9'({!uns && b[23], b[23:16]} - zp))),
          Ew'($signed(9'({!uns && b[15], b[15:8]} - zp))), Ew'($signed(9'({!uns && b[7], b[7:0]} - zp)))};
      end
    end
    return lanes;
  endfunction

  function automatic logic [8*WORD_BYTES-1:0] from_byte(input logic [8*WORD_BYTES-1:0] word, input logic [WordBits-1:0] at);
    return word >> {at, 3'd0};
  endfunction

  function automatic logic [Widest-1:0] pads(input logic [8*Eb*Widest-1:0] bytes);
    logic [Widest-1:0] pad;
    for (int unsigned i = 0; i < Widest; i++) pad[i] = bytes[8*Eb*i+:16] == 16'(PAD_BF16);
    return pad;
  endfunction

  // A chain that begins at nothing: zero, or below everything for a maximum.
  logic [31:0]       nothing;
  logic [Widest-1:0] tail;
  logic [8:0]        zp9;
  assign nothing = (s2_q.mode != 2'(MODE_MAX)) ? 32'd0 : s2_q.fp ? 32'hff80_0000 : 32'h8000_0000;
  assign tail = (s2_q.mode == 2'(MODE_MATRIX)) ? {Widest{1'b1}} << s2_q.rows : '0;
  assign zp9 = `FAULT(zero_point, 9, ({!s2_q.a_unsigned && s2_q.a_zp[7], s2_q.a_zp}));

  always_ff @(posedge clk_i) begin : operands
    if (v2_q) begin
      skip_q <= tail;
      if (!s2_q.fp) x_q <= int_lanes(a_data_i, s2_q.offset[WordBits-1:2], s2_q.a_unsigned, zp9);
      if (s2_q.use_acc) p_q <= c_data_i;
      if (!s2_q.use_acc && s2_q.use_param) p_q <= p_data_i;
      if (!s2_q.use_acc && !s2_q.use_param) p_q <= {COLS{nothing}};
    end
    if (HAS_FP && v2_q && s2_q.fp) begin
      x_q    <= (Widest * Ew)'(from_byte(a_data_i, s2_q.offset));
      skip_q <= tail | pads((8 * Eb * Widest)'(from_byte(a_data_i, s2_q.offset)));
    end
  end

  // ---- the two paths ----
  logic               array_y_valid, lanes_y_valid;
  logic [32*COLS-1:0] array_y, lanes_y;

  systole_array #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .MAC_LATENCY(MAC_LATENCY), .WEIGHT_PLANES(WEIGHT_PLANES),
    .WORD_BYTES(WORD_BYTES), .BODY(BODY)
  ) u_array (
    .clk_i, .rst_ni,
    .w_valid_i(aw_we),
    .w_plane_i(w_plane),
    .w_fp_i(w_fp),
    .w_row_i(`FAULT(weight_row, $clog2(ROWS), w_row)),
    .w_data_i(`FAULT(weight_data, RowsPerWord * COLS * Ew, aw_data)),
    .x_valid_i(v3_q && mode3_q == 2'(MODE_MATRIX)),
    .x_fp_i(fp3_q),
    .x_plane_i(plane3_q),
    .x_skip_i(`FAULT(vector_skip, ROWS, skip_q[ROWS-1:0])),
    .x_data_i(`FAULT(vector_data, ROWS * Ew, x_q[ROWS*Ew-1:0])),
    .p_data_i(`FAULT(partial, 32 * COLS, p_q)),
    .y_valid_o(array_y_valid),
    .y_data_o(array_y)
  );

  // Weights of the lanes: a row a tap. The newest vector meets the last tap, in the low bits; taps that a tile does not have are zero.
  localparam int unsigned LaneBits = LANE_TAPS * COLS * Ew;
  logic [LaneBits-1:0] lane_weights[WEIGHT_PLANES];
  always_ff @(posedge clk_i) begin : lane_planes
    if (lw_we) lane_weights[w_plane] <= (lw_first ? '0 : lane_weights[w_plane] << (COLS * Ew)) | LaneBits'(lw_data);
  end

  systole_lanes #(
    .COLS(COLS), .HAS_FP(HAS_FP), .MAC_LATENCY(MAC_LATENCY), .LANE_TAPS(LANE_TAPS)
  ) u_lanes (
    .clk_i, .rst_ni,
    .x_valid_i(v3_q && mode3_q != 2'(MODE_MATRIX) && !feed3_q),
    .x_feed_i(v3_q && feed3_q),
    .x_taps_i(taps3_q),
    .x_mode_i(mode3_q),
    .x_fp_i(fp3_q),
    .x_skip_i(skip_q[COLS-1:0]),
    .x_data_i(x_q[COLS*Ew-1:0]),
    .w_data_i(lane_weights[plane3_q]),
    .p_data_i(p_q),
    .y_valid_o(lanes_y_valid),
    .y_data_o(lanes_y)
  );

  // ---- results: they come back in the order of issue, since a change of path waits until nothing is in flight ----
  logic y_last, flight_ready;
  logic [CAddrBits-1:0] flight_addr;

  systole_fifo #(
    .WIDTH(CAddrBits + 1),
    .DEPTH(FlightDepth)
  ) u_flight (
    .clk_i, .rst_ni,
    .in_valid_i(issue),
    .in_ready_o(flight_ready),
    .in_data_i({last, c_addr[CAddrBits-1:0]}),
    .out_valid_o(in_flight),
    .out_ready_i(y_valid_o),
    .out_data_o({y_last, flight_addr})
  );

  assign y_valid_o = array_y_valid || lanes_y_valid;
  assign y_addr_o = `FAULT(result_addr, CAddrBits, flight_addr);
  assign y_data_o = `FAULT(result_data, 32 * COLS, array_y_valid ? array_y : lanes_y);

  always_ff @(posedge clk_i) begin : finish
    done_o <= y_valid_o && y_last && rst_ni;
  end

  assign idle_o = !a_req_o && !in_flight && !x_valid && x_ready && w_ready && !done_o;

  `ASSERT(FeedLanes_A, !feed || (mode == 2'(MODE_DEPTHWISE) && taps))
  `ASSERT(FlightRoom_A, !issue || flight_ready)
  `ASSERT(FlightKnown_A, !y_valid_o || in_flight)
  `ASSERT(OnePath_A, !(array_y_valid && lanes_y_valid))

endmodule
`default_nettype wire
