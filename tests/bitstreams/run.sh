#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh : the recipes of bitstreams/ as far as they go without the tools of the vendors: scripts with commands that only record, fakes of
# the tools on PATH, manifests good and bad. Ends with a line that counts.
# shellcheck disable=SC2016,SC2317 # what stands between single quotes is for another shell; functions are called by others
set -eu

root=$PWD
tool=$root/build/systole-bitstream
. tests/claims.sh

# ---- the kernel's description ----

if command -v xmllint >/dev/null; then
    works 'kernel.xml is XML' xmllint --noout bitstreams/xrt/kernel.xml
    works 'kernel.xml has 17 arguments' test "$(xmllint --xpath 'count(//arg)' bitstreams/xrt/kernel.xml)" = 17
    # Offsets as the table of registers says: the window bases and sizes every 12 bytes, then the watchdog.
    works 'kernel.xml has the offsets of docs/registers.md' test \
        "$(xmllint --xpath '//arg[@name="win7" or @name="size0" or @name="watchdog"]/@offset' bitstreams/xrt/kernel.xml | tr -d ' \n')" \
        = 'offset="0x064"offset="0x070"offset="0x0D0"'
    works 'docs/registers.md has them so' grep -q '^| 0x0d0 | WATCHDOG_LO ' docs/registers.md
else
    skip 'kernel.xml: no xmllint (Debian: libxml2-utils)'
fi
for port in s_axi_control m_axi_gmem; do
    works "kernel.xml has the port $port" grep -q "<port name=\"$port\"" bitstreams/xrt/kernel.xml
    works "the shell has the port $port" grep -q "${port}_awvalid" bitstreams/xrt/systole.sv
done

# ---- the scripts, with tools that record ----

if command -v tclsh >/dev/null; then
    mkdir "$work/bin"
    # Each finds script and arguments where the real one does.
    cat >"$work/bin/vivado" <<END
#!/bin/sh
while [ "\$1" != -source ]; do shift; done
script=\$2; shift 3
exec tclsh "$root/tests/bitstreams/stubs.tcl" "$work/calls" "\$script" "\$@"
END
    cat >"$work/bin/vitis_hls" <<END
#!/bin/sh
script=\$2
exec tclsh "$root/tests/bitstreams/stubs.tcl" "$work/calls" "\$script" "\$@"
END
    cat >"$work/bin/v++" <<END
#!/bin/sh
set -e
echo "v++ \$*" >>"$work/calls"
while [ \$# -gt 0 ]; do
    case \$1 in --config) config=\$2 ;; --output) output=\$2 ;; esac
    last=\$1; shift
