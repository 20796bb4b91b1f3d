// SPDX-License-Identifier: Apache-2.0
// Bytes to a serial line: one start bit, eight bits (lowest first), one stop bit; the line is high between them.
//
// Throughput: a byte in ten bits. Handshake: valid/ready. Legal parameters: CLOCKS_PER_BIT at least 2.
`default_nettype none
module systole_uart_tx #(
  parameter int unsigned CLOCKS_PER_BIT = 5,
  localparam int unsigned CountBits = $clog2(CLOCKS_PER_BIT)
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        valid_i,
  output logic       ready_o,
  input  wire  [7:0] data_i,
  output logic       line_o
);

  if (CLOCKS_PER_BIT < 2) begin : gen_bad
    $error("systole_uart_tx: CLOCKS_PER_BIT must be at least 2");
  end

  logic [CountBits-1:0] count_q;
  logic [3:0]           left_q;
  logic [8:0]           bits_q;

  assign ready_o = left_q == '0;

  always_ff @(posedge clk_i) begin
    if (ready_o) begin
      if (valid_i) begin
        bits_q  <= {1'b1, data_i};
        line_o  <= 1'b0;
        left_q  <= 4'd10;
        count_q <= CountBits'(CLOCKS_PER_BIT - 1);
      end
    end else if (count_q == '0) begin
      count_q <= CountBits'(CLOCKS_PER_BIT - 1);
      bits_q  <= {1'b1, bits_q[8:1]};
      line_o  <= bits_q[0];
      left_q  <= left_q - 1'b1;
    end else begin
      count_q <= count_q - 1'b1;
    end
    if (!rst_ni) begin
      left_q <= '0;
      line_o <= 1'b1;
    end
  end

endmodule
`default_nettype wire
