// SPDX-License-Identifier: Apache-2.0
//
// A number as the output's type: itself, fp32 with one NaN, bf16, or an integer and its zero point.
//
// Latency      post_cycles(POST_LESS_STEPS, POST_LATENCY)
// Throughput   one number a cycle
`default_nettype none

module systole_post_type
  import systole_pkg::*;
  import systole_fp_pkg::*;
  import systole_post_pkg::*;
#(
    parameter int unsigned HAS_FP       = 1,
    parameter int unsigned POST_LATENCY = 7
) (
    input  wire logic        clk_i,
    input  wire logic [31:0] x_i,
    input  wire logic [2:0]  out_i,
    input  wire logic [31:0] o_zp_i,
    output wire logic [31:0] y_o
);

  function automatic int unsigned cycles(input int unsigned k);
    return 32'(post_cut(k, POST_LESS_STEPS, POST_LATENCY));
  endfunction

  // 1. Cut; what stays a number is ready.
  logic [25:0] cut1;
  logic [31:0] x, x1, zp1;
  logic        whole1;
  always_comb begin : numbers
    x = x_i;
    if (out_i == 3'(OUT_F32) && fp_is_nan(x_i)) x = FP_NAN;
    if (HAS_FP != 0 && out_i == 3'(OUT_BF16)) x = {16'd0, fp_to_bf16(x_i)};
  end
  systole_post_cut #(
      .WIDTH (26 + 1 + 2 * 32),
      .CYCLES(cycles(1))
  ) u_cut (
      .clk_i(clk_i),
      .d_i  ({fp_int_cut(x_i), out_i == 3'(OUT_I8) || out_i == 3'(OUT_U8), x, o_zp_i}),
      .q_o  ({cut1, whole1, x1, zp1})
  );

  // 2. Rounded.
  logic [31:0] mag2, x2, zp2;
  logic        whole2;
  systole_post_cut #(
      .WIDTH (1 + 3 * 32),
      .CYCLES(cycles(2))
  ) u_round (
      .clk_i(clk_i),
      .d_i  ({whole1, fp_int_round(x1, cut1), x1, zp1}),
      .q_o  ({whole2, mag2, x2, zp2})
  );

  // 3. Sign and zero point, of which eight bits are left.
  logic [7:0] whole;
  logic       unused_high;
  assign whole = x2[31] ? zp2[7:0] - mag2[7:0] : zp2[7:0] + mag2[7:0];
  assign unused_high = ^{mag2[31:8], zp2[31:8]};
  systole_post_cut #(
      .WIDTH (32),
      .CYCLES(cycles(3))
  ) u_chosen (
      .clk_i(clk_i),
      .d_i  (whole2 ? {24'd0, whole} : x2),
      .q_o  (y_o)
  );

endmodule
`default_nettype wire
