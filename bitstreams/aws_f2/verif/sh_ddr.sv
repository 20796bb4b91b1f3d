// SPDX-License-Identifier: Apache-2.0
// In the place of the HDK's controller of the card's memory: its AXI port is brought out to the ports of f2_board, where the memory model
// of the simulation is. The pins of the DIMM are at rest.
module sh_ddr #(
  parameter DDR_PRESENT = 1
) (
  input logic clk, rst_n, stat_clk, stat_rst_n,
  input logic CLK_DIMM_DP, CLK_DIMM_DN,
  output logic M_ACT_N, M_PAR, cl_RST_DIMM_N,
  output logic [17:0] M_MA,
  output logic [1:0] M_BA, M_BG, M_CKE, M_ODT, M_CS_N, M_CLK_DN, M_CLK_DP,
  inout wire [63:0] M_DQ,
  inout wire [7:0] M_ECC,
  inout wire [17:0] M_DQS_DP, M_DQS_DN,
  input logic [15:0] cl_sh_ddr_axi_awid, cl_sh_ddr_axi_arid,
  input logic [63:0] cl_sh_ddr_axi_awaddr, cl_sh_ddr_axi_araddr, cl_sh_ddr_axi_wstrb,
  input logic [7:0] cl_sh_ddr_axi_awlen, cl_sh_ddr_axi_arlen,
  input logic [2:0] cl_sh_ddr_axi_awsize, cl_sh_ddr_axi_arsize,
  input logic [1:0] cl_sh_ddr_axi_awburst, cl_sh_ddr_axi_arburst,
  input logic cl_sh_ddr_axi_awuser, cl_sh_ddr_axi_aruser, cl_sh_ddr_axi_awvalid, cl_sh_ddr_axi_arvalid,
  input logic cl_sh_ddr_axi_wvalid, cl_sh_ddr_axi_wlast, cl_sh_ddr_axi_bready, cl_sh_ddr_axi_rready,
  input logic [511:0] cl_sh_ddr_axi_wdata,
  output logic cl_sh_ddr_axi_awready, cl_sh_ddr_axi_wready, cl_sh_ddr_axi_arready, cl_sh_ddr_axi_bvalid, cl_sh_ddr_axi_rvalid,
  output logic [15:0] cl_sh_ddr_axi_bid, cl_sh_ddr_axi_rid,
  output logic [1:0] cl_sh_ddr_axi_bresp, cl_sh_ddr_axi_rresp,
  output logic [511:0] cl_sh_ddr_axi_rdata,
  output logic cl_sh_ddr_axi_rlast,
  input logic [7:0] sh_ddr_stat_bus_addr,
  input logic [31:0] sh_ddr_stat_bus_wdata,
  input logic sh_ddr_stat_bus_wr, sh_ddr_stat_bus_rd,
  output logic sh_ddr_stat_bus_ack,
  output logic [31:0] sh_ddr_stat_bus_rdata,
  output logic [7:0] ddr_sh_stat_int,
  output logic sh_cl_ddr_is_ready
);

  if (DDR_PRESENT != 1) begin : gen_absent
    $error("sh_ddr: the custom logic uses the memory");
  end

  assign sh_cl_ddr_is_ready = f2_board.ddr_ready_i;
  assign cl_sh_ddr_axi_arready = f2_board.ddr_ar_ready_i;
  assign cl_sh_ddr_axi_rvalid = f2_board.ddr_r_valid_i;
  assign cl_sh_ddr_axi_rdata = f2_board.ddr_r_data_i;
  assign cl_sh_ddr_axi_rresp = f2_board.ddr_r_resp_i;
  assign cl_sh_ddr_axi_rlast = f2_board.ddr_r_last_i;
  assign cl_sh_ddr_axi_awready = f2_board.ddr_aw_ready_i;
  assign cl_sh_ddr_axi_wready = f2_board.ddr_w_ready_i;
  assign cl_sh_ddr_axi_bvalid = f2_board.ddr_b_valid_i;
  assign cl_sh_ddr_axi_bresp = f2_board.ddr_b_resp_i;
  assign {cl_sh_ddr_axi_bid, cl_sh_ddr_axi_rid} = '0;

  // What the controller takes for granted.
  Whole_A: assert property (@(posedge clk) disable iff (!rst_n)
    ((!cl_sh_ddr_axi_awvalid || (cl_sh_ddr_axi_awsize == 3'd6 && cl_sh_ddr_axi_awburst == 2'b01 && cl_sh_ddr_axi_awid == '0))
     && (!cl_sh_ddr_axi_arvalid || (cl_sh_ddr_axi_arsize == 3'd6 && cl_sh_ddr_axi_arburst == 2'b01 && cl_sh_ddr_axi_arid == '0))));
  Ready_A: assert property (@(posedge clk) disable iff (!rst_n)
    (sh_cl_ddr_is_ready || !(cl_sh_ddr_axi_awvalid || cl_sh_ddr_axi_arvalid)));

  assign {M_ACT_N, M_PAR, cl_RST_DIMM_N, M_MA, M_BA, M_BG, M_CKE, M_ODT, M_CS_N, M_CLK_DN, M_CLK_DP} = '0;
  assign {sh_ddr_stat_bus_ack, sh_ddr_stat_bus_rdata, ddr_sh_stat_int} = '0;

endmodule
