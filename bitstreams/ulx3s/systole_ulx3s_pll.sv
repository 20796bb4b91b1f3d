// SPDX-License-Identifier: Apache-2.0
// The clock of the core: 75 MHz from the board's 25 MHz. The oscillator of the PLL runs at 600 MHz (400 to 800 are legal),
// divided by 8; the feedback is the output, divided by 3.
`default_nettype none
module systole_ulx3s_pll (
  input  wire clk_25mhz_i,
  output wire clk_o,
  output wire locked_o
);

  (* FREQUENCY_PIN_CLKI="25", FREQUENCY_PIN_CLKOP="75", ICP_CURRENT="12", LPF_RESISTOR="8" *)
  EHXPLLL #(
    .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED"),
    .OUTDIVIDER_MUXA("DIVA"), .CLKI_DIV(1), .CLKFB_DIV(3), .FEEDBK_PATH("CLKOP"),
    .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(8), .CLKOP_CPHASE(3), .CLKOP_FPHASE(0)
  ) u_pll (
    .CLKI(clk_25mhz_i), .CLKFB(clk_o), .CLKOP(clk_o), .LOCK(locked_o),
    .RST(1'b0), .STDBY(1'b0), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0),
    .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1)
  );

endmodule
`default_nettype wire
