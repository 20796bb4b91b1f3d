// SPDX-License-Identifier: Apache-2.0
// One memory with a read port and a write port.
//
// Latency: read data two cycles after re_i (the RAM and its output register), for that one cycle onwards until the next read
// arrives. Throughput: a read and a write each cycle. A read of the word written in the same cycle gives the old word.
// The write has two sources, the second one's turn being where the first has nothing to write.
// Legal parameters: WORD_BYTES a multiple of 4, DEPTH at least 2.
`default_nettype none
module systole_ram #(
  parameter int unsigned WORD_BYTES = 64,
  parameter int unsigned DEPTH = 1024,
  localparam int unsigned AddrBits = $clog2(DEPTH),
  localparam int unsigned Bits = 8 * WORD_BYTES
) (
  input  wire                   clk_i,
  input  wire                   re_i,
  input  wire  [AddrBits-1:0]   raddr_i,
  output logic [Bits-1:0]       rdata_o,
  input  wire                   we_i,
  input  wire  [AddrBits-1:0]   waddr_i,
  input  wire  [Bits-1:0]       wdata_i,
  input  wire  [WORD_BYTES-1:0] wbe_i,
  input  wire                   we2_i,
  input  wire  [AddrBits-1:0]   waddr2_i,
  input  wire  [Bits-1:0]       wdata2_i,
  input  wire  [WORD_BYTES-1:0] wbe2_i
);

  (* no_rw_check *) logic [Bits-1:0] mem[DEPTH];
  logic [Bits-1:0] word_q;
  logic            re_q;

  always_ff @(posedge clk_i) begin : read
    re_q <= re_i;
    if (re_i) word_q <= mem[raddr_i];
    if (re_q) rdata_o <= word_q;
  end

`ifdef VERILATOR
  // The same writes as below, made of whole words: one assignment instead of one for each byte, and bytes are merged only where
  // a word is written in part.
  function automatic logic [Bits-1:0] merge(input logic [Bits-1:0] old, input logic [Bits-1:0] data, input logic [WORD_BYTES-1:0] be);
    logic [Bits-1:0] word;
    word = old;
    for (int unsigned b = 0; b < WORD_BYTES; b++) if (be[b]) word[8*b+:8] = data[8*b+:8];
    return word;
  endfunction

  always_ff @(posedge clk_i) begin : write
    logic [Bits-1:0] word;
    if (we_i || we2_i) begin
      if (we_i) begin
        word = wdata_i;
        if (!(&wbe_i)) word = merge(mem[waddr_i], wdata_i, wbe_i);
      end
      if (!we_i) begin
        word = wdata2_i;
        if (!(&wbe2_i)) word = merge(mem[waddr2_i], wdata2_i, wbe2_i);
      end
      mem[we_i ? waddr_i : waddr2_i] <= word;
    end
  end
`else
  logic                  we;
  logic [AddrBits-1:0]   waddr;
  logic [Bits-1:0]       wdata;
  logic [WORD_BYTES-1:0] wbe;
  assign we = we_i || we2_i;
  assign waddr = we_i ? waddr_i : waddr2_i;
  assign wdata = we_i ? wdata_i : wdata2_i;
  assign wbe = we_i ? wbe_i : wbe2_i;

  always_ff @(posedge clk_i) begin : write
    for (int unsigned b = 0; b < WORD_BYTES; b++) begin
      if (we && wbe[b]) mem[waddr][8*b+:8] <= wdata[8*b+:8];
    end
  end
`endif

`ifdef VERILATOR
  // Debugging access for the testbench: word32 counts 32-bit pieces of a word.
  export "DPI-C" function systole_ram_peek;
  export "DPI-C" function systole_ram_poke;

  function automatic int systole_ram_peek(input int addr, input int word32);
    return mem[addr[AddrBits-1:0]][32*word32+:32];
  endfunction

  function automatic void systole_ram_poke(input int addr, input int word32, input int value);
    mem[addr[AddrBits-1:0]][32*word32+:32] = value;
  endfunction

  initial for (int unsigned i = 0; i < DEPTH; i++) mem[i] = '0;
`endif

endmodule
`default_nettype wire
