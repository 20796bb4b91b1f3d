// SPDX-License-Identifier: Apache-2.0
// Checks one instruction after the other, completely, before it may start: no unit ever sees an address that is not legal.
//
// Handshake: valid/ready in and out. Latency: 6 to 17 cycles, by the number of dimensions to multiply out; one instruction at a time, while
// the queues hold work. The checks and their order are those of docs/semantics.md.
// end_o, error_o: levels, after END or the first instruction that fails, until reset; nothing is taken after them.
// Legal parameters: those of systole_core.
`include "systole_assert.svh"
`include "systole_when.svh"
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
  logic [23:0] times;
  wide_t       product;
  logic        [33:0] mul_ll_q;  // products of the halves
  logic        [24:0] mul_hl_q;
  logic signed [33:0] mul_lh_q;
  logic signed [24:0] mul_hh_q;
  logic [32:0] mul_stride_q;
  logic        mul_many_q;
  wide_t       lo_q, hi_q, out_lo_q, out_hi_q, rows_q, last_q;
  logic        nested_q;

  assign times = count_d - ((target_d == Tiles) ? 24'd0 : 24'd1);
  always_comb begin : product_of_halves
    product = '0;
    if (`WHEN(mul_valid_q)) begin
      product = wide_t'(mul_ll_q) + (wide_t'(mul_hh_q) <<< 33) + (wide_t'(mul_lh_q) <<< 17) + wide_t'({23'd0, mul_hl_q, 16'd0});
    end
  end

  always_ff @(posedge clk_i) begin : multiply
    mul_valid_q <= state_q == Walk && rst_ni;
    if (state_q == Walk) begin
      mul_ll_q <= 34'(times[15:0]) * 34'(stride_d[16:0]);
      mul_hl_q <= 25'(times[23:16]) * 25'(stride_d[16:0]);
      mul_lh_q <= 34'($signed({1'b0, times[15:0]})) * 34'($signed(stride_d[32:17]));
      mul_hh_q <= 25'($signed({1'b0, times[23:16]})) * 25'($signed(stride_d[32:17]));
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
        OnChip: if (product[63]) lo_q <= lo_q + product; else hi_q <= hi_q + product;
        Outside: if (product[63]) out_lo_q <= out_lo_q + product; else out_hi_q <= out_hi_q + product;
        Rows: begin
          rows_q <= rows_q + product;
          // Each outer stride reaches over all that is inside it.
          if (mul_many_q && wide_t'({31'd0, mul_stride_q}) <= rows_q) nested_q <= 1'b0;
        end
        Tiles: tiles_q <= (product[63:32] != '0) ? '1 : product[31:0];
        default: last_q <= product;
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

  // Bytes of an element: log2.
  function automatic logic [1:0] source_log(input logic [2:0] conv);
    return (conv == 3'(CONV_COPY8)) ? 2'd0 : (conv == 3'(CONV_COPY16)) ? 2'd1 : 2'd2;
  endfunction
  function automatic logic [1:0] target_log(input logic [2:0] conv);
    return (conv == 3'(CONV_COPY8)) ? 2'd0 : (conv == 3'(CONV_COPY32)) ? 2'd2 : 2'd1;
  endfunction
  function automatic logic [1:0] store_log(input logic [2:0] out);
    return (out == 3'(OUT_I8) || out == 3'(OUT_U8)) ? 2'd0 : (out == 3'(OUT_BF16)) ? 2'd1 : 2'd2;
  endfunction

  // Fields, each for itself and together. LOAD and FILL share their rules on the destination.
  function automatic logic bad_load(input logic is_load, input load_insn_t i);
    logic        bad, pads;
    int unsigned es, ed;
    pads = i.mem == 3'(MEM_APAD) || i.mem == 3'(MEM_WPAD);
    es = 1 << source_log(i.conv);
    ed = 1 << target_log(i.conv);
    bad = pads && i.conv == 3'(CONV_COPY32);
    if ((i.mem == 3'(MEM_ACC) || i.mem == 3'(MEM_PARAM)) && i.conv != 3'(CONV_COPY32)) bad = 1'b1;
    if (i.mem == 3'(MEM_LUT) && i.conv != 3'(CONV_COPY8)) bad = 1'b1;
    if (!HAS_FP && i.conv != 3'(CONV_COPY8) && i.conv != 3'(CONV_COPY32)) bad = 1'b1;
    if (!aligned(i.dst | i.d1 | i.d2 | i.d3, ed)) bad = 1'b1;
    if (is_load && i.trans[0] && !pads) bad = 1'b1;
    if (is_load && !aligned(i.src_lo | i.s1 | i.s2 | i.s3, es)) bad = 1'b1;
    return bad;
  endfunction

  function automatic int unsigned vector_bytes(input matmul_insn_t i);
    return ((i.mode == 2'(MODE_MATRIX)) ? ROWS : COLS) << i.dtype;
  endfunction

  function automatic logic bad_matmul(input matmul_insn_t i);
    logic        bad, fp, matrix, weights;
    int unsigned vector, w_align;
    fp = i.dtype == 1'(DTYPE_BF16);
    matrix = i.mode == 2'(MODE_MATRIX);
    weights = matrix || i.mode == 2'(MODE_DEPTHWISE);
    vector = vector_bytes(i);
    w_align = matrix ? WORD_BYTES : COLS << fp;
    bad = fp && !HAS_FP;
    if (fp && (i.a_unsigned != '0 || i.b_unsigned != '0 || i.a_zp != '0 || i.b_zp != '0)) bad = 1'b1;
    if (i.k_tail > 7'(ROWS)) bad = 1'b1;
    // Taps at once are read one after the other, a_skc apart: each output begins at the next of them, or at the one after that.
    if (i.taps != '0 && (i.mode != 2'(MODE_DEPTHWISE) || fp || i.kc > 16'(LANE_TAPS)
        || (i.a_sq != i.a_skc && {i.a_sq[31], i.a_sq} != {i.a_skc, 1'b0}))) bad = 1'b1;
    if (!aligned(i.a_base | i.a_skh | i.a_skw | i.a_skc | i.a_sn | i.a_sp | i.a_sq, vector)) bad = 1'b1;
    if (weights && !aligned(i.w_base, w_align)) bad = 1'b1;
    return bad;
  endfunction

  function automatic logic bad_store(input store_insn_t i);
    logic        bad, dram, narrow;
    int unsigned eo, er;
    dram = i.dst == 2'(DST_DRAM);
    narrow = i.out == 3'(OUT_I8) || i.out == 3'(OUT_U8);
    eo = 1 << store_log(i.out);
    er = (i.res == 2'(RES_BF16)) ? 2 : 1;
    bad = !HAS_FP && (i.src_fp != '0 || i.out == 3'(OUT_BF16) || i.res == 2'(RES_BF16));
    if (i.out == 3'(OUT_RAW32) && (i.scale != '0 || i.res != '0 || i.act != '0 || i.clamp != '0)) bad = 1'b1;
    if (!dram && (eo == 4 || i.dst_hi != '0)) bad = 1'b1;
    if (i.act == 4'(ACT_TABLE) && !narrow) bad = 1'b1;
    if (i.n_tail > 7'(COLS)) bad = 1'b1;
    if (!aligned(i.dst_lo | i.d_sn | i.d_sp | i.d_sq, dram ? eo : COLS * eo)) bad = 1'b1;
    if (i.res != 2'(RES_NONE) && !aligned(i.r_base | i.r_sn | i.r_sp | i.r_sq, COLS * er)) bad = 1'b1;
    return bad;
  endfunction

  function automatic logic bad_row_of_param(input matmul_insn_t i);
    return i.init == 2'(INIT_PARAM) && 32'(i.bias) + 32'(i.n) > PARAM_ROWS;
  endfunction
  function automatic logic bad_row_of_scales(input store_insn_t i);
    return i.scale == 2'(SCALE_PARAM) && 32'(i.s_base) + 32'(i.n) > PARAM_ROWS;
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

  // Judged in two cycles. In Settle: what the instruction says alone, and the first and the last byte of its blocks as far as the walk's last
  // product has no part in them. In Check: with all the sums, against the limits.
  //   near: on the chip, what is loaded, read by the array, or added as a residual
  //   far:  in DRAM, or where a pad is what a STORE writes; a STORE's innermost product is the walk's last
  logic [63:0] win_base, win_size, win_base_q;
  wide_t       near_first, near_bytes, far_first, far_bytes, block_bytes;
  wide_t       near_first_q, near_behind_q, near_limit_q, far_first_q, far_behind_q, far_limit_q, blocks_behind_q;
  logic        is_store, dram;
  logic [7:0]  field_code_q;
  logic        near_on_q, far_on_q, index_bad_q, base_bad_q;
  assign is_store = op == OP_STORE;
  assign dram = store.dst == 2'(DST_DRAM);

  always_comb begin : extents
    {win_base, win_size, near_first, near_bytes, far_first, far_bytes, block_bytes} = '0;
    if (`WHEN(state_q == Settle)) begin
      win_base = base_i[64*window+:64];
      // Extents are signed; nobody has a window of more than 2^63 - 1 bytes.
      win_size = size_i[64*window+63] ? 64'h7fff_ffff_ffff_ffff : size_i[64*window+:64];
      near_first = {32'd0, load.dst};
      near_bytes = ((op == OP_LOAD && load.trans[0]) ? wide_t'({48'd0, load.n1}) : wide_t'({40'd0, load.len})) << target_log(load.conv);
      far_first = {16'd0, load.src_hi, load.src_lo};
      far_bytes = wide_t'({40'd0, load.len}) << source_log(load.conv);
      block_bytes = wide_t'(COLS) << store_log(store.out);
      if (op == OP_MATMUL) begin
        near_first = {32'd0, matmul.a_base};
        near_bytes = wide_t'(vector_bytes(matmul));
      end
      if (is_store) begin
        near_first = {32'd0, store.r_base};
        near_bytes = wide_t'(COLS) << (store.res == 2'(RES_BF16));
        far_first = {16'd0, store.dst_hi, store.dst_lo};
        // In DRAM the last block is written up to n_tail, those before it whole.
        far_bytes = dram ? wide_t'({57'd0, store.n_tail}) << store_log(store.out) : block_bytes;
      end
    end
  end

  always_ff @(posedge clk_i) begin : prepare
    if (state_q == Settle) begin
      win_base_q <= win_base;
      base_bad_q <= win_base[5:0] != '0;
      near_first_q <= near_first;
      near_behind_q <= near_first + near_bytes;
      near_limit_q <= wide_t'(APAD_BYTES);
      if (op == OP_LOAD || op == OP_FILL) near_limit_q <= wide_t'(mem_bytes(load.mem));
      near_on_q <= !is_store || store.res != 2'(RES_NONE);
      far_first_q <= far_first + (is_store ? out_lo_q : '0);
      far_behind_q <= far_first + (far_bytes + (is_store ? out_hi_q : '0));
      far_limit_q <= wide_t'(win_size);
      if (is_store && !dram) far_limit_q <= (store.dst == 2'(DST_APAD)) ? wide_t'(APAD_BYTES) : wide_t'(WPAD_BYTES);
      far_on_q <= op == OP_LOAD || is_store;
      blocks_behind_q <= far_first + (block_bytes + out_hi_q);
      field_code_q <= check_common(insn_q, known_d, own_tokens);
      index_bad_q <= (op == OP_MATMUL && bad_row_of_param(matmul)) || (is_store && bad_row_of_scales(store));
      if (check_common(insn_q, known_d, own_tokens) == ERR_OK) begin
        case (op)
          OP_LOAD, OP_FILL: if (bad_load(op == OP_LOAD, load)) field_code_q <= ERR_BAD_FIELD;
          OP_MATMUL: if (bad_matmul(matmul)) field_code_q <= ERR_BAD_FIELD;
          OP_STORE: if (bad_store(store)) field_code_q <= ERR_BAD_FIELD;
          default: ;
        endcase
      end
    end
  end

  // A STORE to a window or to a pad: its last product, where it goes below what is before it, and the place of the last block but one.
  function automatic logic far_bad(input store_insn_t i, input wide_t first, input wide_t behind, input wide_t blocks, input wide_t limit,
      input wide_t out_lo, input wide_t out_hi, input wide_t last);
    wide_t low, high, prior;
    low = is_store ? (last[63] ? last : 64'sd0) : out_lo;
    high = !is_store ? out_hi : (!dram && last[63]) ? 64'sd0 : last;
    prior = last - wide_t'($signed(i.d_sn));
    if (prior[63]) prior = '0;
    return !inside_of(first + low, behind + high, limit) || (is_store && dram && i.n != 16'd1 && blocks + prior > limit);
  endfunction

  function automatic logic bad_tiles(input matmul_insn_t i, input logic [31:0] tiles);
    int unsigned tile_log;
    tile_log = ((i.mode == 2'(MODE_MATRIX)) ? $clog2(ROWS * COLS) : $clog2(COLS)) + 32'(i.dtype);
    return (i.mode == 2'(MODE_MATRIX) || i.mode == 2'(MODE_DEPTHWISE))
        && wide_t'({32'd0, i.w_base}) + (wide_t'({32'd0, tiles}) << tile_log) > wide_t'(WPAD_BYTES);
  endfunction

  // The first check that fails.
  function automatic logic [7:0] judged(input logic far_out, input logic [15:0] first_row);
    if (field_code_q != ERR_OK) return field_code_q;
    if (op == OP_MATMUL && !nested_q) return ERR_BAD_FIELD;
    if (op < OP_LOAD || op > OP_STORE) return ERR_OK;
    if (index_bad_q || (near_on_q && !inside_of(near_first_q + lo_q, near_behind_q + hi_q, near_limit_q))) return ERR_BAD_RANGE;
    if ((op == OP_MATMUL || is_store) && wide_t'({48'd0, first_row}) + rows_q >= wide_t'(ACC_ROWS)) return ERR_BAD_RANGE;
    if (op == OP_MATMUL && bad_tiles(matmul, tiles_q)) return ERR_BAD_RANGE;
    if (is_store && !dram) return far_out ? ERR_BAD_RANGE : ERR_OK;
    return (far_on_q && (base_bad_q || far_out)) ? ERR_BAD_WINDOW : ERR_OK;
  endfunction

  logic [7:0] code_q;
  always_ff @(posedge clk_i) begin : judge
    if (state_q == Check) begin
      code_q <= judged(far_bad(store, far_first_q, far_behind_q, blocks_behind_q, far_limit_q, out_lo_q, out_hi_q, last_q),
                       is_store ? store.c_base : matmul.c_base);
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
        out_base_o <= win_base_q;
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
