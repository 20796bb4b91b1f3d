// SPDX-License-Identifier: Apache-2.0
//
// Body 0 of systole_array, for the simulator: loops over plain arrays of 32-bit words, which a
// translation to C leaves as loops and a C compiler vectorises. Not meant for synthesis.
//
// A vector's whole chain is made in the cycle in which it enters, and the sums then wait in a ring
// until their time has come. Purpose, latency, throughput, handshake and legal parameters are
// systole_array's; so are the ports.
`default_nettype none

module systole_array_loops
  import systole_fp_pkg::*;
`include "systole_array_ports.svh"

  localparam int unsigned Latency = ROWS * MAC_LATENCY + 1;
  localparam int unsigned RingBits = $clog2(Latency);
  localparam int unsigned Ring = 1 << RingBits;
  localparam int unsigned GroupRows = (RPW < ROWS) ? RPW : ROWS;

  typedef logic [31:0] word_t;

  // Elements are unpacked to unsigned words, sign extended: 32-bit products of them are the same
  // as signed ones, and cheaper. bf16 stands in the low half.
  // State of the one block below, updated in place by blocking assignments; nothing else reads it.
  word_t                weight[WEIGHT_PLANES*ROWS*COLS];
  word_t                ring[Ring*COLS];
  logic                 ring_valid[Ring];
  logic  [RingBits-1:0] now;
  word_t                acc[COLS];

  always_ff @(posedge clk_i) begin : blk
    int unsigned r, j, base, rows;
    word_t x, x1, x2, x3;
    logic [4*EW-1:0] four;
    r = 0;
    j = 0;
    base = 0;
    rows = 0;
    x = 0;
    x1 = 0;
    x2 = 0;
    x3 = 0;
    four = '0;

    if (x_valid_i) begin
      base = 32'(x_plane_i) * (ROWS * COLS);
      for (j = 0; j < COLS; j++) acc[j] = p_data_i[j*32+:32];
      if (HAS_FP && x_fp_i) begin
        for (r = 0; r < ROWS; r++) begin
          if (!x_skip_i[RowBits'(r)]) begin
            x = 32'($signed(x_data_i[r*EW+:EW]));
            for (j = 0; j < COLS; j++)
              acc[j] = fp_mac(16'(x), 16'(weight[base+r*COLS+j]), acc[j]);
          end
        end
      end else begin
        // Four rows at a time: addition modulo 2^32 may be done in any order, and the compiler
        // then goes through acc a quarter as often.
        for (r = 0; r < ROWS; r = r + 4) begin
          four = x_data_i[r*EW+:4*EW];
          x  = 32'($signed(four[0+:EW])) & ~{32{x_skip_i[RowBits'(r)]}};
          x1 = 32'($signed(four[EW+:EW])) & ~{32{x_skip_i[RowBits'(r+1)]}};
          x2 = 32'($signed(four[2*EW+:EW])) & ~{32{x_skip_i[RowBits'(r+2)]}};
          x3 = 32'($signed(four[3*EW+:EW])) & ~{32{x_skip_i[RowBits'(r+3)]}};
          for (j = 0; j < COLS; j++)
            acc[j] = acc[j] + x * weight[base+r*COLS+j] + x1 * weight[base+(r+1)*COLS+j]
                            + x2 * weight[base+(r+2)*COLS+j] + x3 * weight[base+(r+3)*COLS+j];
        end
      end
      base = 32'(now) * COLS;
      for (j = 0; j < COLS; j++) ring[base+j] = acc[j];
    end
    ring_valid[now] = x_valid_i;

    // A group of rows, contiguous in a plane. After the sums: they see the weights of before.
    if (w_valid_i) begin
      base = (32'(w_plane_i) * ROWS + 32'(w_row_i)) * COLS;
      rows = w_fp_i ? RPW / 2 : RPW;
      rows = (rows > GroupRows) ? GroupRows : rows;
      rows = (32'(w_row_i) + rows > ROWS) ? ROWS - 32'(w_row_i) : rows;
      for (j = 0; j < rows * COLS; j++) weight[base+j] = 32'($signed(w_data_i[j*EW+:EW]));
    end

    now = now - RingBits'(Latency - 1);
    y_valid_o <= ring_valid[now];
    if (ring_valid[now]) begin
      base = 32'(now) * COLS;
      for (j = 0; j < COLS; j++) y_data_o[j*32+:32] <= ring[base+j];
    end
    now = now + RingBits'(Latency);

    if (!rst_ni) begin
      now = '0;
      y_valid_o <= 1'b0;
      for (r = 0; r < Ring; r++) ring_valid[r] = 1'b0;
    end
  end

endmodule
`default_nettype wire
