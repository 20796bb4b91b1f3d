// SPDX-License-Identifier: Apache-2.0
// The core as a Vitis RTL kernel: the ports by the names that its tools look for, and the AXI signals that never change.
//
// Latency: none is added. Legal parameters: those of systole_core. Its body is the one that is synthesised.
`default_nettype none
module systole #(
  parameter int unsigned ROWS = 16,
  parameter int unsigned COLS = 16,
  parameter bit          HAS_FP = 1'b1,
  parameter int unsigned AXI_BYTES = 64,
  parameter int unsigned APAD_BYTES = 524288,
  parameter int unsigned WPAD_BYTES = 262144,
  parameter int unsigned ACC_ROWS = 2048,
  parameter int unsigned PARAM_ROWS = 512,
  parameter int unsigned APAD_BANKS = 4,
  parameter int unsigned ACC_BANKS = 2,
  parameter int unsigned MAC_LATENCY = HAS_FP ? 4 : 1,
  parameter int unsigned POST_LATENCY = 1,
  parameter int unsigned POST_LANES = COLS,
  parameter int unsigned WEIGHT_PLANES = 4,
  parameter int unsigned LANE_TAPS = 3,
  parameter int unsigned PARITY = 0
) (
  input  wire                    ap_clk,
  input  wire                    ap_rst_n,
  output wire                    interrupt,

  input  wire                    s_axi_control_awvalid,
  output wire                    s_axi_control_awready,
  input  wire  [11:0]            s_axi_control_awaddr,
  input  wire                    s_axi_control_wvalid,
  output wire                    s_axi_control_wready,
  input  wire  [31:0]            s_axi_control_wdata,
  input  wire  [3:0]             s_axi_control_wstrb,
  output wire                    s_axi_control_bvalid,
  input  wire                    s_axi_control_bready,
  output wire  [1:0]             s_axi_control_bresp,
  input  wire                    s_axi_control_arvalid,
  output wire                    s_axi_control_arready,
  input  wire  [11:0]            s_axi_control_araddr,
  output wire                    s_axi_control_rvalid,
  input  wire                    s_axi_control_rready,
  output wire  [31:0]            s_axi_control_rdata,
  output wire  [1:0]             s_axi_control_rresp,

  output wire                    m_axi_gmem_arvalid,
  input  wire                    m_axi_gmem_arready,
  output wire  [0:0]             m_axi_gmem_arid,
  output wire  [63:0]            m_axi_gmem_araddr,
  output wire  [7:0]             m_axi_gmem_arlen,
  output wire  [2:0]             m_axi_gmem_arsize,
  output wire  [1:0]             m_axi_gmem_arburst,
  output wire  [3:0]             m_axi_gmem_arcache,
  output wire  [2:0]             m_axi_gmem_arprot,
  input  wire                    m_axi_gmem_rvalid,
  output wire                    m_axi_gmem_rready,
  input  wire  [0:0]             m_axi_gmem_rid,
  input  wire  [8*AXI_BYTES-1:0] m_axi_gmem_rdata,
  input  wire  [1:0]             m_axi_gmem_rresp,
  input  wire                    m_axi_gmem_rlast,
  output wire                    m_axi_gmem_awvalid,
  input  wire                    m_axi_gmem_awready,
  output wire  [0:0]             m_axi_gmem_awid,
  output wire  [63:0]            m_axi_gmem_awaddr,
  output wire  [7:0]             m_axi_gmem_awlen,
  output wire  [2:0]             m_axi_gmem_awsize,
  output wire  [1:0]             m_axi_gmem_awburst,
  output wire  [3:0]             m_axi_gmem_awcache,
  output wire  [2:0]             m_axi_gmem_awprot,
  output wire                    m_axi_gmem_wvalid,
  input  wire                    m_axi_gmem_wready,
  output wire  [8*AXI_BYTES-1:0] m_axi_gmem_wdata,
  output wire  [AXI_BYTES-1:0]   m_axi_gmem_wstrb,
  output wire                    m_axi_gmem_wlast,
  input  wire                    m_axi_gmem_bvalid,
  output wire                    m_axi_gmem_bready,
  input  wire  [0:0]             m_axi_gmem_bid,
  input  wire  [1:0]             m_axi_gmem_bresp
);

  localparam logic [2:0] WholeBeats = 3'($clog2(AXI_BYTES));
  localparam logic [1:0] Incrementing = 2'b01;
  localparam logic [3:0] Modifiable = 4'b0011;  // the interconnect may change widths

  assign m_axi_gmem_arsize = WholeBeats;
  assign m_axi_gmem_arburst = Incrementing;
  assign m_axi_gmem_arcache = Modifiable;
  assign m_axi_gmem_arprot = '0;
  assign m_axi_gmem_awid = '0;
  assign m_axi_gmem_awsize = WholeBeats;
  assign m_axi_gmem_awburst = Incrementing;
  assign m_axi_gmem_awcache = Modifiable;
  assign m_axi_gmem_awprot = '0;

  logic busy, unused;
  assign unused = busy ^ (^m_axi_gmem_bid);  // writes have one ID

  systole_core #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .AXI_BYTES(AXI_BYTES), .APAD_BYTES(APAD_BYTES),
    .WPAD_BYTES(WPAD_BYTES), .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS), .APAD_BANKS(APAD_BANKS),
    .ACC_BANKS(ACC_BANKS), .MAC_LATENCY(MAC_LATENCY), .POST_LATENCY(POST_LATENCY), .POST_LANES(POST_LANES), .WEIGHT_PLANES(WEIGHT_PLANES),
    .LANE_TAPS(LANE_TAPS), .PARITY(PARITY), .BODY(1)
  ) u_core (
    .clk_i(ap_clk), .rst_ni(ap_rst_n), .irq_o(interrupt), .busy_o(busy),
    .s_aw_valid_i(s_axi_control_awvalid), .s_aw_ready_o(s_axi_control_awready), .s_aw_addr_i(s_axi_control_awaddr),
    .s_w_valid_i(s_axi_control_wvalid), .s_w_ready_o(s_axi_control_wready),
    .s_w_data_i(s_axi_control_wdata), .s_w_strb_i(s_axi_control_wstrb),
    .s_b_valid_o(s_axi_control_bvalid), .s_b_ready_i(s_axi_control_bready), .s_b_resp_o(s_axi_control_bresp),
    .s_ar_valid_i(s_axi_control_arvalid), .s_ar_ready_o(s_axi_control_arready), .s_ar_addr_i(s_axi_control_araddr),
    .s_r_valid_o(s_axi_control_rvalid), .s_r_ready_i(s_axi_control_rready),
    .s_r_data_o(s_axi_control_rdata), .s_r_resp_o(s_axi_control_rresp),
    .m_ar_valid_o(m_axi_gmem_arvalid), .m_ar_ready_i(m_axi_gmem_arready), .m_ar_id_o(m_axi_gmem_arid),
    .m_ar_addr_o(m_axi_gmem_araddr), .m_ar_len_o(m_axi_gmem_arlen),
    .m_r_valid_i(m_axi_gmem_rvalid), .m_r_ready_o(m_axi_gmem_rready), .m_r_id_i(m_axi_gmem_rid),
    .m_r_data_i(m_axi_gmem_rdata), .m_r_resp_i(m_axi_gmem_rresp), .m_r_last_i(m_axi_gmem_rlast),
    .m_aw_valid_o(m_axi_gmem_awvalid), .m_aw_ready_i(m_axi_gmem_awready),
    .m_aw_addr_o(m_axi_gmem_awaddr), .m_aw_len_o(m_axi_gmem_awlen),
    .m_w_valid_o(m_axi_gmem_wvalid), .m_w_ready_i(m_axi_gmem_wready), .m_w_data_o(m_axi_gmem_wdata),
    .m_w_strb_o(m_axi_gmem_wstrb), .m_w_last_o(m_axi_gmem_wlast),
    .m_b_valid_i(m_axi_gmem_bvalid), .m_b_ready_o(m_axi_gmem_bready), .m_b_resp_i(m_axi_gmem_bresp)
  );

endmodule
`default_nettype wire
