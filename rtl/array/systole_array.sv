// SPDX-License-Identifier: Apache-2.0
//
// The array: a vector x of ROWS elements times a tile of ROWS x COLS weights, added to a vector of
// COLS partial sums that enters at the top. Row r does
// acc = skip[r] ? acc : mac(x[r], w[r][j], acc), rows in ascending order, so the sums of the tile
// before are simply continued.
//
// Latency    ROWS * MAC_LATENCY + 1 cycles from x_valid_i to y_valid_o, for every body.
// Throughput one vector a cycle; weights may be written at the same time, a group of rows a cycle.
// Handshake  none: what enters comes out. y_data_o means nothing while y_valid_o is low.
// Weights    A vector that enters in cycle t needs its plane written in cycle t - 1 or before.
//            Row r of that plane may be written again from cycle t + r * MAC_LATENCY on.
// Legal      ROWS, COLS powers of two from 4 to 64; WEIGHT_PLANES 2, 4 or 8; MAC_LATENCY 1 to 16;
//            WORD_BYTES a power of two, at least COLS * (HAS_FP ? 2 : 1).
//
// BODY 1 is the grid of systole_pe that is synthesised. Bodies 0 and 2 are written for the simulator:
// they make the whole sum where the vector enters and delay the result, the first in loops, the
// other in a function in C. All are equal at the ports.
`default_nettype none

// The top has one parameter more than its bodies: which of them.
`define SYSTOLE_ARRAY_BODY
module systole_array
`include "systole_array_ports.svh"
`undef SYSTOLE_ARRAY_BODY

  if (ROWS < 4 || ROWS > 64 || (ROWS & (ROWS - 1)) != 0)
    $error("ROWS must be a power of two from 4 to 64");
  if (COLS < 4 || COLS > 64 || (COLS & (COLS - 1)) != 0)
    $error("COLS must be a power of two from 4 to 64");
  if (WEIGHT_PLANES < 2 || WEIGHT_PLANES > 8 || (WEIGHT_PLANES & (WEIGHT_PLANES - 1)) != 0)
    $error("WEIGHT_PLANES must be 2, 4 or 8");
  if (MAC_LATENCY < 1 || MAC_LATENCY > 16) $error("MAC_LATENCY must be 1 to 16");
  if (WORD_BYTES < COLS * (HAS_FP ? 2 : 1) || (WORD_BYTES & (WORD_BYTES - 1)) != 0)
    $error("WORD_BYTES must be a power of two and hold a row of weights");

  if (BODY == 0) begin : gen_loops
    systole_array_loops #(
        .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .MAC_LATENCY(MAC_LATENCY),
        .WEIGHT_PLANES(WEIGHT_PLANES), .WORD_BYTES(WORD_BYTES)
    ) u_array (
        .clk_i, .rst_ni, .w_valid_i, .w_plane_i, .w_fp_i, .w_row_i, .w_data_i,
        .x_valid_i, .x_fp_i, .x_plane_i, .x_skip_i, .x_data_i, .p_data_i, .y_valid_o, .y_data_o
    );
  end else if (BODY == 1) begin : gen_pe
    systole_array_pe #(
        .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .MAC_LATENCY(MAC_LATENCY),
        .WEIGHT_PLANES(WEIGHT_PLANES), .WORD_BYTES(WORD_BYTES)
    ) u_array (
        .clk_i, .rst_ni, .w_valid_i, .w_plane_i, .w_fp_i, .w_row_i, .w_data_i,
        .x_valid_i, .x_fp_i, .x_plane_i, .x_skip_i, .x_data_i, .p_data_i, .y_valid_o, .y_data_o
    );
`ifdef VERILATOR
  end else if (BODY == 2) begin : gen_dpi
    systole_array_dpi #(
        .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .MAC_LATENCY(MAC_LATENCY),
        .WEIGHT_PLANES(WEIGHT_PLANES), .WORD_BYTES(WORD_BYTES)
    ) u_array (
        .clk_i, .rst_ni, .w_valid_i, .w_plane_i, .w_fp_i, .w_row_i, .w_data_i,
        .x_valid_i, .x_fp_i, .x_plane_i, .x_skip_i, .x_data_i, .p_data_i, .y_valid_o, .y_data_o
    );
`endif
  end else begin : gen_none
    $error("BODY must be 0 or 1, or 2 in Verilator");
  end

endmodule
`default_nettype wire
