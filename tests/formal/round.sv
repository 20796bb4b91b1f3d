// SPDX-License-Identifier: Apache-2.0
// The conversions of systole_fp_pkg against what docs/numerics.md says of them, in whole numbers: nearest, ties to even.
//
//   formal: sources prim/systole_fp_pkg.sv
//   formal: bmc 2
//   formal: twin prim/systole_fp_pkg.sv s/up = q\[39\] & (q\[40\] | (q\[38:0\] != 39'd0))/up = q[39]/
//   formal: twin prim/systole_fp_pkg.sv s/(cut\[0\] | cut\[2\])/cut[2]/
//   formal: twin prim/systole_fp_pkg.sv s/up = x\[15\] & (x\[16\] | (x\[14:0\] != 15'd0))/up = x[15]/
//   formal: twin prim/systole_fp_pkg.sv s/m  = {fp_sig(x), 1'b0}/m  = {1'b0, fp_sig(x)}/
//   formal: twin prim/systole_fp_pkg.sv s/return fp_is_nan(x) ? 16'h7fc0 :/return/
`default_nettype none
module fv_round
  import systole_fp_pkg::*;
(
  input wire        clk_i,
  input wire [31:0] x_i,
  input wire [31:0] y_i
);

  // ---- int32 to fp32: y is the nearest when no neighbour is nearer, and of two as near the even one. ----
  logic [31:0] from;
  logic [32:0] magnitude;
  logic [63:0] value, below_gap, above_gap, twice_error;
  logic [7:0]  exponent;
  logic        too_small;
  always_comb begin : from_int
    from = fp_from_int(x_i);
    magnitude = x_i[31] ? 33'd0 - {1'b1, x_i} : {1'b0, x_i};
    exponent = from[30:23];
    // Mantissa times 2^(exponent - 150); integers below 2^24 are exact, so compare at a scale of 2^24.
    value = 64'({1'b1, from[22:0]}) << (exponent - 8'd126);
    twice_error = (value > (64'(magnitude) << 24)) ? (value - (64'(magnitude) << 24)) << 1 : ((64'(magnitude) << 24) - value) << 1;
    // Half the distance to the next one: 2^(exponent - 126), below a power of two half of that.
    above_gap = 64'd1 << (exponent - 8'd126);
    below_gap = (from[22:0] == '0) ? above_gap >> 1 : above_gap;
    too_small = value < (64'(magnitude) << 24);
  end

  // ---- fp32 to an integer, where it has 15 bits ----
  logic [15:0] whole;
  logic [15:0] steps;
  logic [47:0] exact, back, miss;
  always_comb begin : to_int
    whole = 16'(fp_to_int(y_i));
    steps = whole[15] ? 16'd0 - whole : whole;
    // At a scale of 2^30, for exponents of 1/64 and more; below, anything is under a half.
    exact = (y_i[30:23] >= 8'd121) ? 48'({1'b1, y_i[22:0]}) << (y_i[30:23] - 8'd120) : 48'd1;
    back = {2'd0, steps, 30'd0};
    miss = (back > exact) ? back - exact : exact - back;
  end

  // ---- fp32 to bf16 ----
  logic [15:0] half, cut;
  logic        tie, more;
  always_comb begin : to_bf16
    half = fp_to_bf16(y_i);
    cut = y_i[31:16];
    tie = y_i[15:0] == 16'h8000;
    more = y_i[15:0] > 16'h8000;
  end

  wire nan = y_i[30:23] == '1 && y_i[22:0] != '0;
  always_ff @(posedge clk_i) begin
    if (x_i == '0) begin
      FromZero_A: assert (from == '0);
    end else begin
      FromSign_A: assert (from[31] == x_i[31] && exponent >= 8'd127 && exponent <= 8'd158);
      FromNear_A: assert (twice_error <= (too_small ? above_gap : below_gap));
      FromEven_A: assert (twice_error != (too_small ? above_gap : below_gap) || twice_error == '0 || !from[0]);
    end
    if (y_i[30:23] < 8'd141) begin
      ToSign_A: assert (steps == '0 || whole[15] == y_i[31]);
      ToNear_A: assert (miss <= 48'd1 << 29);
      ToEven_A: assert (miss != 48'd1 << 29 || !steps[0]);
    end
    if (y_i[30:23] >= 8'd142) begin
      ToLarge_A: assert (whole == (y_i[31] ? 16'h8001 : 16'h7fff));
    end
    HalfNan_A:  assert (!nan || half == 16'h7fc0);
    HalfMore_A: assert (nan || half == (more || (tie && cut[0]) ? cut + 16'd1 : cut));
  end

endmodule
`default_nettype wire
