// SPDX-License-Identifier: Apache-2.0
// A netlist of systole_core driven with the wires that a simulation of the RTL recorded (sim/wires.h), one program behind the other, each
// from a reset on. In every cycle every output must be what was recorded; a payload counts while its valid is high. An unknown value is
// never equal.
//
//   vvp ... +list=FILE [+most=N]   the recordings, a name a line; after N cycles that differ (100) it is given up
//
// The first cycles that differ are shown. Ends with a line 'N programs, N cycles, N differ', which counts what was compared.
`timescale 1ns / 1ps
module netlist_bench;

  parameter AXI_BYTES = 8;
  localparam DataBits = 8 * AXI_BYTES;
  localparam MostShown = 5;

  // Inputs and outputs in the order of a line.
  reg clk, rst_n;
  reg s_aw_valid, s_w_valid, s_b_ready, s_ar_valid, s_r_ready;
  reg [11:0] s_aw_addr, s_ar_addr;
  reg [31:0] s_w_data;
  reg [3:0] s_w_strb;
  reg m_ar_ready, m_r_valid, m_r_id, m_r_last, m_aw_ready, m_w_ready, m_b_valid;
  reg [1:0] m_r_resp, m_b_resp;
  reg [DataBits-1:0] m_r_data;

  wire irq, busy, s_aw_ready, s_w_ready, s_b_valid, s_ar_ready, s_r_valid;
  wire [1:0] s_b_resp, s_r_resp;
  wire [31:0] s_r_data;
  wire m_ar_valid, m_ar_id, m_r_ready, m_aw_valid, m_w_valid, m_w_last, m_b_ready;
  wire [63:0] m_ar_addr, m_aw_addr;
  wire [7:0] m_ar_len, m_aw_len;
  wire [DataBits-1:0] m_w_data;
  wire [AXI_BYTES-1:0] m_w_strb;

  systole_core dut (
    .clk_i(clk), .rst_ni(rst_n),
    .s_aw_valid_i(s_aw_valid), .s_aw_ready_o(s_aw_ready), .s_aw_addr_i(s_aw_addr),
    .s_w_valid_i(s_w_valid), .s_w_ready_o(s_w_ready), .s_w_data_i(s_w_data), .s_w_strb_i(s_w_strb),
    .s_b_valid_o(s_b_valid), .s_b_ready_i(s_b_ready), .s_b_resp_o(s_b_resp),
    .s_ar_valid_i(s_ar_valid), .s_ar_ready_o(s_ar_ready), .s_ar_addr_i(s_ar_addr),
    .s_r_valid_o(s_r_valid), .s_r_ready_i(s_r_ready), .s_r_data_o(s_r_data), .s_r_resp_o(s_r_resp),
    .irq_o(irq), .busy_o(busy),
    .m_ar_valid_o(m_ar_valid), .m_ar_ready_i(m_ar_ready), .m_ar_id_o(m_ar_id), .m_ar_addr_o(m_ar_addr), .m_ar_len_o(m_ar_len),
    .m_r_valid_i(m_r_valid), .m_r_ready_o(m_r_ready), .m_r_id_i(m_r_id), .m_r_data_i(m_r_data), .m_r_resp_i(m_r_resp),
    .m_r_last_i(m_r_last),
    .m_aw_valid_o(m_aw_valid), .m_aw_ready_i(m_aw_ready), .m_aw_addr_o(m_aw_addr), .m_aw_len_o(m_aw_len),
    .m_w_valid_o(m_w_valid), .m_w_ready_i(m_w_ready), .m_w_data_o(m_w_data), .m_w_strb_o(m_w_strb), .m_w_last_o(m_w_last),
    .m_b_valid_i(m_b_valid), .m_b_ready_o(m_b_ready), .m_b_resp_i(m_b_resp)
  );

  // What was recorded of the outputs: seven levels of the registers' bus, seven of the memory's, the payloads.
  reg [6:0] s_levels, m_levels;
  reg [1:0] want_b_resp, want_r_resp;
  reg [31:0] want_r_data;
  reg [63:0] want_ar_addr, want_aw_addr;
  reg [7:0] want_ar_len, want_aw_len;
  reg [DataBits-1:0] want_w_data;
  reg [AXI_BYTES-1:0] want_w_strb;
  reg [4:0] s_in;
  reg [6:0] m_in;

  wire [6:0] s_now = {irq, busy, s_aw_ready, s_w_ready, s_b_valid, s_ar_ready, s_r_valid};
  wire [6:0] m_now = {m_ar_valid, m_ar_valid & m_ar_id, m_r_ready, m_aw_valid, m_w_valid, m_w_valid & m_w_last, m_b_ready};
  wire same = s_now === s_levels && m_now === m_levels
      && (!s_levels[2] || s_b_resp === want_b_resp)
      && (!s_levels[0] || {s_r_resp, s_r_data} === {want_r_resp, want_r_data})
      && (!m_levels[6] || {m_ar_addr, m_ar_len} === {want_ar_addr, want_ar_len})
      && (!m_levels[3] || {m_aw_addr, m_aw_len} === {want_aw_addr, want_aw_len})
      && (!m_levels[2] || {m_w_data, m_w_strb} === {want_w_data, want_w_strb});

  integer list, file, got, programs, cycles, cycle, differ, most;
  reg [8*512-1:0] name;

  task edge_of_clock;
    begin
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      #1;
    end
  endtask

  task reset;
    begin
      rst_n = 1'b0;
      {s_aw_valid, s_w_valid, s_b_ready, s_ar_valid, s_r_ready, s_aw_addr, s_ar_addr, s_w_data, s_w_strb} = 0;
      {m_ar_ready, m_r_valid, m_r_id, m_r_last, m_aw_ready, m_w_ready, m_b_valid, m_r_resp, m_b_resp, m_r_data} = 0;
      repeat (4) edge_of_clock;
      rst_n = 1'b1;
    end
  endtask

  task read_line;
    begin
      got = $fscanf(file, "%h %h %h %h %h %h %h %h %h", s_in, s_aw_addr, s_w_data, s_w_strb, s_ar_addr, m_in, m_r_resp, m_b_resp,
                    m_r_data);
      if (got == 9) got = got + $fscanf(file, "%h %h %h %h %h %h %h %h %h %h %h\n", s_levels, want_b_resp, want_r_resp, want_r_data,
          m_levels, want_ar_addr, want_ar_len, want_aw_addr, want_aw_len, want_w_data, want_w_strb);
      {s_aw_valid, s_w_valid, s_b_ready, s_ar_valid, s_r_ready} = s_in;
      {m_ar_ready, m_r_valid, m_r_id, m_r_last, m_aw_ready, m_w_ready, m_b_valid} = m_in;
    end
  endtask

  task one_cycle;
    begin
      #1;
      if (!same) begin
        differ = differ + 1;
        if (differ <= MostShown) begin
          $display("%0s, cycle %0d: levels %b %b, recorded %b %b", name, cycle, s_now, m_now, s_levels, m_levels);
          $display("  read %h, AR %h %h, AW %h %h, W %h %h", s_r_data, m_ar_addr, m_ar_len, m_aw_addr, m_aw_len, m_w_data, m_w_strb);
          $display("  was  %h, AR %h %h, AW %h %h, W %h %h", want_r_data, want_ar_addr, want_ar_len, want_aw_addr, want_aw_len,
                   want_w_data, want_w_strb);
        end
      end
      edge_of_clock;
      cycle = cycle + 1;
    end
  endtask

  initial begin
    {clk, programs, cycles, differ} = 0;
    list = 0;
    if (!$value$plusargs("most=%d", most)) most = 100;
    if ($value$plusargs("list=%s", name)) list = $fopen(name, "r");
    if (list == 0) $display("netlist_bench: no list of recordings");
    else begin
      while ($fscanf(list, "%s\n", name) == 1) begin
        file = $fopen(name, "r");
        cycle = 0;
        if (file == 0) $display("netlist_bench: %0s cannot be read", name);
        else begin
          reset;
          read_line;
          while (got == 20 && differ < most) begin
            one_cycle;
            read_line;
          end
          $fclose(file);
          programs = programs + 1;
          cycles = cycles + cycle;
        end
      end
    end
    $display("%0d programs, %0d cycles, %0d differ", programs, cycles, differ);
    $finish;
  end

endmodule
