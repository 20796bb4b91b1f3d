// SPDX-License-Identifier: Apache-2.0
// Shares the card memory's write channels between the host (first) and the core.
//
// A burst goes to the memory when all of its beats are here, so nobody's data is waited for. The memory gets one ID and answers in order;
// whose the answers are stands in a FIFO, and each asker has room for all of its own. What is written beyond the memory
// changes nothing and is answered with DECERR.
//
// Latency: 2 cycles from the last beat to the address at the memory. Throughput: a beat a cycle, and a cycle between bursts.
// Legal parameters: MEMORY_BITS 13 to 63.
`include "systole_assert.svh"
`default_nettype none
module systole_f2_write #(
  parameter int unsigned MEMORY_BITS = 36
) (
  input  wire          clk_i,
  input  wire          rst_ni,
  input  wire          enable_i,  // the memory is ready
  // host
  input  wire          host_aw_valid_i,
  output logic         host_aw_ready_o,
  input  wire  [15:0]  host_aw_id_i,
  input  wire  [63:0]  host_aw_addr_i,
  input  wire  [7:0]   host_aw_len_i,
  input  wire          host_w_valid_i,
  output logic         host_w_ready_o,
  input  wire  [511:0] host_w_data_i,
  input  wire  [63:0]  host_w_strb_i,
  input  wire          host_w_last_i,
  output logic         host_b_valid_o,
  input  wire          host_b_ready_i,
  output logic [15:0]  host_b_id_o,
  output logic [1:0]   host_b_resp_o,
  output logic [7:0]   writes_taken_o,  // of the host: accepted
  output logic [7:0]   writes_done_o,   // answered by the memory
  // core
  input  wire          core_aw_valid_i,
  output logic         core_aw_ready_o,
  input  wire  [63:0]  core_aw_addr_i,
  input  wire  [7:0]   core_aw_len_i,
  input  wire          core_w_valid_i,
  output logic         core_w_ready_o,
  input  wire  [511:0] core_w_data_i,
  input  wire  [63:0]  core_w_strb_i,
  input  wire          core_w_last_i,
  output logic         core_b_valid_o,
  input  wire          core_b_ready_i,
  output logic [1:0]   core_b_resp_o,
  // memory
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

  localparam logic [1:0] Decerr = 2'b11;
  localparam int unsigned Beats = 128;    // two bursts of 4 KiB
  localparam int unsigned Answers = 64;   // under way, of each asker
  localparam int unsigned BeatBits = $clog2(Beats) + 1;
  localparam int unsigned AnswerBits = $clog2(Answers) + 1;

  if (MEMORY_BITS < 13 || MEMORY_BITS > 63) begin : gen_bad_memory
    $error("systole_f2_write: MEMORY_BITS must be 13 to 63");
  end

  // ---- what is to be written ----
  logic         h_valid, h_ready, c_valid, c_ready, hw_valid, hw_ready, hw_last, cw_valid, cw_ready, cw_last;
  logic [15:0]  h_id;
  logic [63:0]  h_addr, c_addr, hw_strb, cw_strb;
  logic [7:0]   h_len, c_len;
  logic [511:0] hw_data, cw_data;

  systole_fifo #(.WIDTH(88), .DEPTH(32)) u_host_aw (
    .clk_i, .rst_ni,
    .in_valid_i(host_aw_valid_i), .in_ready_o(host_aw_ready_o), .in_data_i({host_aw_id_i, host_aw_addr_i, host_aw_len_i}),
    .out_valid_o(h_valid), .out_ready_i(h_ready), .out_data_o({h_id, h_addr, h_len})
  );
  systole_fifo #(.WIDTH(577), .DEPTH(Beats)) u_host_w (
    .clk_i, .rst_ni,
    .in_valid_i(host_w_valid_i), .in_ready_o(host_w_ready_o), .in_data_i({host_w_last_i, host_w_strb_i, host_w_data_i}),
    .out_valid_o(hw_valid), .out_ready_i(hw_ready), .out_data_o({hw_last, hw_strb, hw_data})
  );
  systole_fifo #(.WIDTH(72), .DEPTH(4)) u_core_aw (
    .clk_i, .rst_ni,
    .in_valid_i(core_aw_valid_i), .in_ready_o(core_aw_ready_o), .in_data_i({core_aw_addr_i, core_aw_len_i}),
    .out_valid_o(c_valid), .out_ready_i(c_ready), .out_data_o({c_addr, c_len})
  );
  systole_fifo #(.WIDTH(577), .DEPTH(Beats)) u_core_w (
    .clk_i, .rst_ni,
    .in_valid_i(core_w_valid_i), .in_ready_o(core_w_ready_o), .in_data_i({core_w_last_i, core_w_strb_i, core_w_data_i}),
    .out_valid_o(cw_valid), .out_ready_i(cw_ready), .out_data_o({cw_last, cw_strb, cw_data})
  );

  // ---- who may write ----
  logic [BeatBits-1:0]   h_whole_q, c_whole_q;  // bursts of which all beats are here
  logic [AnswerBits-1:0] h_open_q, c_open_q;    // bursts whose answer its asker has not yet taken
  logic                  sending_q, host_turn_q, outside_q, slot, h_grant, c_grant, o_ready, outside;
  logic [63:0]           addr;

  assign slot = enable_i && o_ready && !sending_q && (!ddr_aw_valid_o || ddr_aw_ready_i);
  assign h_grant = slot && h_valid && h_whole_q != '0 && h_open_q != AnswerBits'(Answers);
  assign c_grant = slot && !h_grant && c_valid && c_whole_q != '0 && c_open_q != AnswerBits'(Answers);
  assign h_ready = h_grant;
  assign c_ready = c_grant;
  assign addr = h_grant ? h_addr : c_addr;
  assign outside = addr[63:MEMORY_BITS] != '0;

  assign ddr_w_valid_o = sending_q && (host_turn_q ? hw_valid : cw_valid);
  assign ddr_w_data_o = host_turn_q ? hw_data : cw_data;
  assign ddr_w_strb_o = outside_q ? '0 : host_turn_q ? hw_strb : cw_strb;
  assign ddr_w_last_o = host_turn_q ? hw_last : cw_last;
  assign hw_ready = sending_q && host_turn_q && ddr_w_ready_i;
  assign cw_ready = sending_q && !host_turn_q && ddr_w_ready_i;

  always_ff @(posedge clk_i) begin : send
    if (ddr_aw_ready_i) ddr_aw_valid_o <= 1'b0;
    if (ddr_w_valid_o && ddr_w_ready_i && ddr_w_last_o) sending_q <= 1'b0;
    if (h_grant || c_grant) begin
      ddr_aw_valid_o <= 1'b1;
      ddr_aw_addr_o <= {(64 - MEMORY_BITS)'(0), addr[MEMORY_BITS-1:6], 6'd0};
      ddr_aw_len_o <= h_grant ? h_len : c_len;
      sending_q <= 1'b1;
      host_turn_q <= h_grant;
      outside_q <= outside;
    end
    if (!rst_ni) begin
      ddr_aw_valid_o <= 1'b0;
      sending_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin : count
    h_whole_q <= h_whole_q + BeatBits'(host_w_valid_i && host_w_ready_o && host_w_last_i) - BeatBits'(h_grant);
    c_whole_q <= c_whole_q + BeatBits'(core_w_valid_i && core_w_ready_o && core_w_last_i) - BeatBits'(c_grant);
    h_open_q <= h_open_q + AnswerBits'(h_grant) - AnswerBits'(host_b_valid_o && host_b_ready_i);
    c_open_q <= c_open_q + AnswerBits'(c_grant) - AnswerBits'(core_b_valid_o && core_b_ready_i);
    writes_taken_o <= writes_taken_o + 8'(host_aw_valid_i && host_aw_ready_o);
    writes_done_o <= writes_done_o + 8'(ddr_b_valid_i && o_host);
    if (!rst_ni) {h_whole_q, c_whole_q, h_open_q, c_open_q, writes_taken_o, writes_done_o} <= '0;
  end

  // ---- whose the answers are ----
  logic        o_valid, o_host, o_outside, h_room, c_room;
  logic [15:0] o_id;
  logic [1:0]  resp;

  systole_fifo #(.WIDTH(18), .DEPTH(2 * Answers)) u_order (
    .clk_i, .rst_ni,
    .in_valid_i(h_grant || c_grant), .in_ready_o(o_ready), .in_data_i({h_grant, outside, h_grant ? h_id : 16'd0}),
    .out_valid_o(o_valid), .out_ready_i(ddr_b_valid_i), .out_data_o({o_host, o_outside, o_id})
  );

  assign ddr_b_ready_o = 1'b1;
  assign resp = o_outside ? Decerr : ddr_b_resp_i;

  systole_fifo #(.WIDTH(18), .DEPTH(Answers)) u_host_b (
    .clk_i, .rst_ni,
    .in_valid_i(ddr_b_valid_i && o_host), .in_ready_o(h_room), .in_data_i({o_id, resp}),
    .out_valid_o(host_b_valid_o), .out_ready_i(host_b_ready_i), .out_data_o({host_b_id_o, host_b_resp_o})
  );
  systole_fifo #(.WIDTH(2), .DEPTH(Answers)) u_core_b (
    .clk_i, .rst_ni,
    .in_valid_i(ddr_b_valid_i && !o_host), .in_ready_o(c_room), .in_data_i(resp),
    .out_valid_o(core_b_valid_o), .out_ready_i(core_b_ready_i), .out_data_o(core_b_resp_o)
  );

  // No answer comes that nobody waits for, and each finds room.
  `ASSERT(Asked_A, !ddr_b_valid_i || o_valid)
  `ASSERT(Room_A, !ddr_b_valid_i || (o_host ? h_room : c_room))
  // The data of a burst that was begun never runs dry.
  `ASSERT(Whole_A, !sending_q || ddr_w_valid_o)

endmodule
`default_nettype wire
