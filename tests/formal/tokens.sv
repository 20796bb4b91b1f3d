// SPDX-License-Identifier: Apache-2.0
// systole_tokens: each counter is what was given less what was taken, whatever the others do, and never passes zero.
//
//   formal: sources ctrl/systole_tokens.sv
//   formal: induct 2
//   formal: cover 6
//   formal: twin ctrl/systole_tokens.sv s/ + 3'(give1_i\[i\])//
//   formal: twin ctrl/systole_tokens.sv s/default: above\[i\] = now != 32'd1/default: above[i] = now != 32'd0/
//   formal: twin ctrl/systole_tokens.sv s/ | give2_i) != '0/) != '0/
`default_nettype none
module fv_tokens
  import systole_pkg::*;
(
  input wire              clk_i,
  input wire              reset_i,
  input wire [TOKENS-1:0] take0_i,
  input wire [TOKENS-1:0] take1_i,
  input wire [TOKENS-1:0] take2_i,
  input wire [TOKENS-1:0] give0_i,
  input wire [TOKENS-1:0] give1_i,
  input wire [TOKENS-1:0] give2_i
);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  wire rst_ni = started_q && !reset_i;

  logic [TOKENS-1:0] above_zero;
  systole_tokens dut (
    .clk_i, .rst_ni, .take0_i, .take1_i, .take2_i, .give0_i, .give1_i, .give2_i, .above_zero_o(above_zero)
  );

  // One token of all, which one is free: a register that nothing sets.
  logic [3:0] which_q;
  always_ff @(posedge clk_i) which_q <= which_q;

  logic [33:0] there_q;
  wire taken = take0_i[which_q] || take1_i[which_q] || take2_i[which_q];
  always_ff @(posedge clk_i) begin
    there_q <= there_q + 34'(give0_i[which_q]) + 34'(give1_i[which_q]) + 34'(give2_i[which_q]) - 34'(taken);
    if (!rst_ni) there_q <= '0;
  end

  always_ff @(posedge clk_i) begin
    assume (32'(which_q) < TOKENS);
    // The queues take what is there, and only their own.
    assume (((take0_i | take1_i | take2_i) & ~above_zero) == '0);
    assume ((take0_i & take1_i) == '0 && (take0_i & take2_i) == '0 && (take1_i & take2_i) == '0);
    // No program gives a token 2^32 times: an instruction gives it once, and indices have 32 bits.
    assume (there_q < 34'hffff_fffc);
    if (rst_ni) begin
      Count_A:     assert (dut.count_q[32*which_q+:32] == there_q[31:0]);
      AboveZero_A: assert (above_zero[which_q] == (there_q != '0));
      Two_C:       cover (there_q == 34'd2);
      Emptied_C:   cover (there_q == 34'd1 && taken);
    end
  end

endmodule
`default_nettype wire
