// SPDX-License-Identifier: Apache-2.0
// The course of a run: start, the end or the first error, the draining of the bus, the report.
//
// A run is over when END was reached and nothing is left; or after a failed check, when all that can still complete has;
// or when every queue that is not empty waits for tokens that nobody will give. A bus error, a word that does not match its parity, the
// watchdog and a reset abort it: units stop and drain.
// If the bus never drains, the run is reported over after DrainCycles; the next one starts only when it has drained.
// Latency: a few cycles from the last result to finish_o. Legal parameters: none.
`default_nettype none
module systole_control
  import systole_pkg::*;
(
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire         start_i,
  input  wire         reset_i,
  input  wire  [63:0] watchdog_i,
  output logic        idle_o,
  output logic        clear_o,    // pulse: all units to their reset state
  output logic        run_o,      // instructions may be fetched
  output logic        abort_o,
  output logic        counting_o,
  output logic        in_run_o,   // not over, by its end or an error
  output logic        finish_o,   // pulse: the run is over
  output logic [7:0]  status_o,
  output logic [31:0] error_index_o,
  output logic [MEMORIES-1:0] parity_o,  // the memories whose parity ended the run
  // the decoder
  input  wire         end_i,
  input  wire         bad_i,
  input  wire  [7:0]  bad_code_i,
  input  wire  [31:0] checked_i,    // index of the next (or the bad) instruction
  input  wire         blocked_i,    // the next instruction's queue is full
  // the queues
  input  wire  [2:0]  empty_i,
  input  wire  [2:0]  stuck_i,
  input  wire  [31:0] stuck_index_i,  // the lowest index that waits
  // the units
  input  wire         units_idle_i,
  input  wire         drained_i,      // nothing outstanding on the bus
  input  wire         read_error_i,
  input  wire  [31:0] read_index_i,
  input  wire         write_error_i,
  input  wire  [31:0] write_index_i,
  input  wire  [MEMORIES-1:0] parity_i,  // a word just read from this memory does not match its parity
  input  wire  [31:0] parity_index_i
);

  localparam int unsigned DrainCycles = 65536;
  typedef enum logic [2:0] {Idle, Run, Abort, Clear, Hung} state_e;

  state_e      state_q;
  logic [63:0] cycles_q;
  logic [2:0]  quiet_q;   // cycles in which nothing could move: tokens on their way need some
  logic [16:0] drain_q;
  logic        by_reset_q, over, stuck, quiet;

  assign over = (end_i || bad_i) && empty_i == '1 && units_idle_i;
  assign stuck = (end_i || bad_i || blocked_i) && (empty_i | stuck_i) == '1 && stuck_i != '0 && units_idle_i;
  assign quiet = quiet_q == '1;

  always_ff @(posedge clk_i) begin : machine
    finish_o <= 1'b0;
    clear_o <= 1'b0;
    case (state_q)
      Idle:
      if (start_i) begin
        state_q <= Run;
        status_o <= ERR_OK;
        error_index_o <= '0;
        parity_o <= '0;
        cycles_q <= '0;
        quiet_q <= '0;
        by_reset_q <= 1'b0;
      end
      Run: begin
        cycles_q <= cycles_q + 1'b1;
        drain_q <= '0;
        quiet_q <= !(over || stuck) ? '0 : quiet ? quiet_q : quiet_q + 1'b1;
        if (quiet) begin
          state_q <= Clear;
          clear_o <= 1'b1;
          finish_o <= 1'b1;
          status_o <= bad_i ? bad_code_i : stuck ? ERR_DEADLOCK : ERR_OK;
          error_index_o <= bad_i ? checked_i : stuck ? stuck_index_i : '0;
        end
        if (read_error_i || write_error_i || parity_i != '0 || (bad_i && bad_code_i == ERR_BUS_READ)
            || (watchdog_i != '0 && cycles_q >= watchdog_i) || reset_i) begin
          state_q <= Abort;
          clear_o <= 1'b0;
          finish_o <= 1'b0;
          by_reset_q <= reset_i;
          status_o <= reset_i ? ERR_OK : read_error_i ? ERR_BUS_READ : write_error_i ? ERR_BUS_WRITE : parity_i != '0 ? ERR_PARITY
                    : bad_i && bad_code_i == ERR_BUS_READ ? ERR_BUS_READ : ERR_WATCHDOG;
          error_index_o <= reset_i ? '0 : read_error_i ? read_index_i : write_error_i ? write_index_i
                         : parity_i != '0 ? parity_index_i : checked_i;
          parity_o <= reset_i || read_error_i || write_error_i ? '0 : parity_i;
        end
      end
      Abort: begin
        drain_q <= drain_q + 1'b1;
        if (reset_i) by_reset_q <= 1'b1;
        if (drained_i || drain_q[16]) begin
          state_q <= drained_i ? Clear : Hung;
          clear_o <= drained_i;
          finish_o <= !by_reset_q && !reset_i;
        end
      end
      Hung:
      if (drained_i) begin
        state_q <= Clear;
        clear_o <= 1'b1;
      end
      default: state_q <= Idle;
    endcase
    if (!rst_ni) begin
      state_q <= Idle;
      finish_o <= 1'b0;
      clear_o <= 1'b0;
      status_o <= ERR_OK;
      error_index_o <= '0;
      parity_o <= '0;
    end
  end

  assign idle_o = state_q == Idle;
  assign run_o = state_q == Run;
  assign counting_o = state_q == Run;
  assign in_run_o = state_q == Run || state_q == Abort;
  assign abort_o = state_q == Abort || state_q == Hung;

  if (DrainCycles != 65536) begin : gen_bad
    $error("systole_control: drain_q is 17 bits wide for 65536 cycles");
  end

endmodule
`default_nettype wire
