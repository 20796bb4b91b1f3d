// SPDX-License-Identifier: Apache-2.0
//
// Packs vectors of bytes, each for an arbitrary byte address, into beats with strobes. Vectors that
// follow each other in memory share beats; a beat goes out once something else, or the end of an
// instruction, comes behind it.
//
// Latency      2 cycles to the beat register, from which a beat leaves when the next chunk comes
// Throughput   up to AXI_BYTES bytes of one vector a cycle: one full beat a cycle for contiguous
//              bytes; a jump costs at most one cycle
// Handshake    valid/ready on both sides; in_ready_o rises on the last chunk of a vector only
// Legal        AXI_BYTES a power of two, 4 to 64; VEC_BYTES a power of two, AXI_BYTES to 256
//
// Order is kept, also between vectors that write the same bytes: those never share a beat.
`include "systole_assert.svh"
`include "systole_when.svh"
`default_nettype none

module systole_write_pack #(
    parameter int unsigned AXI_BYTES = 64,
    parameter int unsigned VEC_BYTES = 64,
    parameter int unsigned TAG_BITS  = 2,
    localparam int unsigned OffBits  = $clog2(AXI_BYTES),
    localparam int unsigned BeatBits = 64 - OffBits
) (
    input  wire logic                    clk_i,
    input  wire logic                    rst_ni,

    // in_bytes_i bytes, 1 to VEC_BYTES, from bit 0 of in_data_i on; in_last_i: the last vector of
    // an instruction.
    input  wire logic                    in_valid_i,
    output wire logic                    in_ready_o,
    input  wire logic [63:0]             in_addr_i,
    input  wire logic [8:0]              in_bytes_i,
    input  wire logic [VEC_BYTES*8-1:0]  in_data_i,
    input  wire logic                    in_last_i,
    input  wire logic [TAG_BITS-1:0]     in_tag_i,

    // Beats; the address counts beats.
    output wire logic                    out_valid_o,
    input  wire logic                    out_ready_i,
    output wire logic [BeatBits-1:0]     out_addr_o,
    output wire logic [AXI_BYTES*8-1:0]  out_data_o,
    output wire logic [AXI_BYTES-1:0]    out_strb_o,
    output wire logic                    out_last_o,
    output wire logic [TAG_BITS-1:0]     out_tag_o,

    output wire logic                    busy_o
);

  localparam int unsigned Chunks = VEC_BYTES / AXI_BYTES;
  localparam int unsigned AxiBits = AXI_BYTES * 8;

  if (VEC_BYTES < AXI_BYTES || VEC_BYTES > 256 || AXI_BYTES < 4 || AXI_BYTES > 64)
  begin : gen_bad_size
    $error("systole_write_pack: 4 <= AXI_BYTES <= 64 and AXI_BYTES <= VEC_BYTES <= 256");
  end

  // -----------------------------------------------------------------------------------------------
  // A: one chunk of the vector, shifted to its place in two neighbouring beats.

  logic [8:0]             done_q, rest, len;  // bytes of the vector taken, left, taken now
  logic [8:0]             spare;             // bytes of a beat that the chunk does not fill
  logic [OffBits-1:0]     off;
  logic                   chunk_last, a_take, a_ready;
  logic [BeatBits-1:0]    chunk_addr;        // in beats
  logic [AxiBits-1:0]     chunk;

  if (Chunks == 1) begin : gen_one_chunk
    assign chunk = in_data_i;
  end else begin : gen_chunks
    always_comb begin : gen_chunk
      chunk = in_data_i[AxiBits-1:0];
      if (`WHEN(a_take) && done_q != '0) chunk = AxiBits'(in_data_i >> {done_q[8:OffBits], {OffBits{1'b0}}, 3'd0});
    end
  end

  assign rest       = in_bytes_i - done_q;
  assign chunk_last = rest <= 9'(AXI_BYTES);
  assign len        = chunk_last ? rest : 9'(AXI_BYTES);
  assign spare     = 9'(AXI_BYTES) - len;
  assign chunk_addr = in_addr_i[63:OffBits] + BeatBits'(done_q[8:OffBits]);  // whole beats were taken
  assign off        = in_addr_i[OffBits-1:0];
  assign a_take     = in_valid_i && a_ready;
  assign in_ready_o = a_ready && chunk_last;

  logic                   a_valid_q, a_last_q;
  logic [TAG_BITS-1:0]    a_tag_q;
  logic [BeatBits-1:0]    a_addr_q;
  logic [2*AxiBits-1:0]   a_data_q;  // bytes not strobed are zero
  logic [2*AXI_BYTES-1:0] a_strb_q;

  always_ff @(posedge clk_i) begin
    if (a_take) begin
      a_last_q <= in_last_i && chunk_last;
      a_tag_q  <= in_tag_i;
      a_addr_q <= chunk_addr;
      a_data_q <= {AxiBits'(0), chunk & ({AxiBits{1'b1}} >> {spare, 3'd0})} << {off, 3'd0};
      a_strb_q <= {AXI_BYTES'(0), {AXI_BYTES{1'b1}} >> spare} << off;
    end
    if (!rst_ni) begin
      a_valid_q <= 1'b0;
      done_q    <= '0;
    end else begin
      if (a_ready) a_valid_q <= in_valid_i;
      if (a_take) done_q <= chunk_last ? 9'd0 : done_q + 9'(AXI_BYTES);
    end
  end

  // -----------------------------------------------------------------------------------------------
  // B: the open beat. Chunks for it are put in; it leaves when the next one is for another beat.

  logic                   b_valid_q, b_last_q;
  logic [TAG_BITS-1:0]    b_tag_q;
  logic [BeatBits-1:0]    b_addr_q;
  logic [AxiBits-1:0]     b_data_q;
  logic [AXI_BYTES-1:0]   b_strb_q;

  logic                 spills, fits, flush, join_b, emit_both, consume;
  logic [AxiBits-1:0]   sum_data, beat_data;
  logic [AXI_BYTES-1:0] sum_strb;

  assign spills = a_strb_q[AXI_BYTES];  // the chunk reaches into the next beat
  // The open beat leaves by itself: nothing can be added to it.
  assign fits  = a_addr_q == b_addr_q && (b_strb_q & a_strb_q[AXI_BYTES-1:0]) == '0;
  assign flush = b_valid_q && (b_last_q || (a_valid_q && !fits));
  assign join_b = b_valid_q && !flush;
  // The open beat, if any, and the chunk's first part, as one beat.
  assign emit_both = !flush && a_valid_q && spills;
  // A spilling chunk behind a flushed beat would send two beats: it waits for the next cycle.
  assign consume = flush ? out_ready_i && !spills : !spills || out_ready_i;
  assign a_ready = !a_valid_q || consume;

  // Assignments on top of others: a simulator joins only what is to be joined.
  always_comb begin : joined
    sum_data  = a_data_q[AxiBits-1:0];
    beat_data = b_data_q;
    if (a_valid_q) begin
      if (join_b) sum_data = b_data_q | a_data_q[AxiBits-1:0];
      if (!flush) beat_data = sum_data;
    end
  end
  assign sum_strb = (join_b ? b_strb_q : '0) | a_strb_q[AXI_BYTES-1:0];

  assign out_valid_o = flush || emit_both;
  assign out_addr_o  = flush ? b_addr_q : a_addr_q;
  assign out_data_o  = beat_data;
  assign out_strb_o  = flush ? b_strb_q : sum_strb;
  assign out_last_o  = flush && b_last_q;
  assign out_tag_o   = flush ? b_tag_q : a_tag_q;

  always_ff @(posedge clk_i) begin
    if (a_valid_q && consume) begin
      b_last_q <= a_last_q;
      b_tag_q  <= a_tag_q;
      b_addr_q <= spills ? a_addr_q + BeatBits'(1) : a_addr_q;
      b_data_q <= spills ? a_data_q[2*AxiBits-1:AxiBits] : sum_data;
      b_strb_q <= spills ? a_strb_q[2*AXI_BYTES-1:AXI_BYTES] : sum_strb;
    end
    if (!rst_ni) b_valid_q <= 1'b0;
    else if (a_valid_q && consume) b_valid_q <= 1'b1;
    else if (flush && out_ready_i) b_valid_q <= 1'b0;
  end

  assign busy_o = a_valid_q || b_valid_q || done_q != '0;

  // A beat without a strobe is never sent.
  `ASSERT(Strobed_A, !out_valid_o || out_strb_o != '0)

endmodule
`default_nettype wire
