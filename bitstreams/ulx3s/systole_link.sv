// SPDX-License-Identifier: Apache-2.0
// Requests from a serial line, turned into accesses to the core's registers and to the card's memory (driver/serial_link.def).
//
// A request is a mark, a header with a CRC of its own, and for a write to memory the bytes with another. A header whose CRC is
// wrong is no request, and nothing answers it: the search for a mark goes on. A frame that stops half way, for GAP_CLOCKS, is
// dropped, so the line always comes back to a state in which the next request is understood.
// Bytes written to memory go there as they come, for their place was checked before; when their CRC is wrong the answer says so
// and they are sent again. A register is written once for each number of a request: an answer that got lost may be asked for again.
//
// Latency: a register in about 10 cycles, memory at the speed of the line. One request at a time; what comes during an answer is lost.
// Legal parameters: MEMORY_BYTES a power of two, at least 64; GAP_CLOCKS at least twenty times the clocks of a bit.
`default_nettype none
module systole_link
  import systole_link_pkg::*;
#(
  parameter int unsigned MEMORY_BYTES = 131072,
  parameter int unsigned CLOCK_HZ = 15000000,
  parameter int unsigned CLOCKS_PER_BIT = 5,
  parameter int unsigned GAP_CLOCKS = 262144,
  localparam int unsigned AddrBits = $clog2(MEMORY_BYTES / 8)
) (
  input  wire                 clk_i,
  input  wire                 rst_ni,
  // the line
  input  wire                 rx_valid_i,
  input  wire                 rx_error_i,
  input  wire  [7:0]          rx_data_i,
  output logic                tx_valid_o,
  input  wire                 tx_ready_i,
  output logic [7:0]          tx_data_o,
  output logic [31:0]         errors_o,
  // registers of the core
  output logic                aw_valid_o,
  input  wire                 aw_ready_i,
  output logic                w_valid_o,
  input  wire                 w_ready_i,
  output logic                ar_valid_o,
  input  wire                 ar_ready_i,
  output logic [11:0]         reg_addr_o,
  output logic [31:0]         reg_data_o,
  input  wire                 b_valid_i,
  input  wire  [1:0]          b_resp_i,
  input  wire                 r_valid_i,
  input  wire  [31:0]         r_data_i,
  input  wire  [1:0]          r_resp_i,
  // memory, words of 8 bytes: always granted, what is read comes with mem_valid_i
  output logic                mem_read_o,
  output logic [7:0]          mem_write_o,  // bytes of the word
  output logic [AddrBits-1:0] mem_addr_o,
  output logic [63:0]         mem_data_o,
  input  wire                 mem_valid_i,
  input  wire  [63:0]         mem_data_i
);

  typedef enum logic [3:0] {
    Hunt, Header, Execute, Bytes, Judge, Write, Read, Zero, Answer, Crc, Fetch, Wait, Data, DataCrc
  } state_e;

  localparam logic [31:0] CrcStart = 32'hffffffff;
  localparam logic [31:0] CrcGood = 32'hdebb20e3;  // what is left after data and their own CRC
  localparam int unsigned GapBits = $clog2(GAP_CLOCKS + 1);
  localparam int unsigned RequestAll = 32'(LINK_REQUEST_BYTES) + 32'(LINK_CRC_BYTES);

  function automatic logic [31:0] crc_step(input logic [31:0] old, input logic [7:0] data);
    logic [31:0] c;
    c = old ^ {24'd0, data};
    for (int unsigned i = 0; i < 8; i++) c = (c >> 1) ^ (c[0] ? 32'hedb88320 : 32'd0);
    return c;
  endfunction

  state_e              state_q;
  logic [95:0]         header_q;
  logic [7:0]          last_q, answer_q;
  logic                last_valid_q, inside_q, aw_q, w_q, ar_q;
  logic [4:0]          index_q;
  logic [22:0]         left_q;  // bytes to come, or words to clear
  logic [31:0]         addr_q, value_q, crc_q, errors_q;
  logic [15:0]         sent_q;  // bytes that follow the answer
  logic [63:0]         word_q;
  logic [GapBits-1:0]  gap_q;

  logic [7:0]  op, number;
  logic [15:0] count;
  logic [31:0] addr, value;
  assign op = header_q[7:0];
  assign number = header_q[15:8];
  assign count = header_q[31:16];
  assign addr = header_q[63:32];
  assign value = header_q[95:64];

  // What is asked of the memory, in bytes; one more bit than an address has.
  logic [32:0] end_of_it;
  logic        is_inside;
  assign end_of_it = {1'b0, addr} + (op == LINK_OP_ZERO_MEMORY ? {11'd0, count, 6'd0} : {17'd0, count});
  assign is_inside = end_of_it <= 33'(MEMORY_BYTES) && (op != LINK_OP_ZERO_MEMORY || addr[5:0] == '0);

  logic receiving, silent, sent, drop;
  logic [31:0] crc_rx, crc_tx;
  assign receiving = state_q == Header || state_q == Bytes;
  assign silent = receiving && gap_q == '0;
  assign drop = (receiving && rx_error_i) || silent;
  assign sent = tx_valid_o && tx_ready_i;
  assign crc_rx = crc_step(crc_q, rx_data_i);
  assign crc_tx = crc_step(crc_q, tx_data_o);
  assign errors_o = errors_q;

  logic [31:0] info;
  always_comb begin : infos
    unique case (addr[7:0])
      LINK_INFO_LINK: info = LINK_VERSION;
      LINK_INFO_MEMORY_BYTES: info = MEMORY_BYTES;
      LINK_INFO_CLOCK_HZ: info = CLOCK_HZ;
      LINK_INFO_CLOCKS_PER_BIT: info = CLOCKS_PER_BIT;
      LINK_INFO_ERRORS: info = errors_q;
      default: info = '0;
    endcase
  end

  // ---- what is sent: the answer's mark and header, its CRC; then the bytes and theirs ----
  logic [63:0] answer;
  assign answer = {value_q, sent_q, number, answer_q};
  always_comb begin : send
    tx_valid_o = 1'b0;
    tx_data_o = LINK_ANSWER_MARK;
    unique case (state_q)
      Answer: begin
        tx_valid_o = 1'b1;
        if (index_q != '0) tx_data_o = answer[8*(index_q[3:0]-4'd1)+:8];
      end
      Crc, DataCrc: begin
        tx_valid_o = 1'b1;
        tx_data_o = ~crc_q[8*index_q[1:0]+:8];
      end
      Data: begin
        tx_valid_o = 1'b1;
        tx_data_o = word_q[8*addr_q[2:0]+:8];
      end
      default: ;
    endcase
  end

  // ---- memory ----
  assign mem_addr_o = addr_q[3+:AddrBits];
  assign mem_read_o = state_q == Fetch;
  always_comb begin : write
    mem_write_o = '0;
    mem_data_o = '0;
    if (state_q == Zero) begin
      mem_write_o = '1;
    end else if (state_q == Bytes && rx_valid_i && left_q > 23'(LINK_CRC_BYTES) && inside_q) begin
      mem_write_o = 8'd1 << addr_q[2:0];
      mem_data_o = {8{rx_data_i}};
    end
  end

  // ---- registers ----
  assign aw_valid_o = aw_q;
  assign w_valid_o = w_q;
  assign ar_valid_o = ar_q;
  assign reg_addr_o = addr[11:0];
  assign reg_data_o = value;

  always_ff @(posedge clk_i) begin : machine
    gap_q <= (rx_valid_i || !receiving) ? GapBits'(GAP_CLOCKS) : gap_q - 1'b1;
    if (aw_ready_i) aw_q <= 1'b0;
    if (w_ready_i) w_q <= 1'b0;
    if (ar_ready_i) ar_q <= 1'b0;

    unique case (state_q)
      Hunt: begin
        crc_q   <= CrcStart;
        index_q <= '0;
        if (rx_valid_i && rx_data_i == LINK_REQUEST_MARK) state_q <= Header;
      end
      Header: if (rx_valid_i) begin
        crc_q   <= crc_rx;
        index_q <= index_q + 1'b1;
        if (index_q < 5'(LINK_REQUEST_BYTES)) header_q <= {rx_data_i, header_q[95:8]};
        if (index_q == 5'(RequestAll - 1)) begin
          state_q <= crc_rx == CrcGood ? Execute : Hunt;
          if (crc_rx != CrcGood) errors_q <= errors_q + 1'b1;
        end
      end
      Execute: begin
        crc_q        <= CrcStart;
        index_q      <= '0;
        addr_q       <= addr;
        value_q      <= '0;
        sent_q       <= '0;
        answer_q     <= LINK_STATE_OK;
        inside_q     <= is_inside;
        left_q       <= 23'(count);
        last_q       <= number;
        last_valid_q <= 1'b1;
        state_q      <= Answer;
        unique case (op)
          LINK_OP_INFO: begin
            value_q      <= info;
            last_valid_q <= 1'b0;
          end
          LINK_OP_READ_REGISTER, LINK_OP_WRITE_REGISTER: begin
            if (addr[31:12] != '0) begin
              answer_q <= LINK_STATE_BAD_REGISTER;
            end else if (op == LINK_OP_READ_REGISTER) begin
              ar_q    <= 1'b1;
              state_q <= Read;
            end else if (!last_valid_q || last_q != number) begin
              aw_q    <= 1'b1;
              w_q     <= 1'b1;
              state_q <= Write;
            end
          end
          LINK_OP_READ_MEMORY: begin
            if (is_inside) sent_q <= count;
            else answer_q <= LINK_STATE_BAD_ADDRESS;
          end
          LINK_OP_WRITE_MEMORY: begin
            left_q  <= 23'(count) + 23'(LINK_CRC_BYTES);
            state_q <= Bytes;
          end
          LINK_OP_ZERO_MEMORY: begin
            left_q <= {4'd0, count, 3'd0};
            if (!is_inside) answer_q <= LINK_STATE_BAD_ADDRESS;
            else if (count != '0) state_q <= Zero;
          end
          default: answer_q <= LINK_STATE_BAD_OP;
        endcase
      end
      Bytes: if (rx_valid_i) begin
        crc_q  <= crc_rx;
        left_q <= left_q - 1'b1;
        if (left_q > 23'(LINK_CRC_BYTES)) addr_q <= addr_q + 1'b1;
        if (left_q == 23'd1) state_q <= Judge;
      end
      Judge: begin
        if (!inside_q) answer_q <= LINK_STATE_BAD_ADDRESS;
        if (crc_q != CrcGood) begin
          answer_q <= LINK_STATE_BAD_CRC;
          errors_q <= errors_q + 1'b1;
        end
        crc_q   <= CrcStart;
        state_q <= Answer;
      end
      Write: if (b_valid_i) begin
        if (b_resp_i != 2'b00) answer_q <= LINK_STATE_BAD_REGISTER;
        state_q <= Answer;
      end
      Read: if (r_valid_i) begin
        value_q <= r_data_i;
        if (r_resp_i != 2'b00) answer_q <= LINK_STATE_BAD_REGISTER;
        state_q <= Answer;
      end
      Zero: begin
        addr_q <= addr_q + 32'd8;
        left_q <= left_q - 1'b1;
        if (left_q == 23'd1) state_q <= Answer;
      end
      Answer: if (sent) begin
        // The CRC begins behind the mark.
        if (index_q != '0) crc_q <= crc_tx;
        index_q <= index_q + 1'b1;
        if (index_q == 5'(LINK_ANSWER_BYTES)) begin
          index_q <= '0;
          state_q <= Crc;
        end
      end
      Crc: if (sent) begin
        index_q <= index_q + 1'b1;
        if (index_q == 5'(LINK_CRC_BYTES) - 5'd1) begin
          crc_q   <= CrcStart;
          index_q <= '0;
          state_q <= sent_q == '0 ? Hunt : Fetch;
        end
      end
      Fetch: state_q <= Wait;
      Wait: begin
        word_q <= mem_data_i;
        if (mem_valid_i) state_q <= Data;
      end
      Data: if (sent) begin
        crc_q  <= crc_tx;
        addr_q <= addr_q + 1'b1;
        sent_q <= sent_q - 1'b1;
        if (sent_q == 16'd1) state_q <= DataCrc;
        else if (addr_q[2:0] == 3'd7) state_q <= Fetch;
      end
      default: if (sent) begin
        index_q <= index_q + 1'b1;
        if (index_q == 5'(LINK_CRC_BYTES) - 5'd1) state_q <= Hunt;
      end
    endcase

    if (drop) begin
      state_q  <= Hunt;
      errors_q <= errors_q + 1'b1;
    end
    if (!rst_ni) begin
      state_q      <= Hunt;
      last_valid_q <= 1'b0;
      errors_q     <= '0;
      aw_q         <= 1'b0;
      w_q          <= 1'b0;
      ar_q         <= 1'b0;
    end
  end

endmodule
`default_nettype wire
