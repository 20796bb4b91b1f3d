// SPDX-License-Identifier: Apache-2.0
//
// One lane of the post-processing where a step takes several cycles: from an accumulator, its scale
// and its residual to the output's type. systole_post gives each step's settings in the step's time.
//
// Latency      post_total less the table's cycles
// Throughput   one number a cycle
`default_nettype none

module systole_post_lane
  import systole_pkg::*;
  import systole_fp_pkg::*;
  import systole_post_pkg::*;
#(
    parameter int unsigned HAS_FP       = 1,
    parameter int unsigned POST_LATENCY = 7
) (
    input  wire logic        clk_i,

    // Conversion.
    input  wire logic [31:0] acc_i,
    input  wire logic        raw_i,      // it is fp32 already, or stays an integer
    input  wire logic [31:0] scale_i,
    input  wire logic [15:0] res_i,
    input  wire logic [1:0]  res_type_i,
    input  wire logic [31:0] r_zp_i,

    // Product.
    input  wire logic        scale_on_i,
    input  wire logic [31:0] r_scale_i,

    // Sum.
    input  wire logic        res_on_i,

    // Activation.
    input  wire logic        relu_i,
    input  wire logic        leaky_i,
    input  wire logic [31:0] alpha_i,

    // Clamp, and the bounds of an 8-bit output.
    input  wire logic        clamp_i,
    input  wire logic [31:0] lo_i,
    input  wire logic [31:0] hi_i,
    input  wire logic        bound_i,
    input  wire logic [31:0] q_lo_i,
    input  wire logic [31:0] q_hi_i,

    // Type.
    input  wire logic [2:0]  out_i,
    input  wire logic [31:0] o_zp_i,

    output wire logic [31:0] y_o
);

  localparam int unsigned IntCycles = post_cycles(POST_INT_STEPS, POST_LATENCY);

  // -----------------------------------------------------------------------------------------------
  // To fp32.

  logic [31:0] v1, s1, f1, res_int;
  systole_post_int #(
      .POST_LATENCY(POST_LATENCY)
  ) u_acc (
      .clk_i (clk_i),
      .x_i   (acc_i),
      .zp_i  (32'd0),
      .on_i  (!raw_i),
      .past_i(acc_i),
      .y_o   (v1)
  );

  systole_post_cut #(
      .WIDTH (32),
      .CYCLES(IntCycles)
  ) u_scale_wait (
      .clk_i(clk_i),
      .d_i  (scale_i),
      .q_o  (s1)
  );

  assign res_int = {{24{res_i[7] && res_type_i == 2'(RES_I8)}}, res_i[7:0]};
  systole_post_int #(
      .POST_LATENCY(POST_LATENCY),
      .BITS        (8)
  ) u_res (
      .clk_i (clk_i),
      .x_i   (res_int),
      .zp_i  (r_zp_i),
      .on_i  (HAS_FP == 0 || res_type_i != 2'(RES_BF16)),
      .past_i({HAS_FP != 0 ? res_i : 16'd0, 16'd0}),
      .y_o   (f1)
  );

  // -----------------------------------------------------------------------------------------------
  // Scaled; the residual too. Whatever the residual's type, eight bits are its mantissa.

  logic [31:0] v2, f2;
  systole_post_mul #(
      .POST_LATENCY(POST_LATENCY)
  ) u_scale (
      .clk_i (clk_i),
      .a_i   (v1),
      .b_i   (s1),
      .on_i  (scale_on_i),
      .past_i(v1),
      .y_o   (v2)
  );
  systole_post_mul #(
      .POST_LATENCY(POST_LATENCY),
      .A_BITS      (8)
  ) u_res_scale (
      .clk_i (clk_i),
      .a_i   (f1),
      .b_i   (r_scale_i),
      .on_i  (1'b1),
      .past_i(32'd0),
      .y_o   (f2)
  );

  // -----------------------------------------------------------------------------------------------
  // Residual added.

  logic [31:0] v3;
  systole_post_add #(
      .POST_LATENCY(POST_LATENCY)
  ) u_residual (
      .clk_i(clk_i),
      .a_i  (v2),
      .b_i  (f2),
      .on_i (res_on_i),
      .y_o  (v3)
  );

  // -----------------------------------------------------------------------------------------------
  // Activation.

  logic [31:0] v4;
  systole_post_mul #(
      .POST_LATENCY(POST_LATENCY)
  ) u_activation (
      .clk_i (clk_i),
      .a_i   (v3),
      .b_i   (alpha_i),
      .on_i  (leaky_i && fp_less(v3, 32'd0)),
      .past_i(relu_i && !fp_is_nan(v3) && !fp_less(32'd0, v3) ? 32'd0 : v3),
      .y_o   (v4)
  );

  // -----------------------------------------------------------------------------------------------
  // Clamp; bounds of an 8-bit output, where a NaN goes to the lower one.

  logic [31:0] v5, v6;
  systole_post_bound #(
      .POST_LATENCY(POST_LATENCY)
  ) u_clamp (
      .clk_i    (clk_i),
      .on_i     (clamp_i),
      .nan_low_i(1'b0),
      .x_i      (v4),
      .lo_i     (lo_i),
      .hi_i     (hi_i),
      .y_o      (v5)
  );
  systole_post_bound #(
      .POST_LATENCY(POST_LATENCY)
  ) u_bound (
      .clk_i    (clk_i),
      .on_i     (bound_i),
      .nan_low_i(1'b1),
      .x_i      (v5),
      .lo_i     (q_lo_i),
      .hi_i     (q_hi_i),
      .y_o      (v6)
  );

  // -----------------------------------------------------------------------------------------------
  // To the output's type.

  systole_post_type #(
      .HAS_FP      (HAS_FP),
      .POST_LATENCY(POST_LATENCY)
  ) u_type (
      .clk_i (clk_i),
      .x_i   (v6),
      .out_i (out_i),
      .o_zp_i(o_zp_i),
      .y_o   (y_o)
  );

endmodule
`default_nettype wire