done
test -f "\$last"
hook=\$(sed -n 's/^prop=run.impl_1.STEPS.ROUTE_DESIGN.TCL.POST=//p' "\$config")
tclsh "$root/tests/bitstreams/stubs.tcl" "$work/calls" "\$hook"
echo "a bitstream of \$config" >"\$output"
END
    chmod +x "$work"/bin/*
    mkdir "$work/tree"
    for part in bitstreams rtl hls driver sim; do ln -s "$root/$part" "$work/tree/$part"; done
    mkdir "$work/tree/build"
    ln -s "$tool" "$work/tree/build/systole-bitstream"
    build() { (cd "$work/tree" && PATH="$work/bin:$PATH" SYSTOLE_COMMIT=0123456789abcdef0123456789abcdef01234567 sh bitstreams/xrt/build.sh "$@"); }
    for target in xrt_u250 xrt_u55c xrt_u280 azure_np; do
        for kernel in rtl hls; do
            : >"$work/calls"
            works "$target from $kernel with recording tools" build "$target" "$kernel"
            works "$target: the resources of the kernel are counted" \
                grep -q "^get_cells .*$([ $kernel = rtl ] && echo systole_core || echo systole_hls_kernel)" "$work/calls"
            works "$target: its platform is linked for" grep -q "^platform=$(sed -n 's/^platform=//p' "bitstreams/$target/target.conf")$" \
                "bitstreams/$target/link.cfg"
            works "$target: its clock is asked for" grep -q "^freqHz=$(sed -n 's/^clock_mhz=//p' "bitstreams/$target/target.conf")000000:" \
                "bitstreams/$target/link.cfg"
        done
    done
    : >"$work/calls"
    works 'the RTL is packaged again' build xrt_u250 rtl
    works 'package_xo gets the kernel of the contract' grep -q '^package_xo .*-kernel_name systole .*kernel[.]xml' "$work/calls"
    works 'parameters reach the kernel' grep -q '^set_property generic .*ROWS=32 COLS=32 .*WEIGHT_PLANES=4' "$work/calls"
    works 'the DPI body stays out' sh -c '! grep -q _dpi "$1"' sh "$work/calls"
    works 'what was linked is what was packaged' grep -q '^v++ .*systole[.]xo$' "$work/calls"

    # ---- manifests ----

    manifest=$work/tree/build/bitstreams/xrt_u250-rtl/systole.xclbin.json
    works 'a manifest that was written is good' "$tool" check "$manifest"
    works 'it is listed' sh -c '"$1" list "$2" | grep -q "^xrt_u250 *rtl *32x32.*good$"' sh "$tool" "$work/tree/build"
    works "the command's verb says the same" sh -c '[ "$("$1" bitstream list "$3")" = "$("$2" list "$3")" ] && "$1" bitstream check "$4"' sh \
        "$root/build/systole" "$tool" "$work/tree/build" "$manifest"
    if python3 -c 'import jsonschema' 2>/dev/null; then
        works 'the manifest obeys the schema' python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' "$manifest" bitstreams/manifest.schema.json
    else
        skip 'the schema: Python has no jsonschema (Debian: python3-jsonschema)'
    fi
    folder=$(dirname "$manifest")
    spoil() { # NAME SED_SCRIPT WORDS
        sed "$2" "$manifest" >"$folder/bad.json"
        fails "$1" 1 "$3" "$tool" check "$folder/bad.json"
    }
    spoil 'another contract is told' 's/"contract": "0x[0-9a-f]*"/"contract": "0x0123456789abcdef"/' 'the library would refuse it'
    spoil 'a clock that was not met is told' 's/"clock_met": true/"clock_met": false/' 'clock_met is false'
    spoil 'a missing member is told' '/"commit"/d' 'commit is missing'
    spoil 'an unknown member is told' 's/^{/{ "more": 1,/' 'some are unknown'
    spoil 'a member of the wrong type is told' 's/"ROWS": 32/"ROWS": "32"/' 'parameters.ROWS is 32'
    spoil 'a name that comes twice is told' 's/^  "part"/  "target": "x",\n  "part"/' 'comes twice'
    spoil 'text after the end is told' '$s/$/ {}/' 'after the end'
    spoil 'a file elsewhere is not followed' 's,"file": ",&../../,' 'not beside the manifest'
    for size in 0 1 40 400; do
        head -c "$size" "$manifest" >"$folder/bad.json"
        fails "a manifest cut after $size bytes is told" 1 "systole-bitstream: $folder/bad.json: line" "$tool" check "$folder/bad.json"
    done
    rm "$folder/bad.json"
    echo more >>"$folder/systole.xclbin"
    fails 'a bitstream that was changed is told' 1 'not the file that was built' "$tool" check "$manifest"
    fails 'a bitstream that was changed is told by the command' 1 'not the file that was built' "$root/build/systole" bitstream check "$manifest"
    rm "$folder/systole.xclbin"
    fails 'a bitstream that is gone is told' 1 'No such file' "$tool" check "$manifest"
    fails 'a manifest without utilisation is not written' 1 'utilisation.lut' \
        "$tool" write "$work/x.json" "$manifest" target=t kernel=rtl platform=p part=p tool=t tool_version=1 clock_mhz=1 clock_met=true \
        commit=0123456789abcdef0123456789abcdef01234567 ROWS=4 COLS=4 HAS_FP=1 AXI_BYTES=8 APAD_BYTES=1 WPAD_BYTES=1 ACC_ROWS=1 \
        PARAM_ROWS=1 APAD_BANKS=1 ACC_BANKS=1 MAC_LATENCY=1 WEIGHT_PLANES=2 POST_LATENCY=1 POST_LANES=4 LANE_TAPS=1 PARITY=0
else
    skip 'the scripts and manifests: no tclsh (Debian: tcl)'
fi
fails 'a manifest that is not there is told' 3 'No such file' "$tool" check "$work/nothing.json"
fails 'a build without the tools says which' 5 'settings64.sh' env VIVADO=vivado-is-not-here sh bitstreams/xrt/build.sh xrt_u250 rtl
fails 'a kernel that there is not is told' 2 'rtl or hls' sh bitstreams/xrt/build.sh xrt_u250 vhdl

finish
