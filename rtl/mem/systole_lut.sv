// SPDX-License-Identifier: Apache-2.0
// The activation table: 256 bytes, written a beat at a time. Without RAM it is read whole (each lane of the post-processing looks up its
// own entry); with it, it is one, of which a synthesiser makes copies, and each lane has the byte at its address a cycle later.
//
// Latency: a write is seen in the next cycle. Legal parameters: AXI_BYTES 8 to 64, a power of two.
`default_nettype none
module systole_lut #(
  parameter int unsigned AXI_BYTES = 64,
  parameter int unsigned LANES = 16,
  parameter bit          RAM = 1'b0
) (
  input  wire                    clk_i,
  input  wire                    we_i,
  input  wire  [7:0]             addr_i,  // a multiple of AXI_BYTES
  input  wire  [8*AXI_BYTES-1:0] data_i,
  input  wire  [AXI_BYTES-1:0]   be_i,
  output logic [2047:0]          table_o,
  input  wire  [8*LANES-1:0]     raddr_i,
  output logic [8*LANES-1:0]     rdata_o
);

  localparam int unsigned ByteBits = $clog2(AXI_BYTES);

  // An array of one, since the testbench writes it too (as any memory, see systole_ram).
  logic [2047:0] bytes[1];

  function automatic logic [2047:0] merge(input logic [2047:0] old);
    logic [2047:0] word;
    word = old;
    for (int unsigned b = 0; b < AXI_BYTES; b++) if (be_i[b]) word[8*(32'(addr_i)+b)+:8] = data_i[8*b+:8];
    return word;
  endfunction

  (* no_rw_check *) logic [8*AXI_BYTES-1:0] beats[256/AXI_BYTES];

  if (!RAM) begin : gen_whole
    always_ff @(posedge clk_i) begin
      if (we_i) bytes[0] <= merge(bytes[0]);
    end
    assign table_o = bytes[0];
    assign rdata_o = '0;
    logic unused_address;
    assign unused_address = ^raddr_i;
  end else begin : gen_ram
`ifdef VERILATOR
    // The same write as below, of a whole beat.
    function automatic logic [8*AXI_BYTES-1:0] merge_beat(input logic [8*AXI_BYTES-1:0] old);
      logic [8*AXI_BYTES-1:0] word;
      word = old;
      for (int unsigned b = 0; b < AXI_BYTES; b++) if (be_i[b]) word[8*b+:8] = data_i[8*b+:8];
      return word;
    endfunction
    always_ff @(posedge clk_i) begin
      if (we_i) beats[addr_i[7:ByteBits]] <= merge_beat(beats[addr_i[7:ByteBits]]);
    end
`else
    always_ff @(posedge clk_i) begin
      for (int unsigned b = 0; b < AXI_BYTES; b++) if (we_i && be_i[b]) beats[addr_i[7:ByteBits]][8*b+:8] <= data_i[8*b+:8];
    end
`endif
    for (genvar g = 0; g < LANES; g++) begin : gen_reader
      logic [8*AXI_BYTES-1:0] beat_q;
      logic [ByteBits-1:0]    byte_q;
      always_ff @(posedge clk_i) begin
        beat_q <= beats[raddr_i[8*g+ByteBits+:8-ByteBits]];
        byte_q <= raddr_i[8*g+:ByteBits];
      end
      assign rdata_o[8*g+:8] = beat_q[{byte_q, 3'd0}+:8];
    end
    assign table_o = '0;
    logic unused_low;
    assign unused_low = ^addr_i[ByteBits-1:0];
  end

`ifdef VERILATOR
  export "DPI-C" function systole_lut_peek;
  export "DPI-C" function systole_lut_poke;

  function automatic int systole_lut_peek(input int i);
    return {24'd0, RAM ? beats[i[7:ByteBits]][{i[ByteBits-1:0],3'd0}+:8] : bytes[0][8*i[7:0]+:8]};
  endfunction

  function automatic void systole_lut_poke(input int i, input int value);
    if (RAM) beats[i[7:ByteBits]][{i[ByteBits-1:0],3'd0}+:8] = value[7:0];
    else bytes[0][8*i[7:0]+:8] = value[7:0];
  endfunction

  initial begin
    bytes[0] = '0;
    for (int unsigned k = 0; k < 256 / AXI_BYTES; k++) beats[k] = '0;
  end
`endif

endmodule
`default_nettype wire
