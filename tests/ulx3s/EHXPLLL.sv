// SPDX-License-Identifier: Apache-2.0
// A stand-in for the PLL of Lattice's ECP5, for simulation: the clock that goes in is the clock that comes out, so the testbench gives
// the frequency of the output. It locks after some cycles.
`default_nettype none
module EHXPLLL #(
  parameter PLLRST_ENA = "", parameter INTFB_WAKE = "", parameter STDBY_ENABLE = "", parameter DPHASE_SOURCE = "",
  parameter OUTDIVIDER_MUXA = "", parameter FEEDBK_PATH = "", parameter CLKOP_ENABLE = "",
  parameter int unsigned CLKI_DIV = 1, parameter int unsigned CLKFB_DIV = 1, parameter int unsigned CLKOP_DIV = 8,
  parameter int unsigned CLKOP_CPHASE = 0, parameter int unsigned CLKOP_FPHASE = 0
) (
  input  wire  CLKI, CLKFB, RST, STDBY, PLLWAKESYNC, ENCLKOP, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG,
  output wire  CLKOP,
  output logic LOCK
);

  if (FEEDBK_PATH != "CLKOP") begin : gen_bad
    $error("EHXPLLL: the feedback is not the output");
  end

  logic [5:0] count_q = '0;
  assign CLKOP = CLKI;
  always_ff @(posedge CLKI) begin
    if (count_q != '1) count_q <= count_q + 1'b1;
    LOCK <= count_q == '1;
  end

endmodule
`default_nettype wire
