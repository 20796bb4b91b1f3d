// SPDX-License-Identifier: Apache-2.0
// A memory of several banks, chosen by the highest address bits, with two read and two write ports.
//
// Each bank does one read and one write a cycle. Port 0 always gets its bank; port 1 is granted when port 0 does not use that
// bank in the same cycle (req_i && gnt_o is the access). Latency: read data two cycles after the grant, for one cycle.
// So a program that keeps its users in different banks never waits.
// PARITY: r0_bad_o and r1_bad_o tell, in the cycle after a port's data, that its word does not match its parity (systole_ram).
// Legal parameters: DEPTH (words, all banks together) and BANKS powers of two, DEPTH >= 2 * BANKS.
`default_nettype none
module systole_banks #(
  parameter int unsigned WORD_BYTES = 64,
  parameter int unsigned DEPTH = 1024,
  parameter int unsigned BANKS = 2,
  parameter bit          PARITY = 1'b0,
  localparam int unsigned AddrBits = $clog2(DEPTH),
  localparam int unsigned Bits = 8 * WORD_BYTES
) (
  input  wire                   clk_i,
  input  wire                   r0_req_i,
  input  wire  [AddrBits-1:0]   r0_addr_i,
  output logic [Bits-1:0]       r0_data_o,
  output logic                  r0_bad_o,
  input  wire                   r1_req_i,
  output logic                  r1_gnt_o,
  input  wire  [AddrBits-1:0]   r1_addr_i,
  output logic [Bits-1:0]       r1_data_o,
  output logic                  r1_bad_o,
  input  wire                   w0_req_i,
  input  wire  [AddrBits-1:0]   w0_addr_i,
  input  wire  [Bits-1:0]       w0_data_i,
  input  wire  [WORD_BYTES-1:0] w0_be_i,
  input  wire                   w1_req_i,
  output logic                  w1_gnt_o,
  input  wire  [AddrBits-1:0]   w1_addr_i,
  input  wire  [Bits-1:0]       w1_data_i,
  input  wire  [WORD_BYTES-1:0] w1_be_i
);

  // One bank still has a bank number, of one bit that is always 0.
  localparam int unsigned BankBits = (BANKS > 1) ? $clog2(BANKS) : 1;
  localparam int unsigned BankDepth = DEPTH / BANKS;
  localparam int unsigned InBits = $clog2(BankDepth);

  if (BANKS < 1 || (BANKS & (BANKS - 1)) != 0 || (DEPTH & (DEPTH - 1)) != 0 || DEPTH < 2 * BANKS) begin : gen_bad
    $error("systole_banks: BANKS and DEPTH must be powers of two, with at least two words in a bank");
  end

  logic [BankBits-1:0] r0_bank, r1_bank, w0_bank, w1_bank;
  logic [BankBits-1:0] r0_bank_q, r0_bank_q2, r1_bank_q, r1_bank_q2;
  logic [Bits-1:0]     rdata[BANKS];
  logic [BANKS-1:0]    r0_bad, r1_bad;

  if (BANKS > 1) begin : gen_select
    assign r0_bank = r0_addr_i[AddrBits-1-:BankBits];
    assign r1_bank = r1_addr_i[AddrBits-1-:BankBits];
    assign w0_bank = w0_addr_i[AddrBits-1-:BankBits];
    assign w1_bank = w1_addr_i[AddrBits-1-:BankBits];
  end else begin : gen_single
    assign r0_bank = '0;
    assign r1_bank = '0;
    assign w0_bank = '0;
    assign w1_bank = '0;
  end

  assign r1_gnt_o = !(r0_req_i && r0_bank == r1_bank);
  assign w1_gnt_o = !(w0_req_i && w0_bank == w1_bank);

  for (genvar b = 0; b < BANKS; b++) begin : gen_bank
    logic r0_here, re, bad;
    assign r0_here = r0_req_i && r0_bank == BankBits'(b);
    assign re = r0_here || (r1_req_i && r1_bank == BankBits'(b));
    systole_ram #(
      .WORD_BYTES(WORD_BYTES),
      .DEPTH(BankDepth),
      .PARITY(PARITY)
    ) u_ram (
      .clk_i,
      .re_i(re),
      .raddr_i(r0_here ? r0_addr_i[InBits-1:0] : r1_addr_i[InBits-1:0]),
      .rdata_o(rdata[b]),
      .bad_o(bad),
      .we_i(w0_req_i && w0_bank == BankBits'(b)),
      .waddr_i(w0_addr_i[InBits-1:0]),
      .wdata_i(w0_data_i),
      .wbe_i(w0_be_i),
      .we2_i(w1_req_i && w1_bank == BankBits'(b)),
      .waddr2_i(w1_addr_i[InBits-1:0]),
      .wdata2_i(w1_data_i),
      .wbe2_i(w1_be_i)
    );
    if (PARITY) begin : gen_whose
      logic [2:0] r0_here_q;  // from the read to its verdict
      always_ff @(posedge clk_i) r0_here_q <= {r0_here_q[1:0], r0_here};
      assign r0_bad[b] = bad && r0_here_q[2];
      assign r1_bad[b] = bad && !r0_here_q[2];
    end else begin : gen_sound
      logic unused_bad;
      assign unused_bad = bad;
      assign {r0_bad[b], r1_bad[b]} = '0;
    end
  end
  assign r0_bad_o = r0_bad != '0;
  assign r1_bad_o = r1_bad != '0;

  always_ff @(posedge clk_i) begin : which_bank
    r0_bank_q  <= r0_bank;
    r0_bank_q2 <= r0_bank_q;
    r1_bank_q  <= r1_bank;
    r1_bank_q2 <= r1_bank_q;
  end

  if (BANKS > 1) begin : gen_choose
    assign r0_data_o = rdata[r0_bank_q2];
    assign r1_data_o = rdata[r1_bank_q2];
  end else begin : gen_only
    logic unused;
    assign unused = ^{r0_bank_q2, r1_bank_q2};
    assign r0_data_o = rdata[0];
    assign r1_data_o = rdata[0];
  end

endmodule
`default_nettype wire
