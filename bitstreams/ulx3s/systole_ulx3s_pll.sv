// SPDX-License-Identifier: Apache-2.0
// The clock of the core from the board's 25 MHz: divided by IN, times FEEDBACK. The feedback is the output, so the oscillator runs OUT times as
// fast as that.
// Legal parameters: 25 MHz / IN at least 3.125 MHz, the oscillator from 400 to 800 MHz.
`default_nettype none
module systole_ulx3s_pll #(
  parameter int unsigned IN = 5,
  parameter int unsigned FEEDBACK = 3,
  parameter int unsigned OUT = 40
) (
  input  wire clk_25mhz_i,
  output wire clk_o,
  output wire locked_o
);

  localparam int unsigned OscillatorMhz = 25 * FEEDBACK * OUT / IN;
  if (IN < 1 || IN > 8 || OscillatorMhz < 400 || OscillatorMhz > 800) begin : gen_bad
    $error("systole_ulx3s_pll: the oscillator must run at 400 to 800 MHz, from 3.125 MHz or more");
  end

  (* FREQUENCY_PIN_CLKI="25", ICP_CURRENT="12", LPF_RESISTOR="8" *)
  EHXPLLL #(
    .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED"),
    .OUTDIVIDER_MUXA("DIVA"), .CLKI_DIV(IN), .CLKFB_DIV(FEEDBACK), .FEEDBK_PATH("CLKOP"),
    .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(OUT), .CLKOP_CPHASE(OUT / 2), .CLKOP_FPHASE(0)
  ) u_pll (
    .CLKI(clk_25mhz_i), .CLKFB(clk_o), .CLKOP(clk_o), .LOCK(locked_o),
    .RST(1'b0), .STDBY(1'b0), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0),
    .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1)
  );

endmodule
`default_nettype wire
