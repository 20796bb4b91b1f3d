// SPDX-License-Identifier: Apache-2.0
// The counters of docs/registers.md: one amount to add each, every cycle of a run.
//
// Latency: an amount counts one cycle after it is given. clear_i wins. Legal parameters: none.
`default_nettype none
module systole_counters
  import systole_pkg::*;
(
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  clear_i,
  input  wire                  run_i,
  // Those that count by one, a wire each.
  input  wire                  array_busy_i,
  input  wire                  vector_busy_i,
  input  wire                  stall_empty_i,
  input  wire                  stall_token_i,
  input  wire                  stall_weights_i,
  input  wire                  stall_chain_i,
  input  wire                  load_bank_i,
  input  wire                  store_bank_i,
  input  wire                  load_busy_i,
  input  wire                  load_token_i,
  input  wire                  store_busy_i,
  input  wire                  store_token_i,
  input  wire                  read_beats_i,
  input  wire                  write_beats_i,
  input  wire                  fetch_beats_i,
  input  wire                  insn_load_i,
  input  wire                  insn_fill_i,
  input  wire                  insn_matmul_i,
  input  wire                  insn_store_i,
  input  wire  [1:0]           syncs_i,        // completed in this cycle, by any queue
  input  wire  [6:0]           read_bytes_i,
  input  wire  [6:0]           write_bytes_i,
  input  wire  [4:0]           show_i,
  output logic [63:0]          value_o
);

  logic        add[COUNTERS];
  logic [63:0] count[COUNTERS];

  assign add[CNT_CYCLES] = 1'b1;
  assign add[CNT_ARRAY_BUSY] = array_busy_i;
  assign add[CNT_VECTOR_BUSY] = vector_busy_i;
  assign add[CNT_STALL_EMPTY] = stall_empty_i;
  assign add[CNT_STALL_TOKEN] = stall_token_i;
  assign add[CNT_STALL_WEIGHTS] = stall_weights_i;
  assign add[CNT_STALL_CHAIN] = stall_chain_i;
  assign add[CNT_LOAD_BANK] = load_bank_i;
  assign add[CNT_STORE_BANK] = store_bank_i;
  assign add[CNT_LOAD_BUSY] = load_busy_i;
  assign add[CNT_LOAD_TOKEN] = load_token_i;
  assign add[CNT_STORE_BUSY] = store_busy_i;
  assign add[CNT_STORE_TOKEN] = store_token_i;
  assign add[CNT_READ_BEATS] = read_beats_i;
  assign add[CNT_WRITE_BEATS] = write_beats_i;
  assign add[CNT_FETCH_BEATS] = fetch_beats_i;
  assign add[CNT_INSN_LOAD] = insn_load_i;
  assign add[CNT_INSN_FILL] = insn_fill_i;
  assign add[CNT_INSN_MATMUL] = insn_matmul_i;
  assign add[CNT_INSN_STORE] = insn_store_i;
  // The three that count by more than one.
  assign add[CNT_INSN_SYNC] = 1'b0;
  assign add[CNT_READ_BYTES] = 1'b0;
  assign add[CNT_WRITE_BYTES] = 1'b0;

  for (genvar i = 0; i < COUNTERS; i++) begin : gen_counter
    logic [63:0] count_q;
    assign count[i] = count_q;
    if (i == CNT_INSN_SYNC) begin : gen_syncs
      always_ff @(posedge clk_i) begin
        if (run_i && syncs_i != '0) count_q <= count_q + {62'd0, syncs_i};
        if (!rst_ni || clear_i) count_q <= '0;
      end
    end else if (i == CNT_READ_BYTES) begin : gen_read_bytes
      always_ff @(posedge clk_i) begin
        if (run_i && read_bytes_i != '0) count_q <= count_q + {57'd0, read_bytes_i};
        if (!rst_ni || clear_i) count_q <= '0;
      end
    end else if (i == CNT_WRITE_BYTES) begin : gen_write_bytes
      always_ff @(posedge clk_i) begin
        if (run_i && write_bytes_i != '0) count_q <= count_q + {57'd0, write_bytes_i};
        if (!rst_ni || clear_i) count_q <= '0;
      end
    end else begin : gen_one
      always_ff @(posedge clk_i) begin
        if (run_i && add[i]) count_q <= count_q + 64'd1;
        if (!rst_ni || clear_i) count_q <= '0;
      end
    end
  end

  assign value_o = (32'(show_i) < COUNTERS) ? count[show_i] : '0;

endmodule
`default_nettype wire
