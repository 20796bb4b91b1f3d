// SPDX-License-Identifier: Apache-2.0
//
// Floating point of docs/numerics.md as pure functions of integer logic: fp32 and bf16, round to
// nearest even, subnormals kept, one canonical NaN. Combinational; a caller registers the results.
//
// Written without branches: selections are muxes that a C compiler turns into vector code when a
// function stands in a loop over lanes. Exponents are carried as unsigned numbers, 1024 too high,
// so that the lowest one of a product is still above zero.
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

  // Rounds (-1)^sign * sig * 2^(e - 1024 - 127 - 50) to fp32: 2^50 with e = 1024 + 127 is 1.0.
  // Needs e >= 1025, the exponent of subnormals, so that a left shift is all that normalising
  // takes: it stops where the hidden bit is reached or the exponent is the lowest one. Bit 0 of sig
  // may stand for all that was cut off.
  function automatic logic [31:0] fp_pack(
      input logic sign, input logic [31:0] e, input logic [63:0] sig);
    logic [31:0] w32;
    logic [15:0] w16;
    logic [7:0]  w8;
    logic [3:0]  w4;
    logic [5:0]  lz, shl;
    logic [31:0] room, er, m, res;
    logic [63:0] q;
    logic        up;
    // Leading zeros: halve to where the first one is.
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
    room = e - 32'd1012;
    shl  = ({26'd0, lz} < room) ? lz : room[5:0];
    q    = sig << shl;
    // 1025 for the lowest exponent, subnormal or not: the hidden bit tells them apart.
    er   = e + 32'd13 - {26'd0, shl};
    up   = q[39] & (q[40] | (q[38:0] != 39'd0));
    m    = {8'd0, q[63:40]} + {31'd0, up};
    // The hidden bit, and a carry out of the mantissa, count up the exponent.
    res  = ((er - 32'd1025) << 23) + m;
    res  = (er >= 32'd1279 || res >= FP_INF) ? FP_INF : res;
    res  = (sig == 64'd0) ? 32'd0 : res;
    return res | {sign, 31'd0};
  endfunction

  // Rounded sum of two finite numbers, each as in fp_pack, with sigs below 2^52 and 27 zeros at
  // their bottom; what the smaller one loses in a longer shift is kept as a one in bit 0, which is
  // always at least two bits below the rounding: the larger one is then 2^36 or more.
  function automatic logic [31:0] fp_sum(
      input logic sx, input logic [31:0] ex, input logic [63:0] x,
      input logic sy, input logic [31:0] ey, input logic [63:0] y);
    logic        swap, sbig, ssml, neg;
    logic [31:0] emax, d;
    logic [63:0] big_sig, sml, cut, sum, mag;
    swap    = ex < ey;
    big_sig = swap ? y : x;
    sml     = swap ? x : y;
    sbig    = swap ? sy : sx;
    ssml    = swap ? sx : sy;
    emax    = swap ? ey : ex;
    d       = swap ? ey - ex : ex - ey;
    d       = (d > 32'd63) ? 32'd63 : d;
    cut     = sml >> d[5:0];
    cut     = cut | {63'd0, (cut << d[5:0]) != sml};
    sum     = (sbig ^ ssml) ? big_sig - cut : big_sig + cut;
    neg     = sum[63];
    mag     = neg ? 64'd0 - sum : sum;
    // An exact zero is +0, except -0 + -0.
    return fp_pack((sum == 64'd0) ? sx & sy : sbig ^ neg, emax, mag);
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

  // a + b.
  function automatic logic [31:0] fp_add(input logic [31:0] a, input logic [31:0] b);
    logic        asub, bsub, ainf, binf;
    logic [31:0] ea, eb, res;
    asub = a[30:23] == 8'd0;
    bsub = b[30:23] == 8'd0;
    ainf = a[30:0] == 31'h7f80_0000;
    binf = b[30:0] == 31'h7f80_0000;
    ea   = {24'd0, a[30:24], a[23] | asub} + 32'd1024;
    eb   = {24'd0, b[30:24], b[23] | bsub} + 32'd1024;
    res  = fp_sum(a[31], ea, {13'd0, ~asub, a[22:0], 27'd0},
                  b[31], eb, {13'd0, ~bsub, b[22:0], 27'd0});
    res  = ainf ? a : binf ? b : res;
    return (fp_is_nan(a) | fp_is_nan(b) | (ainf & binf & (a[31] ^ b[31]))) ? FP_NAN : res;
  endfunction

  // a * b.
  function automatic logic [31:0] fp_mul(input logic [31:0] a, input logic [31:0] b);
    logic        asub, bsub, ainf, binf, sign, nan;
    logic [5:0]  shr;
    logic [31:0] e, low, res;
    logic [63:0] p, cut;
    asub = a[30:23] == 8'd0;
    bsub = b[30:23] == 8'd0;
    ainf = a[30:0] == 31'h7f80_0000;
    binf = b[30:0] == 31'h7f80_0000;
    sign = a[31] ^ b[31];
    p    = {40'd0, ~asub, a[22:0]} * {40'd0, ~bsub, b[22:0]};
    // p * 2^(ea + eb - 254 - 46); 4 bits up: 2^50 is 1.0.
    e    = {24'd0, a[30:24], a[23] | asub} + {24'd0, b[30:24], b[23] | bsub} + 32'd897;
    low  = (e < 32'd1025) ? 32'd1025 - e : 32'd0;
    shr  = (low > 32'd63) ? 6'd63 : low[5:0];
    p    = p << 4;
    cut  = p >> shr;
    cut  = cut | {63'd0, (cut << shr) != p};
    res  = fp_pack(sign, e + low, cut);
    res  = (ainf | binf) ? {sign, 31'h7f80_0000} : res;
    nan  = (ainf & (b[30:0] == 31'd0)) | (binf & (a[30:0] == 31'd0));
    return (nan | fp_is_nan(a) | fp_is_nan(b)) ? FP_NAN : res;
  endfunction

  // int32 to fp32.
  function automatic logic [31:0] fp_from_int(input logic [31:0] x);
    logic [31:0] mag;
    mag = x[31] ? 32'd0 - x : x;
    return fp_pack(x[31], 32'd1201, {32'd0, mag});  // 1201 = 1024 + 127 + 50: sig counts ones
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

  // a < b; false with a NaN, and -0 is +0.
  function automatic logic fp_less(input logic [31:0] a, input logic [31:0] b);
    logic signed [31:0] ka, kb;
    ka = $signed(a[31] ? 32'd0 - {1'b0, a[30:0]} : a);
    kb = $signed(b[31] ? 32'd0 - {1'b0, b[30:0]} : b);
    return (ka < kb) & ~fp_is_nan(a) & ~fp_is_nan(b);
  endfunction

  // Nearest integer, ties to even; above 32767 that, with x's sign, and so for Inf and NaN.
  function automatic logic signed [15:0] fp_to_int(input logic [31:0] x);
    logic [4:0]  sh;
    logic [31:0] m, q, rem, half, mag;
    m    = {8'd0, x[30:23] != 8'd0, x[22:0]};
    // 150 - exponent, 9 to 31 where it is used.
    sh   = (x[30:23] < 8'd119) ? 5'd31 : 5'd22 - x[27:23];
    q    = m >> sh;
    rem  = m - (q << sh);
    half = 32'd1 << (sh - 5'd1);
    mag  = q + {31'd0, (rem > half) | ((rem == half) & q[0])};
    mag  = (x[30:23] >= 8'd142 || mag > 32'd32767) ? 32'd32767 : mag;
    mag  = x[31] ? 32'd0 - mag : mag;
    return $signed(mag[15:0]);
  endfunction

endpackage
`default_nettype wire
