// SPDX-License-Identifier: Apache-2.0
// The host's registers: the core's at 0x0000, those of this shell at 0x1000 (driver/backend_f2_registers.def); elsewhere reads give 0 and
// writes change nothing. Each access is answered, whatever its address, and no read has a side effect.
//
// AXI4-Lite; one read and one write at a time. Latency: 2 cycles more than the core's for its registers, 2 for the others.
`default_nettype none
module systole_f2_ocl
  import systole_f2_pkg::*;
#(
  parameter int unsigned MEMORY_BITS = 36
) (
  input  wire         clk_i,
  input  wire         rst_ni,
  // what the registers show
  input  wire         ready_i,      // the memory
  input  wire  [31:0] requested_i,  // interrupts
  input  wire  [31:0] accepted_i,
  // host
  input  wire         aw_valid_i,
  output logic        aw_ready_o,
  input  wire  [31:0] aw_addr_i,
  input  wire         w_valid_i,
  output logic        w_ready_o,
  input  wire  [31:0] w_data_i,
  input  wire  [3:0]  w_strb_i,
  output logic        b_valid_o,
  input  wire         b_ready_i,
  input  wire         ar_valid_i,
  output logic        ar_ready_o,
  input  wire  [31:0] ar_addr_i,
  output logic        r_valid_o,
  input  wire         r_ready_i,
  output logic [31:0] r_data_o,
  // core
  output logic        core_aw_valid_o,
  input  wire         core_aw_ready_i,
  output logic [11:0] core_aw_addr_o,
  output logic        core_w_valid_o,
  input  wire         core_w_ready_i,
  output logic [31:0] core_w_data_o,
  output logic [3:0]  core_w_strb_o,
  input  wire         core_b_valid_i,
  output logic        core_b_ready_o,
  output logic        core_ar_valid_o,
  input  wire         core_ar_ready_i,
  output logic [11:0] core_ar_addr_o,
  input  wire         core_r_valid_i,
  output logic        core_r_ready_o,
  input  wire  [31:0] core_r_data_i
);

  localparam int unsigned CoreBits = 12;

  // ---- writes ----
  typedef enum logic [1:0] {WriteIdle, WriteCore, WriteAnswer} write_e;
  write_e      write_q;
  logic        aw_held_q, w_held_q;
  logic [31:0] aw_q;

  assign aw_ready_o = !aw_held_q;
  assign w_ready_o = !w_held_q;
  assign b_valid_o = write_q == WriteAnswer;
  assign core_aw_addr_o = aw_q[CoreBits-1:0];
  assign core_b_ready_o = write_q == WriteCore;

  always_ff @(posedge clk_i) begin : write
    if (aw_valid_i && aw_ready_o) begin
      aw_held_q <= 1'b1;
      aw_q <= aw_addr_i;
    end
    if (w_valid_i && w_ready_o) begin
      w_held_q <= 1'b1;
      core_w_data_o <= w_data_i;
      core_w_strb_o <= w_strb_i;
    end
    if (core_aw_ready_i) core_aw_valid_o <= 1'b0;
    if (core_w_ready_i) core_w_valid_o <= 1'b0;
    unique case (write_q)
      WriteIdle: begin
        if (aw_held_q && w_held_q) begin
          if (aw_q[31:CoreBits] == '0) begin
            core_aw_valid_o <= 1'b1;
            core_w_valid_o <= 1'b1;
            write_q <= WriteCore;
          end else begin
            write_q <= WriteAnswer;
          end
        end
      end
      WriteCore: if (core_b_valid_i) write_q <= WriteAnswer;
      WriteAnswer: begin
        if (b_ready_i) begin
          aw_held_q <= 1'b0;
          w_held_q <= 1'b0;
          write_q <= WriteIdle;
        end
      end
      default: write_q <= WriteIdle;
    endcase
    if (!rst_ni) begin
      write_q <= WriteIdle;
      {aw_held_q, w_held_q, core_aw_valid_o, core_w_valid_o} <= '0;
    end
  end

  // ---- reads ----
  typedef enum logic [1:0] {ReadIdle, ReadCore, ReadShell, ReadAnswer} read_e;
  read_e       read_q;
  logic [31:0] ar_q;

  assign ar_ready_o = read_q == ReadIdle;
  assign r_valid_o = read_q == ReadAnswer;
  assign core_ar_addr_o = ar_q[CoreBits-1:0];
  assign core_r_ready_o = read_q == ReadCore;

  function automatic logic [31:0] look(input logic [31:0] addr);
    unique case ({addr[31:2], 2'b00})
      F2_MAGIC: return F2_MAGIC_VALUE;
      F2_LAYOUT: return F2_LAYOUT_VALUE;
      F2_MEMORY_MIB: return 32'd1 << (MEMORY_BITS - 20);
      F2_STATUS: return {31'd0, ready_i};
      F2_IRQ_REQUESTED: return requested_i;
      F2_IRQ_ACCEPTED: return accepted_i;
      default: return '0;
    endcase
  endfunction

  always_ff @(posedge clk_i) begin : read
    if (core_ar_ready_i) core_ar_valid_o <= 1'b0;
    unique case (read_q)
      ReadIdle: begin
        if (ar_valid_i) begin
          ar_q <= ar_addr_i;
          core_ar_valid_o <= ar_addr_i[31:CoreBits] == '0;
          read_q <= ar_addr_i[31:CoreBits] == '0 ? ReadCore : ReadShell;
        end
      end
      ReadCore: begin
        if (core_r_valid_i) begin
          r_data_o <= core_r_data_i;
          read_q <= ReadAnswer;
        end
      end
      ReadShell: begin
        r_data_o <= look(ar_q);
        read_q <= ReadAnswer;
      end
      ReadAnswer: if (r_ready_i) read_q <= ReadIdle;
      default: read_q <= ReadIdle;
    endcase
    if (!rst_ni) begin
      read_q <= ReadIdle;
      core_ar_valid_o <= 1'b0;
    end
  end

endmodule
`default_nettype wire
