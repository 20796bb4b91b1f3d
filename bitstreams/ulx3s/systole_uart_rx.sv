// SPDX-License-Identifier: Apache-2.0
// Bytes from a serial line: one start bit, eight bits (lowest first), one stop bit.
//
// Latency: a byte is there half a stop bit after its last bit. Handshake: valid_o or error_o for one cycle; nobody can refuse.
// error_o: no stop bit where one belongs; then the line must go idle before the next start.
// Legal parameters: CLOCKS_PER_BIT at least 4.
`default_nettype none
module systole_uart_rx #(
  parameter int unsigned CLOCKS_PER_BIT = 5,
  localparam int unsigned CountBits = $clog2(CLOCKS_PER_BIT)
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        line_i,  // asynchronous
  output logic       valid_o,
  output logic       error_o,
  output logic [7:0] data_o
);

  if (CLOCKS_PER_BIT < 4) begin : gen_bad
    $error("systole_uart_rx: CLOCKS_PER_BIT must be at least 4");
  end

  typedef enum logic [1:0] {Idle, Start, Bits, Broken} state_e;
  state_e               state_q;
  logic [2:0]           line_q;
  logic [CountBits-1:0] count_q;
  logic [3:0]           left_q;  // bits to come, the stop bit too
  logic                 line, sample;

  assign line = line_q[2];
  assign sample = count_q == '0;

  always_ff @(posedge clk_i) begin
    line_q  <= {line_q[1:0], line_i};
    valid_o <= 1'b0;
    error_o <= 1'b0;
    count_q <= sample ? CountBits'(CLOCKS_PER_BIT - 1) : count_q - 1'b1;
    unique case (state_q)
      Idle: begin
        count_q <= CountBits'(CLOCKS_PER_BIT / 2 - 1);
        if (!line) state_q <= Start;
      end
      Start: begin
        left_q <= 4'd9;
        if (sample) state_q <= line ? Idle : Bits;  // a spike is no start bit
      end
      Bits: if (sample) begin
        left_q <= left_q - 1'b1;
        if (left_q == 4'd1) begin
          valid_o <= line;
          error_o <= !line;
          state_q <= line ? Idle : Broken;
        end else begin
          data_o <= {line, data_o[7:1]};
        end
      end
      default: if (line) state_q <= Idle;
    endcase
    if (!rst_ni) begin
      state_q <= Broken;
      valid_o <= 1'b0;
      error_o <= 1'b0;
    end
  end

endmodule
`default_nettype wire
