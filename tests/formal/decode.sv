// SPDX-License-Identifier: Apache-2.0
// systole_decode, what it does before it judges and after: the sums of the products are those of the instruction's dimensions, each
// product of (n - 1) * stride added to the bounds it belongs to; each instruction is handed on once, unchanged, to its own queue, with the base
// of its window; after one that fails nothing is. That the judgement itself lets nothing pass is proved in decode_check.sv.
//
// The multipliers, of 25 by 33 bits in four parts, are cut out of the design, and so are the wide comparisons of the judgement: they may say anything, and what
// holds then holds for what is right.
//
//   formal: sources ctrl/systole_decode.sv
//   formal: params ROWS=16 COLS=16
//   formal: params ROWS=8 COLS=8 HAS_FP=0
//   formal: cut t:$mul r:Y_WIDTH>20 %i t:$lt t:$le %u t:$gt %u t:$ge %u r:A_WIDTH>40 r:B_WIDTH>40 %u %i %u
//   formal: induct 3
//   formal: cover 12
//   formal: twin ctrl/systole_decode.sv s/OnChip: if (product\[63\]) lo_q/OnChip: if (!product[63]) lo_q/
//   formal: twin ctrl/systole_decode.sv s/(product\[63:32\] != '0) ? '1 : product\[31:0\]/product[31:0]/
//   formal: twin ctrl/systole_decode.sv s/byte_stride(load.s2)/byte_stride(load.s1)/
//   formal: twin ctrl/systole_decode.sv s/final_step = step_q == 4'd8/final_step = step_q == 4'd7/
//   formal: twin ctrl/systole_decode.sv s/out_base_o <= win_base_q/out_base_o <= base_i[63:0]/
`default_nettype none
module fv_decode
  import systole_pkg::*;
#(
  parameter int unsigned ROWS = 16,
  parameter int unsigned COLS = 16,
  parameter bit          HAS_FP = 1'b1,
  parameter int unsigned WORD_BYTES = 64,
  parameter int unsigned APAD_BYTES = 524288,
  parameter int unsigned WPAD_BYTES = 262144,
  parameter int unsigned ACC_ROWS = 2048,
  parameter int unsigned PARAM_ROWS = 512
) (
  input wire                  clk_i,
  input wire                  reset_i,
  input wire                  insn_valid_i,
  input wire insn_t           insn_i,
  input wire [7:0]            code_i,
  input wire                  out_ready_i
);

  typedef logic signed [63:0] wide_t;

  // The windows stay while a program runs: registers that nothing sets.
  logic [64*WINDOWS-1:0] base_q, size_q;
  always_ff @(posedge clk_i) {base_q, size_q} <= {base_q, size_q};

  // Reset for two cycles at first: the sums are cleared a cycle after the state is.
  logic started_q = 1'b0, second_q = 1'b0;
  always_ff @(posedge clk_i) {started_q, second_q} <= {second_q, 1'b1};
  wire rst_ni = started_q && !reset_i;

  logic insn_ready, out_valid, ended, failed;
  insn_t out;
  logic [31:0] out_index, checked;
  logic [1:0] queue;
  logic [63:0] out_base;
  logic [15:0] c_hi;
  logic [7:0] failed_code;
  systole_decode #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .WORD_BYTES(WORD_BYTES), .APAD_BYTES(APAD_BYTES), .WPAD_BYTES(WPAD_BYTES),
    .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS)
  ) dut (
    .clk_i, .rst_ni, .insn_valid_i, .insn_ready_o(insn_ready), .insn_i, .code_i, .base_i(base_q), .size_i(size_q),
    .out_valid_o(out_valid), .out_ready_i, .out_insn_o(out), .out_index_o(out_index), .out_queue_o(queue), .out_base_o(out_base),
    .out_c_hi_o(c_hi), .end_o(ended), .error_o(failed), .error_code_o(failed_code), .index_o(checked)
  );

  wire load_insn_t   load = dut.insn_q;
  wire matmul_insn_t matmul = dut.insn_q;
  wire store_insn_t  store = dut.insn_q;

  // States and targets of the decoder, by number.
  localparam int unsigned Idle = 0, Walk = 1, Settle = 2, Check = 3, Judge = 4, Offer = 5;
  localparam int unsigned OnChip = 0, Outside = 1, Rows = 2, Tiles = 3, Blocks = 4;

  // ---- what the decoder multiplies, a cycle after it chose it ----
  wire [2:0]  state = 3'(dut.state_q);
  wire [2:0]  target = 3'(dut.mul_target_q);
  wire        mul = dut.mul_valid_q;
  wire wide_t product = dut.product;
  wire [31:0] tiles_in = dut.mul_stride_q[31:0];
  logic [15:0] count_q;   // of tiles: counts of 16 bits
  always_ff @(posedge clk_i) count_q <= dut.count_d[15:0];

  // ---- the dimensions, a step each: how often, how far apart, what their product is added to ----
  wire [7:0]  op = dut.insn_q[7:0];
  wire [3:0]  step = dut.step_q;
  wire        across = op == OP_LOAD && load.trans[0];
  logic [15:0] n;
  logic [31:0] far;
  logic [2:0]  kind;
  logic [3:0]  steps;
  always_comb begin : dimension
    {n, far} = '0;
    kind = 3'(OnChip);
    steps = 4'd1;
    case (op)
      OP_LOAD, OP_FILL: begin
        steps = op == OP_LOAD ? 4'd6 : 4'd3;
        n = (step == 4'd0 || step == 4'd3) ? load.n1 : (step == 4'd1 || step == 4'd4) ? load.n2 : load.n3;
        far = step == 4'd0 ? load.d1 : step == 4'd1 ? load.d2 : step == 4'd2 ? load.d3
            : step == 4'd3 ? load.s1 : step == 4'd4 ? load.s2 : load.s3;
        if (step >= 4'd3) kind = 3'(Outside);
      end
      OP_MATMUL: begin
        steps = 4'd12;
        case (step)
          4'd0: {n, far} = {matmul.kh, matmul.a_skh};
          4'd1: {n, far} = {matmul.kw, matmul.a_skw};
          4'd2: {n, far} = {matmul.kc, matmul.a_skc};
          4'd3: {n, far} = {matmul.n, matmul.a_sn};
          4'd4: {n, far} = {matmul.p, matmul.a_sp};
          4'd5: {n, far} = {matmul.q, matmul.a_sq};
          4'd6: {n, far, kind} = {matmul.kw, 16'd0, matmul.kh, 3'(Tiles)};
          4'd8: {n, far, kind} = {matmul.kc, dut.tiles_q, 3'(Tiles)};
          4'd10: {n, far, kind} = {matmul.n, dut.tiles_q, 3'(Tiles)};
          4'd7: {n, far, kind} = {matmul.q, 16'd0, matmul.c_sq, 3'(Rows)};
          4'd9: {n, far, kind} = {matmul.p, 16'd0, matmul.c_sp, 3'(Rows)};
          default: {n, far, kind} = {matmul.n, 16'd0, matmul.c_sn, 3'(Rows)};
        endcase
      end
      OP_STORE: begin
        steps = 4'd9;
        n = (step == 4'd0 || step == 4'd3 || step == 4'd6) ? store.q : (step == 4'd1 || step == 4'd4 || step == 4'd7) ? store.p : store.n;
        case (step)
          4'd0: {far, kind} = {16'd0, store.c_sq, 3'(Rows)};
          4'd1: {far, kind} = {16'd0, store.c_sp, 3'(Rows)};
          4'd2: {far, kind} = {16'd0, store.c_sn, 3'(Rows)};
          4'd3: far = store.r_sq;
          4'd4: far = store.r_sp;
          4'd5: far = store.r_sn;
          4'd6: {far, kind} = {store.d_sq, 3'(Outside)};
          4'd7: {far, kind} = {store.d_sp, 3'(Outside)};
          default: {far, kind} = {store.d_sn, 3'(Blocks)};
        endcase
      end
      default: ;
    endcase
  end
  wire [23:0] count = (across && step == 4'd0) ? load.len : {8'd0, n};
  // Tiles and rows are counted, byte strides have a sign.
  wire [32:0] apart = (kind == 3'(Tiles) || kind == 3'(Rows)) ? {1'b0, far} : {far[31], far};
  wire walks = op >= OP_LOAD && op <= OP_STORE;
  wire walking = state == 3'(Walk);
  wire counts = matmul.kh != '0 && matmul.kw != '0 && matmul.kc != '0 && matmul.n != '0;

  // ---- the sums of the negative products and of the others: what they were, and what they were with the product ----
  wide_t tiles_q;
  insn_t taken_q;
  wide_t was_q[6], plus_q[6];
  logic [5:0] grow_q;
  logic       last_mul_q, idle_q;
  wire wide_t now[6];
  assign now[0] = dut.lo_q;
  assign now[1] = dut.hi_q;
  assign now[2] = dut.out_lo_q;
  assign now[3] = dut.out_hi_q;
  assign now[4] = dut.rows_q;
  assign now[5] = dut.last_q;
  wire below = product[63];
  always_ff @(posedge clk_i) begin
    if (insn_valid_i && insn_ready) taken_q <= insn_i;
    for (int unsigned i = 0; i < 6; i++) begin
      was_q[i] <= now[i];
      plus_q[i] <= (i == 5) ? product : now[i] + product;
    end
    grow_q <= {target >= 3'(Blocks), target == 3'(Rows), target == 3'(Outside) && !below, target == 3'(Outside) && below,
               target == 3'(OnChip) && !below, target == 3'(OnChip) && below};
    last_mul_q <= mul;
    idle_q <= state == 3'(Idle);
    // The true number of tiles, or once it is beyond 32 bits any number that is.
    if (mul && target == 3'(Tiles)) tiles_q <= (tiles_q[63:32] != '0) ? tiles_q : product;
    if (state == 3'(Idle)) tiles_q <= '0;
  end

  always_ff @(posedge clk_i) begin
    if (mul && target == 3'(Tiles)) begin
      // 16 by 32 bits; no fewer than before, counts being 1 at least.
      assume (count_q != '0 ? (product[63:32] != '0 || product[31:0] >= tiles_in) : product == 0);
      assume (product[63:48] == '0);
      assume (tiles_in[31:16] != '0 || product[63:32] == '0);
    end
  end

  wire tiles_are = dut.tiles_q == (tiles_q[63:32] == '0 ? tiles_q[31:0] : '1);

  // ---- what is handed on ----
  wire judged = state == 3'(Judge) || state == 3'(Offer);
  wire passed = dut.code_q == ERR_OK || state == 3'(Offer);
  wire has_window = op == OP_LOAD || op == OP_STORE;
  wire [2:0] window = (op == OP_STORE) ? store.window : load.window;

  always_ff @(posedge clk_i) begin
    if (started_q) begin
      Taken_A:  assert (!out_valid || (out == taken_q && out_index == checked));
      Base_A:   assert (!judged || !has_window || out_base == base_q[64*window+:64]);
      Queue_A:  assert (!judged || !passed || ((op == OP_LOAD || op == OP_FILL || op == OP_END) && queue == 2'(QUEUE_LOAD))
                    || (op == OP_MATMUL && queue == 2'(QUEUE_COMPUTE)) || (op == OP_STORE && queue == 2'(QUEUE_STORE))
                    || (op == OP_SYNC && queue == out[9:8] && queue != 2'd3));
      End_A:    assert (!out_valid || op != OP_END);
      Walk_A:   assert (state != 3'(Walk) || !walks || (dut.count_d == count && dut.stride_d == apart && 3'(dut.target_d) == kind));
      All_A:    assert (state != 3'(Walk) || dut.final_step == (step == steps - 4'd1));
      Tiles_A:  assert (state != 3'(Check) || op != OP_MATMUL || !counts || tiles_are);
      Last_A:   assert (!(failed || ended) || (!out_valid && !insn_ready));
      Code_A:   assert (!failed || failed_code != ERR_OK || state == 3'd6);
      // What holds it together from cycle to cycle: how far the walk is, what was multiplied last, and that the sums are the decoder's.
      assert (walking || state == 3'(Settle) || !mul);
      assert ((failed || ended) == (state == 3'd6));
      assert (!walking || step < steps);
      assert (state != 3'(Settle) || step == steps);
      assert (!(walking || state == 3'(Settle)) || mul == (step != '0));
      assert (state == 3'(Idle) || failed || dut.insn_q == taken_q);
      for (int unsigned i = 0; i < 6; i++) begin
        assert (now[i] == ((last_mul_q && grow_q[i]) ? plus_q[i] : idle_q ? '0 : was_q[i]));
      end
      if (op == OP_MATMUL && (walking || state == 3'(Settle))) begin
        assert (!mul || (target == 3'(Tiles)) == (step == 4'd7 || step == 4'd9 || step == 4'd11));
        assert (!mul || target != 3'(Tiles) || count_q == (step == 4'd7 ? matmul.kw : step == 4'd9 ? matmul.kc : matmul.n));
        assert (step != 4'd7 || (tiles_q == '0 && tiles_in == {16'd0, matmul.kh}));
        assert (step > 4'd6 || tiles_q == '0);
        assert (step < 4'd8 || !counts || tiles_are);
        assert ((step != 4'd9 && step != 4'd11) || tiles_in == dut.tiles_q);
      end
      Fill_C:   cover (out_valid && op == OP_FILL);
    end
  end

endmodule
`default_nettype wire
