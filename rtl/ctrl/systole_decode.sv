// SPDX-License-Identifier: Apache-2.0
// Checks one instruction after the other, completely, before it may start: no unit ever sees an address that is not legal.
//
// Handshake: valid/ready in and out. Latency: 6 to 17 cycles, by the number of dimensions to multiply out; one instruction at a time, while
// the queues hold work. The checks and their order are those of docs/semantics.md.
// end_o, error_o: levels, after END or the first instruction that fails, until reset; nothing is taken after them.
// Legal parameters: those of systole_core.
`include "systole_assert.svh"
`default_nettype none
module systole_decode
  import systole_pkg::*;
#(
  parameter int unsigned ROWS = 16,
  parameter int unsigned COLS = 16,
  parameter bit          HAS_FP = 1'b1,
  parameter int unsigned WORD_BYTES = 64,
  parameter int unsigned APAD_BYTES = 524288,
  parameter int unsigned WPAD_BYTES = 262144,
  parameter int unsigned ACC_ROWS = 2048,
  parameter int unsigned PARAM_ROWS = 512,
  parameter int unsigned LANE_TAPS = 3
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                insn_valid_i,
  output logic               insn_ready_o,
  input  insn_t              insn_i,
  input  wire  [7:0]         code_i,      // not OK: there is no instruction, and why
  input  wire  [64*WINDOWS-1:0] base_i,
  input  wire  [64*WINDOWS-1:0] size_i,
  output logic               out_valid_o,
  input  wire                out_ready_i,
  output insn_t              out_insn_o,
  output logic [31:0]        out_index_o,
  output logic [1:0]         out_queue_o,
  output logic [63:0]        out_base_o,  // of its window
  output logic [15:0]        out_c_hi_o,  // highest row of ACC it touches
  output logic               end_o,
  output logic               error_o,
  output logic [7:0]         error_code_o,
  output logic [31:0]        index_o      // instructions checked so far; the failing one's index
);

  typedef logic signed [63:0] wide_t;
  typedef enum logic [2:0] {Idle, Walk, Settle, Check, Judge, Offer, Stopped} state_e;
  // What the product of a step is added to.
  typedef enum logic [2:0] {OnChip, Outside, Rows, Tiles, LastBlock} target_e;

  state_e  state_q;
  insn_t   insn_q;
  logic [3:0] step_q;

  load_insn_t   load;
  matmul_insn_t matmul;
  store_insn_t  store;
  sync_insn_t   sync;
  assign load = insn_q;
  assign matmul = insn_q;
  assign store = insn_q;
  assign sync = insn_q;

  logic [7:0] op;
  assign op = insn_q[7:0];

  // ---- the steps: (count - 1) * stride for each dimension, one a cycle ----
  logic [23:0]        count_d;
  logic signed [32:0] stride_d;
  target_e            target_d;
  logic               final_step;
  logic [31:0]        tiles_q;

  function automatic logic signed [32:0] row_stride(input logic [15:0] s);
    return {17'd0, s};
  endfunction
  function automatic logic signed [32:0] byte_stride(input logic [31:0] s);
    return {s[31], s};
  endfunction

  always_comb begin : choose
    count_d = 24'd1;
    stride_d = '0;
    target_d = OnChip;
    final_step = 1'b1;
    if (state_q == Walk) case (op)
      OP_LOAD, OP_FILL: begin
        final_step = step_q == (op == OP_LOAD ? 4'd5 : 4'd2);
        case (step_q)
          4'd0: {count_d, stride_d} = {(op == OP_LOAD && load.trans[0]) ? load.len : {8'd0, load.n1}, byte_stride(load.d1)};
          4'd1: {count_d, stride_d} = {8'd0, load.n2, byte_stride(load.d2)};
          4'd2: {count_d, stride_d} = {8'd0, load.n3, byte_stride(load.d3)};
          4'd3: {count_d, stride_d, target_d} = {8'd0, load.n1, byte_stride(load.s1), Outside};
          4'd4: {count_d, stride_d, target_d} = {8'd0, load.n2, byte_stride(load.s2), Outside};
          default: {count_d, stride_d, target_d} = {8'd0, load.n3, byte_stride(load.s3), Outside};
        endcase
      end
      OP_MATMUL: begin
        final_step = step_q == 4'd11;
        case (step_q)
          4'd0: {count_d, stride_d} = {8'd0, matmul.kh, byte_stride(matmul.a_skh)};
          4'd1: {count_d, stride_d} = {8'd0, matmul.kw, byte_stride(matmul.a_skw)};
          4'd2: {count_d, stride_d} = {8'd0, matmul.kc, byte_stride(matmul.a_skc)};
          4'd3: {count_d, stride_d} = {8'd0, matmul.n, byte_stride(matmul.a_sn)};
          4'd4: {count_d, stride_d} = {8'd0, matmul.p, byte_stride(matmul.a_sp)};
          4'd5: {count_d, stride_d} = {8'd0, matmul.q, byte_stride(matmul.a_sq)};
          // Tiles: kh * kw * kc * n, each product after the one before it has settled.
          4'd6: {count_d, stride_d, target_d} = {8'd0, matmul.kw, 17'd0, matmul.kh, Tiles};
          4'd7: {count_d, stride_d, target_d} = {8'd0, matmul.q, row_stride(matmul.c_sq), Rows};
          4'd8: {count_d, stride_d, target_d} = {8'd0, matmul.kc, 1'b0, tiles_q, Tiles};
          4'd9: {count_d, stride_d, target_d} = {8'd0, matmul.p, row_stride(matmul.c_sp), Rows};
          4'd10: {count_d, stride_d, target_d} = {8'd0, matmul.n, 1'b0, tiles_q, Tiles};
          default: {count_d, stride_d, target_d} = {8'd0, matmul.n, row_stride(matmul.c_sn), Rows};
        endcase
      end
      OP_STORE: begin
        final_step = step_q == 4'd8;
        case (step_q)
          4'd0: {count_d, stride_d, target_d} = {8'd0, store.q, row_stride(store.c_sq), Rows};
          4'd1: {count_d, stride_d, target_d} = {8'd0, store.p, row_stride(store.c_sp), Rows};
          4'd2: {count_d, stride_d, target_d} = {8'd0, store.n, row_stride(store.c_sn), Rows};
          4'd3: {count_d, stride_d} = {8'd0, store.q, byte_stride(store.r_sq)};
          4'd4: {count_d, stride_d} = {8'd0, store.p, byte_stride(store.r_sp)};
          4'd5: {count_d, stride_d} = {8'd0, store.n, byte_stride(store.r_sn)};
          4'd6: {count_d, stride_d, target_d} = {8'd0, store.q, byte_stride(store.d_sq), Outside};
          4'd7: {count_d, stride_d, target_d} = {8'd0, store.p, byte_stride(store.d_sp), Outside};
          default: {count_d, stride_d, target_d} = {8'd0, store.n, byte_stride(store.d_sn), LastBlock};
        endcase
      end
      default: ;
    endcase
  end

  logic        mul_valid_q;
  target_e     mul_target_q;
  wide_t       product_q;
  logic [32:0] mul_stride_q;
  logic        mul_many_q;
  wide_t       lo_q, hi_q, out_lo_q, out_hi_q, rows_q, last_q;
  logic        nested_q;

  always_ff @(posedge clk_i) begin : multiply
    mul_valid_q <= state_q == Walk && rst_ni;
    if (state_q == Walk) begin
      product_q <= wide_t'($signed({1'b0, count_d - ((target_d == Tiles) ? 24'd0 : 24'd1)})) * wide_t'(stride_d);
      mul_target_q <= target_d;
      mul_stride_q <= stride_d;
      mul_many_q <= count_d != 24'd1;
    end
    if (state_q == Idle) begin
      {lo_q, hi_q, out_lo_q, out_hi_q, rows_q, last_q} <= '0;
      nested_q <= 1'b1;
    end
    if (mul_valid_q) begin
      case (mul_target_q)
        OnChip: if (product_q[63]) lo_q <= lo_q + product_q; else hi_q <= hi_q + product_q;
        Outside: if (product_q[63]) out_lo_q <= out_lo_q + product_q; else out_hi_q <= out_hi_q + product_q;
        Rows: begin
          rows_q <= rows_q + product_q;
          // Each outer stride reaches over all that is inside it.
          if (mul_many_q && wide_t'({31'd0, mul_stride_q}) <= rows_q) nested_q <= 1'b0;
        end
        Tiles: tiles_q <= (product_q[63:32] != '0) ? '1 : product_q[31:0];
        default: last_q <= product_q;
      endcase
    end
  end

  // ---- the rules ----
  // A value is a multiple of a power of two when none of its low bits is set.
  function automatic logic aligned(input logic [31:0] bits, input int unsigned to);
    return (bits & 32'(to - 1)) == '0;
  endfunction

  function automatic int unsigned mem_bytes(input logic [2:0] mem);
    case (mem)
      3'(MEM_APAD): return APAD_BYTES;
      3'(MEM_WPAD): return WPAD_BYTES;
      3'(MEM_ACC): return ACC_ROWS * COLS * 4;
      3'(MEM_PARAM): return PARAM_ROWS * COLS * 4;
      default: return LUT_BYTES;
    endcase
  endfunction

  function automatic logic inside_of(input wide_t lo, input wide_t hi, input wide_t size);
    return !lo[63] && hi <= size;
  endfunction

  // LOAD and FILL share their rules on the destination.
  function automatic logic [7:0] check_load(input logic is_load, input load_insn_t i, input wide_t lo, input wide_t hi,
      input wide_t out_lo, input wide_t out_hi, input logic [63:0] win_base, input logic [63:0] win_size);
    logic        bad, pads;
    int unsigned es, ed;
    wide_t       dst, src, inner;
    pads = i.mem == 3'(MEM_APAD) || i.mem == 3'(MEM_WPAD);
    es = (i.conv == 3'(CONV_COPY8)) ? 1 : (i.conv == 3'(CONV_COPY16)) ? 2 : 4;
    ed = (i.conv == 3'(CONV_COPY8)) ? 1 : (i.conv == 3'(CONV_COPY32)) ? 4 : 2;
    bad = pads && i.conv == 3'(CONV_COPY32);
    if ((i.mem == 3'(MEM_ACC) || i.mem == 3'(MEM_PARAM)) && i.conv != 3'(CONV_COPY32)) bad = 1'b1;
    if (i.mem == 3'(MEM_LUT) && i.conv != 3'(CONV_COPY8)) bad = 1'b1;
    if (!HAS_FP && i.conv != 3'(CONV_COPY8) && i.conv != 3'(CONV_COPY32)) bad = 1'b1;
    if (!aligned(i.dst | i.d1 | i.d2 | i.d3, ed)) bad = 1'b1;
    if (is_load && i.trans[0] && !pads) bad = 1'b1;
    if (is_load && !aligned(i.src_lo | i.s1 | i.s2 | i.s3, es)) bad = 1'b1;
    if (bad) return ERR_BAD_FIELD;
    dst = {32'd0, i.dst};
    inner = (is_load && i.trans[0]) ? wide_t'({48'd0, i.n1}) : wide_t'({40'd0, i.len});
    if (!inside_of(dst + lo, dst + hi + inner * wide_t'(ed), wide_t'(mem_bytes(i.mem)))) return ERR_BAD_RANGE;
    src = {16'd0, i.src_hi, i.src_lo};
    if (is_load && (win_base[5:0] != '0 || src + out_lo < 0
        || (src + out_hi + wide_t'({40'd0, i.len}) * wide_t'(es)) > wide_t'(win_size))) return ERR_BAD_WINDOW;
    return ERR_OK;
  endfunction

  function automatic logic [7:0] check_matmul(input matmul_insn_t i, input wide_t lo, input wide_t hi, input wide_t rows,
      input logic nested, input logic [31:0] tiles);
    logic        bad, fp, matrix, weights;
    int unsigned vector, w_align;
    int unsigned tile_bytes;
    wide_t       a, tile;
    fp = i.dtype == 1'(DTYPE_BF16);
    matrix = i.mode == 2'(MODE_MATRIX);
    weights = matrix || i.mode == 2'(MODE_DEPTHWISE);
    vector = (matrix ? ROWS : COLS) << fp;
    w_align = matrix ? WORD_BYTES : COLS << fp;
    bad = fp && !HAS_FP;
    if (fp && (i.a_unsigned != '0 || i.b_unsigned != '0 || i.a_zp != '0 || i.b_zp != '0)) bad = 1'b1;
    if (i.k_tail > 7'(ROWS)) bad = 1'b1;
    // Taps at once are read one after the other, a_skc apart: each output begins at the next of them, or at the one after that.
    if (i.taps != '0 && (i.mode != 2'(MODE_DEPTHWISE) || fp || i.kc > 16'(LANE_TAPS)
        || (i.a_sq != i.a_skc && {i.a_sq[31], i.a_sq} != {i.a_skc, 1'b0}))) bad = 1'b1;
    if (!aligned(i.a_base | i.a_skh | i.a_skw | i.a_skc | i.a_sn | i.a_sp | i.a_sq, vector)) bad = 1'b1;
    if (weights && !aligned(i.w_base, w_align)) bad = 1'b1;
    if (bad || !nested) return ERR_BAD_FIELD;
    a = {32'd0, i.a_base};
    tile_bytes = (matrix ? ROWS * COLS : COLS) << fp;
    tile = wide_t'(tile_bytes);
    if (!inside_of(a + lo, a + hi + wide_t'(vector), wide_t'(APAD_BYTES))) return ERR_BAD_RANGE;
    if (weights && wide_t'({32'd0, i.w_base}) + wide_t'({32'd0, tiles}) * tile > wide_t'(WPAD_BYTES)) return ERR_BAD_RANGE;
    if (wide_t'({48'd0, i.c_base}) + rows >= wide_t'(ACC_ROWS)) return ERR_BAD_RANGE;
    if (i.init == 2'(INIT_PARAM) && 32'(i.bias) + 32'(i.n) > PARAM_ROWS) return ERR_BAD_RANGE;
    return ERR_OK;
  endfunction

  function automatic logic [7:0] check_store(input store_insn_t i, input wide_t lo, input wide_t hi, input wide_t out_lo,
      input wide_t out_hi, input wide_t rows, input wide_t last, input logic [63:0] win_base, input logic [63:0] win_size);
    logic        bad, dram, narrow;
    int unsigned eo, er, pad_bytes;
    wide_t       dst, res, pad, prior;
    dram = i.dst == 2'(DST_DRAM);
    narrow = i.out == 3'(OUT_I8) || i.out == 3'(OUT_U8);
    eo = narrow ? 1 : (i.out == 3'(OUT_BF16)) ? 2 : 4;
    er = (i.res == 2'(RES_BF16)) ? 2 : 1;
    bad = !HAS_FP && (i.src_fp != '0 || i.out == 3'(OUT_BF16) || i.res == 2'(RES_BF16));
    if (i.out == 3'(OUT_RAW32) && (i.scale != '0 || i.res != '0 || i.act != '0 || i.clamp != '0)) bad = 1'b1;
    if (!dram && (eo == 4 || i.dst_hi != '0)) bad = 1'b1;
    if (i.act == 4'(ACT_TABLE) && !narrow) bad = 1'b1;
    if (i.n_tail > 7'(COLS)) bad = 1'b1;
    if (!aligned(i.dst_lo | i.d_sn | i.d_sp | i.d_sq, dram ? eo : COLS * eo)) bad = 1'b1;
    if (i.res != 2'(RES_NONE) && !aligned(i.r_base | i.r_sn | i.r_sp | i.r_sq, COLS * er)) bad = 1'b1;
    if (bad) return ERR_BAD_FIELD;
    dst = {16'd0, i.dst_hi, i.dst_lo};
    res = {32'd0, i.r_base};
    pad_bytes = (i.dst == 2'(DST_APAD)) ? APAD_BYTES : WPAD_BYTES;
    pad = wide_t'(pad_bytes);
    if (wide_t'({48'd0, i.c_base}) + rows >= wide_t'(ACC_ROWS)) return ERR_BAD_RANGE;
    if (i.scale == 2'(SCALE_PARAM) && 32'(i.s_base) + 32'(i.n) > PARAM_ROWS) return ERR_BAD_RANGE;
    if (i.res != 2'(RES_NONE) && !inside_of(res + lo, res + hi + wide_t'(COLS * er), wide_t'(APAD_BYTES))) return ERR_BAD_RANGE;
    if (!dram) begin
      if (!inside_of(dst + out_lo + (last[63] ? last : 64'sd0),
                     dst + out_hi + (last[63] ? 64'sd0 : last) + wide_t'(COLS * eo), pad)) return ERR_BAD_RANGE;
      return ERR_OK;
    end
    // The last block is written up to n_tail, those before it whole.
    prior = last - wide_t'($signed(i.d_sn));
    if (prior[63]) prior = '0;
    if (win_base[5:0] != '0 || dst + out_lo + (last[63] ? last : 64'sd0) < 0
        || dst + out_hi + last + wide_t'(i.n_tail) * wide_t'(eo) > wide_t'(win_size)
        || (i.n != 16'd1 && dst + out_hi + prior + wide_t'(COLS * eo) > wide_t'(win_size))) return ERR_BAD_WINDOW;
    return ERR_OK;
  endfunction

  logic [1:0] queue_d;
  logic       known_d;
  logic [2:0] window;
  logic [11:0] own_tokens;
  assign window = (op == OP_STORE) ? store.window : load.window;
  assign own_tokens = (op == OP_END) ? 12'd0 : 12'hf << (4 * queue_d);

  always_comb begin : which_queue
    queue_d = 2'(QUEUE_LOAD);
    known_d = 1'b1;
    case (op)
      OP_LOAD, OP_FILL, OP_END: ;
      OP_MATMUL: queue_d = 2'(QUEUE_COMPUTE);
      OP_STORE: queue_d = 2'(QUEUE_STORE);
      OP_SYNC: queue_d = sync.in_queue;
      default: known_d = 1'b0;
    endcase
  end

  function automatic logic [7:0] check_common(input insn_t i, input logic known, input logic [11:0] own);
    if (!known) return ERR_BAD_OPCODE;
    if (!fields_legal(i) || (i[43:32] & ~own) != '0 || (i[7:0] == OP_END && i[59:48] != '0)) return ERR_BAD_FIELD;
    return ERR_OK;
  endfunction

  logic [63:0] win_base, win_size;
  always_comb begin : its_window
    win_base = '0;
    win_size = '0;
    if (state_q == Check) begin
      win_base = base_i[64*window+:64];
      // Extents are signed; nobody has a window of more than 2^63 - 1 bytes.
      win_size = size_i[64*window+63] ? 64'h7fff_ffff_ffff_ffff : size_i[64*window+:64];
    end
  end

  // The first check that fails.
  logic [7:0] code_q;
  always_ff @(posedge clk_i) begin : judge
    if (state_q == Check) begin
      code_q <= check_common(insn_q, known_d, own_tokens);
      if (check_common(insn_q, known_d, own_tokens) == ERR_OK) begin
        case (op)
          OP_LOAD, OP_FILL:
          code_q <= check_load(op == OP_LOAD, load, lo_q, hi_q, out_lo_q, out_hi_q, win_base, win_size);
          OP_MATMUL: code_q <= check_matmul(matmul, lo_q, hi_q, rows_q, nested_q, tiles_q);
          OP_STORE:
          code_q <= check_store(store, lo_q, hi_q, out_lo_q, out_hi_q, rows_q, last_q, win_base, win_size);
          default: ;
        endcase
      end
    end
  end

  // A block of its own: nothing in it reads the instruction, so a simulator need not copy that in every cycle.
  always_ff @(posedge clk_i) begin : take_in
    if (state_q == Idle && insn_valid_i) insn_q <= insn_i;
  end

  always_ff @(posedge clk_i) begin : machine
    case (state_q)
      Idle:
      if (insn_valid_i) begin
        step_q <= '0;
        state_q <= Walk;
        if (code_i != ERR_OK) begin
          state_q <= Stopped;
          error_o <= 1'b1;
          error_code_o <= code_i;
        end
      end
      Walk: begin
        step_q <= step_q + 1'b1;
        if (final_step) state_q <= Settle;
      end
      Settle: state_q <= Check;
      Check: begin
        out_base_o <= win_base;
        out_queue_o <= queue_d;
        out_c_hi_o <= rows_q[15:0] + matmul.c_base;
        state_q <= Judge;
      end
      Judge: begin
        state_q <= (code_q != ERR_OK || op == OP_END) ? Stopped : Offer;
        end_o <= code_q == ERR_OK && op == OP_END;
        error_o <= code_q != ERR_OK;
        error_code_o <= code_q;
      end
      Offer:
      if (out_ready_i) begin
        state_q <= Idle;
        index_o <= index_o + 1'b1;
      end
      default: ;
    endcase
    if (!rst_ni) begin
      state_q <= Idle;
      index_o <= '0;
      end_o <= 1'b0;
      error_o <= 1'b0;
      error_code_o <= ERR_OK;
    end
  end

  assign insn_ready_o = state_q == Idle;
  assign out_valid_o = state_q == Offer;
  assign out_insn_o = insn_q;
  assign out_index_o = index_o;

endmodule
`default_nettype wire
