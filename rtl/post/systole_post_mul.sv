// SPDX-License-Identifier: Apache-2.0
//
// fp_mul in steps, or a number that goes past it.
//
// Latency      POST_LATENCY
// Throughput   one product a cycle
// Legal        A_BITS 1 to 24: all but the highest so many bits of a's mantissa are zero
`default_nettype none

module systole_post_mul
  import systole_fp_pkg::*;
  import systole_post_pkg::*;
#(
    parameter int unsigned POST_LATENCY = 7,
    parameter int unsigned A_BITS       = 24
) (
    input  wire logic        clk_i,
    input  wire logic [31:0] a_i,
    input  wire logic [31:0] b_i,
    input  wire logic        on_i,    // else past_i
    input  wire logic [31:0] past_i,
    output wire logic [31:0] y_o
);

  function automatic int unsigned cycles(input int unsigned k);
    return 32'(post_cut(k, POST_FLOAT_STEPS, POST_LATENCY));
  endfunction

  localparam int unsigned SideBits = 1 + 1 + 1 + 1 + 32;  // sign, nan, inf, on, past
  localparam logic [23:0] AMask    = 24'hff_ffff << (24 - A_BITS);

  // 1. Products of halves of the mantissas, small enough for a multiplier of an FPGA.
  logic [23:0]         a, b, hh1, hl1, lh1, ll1;
  logic [11:0]         e1;
  logic [SideBits-1:0] side1, side2, side3;
  assign a = fp_sig(a_i) & AMask;
  assign b = fp_sig(b_i);
  systole_post_cut #(
      .WIDTH (4 * 24 + 12 + SideBits),
      .CYCLES(cycles(1))
  ) u_parts (
      .clk_i(clk_i),
      .d_i  ({24'(a[23:12]) * 24'(b[23:12]), 24'(a[23:12]) * 24'(b[11:0]),
              24'(a[11:0]) * 24'(b[23:12]), 24'(a[11:0]) * 24'(b[11:0]),
              12'(fp_mul_exp(a_i, b_i)), a_i[31] ^ b_i[31], fp_mul_nan(a_i, b_i),
              fp_is_inf(a_i) | fp_is_inf(b_i), on_i, past_i}),
      .q_o  ({hh1, hl1, lh1, ll1, e1, side1})
  );

  // 2. Their sum; how far below the lowest exponent.
  logic [47:0] p, p2;
  logic [11:0] low, e2, low2;
  assign p   = {hh1, ll1} + {11'd0, 25'(hl1) + 25'(lh1), 12'd0};
  assign low = 12'(fp_mul_low({20'd0, e1}));
  systole_post_cut #(
      .WIDTH (48 + 12 + 12 + SideBits),
      .CYCLES(cycles(2))
  ) u_sum (
      .clk_i(clk_i),
      .d_i  ({p, e1 + low, low, side1}),
      .q_o  ({p2, e2, low2, side2})
  );

  // 3. Shift to the right.
  logic [52:0] cut3;
  logic [11:0] e3;
  systole_post_cut #(
      .WIDTH (53 + 12 + SideBits),
      .CYCLES(cycles(3))
  ) u_right (
      .clk_i(clk_i),
      .d_i  ({53'(fp_mul_right({16'd0, p2}, {20'd0, low2})), e2, side2}),
      .q_o  ({cut3, e3, side3})
  );

  // 4 to 7.
  logic        sign, nan, inf, on;
  logic [31:0] past;
  assign {sign, nan, inf, on, past} = side3;
  systole_post_pack #(
      .CUTS({post_cut(7, POST_FLOAT_STEPS, POST_LATENCY), post_cut(6, POST_FLOAT_STEPS, POST_LATENCY),
             post_cut(5, POST_FLOAT_STEPS, POST_LATENCY), post_cut(4, POST_FLOAT_STEPS, POST_LATENCY)})
  ) u_pack (
      .clk_i (clk_i),
      .sign_i(sign),
      .e_i   (e3),
      .sig_i ({11'd0, cut3}),
      .nan_i (nan),
      .inf_i (inf),
      .on_i  (on),
      .past_i(past),
      .y_o   (y_o)
  );

endmodule
`default_nettype wire
