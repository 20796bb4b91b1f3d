// SPDX-License-Identifier: Apache-2.0
//
// fp_from_int(x - zp) in steps, or a number that goes past it.
//
// Latency      post_cycles(POST_INT_STEPS, POST_LATENCY)
// Throughput   one number a cycle
// Legal        BITS 1 to 32: the difference's magnitude has no more
`default_nettype none

module systole_post_int
  import systole_fp_pkg::*;
  import systole_post_pkg::*;
#(
    parameter int unsigned POST_LATENCY = 7,
    parameter int unsigned BITS         = 32
) (
    input  wire logic        clk_i,
    input  wire logic [31:0] x_i,
    input  wire logic [31:0] zp_i,
    input  wire logic        on_i,    // else past_i
    input  wire logic [31:0] past_i,
    output wire logic [31:0] y_o
);

  function automatic int unsigned cycles(input int unsigned k);
    return 32'(post_cut(k, POST_INT_STEPS, POST_LATENCY));
  endfunction

  localparam logic [31:0] Mask = 32'hffff_ffff >> (32 - BITS);

  // 1. Less the zero point.
  logic [31:0] x1, past1;
  logic        on1;
  systole_post_cut #(
      .WIDTH (32 + 1 + 32),
      .CYCLES(cycles(1))
  ) u_zero_point (
      .clk_i(clk_i),
      .d_i  ({x_i - zp_i, on_i, past_i}),
      .q_o  ({x1, on1, past1})
  );

  // 2. Sign and magnitude.
  logic        sign2, on2;
  logic [31:0] mag2, past2;
  systole_post_cut #(
      .WIDTH (1 + 32 + 1 + 32),
      .CYCLES(cycles(2))
  ) u_magnitude (
      .clk_i(clk_i),
      .d_i  ({x1[31], fp_int_mag(x1) & Mask, on1, past1}),
      .q_o  ({sign2, mag2, on2, past2})
  );

  // 3 to 6.
  systole_post_pack #(
      .CUTS({post_cut(6, POST_INT_STEPS, POST_LATENCY), post_cut(5, POST_INT_STEPS, POST_LATENCY),
             post_cut(4, POST_INT_STEPS, POST_LATENCY), post_cut(3, POST_INT_STEPS, POST_LATENCY)})
  ) u_pack (
      .clk_i (clk_i),
      .sign_i(sign2),
      .e_i   (12'(FP_INT_EXP)),
      .sig_i ({32'd0, mag2}),
      .nan_i (1'b0),
      .inf_i (1'b0),
      .on_i  (on2),
      .past_i(past2),
      .y_o   (y_o)
  );

endmodule
`default_nettype wire
