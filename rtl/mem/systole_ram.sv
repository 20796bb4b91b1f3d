// SPDX-License-Identifier: Apache-2.0
// One memory with a read port and a write port.
//
// Latency: read data two cycles after re_i (the RAM and its output register), for that one cycle onwards until the next read
// arrives. Throughput: a read and a write each cycle. A read of the word written in the same cycle gives the old word.
// The write has two sources, the second one's turn being where the first has nothing to write.
// PARITY: each byte has a ninth bit beside it, which makes the number of its ones even; bad_o, in the cycle after a read's data, for
// that one cycle, tells that a byte of the word has an odd one. Zeroes are even: a memory that begins with zeroes is sound.
// It is what the output register holds that is judged, so that a RAM's own register can still be it. A word that is read while some of
// its bytes are written must then be the old one indeed, not anything: without PARITY a synthesiser need not see to that.
// Legal parameters: WORD_BYTES a multiple of 4, DEPTH at least 2.
`default_nettype none
module systole_ram #(
  parameter int unsigned WORD_BYTES = 64,
  parameter int unsigned DEPTH = 1024,
  parameter bit          PARITY = 1'b0,
  localparam int unsigned AddrBits = $clog2(DEPTH),
  localparam int unsigned Bits = 8 * WORD_BYTES
) (
  input  wire                   clk_i,
  input  wire                   re_i,
  input  wire  [AddrBits-1:0]   raddr_i,
  output logic [Bits-1:0]       rdata_o,
  output logic                  bad_o,
  input  wire                   we_i,
  input  wire  [AddrBits-1:0]   waddr_i,
  input  wire  [Bits-1:0]       wdata_i,
  input  wire  [WORD_BYTES-1:0] wbe_i,
  input  wire                   we2_i,
  input  wire  [AddrBits-1:0]   waddr2_i,
  input  wire  [Bits-1:0]       wdata2_i,
  input  wire  [WORD_BYTES-1:0] wbe2_i
);

  // A byte as it is stored: with its parity above it.
  localparam int unsigned Lane = PARITY ? 9 : 8;
  localparam int unsigned Stored = Lane * WORD_BYTES;

  (* no_rw_check = !PARITY *) logic [Stored-1:0] mem[DEPTH];
  logic [Stored-1:0] word_q, out_q, lanes, lanes2;
  logic              re_q;

  always_ff @(posedge clk_i) begin : read
    re_q <= re_i;
    if (re_i) word_q <= mem[raddr_i];
    if (re_q) out_q <= word_q;
  end

  if (PARITY) begin : gen_parity
    logic                  told_q;
    logic [WORD_BYTES-1:0] odd_q;
    for (genvar b = 0; b < WORD_BYTES; b++) begin : gen_lane
      assign lanes[Lane*b+:Lane] = {^wdata_i[8*b+:8], wdata_i[8*b+:8]};
      assign lanes2[Lane*b+:Lane] = {^wdata2_i[8*b+:8], wdata2_i[8*b+:8]};
      assign rdata_o[8*b+:8] = out_q[Lane*b+:8];
      always_ff @(posedge clk_i) odd_q[b] <= told_q && ^out_q[Lane*b+:Lane];
    end
    always_ff @(posedge clk_i) told_q <= re_q;
    assign bad_o = odd_q != '0;
  end else begin : gen_plain
    assign lanes = wdata_i;
    assign lanes2 = wdata2_i;
    assign rdata_o = out_q;
    assign bad_o = 1'b0;
  end

`ifdef VERILATOR
  // The same writes as below, made of whole words: one assignment instead of one for each byte, and bytes are merged only where
  // a word is written in part.
  function automatic logic [Stored-1:0] merge(input logic [Stored-1:0] old, input logic [Stored-1:0] data, input logic [WORD_BYTES-1:0] be);
    logic [Stored-1:0] word;
    word = old;
    for (int unsigned b = 0; b < WORD_BYTES; b++) if (be[b]) word[Lane*b+:Lane] = data[Lane*b+:Lane];
    return word;
  endfunction

  always_ff @(posedge clk_i) begin : write
    logic [Stored-1:0] word;
    if (we_i || we2_i) begin
      if (we_i) begin
        word = lanes;
        if (!(&wbe_i)) word = merge(mem[waddr_i], lanes, wbe_i);
      end
      if (!we_i) begin
        word = lanes2;
        if (!(&wbe2_i)) word = merge(mem[waddr2_i], lanes2, wbe2_i);
      end
      mem[we_i ? waddr_i : waddr2_i] <= word;
    end
  end
`else
  logic                  we;
  logic [AddrBits-1:0]   waddr;
  logic [Stored-1:0]     stored;
  logic [WORD_BYTES-1:0] wbe;
  assign we = we_i || we2_i;
  assign waddr = we_i ? waddr_i : waddr2_i;
  assign stored = we_i ? lanes : lanes2;
  assign wbe = we_i ? wbe_i : wbe2_i;

  always_ff @(posedge clk_i) begin : write
    for (int unsigned b = 0; b < WORD_BYTES; b++) begin
      if (we && wbe[b]) mem[waddr][Lane*b+:Lane] <= stored[Lane*b+:Lane];
    end
  end
`endif

`ifdef VERILATOR
  // Debugging access for the testbench: word32 counts 32-bit pieces of a word. What is poked is sound; a flip inverts one bit
  // of a stored byte, 8 being its parity: 0, or -1 where there is none.
  export "DPI-C" function systole_ram_peek;
  export "DPI-C" function systole_ram_poke;
  export "DPI-C" function systole_ram_flip;

  function automatic int systole_ram_peek(input int addr, input int word32);
    logic [31:0] value;
    for (int unsigned b = 0; b < 4; b++) value[8*b+:8] = mem[addr[AddrBits-1:0]][Lane*(4*word32+b)+:8];
    return value;
  endfunction

  function automatic void systole_ram_poke(input int addr, input int word32, input int value);
    for (int unsigned b = 0; b < 4; b++) begin
      mem[addr[AddrBits-1:0]][Lane*(4*word32+b)+:Lane] = Lane'({^value[8*b+:8], value[8*b+:8]});
    end
  endfunction

  function automatic int systole_ram_flip(input int addr, input int index, input int which);
    if (which >= Lane) return -1;
    mem[addr[AddrBits-1:0]][Lane*index+which] = !mem[addr[AddrBits-1:0]][Lane*index+which];
    return 0;
  endfunction

  initial for (int unsigned i = 0; i < DEPTH; i++) mem[i] = '0;
`endif

endmodule
`default_nettype wire
