// SPDX-License-Identifier: Apache-2.0
// Cuts segments into AXI bursts: gives each burst's address to the bus and, in the same cycle, its
// description to the data side.
//
// A burst ends at each multiple of min(4096, 64 * AXI_BYTES) bytes, so it has at most 64 beats and
// never crosses 4 KiB. It begins and ends in beats that hold bytes asked for. A FILL is cut in the
// same way but asks the bus for nothing.
//
// Latency: 1 cycle from a segment to its description, 2 to ar_valid_o. Throughput: a burst a cycle.
// Handshake: valid/ready everywhere; ar_* is registered and stable while it waits, clear_i
// included. clear_i forgets the rest.
// Legal parameters: AXI_BYTES a power of two from 8 to 64.
`include "systole_when.svh"
`default_nettype none
module systole_load_split
  import systole_load_pkg::*;
#(
  parameter int unsigned AXI_BYTES = 64
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                clear_i,

  input  wire                seg_valid_i,
  output logic               seg_ready_o,
  input  wire  [63:0]        seg_src_i,
  input  wire  [31:0]        seg_bytes_i,
  input  load_ctl_t          seg_ctl_i,

  output logic               burst_valid_o,
  input  wire                burst_ready_i,
  output load_burst_t        burst_o,

  output logic               ar_valid_o,
  input  wire                ar_ready_i,
  output logic [63:0]        ar_addr_o,
  output logic [7:0]         ar_len_o
);

  localparam int unsigned AxiLog     = $clog2(AXI_BYTES);
  localparam int unsigned BurstLog   = (AxiLog + 6 > 12) ? 12 : AxiLog + 6;

  logic        valid_q;
  logic [63:0] src_q;
  logic [31:0] left_q;
  load_ctl_t   ctl_q;

  logic [12:0] room, bytes, span;
  logic        fin, go;

  // `go`: this burst leaves in this cycle.
  assign room          = 13'(1 << BurstLog) - 13'(src_q[BurstLog-1:0]);
  assign fin           = left_q <= 32'(room);
  assign bytes         = fin ? left_q[12:0] : room;
  assign span          = 13'(src_q[AxiLog-1:0]) + bytes - 13'd1;
  assign burst_valid_o = valid_q && !clear_i && (ctl_q.fill || !ar_valid_o || ar_ready_i);
  assign go            = burst_valid_o && burst_ready_i;
  assign seg_ready_o   = !valid_q || (go && fin);

  always_comb begin
    burst_o = '0;
    if (`WHEN(valid_q)) begin
      burst_o.bytes       = bytes;
      burst_o.off         = 6'(src_q[AxiLog-1:0]);
      burst_o.ctl         = ctl_q;
      burst_o.ctl.row_end = ctl_q.row_end && fin;
      burst_o.ctl.last    = ctl_q.last && fin;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
    end else if (clear_i) begin
      valid_q <= 1'b0;
    end else if (seg_ready_o) begin
      valid_q <= seg_valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (seg_valid_i && seg_ready_o) begin
      src_q  <= seg_src_i;
      left_q <= seg_bytes_i;
      ctl_q  <= seg_ctl_i;
    end else if (go) begin
      src_q     <= src_q + 64'(bytes);
      left_q    <= left_q - 32'(bytes);
      ctl_q.dst <= ctl_q.dst + 32'(load_dst_bytes(ctl_q.conv, bytes));
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_valid_o <= 1'b0;
    end else if (go && !ctl_q.fill) begin
      ar_valid_o <= 1'b1;
    end else if (ar_ready_i) begin
      ar_valid_o <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (go && !ctl_q.fill) begin
      ar_addr_o <= {src_q[63:AxiLog], {AxiLog{1'b0}}};
      ar_len_o  <= 8'(span >> AxiLog);
    end
  end

  // A burst stays within a page and has at most 64 beats.
  BurstLen_A: assert property (@(posedge clk_i) disable iff (!rst_ni)
    (!ar_valid_o || ar_len_o < 8'd64));
  BurstPage_A: assert property (@(posedge clk_i) disable iff (!rst_ni)
    (!ar_valid_o || 32'(ar_addr_o[11:0]) + ((32'(ar_len_o) + 32'd1) << AxiLog) <= 32'd4096));

endmodule
`default_nettype wire
