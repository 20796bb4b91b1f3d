#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build.sh TARGET rtl|hls : packages the kernel, links it for the target's platform, and writes the manifest. `make bitstream` starts it
# in the root of the source. Results: build/bitstreams/TARGET-KERNEL/.
set -eu

target=$1 kernel=$2
root=$PWD
settings=$root/bitstreams/$target/target.conf
out=$root/build/bitstreams/$target-$kernel
vivado=${VIVADO:-vivado} vitis_hls=${VITIS_HLS:-vitis_hls} vpp=${VPP:-v++}

die() { echo "build.sh: $1" >&2; exit "$2"; }

case $kernel in rtl) packager=$vivado ;; hls) packager=$vitis_hls ;; *) die "KERNEL is rtl or hls, not '$kernel'" 2 ;; esac
for tool in "$packager" "$vpp"; do
    command -v "$tool" >/dev/null || die "$tool is not found: source settings64.sh of Vitis 2022.1 or later (it is free for Alveo cards)" 5
done
[ -f "$settings" ] || die "there is no $settings" 2

mkdir -p "$out"
cd "$out"
if [ "$kernel" = rtl ]; then
    "$packager" -mode batch -nojournal -log package.log -source "$root/bitstreams/xrt/package_rtl.tcl" \
        -tclargs "$root" "$settings" "$out/systole.xo"
else
    "$packager" -f "$root/bitstreams/xrt/package_hls.tcl" -l package.log -tclargs "$root" "$settings" "$out/systole.xo"
fi

# Where the report goes is known here only.
if [ "$kernel" = rtl ]; then name=systole SYSTOLE_CORE=systole_core; else name=systole_hls_kernel SYSTOLE_CORE=systole_hls_kernel; fi
sed "s/=systole:1:/=$name:1:/" "$root/bitstreams/$target/link.cfg" >link.cfg
cat >>link.cfg <<END

[vivado]
prop=run.impl_1.STEPS.ROUTE_DESIGN.TCL.POST=$root/bitstreams/xrt/report.tcl
END
export SYSTOLE_CORE SYSTOLE_REPORT="$out/report.conf"
rm -f report.conf
"$vpp" --link --target hw --save-temps --config link.cfg --output systole.xclbin systole.xo
[ -f report.conf ] || die "no report of the routed design was written: $out/report.conf" 1

# For sources that are not in git: SYSTOLE_COMMIT says which they are.
commit=${SYSTOLE_COMMIT:-$(git -C "$root" rev-parse HEAD)}
if [ -z "${SYSTOLE_COMMIT:-}" ] && [ -n "$(git -C "$root" status --porcelain --untracked-files=no)" ]; then
    die "the source differs from commit $commit: a bitstream of it cannot be built again; commit first" 1
fi
set -- target="$target" kernel="$kernel" tool="Vitis" commit="$commit"
while IFS= read -r line; do
    case $line in '#'* | '') ;; *) set -- "$@" "$line" ;; esac
done <"$settings"
while IFS= read -r line; do
    case $line in tool_version=* | clock_met=*) set -- "$@" "$line" ;; *) set -- "$@" "utilisation.$line" ;; esac
done <report.conf
"$root/build/systole-bitstream" write systole.xclbin.json systole.xclbin "$@"
"$root/build/systole-bitstream" check systole.xclbin.json
