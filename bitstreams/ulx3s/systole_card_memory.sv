// SPDX-License-Identifier: Apache-2.0
// The card's memory, on chip: block RAM behind the core's AXI master, with a port for the link that goes before it.
//
// Latency: a word is read two cycles after the request (the RAM and its output register); the core's bursts one beat a cycle, one
// burst of reads and one of writes at a time. Addresses begin at 0; a burst that is not wholly inside gets errors and does nothing.
// Handshake: the link's accesses are always granted, its data come with link_valid_o.
// Legal parameters: MEMORY_BYTES a power of two, at least 64.
`default_nettype none
module systole_card_memory #(
  parameter int unsigned MEMORY_BYTES = 131072,
  localparam int unsigned AddrBits = $clog2(MEMORY_BYTES / 8)
) (
  input  wire                 clk_i,
  input  wire                 rst_ni,
  // the core
  input  wire                 ar_valid_i,
  output logic                ar_ready_o,
  input  wire  [0:0]          ar_id_i,
  input  wire  [63:0]         ar_addr_i,
  input  wire  [7:0]          ar_len_i,
  output logic                r_valid_o,
  input  wire                 r_ready_i,
  output logic [0:0]          r_id_o,
  output logic [63:0]         r_data_o,
  output logic [1:0]          r_resp_o,
  output logic                r_last_o,
  input  wire                 aw_valid_i,
  output logic                aw_ready_o,
  input  wire  [63:0]         aw_addr_i,
  input  wire  [7:0]          aw_len_i,
  input  wire                 w_valid_i,
  output logic                w_ready_o,
  input  wire  [63:0]         w_data_i,
  input  wire  [7:0]          w_strb_i,
  input  wire                 w_last_i,
  output logic                b_valid_o,
  input  wire                 b_ready_i,
  output logic [1:0]          b_resp_o,
  // the link
  input  wire                 link_read_i,
  input  wire  [7:0]          link_write_i,
  input  wire  [AddrBits-1:0] link_addr_i,
  input  wire  [63:0]         link_data_i,
  output logic                link_valid_o,
  output logic [63:0]         link_data_o
);

  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] DecodeError = 2'b11;
  localparam int unsigned Answers = 8;

  // A burst's last byte is inside too: beats are whole words.
  function automatic logic is_inside(input logic [60:0] word, input logic [7:0] len);
    logic [AddrBits:0] past;
    past = {1'b0, word[AddrBits-1:0]} + (AddrBits + 1)'(len);
    return word[60:AddrBits] == '0 && !past[AddrBits];
  endfunction

  (* no_rw_check *) logic [63:0] mem[MEMORY_BYTES/8];
  logic                re, we, re_q, link_re_q;
  logic [AddrBits-1:0] raddr, waddr;
  logic [63:0]         wdata, word_q, rdata_q;
  logic [7:0]          wbe;

  always_ff @(posedge clk_i) begin : read
    if (re) word_q <= mem[raddr];
    if (re_q) rdata_q <= word_q;
  end
  always_ff @(posedge clk_i) begin : write
    for (int unsigned b = 0; b < 8; b++) if (we && wbe[b]) mem[waddr][8*b+:8] <= wdata[8*b+:8];
  end
`ifdef VERILATOR
  initial for (int unsigned i = 0; i < MEMORY_BYTES / 8; i++) mem[i] = '0;
