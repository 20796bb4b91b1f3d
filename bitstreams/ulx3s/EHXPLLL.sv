// SPDX-License-Identifier: Apache-2.0
// The PLL of Lattice's ECP5 as a box, for the synthesiser's reader; the tools know what is in it.
`default_nettype none
(* blackbox *)
module EHXPLLL #(
  parameter PLLRST_ENA = "", parameter INTFB_WAKE = "", parameter STDBY_ENABLE = "", parameter DPHASE_SOURCE = "",
  parameter OUTDIVIDER_MUXA = "", parameter FEEDBK_PATH = "", parameter CLKOP_ENABLE = "",
  parameter int unsigned CLKI_DIV = 1, parameter int unsigned CLKFB_DIV = 1, parameter int unsigned CLKOP_DIV = 8,
  parameter int unsigned CLKOP_CPHASE = 0, parameter int unsigned CLKOP_FPHASE = 0
) (
  input  wire CLKI, CLKFB, RST, STDBY, PLLWAKESYNC, ENCLKOP, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG,
  output wire CLKOP,
  output wire LOCK
);
endmodule
`default_nettype wire
