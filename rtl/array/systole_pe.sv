// SPDX-License-Identifier: Apache-2.0
//
// One element of the grid: a small file of weights, one for each plane, and a multiply-accumulate.
// acc_o = skip ? acc_i : mac(x_i, weight[plane], acc_i).
//
// Latency    MAC_LATENCY + 1 cycles from x_i, MAC_LATENCY cycles from acc_i, to acc_o:
//            acc_i comes one cycle after x_i, for x_i and the weight go through operand registers.
// Throughput one step a cycle.
// Handshake  none.
// Legal      MAC_LATENCY from 1 on; WEIGHT_PLANES a power of two.
//
// int8: with MAC_LATENCY above 1 the product has a register of its own, as DSP blocks have one.
// bf16: the registers stand behind the logic, for the synthesiser to move into it (retiming).
`default_nettype none

module systole_pe
  import systole_fp_pkg::*;
#(
    parameter bit HAS_FP = 1'b1,
    parameter int unsigned MAC_LATENCY = 1,
    parameter int unsigned WEIGHT_PLANES = 2,
    localparam int unsigned EW = HAS_FP ? 16 : 9,
    localparam int unsigned PlaneBits = $clog2(WEIGHT_PLANES)
) (
    input wire logic clk_i,

    input wire logic                 w_valid_i,
    input wire logic [PlaneBits-1:0] w_plane_i,
    input wire logic [       EW-1:0] w_data_i,

    input wire logic                 x_fp_i,
    input wire logic                 x_skip_i,
    input wire logic [PlaneBits-1:0] x_plane_i,
    input wire logic [       EW-1:0] x_data_i,

    input  wire logic [31:0] acc_i,
    output logic      [31:0] acc_o
);

  logic [EW-1:0] weight_q[WEIGHT_PLANES];
  logic [EW-1:0] x_q, w_q;
  logic skip_q, fp_q;

  always_ff @(posedge clk_i) begin
    if (w_valid_i) weight_q[w_plane_i] <= w_data_i;
    w_q    <= weight_q[x_plane_i];
    x_q    <= x_data_i;
    skip_q <= x_skip_i;
    fp_q   <= x_fp_i;
  end

  logic signed [17:0] product;
  logic        [31:0] fp_result;

  assign product = $signed(x_q[8:0]) * $signed(w_q[8:0]);

  if (HAS_FP) begin : gen_fp
    assign fp_result = fp_mac(x_q, w_q, acc_i);
  end else begin : gen_no_fp
    assign fp_result = acc_i;
  end

  // What is not an integer step passes by the adder as a ready result plus zero.
  logic [31:0] first;
  logic [17:0] second;
  assign first  = (fp_q & ~skip_q) ? fp_result : acc_i;
  assign second = (fp_q | skip_q) ? 18'd0 : product;

  if (MAC_LATENCY == 1) begin : gen_one
    logic [31:0] sum_q;
    always_ff @(posedge clk_i) sum_q <= first + {{14{second[17]}}, second};
    assign acc_o = sum_q;
  end else begin : gen_product
    logic [31:0] first_q;
    logic [17:0] second_q;
    logic [31:0] sum;
    logic [31:0] pipe_q[MAC_LATENCY-1];
    always_ff @(posedge clk_i) begin
      first_q   <= first;
      second_q  <= second;
      pipe_q[0] <= sum;
    end
    assign sum = first_q + {{14{second_q[17]}}, second_q};
    for (genvar k = 1; k < MAC_LATENCY - 1; k++) begin : gen_pipe
      always_ff @(posedge clk_i) pipe_q[k] <= pipe_q[k-1];
    end
    assign acc_o = pipe_q[MAC_LATENCY-2];
  end

endmodule
`default_nettype wire
