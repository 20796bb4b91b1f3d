// SPDX-License-Identifier: Apache-2.0
//
// Post-processing of accumulator rows: the steps of docs/numerics.md, one after the other, lane by
// lane.
//
// Latency      post_shared(POST_LATENCY, COLS, POST_LANES) cycles from in_valid_i to out_valid_o: 8 for
//              the defaults
// Throughput   one vector in COLS / POST_LANES cycles, which whoever gives them keeps to
// Handshake    none: whoever gives a vector has room for the result
// Config       an instruction's settings are written into one of four slots before its first vector
//              comes; each vector names its slot, so vectors of several instructions may follow
//              each other without a gap
// Legal        COLS a power of two, 4 to 64; HAS_FP 0 or 1; POST_LATENCY 1 to 7;
//              POST_LANES a power of two up to COLS, COLS with POST_LATENCY of 1
//
// POST_LATENCY of 1: each step is one stage, and the table is read as it stands. More: each product
// and sum has so many registers, in lanes of their own (systole_post_lane), and the table is a RAM.
// Steps and bits are the same. With fewer lanes than columns a vector's columns go through them one
// group behind the other.
//
// The stages of the first kind are private arrays in one clocked block, the last stage first, with blocking
// assignments: each stage reads what the one before it left in the cycle before. A stage works only
// on a valid vector and skips what its instruction does not ask for. Nothing but that block reads
// the arrays, not even an assign whose value the block takes back: the block's statements may be
// reordered by what it reads and writes itself. Outside, only non-blocking registers are seen.
`default_nettype none

module systole_post
  import systole_pkg::*;
  import systole_fp_pkg::*;
  import systole_post_pkg::*;
#(
    parameter int unsigned COLS   = 16,
    parameter int unsigned HAS_FP = 1,
    parameter int unsigned POST_LATENCY = 1,
    parameter int unsigned POST_LANES = COLS,
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

    // The activation table, entry i at bits 8i+7:8i; or a byte of it for each lane, a cycle after
    // its address, as systole_lut has it for so many readers.
    input  wire logic [LUT_BYTES*8-1:0]  lut_i,
    output wire logic [POST_LANES*8-1:0] lut_addr_o,
    input  wire logic [POST_LANES*8-1:0] lut_data_i,

    // The results, packed from bit 0 on in elements of 4, 2 or 1 bytes.
    output wire logic                    out_valid_o,
    output wire logic [COLS*32-1:0]      out_data_o
);

  if (COLS < MIN_DIM || COLS > MAX_DIM || (COLS & (COLS - 1)) != 0) begin : gen_bad_cols
    $error("systole_post: COLS must be a power of two from 4 to 64");
  end
  if (POST_LATENCY < 1 || POST_LATENCY > POST_MAX_LATENCY) begin : gen_bad_latency
    $error("systole_post: POST_LATENCY must be 1 to 7");
  end
  if (POST_LANES < 1 || POST_LANES > COLS || (POST_LANES & (POST_LANES - 1)) != 0
      || (POST_LATENCY == 1 && POST_LANES != COLS)) begin : gen_bad_lanes
    $error("systole_post: POST_LANES must be a power of two up to COLS, COLS for POST_LATENCY of 1");
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
  logic signed [8:0] lo_int_q, hi_int_q;  // the same of the last instruction, as integers
  logic [1:0]  int_slot_q;
  logic        int_valid_q;

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
      lo_int_q              <= 9'((cfg_i8 ? 32'hffff_ff80 : 32'd0) - cfg_o_zp);
      hi_int_q              <= 9'((cfg_i8 ? 32'd127 : 32'd255) - cfg_o_zp);
      int_slot_q            <= cfg_slot_i;
    end
    // One cycle later, long before the first vector needs them.
    if (int_valid_q) begin
      q_lo_q[int_slot_q] <= fp_from_int(32'(lo_int_q));
      q_hi_q[int_slot_q] <= fp_from_int(32'(hi_int_q));
    end
    int_valid_q <= cfg_valid_i && rst_ni;
  end

  // -----------------------------------------------------------------------------------------------
  // The steps.

  if (POST_LATENCY == 1) begin : gen_stages
    localparam int unsigned Stages = 7;  // before the output register

    // valid_q[k]: stage k holds a vector, of slot slot_q[2k+1:2k].
    logic [Stages:1]       valid_q;
    logic [2*Stages+1:2]   slot_q;

    logic [31:0] acc [COLS]; // lanes of the input
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
    assign lut_addr_o  = '0;
    logic unused_lut;
    assign unused_lut = ^lut_data_i;
  end else begin : gen_lanes
    localparam int unsigned IntCycles   = post_cycles(POST_INT_STEPS, POST_LATENCY);
    localparam int unsigned LessCycles  = post_cycles(POST_LESS_STEPS, POST_LATENCY);
    localparam int unsigned TableCycles = post_cycles(POST_TABLE_STEPS, POST_LATENCY);

    // Cycles after the input in which each step begins.
    localparam int unsigned MulAt   = IntCycles;
    localparam int unsigned AddAt   = MulAt + POST_LATENCY;
    localparam int unsigned ActAt   = AddAt + POST_LATENCY;
    localparam int unsigned ClampAt = ActAt + POST_LATENCY;
    localparam int unsigned BoundAt = ClampAt + LessCycles;
    localparam int unsigned TypeAt  = BoundAt + LessCycles;
    localparam int unsigned TableAt = TypeAt + LessCycles;
    localparam int unsigned Total   = TableAt + TableCycles;

    if (Total != post_total(POST_LATENCY)) begin : gen_bad_total
      $error("systole_post: post_total is not the sum of the steps");
    end

    // A vector as the lanes take it: at once, or in groups of its columns, the first one first.
    localparam int unsigned Groups    = COLS / POST_LANES;
    localparam int unsigned GroupRes  = POST_LANES * ResBytes / COLS * 8;
    logic                     grp_valid, grp_last;
    logic [1:0]               grp_slot;
    logic [POST_LANES*32-1:0] grp_acc, grp_scale;
    logic [GroupRes-1:0]      grp_res;
    if (Groups == 1) begin : gen_at_once
      assign grp_valid = in_valid_i;
      assign grp_last  = 1'b1;
      assign grp_slot  = in_slot_i;
      assign grp_acc   = in_acc_i;
      assign grp_scale = in_scale_i;
      assign grp_res   = in_res_i;
    end else begin : gen_in_turns
      logic                      kept_q;
      logic [$clog2(Groups)-1:0] group_q;
      logic [1:0]                kept_slot_q;
      logic [COLS*32-1:0]        kept_acc_q, kept_scale_q;
      logic [ResBytes*8-1:0]     kept_res_q;
      always_ff @(posedge clk_i) begin
        if (in_valid_i) begin
          kept_slot_q  <= in_slot_i;
          kept_acc_q   <= in_acc_i;
          kept_scale_q <= in_scale_i;
          kept_res_q   <= in_res_i;
        end else begin
          kept_acc_q   <= kept_acc_q >> (POST_LANES * 32);
          kept_scale_q <= kept_scale_q >> (POST_LANES * 32);
          // Residuals of a byte lie side by side, whatever the widest element is.
          if (HAS_FP != 0 && res_q[kept_slot_q] == 2'(RES_BF16)) kept_res_q <= kept_res_q >> GroupRes;
          else kept_res_q <= kept_res_q >> (POST_LANES * 8);
        end
        if (!rst_ni) kept_q <= 1'b0;
        else if (in_valid_i) kept_q <= 1'b1;
        else if (grp_last) kept_q <= 1'b0;
        group_q <= (in_valid_i || !kept_q) ? '0 : group_q + 1'b1;
      end
      assign grp_valid = kept_q;
      assign grp_last  = group_q == '1;
      assign grp_slot  = kept_slot_q;
      assign grp_acc   = kept_acc_q[POST_LANES*32-1:0];
      assign grp_scale = kept_scale_q[POST_LANES*32-1:0];
      assign grp_res   = kept_res_q[GroupRes-1:0];
    end

    // done_q[k], slots_q[2k+1:2k]: of the group that came k cycles ago, done with the last of a vector.
    logic [Total:1]     done_q;
    logic [2*Total-3:2] slots_q;  // as far as somebody asks
    always_ff @(posedge clk_i) begin
      slots_q <= {slots_q[2*Total-5:2], grp_slot};
      done_q  <= rst_ni ? {done_q[Total-1:1], grp_valid && grp_last} : '0;
    end

    // What a step needs is chosen a cycle before it begins.
    logic        scale_on_q, res_on_q, relu_q, leaky_q, clamp_on_q, bound_q, table_q;
    logic [2:0]  type_q, packed_q;
    logic [31:0] mul_r_scale_q, act_alpha_q, clamp_lo_q, clamp_hi_q, bound_lo_q, bound_hi_q, type_zp_q;
    always_ff @(posedge clk_i) begin
      scale_on_q    <= scale_q[slots_q[2*(MulAt-1)+:2]] != 2'(SCALE_NONE);
      mul_r_scale_q <= r_scale_q[slots_q[2*(MulAt-1)+:2]];
      res_on_q      <= res_q[slots_q[2*(AddAt-1)+:2]] != 2'(RES_NONE);
      relu_q        <= act_q[slots_q[2*(ActAt-1)+:2]] == 4'(ACT_RELU);
      leaky_q       <= act_q[slots_q[2*(ActAt-1)+:2]] == 4'(ACT_LEAKY);
      act_alpha_q   <= alpha_q[slots_q[2*(ActAt-1)+:2]];
      clamp_on_q    <= clamp_q[slots_q[2*(ClampAt-1)+:2]];
      clamp_lo_q    <= lo_q[slots_q[2*(ClampAt-1)+:2]];
      clamp_hi_q    <= hi_q[slots_q[2*(ClampAt-1)+:2]];
      bound_q       <= out_q[slots_q[2*(BoundAt-1)+:2]] == 3'(OUT_I8) || out_q[slots_q[2*(BoundAt-1)+:2]] == 3'(OUT_U8);
      bound_lo_q    <= q_lo_q[slots_q[2*(BoundAt-1)+:2]];
      bound_hi_q    <= q_hi_q[slots_q[2*(BoundAt-1)+:2]];
      type_q        <= out_q[slots_q[2*(TypeAt-1)+:2]];
      type_zp_q     <= o_zp_q[slots_q[2*(TypeAt-1)+:2]];
      packed_q      <= out_q[slots_q[2*(Total-2)+:2]];
      table_q       <= act_q[slots_q[2*(Total-2)+:2]] == 4'(ACT_TABLE);
    end

    logic [31:0] y[POST_LANES], y_wait[POST_LANES];
    for (genvar g = 0; g < POST_LANES; g++) begin : gen_lane
      logic [15:0] res;
      always_comb begin : residual
        res = {8'd0, grp_res[8*g+:8]};
        if (HAS_FP != 0 && res_q[grp_slot] == 2'(RES_BF16)) res = 16'(grp_res[ResBytes/COLS*8*g+:ResBytes/COLS*8]);
      end

      systole_post_lane #(
          .HAS_FP      (HAS_FP),
          .POST_LATENCY(POST_LATENCY)
      ) u_lane (
          .clk_i     (clk_i),
          .acc_i     (grp_acc[32*g+:32]),
          .raw_i     (src_fp_q[grp_slot]),
          .scale_i   (scale_q[grp_slot] == 2'(SCALE_PARAM) ? grp_scale[32*g+:32]
                                                           : imm_q[grp_slot]),
          .res_i     (res),
          .res_type_i(res_q[grp_slot]),
          .r_zp_i    (r_zp_q[grp_slot]),
          .scale_on_i(scale_on_q),
          .r_scale_i (mul_r_scale_q),
          .res_on_i  (res_on_q),
          .relu_i    (relu_q),
          .leaky_i   (leaky_q),
          .alpha_i   (act_alpha_q),
          .clamp_i   (clamp_on_q),
          .lo_i      (clamp_lo_q),
          .hi_i      (clamp_hi_q),
          .bound_i   (bound_q),
          .q_lo_i    (bound_lo_q),
          .q_hi_i    (bound_hi_q),
          .out_i     (type_q),
          .o_zp_i    (type_zp_q),
          .y_o       (y[g])
      );

      // The table's byte comes a cycle after its address; what goes past it waits.
      assign lut_addr_o[8*g+:8] = y[g][7:0];
      systole_post_cut #(
          .WIDTH (32),
          .CYCLES(TableCycles - 1)
      ) u_wait (
          .clk_i(clk_i),
          .d_i  (y[g]),
          .q_o  (y_wait[g])
      );
    end

    // Packing: a group's elements go in at the top of what a vector takes, those before move down.
    logic [POST_LANES*32-1:0] words;
    logic [POST_LANES*16-1:0] halves;
    logic [POST_LANES*8-1:0]  bytes;
    always_comb begin : elements
      for (int unsigned j = 0; j < POST_LANES; j++) begin
        words[32*j+:32]  = y_wait[j];
        halves[16*j+:16] = y_wait[j][15:0];
        bytes[8*j+:8]    = table_q ? lut_data_i[8*j+:8] : y_wait[j][7:0];
      end
    end
    logic [COLS*32-1:0] out_data_q;
    always_ff @(posedge clk_i) begin
      if (packed_q == 3'(OUT_RAW32) || packed_q == 3'(OUT_F32)) begin
        out_data_q <= (COLS*32)'({words, out_data_q} >> (POST_LANES * 32));
      end else if (HAS_FP != 0 && packed_q == 3'(OUT_BF16)) begin
        out_data_q[COLS*16-1:0] <= (COLS*16)'({halves, out_data_q[COLS*16-1:0]} >> (POST_LANES * 16));
      end else begin
        out_data_q[COLS*8-1:0] <= (COLS*8)'({bytes, out_data_q[COLS*8-1:0]} >> (POST_LANES * 8));
      end
    end
    logic unused_table;
    assign unused_table = ^lut_i;

    assign out_valid_o = done_q[Total];
    assign out_data_o  = out_data_q;
  end

endmodule
`default_nettype wire
