// SPDX-License-Identifier: Apache-2.0
// Collects the rows of a block and gives its columns, each as one piece; pieces that are not to be
// transposed pass.
//
// A row may come in several pieces; its last has row_end, and the pieces of the block's last row
// have blk_end. Column c of the block goes to dst + c * aux. The order of pieces is kept: one that
// passes waits until the columns before it have left.
//
// Latency: 1 cycle from a block's last piece to its first column; none for pieces that pass.
// Throughput: a piece in and a piece out each cycle, for of two blocks one is collected while the
// other leaves.
// Handshake: valid/ready on both sides, stable while stalled. clear_i forgets what is inside.
// Legal parameters: AXI_BYTES a power of two from 8 to 64.
`include "systole_when.svh"
`default_nettype none
module systole_transpose
  import systole_pkg::*;
  import systole_load_pkg::*;
#(
  parameter int unsigned AXI_BYTES = 64
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  input  wire                    clear_i,

  input  wire                    in_valid_i,
  output logic                   in_ready_o,
  input  wire  [8*AXI_BYTES-1:0] in_data_i,
  input  wire  [6:0]             in_bytes_i,
  input  load_ctl_t              in_ctl_i,

  output logic                   out_valid_o,
  input  wire                    out_ready_i,
  output logic [8*AXI_BYTES-1:0] out_data_o,
  output logic [6:0]             out_bytes_o,
  output logic [31:0]            out_dst_o,
  output logic [2:0]             out_mem_o,
  output logic                   out_last_o
);

  localparam int unsigned Bits     = 8 * AXI_BYTES;
  localparam int unsigned Rows     = (AXI_BYTES < 16) ? AXI_BYTES : 16;      // of 1-byte elements
  localparam int unsigned Rows2    = (AXI_BYTES < 32) ? AXI_BYTES / 2 : 16;  // of 2-byte elements
  localparam int unsigned RowBytes = (AXI_BYTES < 32) ? AXI_BYTES : 32;
  localparam int unsigned RowBits  = 8 * RowBytes;
  localparam int unsigned RowLog   = $clog2(Rows);
  localparam int unsigned ByteLog  = $clog2(RowBytes);

  // Two blocks; bank b has rows b * Rows and up.
  (* ram_style = "registers" *) logic [RowBits-1:0] row_q [2*Rows];
  logic [1:0]         full_q;
  logic [31:0]        dst_q [2], step_q [2];
  logic [2:0]         mem_q [2];
  logic               two_q [2], last_q [2];       // two: elements of 2 bytes
  logic [ByteLog:0]   row_bytes_q [2];             // in a row
  logic [RowLog:0]    rows_q [2];

  // Collecting.
  logic               wr_bank_q;
  logic [RowLog-1:0]  wr_row_q;
  logic [ByteLog:0]   wr_byte_q;                   // bytes of this row that are here
  logic               collect;
  logic [ByteLog:0]   row_bytes;

  // Giving.
  logic               rd_bank_q;
  logic [RowLog-1:0]  col_q;
  logic [31:0]        col_dst_q;                   // col_q * step
  logic               give, give_last, any_full;
  logic [ByteLog:0]   columns;                     // in the block

  assign any_full   = full_q != 2'd0;
  assign in_ready_o = in_ctl_i.trans ? !full_q[wr_bank_q] : (!any_full && out_ready_i);
  assign collect    = in_valid_i && in_ctl_i.trans && in_ready_o;
  assign row_bytes  = wr_byte_q + (ByteLog + 1)'(in_bytes_i);

  assign give      = any_full && out_ready_i;
  assign columns   = two_q[rd_bank_q] ? row_bytes_q[rd_bank_q] >> 1 : row_bytes_q[rd_bank_q];
  assign give_last = (ByteLog + 1)'(col_q) + 1'b1 == columns;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      full_q    <= 2'd0;
      wr_bank_q <= 1'b0;
      wr_row_q  <= '0;
      wr_byte_q <= '0;
      rd_bank_q <= 1'b0;
      col_q     <= '0;
      col_dst_q <= '0;
    end else begin
      if (collect) begin
        wr_byte_q <= row_bytes;
        if (in_ctl_i.row_end) begin
          wr_byte_q <= '0;
          wr_row_q  <= wr_row_q + 1'b1;
          if (in_ctl_i.blk_end) begin
            wr_row_q          <= '0;
            wr_bank_q         <= !wr_bank_q;
            full_q[wr_bank_q] <= 1'b1;
          end
        end
      end
      if (give) begin
        col_q     <= col_q + 1'b1;
        col_dst_q <= col_dst_q + step_q[rd_bank_q];
        if (give_last) begin
          col_q             <= '0;
          col_dst_q         <= '0;
          rd_bank_q         <= !rd_bank_q;
          full_q[rd_bank_q] <= 1'b0;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin : store_rows
    if (collect) begin
      // The piece has zeros behind its bytes, so that a row's second piece can be joined to the
      // first.
      if (wr_byte_q == '0) row_q[{wr_bank_q, wr_row_q}] <= in_data_i[RowBits-1:0];
      else begin
        row_q[{wr_bank_q, wr_row_q}] <= row_q[{wr_bank_q, wr_row_q}]
          | (in_data_i[RowBits-1:0] << {wr_byte_q[ByteLog-1:0], 3'd0});
      end
      row_bytes_q[wr_bank_q] <= row_bytes;
      rows_q[wr_bank_q]      <= (RowLog + 1)'(wr_row_q) + 1'b1;
      last_q[wr_bank_q]      <= in_ctl_i.last;
      if (wr_row_q == '0 && wr_byte_q == '0) begin
        dst_q[wr_bank_q]  <= in_ctl_i.dst;
        step_q[wr_bank_q] <= in_ctl_i.aux;
        mem_q[wr_bank_q]  <= in_ctl_i.mem;
        two_q[wr_bank_q]  <= in_ctl_i.conv != 3'(CONV_COPY8);
      end
    end
  end

  // A column is never longer than a row.
  logic [RowBits-1:0] column;

  always_comb begin : gather
    column = '0;
    if (`WHEN(any_full)) begin
      if (two_q[rd_bank_q]) begin
        for (int unsigned r = 0; r < Rows2; r++) begin
          if (r < 32'(rows_q[rd_bank_q])) begin
            column[16*r +: 16] = row_q[{rd_bank_q, RowLog'(r)}][{col_q[ByteLog-2:0], 4'd0} +: 16];
          end
        end
      end else begin
        for (int unsigned r = 0; r < Rows; r++) begin
          if (r < 32'(rows_q[rd_bank_q])) begin
            column[8*r +: 8] = row_q[{rd_bank_q, RowLog'(r)}][(ByteLog + 3)'({col_q, 3'd0}) +: 8];
          end
        end
      end
    end
  end

  always_comb begin : choose
    if (any_full) begin
      out_valid_o = 1'b1;
      out_data_o  = Bits'(column);
      out_bytes_o = two_q[rd_bank_q] ? 7'({rows_q[rd_bank_q], 1'b0}) : 7'(rows_q[rd_bank_q]);
      out_dst_o   = dst_q[rd_bank_q] + col_dst_q;
      out_mem_o   = mem_q[rd_bank_q];
      out_last_o  = last_q[rd_bank_q] && give_last;
    end else begin
      out_valid_o = in_valid_i && !in_ctl_i.trans;
      out_data_o  = in_data_i;
      out_bytes_o = in_bytes_i;
      out_dst_o   = in_ctl_i.dst;
      out_mem_o   = in_ctl_i.mem;
      out_last_o  = in_ctl_i.last;
    end
  end

  logic unused;
  assign unused = ^{in_ctl_i.fill, in_ctl_i.seq};

endmodule
`default_nettype wire
