// SPDX-License-Identifier: Apache-2.0
//
// Body 1 of systole_array: a grid of systole_pe, what is synthesised.
//
// A vector's element r waits r * MAC_LATENCY cycles and is then given to all of row r at once;
// partial sums move down a row each MAC_LATENCY cycles, side by side, so nothing is skewed across
// the columns. Purpose, latency, throughput, handshake and legal parameters are systole_array's; so
// are the ports.
`default_nettype none

module systole_array_pe
`include "systole_array_ports.svh"

  localparam int unsigned Latency = ROWS * MAC_LATENCY + 1;
  localparam int unsigned Half = (RPW > 1) ? RPW / 2 : 1;  // rows in a group of bf16

  logic [Latency-1:0] valid_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Latency-2:0], x_valid_i};
  end
  assign y_valid_o = valid_q[Latency-1];

  if (RPW > ROWS) begin : gen_unused
    logic unused;
    assign unused = ^w_data_i[RPW*COLS*EW-1:ROWS*COLS*EW];
  end

  // What a whole row shares; stage d is d cycles old.
  localparam int unsigned Wait = (ROWS - 1) * MAC_LATENCY;
  localparam int unsigned TagBits = 1 + PlaneBits;
  logic [TagBits-1:0] tag[Wait+1];
  assign tag[0] = {x_fp_i, x_plane_i};
  for (genvar d = 1; d <= Wait; d++) begin : gen_tag
    always_ff @(posedge clk_i) tag[d] <= tag[d-1];
  end

  logic [31:0] acc[(ROWS+1)*COLS];

  for (genvar j = 0; j < COLS; j++) begin : gen_edge
    always_ff @(posedge clk_i) acc[j] <= p_data_i[j*32+:32];
    assign y_data_o[j*32+:32] = acc[ROWS*COLS+j];
  end

  for (genvar r = 0; r < ROWS; r++) begin : gen_row
    localparam int unsigned Age = r * MAC_LATENCY;
    logic [EW:0] x[Age+1];
    assign x[0] = {x_skip_i[r], x_data_i[r*EW+:EW]};
    for (genvar d = 1; d <= Age; d++) begin : gen_skew
      always_ff @(posedge clk_i) x[d] <= x[d-1];
    end

    // A group is aligned to its own number of rows, so a row has one place in it for each type.
    logic row_int, row_fp, row_we;
    assign row_int = w_row_i == RowBits'(r - r % RPW);
    assign row_fp  = w_row_i == RowBits'(r - r % Half);
    assign row_we  = w_valid_i & ((HAS_FP && w_fp_i) ? row_fp : row_int);

    for (genvar j = 0; j < COLS; j++) begin : gen_col
      logic [EW-1:0] w;
      assign w = (HAS_FP && w_fp_i) ? w_data_i[((r%Half)*COLS+j)*EW+:EW]
                                    : w_data_i[((r%RPW)*COLS+j)*EW+:EW];
      systole_pe #(
          .HAS_FP(HAS_FP),
          .MAC_LATENCY(MAC_LATENCY),
          .WEIGHT_PLANES(WEIGHT_PLANES)
      ) u_pe (
          .clk_i(clk_i),
          .w_valid_i(row_we),
          .w_plane_i(w_plane_i),
          .w_data_i(w),
          .x_fp_i(tag[Age][PlaneBits] & HAS_FP),
          .x_skip_i(x[Age][EW]),
          .x_plane_i(tag[Age][PlaneBits-1:0]),
          .x_data_i(x[Age][EW-1:0]),
          .acc_i(acc[r*COLS+j]),
          .acc_o(acc[(r+1)*COLS+j])
      );
    end
  end

endmodule
`default_nettype wire
