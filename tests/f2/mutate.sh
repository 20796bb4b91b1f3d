#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mutate.sh SIMULATOR [NAME ...] : breaks one line of the custom logic for AWS F2 at a time, in a copy, builds the cards, and asks whether the
# tests notice. Prints what happened to each. Fails when one is not noticed, or when a line is not there any more.
set -eu

sim=sim:4x16,lib=$PWD/$1
shift
names=$*
work=$(mktemp -d)
trap 'rm -rf "$work" build/f2/mutant' EXIT
noticed=0 missed=0

mutant() { # NAME FILE SED_SCRIPT
    case " $names " in '  ' | *" $1 "*) ;; *) return 0 ;; esac
    rm -rf "$work/aws_f2"
    cp -R bitstreams/aws_f2 "$work/aws_f2"
    sed "$3" "bitstreams/aws_f2/design/$2" >"$work/aws_f2/design/$2"
    if cmp -s "bitstreams/aws_f2/design/$2" "$work/aws_f2/design/$2"; then
        echo "  $1: there is no such line in $2 any more"
        missed=$((missed + 1))
        return 0
    fi
    ${MAKE:-make} -s f2 ROWS=4 COLS=16 F2_CL="$work/aws_f2" F2_DIR=build/f2/mutant >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    if LD_LIBRARY_PATH=$PWD/build/f2/mutant SYSTOLE_F2_CARD=stall=40,latency=2,write_latency=60 timeout 300 \
        build/tests/test_f2 "$sim" build/f2/mutant/libfpga_mgmt.so 10 1 >"$work/log" 2>&1; then
        missed=$((missed + 1))
        echo "  $1: NOT NOTICED"
    else
        noticed=$((noticed + 1))
        echo "  $1: $(sed -n 's/^\[  FAILED  \] \(test_.*\)/\1/p' "$work/log" | head -1)"
    fi
}

mutant reads_pass_writes systole_f2_read.sv 's/h_valid && !h_waits &&/h_valid \&\&/'
mutant core_reads_without_room systole_f2_read.sv "s/c_valid && 32'(core_free_q) > 32'(c_len)/c_valid/"
mutant reads_beyond_alias systole_f2_read.sv "s/assign outside = .*/assign outside = 1'b0;/"
mutant answers_to_the_wrong_one systole_f2_read.sv 's/in_valid_i(ddr_r_valid_i && o_host)/in_valid_i(ddr_r_valid_i)/'
mutant writes_beyond_alias systole_f2_write.sv "s/outside_q ? '0 : host_turn_q/host_turn_q/"
mutant bursts_before_their_data systole_f2_write.sv "s/c_valid && c_whole_q != '0/c_valid/"
mutant done_when_sent systole_f2_write.sv "s/writes_done_o + 8'(ddr_b_valid_i && o_host)/writes_done_o + 8'(h_grant)/"
mutant strobes_of_the_other systole_f2_write.sv 's/host_turn_q ? hw_strb : cw_strb/hw_strb/'
mutant registers_repeat systole_f2_ocl.sv "s/core_ar_valid_o <= ar_addr_i\\[31:CoreBits\\] == '0;/core_ar_valid_o <= 1'b1;/
s/read_q <= ar_addr_i\\[31:CoreBits\\] == '0 ? ReadCore : ReadShell/read_q <= ReadCore/"
mutant writes_repeat systole_f2_ocl.sv "s/if (aw_q\\[31:CoreBits\\] == '0) begin/if (1'b1) begin/"
mutant interrupts_without_waiting systole_f2_irq.sv 's/assign ask = .*/assign ask = wanted_q || (level_q \&\& !request_o);/'
mutant interrupts_lost systole_f2_irq.sv "s/if (accept_i) waiting_q <= 1'b0;//"

echo "$noticed noticed, $missed not"
test "$missed" -eq 0
