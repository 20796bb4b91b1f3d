// SPDX-License-Identifier: Apache-2.0
// fp_mac, bf16 times bf16 plus fp32, against exact integers: the nearest, of two as near the even one; Inf, NaN, zeros.
//
// The exponents are constants here, all signs and mantissas are free: a proof for each distance of c's exponent from the product's, from where
// the product only nudges the rounding to where c does. The function looks at exponents through their distance, and at the larger one when
// it packs the result; so the sets are: all distances in mid range, and where results are subnormal, overflow, or an operand is subnormal.
//
//   formal: sources prim/systole_fp_pkg.sv
//   formal: params EC=0 D=24..25
//   formal: params EC=0 D=-2..2
//   formal: params EC=1 D=-2..2
//   formal: params EC=20 D=-1..1
//   formal: params EC=254 D=-2..2
//   formal: params EC=60 D=-2..1 SUBNORMAL=1
//   formal: params EC=100 D=-30..-4
//   formal: params EC=100 D=-3..3
//   formal: params EC=100 D=4..40
//   formal: long
//   formal: bmc 2
//   formal: twin prim/systole_fp_pkg.sv s/up = q\[39\] & (q\[40\] | (q\[38:0\] != 39'd0))/up = q[39]/
//   formal: twin prim/systole_fp_pkg.sv s/fp_sum_sig(sbig ^ ssml/fp_sum_sig(sbig \& ssml/
//   formal: twin prim/systole_fp_pkg.sv s/ssml    = swap ? sx : sy/ssml    = sy/
//   formal: twin prim/systole_fp_pkg.sv s/fp_lower(e, shl)/fp_lower(e, fp_zeros(sig))/
//   formal: twin prim/systole_fp_pkg.sv s/ | (pinf & cinf & (sp ^ c\[31\]))//
`default_nettype none
module fv_mac
  import systole_fp_pkg::*;
#(
  parameter int EC = 100,       // exponent of c as it is written
  parameter int D = 0,          // exponent of c less that of the product
  parameter bit SUBNORMAL = 0   // a is subnormal
) (
  input wire        clk_i,
  input wire [7:0]  a_i,   // sign and mantissa
  input wire [7:0]  b_i,
  input wire [23:0] c_i,
  input wire [15:0] any_a_i,
  input wire [15:0] any_b_i,
  input wire [31:0] any_c_i
);

  fv_mac_at #(.EC(EC), .D(D), .SUBNORMAL(SUBNORMAL)) u_at (.clk_i, .a_i, .b_i, .c_i);

  // ---- what is not finite, whatever the others are ----
  wire a_nan = any_a_i[14:0] > 15'h7f80, b_nan = any_b_i[14:0] > 15'h7f80, c_nan = any_c_i[30:0] > 31'h7f80_0000;
  wire a_inf = any_a_i[14:0] == 15'h7f80, b_inf = any_b_i[14:0] == 15'h7f80, c_inf = any_c_i[30:0] == 31'h7f80_0000;
  wire sign = any_a_i[15] ^ any_b_i[15];
  wire none = (a_inf && any_b_i[14:0] == '0) || (b_inf && any_a_i[14:0] == '0) || ((a_inf || b_inf) && c_inf && any_c_i[31] != sign);
  wire [31:0] any = fp_mac(any_a_i, any_b_i, any_c_i);
  always_ff @(posedge clk_i) begin
    if (a_nan || b_nan || c_nan || none) begin
      Nan_A: assert (any == 32'h7fc0_0000);
    end else if (a_inf || b_inf) begin
      Inf_A: assert (any == {sign, 31'h7f80_0000});
    end else if (c_inf) begin
      Sum_A: assert (any == any_c_i);
    end
  end

endmodule

// One distance, all finite.
module fv_mac_at
  import systole_fp_pkg::*;
#(
  parameter int EC = 100,
  parameter int D = 0,
  parameter bit SUBNORMAL = 0
) (
  input wire        clk_i,
  input wire [7:0]  a_i,
  input wire [7:0]  b_i,
  input wire [23:0] c_i
);

  // Exponents as they count: a subnormal number's is 1. The product's is Ea + Eb - 127.
  localparam int Ec = EC == 0 ? 1 : EC;
  localparam int Ea = SUBNORMAL ? 1 : EC < 128 ? 64 : 190;
  localparam int Eb = Ec - D + 127 - Ea;
  if (Eb < 1 || Eb > 254) begin : gen_bad
    $error("fv_mac: no exponent of b makes this distance");
  end

  wire [15:0] a = {a_i[7], SUBNORMAL ? 8'd0 : 8'(Ea), a_i[6:0]};
  wire [15:0] b = {b_i[7], 8'(Eb), b_i[6:0]};
  wire [31:0] c = {c_i[23], 8'(EC), c_i[22:0]};
  wire [31:0] r = fp_mac(a, b, c);

  // The last bits of the product and of c; units far enough below both for all that may be left when they cancel, not above the last
  // bit of a subnormal number.
  localparam int Pl = Ea + Eb - 254 - 14, Cl = Ec - 127 - 23;
  localparam int Low = (Pl < Cl ? Pl : Cl) - 26, Unit = Low < -149 && Pl >= -149 && Cl >= -149 ? -149 : Low;
  typedef logic signed [159:0] wide_t;
  wire [31:0] p = {24'd0, !SUBNORMAL, a_i[6:0]} * {24'd0, 1'b1, b_i[6:0]};
  wire wide_t product = wide_t'({1'b0, p}) <<< (Pl - Unit);
  wire wide_t addend = wide_t'({1'b0, EC != 0, c_i[22:0]}) <<< (Cl - Unit);
  wire minus = a_i[7] ^ b_i[7];
  wire wide_t sum = (minus ? -product : product) + (c_i[23] ? -addend : addend);
  wire wide_t size = sum < 0 ? -sum : sum;

  // The result in the same units: its mantissa times 2^up.
  wire [7:0] up = 8'(((r[30:23] == '0) ? 1 : 32'(r[30:23])) - 127 - 23 - Unit);
  wire wide_t back = wide_t'({1'b0, r[30:23] != '0, r[22:0]}) <<< up;
  wire wide_t last = wide_t'(1) <<< up;
  wire wide_t miss = back > size ? back - size : size - back;
  // From half a last bit beyond the largest number on it is Inf.
  localparam int Top = 254 - 127 - 23 - Unit;
  localparam wide_t Largest = (Top < 130) ? (wide_t'(33'h1ff_ffff) <<< Top) >>> 1 : '0;

  always_ff @(posedge clk_i) begin
    if (sum == 0) begin
      Zero_A: assert (r == {product == 0 && addend == 0 && minus && c_i[23], 31'd0});
    end else begin
      Sign_A: assert (r[31] == sum[159]);
      if (r[30:23] == '1) begin
        Inf_A:  assert (r[22:0] == '0 && Top < 130 && size >= Largest);
      end else begin
        // Half the distance to the next one; below a power of two they are twice as close, if they are not subnormal.
        Near_A: assert ((miss <<< 1) <= last && (r[22:0] != '0 || r[30:24] == '0 || back <= size || (miss <<< 2) <= last));
        Even_A: assert ((miss <<< 1) != last || !r[0]);
        Max_A:  assert (Top >= 130 || size < Largest);
      end
    end
  end

endmodule
`default_nettype wire
