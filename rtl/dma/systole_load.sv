// SPDX-License-Identifier: Apache-2.0
// The load unit: executes LOAD and FILL, in order, reading DRAM over AXI4 and writing the on-chip
// memories.
//
//   insn -> walk -> split -> AR            bursts FIFO -> beat -> transpose -> pack -> writes
//                     \------------------------^ R ------^
//
// The address side (walk, split) runs ahead of the data side by up to OUTSTANDING bursts and INSIDE
// instructions.
//
// Latency: 4 cycles from an instruction to its first read address; 4 from a beat to its write.
// Throughput: a beat or a write a cycle, whatever the alignments; a row that is not contiguous with
// its neighbours takes a burst and at least a cycle.
// Handshake: valid/ready, payloads stable while stalled; wr_valid_o may fall without a handshake
// under abort_i only. Instructions have passed all checks. done_o comes one cycle after the
// instruction's last write was accepted.
// A beat with an error: once all older instructions are done, bus_error_o pulses, and the
// instruction at fault is the oldest inside. err_o stays until the abort is over. abort_i: nothing
// new is issued, what is outstanding is read and dropped; hold it until idle_o.
// Legal parameters: AXI_BYTES 8, 16, 32 or 64; HAS_FP 0 or 1; INSIDE 1 to 8; OUTSTANDING a power of
// two, at least 2.
`default_nettype none
module systole_load
  import systole_load_pkg::*;
#(
  parameter int unsigned AXI_BYTES   = 64,
  parameter int unsigned HAS_FP      = 1,
  parameter int unsigned INSIDE      = 4,
  parameter int unsigned OUTSTANDING = 128
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,

  input  wire                    insn_valid_i,
  output logic                   insn_ready_o,
  input  wire  [1023:0]          insn_i,
  input  wire  [63:0]            base_i,

  input  wire                    abort_i,
  output logic                   idle_o,
  output logic                   done_o,

  output logic                   ar_valid_o,
  input  wire                    ar_ready_i,
  output logic [63:0]            ar_addr_o,
  output logic [7:0]             ar_len_o,

  input  wire                    r_valid_i,
  output logic                   r_ready_o,
  input  wire  [8*AXI_BYTES-1:0] r_data_i,
  input  wire  [1:0]             r_resp_i,
  input  wire                    r_last_i,

  output logic                   bus_error_o,
  output logic                   err_o,

  output logic                   wr_valid_o,
  input  wire                    wr_ready_i,
  output logic [2:0]             wr_mem_o,
  output logic [31:0]            wr_addr_o,
  output logic [8*AXI_BYTES-1:0] wr_data_o,
  output logic [AXI_BYTES-1:0]   wr_be_o,

  output logic                   beats_o,
  output logic [7:0]             bytes_o
);

  if (AXI_BYTES < 8 || AXI_BYTES > 64 || (AXI_BYTES & (AXI_BYTES - 1)) != 0) begin : gen_bad_axi
    $error("systole_load: AXI_BYTES must be 8, 16, 32 or 64");
  end
  if (INSIDE < 1 || INSIDE > 8) begin : gen_bad_inside
    $error("systole_load: INSIDE must be 1 to 8");
  end

  // Instructions inside, oldest first: `oldest_q` up to, but not, `next_q`, modulo 16.
  logic [3:0] oldest_q, next_q, held;
  logic       room, accept, walk_ready, drained;

  assign held         = next_q - oldest_q;
  assign room         = held < 4'(INSIDE);
  assign insn_ready_o = walk_ready && room && !abort_i;
  assign accept       = insn_valid_i && insn_ready_o;
  assign idle_o       = held == 4'd0;

  // Address side.
  logic        seg_valid, seg_ready;
  logic [63:0] seg_src;
  logic [31:0] seg_bytes;
  load_ctl_t   seg_ctl;

  systole_load_walk #(
    .AXI_BYTES(AXI_BYTES)
  ) u_walk (
    .clk_i, .rst_ni,
    .clear_i     (abort_i),
    .insn_valid_i(insn_valid_i && room),
    .insn_ready_o(walk_ready),
    .insn_i, .base_i,
    .seq_i       (next_q),
    .seg_valid_o (seg_valid),
    .seg_ready_i (seg_ready),
    .seg_src_o   (seg_src),
    .seg_bytes_o (seg_bytes),
    .seg_ctl_o   (seg_ctl)
  );

  logic        split_valid, split_ready, burst_valid, burst_ready;
  load_burst_t split_burst, burst;

  systole_load_split #(
    .AXI_BYTES(AXI_BYTES)
  ) u_split (
    .clk_i, .rst_ni,
    .clear_i      (abort_i),
    .seg_valid_i  (seg_valid),
    .seg_ready_o  (seg_ready),
    .seg_src_i    (seg_src),
    .seg_bytes_i  (seg_bytes),
    .seg_ctl_i    (seg_ctl),
    .burst_valid_o(split_valid),
    .burst_ready_i(split_ready),
    .burst_o      (split_burst),
    .ar_valid_o, .ar_ready_i, .ar_addr_o, .ar_len_o
  );

  logic [$clog2(OUTSTANDING):0] bursts;

  systole_fifo #(
    .WIDTH($bits(load_burst_t)),
    .DEPTH(OUTSTANDING)
  ) u_bursts (
    .clk_i, .rst_ni,
    .in_valid_i (split_valid),
    .in_ready_o (split_ready),
    .in_data_i  (split_burst),
    .out_valid_o(burst_valid),
    .out_ready_i(burst_ready),
    .out_data_o (burst),
    .count_o    (bursts)
  );

  // Data side.
  logic                   raw_valid, raw_ready, piece_valid, piece_ready, piece_last;
  logic [8*AXI_BYTES-1:0] raw_data, piece_data;
  logic [6:0]             raw_bytes, piece_bytes;
  load_ctl_t              raw_ctl;
  logic [31:0]            piece_dst;
  logic [2:0]             piece_mem;
  logic                   beat_err, wr_last;
  logic [3:0]             beat_err_seq;

  systole_load_beat #(
    .AXI_BYTES(AXI_BYTES),
    .HAS_FP   (HAS_FP)
  ) u_beat (
    .clk_i, .rst_ni, .abort_i,
    .burst_valid_i(burst_valid),
    .burst_ready_o(burst_ready),
    .burst_i      (burst),
    .r_valid_i, .r_ready_o, .r_data_i, .r_resp_i,
    .piece_valid_o(raw_valid),
    .piece_ready_i(raw_ready),
    .piece_data_o (raw_data),
    .piece_bytes_o(raw_bytes),
    .piece_ctl_o  (raw_ctl),
    .err_o        (beat_err),
    .err_seq_o    (beat_err_seq),
    .beat_o       (beats_o),
    .beat_bytes_o (bytes_o)
  );

  systole_transpose #(
    .AXI_BYTES(AXI_BYTES)
  ) u_transpose (
    .clk_i, .rst_ni,
    .clear_i    (abort_i),
    .in_valid_i (raw_valid),
    .in_ready_o (raw_ready),
    .in_data_i  (raw_data),
    .in_bytes_i (raw_bytes),
    .in_ctl_i   (raw_ctl),
    .out_valid_o(piece_valid),
    .out_ready_i(piece_ready),
    .out_data_o (piece_data),
    .out_bytes_o(piece_bytes),
    .out_dst_o  (piece_dst),
    .out_mem_o  (piece_mem),
    .out_last_o (piece_last)
  );

  logic pack_valid;

  systole_load_pack #(
    .AXI_BYTES(AXI_BYTES)
  ) u_pack (
    .clk_i, .rst_ni,
    .clear_i   (abort_i),
    .in_valid_i(piece_valid),
    .in_ready_o(piece_ready),
    .in_data_i (piece_data),
    .in_bytes_i(piece_bytes),
    .in_dst_i  (piece_dst),
    .in_mem_i  (piece_mem),
    .in_last_i (piece_last),
    .wr_valid_o(pack_valid),
    .wr_ready_i(wr_ready_i && !abort_i),
    .wr_mem_o, .wr_addr_o, .wr_data_o, .wr_be_o,
    .wr_last_o (wr_last)
  );

  assign wr_valid_o = pack_valid && !abort_i;

  // All reads that were asked for have been answered.
  assign drained = bursts == '0 && !ar_valid_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      oldest_q <= 4'd0;
      next_q   <= 4'd0;
      done_o   <= 1'b0;
    end else begin
      done_o <= wr_valid_o && wr_ready_i && wr_last;
      if (accept) next_q <= next_q + 4'd1;
      if (done_o) oldest_q <= oldest_q + 4'd1;
      if (abort_i && drained) oldest_q <= next_q;
    end
  end

  // The error is told when its instruction is the oldest one.
  logic raise;
  assign raise = beat_err && !err_o && !abort_i && beat_err_seq == oldest_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bus_error_o <= 1'b0;
      err_o       <= 1'b0;
    end else begin
      bus_error_o <= raise;
      if (raise) err_o <= 1'b1;
      else if (abort_i && idle_o) err_o <= 1'b0;
    end
  end

  // The memory ends its bursts where they were asked to end.
  RLast_A: assert property (@(posedge clk_i) disable iff (!rst_ni)
    (!(r_valid_i && r_ready_o) || r_last_i == burst_ready));

  // What waits does not change.
  logic        ar_stalled_q, wr_stalled_q;
  logic [63:0] ar_addr_q;
  logic [31:0] wr_addr_q;
  always_ff @(posedge clk_i) begin
    ar_stalled_q <= rst_ni && ar_valid_o && !ar_ready_i;
    wr_stalled_q <= rst_ni && wr_valid_o && !wr_ready_i;
    ar_addr_q    <= ar_addr_o;
    wr_addr_q    <= wr_addr_o;
  end
  ArStable_A: assert property (@(posedge clk_i) disable iff (!rst_ni)
    (!ar_stalled_q || (ar_valid_o && ar_addr_o == ar_addr_q)));
  WrStable_A: assert property (@(posedge clk_i) disable iff (!rst_ni)
    (!wr_stalled_q || abort_i || (wr_valid_o && wr_addr_o == wr_addr_q)));

endmodule
`default_nettype wire
