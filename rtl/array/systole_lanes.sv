// SPDX-License-Identifier: Apache-2.0
//
// The lane by lane operations: COLS lanes of one step each, without the array.
//   DEPTHWISE  y = mac(x, w, p)      MAX  y = max(p, x)      SUM  y = p + x
// Taps at once, of int8: the lanes keep the last LANE_TAPS vectors, and y = p + their products with
// as many weights, the newest vector's lowest. A vector that feeds them is kept and gives nothing.
// A lane that is skipped gives p. MAX of bf16 gives the NaN if either is one, and p where they are
// equal.
//
// Latency    MAC_LATENCY + 1 cycles from x_valid_i to y_valid_o: operand registers, then
//            MAC_LATENCY registers behind the logic, for the synthesiser to retime.
// Throughput one vector a cycle.
// Handshake  none: what enters comes out. y_data_o means nothing while y_valid_o is low.
// Legal      COLS a power of two from 4 to 64; MAC_LATENCY 1 to 16; LANE_TAPS 1 to 8.
`default_nettype none

module systole_lanes
  import systole_pkg::*;
  import systole_fp_pkg::*;
#(
    parameter int unsigned COLS = 16,
    parameter bit HAS_FP = 1'b1,
    parameter int unsigned MAC_LATENCY = 1,
    parameter int unsigned LANE_TAPS = 3,
    localparam int unsigned EW = HAS_FP ? 16 : 9
) (
    input wire logic clk_i,
    input wire logic rst_ni,

    input wire logic               x_valid_i,
    input wire logic               x_feed_i,
    input wire logic               x_taps_i,
    input wire logic [        1:0] x_mode_i,
    input wire logic               x_fp_i,
    input wire logic [   COLS-1:0] x_skip_i,
    input wire logic [COLS*EW-1:0] x_data_i,
    input wire logic [LANE_TAPS*COLS*EW-1:0] w_data_i,
    input wire logic [COLS*32-1:0] p_data_i,

    output logic               y_valid_o,
    output logic [COLS*32-1:0] y_data_o
);

  if (COLS < 4 || COLS > 64 || (COLS & (COLS - 1)) != 0)
    $error("COLS must be a power of two from 4 to 64");
  if (MAC_LATENCY < 1 || MAC_LATENCY > 16) $error("MAC_LATENCY must be 1 to 16");
  if (LANE_TAPS < 1 || LANE_TAPS > 8) $error("LANE_TAPS must be 1 to 8");

  localparam int unsigned ColBits = $clog2(COLS);

  typedef logic [31:0] word_t;

  logic               max_q, sum_q, fp_q, taps_q;
  logic [   COLS-1:0] skip_q;
  logic [COLS*EW-1:0] x_q[LANE_TAPS];  // the newest first
  logic [LANE_TAPS*COLS*EW-1:0] w_q;
  logic [COLS*32-1:0] p_q;
  logic [MAC_LATENCY:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (x_valid_i) begin
      max_q  <= x_mode_i == 2'(MODE_MAX);
      sum_q  <= x_mode_i == 2'(MODE_SUM);
      fp_q   <= x_fp_i & HAS_FP;
      taps_q <= x_taps_i;
      skip_q <= x_skip_i;
      w_q    <= w_data_i;
      p_q    <= p_data_i;
    end
  end

  always_ff @(posedge clk_i) begin : window
    if (x_valid_i || x_feed_i) begin
      x_q[0] <= x_data_i;
      if (x_taps_i) for (int unsigned k = 1; k < LANE_TAPS; k++) x_q[k] <= x_q[k-1];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[MAC_LATENCY-1:0], x_valid_i};
  end
  assign y_valid_o = valid_q[MAC_LATENCY];

  // Unpacked to words, as systole_array_loops has them, so that the loops below become vector code.
  // Private to the block below, which assigns them in place: nothing is computed where there is no vector.
  word_t x_u[COLS];
  word_t w_u[COLS];
  word_t p_u[COLS];
  word_t y_d[COLS];
  logic [COLS*32-1:0] first_q;

  // A sum is a product with one: exact, and the same adder.
  localparam logic [15:0] One = 16'h3f80;

  // Both factors are differences of two bytes. A simulator multiplies words faster.
  function automatic word_t times(input word_t x, input word_t w);
`ifdef VERILATOR
    return x * w;
`else
    logic signed [17:0] product;
    product = $signed(x[8:0]) * $signed(w[8:0]);
    return 32'(product);
`endif
  endfunction

  always_ff @(posedge clk_i) begin : blk
    int unsigned j, k;
    word_t x, w, p, y;
    j = 0;
    k = 0;
    x = 0;
    w = 0;
    p = 0;
    y = 0;
    if (valid_q[0]) begin
      for (j = 0; j < COLS; j++) x_u[j] = 32'($signed(x_q[0][j*EW+:EW]));
      for (j = 0; j < COLS; j++) w_u[j] = 32'($signed(w_q[j*EW+:EW]));
      for (j = 0; j < COLS; j++) p_u[j] = p_q[j*32+:32];
      if (HAS_FP && fp_q && !max_q) begin
        for (j = 0; j < COLS; j++) begin
          w = sum_q ? 32'(One) : w_u[j];
          p = p_u[j];
          y = fp_mac(16'(x_u[j]), 16'(w), p);
          y_d[j] = skip_q[ColBits'(j)] ? p : y;
        end
      end
      if (HAS_FP && fp_q && max_q) begin
        for (j = 0; j < COLS; j++) begin
          x = x_u[j] << 16;
          p = p_u[j];
          y = fp_less(p, x) ? x : p;
          y = (fp_is_nan(x) | fp_is_nan(p)) ? FP_NAN : y;
          y_d[j] = skip_q[ColBits'(j)] ? p : y;
        end
      end
      if (!fp_q && max_q) begin
        for (j = 0; j < COLS; j++) begin
          x = x_u[j];
          p = p_u[j];
          y = ($signed(x) > $signed(p)) ? x : p;
          y_d[j] = skip_q[ColBits'(j)] ? p : y;
        end
      end
      if (!fp_q && !max_q) begin
        for (j = 0; j < COLS; j++) begin
          w = sum_q ? 32'd1 : w_u[j];
          p = p_u[j];
          y = p + times(x_u[j], w);
          y_d[j] = skip_q[ColBits'(j)] ? p : y;
        end
      end
      for (k = 1; k < LANE_TAPS; k++) begin
        if (taps_q) begin
          for (j = 0; j < COLS; j++) x_u[j] = 32'($signed(x_q[k][j*EW+:EW]));
          for (j = 0; j < COLS; j++) w_u[j] = 32'($signed(w_q[(k*COLS+j)*EW+:EW]));
          for (j = 0; j < COLS; j++) y_d[j] = y_d[j] + times(x_u[j], w_u[j]);
        end
      end
      for (j = 0; j < COLS; j++) first_q[j*32+:32] <= y_d[j];
    end
  end

  if (MAC_LATENCY == 1) begin : gen_one
    assign y_data_o = first_q;
  end else begin : gen_pipe
    logic [COLS*32-1:0] pipe[MAC_LATENCY+1];
    always_ff @(posedge clk_i) begin
      if (valid_q[1]) pipe[2] <= first_q;
    end
    for (genvar k = 3; k <= MAC_LATENCY; k++) begin : gen_stage
      always_ff @(posedge clk_i) if (valid_q[k-1]) pipe[k] <= pipe[k-1];
    end
    assign y_data_o = pipe[MAC_LATENCY];
  end

endmodule
`default_nettype wire
