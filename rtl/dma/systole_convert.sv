// SPDX-License-Identifier: Apache-2.0
// Cuts the bytes asked for out of a beat and converts their elements as CONV says: COPY16 makes
// every NaN 0x7fc0; F32_H, F32_M and F32_L make one part of each fp32 element's split and pack the
// results; other bytes are copied. The result begins at byte 0 and has zeros behind it.
//
// Latency: 2 cycles, first cut, then converted. Throughput: a beat a cycle. Handshake: none; each
// of the two registers takes something new only where its en is high, and conv_i belongs to the
// second.
// Legal parameters: BYTES a power of two, at least 4; HAS_FP 0 (everything is copied) or 1.
`default_nettype none
module systole_convert
  import systole_pkg::*;
  import systole_fp_pkg::*;
#(
  parameter int unsigned BYTES  = 64,
  parameter int unsigned HAS_FP = 1,
  localparam int unsigned Log   = $clog2(BYTES)
) (
  input  wire                clk_i,
  input  wire                cut_en_i,
  input  wire  [Log-1:0]     off_i,        // first byte asked for, a multiple of the element's size
  input  wire  [6:0]         bytes_i,      // how many, 1 to BYTES - off_i
  input  wire  [8*BYTES-1:0] data_i,
  input  wire                valid_i,      // there is something in the first register
  input  wire                convert_en_i,
  input  wire  [2:0]         conv_i,
  output logic [8*BYTES-1:0] data_o
);

  localparam int unsigned Bits = 8 * BYTES;

  logic [Bits-1:0] cut_q;
  logic            whole;

  assign whole = bytes_i == 7'(BYTES);  // then off_i is 0

  // An assignment and another on top of it, not a mux: a simulator shifts only where there is
  // something to shift.
  always_ff @(posedge clk_i) begin
    if (cut_en_i) begin
      cut_q <= data_i;
      if (!whole) cut_q <= (data_i >> {off_i, 3'd0}) & ~({Bits{1'b1}} << {bytes_i[Log-1:0], 3'd0});
    end
  end

  if (HAS_FP != 0) begin : gen_fp
    localparam int unsigned Lanes = BYTES / 4;

    logic [Bits-1:0] converted;
    logic            copy;
    logic [1:0]      part;

    assign part = (conv_i == 3'(CONV_F32_M)) ? 2'd1 : 2'd2;
    assign copy = conv_i == 3'(CONV_COPY8) || conv_i == 3'(CONV_COPY32);

    always_comb begin : convert
      converted = '0;
      if (valid_i && !copy) begin
        if (conv_i == 3'(CONV_COPY16)) begin
          for (int unsigned i = 0; i < 2 * Lanes; i++) begin
            converted[16*i +: 16] = (cut_q[16*i +: 15] > 15'h7f80) ? 16'h7fc0 : cut_q[16*i +: 16];
          end
        end else if (conv_i == 3'(CONV_F32_H)) begin
          // As fp_split with part 0, of which this is the small beginning.
          for (int unsigned i = 0; i < Lanes; i++) begin
            converted[16*i +: 16] = fp_high(cut_q[32*i +: 32]);
          end
        end else begin
          for (int unsigned i = 0; i < Lanes; i++) begin
            converted[16*i +: 16] = fp_split(cut_q[32*i +: 32], part);
          end
        end
      end
    end

    always_ff @(posedge clk_i) begin
      if (convert_en_i) begin
        if (copy) data_o <= cut_q;
        else data_o <= converted;
      end
    end
  end else begin : gen_copy
    logic unused;
    assign unused = ^{valid_i, conv_i};

    always_ff @(posedge clk_i) begin
      if (convert_en_i) data_o <= cut_q;
    end
  end

endmodule
`default_nettype wire
