// SPDX-License-Identifier: Apache-2.0
// `FAULT(Point, Width, Value): Value, and in a simulator built with FAULTS=1 whatever the option `fault` makes of it
// (docs/blocks/sim.md lists the points). Anywhere else there is nothing but Value.
`ifndef SYSTOLE_FAULT_SVH
`define SYSTOLE_FAULT_SVH
`ifdef SYSTOLE_FAULTS
`define FAULT(Point, Width, Value) ((Width)'(systole_fault_pkg::fault(`"Point`", 2048'({Value}))))
`else
`define FAULT(Point, Width, Value) (Value)
`endif
`endif
