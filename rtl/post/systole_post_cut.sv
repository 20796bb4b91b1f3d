// SPDX-License-Identifier: Apache-2.0
//
// CYCLES registers one behind the other, or a wire: what stands between two steps.
//
// Latency      CYCLES
`default_nettype none

module systole_post_cut #(
    parameter int unsigned WIDTH  = 32,
    parameter int unsigned CYCLES = 1
) (
    input  wire logic             clk_i,
    input  wire logic [WIDTH-1:0] d_i,
    output wire logic [WIDTH-1:0] q_o
);

  if (CYCLES == 0) begin : gen_wire
    logic unused_clk;
    assign unused_clk = clk_i;
    assign q_o = d_i;
  end else begin : gen_registers
    logic [CYCLES*WIDTH-1:0] pipe_q;  // the youngest at the bottom
    always_ff @(posedge clk_i) pipe_q <= (CYCLES*WIDTH)'({pipe_q, d_i});
    assign q_o = pipe_q[CYCLES*WIDTH-1-:WIDTH];
  end

endmodule
`default_nettype wire
