// SPDX-License-Identifier: Apache-2.0
// The counters of docs/registers.md: one amount to add each, every cycle of a run.
//
// Latency: an amount counts one cycle after it is given. clear_i wins. Legal parameters: none.
`default_nettype none
module systole_counters
  import systole_pkg::*;
(
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  clear_i,
  input  wire                  run_i,
  input  wire  [COUNTERS-1:0]  add_i,          // those that count by one (not the three below)
  input  wire  [1:0]           syncs_i,        // completed in this cycle, by any queue
  input  wire  [6:0]           read_bytes_i,
  input  wire  [6:0]           write_bytes_i,
  input  wire  [4:0]           show_i,
  output logic [63:0]          value_o
);

  logic [63:0] count_q[COUNTERS];

  for (genvar i = 0; i < COUNTERS; i++) begin : gen_counter
    logic [6:0] amount;
    if (i == CNT_INSN_SYNC) begin : gen_syncs
      assign amount = {5'd0, syncs_i};
    end else if (i == CNT_READ_BYTES) begin : gen_read_bytes
      assign amount = read_bytes_i;
    end else if (i == CNT_WRITE_BYTES) begin : gen_write_bytes
      assign amount = write_bytes_i;
    end else begin : gen_one
      assign amount = {6'd0, add_i[i]};
    end
    always_ff @(posedge clk_i) begin
      if (run_i && amount != '0) count_q[i] <= count_q[i] + {57'd0, amount};
      if (!rst_ni || clear_i) count_q[i] <= '0;
    end
  end

  assign value_o = (32'(show_i) < COUNTERS) ? count_q[show_i] : '0;

endmodule
`default_nettype wire
