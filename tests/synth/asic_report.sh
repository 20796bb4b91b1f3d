#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# asic_report.sh SIDE:TYPE ...: area and timing of the grid of PEs (systole_array_pe) in the standard cells of the file LIBERTY: Yosys maps, OpenSTA
# (Debian: opensta) times the PE, without wires; between PEs there are registers only. Scratchpads and control are left out: their memories
# would be macros.
set -eu
# shellcheck source=tests/synth/common.sh
. tests/synth/common.sh

if [ -z "$LIBERTY" ] || [ ! -f "$LIBERTY" ]; then
    echo "SKIP: asic-report: no cell library${LIBERTY:+: there is no $LIBERTY}; LIBERTY=FILE names one (Debian: apt-get install qflow-tech-osu018)"
    exit 0
fi
sta=$(command -v sta || true)
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
failed=0
library=$(basename "$LIBERTY" .lib)
mkdir -p build/synth
cp "$LIBERTY" build/synth/cells.lib # where Yosys in its sandbox can read it

# The unit of gate equivalents: the smallest NAND with two inputs.
nand=$(awk '/cell *\(/ { gsub(/[(){}"]/, " "); name = $2 }
    /^[ \t]*area *:/ { gsub(/[;:]/, " "); if (name ~ /^(NAND2|nand2)/ && (!a || $2 < a)) a = $2 }
    END { print a + 0 }' "$LIBERTY")

printf '%-10s %-20s %12s %10s %10s\n' case library area kGE 'path, ns'
for case; do
    side=${case%%:*} type=${case#*:}
    settings "$type"
    name=build/synth/asic-$library-$side-$type pe=build/synth/asic-$library-pe-$type
    map() { # TOP FOLDER
        echo "synth -flatten -top $1
dfflibmap -liberty build/synth/cells.lib
abc -liberty build/synth/cells.lib
opt_clean -purge
tee -o $2/stat stat -top $1 -liberty build/synth/cells.lib"
    }
    if ! synthesise "$pe" "$(read_pe "$fp" "$latency")
$(map systole_pe "$pe")
splitnets -ports
write_verilog -noattr -noexpr $pe/netlist.v" || ! synthesise "$name" "$(read_without_pe systole_array_pe \
        "-G ROWS=$side -G COLS=$side -G HAS_FP=$fp -G MAC_LATENCY=$latency -G WEIGHT_PLANES=4 -G WORD_BYTES=$((side * (1 + fp)))")
$(map systole_array_pe "$name")"; then
        failed=1
        continue
    fi
    folder=$pe
    area_of() { sed -n 's/.*Chip area for .*: *\([0-9.]*\)$/\1/p' "$1/stat" | tail -1; }
    area=$(awk -v n="$side" -v p="$(area_of "$pe")" -v r="$(area_of "$name")" 'BEGIN { printf "%.0f", n * n * p + r }')
    kge=$(awk -v a="$area" -v n="$nand" 'BEGIN { if (n > 0) printf "%.1f", a / n / 1000; else print "null" }')
    path=null
    if [ -n "$sta" ]; then
        top=$(sed -n 's/^module \\\{0,1\}\([^ (]*\).*/\1/p' "$folder/netlist.v" | tail -1)
        cat >"$folder/sta.tcl" <<END
read_liberty $LIBERTY
read_verilog $folder/netlist.v
link_design $top
create_clock -name clk -period 1000 [get_ports clk_i]
report_checks -from [all_registers -clock_pins] -to [all_registers -data_pins] -digits 3
exit
END
        "$sta" -exit "$folder/sta.tcl" >"$folder/sta.log" 2>&1 || { tail -3 "$folder/sta.log" >&2; failed=1; }
        path=$(awk '/data arrival time/ && !p { p = $1 } END { print p ? p : "null" }' "$folder/sta.log")
    fi
    printf '%-10s %-20s %12s %10s %10s\n' "$case" "$library" "$area" "$kge" "$path"
    row "$rows" "$case in $library: area" "$area" 'of the library' "make asic-report ASIC_CASES=$case"
    row "$rows" "$case in $library: gates" "$kge" kGE "make asic-report ASIC_CASES=$case"
    row "$rows" "$case in $library: longest path, no wires" "$path" ns "make asic-report ASIC_CASES=$case"
done
[ -n "$sta" ] || echo 'SKIP: timing: OpenSTA is not there (Debian: apt-get install opensta)'
finish "$rows" build/report/asic-report.json
exit "$failed"