`endif

  // ---- reads: a beat is asked for when there is a place for it in the queue of answers ----
  logic                ar_busy_q, ar_bad_q, issue, last, beat_valid_q, beat_valid_q2, answer_ready;
  logic                ar_id_q;
  logic [7:0]          ar_left_q;
  logic [AddrBits-1:0] ar_word_q;
  logic [3:0]          beat_q, beat_q2;  // ID, error, last
  logic [3:0]          waiting;
  logic [3:0]          under_way_q;
  logic                link_valid_q;

  assign last = ar_left_q == '0;
  assign issue = ar_busy_q && !link_read_i && under_way_q != 4'(Answers);
  assign ar_ready_o = !ar_busy_q;
  assign re = link_read_i || issue;
  assign raddr = link_read_i ? link_addr_i : ar_word_q;

  systole_fifo #(
    .WIDTH(68), .DEPTH(Answers)
  ) u_answers (
    .clk_i, .rst_ni,
    .in_valid_i(beat_valid_q2), .in_ready_o(answer_ready), .in_data_i({beat_q2, rdata_q}),
    .out_valid_o(r_valid_o), .out_ready_i(r_ready_i), .out_data_o({r_id_o, r_resp_o, r_last_o, r_data_o}), .count_o(waiting)
  );

  always_ff @(posedge clk_i) begin : reads
    re_q          <= re;
    link_re_q     <= link_read_i;
    link_valid_q  <= link_re_q;
    beat_valid_q  <= issue;
    beat_valid_q2 <= beat_valid_q;
    beat_q        <= {ar_id_q, ar_bad_q ? DecodeError : Okay, last};
    beat_q2       <= beat_q;
    under_way_q   <= under_way_q + 4'(issue) - 4'(r_valid_o && r_ready_i);
    if (issue) begin
      ar_word_q <= ar_word_q + 1'b1;
      ar_left_q <= ar_left_q - 1'b1;
      if (last) ar_busy_q <= 1'b0;
    end
    if (ar_valid_i && ar_ready_o) begin
      ar_busy_q <= 1'b1;
      ar_id_q   <= ar_id_i[0];
      ar_bad_q  <= !is_inside(ar_addr_i[63:3], ar_len_i);
      ar_left_q <= ar_len_i;
      ar_word_q <= ar_addr_i[3+:AddrBits];
    end
    if (!rst_ni) begin
      ar_busy_q     <= 1'b0;
      beat_valid_q  <= 1'b0;
      beat_valid_q2 <= 1'b0;
      under_way_q   <= '0;
      link_re_q     <= 1'b0;
      link_valid_q  <= 1'b0;
    end
  end
  assign link_valid_o = link_valid_q;
  assign link_data_o = rdata_q;

  // ---- writes ----
  logic                aw_busy_q, aw_bad_q, b_valid_q, link_writes, beat;
  logic [AddrBits-1:0] aw_word_q;

  assign link_writes = link_write_i != '0;
  assign aw_ready_o = !aw_busy_q && !b_valid_q;
  assign w_ready_o = aw_busy_q && !link_writes;
  assign beat = w_valid_i && w_ready_o;
  assign we = link_writes || (beat && !aw_bad_q);
  assign waddr = link_writes ? link_addr_i : aw_word_q;
  assign wdata = link_writes ? link_data_i : w_data_i;
  assign wbe = link_writes ? link_write_i : w_strb_i;
  assign b_valid_o = b_valid_q;
  assign b_resp_o = aw_bad_q ? DecodeError : Okay;

  always_ff @(posedge clk_i) begin : writes
    if (b_ready_i) b_valid_q <= 1'b0;
    if (beat) begin
      aw_word_q <= aw_word_q + 1'b1;
      if (w_last_i) begin
        aw_busy_q <= 1'b0;
        b_valid_q <= 1'b1;
      end
    end
    if (aw_valid_i && aw_ready_o) begin
      aw_busy_q <= 1'b1;
      aw_bad_q  <= !is_inside(aw_addr_i[63:3], aw_len_i);
      aw_word_q <= aw_addr_i[3+:AddrBits];
    end
    if (!rst_ni) begin
      aw_busy_q <= 1'b0;
      b_valid_q <= 1'b0;
    end
  end

  logic unused;
  assign unused = ^{waiting, ar_addr_i[2:0], aw_addr_i[2:0], answer_ready};

endmodule
`default_nettype wire
