// SPDX-License-Identifier: Apache-2.0
//
// Post-processing of accumulator rows: the steps of docs/numerics.md, one after the other, lane by
// lane.
//
// Latency      8 cycles from in_valid_i to out_valid_o
// Throughput   one vector a cycle
// Handshake    none: whoever gives a vector has room for the result
// Config       an instruction's settings are written into one of four slots before its first vector
//              comes; each vector names its slot, so vectors of several instructions may follow
//              each other without a gap
// Legal        COLS a power of two, 4 to 64; HAS_FP 0 or 1
//
// The stages are private arrays in one clocked block, the last stage first, with blocking
// assignments: each stage reads what the one before it left in the cycle before. A stage works only
// on a valid vector and skips what its instruction does not ask for. Nothing but that block reads
// the arrays, not even an assign whose value the block takes back: the block's statements may be
// reordered by what it reads and writes itself. Outside, only non-blocking registers are seen.
`default_nettype none

module systole_post
  import systole_pkg::*;
  import systole_fp_pkg::*;
#(
    parameter int unsigned COLS   = 16,
    parameter int unsigned HAS_FP = 1,
    localparam int unsigned ResBytes = COLS * (HAS_FP != 0 ? 2 : 1)
) (
    input  wire logic                    clk_i,
    input  wire logic                    rst_ni,

    // Settings of an instruction, and the slot they are for.
    input  wire logic                    cfg_valid_i,
    input  wire logic [1:0]              cfg_slot_i,
    input  wire logic [1023:0]           cfg_insn_i,

    // One vector: accumulators, residual (packed elements), scales.
    input  wire logic                    in_valid_i,
    input  wire logic [1:0]              in_slot_i,
    input  wire logic [COLS*32-1:0]      in_acc_i,
    input  wire logic [ResBytes*8-1:0]   in_res_i,
    input  wire logic [COLS*32-1:0]      in_scale_i,

    // The activation table, entry i at bits 8i+7:8i.
    input  wire logic [LUT_BYTES*8-1:0]  lut_i,

    // The results, packed from bit 0 on in elements of 4, 2 or 1 bytes.
    output wire logic                    out_valid_o,
    output wire logic [COLS*32-1:0]      out_data_o
);

  localparam int unsigned Stages = 7;  // before the output register

  if (COLS < MIN_DIM || COLS > MAX_DIM || (COLS & (COLS - 1)) != 0) begin : gen_bad_cols
    $error("systole_post: COLS must be a power of two from 4 to 64");
  end

  // -----------------------------------------------------------------------------------------------
  // Settings, one of each for each slot.

  store_insn_t cfg;
  assign cfg = store_insn_t'(cfg_insn_i);

  logic        src_fp_q  [4];  // no conversion from int32: fp32, or RAW32
  logic [2:0]  out_q     [4];
  logic [1:0]  scale_q   [4];
  logic [1:0]  res_q     [4];
  logic [3:0]  act_q     [4];
  logic        clamp_q   [4];
  logic [31:0] imm_q     [4];
  logic [31:0] r_scale_q [4];
  logic [31:0] alpha_q   [4];
  logic [31:0] lo_q      [4];
  logic [31:0] hi_q      [4];
  logic [31:0] r_zp_q    [4];  // zero points, extended by the sign of their type
  logic [31:0] o_zp_q    [4];
  logic [31:0] q_lo_q    [4];  // qmin - zp and qmax - zp as fp32
  logic [31:0] q_hi_q    [4];

  logic        cfg_i8;
  logic [31:0] cfg_o_zp, cfg_r_zp;
  assign cfg_i8   = cfg.out == 3'(OUT_I8);
  assign cfg_o_zp = {{24{cfg.o_zp[7] & cfg_i8}}, cfg.o_zp};
  assign cfg_r_zp = {{24{cfg.r_zp[7] & (cfg.res == 2'(RES_I8))}}, cfg.r_zp};

  logic unused_cfg;
  assign unused_cfg = ^cfg;

  always_ff @(posedge clk_i) begin
    if (cfg_valid_i) begin
      src_fp_q[cfg_slot_i]  <= cfg.src_fp[0] || cfg.out == 3'(OUT_RAW32);
      out_q[cfg_slot_i]     <= cfg.out;
      scale_q[cfg_slot_i]   <= cfg.scale;
      res_q[cfg_slot_i]     <= cfg.res;
      act_q[cfg_slot_i]     <= cfg.act;
      clamp_q[cfg_slot_i]   <= cfg.clamp[0];
      imm_q[cfg_slot_i]     <= cfg.scale_imm;
      r_scale_q[cfg_slot_i] <= cfg.r_scale;
      alpha_q[cfg_slot_i]   <= cfg.alpha;
      lo_q[cfg_slot_i]      <= cfg.lo;
      hi_q[cfg_slot_i]      <= cfg.hi;
      r_zp_q[cfg_slot_i]    <= cfg_r_zp;
      o_zp_q[cfg_slot_i]    <= cfg_o_zp;
      q_lo_q[cfg_slot_i]    <= fp_from_int((cfg_i8 ? 32'hffff_ff80 : 32'd0) - cfg_o_zp);
      q_hi_q[cfg_slot_i]    <= fp_from_int((cfg_i8 ? 32'd127 : 32'd255) - cfg_o_zp);
    end
  end

  // -----------------------------------------------------------------------------------------------
  // Lanes of the inputs.

  logic [31:0] acc [COLS];  // private to the block of the stages, as they are

  // -----------------------------------------------------------------------------------------------
  // The stages. valid_q[k]: stage k holds a vector, of slot slot_q[2k+1:2k].

  logic [Stages:1]       valid_q;
  logic [2*Stages+1:2]   slot_q;

  logic [31:0] v1 [COLS];  // 1. converted
  logic [31:0] s1 [COLS];  //    scales of the lanes
  logic [31:0] f1 [COLS];  //    residual, converted
  logic [31:0] v2 [COLS];  // 2. scaled
  logic [31:0] f2 [COLS];  //    residual, scaled
  logic [31:0] v3 [COLS];  // 3. residual added
  logic [31:0] v4 [COLS];  // 4. activation
  logic [31:0] v5 [COLS];  // 5. clamped
  logic [31:0] v6 [COLS];  // 6. within the bounds of an 8-bit output
  logic [31:0] y7 [COLS];  //    as the output's type

  logic [COLS*32-1:0] out_data_q;  // 7. through the table, packed
  logic               out_valid_q;

  always_ff @(posedge clk_i) begin
    slot_q <= {slot_q[2*Stages-1:2], in_slot_i};
    if (!rst_ni) begin
      valid_q     <= '0;
      out_valid_q <= 1'b0;
    end else begin
      valid_q     <= {valid_q[Stages-1:1], in_valid_i};
      out_valid_q <= valid_q[Stages];
    end
  end

  // Blocking assignments to state that this block alone reads and writes.
  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin : blk_stages
    int unsigned j;
    logic [1:0]  s;
    logic [31:0] a, b, c;

    // Table and packing.
    if (valid_q[7]) begin
      s = slot_q[15:14];
      if (out_q[s] == 3'(OUT_RAW32) || out_q[s] == 3'(OUT_F32)) begin
        for (j = 0; j < COLS; j++) out_data_q[32*j+:32] <= y7[j];
      end else if (HAS_FP != 0 && out_q[s] == 3'(OUT_BF16)) begin
        for (j = 0; j < COLS / 2; j++) out_data_q[32*j+:32] <= {y7[2*j+1][15:0], y7[2*j][15:0]};
      end else if (act_q[s] == 4'(ACT_TABLE)) begin
        for (j = 0; j < COLS / 4; j++) begin
          out_data_q[32*j+:32] <= {
            lut_i[{y7[4*j+3][7:0], 3'd0}+:8], lut_i[{y7[4*j+2][7:0], 3'd0}+:8],
            lut_i[{y7[4*j+1][7:0], 3'd0}+:8], lut_i[{y7[4*j][7:0], 3'd0}+:8]};
        end
      end else begin
        for (j = 0; j < COLS / 4; j++) begin
          out_data_q[32*j+:32] <= {y7[4*j+3][7:0], y7[4*j+2][7:0], y7[4*j+1][7:0], y7[4*j][7:0]};
        end
      end
    end

    // To the output's type.
    if (valid_q[6]) begin
      s = slot_q[13:12];
      if (out_q[s] == 3'(OUT_RAW32)) begin
        for (j = 0; j < COLS; j++) y7[j] = v6[j];
      end else if (out_q[s] == 3'(OUT_F32)) begin
        for (j = 0; j < COLS; j++) y7[j] = fp_is_nan(v6[j]) ? FP_NAN : v6[j];
      end else if (HAS_FP != 0 && out_q[s] == 3'(OUT_BF16)) begin
        for (j = 0; j < COLS; j++) y7[j] = {16'd0, fp_to_bf16(v6[j])};
      end else begin
        a = o_zp_q[s];
        for (j = 0; j < COLS; j++) y7[j] = 32'($unsigned(fp_to_int(v6[j]))) + a;
      end
    end

    // Bounds of an 8-bit output; a NaN goes to the lower one.
    if (valid_q[5]) begin
      s = slot_q[11:10];
      if (out_q[s] == 3'(OUT_I8) || out_q[s] == 3'(OUT_U8)) begin
        a = q_lo_q[s];
        b = q_hi_q[s];
        for (j = 0; j < COLS; j++) begin
          c = v5[j];
          v6[j] = (fp_is_nan(c) || fp_less(c, a)) ? a : fp_less(b, c) ? b : c;
        end
      end else begin
        for (j = 0; j < COLS; j++) v6[j] = v5[j];
      end
    end

    // Clamp.
    if (valid_q[4]) begin
      s = slot_q[9:8];
      if (clamp_q[s]) begin
        a = lo_q[s];
        b = hi_q[s];
        for (j = 0; j < COLS; j++) begin
          c = v4[j];
          v5[j] = fp_less(c, a) ? a : fp_less(b, c) ? b : c;
        end
      end else begin
        for (j = 0; j < COLS; j++) v5[j] = v4[j];
      end
    end

    // Activation.
    if (valid_q[3]) begin
      s = slot_q[7:6];
      if (act_q[s] == 4'(ACT_RELU)) begin
        for (j = 0; j < COLS; j++) begin
          c = v3[j];
          v4[j] = (fp_is_nan(c) || fp_less(32'd0, c)) ? c : 32'd0;
        end
      end else if (act_q[s] == 4'(ACT_LEAKY)) begin
        a = alpha_q[s];
        for (j = 0; j < COLS; j++) begin
          c = v3[j];
          v4[j] = fp_less(c, 32'd0) ? fp_mul(c, a) : c;
        end
      end else begin
        for (j = 0; j < COLS; j++) v4[j] = v3[j];
      end
    end

    // Residual added.
    if (valid_q[2]) begin
      s = slot_q[5:4];
      if (res_q[s] != 2'(RES_NONE)) begin
        for (j = 0; j < COLS; j++) v3[j] = fp_add(v2[j], f2[j]);
      end else begin
        for (j = 0; j < COLS; j++) v3[j] = v2[j];
      end
    end

    // Scaled; the residual too, in its own lanes.
    if (valid_q[1]) begin
      s = slot_q[3:2];
      if (scale_q[s] == 2'(SCALE_PARAM)) begin
        for (j = 0; j < COLS; j++) v2[j] = fp_mul(v1[j], s1[j]);
      end else if (scale_q[s] == 2'(SCALE_IMM)) begin
        a = imm_q[s];
        for (j = 0; j < COLS; j++) v2[j] = fp_mul(v1[j], a);
      end else begin
        for (j = 0; j < COLS; j++) v2[j] = v1[j];
      end
      if (res_q[s] != 2'(RES_NONE)) begin
        b = r_scale_q[s];
        for (j = 0; j < COLS; j++) f2[j] = fp_mul(f1[j], b);
      end
    end

    // To fp32.
    if (in_valid_i) begin
      s = in_slot_i;
      for (j = 0; j < COLS; j++) acc[j] = in_acc_i[32*j+:32];
      if (src_fp_q[s]) begin
        for (j = 0; j < COLS; j++) v1[j] = acc[j];
      end else begin
        for (j = 0; j < COLS; j++) v1[j] = fp_from_int(acc[j]);
      end
      if (scale_q[s] == 2'(SCALE_PARAM)) begin
        for (j = 0; j < COLS; j++) s1[j] = in_scale_i[32*j+:32];
      end
      a = r_zp_q[s];
      if (HAS_FP != 0 && res_q[s] == 2'(RES_BF16)) begin
        for (j = 0; j < COLS; j++) f1[j] = {in_res_i[ResBytes/COLS*8*j+:16], 16'd0};
      end else if (res_q[s] == 2'(RES_I8)) begin
        for (j = 0; j < COLS; j++) f1[j] = fp_from_int(32'($signed(in_res_i[8*j+:8])) - a);
      end else if (res_q[s] == 2'(RES_U8)) begin
        for (j = 0; j < COLS; j++) f1[j] = fp_from_int({24'd0, in_res_i[8*j+:8]} - a);
      end
    end
  end
  // verilator lint_on BLKSEQ

  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_data_q;

endmodule
`default_nettype wire
