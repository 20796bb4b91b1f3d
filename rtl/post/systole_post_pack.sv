// SPDX-License-Identifier: Apache-2.0
//
// The last four steps of a product, a sum or a conversion: fp_pack, then what is not finite, then
// what goes past the arithmetic.
//
// Latency      the registers that CUTS names: bit k is the one behind step k, of zeros, shift,
//              rounding, placing
// Throughput   one number a cycle
`default_nettype none

module systole_post_pack
  import systole_fp_pkg::*;
#(
    parameter bit [3:0] CUTS = 4'b1111
) (
    input  wire logic        clk_i,
    input  wire logic        sign_i,
    input  wire logic [11:0] e_i,
    input  wire logic [63:0] sig_i,
    input  wire logic        nan_i,
    input  wire logic        inf_i,   // with the sign above
    input  wire logic        on_i,    // else past_i
    input  wire logic [31:0] past_i,
    output wire logic [31:0] y_o
);

  localparam int unsigned SideBits = 1 + 1 + 1 + 1 + 32;  // sign, nan, inf, on, past

  logic [SideBits-1:0] side1, side2, side3;

  // 1. Zeros.
  logic [5:0]  lz1;
  logic [11:0] e1;
  logic [63:0] sig1;
  systole_post_cut #(
      .WIDTH (6 + 12 + 64 + SideBits),
      .CYCLES(32'(CUTS[0]))
  ) u_zeros (
      .clk_i(clk_i),
      .d_i  ({fp_zeros(sig_i), e_i, sig_i, sign_i, nan_i, inf_i, on_i, past_i}),
      .q_o  ({lz1, e1, sig1, side1})
  );

  // 2. Shift.
  logic [5:0]  shl;
  logic [11:0] er2;
  logic [63:0] q2;
  assign shl = fp_left({20'd0, e1}, lz1);
  systole_post_cut #(
      .WIDTH (12 + 64 + SideBits),
      .CYCLES(32'(CUTS[1]))
  ) u_shift (
      .clk_i(clk_i),
      .d_i  ({12'(fp_lower({20'd0, e1}, shl)), sig1 << shl, side1}),
      .q_o  ({er2, q2, side2})
  );

  // 3. Rounding. A number is zero when nothing was there to shift.
  logic [11:0] er3;
  logic [24:0] m3;
  logic        zero3;
  systole_post_cut #(
      .WIDTH (12 + 25 + 1 + SideBits),
      .CYCLES(32'(CUTS[2]))
  ) u_round (
      .clk_i(clk_i),
      .d_i  ({er2, 25'(fp_round(q2)), q2 == 64'd0, side2}),
      .q_o  ({er3, m3, zero3, side3})
  );

  // 4. Placing.
  logic        sign, nan, inf, on;
  logic [31:0] past, finite;
  assign {sign, nan, inf, on, past} = side3;
  assign finite = fp_place(sign, zero3, {20'd0, er3}, {7'd0, m3});
  systole_post_cut #(
      .WIDTH (32),
      .CYCLES(32'(CUTS[3]))
  ) u_place (
      .clk_i(clk_i),
      .d_i  (on ? fp_special(nan, inf, sign, finite) : past),
      .q_o  (y_o)
  );

endmodule
`default_nettype wire
