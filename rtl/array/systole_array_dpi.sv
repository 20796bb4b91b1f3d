// SPDX-License-Identifier: Apache-2.0
//
// Body 2 of systole_array, for Verilator: a vector's whole chain is one call of a function in C
// (sim/array_body.c), made in the cycle in which it enters; the sums then wait in a ring until their
// time has come. The weights are kept in C. Not for synthesis: other tools see an empty file.
//
// Purpose, latency, throughput, handshake and legal parameters are systole_array's; so are the
// ports.
`ifdef VERILATOR
`default_nettype none

module systole_array_dpi
`include "systole_array_ports.svh"

  import "DPI-C" function chandle systole_body_new(
      input int unsigned rows, input int unsigned cols, input int unsigned planes,
      input int unsigned group, input int unsigned element_bits);
  import "DPI-C" function void systole_body_free(input chandle body);
  import "DPI-C" function void systole_body_weights(
      input chandle body, input int unsigned plane, input int unsigned row, input int unsigned fp,
      input bit [RPW*COLS*EW-1:0] data);
  import "DPI-C" function void systole_body_vector(
      input chandle body, input int unsigned plane, input int unsigned fp,
      input longint unsigned skip, input bit [ROWS*EW-1:0] x, input bit [COLS*32-1:0] partial,
      output bit [COLS*32-1:0] sum);

  localparam int unsigned Latency = ROWS * MAC_LATENCY + 1;
  localparam int unsigned RingBits = $clog2(Latency);
  localparam int unsigned Ring = 1 << RingBits;

  chandle body;
  initial begin
    body = systole_body_new(ROWS, COLS, WEIGHT_PLANES, RPW, EW);
    if (body == null) $fatal(1, "no memory for the weights of the array");
  end
  final systole_body_free(body);

  // State of the one block below, updated in place by blocking assignments; nothing else reads it.
  logic [COLS*32-1:0]  ring[Ring];
  logic                ring_valid[Ring];
  logic [RingBits-1:0] now;
  logic [COLS*32-1:0]  sum;

  always_ff @(posedge clk_i) begin : blk
    int unsigned r;
    r = 0;
    if (x_valid_i) begin
      systole_body_vector(body, 32'(x_plane_i), 32'(x_fp_i && HAS_FP), 64'(x_skip_i), x_data_i,
                          p_data_i, sum);
      ring[now] = sum;
    end
    ring_valid[now] = x_valid_i;

    // After the sums: they see the weights of before.
    if (w_valid_i) begin
      systole_body_weights(body, 32'(w_plane_i), 32'(w_row_i), 32'(w_fp_i && HAS_FP), w_data_i);
    end

    now = now - RingBits'(Latency - 1);
    y_valid_o <= ring_valid[now];
    if (ring_valid[now]) y_data_o <= ring[now];
    now = now + RingBits'(Latency);

    if (!rst_ni) begin
      now = '0;
      y_valid_o <= 1'b0;
      for (r = 0; r < Ring; r++) ring_valid[r] = 1'b0;
    end
  end

endmodule
`default_nettype wire
`endif
