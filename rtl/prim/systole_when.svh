// SPDX-License-Identifier: Apache-2.0
// `WHEN(condition): the condition in a simulator, where a value that nobody looks at then need not be computed; true in what is
// synthesised, where choosing between the value and zeros costs a cell for each bit. For values that are looked at under the condition only.
`ifndef SYSTOLE_WHEN_SVH
`define SYSTOLE_WHEN_SVH
`ifdef VERILATOR
`define WHEN(Condition) (Condition)
`else
`define WHEN(Condition) (1'b1)
`endif
`endif
