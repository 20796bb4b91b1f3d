// SPDX-License-Identifier: Apache-2.0
//
// x between two bounds, the lower one first: numbers as fp_less orders them. A NaN stays, or goes to
// the lower one.
//
// Latency      post_cycles(POST_LESS_STEPS, POST_LATENCY)
// Throughput   one number a cycle
`default_nettype none

module systole_post_bound
  import systole_fp_pkg::*;
  import systole_post_pkg::*;
#(
    parameter int unsigned POST_LATENCY = 7
) (
    input  wire logic        clk_i,
    input  wire logic        on_i,
    input  wire logic        nan_low_i,
    input  wire logic [31:0] x_i,
    input  wire logic [31:0] lo_i,
    input  wire logic [31:0] hi_i,
    output wire logic [31:0] y_o
);

  function automatic int unsigned cycles(input int unsigned k);
    return 32'(post_cut(k, POST_LESS_STEPS, POST_LATENCY));
  endfunction

  // 1. Places in the order of numbers.
  logic [31:0] x1, lo1, hi1, key1, key_lo1, key_hi1;
  logic        on1, low1, nan1, nan_lo1, nan_hi1;
  systole_post_cut #(
      .WIDTH (5 + 6 * 32),
      .CYCLES(cycles(1))
  ) u_keys (
      .clk_i(clk_i),
      .d_i  ({on_i, nan_low_i, fp_is_nan(x_i), fp_is_nan(lo_i), fp_is_nan(hi_i), x_i, lo_i, hi_i,
              fp_key(x_i), fp_key(lo_i), fp_key(hi_i)}),
      .q_o  ({on1, low1, nan1, nan_lo1, nan_hi1, x1, lo1, hi1, key1, key_lo1, key_hi1})
  );

  // 2. Compared.
  logic [31:0] x2, lo2, hi2;
  logic        below, above, below2, above2;
  assign below = ($signed(key1) < $signed(key_lo1) && !nan1 && !nan_lo1) || (low1 && nan1);
  assign above = $signed(key_hi1) < $signed(key1) && !nan1 && !nan_hi1;
  systole_post_cut #(
      .WIDTH (2 + 3 * 32),
      .CYCLES(cycles(2))
  ) u_compared (
      .clk_i(clk_i),
      .d_i  ({on1 && below, on1 && above, x1, lo1, hi1}),
      .q_o  ({below2, above2, x2, lo2, hi2})
  );

  // 3. Chosen.
  systole_post_cut #(
      .WIDTH (32),
      .CYCLES(cycles(3))
  ) u_chosen (
      .clk_i(clk_i),
      .d_i  (below2 ? lo2 : above2 ? hi2 : x2),
      .q_o  (y_o)
  );

endmodule
`default_nettype wire
