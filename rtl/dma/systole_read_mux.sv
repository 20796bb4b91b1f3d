// SPDX-License-Identifier: Apache-2.0
// Shares the AXI read channels between the fetcher (ID 0, first) and the load unit (ID 1).
//
// Addresses: the choice is held while the bus stalls. Data: a beat for the fetcher is taken at once, one for the load unit through a
// FIFO, so that ready depends on registers only. Latency: 0 for addresses, 1 for the load unit's data. Throughput: one of each a cycle.
`include "systole_assert.svh"
`default_nettype none
module systole_read_mux #(
  parameter int unsigned AXI_BYTES = 64
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  input  wire                    fetch_ar_valid_i,
  output logic                   fetch_ar_ready_o,
  input  wire  [63:0]            fetch_ar_addr_i,
  input  wire  [7:0]             fetch_ar_len_i,
  output logic                   fetch_r_valid_o,
  input  wire                    load_ar_valid_i,
  output logic                   load_ar_ready_o,
  input  wire  [63:0]            load_ar_addr_i,
  input  wire  [7:0]             load_ar_len_i,
  output logic                   load_r_valid_o,
  input  wire                    load_r_ready_i,
  output logic [8*AXI_BYTES-1:0] load_r_data_o,
  output logic [1:0]             load_r_resp_o,
  output logic                   load_r_last_o,
  output logic                   m_ar_valid_o,
  input  wire                    m_ar_ready_i,
  output logic [0:0]             m_ar_id_o,
  output logic [63:0]            m_ar_addr_o,
  output logic [7:0]             m_ar_len_o,
  input  wire                    m_r_valid_i,
  output logic                   m_r_ready_o,
  input  wire  [0:0]             m_r_id_i,
  input  wire  [8*AXI_BYTES-1:0] m_r_data_i,
  input  wire  [1:0]             m_r_resp_i,
  input  wire                    m_r_last_i
);

  logic held_q, held_load_q, load_turn;

  assign load_turn = held_q ? held_load_q : !fetch_ar_valid_i;
  assign m_ar_valid_o = load_turn ? load_ar_valid_i : fetch_ar_valid_i;
  assign m_ar_id_o = load_turn;
  assign m_ar_addr_o = load_turn ? load_ar_addr_i : fetch_ar_addr_i;
  assign m_ar_len_o = load_turn ? load_ar_len_i : fetch_ar_len_i;
  assign load_ar_ready_o = load_turn && m_ar_ready_i;
  assign fetch_ar_ready_o = !load_turn && m_ar_ready_i;

  always_ff @(posedge clk_i) begin : hold
    held_q <= m_ar_valid_o && !m_ar_ready_i && rst_ni;
    held_load_q <= load_turn;
  end

  assign fetch_r_valid_o = m_r_valid_i && m_r_ready_o && m_r_id_i == 1'b0;

  systole_fifo #(
    .WIDTH(8 * AXI_BYTES + 3),
    .DEPTH(2)
  ) u_beats (
    .clk_i, .rst_ni,
    .in_valid_i(m_r_valid_i && m_r_id_i == 1'b1),
    .in_ready_o(m_r_ready_o),
    .in_data_i({m_r_last_i, m_r_resp_i, m_r_data_i}),
    .out_valid_o(load_r_valid_o),
    .out_ready_i(load_r_ready_i),
    .out_data_o({load_r_last_o, load_r_resp_o, load_r_data_o})
  );

endmodule
`default_nettype wire
