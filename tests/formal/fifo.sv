// SPDX-License-Identifier: Apache-2.0
// systole_fifo against a queue of its own: nothing is lost, made twice, changed or overtaken, and the flags say what is inside.
//
//   formal: sources prim/systole_fifo.sv
//   formal: params WIDTH=3 DEPTH=2
//   formal: params WIDTH=3 DEPTH=4
//   formal: params WIDTH=3 DEPTH=8
//   formal: params WIDTH=3 DEPTH=4 BLOCK=4
//   formal: params WIDTH=3 DEPTH=8 BLOCK=8
//   formal: induct 2
//   formal: cover 12
//   formal: twin prim/systole_fifo.sv s/count_q != (PtrBits + 1)'(DEPTH - 1)/1'b1/
//   formal: twin prim/systole_fifo.sv s/if (push && !pop) begin/if (push) begin/
//   formal: twin prim/systole_fifo.sv s/out_data_o = mem_q\[rd_q\]/out_data_o = mem_q[rd_q + 1'b1]/
`default_nettype none
module fv_fifo #(
  parameter int unsigned WIDTH = 3,
  parameter int unsigned DEPTH = 4,
  parameter int unsigned BLOCK = 64
) (
  input wire             clk_i,
  input wire             reset_i,
  input wire             in_valid_i,
  input wire [WIDTH-1:0] in_data_i,
  input wire             out_ready_i
);

  localparam int unsigned PtrBits = $clog2(DEPTH);

  // Reset in the first cycle, and whenever reset_i says so.
  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q && !reset_i;

  logic             in_ready, out_valid;
  logic [WIDTH-1:0] out_data;
  logic [PtrBits:0] count;
  systole_fifo #(.WIDTH(WIDTH), .DEPTH(DEPTH), .BLOCK(BLOCK)) dut (
    .clk_i, .rst_ni,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_data_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_data_o(out_data),
    .count_o(count)
  );

  // The queue that it should be: words move up when one leaves.
  logic [WIDTH-1:0] word_q [DEPTH];
  logic [PtrBits:0] inside_q;
  wire push = in_valid_i && inside_q < (PtrBits + 1)'(DEPTH);
  wire pop = out_ready_i && inside_q != '0;

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < DEPTH; i++) begin
      if (pop && i + 1 < DEPTH) word_q[i] <= word_q[i+1];
      if (push && (PtrBits + 1)'(i) == inside_q - (PtrBits + 1)'(pop)) word_q[i] <= in_data_i;
    end
    inside_q <= inside_q + (PtrBits + 1)'(push) - (PtrBits + 1)'(pop);
    if (!rst_ni) inside_q <= '0;
  end

  logic [WIDTH-1:0] held [DEPTH];
  logic [WIDTH-1:0] second;  // behind the head, where it is known
  if (DEPTH < BLOCK) begin : gen_unknown
    assign second = word_q[1];
  end else begin : gen_known
    assign second = dut.gen_block.second;
  end
  for (genvar i = 0; i < DEPTH; i++) begin : gen_held
    if (DEPTH < BLOCK) begin : gen_distributed
      assign held[i] = dut.gen_distributed.mem_q[i];
    end else begin : gen_block
      assign held[i] = dut.gen_block.mem_q[i];
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      Count_A:  assert (count == inside_q);
      Valid_A:  assert (out_valid == (inside_q != '0));
      Ready_A:  assert (in_ready == (inside_q != (PtrBits + 1)'(DEPTH)));
      Data_A:   assert (!out_valid || out_data == word_q[0]);
      // What holds the two together from step to step.
      for (int unsigned i = 0; i < DEPTH; i++) begin
        assert ((PtrBits + 1)'(i) >= inside_q || held[PtrBits'(dut.rd_q + PtrBits'(i))] == word_q[i]);
      end
      assert (inside_q < (PtrBits + 1)'(2) || second == word_q[1]);
      Places_A: assert (dut.wr_q == PtrBits'(dut.rd_q + PtrBits'(inside_q)));
      Full_C:   cover (inside_q == (PtrBits + 1)'(DEPTH));
      Wrap_C:   cover (inside_q != '0 && dut.wr_q < dut.rd_q);
    end
  end

endmodule
`default_nettype wire
