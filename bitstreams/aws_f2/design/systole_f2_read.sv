// SPDX-License-Identifier: Apache-2.0
// Shares the card memory's read channels between the host (first) and the core.
//
// The memory gets one ID, so its answers come in order; whose they are stands in a FIFO. A burst is asked for only when the FIFO of its
// asker has room for all of its beats: so every beat is taken at once, and an asker that does not take its data stops itself only.
// A host's read waits for the host's writes that were accepted before it. What is asked for beyond the memory is read inside it,
// and answered with DECERR and ones.
//
// How long a host's read may take, the memory's own time aside: the beats that the core was granted before (CORE_BEATS at most) and the
// host's own (HOST_BEATS). At 250 MHz the shell waits for 2000 cycles.
// Latency: 2 cycles for an address, 1 for data. Throughput: a burst every other cycle, a beat a cycle.
// Legal parameters: MEMORY_BITS 13 to 63; HOST_BEATS and CORE_BEATS powers of two, at least the beats of a burst.
`include "systole_assert.svh"
`default_nettype none
module systole_f2_read #(
  parameter int unsigned MEMORY_BITS = 36,
  parameter int unsigned HOST_BEATS = 128,
  parameter int unsigned CORE_BEATS = 256
) (
  input  wire          clk_i,
  input  wire          rst_ni,
  input  wire          enable_i,  // the memory is ready
  // host
  input  wire          host_ar_valid_i,
  output logic         host_ar_ready_o,
  input  wire  [15:0]  host_ar_id_i,
  input  wire  [63:0]  host_ar_addr_i,
  input  wire  [7:0]   host_ar_len_i,
  output logic         host_r_valid_o,
  input  wire          host_r_ready_i,
  output logic [15:0]  host_r_id_o,
  output logic [511:0] host_r_data_o,
  output logic [1:0]   host_r_resp_o,
  output logic         host_r_last_o,
  input  wire  [7:0]   writes_taken_i,  // the host's, counted when accepted
  input  wire  [7:0]   writes_done_i,   // and when the memory has answered
  // core
  input  wire          core_ar_valid_i,
  output logic         core_ar_ready_o,
  input  wire  [0:0]   core_ar_id_i,
  input  wire  [63:0]  core_ar_addr_i,
  input  wire  [7:0]   core_ar_len_i,
  output logic         core_r_valid_o,
  input  wire          core_r_ready_i,
  output logic [0:0]   core_r_id_o,
  output logic [511:0] core_r_data_o,
  output logic [1:0]   core_r_resp_o,
  output logic         core_r_last_o,
  // memory
  output logic         ddr_ar_valid_o,
  input  wire          ddr_ar_ready_i,
  output logic [63:0]  ddr_ar_addr_o,
  output logic [7:0]   ddr_ar_len_o,
  input  wire          ddr_r_valid_i,
  output logic         ddr_r_ready_o,
  input  wire  [511:0] ddr_r_data_i,
  input  wire  [1:0]   ddr_r_resp_i,
  input  wire          ddr_r_last_i
);

  localparam logic [1:0] Decerr = 2'b11;
  localparam int unsigned HostBits = $clog2(HOST_BEATS) + 1;
  localparam int unsigned CoreBits = $clog2(CORE_BEATS) + 1;

  if (MEMORY_BITS < 13 || MEMORY_BITS > 63) begin : gen_bad_memory
    $error("systole_f2_read: MEMORY_BITS must be 13 to 63");
  end
  if (HOST_BEATS < 64 || CORE_BEATS < 64) begin : gen_bad_beats
    $error("systole_f2_read: HOST_BEATS and CORE_BEATS must hold a burst of 4 KiB, 64 beats");
  end

  // ---- what is asked for ----
  logic        h_valid, h_ready, c_valid, c_ready;
  logic [15:0] h_id;
  logic [0:0]  c_id;
  logic [63:0] h_addr, c_addr;
  logic [7:0]  h_len, c_len, h_writes;

  // As many as the shell has under way: what it has issued stands here, and not in the shell.
  systole_fifo #(.WIDTH(96), .DEPTH(32)) u_host_ar (
    .clk_i, .rst_ni,
    .in_valid_i(host_ar_valid_i), .in_ready_o(host_ar_ready_o),
    .in_data_i({writes_taken_i, host_ar_id_i, host_ar_addr_i, host_ar_len_i}),
    .out_valid_o(h_valid), .out_ready_i(h_ready), .out_data_o({h_writes, h_id, h_addr, h_len})
  );
  systole_fifo #(.WIDTH(73), .DEPTH(4)) u_core_ar (
    .clk_i, .rst_ni,
    .in_valid_i(core_ar_valid_i), .in_ready_o(core_ar_ready_o), .in_data_i({core_ar_id_i, core_ar_addr_i, core_ar_len_i}),
    .out_valid_o(c_valid), .out_ready_i(c_ready), .out_data_o({c_id, c_addr, c_len})
  );

  // ---- who may ask the memory ----
  logic [HostBits-1:0] host_free_q;
  logic [CoreBits-1:0] core_free_q;
  logic                slot, h_waits, h_grant, c_grant, o_ready, host_pop, core_pop;
  logic [63:0]         addr;
  logic                outside;

  // Counted in a circle: the difference is not negative when all writes before the read are done.
  assign h_waits = 8'(writes_done_i - h_writes) >= 8'd128;
  assign slot = enable_i && o_ready && (!ddr_ar_valid_o || ddr_ar_ready_i);
  assign h_grant = slot && h_valid && !h_waits && 32'(host_free_q) > 32'(h_len);
  assign c_grant = slot && !h_grant && c_valid && 32'(core_free_q) > 32'(c_len);
  assign h_ready = h_grant;
  assign c_ready = c_grant;
  assign addr = h_grant ? h_addr : c_addr;
  assign outside = addr[63:MEMORY_BITS] != '0;

  always_ff @(posedge clk_i) begin : ask
    if (ddr_ar_ready_i) ddr_ar_valid_o <= 1'b0;
    if (h_grant || c_grant) begin
      ddr_ar_valid_o <= 1'b1;
      ddr_ar_addr_o <= {(64 - MEMORY_BITS)'(0), addr[MEMORY_BITS-1:6], 6'd0};
      ddr_ar_len_o <= h_grant ? h_len : c_len;
    end
    if (!rst_ni) ddr_ar_valid_o <= 1'b0;
  end

  always_ff @(posedge clk_i) begin : room
    host_free_q <= host_free_q - (h_grant ? HostBits'(h_len) + 1'b1 : '0) + HostBits'(host_pop);
    core_free_q <= core_free_q - (c_grant ? CoreBits'(c_len) + 1'b1 : '0) + CoreBits'(core_pop);
    if (!rst_ni) begin
      host_free_q <= HostBits'(HOST_BEATS);
      core_free_q <= CoreBits'(CORE_BEATS);
    end
  end

  // ---- whose the answers are ----
  logic        o_valid, o_host, o_outside, h_room, c_room;
  logic [15:0] o_id;
  logic [1:0]  resp;

  systole_fifo #(.WIDTH(18), .DEPTH(64)) u_order (
    .clk_i, .rst_ni,
    .in_valid_i(h_grant || c_grant), .in_ready_o(o_ready),
    .in_data_i({h_grant, outside, h_grant ? h_id : {15'd0, c_id}}),
    .out_valid_o(o_valid), .out_ready_i(ddr_r_valid_i && ddr_r_last_i), .out_data_o({o_host, o_outside, o_id})
  );

  assign ddr_r_ready_o = 1'b1;
  assign resp = o_outside ? Decerr : ddr_r_resp_i;

  logic [511:0] data;
  assign data = o_outside ? '1 : ddr_r_data_i;

  systole_fifo #(.WIDTH(531), .DEPTH(HOST_BEATS)) u_host_r (
    .clk_i, .rst_ni,
    .in_valid_i(ddr_r_valid_i && o_host), .in_ready_o(h_room), .in_data_i({o_id, resp, ddr_r_last_i, data}),
    .out_valid_o(host_r_valid_o), .out_ready_i(host_r_ready_i),
    .out_data_o({host_r_id_o, host_r_resp_o, host_r_last_o, host_r_data_o})
  );
  systole_fifo #(.WIDTH(516), .DEPTH(CORE_BEATS)) u_core_r (
    .clk_i, .rst_ni,
    .in_valid_i(ddr_r_valid_i && !o_host), .in_ready_o(c_room), .in_data_i({o_id[0], resp, ddr_r_last_i, data}),
    .out_valid_o(core_r_valid_o), .out_ready_i(core_r_ready_i),
    .out_data_o({core_r_id_o, core_r_resp_o, core_r_last_o, core_r_data_o})
  );
  assign host_pop = host_r_valid_o && host_r_ready_i;
  assign core_pop = core_r_valid_o && core_r_ready_i;

  // No beat comes that nobody asked for, and each finds room.
  `ASSERT(Asked_A, !ddr_r_valid_i || o_valid)
  `ASSERT(Room_A, !ddr_r_valid_i || (o_host ? h_room : c_room))

endmodule
`default_nettype wire
