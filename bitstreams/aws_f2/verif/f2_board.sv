// SPDX-License-Identifier: Apache-2.0
// The custom logic between ports for a model of the shell (sim/f2/shell.c) and one of the card's memory (sim/memory.c). What the shell does
// not use here is at rest.
//
// twin_i makes it a custom logic with a flaw, for the tests of the shell's model:
//   1 registers are answered late, 2 CTRL is cleared when it is read, 3 reads of the memory are answered late, 4 answers to writes are
//   lost, 5 an interrupt is asked for again without an answer, 6 the data of a read changes while it waits.
module f2_board #(
  parameter int unsigned ROWS = 4,
  parameter int unsigned COLS = 16,
  parameter bit          HAS_FP = 1'b1,
  parameter int unsigned AXI_BYTES = 64,
  parameter int unsigned APAD_BYTES = 65536,
  parameter int unsigned WPAD_BYTES = 32768,
  parameter int unsigned ACC_ROWS = 512,
  parameter int unsigned PARAM_ROWS = 128,
  parameter int unsigned APAD_BANKS = 4,
  parameter int unsigned ACC_BANKS = 2,
  parameter int unsigned MAC_LATENCY = HAS_FP ? 4 : 1,
  parameter int unsigned POST_LATENCY = 1,
  parameter int unsigned POST_LANES = COLS,
  parameter int unsigned WEIGHT_PLANES = 4,
  parameter int unsigned LANE_TAPS = 3,
  parameter int unsigned PARITY = 0
) (
  input  wire          clk_i,
  input  wire          rst_ni,
  input  wire  [3:0]   twin_i,
  input  wire          flr_assert_i,
  output logic         flr_done_o,
  output logic [15:0]  vled_o,
  output logic [15:0]  irq_request_o,
  input  wire  [15:0]  irq_accept_i,
  output logic [31:0]  id0_o,
  output logic [31:0]  id1_o,
  // OCL
  input  wire          ocl_aw_valid_i,
  output logic         ocl_aw_ready_o,
  input  wire  [31:0]  ocl_aw_addr_i,
  input  wire          ocl_w_valid_i,
  output logic         ocl_w_ready_o,
  input  wire  [31:0]  ocl_w_data_i,
  input  wire  [3:0]   ocl_w_strb_i,
  output logic         ocl_b_valid_o,
  input  wire          ocl_b_ready_i,
  output logic [1:0]   ocl_b_resp_o,
  input  wire          ocl_ar_valid_i,
  output logic         ocl_ar_ready_o,
  input  wire  [31:0]  ocl_ar_addr_i,
  output logic         ocl_r_valid_o,
  input  wire          ocl_r_ready_i,
  output logic [31:0]  ocl_r_data_o,
  output logic [1:0]   ocl_r_resp_o,
  // PCIS
  input  wire          pcis_aw_valid_i,
  output logic         pcis_aw_ready_o,
  input  wire  [15:0]  pcis_aw_id_i,
  input  wire  [63:0]  pcis_aw_addr_i,
  input  wire  [7:0]   pcis_aw_len_i,
  input  wire          pcis_w_valid_i,
  output logic         pcis_w_ready_o,
  input  wire  [511:0] pcis_w_data_i,
  input  wire  [63:0]  pcis_w_strb_i,
  input  wire          pcis_w_last_i,
  output logic         pcis_b_valid_o,
  input  wire          pcis_b_ready_i,
  output logic [15:0]  pcis_b_id_o,
  output logic [1:0]   pcis_b_resp_o,
  input  wire          pcis_ar_valid_i,
  output logic         pcis_ar_ready_o,
  input  wire  [15:0]  pcis_ar_id_i,
  input  wire  [63:0]  pcis_ar_addr_i,
  input  wire  [7:0]   pcis_ar_len_i,
  output logic         pcis_r_valid_o,
  input  wire          pcis_r_ready_i,
  output logic [15:0]  pcis_r_id_o,
  output logic [511:0] pcis_r_data_o,
  output logic [1:0]   pcis_r_resp_o,
  output logic         pcis_r_last_o,
  // memory
  input  wire          ddr_ready_i,
  output logic         ddr_ar_valid_o,
  input  wire          ddr_ar_ready_i,
  output logic [7:0]   ddr_ar_id_o,
  output logic [63:0]  ddr_ar_addr_o,
  output logic [7:0]   ddr_ar_len_o,
  input  wire          ddr_r_valid_i,
  output logic         ddr_r_ready_o,
  input  wire  [7:0]   ddr_r_id_i,
  input  wire  [511:0] ddr_r_data_i,
  input  wire  [1:0]   ddr_r_resp_i,
  input  wire          ddr_r_last_i,
  output logic         ddr_aw_valid_o,
  input  wire          ddr_aw_ready_i,
  output logic [63:0]  ddr_aw_addr_o,
  output logic [7:0]   ddr_aw_len_o,
  output logic         ddr_w_valid_o,
  input  wire          ddr_w_ready_i,
  output logic [511:0] ddr_w_data_o,
  output logic [63:0]  ddr_w_strb_o,
  output logic         ddr_w_last_o,
  input  wire          ddr_b_valid_i,
  output logic         ddr_b_ready_o,
  input  wire  [1:0]   ddr_b_resp_i
);

  // ---- flaws ----
  localparam logic [11:0] Late = 12'd2100;  // more than the shell waits
  logic [11:0]  ocl_wait_q, pcis_wait_q;
  logic [31:0]  ocl_addr_q;
  logic [511:0] beat_q;
  logic         ocl_hold, pcis_hold, lose_b, seen_done_q, r_valid, p_valid, b_valid, r_ready, p_ready, b_ready, again_q;
  logic [31:0]  r_data;
  logic [511:0] p_data;
  logic [15:0]  irq;
  assign ocl_hold = twin_i == 4'd1 && ocl_wait_q != '0;
  assign pcis_hold = twin_i == 4'd3 && pcis_wait_q != '0;
  assign lose_b = twin_i == 4'd4;
  assign ocl_r_valid_o = r_valid && !ocl_hold;
  assign r_ready = ocl_r_ready_i && !ocl_hold;
  assign ocl_r_data_o = r_data & ~(twin_i == 4'd2 && ocl_addr_q == '0 && seen_done_q ? 32'd10 : 32'd0);
  assign pcis_r_valid_o = p_valid && !pcis_hold;
  assign p_ready = pcis_r_ready_i && !pcis_hold;
  assign pcis_r_data_o = twin_i == 4'd6 ? p_data ^ beat_q : p_data;
  assign pcis_b_valid_o = b_valid && !lose_b;
  assign b_ready = pcis_b_ready_i || lose_b;
  assign irq_request_o = irq | {15'd0, again_q};

  always_ff @(posedge clk_i) begin : flaws
    ocl_wait_q <= ocl_ar_valid_i && ocl_ar_ready_o ? Late : ocl_wait_q - 12'(ocl_wait_q != '0);
    pcis_wait_q <= pcis_ar_valid_i && pcis_ar_ready_o ? Late : pcis_wait_q - 12'(pcis_wait_q != '0);
    if (ocl_ar_valid_i && ocl_ar_ready_o) ocl_addr_q <= ocl_ar_addr_i;
    if (ocl_r_valid_o && ocl_r_ready_i && ocl_addr_q == '0 && ocl_r_data_o[1]) seen_done_q <= 1'b1;
    if (ocl_aw_valid_i && ocl_aw_addr_i == '0) seen_done_q <= 1'b0;
    beat_q <= beat_q + 512'd1;
    again_q <= twin_i == 4'd5 && irq[0];
    if (!rst_ni) {ocl_wait_q, pcis_wait_q, seen_done_q, beat_q, again_q} <= '0;
  end

  // ---- the memory's port ----
  assign ddr_ar_valid_o = u_cl.SH_DDR.cl_sh_ddr_axi_arvalid;
  assign ddr_ar_id_o = u_cl.SH_DDR.cl_sh_ddr_axi_arid[7:0];
  assign ddr_ar_addr_o = u_cl.SH_DDR.cl_sh_ddr_axi_araddr;
  assign ddr_ar_len_o = u_cl.SH_DDR.cl_sh_ddr_axi_arlen;
  assign ddr_r_ready_o = u_cl.SH_DDR.cl_sh_ddr_axi_rready;
  assign ddr_aw_valid_o = u_cl.SH_DDR.cl_sh_ddr_axi_awvalid;
  assign ddr_aw_addr_o = u_cl.SH_DDR.cl_sh_ddr_axi_awaddr;
  assign ddr_aw_len_o = u_cl.SH_DDR.cl_sh_ddr_axi_awlen;
  assign ddr_w_valid_o = u_cl.SH_DDR.cl_sh_ddr_axi_wvalid;
  assign ddr_w_data_o = u_cl.SH_DDR.cl_sh_ddr_axi_wdata;
  assign ddr_w_strb_o = u_cl.SH_DDR.cl_sh_ddr_axi_wstrb;
  assign ddr_w_last_o = u_cl.SH_DDR.cl_sh_ddr_axi_wlast;
  assign ddr_b_ready_o = u_cl.SH_DDR.cl_sh_ddr_axi_bready;

  // ---- the custom logic: what is not named has no say ----
  cl_systole #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .AXI_BYTES(AXI_BYTES), .APAD_BYTES(APAD_BYTES), .WPAD_BYTES(WPAD_BYTES),
    .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS), .APAD_BANKS(APAD_BANKS), .ACC_BANKS(ACC_BANKS),
    .MAC_LATENCY(MAC_LATENCY), .POST_LATENCY(POST_LATENCY), .POST_LANES(POST_LANES),
    .WEIGHT_PLANES(WEIGHT_PLANES), .LANE_TAPS(LANE_TAPS), .PARITY(PARITY)
  ) u_cl (
    .clk_main_a0(clk_i), .rst_main_n(rst_ni), .sh_cl_flr_assert(flr_assert_i), .cl_sh_flr_done(flr_done_o),
    .cl_sh_id0(id0_o), .cl_sh_id1(id1_o), .cl_sh_status_vled(vled_o),
    .cl_sh_apppf_irq_req(irq), .sh_cl_apppf_irq_ack(irq_accept_i),
    .sh_cl_ddr_stat_addr('0), .sh_cl_ddr_stat_wdata('0), .sh_cl_ddr_stat_wr('0), .sh_cl_ddr_stat_rd('0),
    .ocl_cl_awaddr(ocl_aw_addr_i), .ocl_cl_awvalid(ocl_aw_valid_i), .cl_ocl_awready(ocl_aw_ready_o),
    .ocl_cl_wdata(ocl_w_data_i), .ocl_cl_wstrb(ocl_w_strb_i), .ocl_cl_wvalid(ocl_w_valid_i), .cl_ocl_wready(ocl_w_ready_o),
    .cl_ocl_bresp(ocl_b_resp_o), .cl_ocl_bvalid(ocl_b_valid_o), .ocl_cl_bready(ocl_b_ready_i),
    .ocl_cl_araddr(ocl_ar_addr_i), .ocl_cl_arvalid(ocl_ar_valid_i), .cl_ocl_arready(ocl_ar_ready_o),
    .cl_ocl_rdata(r_data), .cl_ocl_rresp(ocl_r_resp_o), .cl_ocl_rvalid(r_valid), .ocl_cl_rready(r_ready),
    .sh_cl_dma_pcis_awid(pcis_aw_id_i), .sh_cl_dma_pcis_awaddr(pcis_aw_addr_i), .sh_cl_dma_pcis_awlen(pcis_aw_len_i),
    .sh_cl_dma_pcis_awsize(3'd6), .sh_cl_dma_pcis_awburst(2'b01),
    .sh_cl_dma_pcis_awvalid(pcis_aw_valid_i), .cl_sh_dma_pcis_awready(pcis_aw_ready_o),
    .sh_cl_dma_pcis_wdata(pcis_w_data_i), .sh_cl_dma_pcis_wstrb(pcis_w_strb_i), .sh_cl_dma_pcis_wlast(pcis_w_last_i),
    .sh_cl_dma_pcis_wvalid(pcis_w_valid_i), .cl_sh_dma_pcis_wready(pcis_w_ready_o),
    .cl_sh_dma_pcis_bid(pcis_b_id_o), .cl_sh_dma_pcis_bresp(pcis_b_resp_o), .cl_sh_dma_pcis_bvalid(b_valid),
    .sh_cl_dma_pcis_bready(b_ready),
    .sh_cl_dma_pcis_arid(pcis_ar_id_i), .sh_cl_dma_pcis_araddr(pcis_ar_addr_i), .sh_cl_dma_pcis_arlen(pcis_ar_len_i),
    .sh_cl_dma_pcis_arsize(3'd6), .sh_cl_dma_pcis_arburst(2'b01),
    .sh_cl_dma_pcis_arvalid(pcis_ar_valid_i), .cl_sh_dma_pcis_arready(pcis_ar_ready_o),
    .cl_sh_dma_pcis_rid(pcis_r_id_o), .cl_sh_dma_pcis_rdata(p_data), .cl_sh_dma_pcis_rresp(pcis_r_resp_o),
    .cl_sh_dma_pcis_rlast(pcis_r_last_o), .cl_sh_dma_pcis_rvalid(p_valid), .sh_cl_dma_pcis_rready(p_ready)
  );

endmodule
