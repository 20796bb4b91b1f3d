// SPDX-License-Identifier: Apache-2.0
// systole_fetch: it asks for the instructions of window 0 in order, each once, and for no byte outside the window; an address stays until it
// is taken; it never has more on its way than it has room for. What it hands on has the code of what happened.
//
//   formal: sources prim/systole_fifo.sv ctrl/systole_fetch.sv
//   formal: params AXI_BYTES=64
//   formal: params AXI_BYTES=32
//   formal: bmc 9
//   formal: cover 10
//   formal: twin ctrl/systole_fetch.sv s/offset_q <= size_i - 64'(INSN_BYTES)/offset_q <= size_i/
//   formal: twin ctrl/systole_fetch.sv s/base_i\[5:0\] == '0;/1'b1;/
//   formal: twin ctrl/systole_fetch.sv s/if (half_q) offset_q/offset_q/
//   formal: twin ctrl/systole_fetch.sv s/ + (half_q ? 64'd64 : 64'd0)//
//   formal: twin ctrl/systole_fetch.sv s/(bad_q || r_resp_i != '0) ?/(r_resp_i != '0) ?/
`default_nettype none
module fv_fetch
  import systole_pkg::*;
#(
  parameter int unsigned AXI_BYTES = 64
) (
  input wire                   clk_i,
  input wire                   run_i,
  input wire [63:0]            base_i,
  input wire [63:0]            size_i,
  input wire                   insn_ready_i,
  input wire                   ar_ready_i,
  input wire                   r_valid_i,
  input wire [8*AXI_BYTES-1:0] r_data_i,
  input wire [1:0]             r_resp_i
);

  localparam int unsigned Beats = INSN_BYTES / AXI_BYTES;
  localparam int unsigned BeatBits = $clog2(Beats) + 4;

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q;

  logic idle, insn_valid, ar_valid, beat;
  insn_t insn;
  logic [7:0] code, ar_len;
  logic [63:0] ar_addr;
  systole_fetch #(.AXI_BYTES(AXI_BYTES)) dut (
    .clk_i, .rst_ni, .run_i, .abort_i(1'b0), .idle_o(idle), .base_i, .size_i,
    .insn_valid_o(insn_valid), .insn_ready_i, .insn_o(insn), .code_o(code),
    .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr), .ar_len_o(ar_len),
    .r_valid_i, .r_data_i, .r_resp_i, .beat_o(beat)
  );

  logic run_was_q, stalled_q;
  logic [63:0] base_q, size_q, addr_was_q;
  logic [63:0] asked_q;               // bursts of 64 bytes asked for
  logic [BeatBits-1:0] owed_q;        // beats that the memory owes
  logic [3:0] arrived_q, handed_q;    // whole instructions, modulo 16
  logic [BeatBits-1:0] beat_q;
  logic bad_q;                        // so far in this instruction
  logic [7:0] codes_q [4];            // of those that wait, oldest first
  logic [63:0] head_q [4];            // their first words
  logic [63:0] first_q;
  logic [2:0] wait_q;
  wire aw = ar_valid && ar_ready_i;
  wire whole = r_valid_i && beat_q == BeatBits'(Beats - 1);
  wire pop = insn_valid && insn_ready_i;

  always_ff @(posedge clk_i) begin
    run_was_q <= run_i;
    base_q <= base_i;
    size_q <= size_i;
    stalled_q <= rst_ni && ar_valid && !ar_ready_i;
    addr_was_q <= ar_addr;
    asked_q <= asked_q + 64'(aw);
    owed_q <= owed_q + (aw ? BeatBits'(64 / AXI_BYTES) : '0) - BeatBits'(r_valid_i);
    if (r_valid_i) begin
      beat_q <= whole ? '0 : beat_q + 1'b1;
      bad_q <= !whole && (bad_q || r_resp_i != '0);
      if (beat_q == '0) first_q <= r_data_i[63:0];
    end
    for (int unsigned i = 0; i < 4; i++) begin
      if (pop && i < 3) {codes_q[i], head_q[i]} <= {codes_q[i+1], head_q[i+1]};
      if (whole && 3'(i) == wait_q - 3'(pop)) begin
        codes_q[i] <= (bad_q || r_resp_i != '0) ? ERR_BUS_READ : ERR_OK;
        head_q[i] <= first_q;
      end
    end
    if (code == ERR_OK || code == ERR_BUS_READ) wait_q <= wait_q + 3'(whole) - 3'(pop);
    else wait_q <= wait_q + 3'(whole);
    if (!rst_ni) {asked_q, owed_q, beat_q, bad_q, wait_q, run_was_q} <= '0;
  end

  always_ff @(posedge clk_i) begin
    // The window stays while a run goes on; no window ends beyond the last address.
    assume (!started_q || (base_i == base_q && size_i == size_q));
    assume (!run_was_q || run_i);
    assume (base_i <= 64'hffff_ffff_ffff_ffff - size_i);
    // Sizes that end within reach.
    assume (size_i < 64'd1024);
    assume (!r_valid_i || owed_q != '0);
    if (rst_ni) begin
      Stable_A:  assert (!stalled_q || (ar_valid && ar_addr == addr_was_q));
      Order_A:   assert (!ar_valid || ar_addr == base_i + (asked_q << 6));
      Inside_A:  assert (!ar_valid || (((asked_q >> 1) + 64'd1) << 7) <= size_i);
      Aligned_A: assert (!ar_valid || (base_i[5:0] == '0 && 32'(ar_len) == 64 / AXI_BYTES - 1));
      Room_A:    assert (wait_q <= 3'd4);
      Code_A:    assert (!insn_valid || wait_q == '0 || (code == codes_q[0] && insn[63:0] == head_q[0]));
      // Where there is no instruction: why not.
      None_A:    assert (!insn_valid || wait_q != '0 || code == (base_i[5:0] != '0 ? ERR_BAD_WINDOW : ERR_PROGRAM_END));
      End_A:     assert (!insn_valid || wait_q != '0 || base_i[5:0] != '0 || ((asked_q >> 1) + 64'd1) << 7 > size_i);
      Idle_A:    assert (!idle || owed_q == '0);
      Second_C:  cover (pop && asked_q > 64'd3);
      End_C:     cover (insn_valid && code == ERR_PROGRAM_END && asked_q > 64'd1);
    end
  end

endmodule
`default_nettype wire
