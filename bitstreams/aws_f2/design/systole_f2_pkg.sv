// SPDX-License-Identifier: Apache-2.0
// Generated from driver/backend_f2_registers.def; `make gen-f2` rewrites it.
`default_nettype none
package systole_f2_pkg;
  localparam logic [31:0] F2_MAGIC = 32'h1000;
  localparam logic [31:0] F2_LAYOUT = 32'h1004;
  localparam logic [31:0] F2_MEMORY_MIB = 32'h1008;
  localparam logic [31:0] F2_STATUS = 32'h100c;
  localparam logic [31:0] F2_IRQ_REQUESTED = 32'h1010;
  localparam logic [31:0] F2_IRQ_ACCEPTED = 32'h1014;
  localparam logic [31:0] F2_MAGIC_VALUE = 32'h53594632;
  localparam logic [31:0] F2_LAYOUT_VALUE = 32'd1;
endpackage
`default_nettype wire
