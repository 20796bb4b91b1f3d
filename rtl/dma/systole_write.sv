// SPDX-License-Identifier: Apache-2.0
//
// AXI4 write engine: vectors of bytes for arbitrary byte addresses become bursts of full beats
// wherever they are contiguous. A burst ends before a jump, at 4 KiB, at BURST_BEATS beats and at
// the end of an instruction. It is stored, and its address sent once all its beats are there, so W
// never waits within a burst.
//
// Latency      4 to 6 cycles from the vector that ends a burst to aw_valid_o; W follows in the
//              cycle after the address is taken
// Throughput   one full beat a cycle for contiguous bytes
// Handshake    valid/ready; all bursts have one ID, so writes and responses are in order
// Abort        abort_i, held until idle_o: an address that is on the bus stays there, every address
//              taken gets its beats, every response is collected; everything else is forgotten
// Legal        AXI_BYTES a power of two, 4 to 64; VEC_BYTES a power of two, AXI_BYTES to 256;
//              BURST_BEATS a power of two, at most 256 and 4096 / AXI_BYTES; MAX_BURSTS a power of
//              two
`include "systole_assert.svh"
`include "systole_when.svh"
`default_nettype none

module systole_write #(
    parameter int unsigned AXI_BYTES   = 64,
    parameter int unsigned VEC_BYTES   = 64,
    parameter int unsigned BURST_BEATS = 32,
    parameter int unsigned MAX_BURSTS  = 128,  // addresses sent and not yet answered
    localparam int unsigned OffBits  = $clog2(AXI_BYTES),
    localparam int unsigned BeatBits = 64 - OffBits
) (
    input  wire logic                    clk_i,
    input  wire logic                    rst_ni,
    input  wire logic                    abort_i,
    output wire logic                    idle_o,

    // Vectors: v_bytes_i bytes, 1 to VEC_BYTES; v_last_i: the last of its instruction, which is in
    // slot v_slot_i.
    input  wire logic                    v_valid_i,
    output wire logic                    v_ready_o,
    input  wire logic [63:0]             v_addr_i,
    input  wire logic [8:0]              v_bytes_i,
    input  wire logic [VEC_BYTES*8-1:0]  v_data_i,
    input  wire logic                    v_last_i,
    input  wire logic [1:0]              v_slot_i,

    // Pulses. rsp_done_o: all responses of the instruction in slot rsp_slot_o are back;
    // rsp_error_o: one was not 0.
    output wire logic                    rsp_done_o,
    output wire logic                    rsp_error_o,
    output wire logic [1:0]              rsp_slot_o,

    output wire logic                    aw_valid_o,
    input  wire logic                    aw_ready_i,
    output wire logic [63:0]             aw_addr_o,
    output wire logic [7:0]              aw_len_o,
    output wire logic                    w_valid_o,
    input  wire logic                    w_ready_i,
    output wire logic [AXI_BYTES*8-1:0]  w_data_o,
    output wire logic [AXI_BYTES-1:0]    w_strb_o,
    output wire logic                    w_last_o,
    input  wire logic                    b_valid_i,
    output wire logic                    b_ready_o,
    input  wire logic [1:0]              b_resp_i,

    // For the counters: a beat was sent, with so many bytes.
    output wire logic                    wbeats_o,
    output wire logic [6:0]              wbytes_o
);

  localparam int unsigned PageBits  = 12 - OffBits;  // beats of 4 KiB
  localparam int unsigned BurstBits = 2 + 1 + 8 + BeatBits;
  localparam int unsigned CountBits = $clog2(MAX_BURSTS) + 1;

  if (BURST_BEATS > 256 || BURST_BEATS * AXI_BYTES > 4096
      || (BURST_BEATS & (BURST_BEATS - 1)) != 0) begin : gen_bad_burst
    $error("systole_write: BURST_BEATS must be a power of two, at most 256 beats and 4 KiB");
  end

  logic live_n;  // resets what an abort may forget at once
  assign live_n = rst_ni && !abort_i;

  // -----------------------------------------------------------------------------------------------
  // Beats.

  logic                   e_valid, e_ready, e_last, pack_busy;
  logic [BeatBits-1:0]    e_addr;
  logic [AXI_BYTES*8-1:0] e_data;
  logic [AXI_BYTES-1:0]   e_strb;
  logic [1:0]             e_slot;

  systole_write_pack #(
      .AXI_BYTES(AXI_BYTES),
      .VEC_BYTES(VEC_BYTES),
      .TAG_BITS (2)
  ) u_pack (
      .clk_i      (clk_i),
      .rst_ni     (live_n),
      .in_valid_i (v_valid_i),
      .in_ready_o (v_ready_o),
      .in_addr_i  (v_addr_i),
      .in_bytes_i (v_bytes_i),
      .in_data_i  (v_data_i),
      .in_last_i  (v_last_i),
      .in_tag_i   (v_slot_i),
      .out_valid_o(e_valid),
      .out_ready_i(e_ready),
      .out_addr_o (e_addr),
      .out_data_o (e_data),
      .out_strb_o (e_strb),
      .out_last_o (e_last),
      .out_tag_o  (e_slot),
      .busy_o     (pack_busy)
  );

  // -----------------------------------------------------------------------------------------------
  // Bursts: the open one grows; closing it puts it into the queue of addresses. One is closed a
  // cycle.

  logic                open_q;
  logic [BeatBits-1:0] start_q, next_q;
  logic [7:0]          count_q;  // beats so far
  logic [1:0]          slot_q;

  logic       jump, fresh, ends, two, close, e_fire;
  logic [7:0] ahead;  // beats of the burst before this one
  logic       q_ready, q_push, wf_ready;
  logic [BurstBits-1:0] q_data;

  assign jump   = open_q && e_addr != next_q;
  assign fresh  = !open_q || jump;
  assign ahead = fresh ? 8'd0 : count_q;
  assign ends   = e_last || e_addr[PageBits-1:0] == '1 || ahead == 8'(BURST_BEATS - 1);
  assign two    = jump && ends;  // the open burst and this beat's own: the beat waits
  assign close  = jump || ends;
  assign q_push = e_valid && !abort_i && close && (two || wf_ready);
  always_comb begin : closed
    q_data = '0;
    if (`WHEN(q_push)) begin
      if (jump) q_data = {slot_q, 1'b0, count_q - 8'd1, start_q};
      if (!jump) q_data = {e_slot, e_last, ahead, fresh ? e_addr : start_q};
    end
  end
  assign e_ready = wf_ready && !abort_i && !two && (!close || q_ready);
  assign e_fire  = e_valid && e_ready;

  always_ff @(posedge clk_i) begin
    if (e_fire) begin
      if (fresh) start_q <= e_addr;
      next_q  <= e_addr + BeatBits'(1);
      count_q <= ahead + 8'd1;
      slot_q  <= e_slot;
    end
    if (!live_n) open_q <= 1'b0;
    else if (e_fire) open_q <= !ends;
    else if (q_push && q_ready) open_q <= 1'b0;
  end

  logic                 q_valid, q_take;
  logic [BurstBits-1:0] q_head;

  systole_fifo #(
      .WIDTH(BurstBits),
      .DEPTH(8)
  ) u_bursts (
      .clk_i      (clk_i),
      .rst_ni     (live_n),
      .in_valid_i (q_push),
      .in_ready_o (q_ready),
      .in_data_i  (q_data),
      .out_valid_o(q_valid),
      .out_ready_i(q_take),
      .out_data_o (q_head)
  );

  // -----------------------------------------------------------------------------------------------
  // AW: a register, so that an abort leaves an address on the bus as it is. waiting_q counts from
  // here to the response.

  logic                 aw_valid_q;
  logic [BurstBits-1:0] aw_q;
  logic [CountBits-1:0] waiting_q;
  logic                 b_fire;

  assign q_take = q_valid && !abort_i && (!aw_valid_q || aw_ready_i)
               && waiting_q != CountBits'(MAX_BURSTS);

  always_ff @(posedge clk_i) begin
    if (q_take) aw_q <= q_head;
    if (!rst_ni) begin
      aw_valid_q <= 1'b0;
      waiting_q  <= '0;
    end else begin
      if (q_take) aw_valid_q <= 1'b1;
      else if (aw_ready_i) aw_valid_q <= 1'b0;
      waiting_q <= waiting_q + CountBits'(q_take) - CountBits'(b_fire);
    end
  end

  assign aw_valid_o = aw_valid_q;
  assign aw_addr_o  = {aw_q[BeatBits-1:0], OffBits'(0)};
  assign aw_len_o   = aw_q[BeatBits+:8];

  // -----------------------------------------------------------------------------------------------
  // W: the beats of the addresses that were taken, from a memory that holds two bursts.

  logic       wl_valid, wl_ready, wl_take;
  logic [7:0] wl_len;
  logic       wf_valid, wf_take;
  logic [7:0] sent_q;  // beats of the burst sent so far

  systole_fifo #(
      .WIDTH(8),
      .DEPTH(MAX_BURSTS)
  ) u_lengths (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .in_valid_i (aw_valid_q && aw_ready_i),
      .in_ready_o (wl_ready),
      .in_data_i  (aw_q[BeatBits+:8]),
      .out_valid_o(wl_valid),
      .out_ready_i(wl_take),
      .out_data_o (wl_len)
  );

  // Beats without an address are forgotten once no other burst needs its own.
  systole_fifo #(
      .WIDTH(AXI_BYTES * 9),
      .DEPTH(2 * BURST_BEATS)
  ) u_beats (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni && !(abort_i && waiting_q == '0)),
      .in_valid_i (e_valid && e_ready),
      .in_ready_o (wf_ready),
      .in_data_i  ({e_strb, e_data}),
      .out_valid_o(wf_valid),
      .out_ready_i(wf_take),
      .out_data_o ({w_strb_o, w_data_o})
  );

  assign w_valid_o = wl_valid && wf_valid;
  assign w_last_o  = sent_q == wl_len;
  assign wf_take   = wl_valid && w_ready_i;
  assign wl_take   = wf_valid && w_ready_i && w_last_o;

  logic       beat_q;
  logic [6:0] bytes_q;

  always_ff @(posedge clk_i) begin
    if (w_valid_o && w_ready_i) bytes_q <= 7'($countones(w_strb_o));
    if (!rst_ni) begin
      sent_q <= '0;
      beat_q <= 1'b0;
    end else begin
      beat_q <= w_valid_o && w_ready_i;
      if (w_valid_o && w_ready_i) sent_q <= w_last_o ? 8'd0 : sent_q + 8'd1;
    end
  end

  assign wbeats_o = beat_q;
  assign wbytes_o = bytes_q;

  // -----------------------------------------------------------------------------------------------
  // B: responses come in the order of the addresses.

  logic       bt_valid, bt_ready, bt_last;
  logic [1:0] bt_slot;

  systole_fifo #(
      .WIDTH(3),
      .DEPTH(MAX_BURSTS)
  ) u_answers (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .in_valid_i (aw_valid_q && aw_ready_i),
      .in_ready_o (bt_ready),
      .in_data_i  (aw_q[BeatBits+8+:3]),
      .out_valid_o(bt_valid),
      .out_ready_i(b_valid_i),
      .out_data_o ({bt_slot, bt_last})
  );

  assign b_ready_o   = bt_valid;
  assign b_fire      = b_valid_i && bt_valid;
  assign rsp_done_o  = b_fire && bt_last;
  assign rsp_error_o = b_fire && b_resp_i != 2'd0;
  assign rsp_slot_o  = bt_slot;

  assign idle_o = !pack_busy && !open_q && !q_valid && !wf_valid && waiting_q == '0;

  // Whoever counts the bursts on their way leaves room for them here.
  `ASSERT(Room_A, !(aw_valid_q && aw_ready_i) || (wl_ready && bt_ready))
  // Within a burst the data never runs dry.
  `ASSERT(Stored_A, !wl_valid || wf_valid)

endmodule
`default_nettype wire
