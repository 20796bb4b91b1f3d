// SPDX-License-Identifier: Apache-2.0
// The registers, behind AXI4-Lite, laid out as docs/registers.md says. No read has a side effect.
//
// Latency: a write takes effect two cycles after its address and data are taken; read data comes one cycle after the address. One write
// and one read at a time. Legal parameters: CAPS_FLAT holds the capability words, word i at bits 32*i.
`default_nettype none
module systole_csr
  import systole_pkg::*;
#(
  parameter logic [32*CAPS-1:0] CAPS_FLAT = '0
) (
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire         aw_valid_i,
  output logic        aw_ready_o,
  input  wire  [11:0] aw_addr_i,
  input  wire         w_valid_i,
  output logic        w_ready_o,
  input  wire  [31:0] w_data_i,
  input  wire  [3:0]  w_strb_i,
  output logic        b_valid_o,
  input  wire         b_ready_i,
  output logic [1:0]  b_resp_o,
  input  wire         ar_valid_i,
  output logic        ar_ready_o,
  input  wire  [11:0] ar_addr_i,
  output logic        r_valid_o,
  input  wire         r_ready_i,
  output logic [31:0] r_data_o,
  output logic [1:0]  r_resp_o,
  output logic        irq_o,
  // the run
  output logic        start_o,  // pulse
  output logic        reset_o,  // pulse
  input  wire         idle_i,
  input  wire         in_run_i,  // a run is not over yet: a start is ignored
  input  wire         finish_i,  // pulse: a run is over
  input  wire  [7:0]  status_i,
  input  wire  [31:0] error_index_i,
  input  wire  [MEMORIES-1:0] parity_i,
  input  wire         bus_busy_i,
  output logic [64*WINDOWS-1:0] win_base_o,
  output logic [64*WINDOWS-1:0] win_size_o,
  output logic [63:0] watchdog_o,
  output logic [4:0]  counter_o,   // which counter to show
  input  wire  [63:0] counter_i
);

  // The build's identity: the contract's hash, continued over the capability words.
  function automatic logic [63:0] build_hash();
    logic [63:0] h;
    h = CONTRACT_HASH;
    for (int unsigned i = 0; i < CAPS; i++) h = (h ^ {32'd0, CAPS_FLAT[32*i+:32]}) * 64'h100000001b3;
    return h;
  endfunction
  localparam logic [63:0] BuildHash = build_hash();

  // Arguments: 17 of 64 bits, 12 bytes apart from 0x010: bases, sizes, watchdog.
  localparam int unsigned Args = 2 * WINDOWS + 1;
  logic [64*Args-1:0] arg_q;
  logic        done_q, gie_q, ier_q, isr_q, start_q;

  assign {watchdog_o, win_size_o, win_base_o} = arg_q;
  assign irq_o = gie_q && isr_q;
  assign b_resp_o = 2'b00;
  assign r_resp_o = 2'b00;

  // ---- writes ----
  logic        aw_held_q, w_held_q, write;
  logic [11:0] aw_q;
  logic [31:0] w_q;
  logic [3:0]  strb_q;
  assign aw_ready_o = !aw_held_q;
  assign w_ready_o = !w_held_q;
  assign write = aw_held_q && w_held_q && !b_valid_o;

  always_ff @(posedge clk_i) begin : write_channel
    if (aw_valid_i && aw_ready_o) begin
      aw_held_q <= 1'b1;
      aw_q <= {aw_addr_i[11:2], 2'b00};
    end
    if (w_valid_i && w_ready_o) begin
      w_held_q <= 1'b1;
      w_q <= w_data_i;
      strb_q <= w_strb_i;
    end
    if (write) begin
      aw_held_q <= 1'b0;
      w_held_q <= 1'b0;
      b_valid_o <= 1'b1;
    end
    if (b_valid_o && b_ready_i) b_valid_o <= 1'b0;
    if (!rst_ni) begin
      aw_held_q <= 1'b0;
      w_held_q <= 1'b0;
      b_valid_o <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin : registers
    start_o <= 1'b0;
    reset_o <= 1'b0;
    if (start_q && idle_i) begin
      start_o <= 1'b1;
      start_q <= 1'b0;
    end
    if (finish_i) begin
      done_q <= 1'b1;
      if (ier_q) isr_q <= 1'b1;
    end
    if (write) begin
      case (aw_q)
        REG_CTRL: begin
          if (w_q[1] && strb_q[0]) done_q <= 1'b0;
          if (w_q[0] && strb_q[0] && !in_run_i && !start_o) begin
            start_q <= 1'b1;
            done_q <= 1'b0;
          end
        end
        REG_GIE: if (strb_q[0]) gie_q <= w_q[0];
        REG_IER: if (strb_q[0]) ier_q <= w_q[0];
        REG_ISR: if (strb_q[0]) isr_q <= isr_q ^ w_q[0];
        REG_RESET: begin
          reset_o <= w_q[0] && strb_q[0];
          if (w_q[0] && strb_q[0]) start_q <= 1'b0;
        end
        default: ;
      endcase
    end
    if (!rst_ni) begin
      {start_o, reset_o, start_q, done_q, gie_q, ier_q, isr_q} <= '0;
    end
  end

  function automatic logic [64*Args-1:0] written(input logic [64*Args-1:0] old);
    logic [64*Args-1:0] args;
    args = old;
    for (int unsigned i = 0; i < Args; i++) begin
      for (int unsigned b = 0; b < 4; b++) begin
        if (aw_q == 12'(32'(REG_WIN_BASE_LO) + 12 * i) && strb_q[b]) args[64*i+8*b+:8] = w_q[8*b+:8];
        if (aw_q == 12'(32'(REG_WIN_BASE_HI) + 12 * i) && strb_q[b]) args[64*i+32+8*b+:8] = w_q[8*b+:8];
      end
    end
    return args;
  endfunction

  always_ff @(posedge clk_i) begin : arguments
    if (write) arg_q <= written(arg_q);
    if (!rst_ni) arg_q <= '0;
  end

  // ---- reads ----
  logic        looking_q;
  logic [11:0] ar_q;
  assign ar_ready_o = !looking_q && !r_valid_o;
  assign counter_o = 5'((ar_q - REG_COUNTER_LO) >> 3);

  always_ff @(posedge clk_i) begin : read_channel
    if (ar_valid_i && ar_ready_o) begin
      looking_q <= 1'b1;
      ar_q <= {ar_addr_i[11:2], 2'b00};
    end
    if (looking_q) begin
      looking_q <= 1'b0;
      r_valid_o <= 1'b1;
      r_data_o <= look(ar_q);
    end
    if (r_valid_o && r_ready_i) r_valid_o <= 1'b0;
    if (!rst_ni) begin
      looking_q <= 1'b0;
      r_valid_o <= 1'b0;
    end
  end

  function automatic logic [31:0] look(input logic [11:0] addr);
    logic [31:0] v;
    v = '0;
    case (addr)
      // A start that waits for the bus to drain counts as started.
      REG_CTRL: v = {28'd0, done_q, idle_i && !start_q && !start_o, done_q, !idle_i || start_q || start_o};
      REG_GIE: v = {31'd0, gie_q};
      REG_IER: v = {31'd0, ier_q};
      REG_ISR: v = {31'd0, isr_q};
      REG_MAGIC: v = 32'(MAGIC);
      REG_VERSION: v = 32'(CONTRACT_VERSION);
      REG_CONTRACT_LO: v = CONTRACT_HASH[31:0];
      REG_CONTRACT_HI: v = CONTRACT_HASH[63:32];
      REG_BUILD_LO: v = BuildHash[31:0];
      REG_BUILD_HI: v = BuildHash[63:32];
      REG_STATUS: v = {24'd0, status_i};
      REG_ERROR_INDEX: v = error_index_i;
      REG_PARITY: v = 32'(parity_i);
      REG_BUS: v = {31'd0, bus_busy_i};
      default: ;
    endcase
    for (int unsigned i = 0; i < Args; i++) begin
      if (addr == 12'(32'(REG_WIN_BASE_LO) + 12 * i)) v = arg_q[64*i+:32];
      if (addr == 12'(32'(REG_WIN_BASE_HI) + 12 * i)) v = arg_q[64*i+32+:32];
    end
    for (int unsigned i = 0; i < CAPS; i++) begin
      if (addr == 12'(32'(REG_CAPS) + 4 * i)) v = CAPS_FLAT[32*i+:32];
    end
    if (addr >= REG_COUNTER_LO && addr < 12'(32'(REG_COUNTER_LO) + 8 * COUNTERS)) begin
      v = addr[2] ? counter_i[63:32] : counter_i[31:0];
    end
    return v;
  endfunction

endmodule
`default_nettype wire
