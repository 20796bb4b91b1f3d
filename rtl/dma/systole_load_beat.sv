// SPDX-License-Identifier: Apache-2.0
// The data side's front: takes beats of the bus as the bursts describe them, cuts out the bytes
// asked for, converts them, and gives pieces: at most a beat of destination bytes, beginning at
// byte 0, with zeros behind them.
//
// Latency: 3 cycles from a beat to its piece. Throughput: a beat a cycle, without a gap between
// bursts.
// Handshake: valid/ready everywhere. r_ready_o is high only while a burst is expected. A beat with
// an error becomes no piece; it raises err_o with its instruction's number in err_seq_o, and
// nothing more is taken until abort_i. Under abort_i the pieces inside are forgotten and what the
// bursts still expect is taken from the bus and dropped.
// Legal parameters: AXI_BYTES a power of two from 8 to 64; HAS_FP 0 or 1.
`include "systole_fault.svh"
`default_nettype none
module systole_load_beat
  import systole_load_pkg::*;
#(
  parameter int unsigned AXI_BYTES = 64,
  parameter int unsigned HAS_FP    = 1
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  input  wire                    abort_i,

  input  wire                    burst_valid_i,
  output logic                   burst_ready_o,
  input  load_burst_t            burst_i,

  input  wire                    r_valid_i,
  output logic                   r_ready_o,
  input  wire  [8*AXI_BYTES-1:0] r_data_i,
  input  wire  [1:0]             r_resp_i,

  output logic                   piece_valid_o,
  input  wire                    piece_ready_i,
  output logic [8*AXI_BYTES-1:0] piece_data_o,
  output logic [6:0]             piece_bytes_o,
  output load_ctl_t              piece_ctl_o,

  output logic                   err_o,
  output logic [3:0]             err_seq_o,
  output logic                   beat_o,        // a beat was taken, one cycle ago
  output logic [7:0]             beat_bytes_o   // bytes asked for in it
);

  localparam int unsigned AxiLog = $clog2(AXI_BYTES);
  localparam int unsigned Bits   = 8 * AXI_BYTES;

  // Stage 0: which bytes of the beat. A burst's first beat takes its numbers from the burst, the
  // others from these.
  logic        later_q;
  logic [12:0] left_q;
  logic [31:0] dst_q;

  logic [5:0]  off;
  logic [12:0] left;
  logic [6:0]  bytes, room;
  logic [31:0] dst;
  logic        fill, fin, take, s1_ready, s2_ready;

  assign fill  = burst_i.ctl.fill;
  assign off   = later_q ? 6'd0 : burst_i.off;
  assign left  = later_q ? left_q : burst_i.bytes;
  assign dst   = later_q ? dst_q : burst_i.ctl.dst;
  assign room  = 7'(AXI_BYTES) - 7'(off);
  assign fin   = left <= 13'(room);
  assign bytes = fin ? left[6:0] : room;

  assign r_ready_o     = burst_valid_i && !fill && (abort_i || (s1_ready && !err_o));
  assign take          = burst_valid_i && (fill || r_valid_i) && (abort_i || (s1_ready && !err_o));
  assign burst_ready_o = take && fin;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      later_q <= 1'b0;
      err_o   <= 1'b0;
      beat_o  <= 1'b0;
    end else begin
      if (take) later_q <= !fin;
      beat_o <= take && !fill;
      if (abort_i) err_o <= 1'b0;
      else if (take && !fill && r_resp_i != 2'd0) err_o <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      left_q       <= left - 13'(bytes);
      dst_q        <= dst + 32'(load_dst_bytes(burst_i.ctl.conv, 13'(bytes)));
      beat_bytes_o <= 8'(bytes);
      if (!err_o) err_seq_o <= burst_i.ctl.seq;
    end
  end

  // Stage 1: the beat as it came.
  logic              v1_q;
  logic [Bits-1:0]   data1_q;
  logic [AxiLog-1:0] off1_q;
  logic [6:0]        bytes1_q;
  load_ctl_t         ctl1_q;

  assign s1_ready = !v1_q || s2_ready;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) v1_q <= 1'b0;
    else if (abort_i) v1_q <= 1'b0;
    else if (s1_ready) v1_q <= take && (fill || r_resp_i == 2'd0);
  end

  always_ff @(posedge clk_i) begin
    if (take && s1_ready) begin
      if (`FAULT(load_take, 1, 1'b1))
        data1_q      <= fill ? {(AXI_BYTES / 4){burst_i.ctl.aux}} : `FAULT(load_data, Bits, r_data_i);
      off1_q         <= off[AxiLog-1:0];
      bytes1_q       <= bytes;
      ctl1_q         <= burst_i.ctl;
      ctl1_q.dst     <= dst;
      ctl1_q.row_end <= burst_i.ctl.row_end && fin;
      ctl1_q.last    <= burst_i.ctl.last && fin;
    end
  end

  // Stage 2: its bytes, at byte 0. Stage 3: converted.
  logic       v2_q, s3_ready;
  logic [6:0] bytes2_q;
  load_ctl_t  ctl2_q;

  assign s2_ready = !v2_q || s3_ready;
  assign s3_ready = !piece_valid_o || piece_ready_i;

  systole_convert #(
    .BYTES (AXI_BYTES),
    .HAS_FP(HAS_FP)
  ) u_convert (
    .clk_i,
    .cut_en_i    (v1_q && s2_ready),
    .off_i       (off1_q),
    .bytes_i     (bytes1_q),
    .data_i      (data1_q),
    .valid_i     (v2_q),
    .convert_en_i(v2_q && s3_ready),
    .conv_i      (ctl2_q.conv),
    .data_o      (piece_data_o)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni || abort_i) begin
      v2_q          <= 1'b0;
      piece_valid_o <= 1'b0;
    end else begin
      if (s2_ready) v2_q <= v1_q;
      if (s3_ready) piece_valid_o <= v2_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (v1_q && s2_ready) begin
      bytes2_q <= bytes1_q;
      ctl2_q   <= ctl1_q;
    end
    if (v2_q && s3_ready) begin
      piece_bytes_o <= load_halves(ctl2_q.conv) ? bytes2_q >> 1 : bytes2_q;
      piece_ctl_o   <= ctl2_q;
    end
  end

endmodule
`default_nettype wire
