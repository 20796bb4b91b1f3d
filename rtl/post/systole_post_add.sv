// SPDX-License-Identifier: Apache-2.0
//
// fp_add in steps, or a number that goes past it.
//
// Latency      POST_LATENCY
// Throughput   one sum a cycle
`default_nettype none

module systole_post_add
  import systole_fp_pkg::*;
  import systole_post_pkg::*;
#(
    parameter int unsigned POST_LATENCY = 7
) (
    input  wire logic        clk_i,
    input  wire logic [31:0] a_i,
    input  wire logic [31:0] b_i,
    input  wire logic        on_i,  // else a_i
    output wire logic [31:0] y_o
);

  function automatic int unsigned cycles(input int unsigned k);
    return 32'(post_cut(k, POST_FLOAT_STEPS, POST_LATENCY));
  endfunction

  localparam int unsigned SideBits = 1 + 1 + 1 + 1 + 32;  // sign of Inf, nan, inf, on, past

  // 1. The larger one, and how far the smaller one is below it.
  logic                swap, sbig1, ssml1;
  logic [5:0]          apart1;
  logic [11:0]         e1;
  logic [23:0]         big1, sml1;
  logic [SideBits-1:0] side1, side2;
  assign swap = fp_exp(a_i) < fp_exp(b_i);
  systole_post_cut #(
      .WIDTH (6 + 12 + 2 * 25 + SideBits),
      .CYCLES(cycles(1))
  ) u_swap (
      .clk_i(clk_i),
      .d_i  ({fp_apart(fp_exp(a_i), fp_exp(b_i)), 12'((swap ? fp_exp(b_i) : fp_exp(a_i)) + 32'd1024),
              swap ? {b_i[31], fp_sig(b_i)} : {a_i[31], fp_sig(a_i)},
              swap ? {a_i[31], fp_sig(a_i)} : {b_i[31], fp_sig(b_i)},
              fp_is_inf(a_i) ? a_i[31] : b_i[31], fp_add_nan(a_i, b_i), fp_is_inf(a_i) | fp_is_inf(b_i),
              on_i, a_i}),
      .q_o  ({apart1, e1, sbig1, big1, ssml1, sml1, side1})
  );

  // 2. Shift to the right.
  logic        sbig2, ssml2;
  logic [11:0] e2;
  logic [23:0] big2;
  logic [50:0] cut2;
  systole_post_cut #(
      .WIDTH (51 + 12 + 1 + 24 + 1 + SideBits),
      .CYCLES(cycles(2))
  ) u_right (
      .clk_i(clk_i),
      .d_i  ({51'(fp_right({13'd0, sml1, 27'd0}, apart1)), e1, sbig1, big1, ssml1, side1}),
      .q_o  ({cut2, e2, sbig2, big2, ssml2, side2})
  );

  // 3. Sum or difference.
  logic [63:0] sum, mag;
  logic        inf_sign, nan, inf, on, sign3, nan3, inf3, on3;
  logic [11:0] e3;
  logic [51:0] mag3;
  logic [31:0] past, past3;
  assign {inf_sign, nan, inf, on, past} = side2;
  assign sum = fp_sum_sig(sbig2 ^ ssml2, {13'd0, big2, 27'd0}, {13'd0, cut2});
  assign mag = fp_sum_mag(sum);
  systole_post_cut #(
      .WIDTH (52 + 12 + SideBits),
      .CYCLES(cycles(3))
  ) u_sum (
      .clk_i(clk_i),
      .d_i  ({mag[51:0], e2, inf ? inf_sign : fp_sum_sign(sbig2, ssml2, sum), nan, inf, on, past}),
      .q_o  ({mag3, e3, sign3, nan3, inf3, on3, past3})
  );
  logic unused_mag;
  assign unused_mag = ^mag[63:52];

  // 4 to 7.
  systole_post_pack #(
      .CUTS({post_cut(7, POST_FLOAT_STEPS, POST_LATENCY), post_cut(6, POST_FLOAT_STEPS, POST_LATENCY),
             post_cut(5, POST_FLOAT_STEPS, POST_LATENCY), post_cut(4, POST_FLOAT_STEPS, POST_LATENCY)})
  ) u_pack (
      .clk_i (clk_i),
      .sign_i(sign3),
      .e_i   (e3),
      .sig_i ({12'd0, mag3}),
      .nan_i (nan3),
      .inf_i (inf3),
      .on_i  (on3),
      .past_i(past3),
      .y_o   (y_o)
  );

endmodule
`default_nettype wire
