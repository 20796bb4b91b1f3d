// SPDX-License-Identifier: Apache-2.0
// The core behind the shell of AWS F2: registers behind AXI4-Lite (OCL), a window onto the card's memory behind AXI4 (PCIS), the card's
// memory shared by both, an interrupt.
//
// Every output is a register or a function of registers. Legal parameters: those of systole_core with AXI_BYTES 64, the width of the
// memory; MEMORY_BITS 20 to 51: the memory has 2^MEMORY_BITS bytes, from address 0.
`default_nettype none
module systole_f2 #(
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
  parameter int unsigned PARITY = 0,
  parameter int unsigned MEMORY_BITS = 36
) (
  input  wire          clk_i,
  input  wire          rst_ni,
  output logic         busy_o,
  output logic         irq_request_o,
  input  wire          irq_accept_i,
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
  input  wire          ocl_ar_valid_i,
  output logic         ocl_ar_ready_o,
  input  wire  [31:0]  ocl_ar_addr_i,
  output logic         ocl_r_valid_o,
  input  wire          ocl_r_ready_i,
  output logic [31:0]  ocl_r_data_o,
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
  input  wire          ddr_ready_i,  // it may be used
  output logic         ddr_ar_valid_o,
  input  wire          ddr_ar_ready_i,
  output logic [63:0]  ddr_ar_addr_o,
  output logic [7:0]   ddr_ar_len_o,
  input  wire          ddr_r_valid_i,
  output logic         ddr_r_ready_o,
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

  if (AXI_BYTES != 64) begin : gen_bad_axi
    $error("systole_f2: AXI_BYTES must be 64, the width of the card's memory");
  end
  if (MEMORY_BITS < 20 || MEMORY_BITS > 51) begin : gen_bad_memory
    $error("systole_f2: MEMORY_BITS must be 20 to 51");
  end

  // ---- core ----
  logic         s_aw_valid, s_aw_ready, s_w_valid, s_w_ready, s_b_valid, s_b_ready, s_ar_valid, s_ar_ready, s_r_valid, s_r_ready;
  logic [11:0]  s_aw_addr, s_ar_addr;
  logic [31:0]  s_w_data, s_r_data;
  logic [3:0]   s_w_strb;
  logic [1:0]   s_b_resp, s_r_resp;
  logic         irq, unused_resp;
  logic         m_ar_valid, m_ar_ready, m_r_valid, m_r_ready, m_r_last, m_aw_valid, m_aw_ready, m_w_valid, m_w_ready, m_w_last;
  logic         m_b_valid, m_b_ready;
  logic [0:0]   m_ar_id, m_r_id;
  logic [63:0]  m_ar_addr, m_aw_addr, m_w_strb;
  logic [7:0]   m_ar_len, m_aw_len;
  logic [511:0] m_r_data, m_w_data;
  logic [1:0]   m_r_resp, m_b_resp;
  assign unused_resp = (^s_b_resp) ^ (^s_r_resp);  // always OKAY

  systole_core #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .AXI_BYTES(AXI_BYTES), .APAD_BYTES(APAD_BYTES), .WPAD_BYTES(WPAD_BYTES),
    .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS), .APAD_BANKS(APAD_BANKS), .ACC_BANKS(ACC_BANKS),
    .MAC_LATENCY(MAC_LATENCY), .POST_LATENCY(POST_LATENCY), .POST_LANES(POST_LANES),
    .WEIGHT_PLANES(WEIGHT_PLANES), .LANE_TAPS(LANE_TAPS), .PARITY(PARITY), .BODY(1)
  ) u_core (
    .clk_i, .rst_ni, .irq_o(irq), .busy_o,
    .s_aw_valid_i(s_aw_valid), .s_aw_ready_o(s_aw_ready), .s_aw_addr_i(s_aw_addr),
    .s_w_valid_i(s_w_valid), .s_w_ready_o(s_w_ready), .s_w_data_i(s_w_data), .s_w_strb_i(s_w_strb),
    .s_b_valid_o(s_b_valid), .s_b_ready_i(s_b_ready), .s_b_resp_o(s_b_resp),
    .s_ar_valid_i(s_ar_valid), .s_ar_ready_o(s_ar_ready), .s_ar_addr_i(s_ar_addr),
    .s_r_valid_o(s_r_valid), .s_r_ready_i(s_r_ready), .s_r_data_o(s_r_data), .s_r_resp_o(s_r_resp),
    .m_ar_valid_o(m_ar_valid), .m_ar_ready_i(m_ar_ready), .m_ar_id_o(m_ar_id), .m_ar_addr_o(m_ar_addr), .m_ar_len_o(m_ar_len),
    .m_r_valid_i(m_r_valid), .m_r_ready_o(m_r_ready), .m_r_id_i(m_r_id), .m_r_data_i(m_r_data), .m_r_resp_i(m_r_resp),
    .m_r_last_i(m_r_last),
    .m_aw_valid_o(m_aw_valid), .m_aw_ready_i(m_aw_ready), .m_aw_addr_o(m_aw_addr), .m_aw_len_o(m_aw_len),
    .m_w_valid_o(m_w_valid), .m_w_ready_i(m_w_ready), .m_w_data_o(m_w_data), .m_w_strb_o(m_w_strb), .m_w_last_o(m_w_last),
    .m_b_valid_i(m_b_valid), .m_b_ready_o(m_b_ready), .m_b_resp_i(m_b_resp)
  );

  // ---- registers and interrupt ----
  logic [31:0] requested, accepted;

  systole_f2_irq u_irq (
    .clk_i, .rst_ni, .level_i(irq), .request_o(irq_request_o), .accept_i(irq_accept_i),
    .requested_o(requested), .accepted_o(accepted)
  );

  systole_f2_ocl #(
    .MEMORY_BITS(MEMORY_BITS)
  ) u_ocl (
    .clk_i, .rst_ni, .ready_i(ddr_ready_i), .requested_i(requested), .accepted_i(accepted),
    .aw_valid_i(ocl_aw_valid_i), .aw_ready_o(ocl_aw_ready_o), .aw_addr_i(ocl_aw_addr_i),
    .w_valid_i(ocl_w_valid_i), .w_ready_o(ocl_w_ready_o), .w_data_i(ocl_w_data_i), .w_strb_i(ocl_w_strb_i),
    .b_valid_o(ocl_b_valid_o), .b_ready_i(ocl_b_ready_i),
    .ar_valid_i(ocl_ar_valid_i), .ar_ready_o(ocl_ar_ready_o), .ar_addr_i(ocl_ar_addr_i),
    .r_valid_o(ocl_r_valid_o), .r_ready_i(ocl_r_ready_i), .r_data_o(ocl_r_data_o),
    .core_aw_valid_o(s_aw_valid), .core_aw_ready_i(s_aw_ready), .core_aw_addr_o(s_aw_addr),
    .core_w_valid_o(s_w_valid), .core_w_ready_i(s_w_ready), .core_w_data_o(s_w_data), .core_w_strb_o(s_w_strb),
    .core_b_valid_i(s_b_valid), .core_b_ready_o(s_b_ready),
    .core_ar_valid_o(s_ar_valid), .core_ar_ready_i(s_ar_ready), .core_ar_addr_o(s_ar_addr),
    .core_r_valid_i(s_r_valid), .core_r_ready_o(s_r_ready), .core_r_data_i(s_r_data)
  );

  // ---- memory ----
  logic [7:0] writes_taken, writes_done;

  systole_f2_read #(
    .MEMORY_BITS(MEMORY_BITS)
  ) u_read (
    .clk_i, .rst_ni, .enable_i(ddr_ready_i), .writes_taken_i(writes_taken), .writes_done_i(writes_done),
    .host_ar_valid_i(pcis_ar_valid_i), .host_ar_ready_o(pcis_ar_ready_o), .host_ar_id_i(pcis_ar_id_i),
    .host_ar_addr_i(pcis_ar_addr_i), .host_ar_len_i(pcis_ar_len_i),
    .host_r_valid_o(pcis_r_valid_o), .host_r_ready_i(pcis_r_ready_i), .host_r_id_o(pcis_r_id_o), .host_r_data_o(pcis_r_data_o),
    .host_r_resp_o(pcis_r_resp_o), .host_r_last_o(pcis_r_last_o),
    .core_ar_valid_i(m_ar_valid), .core_ar_ready_o(m_ar_ready), .core_ar_id_i(m_ar_id), .core_ar_addr_i(m_ar_addr),
    .core_ar_len_i(m_ar_len),
    .core_r_valid_o(m_r_valid), .core_r_ready_i(m_r_ready), .core_r_id_o(m_r_id), .core_r_data_o(m_r_data),
    .core_r_resp_o(m_r_resp), .core_r_last_o(m_r_last),
    .ddr_ar_valid_o, .ddr_ar_ready_i, .ddr_ar_addr_o, .ddr_ar_len_o,
    .ddr_r_valid_i, .ddr_r_ready_o, .ddr_r_data_i, .ddr_r_resp_i, .ddr_r_last_i
  );

  systole_f2_write #(
    .MEMORY_BITS(MEMORY_BITS)
  ) u_write (
    .clk_i, .rst_ni, .enable_i(ddr_ready_i), .writes_taken_o(writes_taken), .writes_done_o(writes_done),
    .host_aw_valid_i(pcis_aw_valid_i), .host_aw_ready_o(pcis_aw_ready_o), .host_aw_id_i(pcis_aw_id_i),
    .host_aw_addr_i(pcis_aw_addr_i), .host_aw_len_i(pcis_aw_len_i),
    .host_w_valid_i(pcis_w_valid_i), .host_w_ready_o(pcis_w_ready_o), .host_w_data_i(pcis_w_data_i),
    .host_w_strb_i(pcis_w_strb_i), .host_w_last_i(pcis_w_last_i),
    .host_b_valid_o(pcis_b_valid_o), .host_b_ready_i(pcis_b_ready_i), .host_b_id_o(pcis_b_id_o), .host_b_resp_o(pcis_b_resp_o),
    .core_aw_valid_i(m_aw_valid), .core_aw_ready_o(m_aw_ready), .core_aw_addr_i(m_aw_addr), .core_aw_len_i(m_aw_len),
    .core_w_valid_i(m_w_valid), .core_w_ready_o(m_w_ready), .core_w_data_i(m_w_data), .core_w_strb_i(m_w_strb),
    .core_w_last_i(m_w_last),
    .core_b_valid_o(m_b_valid), .core_b_ready_i(m_b_ready), .core_b_resp_o(m_b_resp),
    .ddr_aw_valid_o, .ddr_aw_ready_i, .ddr_aw_addr_o, .ddr_aw_len_o,
    .ddr_w_valid_o, .ddr_w_ready_i, .ddr_w_data_o, .ddr_w_strb_o, .ddr_w_last_o,
    .ddr_b_valid_i, .ddr_b_ready_o, .ddr_b_resp_i
  );

endmodule
`default_nettype wire
