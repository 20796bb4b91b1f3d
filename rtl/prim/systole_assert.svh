// SPDX-License-Identifier: Apache-2.0
// `ASSERT(Name, condition): the condition holds at each clock edge out of reset. Fires in simulation, is proved by formal tools.
`ifndef SYSTOLE_ASSERT_SVH
`define SYSTOLE_ASSERT_SVH
`define ASSERT(Name, Condition) \
  Name: assert property (@(posedge clk_i) disable iff (!rst_ni) (Condition));
`endif
