// SPDX-License-Identifier: Apache-2.0
// Generated from driver/serial_link.def; `make gen-bitstreams` rewrites it.
`default_nettype none
package systole_link_pkg;

  localparam logic [7:0] LINK_REQUEST_MARK = 8'ha5;  // First byte of a request
  localparam logic [7:0] LINK_ANSWER_MARK = 8'h5a;  // First byte of an answer
  localparam logic [7:0] LINK_REQUEST_BYTES = 8'h0c;  // Operation, number, count (16), address (32), value (32); their CRC follows
  localparam logic [7:0] LINK_ANSWER_BYTES = 8'h08;  // State, number, count (16), value (32); their CRC follows
  localparam logic [7:0] LINK_CRC_BYTES = 8'h04;  // CRC-32 as in zlib, of what was sent since the mark or since the CRC before
  localparam logic [7:0] LINK_OP_INFO = 8'h01;  // Answers word `address` of those below; forgets which request was the last
  localparam logic [7:0] LINK_OP_READ_REGISTER = 8'h02;  // Answers the register at `address`
  localparam logic [7:0] LINK_OP_WRITE_REGISTER = 8'h03;  // Writes `value`; once, however often a request with the same number comes
  localparam logic [7:0] LINK_OP_READ_MEMORY = 8'h04;  // Answers `count` bytes from `address` on
  localparam logic [7:0] LINK_OP_WRITE_MEMORY = 8'h05;  // Writes the `count` bytes that follow, with a CRC of their own
  localparam logic [7:0] LINK_OP_ZERO_MEMORY = 8'h06;  // Clears `count` blocks of 64 bytes
  localparam logic [7:0] LINK_STATE_OK = 8'h00;  // Done
  localparam logic [7:0] LINK_STATE_BAD_CRC = 8'h01;  // The bytes of a write were not those that were sent: send again
  localparam logic [7:0] LINK_STATE_BAD_OP = 8'h02;  // There is no such operation
  localparam logic [7:0] LINK_STATE_BAD_ADDRESS = 8'h03;  // Not inside the memory
  localparam logic [7:0] LINK_STATE_BAD_REGISTER = 8'h04;  // The registers answered with an error
  localparam logic [7:0] LINK_INFO_LINK = 8'h00;  // VERSION, below
  localparam logic [7:0] LINK_INFO_MEMORY_BYTES = 8'h01;  // Size of the memory, which begins at address 0
  localparam logic [7:0] LINK_INFO_CLOCK_HZ = 8'h02;  // Clock of the core
  localparam logic [7:0] LINK_INFO_CLOCKS_PER_BIT = 8'h03;  // Of the line
  localparam logic [7:0] LINK_INFO_ERRORS = 8'h04;  // Frames that were dropped, since reset: CRC, framing or silence
  localparam logic [7:0] LINK_INFO_WORDS = 8'h05;  // How many there are
  localparam logic [31:0] LINK_VERSION = 32'h53590001;  // Of this page

endpackage
`default_nettype wire
