// SPDX-License-Identifier: Apache-2.0
// The custom logic by the names of the shell of AWS F2 (cl_ports.vh of its HDK): systole_f2 between OCL, PCIS and the controller of the
// card's DDR4 (sh_ddr of the HDK), everything else at rest. All of it runs on clk_main_a0, 250 MHz.
//
// Legal parameters: those of systole_f2. The memory is the card's 64 GiB.
`include "cl_id_defines.vh"
module cl_systole #(
  parameter int unsigned ROWS = 32,
  parameter int unsigned COLS = 32,
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
  `include "cl_ports.vh"
);

  localparam int unsigned MemoryBits = 36;
  localparam logic [2:0] WholeBeats = 3'd6;
  localparam logic [1:0] Incrementing = 2'b01;

  // The shell's reset through registers of its own, for its many loads.
  (* dont_touch = "true" *) logic [2:0] rst_nq;
  logic rst_n;
  always_ff @(posedge clk_main_a0) rst_nq <= {rst_nq[1:0], rst_main_n};
  assign rst_n = rst_nq[2];

  // A reset of the function leaves the core alone: whoever opens it next stops what runs. The shell is told a cycle later.
  always_ff @(posedge clk_main_a0) cl_sh_flr_done <= sh_cl_flr_assert && rst_n;

  logic         busy, ddr_ready, irq_request;
  logic         ddr_ar_valid, ddr_ar_ready, ddr_r_valid, ddr_r_ready, ddr_r_last, ddr_aw_valid, ddr_aw_ready, ddr_w_valid, ddr_w_ready;
  logic         ddr_w_last, ddr_b_valid, ddr_b_ready;
  logic [63:0]  ddr_ar_addr, ddr_aw_addr, ddr_w_strb;
  logic [7:0]   ddr_ar_len, ddr_aw_len;
  logic [511:0] ddr_r_data, ddr_w_data;
  logic [1:0]   ddr_r_resp, ddr_b_resp;
  logic [15:0]  unused_ddr_rid, unused_ddr_bid;  // one ID

  // The identity is what create-fpga-image is told of; LEDs: the core works, the memory is ready, it is out of reset.
  assign cl_sh_id0 = `CL_SH_ID0;
  assign cl_sh_id1 = `CL_SH_ID1;
  assign {cl_sh_status0, cl_sh_status1, cl_sh_status2} = '0;
  always_ff @(posedge clk_main_a0) cl_sh_status_vled <= {13'd0, rst_n, ddr_ready, busy};
  assign cl_sh_apppf_irq_req = {15'd0, irq_request};

  // ---- OCL, PCIS ----
  assign {cl_ocl_bresp, cl_ocl_rresp} = '0;
  assign cl_sh_dma_pcis_ruser = '0;
  assign {cl_sh_dma_wr_full, cl_sh_dma_rd_full} = '0;

  systole_f2 #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .AXI_BYTES(AXI_BYTES), .APAD_BYTES(APAD_BYTES), .WPAD_BYTES(WPAD_BYTES),
    .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS), .APAD_BANKS(APAD_BANKS), .ACC_BANKS(ACC_BANKS),
    .MAC_LATENCY(MAC_LATENCY), .POST_LATENCY(POST_LATENCY), .POST_LANES(POST_LANES),
    .WEIGHT_PLANES(WEIGHT_PLANES), .LANE_TAPS(LANE_TAPS), .PARITY(PARITY), .MEMORY_BITS(MemoryBits)
  ) u_systole (
    .clk_i(clk_main_a0), .rst_ni(rst_n), .busy_o(busy),
    .irq_request_o(irq_request), .irq_accept_i(sh_cl_apppf_irq_ack[0]),
    .ocl_aw_valid_i(ocl_cl_awvalid), .ocl_aw_ready_o(cl_ocl_awready), .ocl_aw_addr_i(ocl_cl_awaddr),
    .ocl_w_valid_i(ocl_cl_wvalid), .ocl_w_ready_o(cl_ocl_wready), .ocl_w_data_i(ocl_cl_wdata), .ocl_w_strb_i(ocl_cl_wstrb),
    .ocl_b_valid_o(cl_ocl_bvalid), .ocl_b_ready_i(ocl_cl_bready),
    .ocl_ar_valid_i(ocl_cl_arvalid), .ocl_ar_ready_o(cl_ocl_arready), .ocl_ar_addr_i(ocl_cl_araddr),
    .ocl_r_valid_o(cl_ocl_rvalid), .ocl_r_ready_i(ocl_cl_rready), .ocl_r_data_o(cl_ocl_rdata),
    .pcis_aw_valid_i(sh_cl_dma_pcis_awvalid), .pcis_aw_ready_o(cl_sh_dma_pcis_awready), .pcis_aw_id_i(sh_cl_dma_pcis_awid),
    .pcis_aw_addr_i(sh_cl_dma_pcis_awaddr), .pcis_aw_len_i(sh_cl_dma_pcis_awlen),
    .pcis_w_valid_i(sh_cl_dma_pcis_wvalid), .pcis_w_ready_o(cl_sh_dma_pcis_wready), .pcis_w_data_i(sh_cl_dma_pcis_wdata),
    .pcis_w_strb_i(sh_cl_dma_pcis_wstrb), .pcis_w_last_i(sh_cl_dma_pcis_wlast),
    .pcis_b_valid_o(cl_sh_dma_pcis_bvalid), .pcis_b_ready_i(sh_cl_dma_pcis_bready), .pcis_b_id_o(cl_sh_dma_pcis_bid),
    .pcis_b_resp_o(cl_sh_dma_pcis_bresp),
    .pcis_ar_valid_i(sh_cl_dma_pcis_arvalid), .pcis_ar_ready_o(cl_sh_dma_pcis_arready), .pcis_ar_id_i(sh_cl_dma_pcis_arid),
    .pcis_ar_addr_i(sh_cl_dma_pcis_araddr), .pcis_ar_len_i(sh_cl_dma_pcis_arlen),
    .pcis_r_valid_o(cl_sh_dma_pcis_rvalid), .pcis_r_ready_i(sh_cl_dma_pcis_rready), .pcis_r_id_o(cl_sh_dma_pcis_rid),
    .pcis_r_data_o(cl_sh_dma_pcis_rdata), .pcis_r_resp_o(cl_sh_dma_pcis_rresp), .pcis_r_last_o(cl_sh_dma_pcis_rlast),
    .ddr_ready_i(ddr_ready),
    .ddr_ar_valid_o(ddr_ar_valid), .ddr_ar_ready_i(ddr_ar_ready), .ddr_ar_addr_o(ddr_ar_addr), .ddr_ar_len_o(ddr_ar_len),
    .ddr_r_valid_i(ddr_r_valid), .ddr_r_ready_o(ddr_r_ready), .ddr_r_data_i(ddr_r_data), .ddr_r_resp_i(ddr_r_resp),
    .ddr_r_last_i(ddr_r_last),
    .ddr_aw_valid_o(ddr_aw_valid), .ddr_aw_ready_i(ddr_aw_ready), .ddr_aw_addr_o(ddr_aw_addr), .ddr_aw_len_o(ddr_aw_len),
    .ddr_w_valid_o(ddr_w_valid), .ddr_w_ready_i(ddr_w_ready), .ddr_w_data_o(ddr_w_data), .ddr_w_strb_o(ddr_w_strb),
    .ddr_w_last_o(ddr_w_last),
    .ddr_b_valid_i(ddr_b_valid), .ddr_b_ready_o(ddr_b_ready), .ddr_b_resp_i(ddr_b_resp)
  );

  // ---- the card's memory ----
  sh_ddr #(
    .DDR_PRESENT(1)
  ) SH_DDR (
    .clk(clk_main_a0), .rst_n(rst_n), .stat_clk(clk_main_a0), .stat_rst_n(rst_n),
    .CLK_DIMM_DP, .CLK_DIMM_DN, .M_ACT_N, .M_MA, .M_BA, .M_BG, .M_CKE, .M_ODT, .M_CS_N, .M_CLK_DN, .M_CLK_DP, .M_PAR,
    .M_DQ, .M_ECC, .M_DQS_DP, .M_DQS_DN, .cl_RST_DIMM_N(RST_DIMM_N),
    .cl_sh_ddr_axi_awid(16'd0), .cl_sh_ddr_axi_awaddr(ddr_aw_addr), .cl_sh_ddr_axi_awlen(ddr_aw_len),
    .cl_sh_ddr_axi_awsize(WholeBeats), .cl_sh_ddr_axi_awburst(Incrementing), .cl_sh_ddr_axi_awuser(1'b0),
    .cl_sh_ddr_axi_awvalid(ddr_aw_valid), .cl_sh_ddr_axi_awready(ddr_aw_ready),
    .cl_sh_ddr_axi_wdata(ddr_w_data), .cl_sh_ddr_axi_wstrb(ddr_w_strb), .cl_sh_ddr_axi_wlast(ddr_w_last),
    .cl_sh_ddr_axi_wvalid(ddr_w_valid), .cl_sh_ddr_axi_wready(ddr_w_ready),
    .cl_sh_ddr_axi_bid(unused_ddr_bid), .cl_sh_ddr_axi_bresp(ddr_b_resp), .cl_sh_ddr_axi_bvalid(ddr_b_valid),
    .cl_sh_ddr_axi_bready(ddr_b_ready),
    .cl_sh_ddr_axi_arid(16'd0), .cl_sh_ddr_axi_araddr(ddr_ar_addr), .cl_sh_ddr_axi_arlen(ddr_ar_len),
    .cl_sh_ddr_axi_arsize(WholeBeats), .cl_sh_ddr_axi_arburst(Incrementing), .cl_sh_ddr_axi_aruser(1'b0),
    .cl_sh_ddr_axi_arvalid(ddr_ar_valid), .cl_sh_ddr_axi_arready(ddr_ar_ready),
    .cl_sh_ddr_axi_rid(unused_ddr_rid), .cl_sh_ddr_axi_rdata(ddr_r_data), .cl_sh_ddr_axi_rresp(ddr_r_resp),
    .cl_sh_ddr_axi_rlast(ddr_r_last), .cl_sh_ddr_axi_rvalid(ddr_r_valid), .cl_sh_ddr_axi_rready(ddr_r_ready),
    .sh_ddr_stat_bus_addr(sh_cl_ddr_stat_addr), .sh_ddr_stat_bus_wdata(sh_cl_ddr_stat_wdata),
    .sh_ddr_stat_bus_wr(sh_cl_ddr_stat_wr), .sh_ddr_stat_bus_rd(sh_cl_ddr_stat_rd),
    .sh_ddr_stat_bus_ack(cl_sh_ddr_stat_ack), .sh_ddr_stat_bus_rdata(cl_sh_ddr_stat_rdata),
    .ddr_sh_stat_int(cl_sh_ddr_stat_int), .sh_cl_ddr_is_ready(ddr_ready)
  );

  // ---- not used: memory of the host, management registers, JTAG, HBM, card to card ----
  assign {cl_sh_pcim_awid, cl_sh_pcim_awaddr, cl_sh_pcim_awlen, cl_sh_pcim_awsize, cl_sh_pcim_awburst, cl_sh_pcim_awcache,
          cl_sh_pcim_awlock, cl_sh_pcim_awprot, cl_sh_pcim_awqos, cl_sh_pcim_awuser, cl_sh_pcim_awvalid} = '0;
  assign {cl_sh_pcim_wid, cl_sh_pcim_wdata, cl_sh_pcim_wstrb, cl_sh_pcim_wlast, cl_sh_pcim_wuser, cl_sh_pcim_wvalid} = '0;
  assign {cl_sh_pcim_arid, cl_sh_pcim_araddr, cl_sh_pcim_arlen, cl_sh_pcim_arsize, cl_sh_pcim_arburst, cl_sh_pcim_arcache,
          cl_sh_pcim_arlock, cl_sh_pcim_arprot, cl_sh_pcim_arqos, cl_sh_pcim_aruser, cl_sh_pcim_arvalid} = '0;
  assign {cl_sh_pcim_bready, cl_sh_pcim_rready} = '0;
  assign {cl_sda_awready, cl_sda_wready, cl_sda_bresp, cl_sda_bvalid, cl_sda_arready, cl_sda_rdata, cl_sda_rresp, cl_sda_rvalid} = '0;
  assign tdo = 1'b0;
  assign {hbm_apb_paddr_1, hbm_apb_pprot_1, hbm_apb_psel_1, hbm_apb_penable_1, hbm_apb_pwrite_1, hbm_apb_pwdata_1, hbm_apb_pstrb_1,
          hbm_apb_pready_1, hbm_apb_prdata_1, hbm_apb_pslverr_1} = '0;
  assign {hbm_apb_paddr_0, hbm_apb_pprot_0, hbm_apb_psel_0, hbm_apb_penable_0, hbm_apb_pwrite_0, hbm_apb_pwdata_0, hbm_apb_pstrb_0,
          hbm_apb_pready_0, hbm_apb_prdata_0, hbm_apb_pslverr_0} = '0;
  assign {PCIE_EP_TXP, PCIE_EP_TXN, PCIE_RP_PERSTN, PCIE_RP_TXP, PCIE_RP_TXN} = '0;

endmodule
