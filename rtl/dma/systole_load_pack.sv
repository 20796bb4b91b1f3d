// SPDX-License-Identifier: Apache-2.0
// Packs pieces, which begin and end anywhere, into writes of aligned words of AXI_BYTES with byte
// enables.
//
// A word that the pieces so far fill only in part is held back, and joined with the next piece if
// that goes on in the same word. It leaves when its top byte is written, when another word begins,
// or when its instruction ends. Bytes that two pieces write are not joined: the later write comes
// later.
//
// Latency: 1 cycle, longer for what is held. Throughput: a write a cycle; a piece a cycle, except
// that one which lies across two words and finds another one held takes a cycle more.
// Handshake: valid/ready on both sides; wr_* is registered and stable while stalled. clear_i
// forgets what is inside.
// Legal parameters: AXI_BYTES a power of two from 8 to 64.
`default_nettype none
module systole_load_pack #(
  parameter int unsigned AXI_BYTES = 64
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  input  wire                    clear_i,

  input  wire                    in_valid_i,
  output logic                   in_ready_o,
  input  wire  [8*AXI_BYTES-1:0] in_data_i,    // zeros behind its bytes
  input  wire  [6:0]             in_bytes_i,
  input  wire  [31:0]            in_dst_i,
  input  wire  [2:0]             in_mem_i,
  input  wire                    in_last_i,    // ends its instruction

  output logic                   wr_valid_o,
  input  wire                    wr_ready_i,
  output logic [2:0]             wr_mem_o,
  output logic [31:0]            wr_addr_o,
  output logic [8*AXI_BYTES-1:0] wr_data_o,
  output logic [AXI_BYTES-1:0]   wr_be_o,
  output logic                   wr_last_o     // the last write of an instruction
);

  localparam int unsigned AxiLog = $clog2(AXI_BYTES);
  localparam int unsigned Bits   = 8 * AXI_BYTES;
  localparam int unsigned WordBits = 32 - AxiLog;

  logic                 hold_q, hold_last_q;
  logic [2:0]           hold_mem_q;
  logic [WordBits-1:0]  hold_word_q;
  logic [Bits-1:0]      hold_data_q;
  logic [AXI_BYTES-1:0] hold_be_q;

  // The piece, in its first word and in the next.
  logic [AxiLog-1:0]    off;
  logic [WordBits-1:0]  word;
  logic [7:0]           reach;
  logic [AxiLog-1:0]    rest;  // its bytes in the first word, if it goes on in the next
  logic [AXI_BYTES-1:0] mask, lo_be, hi_be;
  logic                 across, same;

  assign off    = in_dst_i[AxiLog-1:0];
  assign word   = in_dst_i[31:AxiLog];
  assign reach  = 8'(off) + 8'(in_bytes_i);
  assign rest   = AxiLog'(0) - off;
  assign across = reach > 8'(AXI_BYTES);
  assign mask   = (in_bytes_i == 7'(AXI_BYTES)) ? '1
                : ~({AXI_BYTES{1'b1}} << in_bytes_i[AxiLog-1:0]);
  assign lo_be  = mask << off;
  assign same   = hold_mem_q == in_mem_i && hold_word_q == word && (hold_be_q & lo_be) == '0;

  assign hi_be  = mask >> rest;

  // What happens if there is room for a write. flush: the held word leaves as it is; the piece may
  // take its place.
  logic out_ready, flush, emit, keep;
  assign out_ready  = !wr_valid_o || wr_ready_i;
  assign flush      = hold_q && (hold_last_q || (in_valid_i && !same));
  assign in_ready_o = out_ready && !(flush && across);
  assign emit       = flush || (in_valid_i && (reach >= 8'(AXI_BYTES) || in_last_i));
  assign keep       = in_valid_i && (flush || across || !(reach == 8'(AXI_BYTES) || in_last_i));

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      hold_q      <= 1'b0;
      hold_last_q <= 1'b0;
      wr_valid_o  <= 1'b0;
      wr_last_o   <= 1'b0;
    end else if (out_ready) begin
      wr_valid_o <= emit;
      wr_last_o  <= flush ? hold_last_q : (emit && in_last_i && !across);
      if (flush || in_valid_i) begin
        hold_q      <= keep && in_ready_o;
        hold_last_q <= keep && in_ready_o && in_last_i;
      end
    end
  end

  // Assignments on top of others, not muxes: a simulator shifts only where there is something to
  // shift.
  always_ff @(posedge clk_i) begin : words
    if (out_ready && emit) begin
      if (flush) begin
        wr_mem_o  <= hold_mem_q;
        wr_addr_o <= {hold_word_q, {AxiLog{1'b0}}};
        wr_data_o <= hold_data_q;
        wr_be_o   <= hold_be_q;
      end else begin
        wr_mem_o  <= in_mem_i;
        wr_addr_o <= {word, {AxiLog{1'b0}}};
        wr_data_o <= in_data_i;
        if (hold_q) wr_data_o <= hold_data_q | (in_data_i << {off, 3'd0});
        if (!hold_q && off != '0) wr_data_o <= in_data_i << {off, 3'd0};
        wr_be_o   <= hold_q ? hold_be_q | lo_be : lo_be;
      end
    end
    if (out_ready && keep && in_ready_o) begin
      hold_mem_q <= in_mem_i;
      if (across) begin
        hold_word_q <= word + 1'b1;
        hold_data_q <= in_data_i >> {rest, 3'd0};
        hold_be_q   <= hi_be;
      end else begin
        hold_word_q <= word;
        hold_data_q <= in_data_i;
        if (hold_q && !flush) hold_data_q <= hold_data_q | (in_data_i << {off, 3'd0});
        else if (off != '0) hold_data_q <= in_data_i << {off, 3'd0};
        hold_be_q   <= (hold_q && !flush) ? hold_be_q | lo_be : lo_be;
      end
    end
  end

endmodule
`default_nettype wire
