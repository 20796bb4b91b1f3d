// SPDX-License-Identifier: Apache-2.0
// Faults on purpose, for simulators built with FAULTS=1: a value on its way through the RTL is shown to fault.c, which gives it back.
`default_nettype none
package systole_fault_pkg;

  import "DPI-C" function void systole_fault(input string point, input bit [2047:0] value, output bit [2047:0] result);

  function automatic bit [2047:0] fault(input string point, input bit [2047:0] value);
    bit [2047:0] result;
    systole_fault(point, value, result);
    return result;
  endfunction

endpackage
`default_nettype wire
