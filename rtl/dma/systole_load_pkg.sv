// SPDX-License-Identifier: Apache-2.0
// What travels beside the data inside systole_load.
`default_nettype none
package systole_load_pkg;

  // Segment: a contiguous run of source bytes. Burst: the part of one that a single read asks for.
  // Piece: one beat's part of it.
  typedef struct packed {
    logic        fill;     // no read: the data is aux, repeated
    logic        trans;    // goes through the transposer
    logic        row_end;  // trans: ends a row of a block
    logic        blk_end;  // trans: in the last row of a block
    logic        last;     // ends its instruction
    logic [3:0]  seq;      // number of its instruction, modulo 16
    logic [2:0]  mem;      // MEM_*
    logic [2:0]  conv;     // CONV_*
    logic [31:0] aux;      // fill: four bytes of value; trans: from a column's dst to the next
    logic [31:0] dst;      // byte address of its first byte (trans: of its block)
  } load_ctl_t;

  typedef struct packed {
    logic [12:0] bytes;    // 1 to 4096
    logic [5:0]  off;      // of the first byte in the first beat
    load_ctl_t   ctl;
  } load_burst_t;

  // fp32 to bf16: half the bytes go on.
  function automatic logic load_halves(input logic [2:0] conv);
    return conv >= 3'd3;
  endfunction

  // Destination bytes that so many source bytes make.
  function automatic logic [12:0] load_dst_bytes(input logic [2:0] conv, input logic [12:0] bytes);
    return load_halves(conv) ? bytes >> 1 : bytes;
  endfunction

endpackage
`default_nettype wire
