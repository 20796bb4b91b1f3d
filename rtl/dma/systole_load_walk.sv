// SPDX-License-Identifier: Apache-2.0
// Walks the loops of a LOAD or FILL and gives its segments: contiguous runs of source bytes with
// their destination.
//
// A plain LOAD gives one segment a row, or a single one for i1 and i0 together where rows follow
// one another without a gap both in the source and in the destination. With trans = 1 the rows are
// cut into blocks of TB x TB elements, TB = min(16, AXI_BYTES / es), and each row of a block is a
// segment; `dst` is then the block's. A FILL walks its destination as though that were the source,
// so that its beats are aligned to the destination.
//
// Latency: the first segment stands 2 cycles after the instruction is taken. Throughput: a segment
// a cycle.
// Handshake: valid/ready on both sides; seg_* is stable until taken. clear_i forgets the
// instruction inside.
// Legal parameters: AXI_BYTES a power of two from 8 to 64.
`include "systole_when.svh"
`default_nettype none
module systole_load_walk
  import systole_pkg::*;
  import systole_load_pkg::*;
#(
  parameter int unsigned AXI_BYTES = 64
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                clear_i,

  input  wire                insn_valid_i,
  output logic               insn_ready_o,
  input  wire  [1023:0]      insn_i,
  input  wire  [63:0]        base_i,
  input  wire  [3:0]         seq_i,

  output logic               seg_valid_o,
  input  wire                seg_ready_i,
  output logic [63:0]        seg_src_o,
  output logic [31:0]        seg_bytes_o,
  output load_ctl_t          seg_ctl_o
);

  localparam int unsigned AxiLog = $clog2(AXI_BYTES);

  typedef enum logic [1:0] {
    StIdle,
    StSetup,
    StRun
  } state_e;

  state_e      state_q;
  logic        fill_q, trans_q;
  logic [2:0]  mem_q, conv_q;
  logic [3:0]  seq_q;
  logic [1:0]  es_log_q, ed_log_q;
  logic [2:0]  tb_log_q;
  logic [31:0] aux_q;
  logic [31:0] len_q;                       // elements in a row
  logic [15:0] n1_q, n2_q;
  logic [31:0] s1_q, s2_q, s3_q, d1_q, d2_q, d3_q;

  // Loops from inner to outer: a rows (of a block), b blocks along i0, c blocks along i1, d i2, e
  // i3. Each level keeps the address at which its present step began, so that a step is one
  // addition whatever the level.
  logic [63:0] sa_q, sb_q, sc_q, sd_q, se_q;
  logic [31:0] da_q, db_q, dc_q, dd_q, de_q;
  logic [15:0] a_left_q, i1_left_q, i2_left_q, i3_left_q;
  logic [31:0] i0_left_q;

  load_insn_t  insn;
  fill_insn_t  fill_insn;
  logic        is_fill;
  logic [2:0]  conv_in;

  // FILL has its common fields where LOAD has them.
  assign insn      = load_insn_t'(insn_i);
  assign fill_insn = fill_insn_t'(insn_i);
  assign is_fill   = insn.opcode == OP_FILL;
  assign conv_in   = insn.conv;

  function automatic logic [63:0] sext(input logic [31:0] x);
    return {{32{x[31]}}, x};
  endfunction

  function automatic logic [15:0] at_most(input logic [15:0] x, input logic [15:0] bound);
    return (x < bound) ? x : bound;
  endfunction

  logic [15:0] tb;
  logic        a_last, b_last, c_last, d_last, e_last, step;
  logic [31:0] row_elems;

  assign tb        = 16'd1 << tb_log_q;
  assign a_last    = a_left_q == 16'd1;
  assign b_last    = !trans_q || i0_left_q <= {16'd0, tb};
  assign c_last    = !trans_q || i1_left_q <= tb;
  assign d_last    = i2_left_q == 16'd1;
  assign e_last    = i3_left_q == 16'd1;
  assign row_elems = (trans_q && i0_left_q > {16'd0, tb}) ? {16'd0, tb} : i0_left_q;
  assign step      = seg_valid_o && seg_ready_i;

  assign insn_ready_o = state_q == StIdle && !clear_i;
  assign seg_valid_o  = state_q == StRun && !clear_i;
  assign seg_src_o    = sa_q;
  assign seg_bytes_o  = row_elems << es_log_q;

  always_comb begin
    seg_ctl_o = '0;
    if (`WHEN(state_q == StRun)) begin
      seg_ctl_o.fill    = fill_q;
      seg_ctl_o.trans   = trans_q;
      seg_ctl_o.row_end = 1'b1;
      seg_ctl_o.blk_end = a_last;
      seg_ctl_o.last    = a_last && b_last && c_last && d_last && e_last;
      seg_ctl_o.seq     = seq_q;
      seg_ctl_o.mem     = mem_q;
      seg_ctl_o.conv    = conv_q;
      seg_ctl_o.aux     = aux_q;
      seg_ctl_o.dst     = da_q;
    end
  end

  // Rows that touch, on both sides: one long row.
  logic        merge;
  logic [31:0] merged_len;
  always_comb begin : merging
    merge      = 1'b0;
    merged_len = '0;
    if (`WHEN(state_q == StSetup)) begin
      merge      = !trans_q && s1_q == len_q << es_log_q && d1_q == len_q << ed_log_q;
      merged_len = len_q * {16'd0, n1_q};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else if (clear_i) begin
      state_q <= StIdle;
    end else begin
      unique case (state_q)
        StIdle:  if (insn_valid_i) state_q <= StSetup;
        StSetup: state_q <= StRun;
        StRun:   if (step && seg_ctl_o.last) state_q <= StIdle;
        default: state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin : fields
    if (insn_valid_i && insn_ready_o) begin
      fill_q  <= is_fill;
      trans_q <= !is_fill && insn.trans[0];
      mem_q   <= insn.mem;
      conv_q  <= is_fill ? 3'(CONV_COPY8) : conv_in;
      seq_q   <= seq_i;
      unique case (conv_in)
        3'(CONV_COPY8): begin
          es_log_q <= 2'd0;
          ed_log_q <= 2'd0;
          tb_log_q <= 3'((AxiLog < 4) ? AxiLog : 4);
          aux_q    <= is_fill ? {4{fill_insn.value[7:0]}} : insn.d1;
        end
        3'(CONV_COPY16): begin
          es_log_q <= 2'd1;
          ed_log_q <= 2'd1;
          tb_log_q <= 3'((AxiLog < 5) ? AxiLog - 1 : 4);
          aux_q    <= is_fill ? {2{fill_insn.value[15:0]}} : insn.d1;
        end
        default: begin
          es_log_q <= 2'd2;
          ed_log_q <= load_halves(conv_in) ? 2'd1 : 2'd2;
          tb_log_q <= 3'((AxiLog < 6) ? AxiLog - 2 : 4);
          aux_q    <= is_fill ? fill_insn.value : insn.d1;
        end
      endcase
      len_q <= {8'd0, insn.len};
      n1_q  <= insn.n1;
      n2_q  <= insn.n2;
      s1_q  <= is_fill ? insn.d1 : insn.s1;
      s2_q  <= is_fill ? insn.d2 : insn.s2;
      s3_q  <= is_fill ? insn.d3 : insn.s3;
      d1_q  <= insn.d1;
      d2_q  <= insn.d2;
      d3_q  <= insn.d3;
    end
    if (state_q == StSetup && merge) begin
      len_q <= merged_len;
      n1_q  <= 16'd1;
    end
  end

  // The next address of each level.
  logic [63:0] sa_n, sb_n, sc_n, sd_n, se_n;
  logic [31:0] da_n, db_n, dc_n, dd_n, de_n;
  always_comb begin : next_addresses
    {sa_n, sb_n, sc_n, sd_n, se_n} = '0;
    {da_n, db_n, dc_n, dd_n, de_n} = '0;
    if (`WHEN(step)) begin
      sa_n = sa_q + sext(s1_q);
      da_n = da_q + (trans_q ? 32'd0 : d1_q);
      sb_n = sb_q + ({48'd0, tb} << es_log_q);
      db_n = db_q + (d1_q << tb_log_q);
      sc_n = sc_q + (sext(s1_q) << tb_log_q);
      dc_n = dc_q + ({16'd0, tb} << ed_log_q);
      sd_n = sd_q + sext(s2_q);
      dd_n = dd_q + d2_q;
      se_n = se_q + sext(s3_q);
      de_n = de_q + d3_q;
    end
  end

  always_ff @(posedge clk_i) begin : loops
    if (insn_valid_i && insn_ready_o) begin
      se_q <= is_fill ? {32'd0, insn.dst} : base_i + {16'd0, insn.src_hi, insn.src_lo};
      de_q <= insn.dst;
      i3_left_q <= insn.n3;
    end
    if (state_q == StSetup) begin
      sa_q <= se_q;
      sb_q <= se_q;
      sc_q <= se_q;
      sd_q <= se_q;
      da_q <= de_q;
      db_q <= de_q;
      dc_q <= de_q;
      dd_q <= de_q;
      i0_left_q <= merge ? merged_len : len_q;
      i1_left_q <= n1_q;
      i2_left_q <= n2_q;
      a_left_q  <= merge ? 16'd1 : trans_q ? at_most(n1_q, tb) : n1_q;
    end
    if (step) begin
      if (!a_last) begin
        sa_q <= sa_n;
        da_q <= da_n;
        a_left_q <= a_left_q - 16'd1;
      end else if (!b_last) begin
        sa_q <= sb_n;
        sb_q <= sb_n;
        da_q <= db_n;
        db_q <= db_n;
        i0_left_q <= i0_left_q - {16'd0, tb};
        a_left_q  <= at_most(i1_left_q, tb);
      end else if (!c_last) begin
        sa_q <= sc_n;
        sb_q <= sc_n;
        sc_q <= sc_n;
        da_q <= dc_n;
        db_q <= dc_n;
        dc_q <= dc_n;
        i0_left_q <= len_q;
        i1_left_q <= i1_left_q - tb;
        a_left_q  <= at_most(i1_left_q - tb, tb);
      end else begin
        if (!d_last) begin
          sa_q <= sd_n;
          sb_q <= sd_n;
          sc_q <= sd_n;
          sd_q <= sd_n;
          da_q <= dd_n;
          db_q <= dd_n;
          dc_q <= dd_n;
          dd_q <= dd_n;
          i2_left_q <= i2_left_q - 16'd1;
        end else begin
          sa_q <= se_n;
          sb_q <= se_n;
          sc_q <= se_n;
          sd_q <= se_n;
          se_q <= se_n;
          da_q <= de_n;
          db_q <= de_n;
          dc_q <= de_n;
          dd_q <= de_n;
          de_q <= de_n;
          i2_left_q <= n2_q;
          i3_left_q <= i3_left_q - 16'd1;
        end
        i0_left_q <= len_q;
        i1_left_q <= n1_q;
        a_left_q  <= trans_q ? at_most(n1_q, tb) : n1_q;
      end
    end
  end

  logic unused;
  assign unused = ^{insn, fill_insn};

  if (AXI_BYTES < 8 || AXI_BYTES > 64 || (AXI_BYTES & (AXI_BYTES - 1)) != 0) begin : gen_bad_axi
    $error("systole_load_walk: AXI_BYTES must be 8, 16, 32 or 64");
  end

endmodule
`default_nettype wire
