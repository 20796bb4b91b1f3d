// SPDX-License-Identifier: Apache-2.0
//
// The store unit: executes STORE instructions, already checked, in order. It walks p, q, n, reads a
// row of accumulators, with it a residual and a row of scales where asked for, post-processes, and
// writes to a pad or, through the write engine, to DRAM.
//
// Latency      RD_LATENCY + post_shared(POST_LATENCY, COLS, POST_LANES) + 1 cycles from the grant of a
//              vector's read to its pad write: 11 for the defaults
// Throughput   one vector in COLS / POST_LANES cycles, also across instructions; to DRAM at most one beat a cycle
// Handshake    valid/ready; reads: request and grant, data RD_LATENCY cycles after. A read is
//              issued only when there is room for its result (credits), so nothing in between ever
//              stalls
// Order        at most 4 instructions inside. done_o in order. A residual waits until older stores
//              to APAD are complete
// Abort        abort_i, held until idle_o: see systole_write; nothing more is read or written to a
//              pad
// Legal        COLS a power of two, 4 to 64; AXI_BYTES a power of two, 4 to 64, at most 4 * COLS;
//              RD_LATENCY at least 2; POST_LATENCY and POST_LANES as systole_post has them
`include "systole_assert.svh"
`include "systole_when.svh"
`default_nettype none

module systole_store
  import systole_pkg::*;
  import systole_post_pkg::*;
#(
    parameter int unsigned ROWS       = 16,
    parameter int unsigned COLS       = 16,
    parameter int unsigned HAS_FP     = 1,
    parameter int unsigned AXI_BYTES  = 64,
    parameter int unsigned WORD_BYTES = 64,
    parameter int unsigned ACC_ROWS   = 1024,
    parameter int unsigned PARAM_ROWS = 64,
    parameter int unsigned APAD_BYTES = 65536,
    parameter int unsigned RD_LATENCY = 2,
    parameter int unsigned POST_LATENCY = 1,
    parameter int unsigned POST_LANES = COLS,
    localparam int unsigned ElemBytes = HAS_FP != 0 ? 2 : 1,  // widest element of a pad
    localparam int unsigned PadBytes  = COLS * ElemBytes
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,

    input  wire logic                   insn_valid_i,
    output wire logic                   insn_ready_o,
    input  wire logic [1023:0]          insn_i,
    input  wire logic [63:0]            base_i,  // of the window that the instruction names

    input  wire logic                   abort_i,
    output wire logic                   idle_o,
    output wire logic                   done_o,       // pulse: the oldest instruction is complete
    output wire logic                   bus_error_o,  // pulse: the oldest got an error response

    output wire logic                   c_req_o,
    input  wire logic                   c_gnt_i,
    output wire logic [15:0]            c_addr_o,
    input  wire logic [COLS*32-1:0]     c_data_i,

    output wire logic                   r_req_o,
    input  wire logic                   r_gnt_i,
    output wire logic [31:0]            r_addr_o,
    input  wire logic [PadBytes*8-1:0]  r_data_i,

    output wire logic                   s_req_o,
    output wire logic [15:0]            s_addr_o,
    input  wire logic [COLS*32-1:0]     s_data_i,

    input  wire logic [LUT_BYTES*8-1:0] lut_i,       // as systole_post has them
    output wire logic [POST_LANES*8-1:0] lut_addr_o,
    input  wire logic [POST_LANES*8-1:0] lut_data_i,
    output wire logic                   lut_used_o,  // an instruction that looks up entries is inside

    output wire logic                   pw_valid_o,
    input  wire logic                   pw_ready_i,
    output wire logic                   pw_wpad_o,
    output wire logic [31:0]            pw_addr_o,
    output wire logic [PadBytes*8-1:0]  pw_data_o,
    output wire logic [PadBytes-1:0]    pw_be_o,

    output wire logic                   aw_valid_o,
    input  wire logic                   aw_ready_i,
    output wire logic [63:0]            aw_addr_o,
    output wire logic [7:0]             aw_len_o,
    output wire logic                   w_valid_o,
    input  wire logic                   w_ready_i,
    output wire logic [AXI_BYTES*8-1:0] w_data_o,
    output wire logic [AXI_BYTES-1:0]   w_strb_o,
    output wire logic                   w_last_o,
    input  wire logic                   b_valid_i,
    output wire logic                   b_ready_o,
    input  wire logic [1:0]             b_resp_i,

    output wire logic                   wbeats_o,  // pulse: a beat was sent, with wbytes_o bytes
    output wire logic [6:0]             wbytes_o
);

  // Vectors between issue and output. Covers the pipeline, with as many more for an output that stops now and then.
  localparam int unsigned Inside     = RD_LATENCY + post_shared(POST_LATENCY, COLS, POST_LANES) + 1;
  localparam int unsigned Credits    = Inside > 24 ? 64 : 32;
  localparam int unsigned CreditBits = $clog2(Credits) + 1;
  // Slot, last, destination, bytes, address.
  localparam int unsigned MetaBits   = 2 + 1 + 2 + 9 + 64;

  if (AXI_BYTES > 4 * COLS) begin : gen_bad_axi
    $error("systole_store: AXI_BYTES must be at most 4 * COLS");
  end
  if (RD_LATENCY < 2) begin : gen_bad_latency
    $error("systole_store: RD_LATENCY must be at least 2");
  end
  if (ROWS < MIN_DIM || WORD_BYTES < PadBytes || ACC_ROWS > 65536 || PARAM_ROWS > 65536
      || APAD_BYTES < PadBytes) begin : gen_bad_memory
    $error("systole_store: a memory is too small for a vector or too large for its address");
  end

  store_insn_t offered, next, cur;  // at the input, the next to walk, walking

  // Fields that are used elsewhere, or nowhere.
  logic unused_fields;
  assign unused_fields = ^{offered, next, cur};

  logic live_n;
  assign live_n = rst_ni && !abort_i;

  // -----------------------------------------------------------------------------------------------
  // Slots: instructions from acceptance to completion, a ring of four.

  logic [1023:0] insn_q [4];
  logic [63:0]   base_q [4];
  logic [1:0]    tail_q, walk_q, head_q;  // next to accept, next to walk, oldest
  logic [2:0]    used_q, fresh_q;         // slots in use, of them not yet walked
  logic [3:0]    complete_q, error_q, to_apad_q, has_res_q, table_q;
  logic          reported_q;

  logic       accept, load;
  logic       pad_done, rsp_done, rsp_error;
  logic [1:0] out_slot, rsp_slot;
  logic       engine_idle;

  assign offered = store_insn_t'(insn_i);

  assign insn_ready_o = used_q != 3'd4 && !abort_i;
  assign accept       = insn_valid_i && insn_ready_o;
  assign done_o       = used_q != 3'd0 && complete_q[head_q] && !error_q[head_q] && !abort_i;
  assign bus_error_o  = used_q != 3'd0 && error_q[head_q] && !reported_q;
  assign idle_o       = used_q == 3'd0 && engine_idle;
  assign lut_used_o   = table_q != '0;

  always_ff @(posedge clk_i) begin
    if (accept) begin
      insn_q[tail_q] <= insn_i;
      base_q[tail_q] <= base_i;
    end
    if (!live_n) begin
      tail_q     <= '0;
      walk_q     <= '0;
      head_q     <= '0;
      used_q     <= '0;
      fresh_q    <= '0;
      complete_q <= '0;
      error_q    <= '0;
      to_apad_q  <= '0;
      table_q    <= '0;
      reported_q <= 1'b0;
    end else if (accept || load || done_o || pad_done || rsp_done || rsp_error || bus_error_o) begin
      tail_q  <= tail_q + 2'(accept);
      walk_q  <= walk_q + 2'(load);
      head_q  <= head_q + 2'(done_o);
      used_q  <= used_q + 3'(accept) - 3'(done_o);
      fresh_q <= fresh_q + 3'(accept) - 3'(load);
      if (done_o) complete_q[head_q] <= 1'b0;
      if (done_o) table_q[head_q] <= 1'b0;
      if (pad_done) complete_q[out_slot] <= 1'b1;
      if (pad_done) to_apad_q[out_slot] <= 1'b0;
      if (rsp_done) complete_q[rsp_slot] <= 1'b1;
      if (rsp_error) error_q[rsp_slot] <= 1'b1;
      if (accept) to_apad_q[tail_q] <= offered.dst == 2'(DST_APAD);
      if (accept) table_q[tail_q] <= offered.act == 4'(ACT_TABLE);
      if (accept) has_res_q[tail_q] <= offered.res != 2'(RES_NONE);
      if (bus_error_o) reported_q <= 1'b1;
    end
  end

  // -----------------------------------------------------------------------------------------------
  // The walk: one vector stands here until its reads are granted.

  // The instruction to walk next, as it begins; what decides whether it may is kept beside it.
  always_comb begin : begins
    next = '0;
    if (`WHEN(load)) next = store_insn_t'(insn_q[walk_q]);
  end

  logic        active_q;
  logic [1:0]  slot_q;
  logic [15:0] n_q, q_q, p_q;           // indices
  logic [15:0] c_q, c_row_q, c_plane_q; // of the vector, of its n = 0, of its q = n = 0
  logic [31:0] r_q, r_row_q, r_plane_q;
  logic [63:0] d_q, d_row_q, d_plane_q;

  logic        n_last, q_last, p_last, vec_last, take, next_ok;
  assign n_last   = n_q == cur.n - 16'd1;
  assign q_last   = q_q == cur.q - 16'd1;
  assign p_last   = p_q == cur.p - 16'd1;
  assign vec_last = n_last && q_last && p_last;

  // Stores of one queue are in order: a residual may be what an older one writes to APAD. Older
  // than `next` are the used slots that were walked already, the first used_q - fresh_q of the
  // ring.
  function automatic logic older_apad(input logic [3:0] to_apad, input logic [1:0] head, input logic [2:0] walked);
    logic [3:0] older;
    for (int unsigned k = 0; k < 4; k++) older[k] = to_apad[k] && 3'(2'(2'(k) - head)) < walked;
    return older != '0;
  endfunction
  always_comb begin : may_begin
    next_ok = 1'b0;
    if (fresh_q != 3'd0) next_ok = !has_res_q[walk_q] || !older_apad(to_apad_q, head_q, used_q - fresh_q);
  end
  assign load    = next_ok && (!active_q || (take && vec_last)) && !abort_i;

  logic [63:0] d_first;
  always_comb begin : first_address
    d_first = '0;
    if (`WHEN(load)) d_first = (next.dst == 2'(DST_DRAM) ? base_q[walk_q] : 64'd0) + {16'd0, next.dst_hi, next.dst_lo};
  end

  always_ff @(posedge clk_i) begin
    if (load) begin
      slot_q    <= walk_q;
      n_q       <= '0;
      q_q       <= '0;
      p_q       <= '0;
      c_q       <= next.c_base;
      c_row_q   <= next.c_base;
      c_plane_q <= next.c_base;
      r_q       <= next.r_base;
      r_row_q   <= next.r_base;
      r_plane_q <= next.r_base;
      d_q       <= d_first;
      d_row_q   <= d_first;
      d_plane_q <= d_first;
    end else if (take) begin
      n_q <= n_last ? 16'd0 : n_q + 16'd1;
      if (!n_last) begin
        c_q <= c_q + cur.c_sn;
        r_q <= r_q + cur.r_sn;
        d_q <= d_q + 64'($signed(cur.d_sn));
      end else if (!q_last) begin
        q_q     <= q_q + 16'd1;
        {c_q, c_row_q} <= {2{c_row_q + cur.c_sq}};
        {r_q, r_row_q} <= {2{r_row_q + cur.r_sq}};
        {d_q, d_row_q} <= {2{d_row_q + 64'($signed(cur.d_sq))}};
      end else begin
        q_q       <= 16'd0;
        p_q       <= p_q + 16'd1;
        {c_q, c_row_q, c_plane_q} <= {3{c_plane_q + cur.c_sp}};
        {r_q, r_row_q, r_plane_q} <= {3{r_plane_q + cur.r_sp}};
        {d_q, d_row_q, d_plane_q} <= {3{d_plane_q + 64'($signed(cur.d_sp))}};
      end
    end
    if (!live_n) active_q <= 1'b0;
    else if (load) active_q <= 1'b1;
    else if (take && vec_last) active_q <= 1'b0;
  end

  // A block of its own: nothing in it reads the instruction, so a simulator need not copy that in
  // every cycle.
  always_ff @(posedge clk_i) begin
    if (load) cur <= next;
  end

  // -----------------------------------------------------------------------------------------------
  // Reads. Both requests stand until each is granted; what came first is kept until the vector's
  // last grant.

  logic [CreditBits-1:0] inside_q;  // vectors issued and not yet taken at the output
  logic                  c_have_q, r_have_q, room, has_res, c_hit, r_hit, out_pop;
  logic                  free;  // the lanes of the post-processing take a vector

  assign room    = active_q && inside_q != CreditBits'(Credits) && !abort_i && free;
  assign has_res = cur.res != 2'(RES_NONE);
  assign c_req_o = room && !c_have_q;
  assign r_req_o = room && has_res && !r_have_q;
  assign c_hit   = c_req_o && c_gnt_i;
  assign r_hit   = r_req_o && r_gnt_i;
  assign take    = room && (c_have_q || c_hit) && (!has_res || r_have_q || r_hit);
  assign s_req_o = take && cur.scale == 2'(SCALE_PARAM);

  assign c_addr_o = c_q;
  assign r_addr_o = r_q;
  assign s_addr_o = cur.s_base + n_q;

  if (POST_LANES == COLS) begin : gen_always
    assign free = 1'b1;
  end else begin : gen_turns
    logic [$clog2(COLS/POST_LANES)-1:0] turns_q;  // of the last vector, still to come
    always_ff @(posedge clk_i) begin
      if (!live_n) turns_q <= '0;
      else if (take) turns_q <= '1;
      else if (!free) turns_q <= turns_q - 1'b1;
    end
    assign free = turns_q == '0;
  end

  // Shift registers from grant to data.
  logic [RD_LATENCY-1:0]   t_q, t_c_q, t_r_q;    // a vector was taken; row, residual came early
  logic [RD_LATENCY-1:0]   c_early_q, r_early_q; // a grant before the vector was taken
  logic [2*RD_LATENCY-1:0] t_slot_q;

  // Something is on its way, or about to be.
  logic moving;
  assign moving = active_q || inside_q != '0;

  always_ff @(posedge clk_i) begin
    if (moving) begin
      t_slot_q <= {t_slot_q[2*RD_LATENCY-3:0], slot_q};
      t_c_q    <= {t_c_q[RD_LATENCY-2:0], c_have_q};
      t_r_q    <= {t_r_q[RD_LATENCY-2:0], r_have_q};
    end
    if (!live_n) begin
      inside_q  <= '0;
      c_have_q  <= 1'b0;
      r_have_q  <= 1'b0;
      t_q       <= '0;
      c_early_q <= '0;
      r_early_q <= '0;
    end else if (moving) begin
      inside_q  <= inside_q + CreditBits'(take) - CreditBits'(out_pop);
      c_have_q  <= !take && (c_have_q || c_hit);
      r_have_q  <= !take && (r_have_q || r_hit);
      t_q       <= {t_q[RD_LATENCY-2:0], take};
      c_early_q <= {c_early_q[RD_LATENCY-2:0], c_hit && !take};
      r_early_q <= {r_early_q[RD_LATENCY-2:0], r_hit && !take};
    end
  end

  logic [COLS*32-1:0]    c_keep_q;
  logic [PadBytes*8-1:0] r_keep_q;

  always_ff @(posedge clk_i) begin
    if (c_early_q[RD_LATENCY-1]) c_keep_q <= c_data_i;
    if (r_early_q[RD_LATENCY-1]) r_keep_q <= r_data_i;
  end

  // -----------------------------------------------------------------------------------------------
  // Arithmetic, and beside it what each vector needs at the output.

  logic                post_valid, result_ready, result_valid, meta_ready, meta_valid;
  logic [COLS*32-1:0]  post_data, result;
  logic [MetaBits-1:0] meta_in, meta;

  logic [COLS*32-1:0]    post_acc;
  logic [PadBytes*8-1:0] post_res;
  always_comb begin : read
    post_acc = c_data_i;
    post_res = r_data_i;
    if (t_c_q[RD_LATENCY-1]) post_acc = c_keep_q;
    if (t_r_q[RD_LATENCY-1]) post_res = r_keep_q;
  end

  systole_post #(
      .COLS        (COLS),
      .HAS_FP      (HAS_FP),
      .POST_LATENCY(POST_LATENCY),
      .POST_LANES  (POST_LANES)
  ) u_post (
      .clk_i      (clk_i),
      .rst_ni     (live_n),
      .cfg_valid_i(accept),
      .cfg_slot_i (tail_q),
      .cfg_insn_i (insn_i),
      .in_valid_i (t_q[RD_LATENCY-1]),
      .in_slot_i  (t_slot_q[2*RD_LATENCY-1-:2]),
      .in_acc_i   (post_acc),
      .in_res_i   (post_res),
      .in_scale_i (s_data_i),
      .lut_i      (lut_i),
      .lut_addr_o (lut_addr_o),
      .lut_data_i (lut_data_i),
      .out_valid_o(post_valid),
      .out_data_o (post_data)
  );

  logic [1:0] cur_log;  // log2 of the bytes of an output element
  assign cur_log = cur.out == 3'(OUT_BF16) ? 2'd1
                 : (cur.out == 3'(OUT_I8) || cur.out == 3'(OUT_U8)) ? 2'd0 : 2'd2;
  always_comb begin : output_needs
    meta_in = '0;
    if (`WHEN(take)) meta_in = {slot_q, vec_last, cur.dst, {2'd0, n_last ? cur.n_tail : 7'(COLS)} << cur_log, d_q};
  end

  systole_fifo #(
      .WIDTH(MetaBits),
      .DEPTH(Credits)
  ) u_meta (
      .clk_i      (clk_i),
      .rst_ni     (live_n),
      .in_valid_i (take),
      .in_ready_o (meta_ready),
      .in_data_i  (meta_in),
      .out_valid_o(meta_valid),
      .out_ready_i(out_pop),
      .out_data_o (meta)
  );

  systole_fifo #(
      .WIDTH(COLS * 32),
      .DEPTH(Credits)
  ) u_results (
      .clk_i      (clk_i),
      .rst_ni     (live_n),
      .in_valid_i (post_valid),
      .in_ready_o (result_ready),
      .in_data_i  (post_data),
      .out_valid_o(result_valid),
      .out_ready_i(out_pop),
      .out_data_o (result)
  );

  // -----------------------------------------------------------------------------------------------
  // Output: to a pad or to the write engine.

  logic        out_last, to_dram, vec_ready;
  logic [1:0]  out_dst;
  logic [63:0] out_addr;
  logic [8:0]  out_bytes;

  assign {out_slot, out_last, out_dst, out_bytes, out_addr} = meta;

  assign to_dram    = out_dst == 2'(DST_DRAM);
  assign pw_valid_o = result_valid && !to_dram && !abort_i;
  assign pw_wpad_o  = out_dst == 2'(DST_WPAD);
  assign pw_addr_o  = out_addr[31:0];
  assign pw_data_o  = result[PadBytes*8-1:0];
  assign pw_be_o    = {PadBytes{1'b1}} >> (9'(PadBytes) - out_bytes);
  assign out_pop    = result_valid && !abort_i && (to_dram ? vec_ready : pw_ready_i);
  assign pad_done   = out_pop && out_last && !to_dram;

  systole_write #(
      .AXI_BYTES(AXI_BYTES),
      .VEC_BYTES(COLS * 4)
  ) u_write (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .abort_i    (abort_i),
      .idle_o     (engine_idle),
      .v_valid_i  (result_valid && to_dram && !abort_i),
      .v_ready_o  (vec_ready),
      .v_addr_i   (out_addr),
      .v_bytes_i  (out_bytes),
      .v_data_i   (result),
      .v_last_i   (out_last),
      .v_slot_i   (out_slot),
      .rsp_done_o (rsp_done),
      .rsp_error_o(rsp_error),
      .rsp_slot_o (rsp_slot),
      .aw_valid_o (aw_valid_o),
      .aw_ready_i (aw_ready_i),
      .aw_addr_o  (aw_addr_o),
      .aw_len_o   (aw_len_o),
      .w_valid_o  (w_valid_o),
      .w_ready_i  (w_ready_i),
      .w_data_o   (w_data_o),
      .w_strb_o   (w_strb_o),
      .w_last_o   (w_last_o),
      .b_valid_i  (b_valid_i),
      .b_ready_o  (b_ready_o),
      .b_resp_i   (b_resp_i),
      .wbeats_o   (wbeats_o),
      .wbytes_o   (wbytes_o)
  );

  // Credits leave room for every vector that was read.
  `ASSERT(Room_A, (!take || meta_ready) && (!post_valid || result_ready))
  // What goes with a result is there before it.
  `ASSERT(Meta_A, !result_valid || meta_valid)

endmodule
`default_nettype wire
