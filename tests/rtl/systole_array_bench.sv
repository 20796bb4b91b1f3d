// SPDX-License-Identifier: Apache-2.0
//
// The three bodies of systole_array on the same inputs, and systole_lanes, for a bench in C. The ports
// have the widths of the largest array, one element in each 16 bits: the same for every size.
// Latency, throughput and handshake are those of the modules inside.
`default_nettype none

module systole_array_bench #(
    parameter int unsigned ROWS = 8,
    parameter int unsigned COLS = 8,
    parameter bit HAS_FP = 1'b1,
    parameter int unsigned MAC_LATENCY = 1,
    parameter int unsigned WEIGHT_PLANES = 2,
    parameter int unsigned WORD_BYTES = 16,
    parameter int unsigned LANE_TAPS = 3,
    localparam int unsigned EW = HAS_FP ? 16 : 9,
    localparam int unsigned RPW = WORD_BYTES / COLS,
    localparam int unsigned RowBits = $clog2(ROWS),
    localparam int unsigned PlaneBits = $clog2(WEIGHT_PLANES)
) (
    input wire logic clk_i,
    input wire logic rst_ni,

    input wire logic           w_valid_i,
    input wire logic [    7:0] w_plane_i,
    input wire logic           w_fp_i,
    input wire logic [    7:0] w_row_i,
    input wire logic [64*16-1:0] w_data_i,

    input wire logic           x_valid_i,
    input wire logic           x_fp_i,
    input wire logic [    7:0] x_plane_i,
    input wire logic [   63:0] x_skip_i,
    input wire logic [64*16-1:0] x_data_i,
    input wire logic [64*32-1:0] p_data_i,

    // The lanes take fp, skip, data and sums from the vectors, and their weights from w_data_i.
    input wire logic           lane_valid_i,
    input wire logic [    7:0] lane_mode_i,
    input wire logic           lane_feed_i,
    input wire logic           lane_taps_i,

    // Body b at bit b, and at b * 64 * 32.
    output logic [        2:0] body_valid_o,
    output logic [3*64*32-1:0] body_data_o,
    output logic             lanes_valid_o,
    output logic [64*32-1:0] lanes_data_o
);

  logic [ROWS*EW-1:0] x;
  logic [RPW*COLS*EW-1:0] w;
  logic [COLS*EW-1:0] lane_x;
  logic [LANE_TAPS*COLS*EW-1:0] lane_w;
  logic [COLS*32-1:0] data[3];

  for (genvar g = 0; g < ROWS; g++) begin : gen_x
    assign x[g*EW+:EW] = x_data_i[g*16+:EW];
  end
  for (genvar g = 0; g < RPW * COLS; g++) begin : gen_w
    assign w[g*EW+:EW] = w_data_i[g*16+:EW];
  end
  for (genvar g = 0; g < COLS; g++) begin : gen_lane
    assign lane_x[g*EW+:EW] = x_data_i[g*16+:EW];
  end
  for (genvar g = 0; g < LANE_TAPS * COLS; g++) begin : gen_lane_w
    assign lane_w[g*EW+:EW] = w_data_i[g*16+:EW];
  end

  for (genvar b = 0; b < 3; b++) begin : gen_body
    systole_array #(
        .ROWS(ROWS),
        .COLS(COLS),
        .HAS_FP(HAS_FP),
        .MAC_LATENCY(MAC_LATENCY),
        .WEIGHT_PLANES(WEIGHT_PLANES),
        .WORD_BYTES(WORD_BYTES),
        .BODY(b)
    ) u_array (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .w_valid_i(w_valid_i),
        .w_plane_i(w_plane_i[PlaneBits-1:0]),
        .w_fp_i(w_fp_i),
        .w_row_i(w_row_i[RowBits-1:0]),
        .w_data_i(w),
        .x_valid_i(x_valid_i),
        .x_fp_i(x_fp_i),
        .x_plane_i(x_plane_i[PlaneBits-1:0]),
        .x_skip_i(x_skip_i[ROWS-1:0]),
        .x_data_i(x),
        .p_data_i(p_data_i[COLS*32-1:0]),
        .y_valid_o(body_valid_o[b]),
        .y_data_o(data[b])
    );
  end

  logic [COLS*32-1:0] lanes;
  systole_lanes #(
      .COLS(COLS),
      .HAS_FP(HAS_FP),
      .MAC_LATENCY(MAC_LATENCY),
      .LANE_TAPS(LANE_TAPS)
  ) u_lanes (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .x_valid_i(lane_valid_i),
      .x_feed_i(lane_feed_i),
      .x_taps_i(lane_taps_i),
      .x_mode_i(lane_mode_i[1:0]),
      .x_fp_i(x_fp_i),
      .x_skip_i(x_skip_i[COLS-1:0]),
      .x_data_i(lane_x),
      .w_data_i(lane_w),
      .p_data_i(p_data_i[COLS*32-1:0]),
      .y_valid_o(lanes_valid_o),
      .y_data_o(lanes)
  );

  always_comb begin
    body_data_o = '0;
    lanes_data_o = '0;
    for (int unsigned b = 0; b < 3; b++) body_data_o[b*64*32+:COLS*32] = data[b];
    lanes_data_o[COLS*32-1:0] = lanes;
  end

  // Smaller arrays leave the upper parts of the ports alone.
  logic unused;
  assign unused = ^{w_plane_i, w_row_i, w_data_i, x_plane_i, x_skip_i, x_data_i, p_data_i,
                    lane_mode_i};

endmodule
`default_nettype wire
