// SPDX-License-Identifier: Apache-2.0
// Reads the program from window 0, ahead of the decoder.
//
// While run_i, instructions are asked for in order as long as they lie wholly in the window and there is room for them; each arrives
// at insn_valid_o with code OK, or, in its place, the reason why it does not: PROGRAM_END, BAD_WINDOW, BUS_READ.
// Latency: the memory's, plus one cycle. Throughput: one instruction in 128 / AXI_BYTES beats.
// Legal parameters: AXI_BYTES a power of two, 8 to 64.
`include "systole_assert.svh"
`include "systole_when.svh"
`default_nettype none
module systole_fetch
  import systole_pkg::*;
#(
  parameter int unsigned AXI_BYTES = 64
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  input  wire                    run_i,
  input  wire                    abort_i,
  output logic                   idle_o,  // nothing is outstanding
  input  wire  [63:0]            base_i,
  input  wire  [63:0]            size_i,
  output logic                   insn_valid_o,
  input  wire                    insn_ready_i,
  output insn_t                  insn_o,
  output logic [7:0]             code_o,
  output logic                   ar_valid_o,
  input  wire                    ar_ready_i,
  output logic [63:0]            ar_addr_o,
  output logic [7:0]             ar_len_o,
  input  wire                    r_valid_i,  // taken at once: room was kept
  input  wire  [8*AXI_BYTES-1:0] r_data_i,
  input  wire  [1:0]             r_resp_i,
  output logic                   beat_o
);

  // A burst is half an instruction, 64 bytes: window bases are aligned to that, so no burst crosses 4 KiB.
  localparam int unsigned BurstBeats = 64 / AXI_BYTES;
  localparam int unsigned InsnBeats = INSN_BYTES / AXI_BYTES;
  localparam int unsigned BeatBits = $clog2(InsnBeats);
  localparam int unsigned Depth = 4;

  logic [2:0]          room_q;      // instructions that may still be asked for
  logic [63:0]         offset_q;    // of the next burst
  logic                half_q, over_q;
  logic [2:0]          waited_q;    // instructions asked for, not arrived
  logic [BeatBits-1:0] beat_q;
  logic                bad_q;
  logic [8*(INSN_BYTES-AXI_BYTES)-1:0] part_q;  // all beats but the last
  logic                fits, take_ar, arrived, push, push_ready, pop;
  logic [7:0]          push_code;
  insn_t               whole;

  // Looked at only while there is room for another.
  always_comb begin : look
    fits = 1'b0;
    if (room_q != '0) fits = size_i >= 64'(INSN_BYTES) && offset_q <= size_i - 64'(INSN_BYTES) && base_i[5:0] == '0;
  end
  assign take_ar = ar_valid_o && ar_ready_i;
  assign beat_o = r_valid_i;
  assign arrived = r_valid_i && beat_q == BeatBits'(InsnBeats - 1);
  assign pop = insn_valid_o && insn_ready_i;
  assign idle_o = !ar_valid_o && waited_q == '0 && !half_q;
  assign ar_len_o = 8'(BurstBeats - 1);

  // The end of the window stands in the queue in the place of the instruction that is not there.
  logic end_here;
  assign end_here = run_i && !abort_i && !over_q && !fits && !half_q && waited_q == '0 && !ar_valid_o && push_ready && room_q != '0;
  assign push = arrived || end_here;
  assign push_code = !push ? ERR_OK : end_here ? (base_i[5:0] != '0 ? ERR_BAD_WINDOW : ERR_PROGRAM_END)
                   : (bad_q || r_resp_i != '0) ? ERR_BUS_READ : ERR_OK;

  always_ff @(posedge clk_i) begin : ask
    if (take_ar) ar_valid_o <= 1'b0;
    if (!ar_valid_o || take_ar) begin
      if (half_q || (run_i && !abort_i && fits && room_q != '0)) begin
        ar_valid_o <= 1'b1;
        ar_addr_o  <= base_i + offset_q + (half_q ? 64'd64 : 64'd0);
        half_q     <= !half_q;
        if (half_q) offset_q <= offset_q + 64'(INSN_BYTES);
      end
    end
    if (!rst_ni) begin
      ar_valid_o <= 1'b0;
      half_q     <= 1'b0;
      offset_q   <= '0;
    end
  end

  logic reserve;
  assign reserve = (!ar_valid_o || take_ar) && !half_q && run_i && !abort_i && fits && room_q != '0;

  always_ff @(posedge clk_i) begin : count
    if (reserve || end_here || pop) room_q <= room_q - 3'(reserve || end_here) + 3'(pop);
    if (reserve || arrived) waited_q <= waited_q + 3'(reserve) - 3'(arrived);
    if (end_here) over_q <= 1'b1;
    if (!rst_ni) begin
      room_q   <= 3'(Depth);
      waited_q <= '0;
      over_q   <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin : collect
    if (r_valid_i) begin
      if (!arrived) part_q <= $bits(part_q)'({r_data_i, part_q} >> (8 * AXI_BYTES));
      beat_q <= beat_q + 1'b1;
      bad_q  <= !arrived && (bad_q || r_resp_i != '0);
    end
    if (!rst_ni) begin
      beat_q <= '0;
      bad_q  <= 1'b0;
    end
  end
  always_comb begin : put_together
    whole = '0;
    if (`WHEN(push)) whole = {r_data_i, part_q};
  end

  systole_fifo #(
    .WIDTH(8 * INSN_BYTES + 8),
    .DEPTH(Depth)
  ) u_ahead (
    .clk_i, .rst_ni,
    .in_valid_i(push),
    .in_ready_o(push_ready),
    .in_data_i({push_code, whole}),
    .out_valid_o(insn_valid_o),
    .out_ready_i(insn_ready_i),
    .out_data_o({code_o, insn_o})
  );

  `ASSERT(Room_A, !push || push_ready)

endmodule
`default_nettype wire
