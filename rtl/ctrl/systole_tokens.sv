// SPDX-License-Identifier: Apache-2.0
// The token counters. A queue takes only its own four, so a counter never has two takers; any queue may give any.
//
// Latency: a token given in this cycle can be taken in the next. The counters are as wide as an instruction's index: they cannot overflow.
`include "systole_assert.svh"
`default_nettype none
module systole_tokens
  import systole_pkg::*;
(
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire  [TOKENS-1:0]  take0_i,
  input  wire  [TOKENS-1:0]  take1_i,
  input  wire  [TOKENS-1:0]  take2_i,
  input  wire  [TOKENS-1:0]  give0_i,
  input  wire  [TOKENS-1:0]  give1_i,
  input  wire  [TOKENS-1:0]  give2_i,
  output logic [TOKENS-1:0]  above_zero_o
);

  logic [31:0]       count_q[TOKENS];
  logic [TOKENS-1:0] take, any;
  assign take = take0_i | take1_i | take2_i;
  assign any = take | give0_i | give1_i | give2_i;

  for (genvar i = 0; i < TOKENS; i++) begin : gen_token
    always_ff @(posedge clk_i) begin
      if (any[i]) count_q[i] <= count_q[i] + 32'(give0_i[i]) + 32'(give1_i[i]) + 32'(give2_i[i]) - 32'(take[i]);
      if (!rst_ni) count_q[i] <= '0;
    end
    assign above_zero_o[i] = count_q[i] != '0;
  end

  `ASSERT(TakeWhatIsThere_A, (take & ~above_zero_o) == '0)
  `ASSERT(OneTaker_A, (take0_i & take1_i) == '0 && (take0_i & take2_i) == '0 && (take1_i & take2_i) == '0)

endmodule
`default_nettype wire
