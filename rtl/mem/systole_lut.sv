// SPDX-License-Identifier: Apache-2.0
// The activation table: 256 bytes, written a beat at a time, read whole (each lane of the post-processing looks up its own entry).
//
// Latency: a write is seen in the next cycle. Legal parameters: AXI_BYTES 8 to 64, a power of two.
`default_nettype none
module systole_lut #(
  parameter int unsigned AXI_BYTES = 64
) (
  input  wire                    clk_i,
  input  wire                    we_i,
  input  wire  [7:0]             addr_i,  // a multiple of AXI_BYTES
  input  wire  [8*AXI_BYTES-1:0] data_i,
  input  wire  [AXI_BYTES-1:0]   be_i,
  output logic [2047:0]          table_o
);

  // An array of one, since the testbench writes it too (as any memory, see systole_ram).
  logic [2047:0] bytes[1];

  function automatic logic [2047:0] merge(input logic [2047:0] old);
    logic [2047:0] word;
    word = old;
    for (int unsigned b = 0; b < AXI_BYTES; b++) if (be_i[b]) word[8*(32'(addr_i)+b)+:8] = data_i[8*b+:8];
    return word;
  endfunction

  always_ff @(posedge clk_i) begin
    if (we_i) bytes[0] <= merge(bytes[0]);
  end
  assign table_o = bytes[0];

`ifdef VERILATOR
  export "DPI-C" function systole_lut_peek;
  export "DPI-C" function systole_lut_poke;

  function automatic int systole_lut_peek(input int i);
    return {24'd0, bytes[0][8*i[7:0]+:8]};
  endfunction

  function automatic void systole_lut_poke(input int i, input int value);
    bytes[0][8*i[7:0]+:8] = value[7:0];
  endfunction

  initial bytes[0] = '0;
`endif

endmodule
`default_nettype wire
