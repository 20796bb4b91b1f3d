// SPDX-License-Identifier: Apache-2.0
// systole_load_split: the bursts of a segment are its bytes, all of them, in order, once; each asks for the beats that hold its bytes and
// no other, within a page and 64 beats; an address on the bus stays until it is taken. So no beat is asked for that the segment does
// not touch: with the walk's and the decoder's rules, that is the fence around a window.
//
//   formal: sources dma/systole_load_pkg.sv dma/systole_load_split.sv
//   formal: params AXI_BYTES=8
//   formal: params AXI_BYTES=16
//   formal: params AXI_BYTES=32
//   formal: params AXI_BYTES=64
//   formal: induct 2
//   formal: cover 8
//   formal: twin dma/systole_load_split.sv s/room          = 13'(1 << BurstLog) -/room          = 13'(2 << BurstLog) -/
//   formal: twin dma/systole_load_split.sv s/ + bytes - 13'd1;/ + bytes;/
//   formal: twin dma/systole_load_split.sv s/(ctl_q.fill || !ar_valid_o || ar_ready_i)/1'b1/
//   formal: twin dma/systole_load_split.sv s/left_q <= 32'(room)/left_q <= 32'(room) + 32'd1/
`default_nettype none
module fv_load_split
  import systole_load_pkg::*;
#(
  parameter int unsigned AXI_BYTES = 8
) (
  input wire            clk_i,
  input wire            reset_i,
  input wire            clear_i,
  input wire            seg_valid_i,
  input wire [63:0]     seg_src_i,
  input wire [31:0]     seg_bytes_i,
  input wire load_ctl_t seg_ctl_i,
  input wire            burst_ready_i,
  input wire            ar_ready_i
);

  localparam int unsigned Log = $clog2(AXI_BYTES);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q && !reset_i;

  logic seg_ready, burst_valid, ar_valid;
  load_burst_t burst;
  logic [63:0] ar_addr;
  logic [7:0] ar_len;
  systole_load_split #(.AXI_BYTES(AXI_BYTES)) dut (
    .clk_i, .rst_ni, .clear_i,
    .seg_valid_i, .seg_ready_o(seg_ready), .seg_src_i, .seg_bytes_i, .seg_ctl_i,
    .burst_valid_o(burst_valid), .burst_ready_i, .burst_o(burst),
    .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr), .ar_len_o(ar_len)
  );

  // What of the segment is still to come.
  logic [63:0] at_q;
  logic [32:0] left_q;
  logic fill_q;
  wire take = seg_valid_i && seg_ready && !clear_i;
  wire go = burst_valid && burst_ready_i;

  // The burst that left in the cycle before: what the bus must be asked for now.
  logic asked_q, stalled_q;
  logic [63:0] first_q, last_q, addr_was_q;
  logic [7:0] len_was_q;

  always_ff @(posedge clk_i) begin
    if (go) begin
      at_q <= at_q + 64'(burst.bytes);
      left_q <= left_q - 33'(burst.bytes);
    end
    if (take) begin
      at_q <= seg_src_i;
      left_q <= {1'b0, seg_bytes_i};
      fill_q <= seg_ctl_i.fill;
    end
    if (clear_i || !rst_ni) left_q <= '0;
    asked_q <= rst_ni && go && !fill_q;
    first_q <= at_q;
    last_q <= at_q + 64'(burst.bytes) - 64'd1;
    stalled_q <= rst_ni && ar_valid && !ar_ready_i;
    addr_was_q <= ar_addr;
    len_was_q <= ar_len;
  end

  always_ff @(posedge clk_i) begin
    // What the decoder lets through: at least a byte, and an end that has an address.
    assume (!seg_valid_i || (seg_bytes_i != '0 && seg_src_i <= 64'hffff_ffff_ffff_ffff - 64'(seg_bytes_i)));
    if (rst_ni) begin
      Valid_A:   assert (!burst_valid || (left_q != '0 && burst.bytes != '0));
      Bytes_A:   assert (!burst_valid || 33'(burst.bytes) <= left_q);
      Place_A:   assert (!burst_valid || burst.off == 6'(at_q[Log-1:0]));
      Last_A:    assert (!burst_valid || burst.ctl.last == (dut.ctl_q.last && left_q == 33'(burst.bytes)));
      // A new segment only when the one before it has left whole.
      Whole_A:   assert (!take || left_q == '0 || (go && left_q == 33'(burst.bytes)));
      Asked_A:   assert (!asked_q || (ar_valid && ar_addr == {first_q[63:Log], Log'(0)}
                                      && (ar_addr >> Log) + 64'(ar_len) == last_q >> Log));
      Stable_A:  assert (!stalled_q || (ar_valid && ar_addr == addr_was_q && ar_len == len_was_q));
      Nothing_A: assert (asked_q || stalled_q || !ar_valid);
      assert (dut.valid_q == (left_q != '0));
      assert (left_q == '0 || (dut.src_q == at_q && {1'b0, dut.left_q} == left_q && dut.ctl_q.fill == fill_q));
      assert (left_q == '0 || at_q <= 64'hffff_ffff_ffff_ffff - 64'(left_q));
      assert (!ar_valid || (ar_addr[Log-1:0] == '0 && ar_len < 8'd64 && (13'(ar_addr[11:0]) + (13'(ar_len) << Log)) < 13'd4096));
      Two_C:   cover (asked_q && left_q != '0);
      Stall_C: cover (stalled_q && burst_valid == 1'b0 && left_q != '0);
    end
  end

endmodule
`default_nettype wire
