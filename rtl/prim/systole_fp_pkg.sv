// SPDX-License-Identifier: Apache-2.0
//
// Floating point of docs/numerics.md as pure functions of integer logic: fp32 and bf16, round to
// nearest even, subnormals kept, one canonical NaN. Combinational; a caller registers the results.
//
// Written without branches: selections are muxes that a C compiler turns into vector code when a
// function stands in a loop over lanes. Exponents are carried as unsigned numbers, 1024 too high,
// so that the lowest one of a product is still above zero.
//
// Sums, products and conversions are made of steps, each a function of its own; where one cycle is
// too short for all of them, registers stand between the steps (rtl/post/systole_post_*.sv).
`default_nettype none

package systole_fp_pkg;

  localparam logic [31:0] FP_NAN = 32'h7fc0_0000;
  localparam logic [31:0] FP_INF = 32'h7f80_0000;

  // What fp_split returns.
  localparam logic [1:0] FP_PART_H = 2'd0;
  localparam logic [1:0] FP_PART_M = 2'd1;
  localparam logic [1:0] FP_PART_L = 2'd2;

  function automatic logic fp_is_nan(input logic [31:0] x);
    return (x & 32'h7fff_ffff) > FP_INF;
  endfunction

  // -----------------------------------------------------------------------------------------------
  // Operands.

  // Mantissa with its hidden bit.
  function automatic logic [23:0] fp_sig(input logic [31:0] x);
    return {x[30:23] != 8'd0, x[22:0]};
  endfunction

  // Exponent as it counts: a subnormal number's is 1.
  function automatic logic [31:0] fp_exp(input logic [31:0] x);
    return {24'd0, x[30:24], x[23] | (x[30:23] == 8'd0)};
  endfunction

  function automatic logic fp_is_inf(input logic [31:0] x);
    return x[30:0] == 31'h7f80_0000;
  endfunction

  // -----------------------------------------------------------------------------------------------
  // Steps of rounding. A number is (-1)^sign * sig * 2^(e - 1024 - 127 - 50): 2^50 with
  // e = 1024 + 127 is 1.0. It needs e >= 1025, the exponent of subnormals, so that a left shift is
  // all that normalising takes: it stops where the hidden bit is reached or the exponent is the
  // lowest one. Bit 0 of sig may stand for all that was cut off.

  // Leading zeros, halving to where the first one is; 62 for zero.
  function automatic logic [5:0] fp_zeros(input logic [63:0] sig);
    logic [31:0] w32;
    logic [15:0] w16;
    logic [7:0]  w8;
    logic [3:0]  w4;
    logic [5:0]  lz;
    lz[5] = sig[63:32] == 32'd0;
    w32   = lz[5] ? sig[31:0] : sig[63:32];
    lz[4] = w32[31:16] == 16'd0;
    w16   = lz[4] ? w32[15:0] : w32[31:16];
    lz[3] = w16[15:8] == 8'd0;
    w8    = lz[3] ? w16[7:0] : w16[15:8];
    lz[2] = w8[7:4] == 4'd0;
    w4    = lz[2] ? w8[3:0] : w8[7:4];
    lz[1] = w4[3:2] == 2'd0;
    lz[0] = w4[3:2] == 2'd1 || w4 == 4'd1;
    return lz;
  endfunction

  // How far left.
  function automatic logic [5:0] fp_left(input logic [31:0] e, input logic [5:0] lz);
    logic [31:0] room;
    room = e - 32'd1012;
    return ({26'd0, lz} < room) ? lz : room[5:0];
  endfunction

  // The exponent then: 1025 for the lowest one, subnormal or not; the hidden bit tells them apart.
  function automatic logic [31:0] fp_lower(input logic [31:0] e, input logic [5:0] shl);
    return e + 32'd13 - {26'd0, shl};
  endfunction

  // The mantissa of a shifted sig, rounded: up to 2^24.
  function automatic logic [31:0] fp_round(input logic [63:0] q);
    logic up;
    up = q[39] & (q[40] | (q[38:0] != 39'd0));
    return {8'd0, q[63:40]} + {31'd0, up};
  endfunction

  // The number: the hidden bit, and a carry out of the mantissa, count up the exponent.
  function automatic logic [31:0] fp_place(
      input logic sign, input logic zero, input logic [31:0] er, input logic [31:0] m);
    logic [31:0] res;
    res = ((er - 32'd1025) << 23) + m;
    res = (er >= 32'd1279 || res >= FP_INF) ? FP_INF : res;
    res = zero ? 32'd0 : res;
    return res | {sign, 31'd0};
  endfunction

  // All of them.
  function automatic logic [31:0] fp_pack(
      input logic sign, input logic [31:0] e, input logic [63:0] sig);
    logic [5:0] shl;
    shl = fp_left(e, fp_zeros(sig));
    return fp_place(sign, sig == 64'd0, fp_lower(e, shl), fp_round(sig << shl));
  endfunction

  // What is not finite goes past the rounding.
  function automatic logic [31:0] fp_special(
      input logic nan, input logic inf, input logic sign, input logic [31:0] finite);
    return nan ? FP_NAN : inf ? {sign, 31'h7f80_0000} : finite;
  endfunction

  // x >> n; bit 0 of the result also stands for what was lost.
  function automatic logic [63:0] fp_right(input logic [63:0] x, input logic [5:0] n);
    logic lost;
    lost = (x & ~(64'hffff_ffff_ffff_ffff << n)) != 64'd0;
    return (x >> n) | {63'd0, lost};
  endfunction

  // -----------------------------------------------------------------------------------------------
  // Steps of a sum of two finite numbers, each as above, with sigs below 2^52 and 27 zeros at their
  // bottom; what the smaller one loses in a longer shift is kept as a one in bit 0, which is always
  // at least two bits below the rounding: the larger one is then 2^36 or more.

  // How far apart the exponents are.
  function automatic logic [5:0] fp_apart(input logic [31:0] ex, input logic [31:0] ey);
    logic [31:0] d;
    d = (ex < ey) ? ey - ex : ex - ey;
    return (d > 32'd63) ? 6'd63 : d[5:0];
  endfunction

  function automatic logic [63:0] fp_sum_sig(
      input logic minus, input logic [63:0] big_sig, input logic [63:0] cut);
    return minus ? big_sig - cut : big_sig + cut;
  endfunction

  function automatic logic [63:0] fp_sum_mag(input logic [63:0] sum);
    return sum[63] ? 64'd0 - sum : sum;
  endfunction

  // An exact zero is +0, except -0 + -0.
  function automatic logic fp_sum_sign(
      input logic sbig, input logic ssml, input logic [63:0] sum);
    return (sum == 64'd0) ? sbig & ssml : sbig ^ sum[63];
  endfunction

  // All of them.
  function automatic logic [31:0] fp_sum(
      input logic sx, input logic [31:0] ex, input logic [63:0] x,
      input logic sy, input logic [31:0] ey, input logic [63:0] y);
    logic        swap, sbig, ssml;
    logic [63:0] big_sig, cut, sum;
    swap    = ex < ey;
    big_sig = swap ? y : x;
    cut     = fp_right(swap ? x : y, fp_apart(ex, ey));
    sbig    = swap ? sy : sx;
    ssml    = swap ? sx : sy;
    sum     = fp_sum_sig(sbig ^ ssml, big_sig, cut);
    return fp_pack(fp_sum_sign(sbig, ssml, sum), swap ? ey : ex, fp_sum_mag(sum));
  endfunction

  // fma(a, b, c): bf16 times bf16 plus fp32, one rounding.
  function automatic logic [31:0] fp_mac(
      input logic [15:0] a, input logic [15:0] b, input logic [31:0] c);
    logic        nan;
    logic        asub, bsub, csub, azero, bzero, ainf, binf, cinf, anan, bnan, cnan, pinf, sp;
    logic [31:0] p, ep, ec, res;
    asub  = a[14:7] == 8'd0;
    bsub  = b[14:7] == 8'd0;
    csub  = c[30:23] == 8'd0;
    azero = a[14:0] == 15'd0;
    bzero = b[14:0] == 15'd0;
    ainf  = a[14:0] == 15'h7f80;
    binf  = b[14:0] == 15'h7f80;
    cinf  = c[30:0] == 31'h7f80_0000;
    anan  = a[14:0] > 15'h7f80;
    bnan  = b[14:0] > 15'h7f80;
    cnan  = c[30:0] > 31'h7f80_0000;
    pinf  = ainf | binf;
    sp    = a[15] ^ b[15];
    p     = {24'd0, ~asub, a[6:0]} * {24'd0, ~bsub, b[6:0]};
    ep    = {24'd0, a[14:8], a[7] | asub} + {24'd0, b[14:8], b[7] | bsub} + 32'd897;
    ep    = (p == 32'd0) ? 32'd0 : ep;  // a zero must not be the larger one: c would lose bits
    ec    = {24'd0, c[30:24], c[23] | csub} + 32'd1024;
    res   = fp_sum(sp, ep, {12'd0, p[15:0], 36'd0},
                   c[31], ec, {13'd0, ~csub, c[22:0], 27'd0});
    res   = cinf ? c : res;
    res   = pinf ? {sp, 31'h7f80_0000} : res;
    nan   = anan | bnan | cnan | (ainf & bzero) | (binf & azero) | (pinf & cinf & (sp ^ c[31]));
    return nan ? FP_NAN : res;
  endfunction

  // a + b. A sum's sig has 27 zeros below the mantissa.
  function automatic logic [63:0] fp_add_sig(input logic [31:0] x);
    return {13'd0, fp_sig(x), 27'd0};
  endfunction

  function automatic logic fp_add_nan(input logic [31:0] a, input logic [31:0] b);
    return fp_is_nan(a) | fp_is_nan(b) | (fp_is_inf(a) & fp_is_inf(b) & (a[31] ^ b[31]));
  endfunction

  function automatic logic [31:0] fp_add(input logic [31:0] a, input logic [31:0] b);
    logic [31:0] res;
    res = fp_sum(a[31], fp_exp(a) + 32'd1024, fp_add_sig(a), b[31], fp_exp(b) + 32'd1024, fp_add_sig(b));
    return fp_special(fp_add_nan(a, b), fp_is_inf(a) | fp_is_inf(b), fp_is_inf(a) ? a[31] : b[31], res);
  endfunction

  // a * b. The product p of the mantissas counts p * 2^(ea + eb - 254 - 46); 4 bits up, 2^50 is 1.0.
  function automatic logic [31:0] fp_mul_exp(input logic [31:0] a, input logic [31:0] b);
    return fp_exp(a) + fp_exp(b) + 32'd897;
  endfunction

  // How far below the lowest exponent.
  function automatic logic [31:0] fp_mul_low(input logic [31:0] e);
    return (e < 32'd1025) ? 32'd1025 - e : 32'd0;
  endfunction

  function automatic logic [63:0] fp_mul_right(input logic [63:0] p, input logic [31:0] low);
    return fp_right(p << 4, (low > 32'd63) ? 6'd63 : low[5:0]);
  endfunction

  function automatic logic fp_mul_nan(input logic [31:0] a, input logic [31:0] b);
    return (fp_is_inf(a) & (b[30:0] == 31'd0)) | (fp_is_inf(b) & (a[30:0] == 31'd0)) | fp_is_nan(a) | fp_is_nan(b);
  endfunction

  function automatic logic [31:0] fp_mul(input logic [31:0] a, input logic [31:0] b);
    logic        sign;
    logic [31:0] e, low;
    logic [63:0] p;
    sign = a[31] ^ b[31];
    p    = {40'd0, fp_sig(a)} * {40'd0, fp_sig(b)};
    e    = fp_mul_exp(a, b);
    low  = fp_mul_low(e);
    return fp_special(fp_mul_nan(a, b), fp_is_inf(a) | fp_is_inf(b), sign, fp_pack(sign, e + low, fp_mul_right(p, low)));
  endfunction

  // int32 to fp32.
  function automatic logic [31:0] fp_int_mag(input logic [31:0] x);
    return x[31] ? 32'd0 - x : x;
  endfunction

  localparam logic [31:0] FP_INT_EXP = 32'd1201;  // 1024 + 127 + 50: sig counts ones

  function automatic logic [31:0] fp_from_int(input logic [31:0] x);
    return fp_pack(x[31], FP_INT_EXP, {32'd0, fp_int_mag(x)});
  endfunction

  // Rounded to bf16.
  function automatic logic [15:0] fp_to_bf16(input logic [31:0] x);
    logic up;
    up = x[15] & (x[16] | (x[14:0] != 15'd0));
    return fp_is_nan(x) ? 16'h7fc0 : x[31:16] + {15'd0, up};
  endfunction

  // The high part of a finite x: bf16, but cut instead of rounded where that would give Inf.
  function automatic logic [15:0] fp_high(input logic [31:0] x);
    logic [15:0] h;
    h = fp_to_bf16(x);
    return (h[14:0] == 15'h7f80) ? x[31:16] : h;
  endfunction

  // x - fp_high(x), exactly, x finite. Consecutive magnitudes are one last bit apart, even across a
  // power of two, so the difference of the bit patterns counts last bits of x.
  function automatic logic [31:0] fp_rest(input logic [31:0] x);
    logic [31:0] diff, mag;
    logic        sub;
    sub  = x[30:23] == 8'd0;
    diff = x - {fp_high(x), 16'd0};  // the signs are the same
    mag  = diff[31] ? 32'd0 - diff : diff;
    return fp_pack((diff == 32'd0) ? 1'b0 : x[31] ^ diff[31],
                   {24'd0, x[30:24], x[23] | sub} + 32'd1024, {5'd0, mag, 27'd0});
  endfunction

  // The part of x that one bf16 holds: h, m, l with h + m + l = x wherever that can be.
  function automatic logic [15:0] fp_split(input logic [31:0] x, input logic [1:0] part);
    logic        special;
    logic [31:0] rest;
    logic [15:0] h, m, l;
    special = x[30:23] == 8'hff;
    rest    = fp_rest(x);
    h       = special ? fp_to_bf16(x) : fp_high(x);
    m       = special ? 16'd0 : fp_to_bf16(rest);
    l       = special ? 16'd0 : fp_to_bf16(fp_rest(rest));
    unique case (part)
      FP_PART_H: return h;
      FP_PART_M: return m;
      FP_PART_L: return l;
      default:   return h;
    endcase
  endfunction

  // A number's place in the order of all, as an integer; -0 is +0, NaN is not looked at.
  function automatic logic signed [31:0] fp_key(input logic [31:0] x);
    return $signed(x[31] ? 32'd0 - {1'b0, x[30:0]} : x);
  endfunction

  // a < b; false with a NaN.
  function automatic logic fp_less(input logic [31:0] a, input logic [31:0] b);
    return (fp_key(a) < fp_key(b)) & ~fp_is_nan(a) & ~fp_is_nan(b);
  endfunction

  // Nearest integer, ties to even; above 32767 that, with x's sign, and so for Inf and NaN. First
  // the integer below with the bit under it and one for all bits under that, then the rounding.
  function automatic logic [25:0] fp_int_cut(input logic [31:0] x);
    logic [4:0]  sh;
    logic [24:0] m, q;
    m  = {fp_sig(x), 1'b0};
    // 150 - exponent, 9 to 31 where it is used.
    sh = (x[30:23] < 8'd119) ? 5'd31 : 5'd22 - x[27:23];
    q  = m >> sh;
    return {q, (m & ~(25'h1ff_ffff << sh)) != 25'd0};
  endfunction

  function automatic logic [31:0] fp_int_round(input logic [31:0] x, input logic [25:0] cut);
    logic [31:0] mag;
    mag = {8'd0, cut[25:2]} + {31'd0, cut[1] & (cut[0] | cut[2])};
    return (x[30:23] >= 8'd142 || mag > 32'd32767) ? 32'd32767 : mag;
  endfunction

  function automatic logic signed [15:0] fp_to_int(input logic [31:0] x);
    logic [31:0] mag;
    mag = fp_int_round(x, fp_int_cut(x));
    mag = x[31] ? 32'd0 - mag : mag;
    return $signed(mag[15:0]);
  endfunction

endpackage
`default_nettype wire
