// SPDX-License-Identifier: Apache-2.0
// systole_csr as an AXI4-Lite slave: one answer a request, stable until taken; and what its registers do, against a second
// description of CTRL and the interrupt. No read changes anything, done stays until it is written or the next start.
//
//   formal: sources ctrl/systole_csr.sv
//   formal: induct 2
//   formal: cover 12
//   formal: twin ctrl/systole_csr.sv s/if (b_valid_o && b_ready_i) b_valid_o/if (b_valid_o) b_valid_o/
//   formal: twin ctrl/systole_csr.sv s/assign write = aw_held_q && w_held_q && !b_valid_o/assign write = aw_held_q \&\& w_held_q/
//   formal: twin ctrl/systole_csr.sv s/assign ar_ready_o = !looking_q && !r_valid_o/assign ar_ready_o = !looking_q/
//   formal: twin ctrl/systole_csr.sv s/if (w_q\[1\] && strb_q\[0\]) done_q/if (strb_q[0]) done_q/
//   formal: twin ctrl/systole_csr.sv s/if (finish_i) begin/if (r_valid_o \&\& r_ready_i) done_q <= 1'b0; if (finish_i) begin/
//   formal: twin ctrl/systole_csr.sv s/ && !in_run_i && !start_o) begin/ \&\& !start_o) begin/
//   formal: twin ctrl/systole_csr.sv s/ \&\& strb_q\[b\]) args\[64\*i+8/) args[64*i+8/
`default_nettype none
module fv_csr
  import systole_pkg::*;
(
  input wire        clk_i,
  input wire        reset_i,
  input wire        aw_valid_i,
  input wire [11:0] aw_addr_i,
  input wire        w_valid_i,
  input wire [31:0] w_data_i,
  input wire [3:0]  w_strb_i,
  input wire        b_ready_i,
  input wire        ar_valid_i,
  input wire [11:0] ar_addr_i,
  input wire        r_ready_i,
  input wire        idle_i,
  input wire        in_run_i,
  input wire        finish_i,
  input wire [7:0]  status_i,
  input wire [31:0] error_index_i,
  input wire [MEMORIES-1:0] parity_i,
  input wire        bus_busy_i,
  input wire [63:0] counter_i
);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q && !reset_i;

  logic aw_ready, w_ready, b_valid, ar_ready, r_valid, irq, start, soft_reset;
  logic [1:0] b_resp, r_resp;
  logic [31:0] r_data;
  logic [64*WINDOWS-1:0] win_base, win_size;
  logic [63:0] watchdog;
  logic [4:0] counter;
  systole_csr #(.CAPS_FLAT({CAPS{32'h1234_5678}})) dut (
    .clk_i, .rst_ni,
    .aw_valid_i, .aw_ready_o(aw_ready), .aw_addr_i, .w_valid_i, .w_ready_o(w_ready), .w_data_i, .w_strb_i,
    .b_valid_o(b_valid), .b_ready_i, .b_resp_o(b_resp), .ar_valid_i, .ar_ready_o(ar_ready), .ar_addr_i,
    .r_valid_o(r_valid), .r_ready_i, .r_data_o(r_data), .r_resp_o(r_resp), .irq_o(irq), .start_o(start), .reset_o(soft_reset),
    .idle_i, .in_run_i, .finish_i, .status_i, .error_index_i, .parity_i, .bus_busy_i,
    .win_base_o(win_base), .win_size_o(win_size), .watchdog_o(watchdog), .counter_o(counter), .counter_i
  );

  // Requests taken and not answered.
  logic [1:0] aws_q, ws_q, ars_q;
  wire aw = aw_valid_i && aw_ready, w = w_valid_i && w_ready, b = b_valid && b_ready_i;
  wire ar = ar_valid_i && ar_ready, r = r_valid && r_ready_i;
  // The request that is being answered, as it was asked.
  logic [11:0] addr_q, raddr_q;
  logic [31:0] data_q;
  logic [3:0] strb_q;
  logic aw_wait_q, w_wait_q;  // taken, and its write not done yet
  wire happens = aw_wait_q && w_wait_q && !b_valid;

  // The second description.
  logic done_q, gie_q, ier_q, isr_q, start_q, pulse_q;
  wire hits_ctrl = happens && addr_q == REG_CTRL && strb_q[0];
  wire starts = hits_ctrl && data_q[0] && !in_run_i && !pulse_q;
  // One byte of the windows and the watchdog: which, is free.
  logic [7:0] byte_q, value_q;
  always_ff @(posedge clk_i) byte_q <= byte_q;
  wire [64*(2*WINDOWS+1)-1:0] args = {watchdog, win_size, win_base};
  wire [11:0] home = REG_WIN_BASE_LO + 12'(12 * 32'(byte_q[7:3])) + 12'({byte_q[2], 2'b00});

  always_ff @(posedge clk_i) begin : second
    aws_q <= aws_q + 2'(aw) - 2'(b);
    ws_q <= ws_q + 2'(w) - 2'(b);
    ars_q <= ars_q + 2'(ar) - 2'(r);
    if (aw) {aw_wait_q, addr_q} <= {1'b1, aw_addr_i[11:2], 2'b00};
    if (w) {w_wait_q, data_q, strb_q} <= {1'b1, w_data_i, w_strb_i};
    if (happens) {aw_wait_q, w_wait_q} <= 2'b00;
    if (ar) raddr_q <= {ar_addr_i[11:2], 2'b00};
    pulse_q <= start_q && idle_i;
    if (start_q && idle_i) start_q <= 1'b0;
    if (starts) start_q <= 1'b1;
    if (happens && addr_q == REG_RESET && strb_q[0] && data_q[0]) start_q <= 1'b0;
    if (finish_i) done_q <= 1'b1;
    if (finish_i && ier_q) isr_q <= 1'b1;
    if (hits_ctrl && data_q[1] || starts) done_q <= 1'b0;
    if (happens && strb_q[0] && addr_q == REG_GIE) gie_q <= data_q[0];
    if (happens && strb_q[0] && addr_q == REG_IER) ier_q <= data_q[0];
    if (happens && strb_q[0] && addr_q == REG_ISR && data_q[0]) isr_q <= !isr_q;
    if (happens && strb_q[0] && addr_q == REG_ISR && !data_q[0]) isr_q <= isr_q;
    if (happens && addr_q == home && strb_q[byte_q[1:0]]) value_q <= data_q[8*byte_q[1:0]+:8];
    if (!rst_ni) begin
      {aws_q, ws_q, ars_q, aw_wait_q, w_wait_q} <= '0;
      {done_q, gie_q, ier_q, isr_q, start_q, pulse_q} <= '0;
      value_q <= '0;
    end
  end

  logic b_stalled_q, r_stalled_q;
  logic [31:0] r_was_q;
  always_ff @(posedge clk_i) begin
    b_stalled_q <= rst_ni && b_valid && !b_ready_i;
    r_stalled_q <= rst_ni && r_valid && !r_ready_i;
    r_was_q <= r_data;
  end

  always_ff @(posedge clk_i) begin
    assume (32'(byte_q) < 8 * (2 * WINDOWS + 1));
    if (rst_ni) begin
      WriteStays_A: assert (!b_stalled_q || b_valid);
      ReadStays_A:  assert (!r_stalled_q || (r_valid && r_data == r_was_q));
      // One answer a request, and none without one. A second request may wait behind one whose answer is not taken.
      WriteAsked_A: assert (!b_valid || (aws_q != '0 && ws_q != '0));
      WriteOnce_A:  assert (aws_q <= 2'd2 && ws_q <= 2'd2 && (b_valid || (aws_q <= 2'd1 && ws_q <= 2'd1)));
      ReadAsked_A:  assert (!r_valid || ars_q == 2'd1);
      ReadOnce_A:   assert (ars_q <= 2'd1 && (ars_q == '0 || !ar_ready));
      Answered_A:   assert (b_resp == '0 && r_resp == '0);
      Held_A:       assert (dut.aw_held_q == aw_wait_q && dut.w_held_q == w_wait_q);
      assert (aws_q == 2'(aw_wait_q) + 2'(b_valid) && ws_q == 2'(w_wait_q) + 2'(b_valid));
      assert (!aw_wait_q || dut.aw_q == addr_q);
      assert (!w_wait_q || (dut.w_q == data_q && dut.strb_q == strb_q));
      assert (ars_q == 2'(dut.looking_q) + 2'(r_valid) && (ars_q == '0 || dut.ar_q == raddr_q));
      // The registers.
      Done_A:  assert (dut.done_q == done_q);
      Irq_A:   assert (irq == (gie_q && isr_q) && dut.ier_q == ier_q && dut.gie_q == gie_q && dut.isr_q == isr_q);
      Start_A: assert (start == pulse_q && dut.start_q == start_q);
      Byte_A:  assert (args[8*byte_q+:8] == value_q);
      Done_C:    cover (done_q && r && raddr_q == REG_CTRL && r_data[1]);
      Started_C: cover (pulse_q);
      Irq_C:     cover (irq);
    end
  end

endmodule
`default_nettype wire
