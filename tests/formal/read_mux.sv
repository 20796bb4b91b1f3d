// SPDX-License-Identifier: Apache-2.0
// systole_read_mux: an address on the bus stays as it is until it is taken, each is one of the two sources' own, and each beat goes to the
// source whose ID it has, once and unchanged.
//
//   formal: sources prim/systole_fifo.sv dma/systole_read_mux.sv
//   formal: params AXI_BYTES=8
//   formal: params AXI_BYTES=64
//   formal: induct 3
//   formal: cover 8
//   formal: twin dma/systole_read_mux.sv s/held_q ? held_load_q : !fetch_ar_valid_i/!fetch_ar_valid_i/
//   formal: twin dma/systole_read_mux.sv s/m_r_id_i == 1'b0;/1'b1;/
//   formal: twin dma/systole_read_mux.sv s/assign fetch_ar_ready_o = !load_turn && /assign fetch_ar_ready_o = /
`default_nettype none
module fv_read_mux #(
  parameter int unsigned AXI_BYTES = 8
) (
  input wire                   clk_i,
  input wire                   reset_i,
  input wire                   fetch_valid_i,
  input wire [63:0]            fetch_addr_i,
  input wire [7:0]             fetch_len_i,
  input wire                   load_valid_i,
  input wire [63:0]            load_addr_i,
  input wire [7:0]             load_len_i,
  input wire                   load_ready_i,
  input wire                   ar_ready_i,
  input wire                   r_valid_i,
  input wire                   r_id_i,
  input wire [8*AXI_BYTES-1:0] r_data_i,
  input wire [1:0]             r_resp_i,
  input wire                   r_last_i
);

  localparam int unsigned Beat = 8 * AXI_BYTES + 3;

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q && !reset_i;

  logic fetch_ready, fetch_r, load_ready, load_r, ar_valid, r_ready, load_last;
  logic [0:0] ar_id;
  logic [63:0] ar_addr;
  logic [7:0] ar_len;
  logic [8*AXI_BYTES-1:0] load_data;
  logic [1:0] load_resp;
  systole_read_mux #(.AXI_BYTES(AXI_BYTES)) dut (
    .clk_i, .rst_ni,
    .fetch_ar_valid_i(fetch_valid_i), .fetch_ar_ready_o(fetch_ready), .fetch_ar_addr_i(fetch_addr_i), .fetch_ar_len_i(fetch_len_i),
    .fetch_r_valid_o(fetch_r),
    .load_ar_valid_i(load_valid_i), .load_ar_ready_o(load_ready), .load_ar_addr_i(load_addr_i), .load_ar_len_i(load_len_i),
    .load_r_valid_o(load_r), .load_r_ready_i(load_ready_i), .load_r_data_o(load_data), .load_r_resp_o(load_resp), .load_r_last_o(load_last),
    .m_ar_valid_o(ar_valid), .m_ar_ready_i(ar_ready_i), .m_ar_id_o(ar_id), .m_ar_addr_o(ar_addr), .m_ar_len_o(ar_len),
    .m_r_valid_i(r_valid_i), .m_r_ready_o(r_ready), .m_r_id_i(r_id_i), .m_r_data_i(r_data_i), .m_r_resp_i(r_resp_i), .m_r_last_i(r_last_i)
  );

  // What stalled in the cycle before, on each side.
  logic stalled_q, fetch_stalled_q, load_stalled_q;
  logic [72:0] ar_was_q;
  logic [71:0] fetch_was_q, load_was_q;
  // Beats for the load unit that it has not taken: at most two.
  logic [Beat-1:0] beat_q [2];
  logic [1:0] beats_q;
  wire comes = r_valid_i && r_ready && r_id_i;
  wire goes = load_r && load_ready_i;

  always_ff @(posedge clk_i) begin
    stalled_q <= rst_ni && ar_valid && !ar_ready_i;
    fetch_stalled_q <= rst_ni && fetch_valid_i && !fetch_ready;
    load_stalled_q <= rst_ni && load_valid_i && !load_ready;
    ar_was_q <= {ar_id, ar_addr, ar_len};
    fetch_was_q <= {fetch_addr_i, fetch_len_i};
    load_was_q <= {load_addr_i, load_len_i};
    if (goes) beat_q[0] <= beat_q[1];
    if (comes && beats_q == 2'(goes)) beat_q[0] <= {r_last_i, r_resp_i, r_data_i};
    if (comes && beats_q == 2'd1 + 2'(goes)) beat_q[1] <= {r_last_i, r_resp_i, r_data_i};
    beats_q <= beats_q + 2'(comes) - 2'(goes);
    if (!rst_ni) beats_q <= '0;
  end

  always_ff @(posedge clk_i) begin
    // The sources keep the rule that this block must keep.
    assume (!fetch_stalled_q || (fetch_valid_i && {fetch_addr_i, fetch_len_i} == fetch_was_q));
    assume (!load_stalled_q || (load_valid_i && {load_addr_i, load_len_i} == load_was_q));
    if (rst_ni) begin
      Stable_A:   assert (!stalled_q || (ar_valid && {ar_id, ar_addr, ar_len} == ar_was_q));
      Own_A:      assert (!ar_valid || {ar_addr, ar_len} == (ar_id[0] ? {load_addr_i, load_len_i} : {fetch_addr_i, fetch_len_i}));
      Taken_A:    assert ((fetch_valid_i && fetch_ready) == (ar_valid && ar_ready_i && !ar_id[0]));
      LoadTaken_A: assert ((load_valid_i && load_ready) == (ar_valid && ar_ready_i && ar_id[0]));
      Works_A:    assert (ar_valid || !fetch_valid_i);
      Fetched_A:  assert (fetch_r == (r_valid_i && r_ready && !r_id_i));
      Inside_A:   assert (beats_q <= 2'd2 && load_r == (beats_q != '0));
      Beat_A:     assert (!load_r || {load_last, load_resp, load_data} == beat_q[0]);
      // The FIFO's own state, as fifo.sv proves it.
      assert (dut.u_beats.count_q == beats_q && dut.u_beats.in_ready_o == (beats_q != 2'd2));
      assert (dut.u_beats.wr_q == 1'(dut.u_beats.rd_q + 1'(beats_q)));
      assert (beats_q == '0 || dut.u_beats.gen_distributed.mem_q[dut.u_beats.rd_q] == beat_q[0]);
      assert (beats_q != 2'd2 || dut.u_beats.gen_distributed.mem_q[!dut.u_beats.rd_q] == beat_q[1]);
      assert (dut.held_q == stalled_q && (!stalled_q || dut.held_load_q == ar_was_q[72]));
      assert (!stalled_q || (ar_was_q[72] ? load_stalled_q && load_was_q == ar_was_q[71:0]
                                          : fetch_stalled_q && fetch_was_q == ar_was_q[71:0]));
      Both_C: cover (stalled_q && ar_id[0] && fetch_valid_i);
      Full_C: cover (beats_q == 2'd2);
    end
  end

endmodule
`default_nettype wire
