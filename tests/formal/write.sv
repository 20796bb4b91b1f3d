// SPDX-License-Identifier: Apache-2.0
// systole_write as an AXI4 master, from any sequence of vectors: addresses and data stay until taken, bursts stay within a page and their
// length, WLAST closes each, no data without its address, no more answers awaited than there is room for; and one byte of memory, any
// one, is written as often and with the same values as the vectors say, in their order, before the engine says it is idle.
//
//   formal: sources prim/systole_fifo.sv dma/systole_write_pack.sv dma/systole_write.sv
//   formal: params AXI_BYTES=4 VEC_BYTES=8
//   formal: bmc 10
//   formal: cover 11
//   formal: twin dma/systole_write.sv s/e_addr\[PageBits-1:0\] == '1/1'b0/
//   formal: twin dma/systole_write.sv s/assign jump   = open_q && e_addr != next_q;/assign jump = 1'b0;/
//   formal: twin dma/systole_write.sv s/w_last_o  = sent_q == wl_len/w_last_o  = sent_q == 8'd0/
//   formal: twin dma/systole_write.sv s/waiting_q != CountBits'(MAX_BURSTS)/1'b1/
//   formal: twin dma/systole_write.sv s/\&\& (!aw_valid_q || aw_ready_i)//
//   formal: twin dma/systole_write_pack.sv s/(b_strb_q & a_strb_q\[AXI_BYTES-1:0\]) == '0/1'b1/
//   formal: twin dma/systole_write_pack.sv s/a_addr_q + BeatBits'(1) : a_addr_q/a_addr_q : a_addr_q/
`default_nettype none
module fv_write #(
  parameter int unsigned AXI_BYTES = 4,
  parameter int unsigned VEC_BYTES = 4,
  localparam int unsigned MaxBursts = 2,
  localparam int unsigned BurstBeats = 2
) (
  input wire                   clk_i,
  input wire                   v_valid_i,
  input wire [63:0]            v_addr_i,
  input wire [8:0]             v_bytes_i,
  input wire [VEC_BYTES*8-1:0] v_data_i,
  input wire                   v_last_i,
  input wire [1:0]             v_slot_i,
  input wire                   aw_ready_i,
  input wire                   w_ready_i,
  input wire                   b_valid_i,
  input wire [1:0]             b_resp_i
);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q;

  logic idle, v_ready, done, error, aw_valid, w_valid, w_last, b_ready, beat;
  logic [1:0] slot;
  logic [63:0] aw_addr;
  logic [7:0] aw_len;
  logic [AXI_BYTES*8-1:0] w_data;
  logic [AXI_BYTES-1:0] w_strb;
  logic [6:0] bytes;
  systole_write #(.AXI_BYTES(AXI_BYTES), .VEC_BYTES(VEC_BYTES), .BURST_BEATS(BurstBeats), .MAX_BURSTS(MaxBursts)) dut (
    .clk_i, .rst_ni, .abort_i(1'b0), .idle_o(idle),
    .v_valid_i, .v_ready_o(v_ready), .v_addr_i, .v_bytes_i, .v_data_i, .v_last_i, .v_slot_i,
    .rsp_done_o(done), .rsp_error_o(error), .rsp_slot_o(slot),
    .aw_valid_o(aw_valid), .aw_ready_i, .aw_addr_o(aw_addr), .aw_len_o(aw_len),
    .w_valid_o(w_valid), .w_ready_i, .w_data_o(w_data), .w_strb_o(w_strb), .w_last_o(w_last),
    .b_valid_i, .b_ready_o(b_ready), .b_resp_i, .wbeats_o(beat), .wbytes_o(bytes)
  );

  // Stalls.
  logic v_stalled_q, aw_stalled_q, w_stalled_q, b_stalled_q;
  logic [64+9+VEC_BYTES*8+3-1:0] v_was_q;
  logic [71:0] aw_was_q;
  logic [AXI_BYTES*9:0] w_was_q;
  logic [1:0] b_was_q;
  wire [64+9+VEC_BYTES*8+3-1:0] v = {v_addr_i, v_bytes_i, v_data_i, v_last_i, v_slot_i};

  // Addresses taken whose data is not out yet, oldest first; answers that the memory owes.
  logic [71:0] burst_q [4];
  logic [2:0]  bursts_q, owed_q;
  logic [7:0]  sent_q;
  wire aw = aw_valid && aw_ready_i, w = w_valid && w_ready_i, b = b_valid_i && b_ready;
  wire ends = w && w_last;

  // Values that the byte at where_q shall get, oldest first: at most 8 on their way.
  logic [63:0] where_q;
  logic [7:0]  value_q [8];
  logic [3:0]  values_q;
  wire [63:0] v_off = where_q - v_addr_i;
  wire put = v_valid_i && v_ready && v_off < 64'(v_bytes_i);
  wire [63:0] w_addr = burst_q[0][71:8] + 64'(sent_q) * 64'(AXI_BYTES);
  wire [63:0] w_off = where_q - w_addr;
  wire get = w && w_off < 64'(AXI_BYTES) && w_strb[w_off[1:0]];

  always_ff @(posedge clk_i) begin
    where_q <= where_q;
    v_stalled_q <= rst_ni && v_valid_i && !v_ready;
    v_was_q <= v;
    aw_stalled_q <= rst_ni && aw_valid && !aw_ready_i;
    aw_was_q <= {aw_addr, aw_len};
    w_stalled_q <= rst_ni && w_valid && !w_ready_i;
    w_was_q <= {w_data, w_strb, w_last};
    b_stalled_q <= rst_ni && b_valid_i && !b_ready;
    b_was_q <= b_resp_i;
    for (int unsigned i = 0; i < 4; i++) begin
      if (ends && i < 3) burst_q[i] <= burst_q[i+1];
      if (aw && 3'(i) == bursts_q - 3'(ends)) burst_q[i] <= {aw_addr, aw_len};
    end
    bursts_q <= bursts_q + 3'(aw) - 3'(ends);
    owed_q <= owed_q + 3'(ends) - 3'(b);
    if (w) sent_q <= w_last ? 8'd0 : sent_q + 8'd1;
    for (int unsigned i = 0; i < 8; i++) begin
      if (get && i < 7) value_q[i] <= value_q[i+1];
      if (put && 4'(i) == values_q - 4'(get)) value_q[i] <= v_data_i[8*v_off[2:0]+:8];
    end
    values_q <= values_q + 4'(put) - 4'(get);
    if (!rst_ni) {bursts_q, owed_q, sent_q, values_q} <= '0;
  end

  always_ff @(posedge clk_i) begin
    // A vector has 1 to VEC_BYTES bytes and stays until it is taken.
    assume (v_bytes_i != '0 && v_bytes_i <= 9'(VEC_BYTES));
    // Around the end of a page: every way of crossing it, and within the solver's reach.
    assume (v_addr_i >= 64'd4064 && v_addr_i < 64'd4128 && where_q >= 64'd4064 && where_q < 64'd4160);
    assume (!v_stalled_q || (v_valid_i && v == v_was_q));
    // The memory answers bursts whose data it has, and its answers stay.
    assume (!b_valid_i || owed_q != '0);
    assume (!b_stalled_q || (b_valid_i && b_resp_i == b_was_q));
    if (rst_ni) begin
      AwStable_A: assert (!aw_stalled_q || (aw_valid && {aw_addr, aw_len} == aw_was_q));
      WStable_A:  assert (!w_stalled_q || (w_valid && {w_data, w_strb, w_last} == w_was_q));
      Page_A:     assert (!aw_valid || 13'(aw_addr[11:0]) + (13'(aw_len) + 13'd1) * 13'(AXI_BYTES) <= 13'd4096);
      Length_A:   assert (!aw_valid || aw_len < 8'(BurstBeats));
      Aligned_A:  assert (!aw_valid || aw_addr[1:0] == '0);
      Address_A:  assert (!w_valid || bursts_q != '0);
      Last_A:     assert (!w_valid || w_last == (sent_q == burst_q[0][7:0]));
      Awaited_A:  assert (bursts_q + owed_q <= 3'(MaxBursts));
      Taken_A:    assert (!b_valid_i || b_ready);
      Value_A:    assert (!get || (values_q != '0 && w_data[8*w_off[1:0]+:8] == value_q[0]));
      Idle_A:     assert (!idle || (values_q == '0 && bursts_q == '0 && owed_q == '0));
      Room_A:     assert (values_q < 4'd8);
      Twice_C:    cover (get && values_q > 4'd1);
      Long_C:     cover (aw && aw_len == 8'd1);
      Page_C:     cover (aw && aw_addr[11:0] == 12'hffc);
    end
  end

endmodule
`default_nettype wire
