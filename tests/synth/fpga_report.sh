#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fpga_report.sh FAMILY:SIDE:TYPE ...: resources of the core after synthesis, FAMILY xcup (UltraScale+) or ecp5, beside what the devices have.
# The core without its PEs is synthesised, and one PE; the sum counts it as often as there are. DSP blocks absorb no registers in Yosys' flow for
# UltraScale+: LUTs and registers are upper estimates. No clock is estimated; the ECP5's comes from `make bitstream TARGET=ulx3s`.
set -eu
# shellcheck source=tests/synth/common.sh
. tests/synth/common.sh

rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
failed=0

# How many cells of these kinds a flat design has, each counted as so many: "LUT2=1 RAM32M16=8".
count() { # LOG KINDS
    awk -v kinds="$2" '
        BEGIN { n = split(kinds, k, " "); for (i = 1; i <= n; i++) { split(k[i], p, "="); weight[p[1]] = p[2] } }
        NF >= 2 && ($NF in weight) { for (i = 1; i < NF; i++) if ($i ~ /^[0-9]+$/) { have[$NF] = $i; break } }
        END { for (c in have) sum += have[c] * weight[c]; printf "%d", sum + 0.5 }' "$1"
}

xilinx_lut='LUT1=1 LUT2=1 LUT3=1 LUT4=1 LUT5=1 LUT6=1 RAM32X1D=2 RAM64X1D=2 RAM32M=4 RAM64M=4 RAM32M16=8 RAM64M8=8 RAM32X16DR8=8 RAM64X8SW=8 SRL16E=1 SRLC32E=1'
xilinx_ff='FDRE=1 FDSE=1 FDCE=1 FDPE=1'
ecp5_lut='LUT4=1 CCU2C=2 TRELLIS_DPR16X4=6'

printf '%-18s %10s %10s %8s %8s %6s  %s\n' case LUT register DSP RAM URAM 'share of the scarcest'
for case; do
    family=${case%%:*} rest=${case#*:}
    side=${rest%%:*} type=${rest#*:}
    case $family in
    xcup) flow='synth_xilinx -family xcup -flatten -noiopad -noclkbuf -top' ;;
    ecp5) flow='synth_ecp5 -noabc9 -top' ;;
    *) die "a family is xcup or ecp5, not $family" ;;
    esac
    case $family in
    xcup)
        kinds_lut=$xilinx_lut kinds_ff=$xilinx_ff kinds_dsp='DSP48E2=1' kinds_ram='RAMB36E2=1 RAMB18E2=0.5' kinds_uram='URAM288=1'
        devices='U250:1728000:3456000:12288:2688:1280 VU47P:1303680:2607360:9024:2016:960' ;;
    ecp5)
        kinds_lut=$ecp5_lut kinds_ff='TRELLIS_FF=1' kinds_dsp='MULT18X18D=1' kinds_ram='DP16KD=1 PDPW16KD=1' kinds_uram='none=1'
        devices='LFE5U-85F:83640:83640:156:208:1' ;;
    esac
    values=$(parameters "$side" "$type")
    settings "$type"
    rest_folder=build/synth/$family-$side-$type pe_folder=build/synth/$family-pe-$type
    if ! synthesise "$pe_folder" "$(read_pe "$fp" "$latency")
$flow systole_pe
tee -o $pe_folder/stat stat -top systole_pe" || ! synthesise "$rest_folder" "$(read_without_pe systole_core "$values -G BODY=1")
$flow systole_core
tee -o $rest_folder/stat stat -top systole_core"; then
        failed=1
        continue
    fi
    total() { echo $(($(count "$rest_folder/stat" "$1") + side * side * $(count "$pe_folder/stat" "$1"))); }
    lut=$(total "$kinds_lut") ff=$(total "$kinds_ff") dsp=$(total "$kinds_dsp") ram=$(total "$kinds_ram") uram=$(total "$kinds_uram")
    shares=$(for d in $devices; do
        echo "$d $lut $ff $dsp $ram $uram" | tr : ' ' |
            awk '{ m = 0; for (i = 2; i <= 6; i++) { s = 100 * $(i + 5) / $i; if (s > m) { m = s; w = i } }
                split("LUT register DSP RAM URAM", n, " "); printf "%s %.1f %% (%s)%s  ", $1, m, n[w - 1], m > 100 ? " does not fit" : "" }'
    done)
    printf '%-18s %10s %10s %8s %8s %6s  %s\n' "$case" "$lut" "$ff" "$dsp" "$ram" "$uram" "$shares"
    for kind in "LUT $lut" "registers $ff" "DSP $dsp" "RAM blocks $ram" "URAM $uram"; do
        row "$rows" "$case: ${kind% *}" "${kind##* }" blocks "make fpga-report FPGA_CASES=$case"
    done
done
finish "$rows" build/report/fpga-report.json
exit "$failed"
