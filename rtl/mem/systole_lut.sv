// SPDX-License-Identifier: Apache-2.0
// The activation table: 256 bytes, written a beat at a time. Without RAM it is read whole (each lane of the post-processing looks up its
// own entry); with it, it is one, of which a synthesiser makes copies, and each lane has the byte at its address a cycle later.
//
// Latency: a write is seen in the next cycle. PARITY: each entry has a parity bit, as in systole_ram. While check_i says that entries are
// looked up, bad_o tells, two cycles later, that one does not match: any where the table is read whole, else one that a lane was given.
// Legal parameters: AXI_BYTES 8 to 64, a power of two.
`default_nettype none
module systole_lut #(
  parameter int unsigned AXI_BYTES = 64,
  parameter int unsigned LANES = 16,
  parameter bit          RAM = 1'b0,
  parameter bit          PARITY = 1'b0
) (
  input  wire                    clk_i,
  input  wire                    we_i,
  input  wire  [7:0]             addr_i,  // a multiple of AXI_BYTES
  input  wire  [8*AXI_BYTES-1:0] data_i,
  input  wire  [AXI_BYTES-1:0]   be_i,
  output logic [2047:0]          table_o,
  input  wire  [8*LANES-1:0]     raddr_i,
  output logic [8*LANES-1:0]     rdata_o,
  input  wire                    check_i,
  output logic                   bad_o
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

  (* no_rw_check = !PARITY *) logic [8*AXI_BYTES-1:0] beats[256/AXI_BYTES];

  // Parity of each entry, a row a beat; registers, whatever holds the entries.
  localparam int unsigned Beats = 256 / AXI_BYTES;
  logic [AXI_BYTES-1:0] marks[Beats];
  logic [AXI_BYTES-1:0] data_marks;
  for (genvar b = 0; b < AXI_BYTES; b++) begin : gen_mark
    assign data_marks[b] = PARITY && ^data_i[8*b+:8];
  end

  if (PARITY) begin : gen_parity
    always_ff @(posedge clk_i) begin : write_marks
      if (we_i) marks[addr_i[7:ByteBits]] <= (marks[addr_i[7:ByteBits]] & ~be_i) | (data_marks & be_i);
    end
  end else begin : gen_plain
    logic unused_marks;
    assign unused_marks = ^{check_i, data_marks};
    assign bad_o = 1'b0;
  end

  if (!RAM) begin : gen_whole
    always_ff @(posedge clk_i) begin
      if (we_i) bytes[0] <= merge(bytes[0]);
    end
    assign table_o = bytes[0];
    assign rdata_o = '0;
    logic unused_address;
    assign unused_address = ^raddr_i;
    if (PARITY) begin : gen_check
      logic [31:0] odd, odd_q;  // eight entries each
      logic        check_q;
      for (genvar k = 0; k < 32; k++) begin : gen_eight
        logic [7:0] differ;
        for (genvar e = 0; e < 8; e++) begin : gen_entry
          localparam int unsigned At = 8 * k + e;
          assign differ[e] = ^{marks[At/AXI_BYTES][At%AXI_BYTES], bytes[0][8*At+:8]};
        end
        assign odd[k] = differ != '0;
      end
      always_ff @(posedge clk_i) begin
        check_q <= check_i;
        if (check_i) odd_q <= odd;
        bad_o <= check_q && odd_q != '0;
      end
    end
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
      if (PARITY) begin : gen_check
        logic [AXI_BYTES-1:0] marks_q;
        logic                 check_q;
        always_ff @(posedge clk_i) begin
          check_q <= check_i;
          marks_q <= marks[raddr_i[8*g+ByteBits+:8-ByteBits]];
          odd_q[g] <= check_q && ^{marks_q[byte_q], rdata_o[8*g+:8]};
        end
      end
    end
    logic [LANES-1:0] odd_q;
    if (PARITY) begin : gen_any
      assign bad_o = odd_q != '0;
    end else begin : gen_none
      assign odd_q = '0;
      logic unused_odd;
      assign unused_odd = ^odd_q;
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

  // As systole_ram has them.
  export "DPI-C" function systole_lut_flip;

  function automatic int systole_lut_flip(input int i, input int which);
    if (which > (PARITY ? 8 : 7)) return -1;
    if (which == 8) marks[i[7:ByteBits]][i[ByteBits-1:0]] = !marks[i[7:ByteBits]][i[ByteBits-1:0]];
    else if (RAM) beats[i[7:ByteBits]][{i[ByteBits-1:0],which[2:0]}] = !beats[i[7:ByteBits]][{i[ByteBits-1:0],which[2:0]}];
    else bytes[0][8*i[7:0]+32'(which[2:0])] = !bytes[0][8*i[7:0]+32'(which[2:0])];
    return 0;
  endfunction

  function automatic void systole_lut_poke(input int i, input int value);
    marks[i[7:ByteBits]][i[ByteBits-1:0]] = ^value[7:0];
    if (RAM) beats[i[7:ByteBits]][{i[ByteBits-1:0],3'd0}+:8] = value[7:0];
    else bytes[0][8*i[7:0]+:8] = value[7:0];
  endfunction

  initial begin
    bytes[0] = '0;
    for (int unsigned k = 0; k < Beats; k++) begin
      beats[k] = '0;
      marks[k] = '0;
    end
  end
`endif

endmodule
`default_nettype wire
