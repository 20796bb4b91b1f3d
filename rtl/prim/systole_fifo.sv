// SPDX-License-Identifier: Apache-2.0
// A plain synchronous FIFO.
//
// Latency: 1 cycle from a word going in to it standing at the output. Throughput: one word in and
// one out a cycle; while it is full no word goes in, even in a cycle in which one goes out, for
// in_ready_o depends on the registered count alone.
// Handshake: valid/ready on both sides; valid never waits for ready, and out_data_o is stable until
// it is taken.
// Legal parameters: WIDTH >= 1; DEPTH a power of two, at least 2; BLOCK, at least 1: from this depth
// on the words are in block RAM, where they are synthesised.
`default_nettype none
module systole_fifo #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned DEPTH = 4,
  parameter int unsigned BLOCK = 64,
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
  if (WIDTH < 1 || BLOCK < 1) begin : gen_bad_width
    $error("systole_fifo: WIDTH and BLOCK must be at least 1");
  end

  logic [PtrBits-1:0] rd_q, wr_q;
  logic [PtrBits:0]   count_q;
  logic               push, pop;

  assign count_o     = count_q;
  assign push        = in_valid_i && in_ready_o;
  assign pop         = out_valid_o && out_ready_i;

  // Nothing is to do, or to simulate, in a cycle without a word: valid and ready are registers.
  always_ff @(posedge clk_i) begin : places
    if (push || pop || !rst_ni) begin
      if (push) wr_q <= wr_q + 1'b1;
      if (pop) rd_q <= rd_q + 1'b1;
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

`ifdef VERILATOR
  // The head stands in a register, so that a simulator looks at a word when it moves and not in every
  // cycle.
  logic [WIDTH-1:0] mem_q [DEPTH];
  always_ff @(posedge clk_i) begin : words
    if (push) begin
      mem_q[wr_q] <= in_data_i;
      if (count_q == (PtrBits + 1)'(pop)) out_data_o <= in_data_i;
    end
    if (pop && count_q != (PtrBits + 1)'(1)) out_data_o <= mem_q[rd_q + 1'b1];
  end
`else
  // The same words at the output while out_valid_o, without a register and a choice for each bit.
  if (DEPTH < BLOCK) begin : gen_distributed
    logic [WIDTH-1:0] mem_q [DEPTH];
    always_ff @(posedge clk_i) begin : words
      if (push) mem_q[wr_q] <= in_data_i;
    end
    assign out_data_o = mem_q[rd_q];
  end else begin : gen_block
    // Block RAM is slow to answer, so the head stands in a register, and each cycle reads the word behind
    // what is the head in the next one. A word that is written in that cycle goes past the RAM.
    (* ram_style = "block", no_rw_check *) logic [WIDTH-1:0] mem_q [DEPTH];
    logic [WIDTH-1:0]   read_q, past_q, second, head_q;
    logic [PtrBits-1:0] behind;
    logic               is_past_q;
    assign behind = pop ? rd_q + PtrBits'(2) : rd_q + PtrBits'(1);
    assign second = is_past_q ? past_q : read_q;
    always_ff @(posedge clk_i) begin : words
      if (push) mem_q[wr_q] <= in_data_i;
      read_q    <= mem_q[behind];
      past_q    <= in_data_i;
      is_past_q <= push && count_q == (pop ? (PtrBits + 1)'(2) : (PtrBits + 1)'(1));
      if (pop) head_q <= second;
      if (push && count_q == (PtrBits + 1)'(pop)) head_q <= in_data_i;
    end
    assign out_data_o = head_q;
  end
`endif

  // The count never passes the depth.
  Count_A: assert property (@(posedge clk_i) disable iff (!rst_ni)
    (count_q <= (PtrBits + 1)'(DEPTH)));

endmodule
`default_nettype wire
