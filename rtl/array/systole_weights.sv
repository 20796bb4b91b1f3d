// SPDX-License-Identifier: Apache-2.0
// Reads the tiles of weights of MATMUL instructions out of WPAD, ahead of the vectors that need them.
//
// Handshake: an instruction is taken when insn_valid_i && insn_ready_o; the next one as soon as the last word of the last is
// asked for. Throughput: one word of WPAD a cycle, across tiles and instructions, while there is a free plane. A plane is free
// when its vectors are all past the row that would be overwritten: SafeCycles after release_i.
// Latency: a word asked for in cycle t reaches the array's write port in cycle t + 3; tile_loaded_o tells from cycle
// t + 1 on that vectors which enter the sequencer's pipe (also three cycles deep) find it.
// Legal parameters: those of systole_core.
`default_nettype none
module systole_weights
  import systole_pkg::*;
#(
  parameter int unsigned ROWS = 16,
  parameter int unsigned COLS = 16,
  parameter bit          HAS_FP = 1'b1,
  parameter int unsigned WORD_BYTES = 64,
  parameter int unsigned WPAD_BYTES = 262144,
  parameter int unsigned MAC_LATENCY = 4,
  parameter int unsigned WEIGHT_PLANES = 4,
  parameter int unsigned LANE_TAPS = 3,
  localparam int unsigned PlaneBits = $clog2(WEIGHT_PLANES),
  localparam int unsigned WordBits = $clog2(WORD_BYTES),
  localparam int unsigned WordAddrBits = $clog2(WPAD_BYTES / WORD_BYTES),
  localparam int unsigned Ew = HAS_FP ? 16 : 9,
  localparam int unsigned RowsPerWord = WORD_BYTES / COLS,
  localparam int unsigned RowBits = $clog2(ROWS)
) (
  input  wire                            clk_i,
  input  wire                            rst_ni,
  input  wire                            insn_valid_i,
  output logic                           insn_ready_o,
  input  matmul_insn_t                   insn_i,
  // WPAD
  output logic                           w_req_o,
  output logic [WordAddrBits-1:0]        w_addr_o,
  input  wire  [8*WORD_BYTES-1:0]        w_data_i,
  // to the planes of the array and of the lanes
  output logic                           array_we_o,
  output logic                           lanes_we_o,
  output logic                           fp_o,
  output logic [PlaneBits-1:0]           plane_o,
  output logic [RowBits-1:0]             row_o,
  output logic [RowsPerWord*COLS*Ew-1:0] data_o,
  output logic [COLS*Ew-1:0]             lanes_data_o,
  output logic                           lanes_first_o,  // tap of its tile: those that follow push it on
  // which planes hold a whole tile; the one that the vectors are done with
  output logic [WEIGHT_PLANES-1:0]       tile_loaded_o,
  input  wire                            release_i,
  input  wire  [PlaneBits-1:0]           release_plane_i
);

  // The last vector of a tile, issued in cycle t, meets row r in t + 3 + r * MAC_LATENCY; a read in cycle u rewrites row r in
  // u + 3 + r / RowsPerWord. With u >= t + 1 + SafeCycles no row is rewritten too early.
  localparam int unsigned SafeCycles = (ROWS - 1) * MAC_LATENCY - ROWS / RowsPerWord + 1;
  localparam int unsigned HoldBits = (SafeCycles > 0) ? $clog2(SafeCycles + 1) : 1;
  localparam int unsigned IntWords = ROWS * COLS / WORD_BYTES;  // words of an int8 tile
  localparam int unsigned MostWords = (2 * IntWords > LANE_TAPS) ? 2 * IntWords : LANE_TAPS;
  localparam int unsigned CountBits = $clog2(MostWords + 1);

  matmul_insn_t             insn_q;
  logic                     run_q;
  logic [15:0]              kh_q, kw_q, kc_q, n_q;
  logic [31:0]              addr_q;
  logic [CountBits-1:0]     word_q;
  logic [PlaneBits-1:0]     plane_q;
  logic [WEIGHT_PLANES-1:0] taken_q, loaded_q;
  logic [WEIGHT_PLANES-1:0] held;

  logic                 lanes, fp, tile_first, tile_last, insn_last, read, has_tiles;
  logic [CountBits-1:0] last_word_q;

  assign has_tiles = insn_i.mode == 2'(MODE_MATRIX) || insn_i.mode == 2'(MODE_DEPTHWISE);
  assign lanes = insn_q.mode == 2'(MODE_DEPTHWISE);
  assign fp = HAS_FP && insn_q.dtype == 1'(DTYPE_BF16);
  assign tile_first = word_q == '0;
  assign tile_last = word_q == last_word_q;
  assign insn_last = tile_last && n_q == 16'd1 && kc_q == 16'd1 && kw_q == 16'd1 && kh_q == 16'd1;
  assign read = run_q && (!tile_first || (!taken_q[plane_q] && !held[plane_q]));

  assign insn_ready_o = !run_q || (read && insn_last);
  assign w_req_o = read;
  assign w_addr_o = addr_q[WordBits+:WordAddrBits];
  assign tile_loaded_o = loaded_q;

  always_ff @(posedge clk_i) begin : walk
    if (read) begin
      addr_q <= addr_q + (!lanes ? 32'(WORD_BYTES) : fp ? 32'(2 * COLS) : 32'(COLS));
      word_q <= tile_last ? '0 : word_q + 1'b1;
      if (tile_last) begin
        plane_q <= plane_q + 1'b1;
        n_q <= n_q - 1'b1;
        if (n_q == 16'd1) begin
          n_q  <= insn_q.n;
          kc_q <= kc_q - 1'b1;
          if (kc_q == 16'd1) begin
            kc_q <= insn_q.taps[0] ? 16'd1 : insn_q.kc;
            kw_q <= kw_q - 1'b1;
            if (kw_q == 16'd1) begin
              kw_q <= insn_q.kw;
              kh_q <= kh_q - 1'b1;
            end
          end
        end
        if (insn_last) run_q <= 1'b0;
      end
    end
    if (insn_valid_i && insn_ready_o) begin
      run_q  <= has_tiles;
      kh_q   <= insn_i.kh;
      kw_q   <= insn_i.kw;
      kc_q   <= insn_i.taps[0] ? 16'd1 : insn_i.kc;
      n_q    <= insn_i.n;
      addr_q <= insn_i.w_base;
      last_word_q <= CountBits'(IntWords - 1);
      if (HAS_FP && insn_i.dtype == 1'(DTYPE_BF16)) last_word_q <= CountBits'(2 * IntWords - 1);
      if (insn_i.mode == 2'(MODE_DEPTHWISE)) last_word_q <= insn_i.taps[0] ? CountBits'(insn_i.kc - 16'd1) : '0;
    end
    if (!rst_ni) begin
      run_q   <= 1'b0;
      word_q  <= '0;
      plane_q <= '0;
    end
  end

  // A block of its own: nothing in it reads the instruction, so a simulator need not copy that in every cycle.
  always_ff @(posedge clk_i) begin : take_in
    if (insn_valid_i && insn_ready_o) insn_q <= insn_i;
  end

  always_ff @(posedge clk_i) begin : planes
    if (read) begin
      taken_q[plane_q] <= 1'b1;
      if (tile_last) loaded_q[plane_q] <= 1'b1;
    end
    if (release_i) begin
      taken_q[release_plane_i]  <= 1'b0;
      loaded_q[release_plane_i] <= 1'b0;
    end
    if (!rst_ni) begin
      taken_q  <= '0;
      loaded_q <= '0;
    end
  end

  for (genvar i = 0; i < WEIGHT_PLANES; i++) begin : gen_hold
    logic [HoldBits-1:0] left_q;
    assign held[i] = left_q != '0;
    always_ff @(posedge clk_i) begin
      if (held[i]) left_q <= left_q - 1'b1;
      if (release_i && release_plane_i == PlaneBits'(i)) left_q <= HoldBits'(SafeCycles);
      if (!rst_ni) left_q <= '0;
    end
  end

  // What goes with the word that comes back two cycles later.
  logic                 v1_q, v2_q, lanes1_q, lanes2_q, first1_q, first2_q, fp1_q, fp2_q, uns1_q, uns2_q;
  logic [7:0]           zp1_q, zp2_q;
  logic [PlaneBits-1:0] plane1_q, plane2_q;
  logic [RowBits-1:0]   row1_q, row2_q;
  logic [WordBits-1:0]  off1_q, off2_q;

  always_ff @(posedge clk_i) begin : follow
    v1_q <= read && rst_ni;
    v2_q <= v1_q && rst_ni;
    if (read) begin
      lanes1_q <= lanes;
      first1_q <= tile_first;
      fp1_q    <= fp;
      uns1_q   <= insn_q.b_unsigned;
      zp1_q    <= insn_q.b_zp;
      plane1_q <= plane_q;
      row1_q   <= fp ? RowBits'(32'(word_q) * RowsPerWord / 2) : RowBits'(32'(word_q) * RowsPerWord);
      off1_q   <= addr_q[WordBits-1:0];
    end
    if (v1_q) begin
      lanes2_q <= lanes1_q;
      first2_q <= first1_q;
      fp2_q    <= fp1_q;
      uns2_q   <= uns1_q;
      zp2_q    <= zp1_q;
      plane2_q <= plane1_q;
      row2_q   <= row1_q;
      off2_q   <= off1_q;
    end
  end

  // Elements of the word as the array wants them: 9-bit differences from the zero point, or bf16.
  logic [8:0] zp9;
  assign zp9 = {!uns2_q && zp2_q[7], zp2_q};

  // Three loops over the fours of bytes in a word, each of at most four steps where a word has at most 256 bytes.
  localparam int unsigned Inner = (WORD_BYTES < 16) ? WORD_BYTES / 4 : 4;
  localparam int unsigned Middle = (WORD_BYTES < 64) ? WORD_BYTES / (4 * Inner) : 4;
  localparam int unsigned Outer = WORD_BYTES / (4 * Inner * Middle);

  // Functions, called where a word is delivered: a simulator then computes nothing in the other cycles. Four bytes a step, and
  // loops of at most four steps: those are unrolled, and what is constant in a step is cheap to simulate.
  function automatic logic [4*Ew-1:0] four_int(input logic [31:0] b, input logic uns, input logic [8:0] zp);
    return {Ew'($signed(9'({!uns && b[31], b[31:24]} - zp))), Ew'($signed(9'({!uns && b[23], b[23:16]} - zp))),
            Ew'($signed(9'({!uns && b[15], b[15:8]} - zp))), Ew'($signed(9'({!uns && b[7], b[7:0]} - zp)))};
  endfunction

  function automatic logic [RowsPerWord*COLS*Ew-1:0] word_int(input logic [8*WORD_BYTES-1:0] bytes, input logic uns,
      input logic [8:0] zp);
    logic [RowsPerWord*COLS*Ew-1:0] elements;
    for (int unsigned k = 0; k < Outer; k++) begin
      for (int unsigned h = 0; h < Middle; h++) begin
        for (int unsigned g = 0; g < Inner; g++) begin
          elements[4*((k*Middle+h)*Inner+g)*Ew+:4*Ew] = four_int(bytes[32*((k*Middle+h)*Inner+g)+:32], uns, zp);
        end
      end
    end
    return elements;
  endfunction

  function automatic logic [COLS*Ew-1:0] lane_int(input logic [8*COLS-1:0] bytes, input logic uns, input logic [8:0] zp);
    logic [COLS*Ew-1:0] elements;
    for (int unsigned h = 0; h < COLS / 4; h++) elements[4*h*Ew+:4*Ew] = four_int(bytes[32*h+:32], uns, zp);
    return elements;
  endfunction

  always_ff @(posedge clk_i) begin : deliver
    array_we_o <= v2_q && !lanes2_q && rst_ni;
    lanes_we_o <= v2_q && lanes2_q && rst_ni;
    if (v2_q) begin
      fp_o    <= fp2_q;
      plane_o <= plane2_q;
      row_o   <= row2_q;
      lanes_first_o <= first2_q;
    end
  end

  if (HAS_FP) begin : gen_fp
    always_ff @(posedge clk_i) begin : deliver_data
      if (v2_q && !lanes2_q) begin
        if (fp2_q) data_o <= {{(8 * WORD_BYTES) {1'b0}}, w_data_i};
        if (!fp2_q) data_o <= word_int(w_data_i, uns2_q, zp9);
      end
      if (v2_q && lanes2_q) begin
        if (fp2_q) lanes_data_o <= w_data_i[8*off2_q+:16*COLS];
        if (!fp2_q) lanes_data_o <= lane_int(w_data_i[8*off2_q+:8*COLS], uns2_q, zp9);
      end
    end
  end else begin : gen_int_only
    always_ff @(posedge clk_i) begin : deliver_data
      if (v2_q && !lanes2_q) data_o <= word_int(w_data_i, uns2_q, zp9);
      if (v2_q && lanes2_q) lanes_data_o <= lane_int(w_data_i[8*off2_q+:8*COLS], uns2_q, zp9);
    end
  end

endmodule
`default_nettype wire
