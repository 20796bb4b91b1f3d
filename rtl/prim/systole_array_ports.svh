// SPDX-License-Identifier: Apache-2.0
// Parameters and ports of systole_array and of each of its bodies, which are the same: included in their module headers.
#(
    parameter int unsigned ROWS = 16,
    parameter int unsigned COLS = 16,
    parameter bit HAS_FP = 1'b1,
    parameter int unsigned MAC_LATENCY = 1,
    parameter int unsigned WEIGHT_PLANES = 2,
    parameter int unsigned WORD_BYTES = 32,
`ifdef SYSTOLE_ARRAY_BODY
    parameter int unsigned BODY = 0,
`endif
    localparam int unsigned EW = HAS_FP ? 16 : 9,
    localparam int unsigned RPW = WORD_BYTES / COLS,
    localparam int unsigned RowBits = $clog2(ROWS),
    localparam int unsigned PlaneBits = $clog2(WEIGHT_PLANES)
) (
    input wire logic clk_i,
    input wire logic rst_ni,

    // Weights: rows w_row_i to w_row_i + RPW - 1 of a plane (bf16: the first RPW / 2 of them), as
    // far as there are such rows. w_row_i is a multiple of the rows that are written.
    input wire logic                   w_valid_i,
    input wire logic [  PlaneBits-1:0] w_plane_i,
    input wire logic                   w_fp_i,
    input wire logic [    RowBits-1:0] w_row_i,
    input wire logic [RPW*COLS*EW-1:0] w_data_i,

    // Vectors, with the partial sums they are added to.
    input wire logic                 x_valid_i,
    input wire logic                 x_fp_i,
    input wire logic [PlaneBits-1:0] x_plane_i,
    input wire logic [     ROWS-1:0] x_skip_i,
    input wire logic [  ROWS*EW-1:0] x_data_i,
    input wire logic [  COLS*32-1:0] p_data_i,

    output logic               y_valid_o,
    output logic [COLS*32-1:0] y_data_o
);
