// SPDX-License-Identifier: Apache-2.0
// systole_decode, the fence: of an instruction that it hands on, no element lies outside its window or its memory, whatever the program
// says. From any state in which the decoder begins to check an instruction, that is for all instructions and all that its walk may have summed up;
// that these sums are what they should be is proved in decode.sv.
//
// The address of an element is a base and a sum of terms i * stride, one for each dimension, i from 0 to n - 1, and a term lies between
// 0 and P = (n - 1) * stride. So a sum lies between the sum of the negative P and that of the others: the first and the last byte that these
// two lead to are inside, and so is all between.
//
// MATMUL's taps at once are read from the first of a row of pixels to its last, a_skc apart. That the lanes have as many, and that a pixel begins at the
// next of them or at the one after that, is proved here, so what is read lies between the terms of q and kc.
//
//   formal: sources ctrl/systole_decode.sv
//   formal: params ROWS=16 COLS=16
//   formal: params ROWS=4 COLS=4 WORD_BYTES=16 APAD_BYTES=65536 WPAD_BYTES=32768 ACC_ROWS=512 PARAM_ROWS=128
//   formal: params ROWS=8 COLS=16 HAS_FP=0
//   formal: params ROWS=64 COLS=64 WORD_BYTES=128
//   formal: cut t:$mul r:B_WIDTH=16 r:B_WIDTH=17 %u %i
//   formal: bmc 5
//   formal: cover 6
//   formal: twin ctrl/systole_decode.sv s/return !lo\[63\] && hi <= size/return hi <= size/
//   formal: twin ctrl/systole_decode.sv s/store.n_tail}) << store_log(store.out)/store.n_tail})/
//   formal: twin ctrl/systole_decode.sv s/i.n != 16'd1 && blocks + prior/i.n == 16'd0 \&\& blocks + prior/
//   formal: twin ctrl/systole_decode.sv s/? ROWS : COLS) << i.dtype/? ROWS : COLS)/
//   formal: twin ctrl/systole_decode.sv s/+ rows_q >= wide_t'(ACC_ROWS)/+ rows_q > wide_t'(ACC_ROWS)/
//   formal: twin ctrl/systole_decode.sv s/i.kc > 16'(LANE_TAPS)/i.kc > 16'd64/
`default_nettype none
module fv_decode_check
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
  input wire                  clk_i
);

  typedef logic signed [63:0] wide_t;

  // The windows stay while a program runs: registers that nothing sets.
  logic [64*WINDOWS-1:0] base_q, size_q;
  always_ff @(posedge clk_i) {base_q, size_q} <= {base_q, size_q};

  logic second_q = 1'b0;
  always_ff @(posedge clk_i) second_q <= 1'b1;

  logic insn_ready, out_valid, ended, failed;
  insn_t out;
  logic [31:0] out_index, checked;
  logic [1:0] queue;
  logic [63:0] out_base;
  logic [15:0] c_hi;
  logic [7:0] failed_code;
  systole_decode #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .WORD_BYTES(WORD_BYTES), .APAD_BYTES(APAD_BYTES), .WPAD_BYTES(WPAD_BYTES),
    .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS), .LANE_TAPS(LANE_TAPS)
  ) dut (
    .clk_i, .rst_ni(1'b1), .insn_valid_i(1'b0), .insn_ready_o(insn_ready), .insn_i('0), .code_i('0), .base_i(base_q), .size_i(size_q),
    .out_valid_o(out_valid), .out_ready_i(1'b0), .out_insn_o(out), .out_index_o(out_index), .out_queue_o(queue), .out_base_o(out_base),
    .out_c_hi_o(c_hi), .end_o(ended), .error_o(failed), .error_code_o(failed_code), .index_o(checked)
  );

  wire load_insn_t   load = out;
  wire matmul_insn_t matmul = out;
  wire store_insn_t  store = out;

  localparam int unsigned Settle = 2;
  wire [2:0] state = 3'(dut.state_q);
  wire wide_t lo = dut.lo_q, hi = dut.hi_q, out_lo = dut.out_lo_q, out_hi = dut.out_hi_q, last = dut.last_q;
  // Of STORE's blocks: (n - 2) * stride, the place of the last but one.
  wire wide_t but_one = last - wide_t'($signed(store.d_sn));
  localparam wide_t Most = 64'sd1 <<< 60;

  always_ff @(posedge clk_i) begin
    if (!second_q) begin
      assume (state == 3'(Settle) && !dut.mul_valid_q);
      // What sums of at most six products of 58 bits are.
      assume (lo <= 0 && lo > -Most && hi >= 0 && hi < Most && out_lo <= 0 && out_lo > -Most && out_hi >= 0 && out_hi < Most);
      assume (dut.rows_q >= 0 && dut.rows_q < Most && last > -Most && last < Most);
      // (n - 1) * stride is 0 for n = 1, else as far as the stride at least and on its side.
      assume (store.n == 16'd1 ? last == 0 : store.d_sn[31] ? last < 0 && but_one <= 0 : last >= 0 && but_one >= 0);
    end
  end

  // ---- what is handed on ----
  wire [7:0] op = out[7:0];
  wire is_load = op == OP_LOAD;
  wire [2:0] window = (op == OP_STORE) ? store.window : load.window;
  wire [63:0] win_size = size_q[64*window+:64];

  // From the first byte to behind the last one.
  function automatic logic inside_of(input wide_t first, input wide_t behind, input logic [63:0] size);
    return first >= 0 && behind >= 0 && 64'(behind) <= size;
  endfunction
  function automatic wide_t times(input wide_t x, input logic [2:0] size);
    return size == 3'd4 ? x <<< 2 : size == 3'd2 ? x <<< 1 : x;
  endfunction
  function automatic logic [63:0] mem_bytes(input logic [2:0] mem);
    case (mem)
      3'(MEM_APAD): return 64'(APAD_BYTES);
      3'(MEM_WPAD): return 64'(WPAD_BYTES);
      3'(MEM_ACC): return 64'(ACC_ROWS * COLS * 4);
      3'(MEM_PARAM): return 64'(PARAM_ROWS * COLS * 4);
      default: return 64'(LUT_BYTES);
    endcase
  endfunction

  // LOAD and FILL
  wire [2:0] es = load.conv == 3'(CONV_COPY8) ? 3'd1 : load.conv == 3'(CONV_COPY16) ? 3'd2 : 3'd4;
  wire [2:0] ed = load.conv == 3'(CONV_COPY8) ? 3'd1 : load.conv == 3'(CONV_COPY32) ? 3'd4 : 3'd2;
  wire wide_t inner = (is_load && load.trans[0]) ? wide_t'({48'd0, load.n1}) : wide_t'({40'd0, load.len});
  wire wide_t to = wide_t'({32'd0, load.dst});
  wire wide_t from = wide_t'({16'd0, load.src_hi, load.src_lo});
  // MATMUL
  wire matrix = matmul.mode == 2'(MODE_MATRIX);
  wire wide_t vector = wide_t'(matrix ? ROWS : COLS) <<< matmul.dtype;
  wire wide_t tiled = matrix ? wide_t'({32'd0, dut.tiles_q}) <<< ($clog2(ROWS * COLS) + 32'(matmul.dtype))
                             : wide_t'({32'd0, dut.tiles_q}) <<< ($clog2(COLS) + 32'(matmul.dtype));
  wire signed [32:0] apart = {matmul.a_skc[31], matmul.a_skc}, pixel = {matmul.a_sq[31], matmul.a_sq};
  wire wide_t row = wide_t'({48'd0, op == OP_MATMUL ? matmul.c_base : store.c_base}) + dut.rows_q;
  // STORE
  wire [2:0] eo = (store.out == 3'(OUT_I8) || store.out == 3'(OUT_U8)) ? 3'd1 : store.out == 3'(OUT_BF16) ? 3'd2 : 3'd4;
  wire [2:0] er = store.res == 2'(RES_BF16) ? 3'd2 : 3'd1;
  wire wide_t wrote = wide_t'({16'd0, store.dst_hi, store.dst_lo});
  wire dram = store.dst == 2'(DST_DRAM);
  wire wide_t least = last < 0 ? last : 0;
  // DRAM takes of the last block n_tail elements, of those before it all; pads take whole blocks.
  wire wide_t pad_bytes = wide_t'(store.dst == 2'(DST_APAD) ? APAD_BYTES : WPAD_BYTES);

  always_ff @(posedge clk_i) begin
    if (out_valid && (op == OP_LOAD || op == OP_FILL)) begin
      To_A:    assert (inside_of(to + lo, to + hi + times(inner, ed), mem_bytes(load.mem)));
      From_A:  assert (!is_load || inside_of(from + out_lo, from + out_hi + times(wide_t'({40'd0, load.len}), es), win_size));
      Load_C:  cover (is_load && lo < 0 && out_lo < 0 && load.trans[0]);
    end
    if (out_valid && op == OP_MATMUL) begin
      A_A:     assert (inside_of(wide_t'({32'd0, matmul.a_base}) + lo, wide_t'({32'd0, matmul.a_base}) + hi + vector, 64'(APAD_BYTES)));
      W_A:     assert (matmul.mode > 2'(MODE_DEPTHWISE) || inside_of(wide_t'({32'd0, matmul.w_base}),
                   wide_t'({32'd0, matmul.w_base}) + tiled, 64'(WPAD_BYTES)));
      C_A:     assert (row < wide_t'(ACC_ROWS) && row[15:0] == c_hi);
      Bias_A:  assert (matmul.init != 2'(INIT_PARAM) || 32'(matmul.bias) + 32'(matmul.n) <= PARAM_ROWS);
      Taps_A:  assert (matmul.taps == '0 || (matmul.mode == 2'(MODE_DEPTHWISE) && matmul.dtype == 1'(DTYPE_INT8)
                   && matmul.kc <= 16'(LANE_TAPS) && (pixel == apart || pixel == apart <<< 1)));
      Taps_C:  cover (matmul.taps != '0 && matmul.kc == 16'(LANE_TAPS) && pixel != apart);
      Tiles_C: cover (hi > 0 && dut.tiles_q > 32'd3 && row == wide_t'(ACC_ROWS - 1));
    end
    if (out_valid && op == OP_STORE) begin
      Acc_A:   assert (row < wide_t'(ACC_ROWS));
      Scale_A: assert (store.scale != 2'(SCALE_PARAM) || 32'(store.s_base) + 32'(store.n) <= PARAM_ROWS);
      Res_A:   assert (store.res == 2'(RES_NONE) || inside_of(wide_t'({32'd0, store.r_base}) + lo,
                   wide_t'({32'd0, store.r_base}) + hi + times(wide_t'(COLS), er), 64'(APAD_BYTES)));
      Pad_A:   assert (dram || inside_of(wrote + out_lo + least, wrote + out_hi + (last - least) + times(wide_t'(COLS), eo), pad_bytes));
      Tail_A:  assert (!dram || inside_of(wrote + out_lo + least, wrote + out_hi + last + times(wide_t'({57'd0, store.n_tail}), eo), win_size));
      Whole_A: assert (!dram || store.n == 16'd1
                   || inside_of(wrote + out_lo + least, wrote + out_hi + (but_one < 0 ? 0 : but_one) + times(wide_t'(COLS), eo), win_size));
      Store_C: cover (dram && store.n > 16'd2 && last < 0 && store.n_tail != 7'(COLS));
    end
  end

endmodule
`default_nettype wire
