// SPDX-License-Identifier: Apache-2.0
// What the memories' parity says, gathered for the course of the run: from which memory a word came that does not match, and for whom.
//
// A mismatch is told at most Cycles after the cycle of the read: data two cycles after it, their verdict one more, the register here
// one more. A run that ends well does so eight quiet cycles after the last one in which a unit was not idle, and a unit that reads is not
// idle: so the error is there before the end could be told, wherever the data went, and also when the write that they fed has been
// answered long since. Verdicts on reads from before the units' reset belong to another run and are dropped.
// Latency: one cycle. Legal parameters: PARITY 0 or 1; 0: nothing is there.
`include "systole_assert.svh"
`default_nettype none
module systole_parity
  import systole_pkg::*;
#(
  parameter int unsigned PARITY = 0
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  units_rst_ni,
  input  wire                  reads_i,         // a word is being read, or entries of the table are
  input  wire  [MEMORIES-1:0]  by_compute_i,    // a word that the compute queue read from this memory does not match
  input  wire  [MEMORIES-1:0]  by_store_i,      // the same of the store queue
  input  wire                  ended_well_i,    // pulse: the run is over, without an error
  output logic [MEMORIES-1:0]  bad_o,           // pulse
  output logic                 store_o          // with it: the store queue alone read such a word
);

  localparam int unsigned Cycles = 4;

  if (PARITY > 1) begin : gen_bad
    $error("systole_parity: PARITY must be 0 or 1");
  end

  if (PARITY != 0) begin : gen_parity
    logic [Cycles-1:0] ours_q, reads_q;
    always_ff @(posedge clk_i) begin : verdict
      ours_q <= units_rst_ni ? {ours_q[Cycles-2:0], 1'b1} : '0;
      reads_q <= units_rst_ni ? {reads_q[Cycles-2:0], reads_i} : '0;
      bad_o <= ours_q[Cycles-1] ? by_compute_i | by_store_i : '0;
      store_o <= by_compute_i == '0;
    end
    // What ends well has no read whose verdict is still to come.
    `ASSERT(Told_A, !ended_well_i || (reads_q == '0 && bad_o == '0))
  end else begin : gen_none
    logic unused;
    assign unused = ^{clk_i, rst_ni, units_rst_ni, reads_i, by_compute_i, by_store_i, ended_well_i};
    assign bad_o = '0;
    assign store_o = 1'b0;
  end

endmodule
`default_nettype wire
