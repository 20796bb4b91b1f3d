// SPDX-License-Identifier: Apache-2.0
// The top for the ULX3S board (Lattice LFE5U-85F): the core, its memory on chip, and the serial link to the host over the board's
// USB socket US1. The core is the same as on every other device, its body the one that is synthesised.
//
// Clocks: 25 MHz from the board, through the PLL (target.conf). Reset: until the PLL has locked, and while button FIRE1 is pressed.
// Light-emitting diodes: 0 blinks about once a second, 1 the core runs, 2 and 3 the line is low (from and to the host),
// 4 a frame was dropped since reset, 5 a run has ended with its interrupt on, 6 off, 7 the PLL has locked.
// Legal parameters: those of systole_core, systole_link and systole_card_memory.
`default_nettype none
module systole_ulx3s #(
  parameter int unsigned ROWS = 8,
  parameter int unsigned COLS = 8,
  parameter bit          HAS_FP = 1'b0,
  parameter int unsigned AXI_BYTES = 8,
  parameter int unsigned APAD_BYTES = 32768,
  parameter int unsigned WPAD_BYTES = 16384,
  parameter int unsigned ACC_ROWS = 1024,
  parameter int unsigned PARAM_ROWS = 512,
  parameter int unsigned APAD_BANKS = 4,
  parameter int unsigned ACC_BANKS = 2,
  parameter int unsigned MAC_LATENCY = 2,
  parameter int unsigned POST_LATENCY = 1,
  parameter int unsigned POST_LANES = COLS,
  parameter int unsigned WEIGHT_PLANES = 4,
  parameter int unsigned LANE_TAPS = 1,
  parameter int unsigned PARITY = 0,
  parameter int unsigned MEMORY_BYTES = 262144,
  parameter int unsigned PLL_IN = 5,
  parameter int unsigned PLL_FEEDBACK = 3,
  parameter int unsigned PLL_OUT = 40,
  parameter int unsigned CLOCKS_PER_BIT = 5,    // 3,000,000 baud of 15 MHz: the most that the board's FT231X does
  parameter int unsigned GAP_CLOCKS = 262144    // 17 ms of silence, then a frame is dropped
) (
  input  wire        clk_25mhz,
  input  wire        ftdi_txd,  // to the FPGA
  output wire        ftdi_rxd,  // to the host
  input  wire  [6:0] btn,
  output logic [7:0] led,
  output wire        wifi_gpio0  // high: the board's ESP32 leaves the FPGA alone
);

  localparam int unsigned ClockHz = 25_000_000 / PLL_IN * PLL_FEEDBACK;
  localparam int unsigned WordBits = $clog2(MEMORY_BYTES / 8);

  if (AXI_BYTES != 8) begin : gen_bad
    $error("systole_ulx3s: the memory has beats of 8 bytes: AXI_BYTES must be 8");
  end

  // ---- clock and reset ----
  logic clk, locked, rst_n;
  systole_ulx3s_pll #(.IN(PLL_IN), .FEEDBACK(PLL_FEEDBACK), .OUT(PLL_OUT)) u_pll (.clk_25mhz_i(clk_25mhz), .clk_o(clk), .locked_o(locked));

  logic [2:0] button_q, locked_q;
  logic [3:0] reset_q;  // a reset lasts at least sixteen cycles
  always_ff @(posedge clk) begin : resets
    button_q <= {button_q[1:0], btn[1]};
    locked_q <= {locked_q[1:0], locked};
    if (!locked_q[2] || button_q[2]) reset_q <= '0;
    else if (reset_q != '1) reset_q <= reset_q + 1'b1;
    rst_n <= reset_q == '1;
  end

  // ---- the line ----
  logic        rx_valid, rx_error, tx_valid, tx_ready;
  logic [7:0]  rx_data, tx_data;
  logic [31:0] link_errors;
  systole_uart_rx #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) u_rx (
    .clk_i(clk), .rst_ni(rst_n), .line_i(ftdi_txd), .valid_o(rx_valid), .error_o(rx_error), .data_o(rx_data)
  );
  systole_uart_tx #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) u_tx (
    .clk_i(clk), .rst_ni(rst_n), .valid_i(tx_valid), .ready_o(tx_ready), .data_i(tx_data), .line_o(ftdi_rxd)
  );

  logic                aw_valid, aw_ready, w_valid, w_ready, b_valid, ar_valid, ar_ready, r_valid;
  logic [11:0]         reg_addr;
  logic [31:0]         reg_wdata, reg_rdata;
  logic [1:0]          b_resp, r_resp;
  logic                link_read, link_valid;
  logic [7:0]          link_write;
  logic [WordBits-1:0] link_addr;
  logic [63:0]         link_wdata, link_rdata;
  systole_link #(
    .MEMORY_BYTES(MEMORY_BYTES), .CLOCK_HZ(ClockHz), .CLOCKS_PER_BIT(CLOCKS_PER_BIT), .GAP_CLOCKS(GAP_CLOCKS)
  ) u_link (
    .clk_i(clk), .rst_ni(rst_n),
    .rx_valid_i(rx_valid), .rx_error_i(rx_error), .rx_data_i(rx_data),
    .tx_valid_o(tx_valid), .tx_ready_i(tx_ready), .tx_data_o(tx_data), .errors_o(link_errors),
    .aw_valid_o(aw_valid), .aw_ready_i(aw_ready), .w_valid_o(w_valid), .w_ready_i(w_ready),
    .ar_valid_o(ar_valid), .ar_ready_i(ar_ready), .reg_addr_o(reg_addr), .reg_data_o(reg_wdata),
    .b_valid_i(b_valid), .b_resp_i(b_resp), .r_valid_i(r_valid), .r_data_i(reg_rdata), .r_resp_i(r_resp),
    .mem_read_o(link_read), .mem_write_o(link_write), .mem_addr_o(link_addr), .mem_data_o(link_wdata),
    .mem_valid_i(link_valid), .mem_data_i(link_rdata)
  );

  // ---- the core and its memory ----
  logic        irq, busy, m_ar_valid, m_ar_ready, m_r_valid, m_r_ready, m_r_last;
  logic        m_aw_valid, m_aw_ready, m_w_valid, m_w_ready, m_w_last, m_b_valid, m_b_ready;
  logic [0:0]  m_ar_id, m_r_id;
  logic [63:0] m_ar_addr, m_r_data, m_aw_addr, m_w_data;
  logic [7:0]  m_ar_len, m_aw_len, m_w_strb;
  logic [1:0]  m_r_resp, m_b_resp;
  systole_core #(
    .ROWS(ROWS), .COLS(COLS), .HAS_FP(HAS_FP), .AXI_BYTES(AXI_BYTES), .APAD_BYTES(APAD_BYTES),
    .WPAD_BYTES(WPAD_BYTES), .ACC_ROWS(ACC_ROWS), .PARAM_ROWS(PARAM_ROWS), .APAD_BANKS(APAD_BANKS),
    .ACC_BANKS(ACC_BANKS), .MAC_LATENCY(MAC_LATENCY), .POST_LATENCY(POST_LATENCY), .POST_LANES(POST_LANES), .WEIGHT_PLANES(WEIGHT_PLANES),
    .LANE_TAPS(LANE_TAPS), .PARITY(PARITY), .BODY(1)
  ) u_core (
    .clk_i(clk), .rst_ni(rst_n), .irq_o(irq), .busy_o(busy),
    .s_aw_valid_i(aw_valid), .s_aw_ready_o(aw_ready), .s_aw_addr_i(reg_addr),
    .s_w_valid_i(w_valid), .s_w_ready_o(w_ready), .s_w_data_i(reg_wdata), .s_w_strb_i(4'b1111),
    .s_b_valid_o(b_valid), .s_b_ready_i(1'b1), .s_b_resp_o(b_resp),
    .s_ar_valid_i(ar_valid), .s_ar_ready_o(ar_ready), .s_ar_addr_i(reg_addr),
    .s_r_valid_o(r_valid), .s_r_ready_i(1'b1), .s_r_data_o(reg_rdata), .s_r_resp_o(r_resp),
    .m_ar_valid_o(m_ar_valid), .m_ar_ready_i(m_ar_ready), .m_ar_id_o(m_ar_id), .m_ar_addr_o(m_ar_addr), .m_ar_len_o(m_ar_len),
    .m_r_valid_i(m_r_valid), .m_r_ready_o(m_r_ready), .m_r_id_i(m_r_id), .m_r_data_i(m_r_data), .m_r_resp_i(m_r_resp),
    .m_r_last_i(m_r_last),
    .m_aw_valid_o(m_aw_valid), .m_aw_ready_i(m_aw_ready), .m_aw_addr_o(m_aw_addr), .m_aw_len_o(m_aw_len),
    .m_w_valid_o(m_w_valid), .m_w_ready_i(m_w_ready), .m_w_data_o(m_w_data), .m_w_strb_o(m_w_strb), .m_w_last_o(m_w_last),
    .m_b_valid_i(m_b_valid), .m_b_ready_o(m_b_ready), .m_b_resp_i(m_b_resp)
  );

  systole_card_memory #(
    .MEMORY_BYTES(MEMORY_BYTES)
  ) u_memory (
    .clk_i(clk), .rst_ni(rst_n),
    .ar_valid_i(m_ar_valid), .ar_ready_o(m_ar_ready), .ar_id_i(m_ar_id), .ar_addr_i(m_ar_addr), .ar_len_i(m_ar_len),
    .r_valid_o(m_r_valid), .r_ready_i(m_r_ready), .r_id_o(m_r_id), .r_data_o(m_r_data), .r_resp_o(m_r_resp), .r_last_o(m_r_last),
    .aw_valid_i(m_aw_valid), .aw_ready_o(m_aw_ready), .aw_addr_i(m_aw_addr), .aw_len_i(m_aw_len),
    .w_valid_i(m_w_valid), .w_ready_o(m_w_ready), .w_data_i(m_w_data), .w_strb_i(m_w_strb), .w_last_i(m_w_last),
    .b_valid_o(m_b_valid), .b_ready_i(m_b_ready), .b_resp_o(m_b_resp),
    .link_read_i(link_read), .link_write_i(link_write), .link_addr_i(link_addr), .link_data_i(link_wdata),
    .link_valid_o(link_valid), .link_data_o(link_rdata)
  );

  // ---- lights ----
  logic [23:0] blink_q;
  always_ff @(posedge clk) begin : lights
    blink_q <= blink_q + 1'b1;
    led     <= {locked, 1'b0, irq, link_errors != '0, !ftdi_rxd, !ftdi_txd, busy, blink_q[23]};
    if (!rst_n) blink_q <= '0;
  end

  assign wifi_gpio0 = 1'b1;

  logic unused;
  assign unused = ^{btn[6:2], btn[0]};

endmodule
`default_nettype wire
