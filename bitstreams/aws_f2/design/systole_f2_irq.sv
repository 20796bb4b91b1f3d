// SPDX-License-Identifier: Apache-2.0
// The core's level as the shell's pulses: a pulse of one cycle where the level rises, none before the shell has accepted the one before.
// A rise that comes meanwhile is asked for afterwards, several as one.
//
// Latency: 1 cycle.
`default_nettype none
module systole_f2_irq (
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire         level_i,
  output logic        request_o,
  input  wire         accept_i,
  output logic [31:0] requested_o,
  output logic [31:0] accepted_o
);

  logic level_q, wanted_q, waiting_q, ask;
  assign ask = wanted_q && (!waiting_q || accept_i);

  always_ff @(posedge clk_i) begin : ask_once
    level_q <= level_i;
    request_o <= ask;
    if (ask) wanted_q <= 1'b0;
    if (level_i && !level_q) wanted_q <= 1'b1;
    if (accept_i) waiting_q <= 1'b0;
    if (ask) waiting_q <= 1'b1;
    requested_o <= requested_o + 32'(ask);
    accepted_o <= accepted_o + 32'(accept_i && waiting_q);
    if (!rst_ni) {level_q, request_o, wanted_q, waiting_q, requested_o, accepted_o} <= '0;
  end

endmodule
`default_nettype wire
