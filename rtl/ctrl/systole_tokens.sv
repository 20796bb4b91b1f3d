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

  logic [32*TOKENS-1:0] count_q;
  logic [TOKENS-1:0]    take;
  logic                 any;
  assign take = take0_i | take1_i | take2_i;
  assign any = (take | give0_i | give1_i | give2_i) != '0;

  function automatic logic [32*TOKENS-1:0] counted(input logic [32*TOKENS-1:0] count);
    logic [32*TOKENS-1:0] next;
    logic signed [2:0]    more;
    for (int unsigned i = 0; i < TOKENS; i++) begin
      more = 3'(give0_i[i]) + 3'(give1_i[i]) + 3'(give2_i[i]) - 3'(take[i]);
      next[32*i+:32] = count[32*i+:32] + 32'(more);
    end
    return next;
  endfunction

  // Of the counts as they will be, from what does not wait for the tokens: they come late.
  function automatic logic [TOKENS-1:0] above_zero(input logic [32*TOKENS-1:0] count);
    logic [TOKENS-1:0] above;
    logic [31:0]       now;
    logic signed [2:0] more;
    for (int unsigned i = 0; i < TOKENS; i++) begin
      now = count[32*i+:32];
      more = 3'(give0_i[i]) + 3'(give1_i[i]) + 3'(give2_i[i]) - 3'(take[i]);
      case (more)
        3'sd0: above[i] = now != '0;
        3'sd1: above[i] = now != '1;
        3'sd2: above[i] = now != 32'hffff_fffe;
        3'sd3: above[i] = now != 32'hffff_fffd;
        default: above[i] = now != 32'd1;
      endcase
    end
    return above;
  endfunction

  // Nothing to do, or to simulate, in a cycle without a token.
  always_ff @(posedge clk_i) begin
    if (any || !rst_ni) begin
      count_q      <= counted(count_q);
      above_zero_o <= above_zero(count_q);
      if (!rst_ni) begin
        count_q      <= '0;
        above_zero_o <= '0;
      end
    end
  end

  `ASSERT(TakeWhatIsThere_A, (take & ~above_zero_o) == '0)
  `ASSERT(OneTaker_A, (take0_i & take1_i) == '0 && (take0_i & take2_i) == '0 && (take1_i & take2_i) == '0)

endmodule
`default_nettype wire
