// SPDX-License-Identifier: Apache-2.0
//
// The functions of systole_fp_pkg behind ports, LANES of them side by side, for a bench that
// compares them with the host's arithmetic. Combinational.
`default_nettype none

module systole_fp_bench
  import systole_fp_pkg::*;
#(
    parameter int unsigned LANES = 32
) (
    input  wire logic [LANES*16-1:0] mac_a_i,
    input  wire logic [LANES*16-1:0] mac_b_i,
    input  wire logic [LANES*32-1:0] mac_c_i,
    output logic      [LANES*32-1:0] mac_o,
    input  wire logic [LANES*32-1:0] a_i,
    input  wire logic [LANES*32-1:0] b_i,
    output logic      [LANES*32-1:0] add_o,
    output logic      [LANES*32-1:0] mul_o,
    output logic      [LANES*32-1:0] from_int_o,
    output logic      [LANES*16-1:0] bf16_o,
    output logic      [LANES*16-1:0] split_h_o,
    output logic      [LANES*16-1:0] split_m_o,
    output logic      [LANES*16-1:0] split_l_o,
    output logic      [LANES*16-1:0] to_int_o,
    output logic      [LANES-1:0]    less_o,
    output logic      [LANES-1:0]    is_nan_o
);

  for (genvar g = 0; g < LANES; g++) begin : gen_lane
    assign mac_o[g*32+:32] = fp_mac(mac_a_i[g*16+:16], mac_b_i[g*16+:16], mac_c_i[g*32+:32]);
    assign add_o[g*32+:32] = fp_add(a_i[g*32+:32], b_i[g*32+:32]);
    assign mul_o[g*32+:32] = fp_mul(a_i[g*32+:32], b_i[g*32+:32]);
    assign from_int_o[g*32+:32] = fp_from_int(a_i[g*32+:32]);
    assign bf16_o[g*16+:16] = fp_to_bf16(a_i[g*32+:32]);
    assign split_h_o[g*16+:16] = fp_split(a_i[g*32+:32], FP_PART_H);
    assign split_m_o[g*16+:16] = fp_split(a_i[g*32+:32], FP_PART_M);
    assign split_l_o[g*16+:16] = fp_split(a_i[g*32+:32], FP_PART_L);
    assign to_int_o[g*16+:16] = fp_to_int(a_i[g*32+:32]);
    assign less_o[g] = fp_less(a_i[g*32+:32], b_i[g*32+:32]);
    assign is_nan_o[g] = fp_is_nan(a_i[g*32+:32]);
  end

endmodule
`default_nettype wire
