// SPDX-License-Identifier: Apache-2.0
// A plain synchronous FIFO.
//
// Latency: 1 cycle from a word going in to it standing at the output. Throughput: one word in and
// one out a cycle; while it is full no word goes in, even in a cycle in which one goes out, for
// in_ready_o depends on the registered count alone.
// Handshake: valid/ready on both sides; valid never waits for ready, and out_data_o is stable until
// it is taken.
// Legal parameters: WIDTH >= 1; DEPTH a power of two, at least 2.
`default_nettype none
module systole_fifo #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned DEPTH = 4,
  localparam int unsigned PtrBits = $clog2(DEPTH)
) (
  input  wire logic               clk_i,
  input  wire logic               rst_ni,

  input  wire logic               in_valid_i,
  output      logic               in_ready_o,
  input  wire logic [WIDTH-1:0]   in_data_i,

  output      logic               out_valid_o,
  input  wire logic               out_ready_i,
  output      logic [WIDTH-1:0]   out_data_o,

  output      logic [PtrBits:0]   count_o       // words inside
);

  if (DEPTH < 2 || (DEPTH & (DEPTH - 1)) != 0) begin : gen_bad_depth
    $error("systole_fifo: DEPTH must be a power of two, at least 2");
  end
  if (WIDTH < 1) begin : gen_bad_width
    $error("systole_fifo: WIDTH must be at least 1");
  end

  logic [WIDTH-1:0]   mem_q [DEPTH];
  logic [PtrBits-1:0] rd_q, wr_q;
  logic [PtrBits:0]   count_q;
  logic               push, pop;

  assign count_o     = count_q;
  assign push        = in_valid_i && in_ready_o;
  assign pop         = out_valid_o && out_ready_i;

  // The head stands in a register, as do valid and ready: nothing is to do, or to simulate, in a
  // cycle without a word.
  always_ff @(posedge clk_i) begin
    if (push || pop || !rst_ni) begin
      if (push) begin
        mem_q[wr_q] <= in_data_i;
        wr_q        <= wr_q + 1'b1;
        if (count_q == (PtrBits + 1)'(pop)) out_data_o <= in_data_i;
      end
      if (pop) begin
        rd_q <= rd_q + 1'b1;
        if (count_q != (PtrBits + 1)'(1)) out_data_o <= mem_q[rd_q + 1'b1];
      end
      if (push && !pop) begin
        count_q     <= count_q + 1'b1;
        in_ready_o  <= count_q != (PtrBits + 1)'(DEPTH - 1);
        out_valid_o <= 1'b1;
      end
      if (pop && !push) begin
        count_q     <= count_q - 1'b1;
        in_ready_o  <= 1'b1;
        out_valid_o <= count_q != (PtrBits + 1)'(1);
      end
      if (!rst_ni) begin
        rd_q        <= '0;
        wr_q        <= '0;
        count_q     <= '0;
        in_ready_o  <= 1'b1;
        out_valid_o <= 1'b0;
      end
    end
  end

  // The count never passes the depth.
  Count_A: assert property (@(posedge clk_i) disable iff (!rst_ni)
    (count_q <= (PtrBits + 1)'(DEPTH)));

endmodule
`default_nettype wire
