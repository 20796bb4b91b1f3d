#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build.sh : the checkpoint of the custom logic for AWS F2, by the HDK's flow. `make bitstream TARGET=aws_f2` starts it in the root of
# the source, in a shell where hdk_setup.sh of aws-fpga was sourced. Results in build/bitstreams/aws_f2: cl_systole.tar, what afi.sh makes
# an image of, and report.conf, what the manifest says of it.
set -eu

root=$PWD
here=$root/bitstreams/aws_f2
out=$root/build/bitstreams/aws_f2
cl=cl_systole
CL_DIR=$out/$cl

die() { echo "build.sh: $1" >&2; exit "$2"; }

if [ -z "${HDK_SHELL_DIR:-}" ] || [ ! -f "${HDK_SHELL_DIR:-}/build/scripts/aws_build_dcp_from_cl.py" ]; then
    die 'HDK_SHELL_DIR names no HDK for F2: source hdk_setup.sh in a clone of github.com/aws/aws-fpga (branch f2)' 5
fi
command -v vivado >/dev/null || \
    die 'vivado is not found: source its settings64.sh (2024.1 or later, as the HDK says), or use the FPGA Developer AMI' 5

# For sources that are not in git: SYSTOLE_COMMIT says which they are.
commit=${SYSTOLE_COMMIT:-$(git -C "$root" rev-parse HEAD)}
if [ -z "${SYSTOLE_COMMIT:-}" ] && [ -n "$(git -C "$root" status --porcelain --untracked-files=no)" ]; then
    die "the source differs from commit $commit: an image of it cannot be built again; commit first" 1
fi

# A folder as the HDK's examples have it, of the name that its scripts ask for.
rm -rf "$CL_DIR"
mkdir -p "$CL_DIR/build"
cp -R "$here/design" "$CL_DIR/design"
cp -R "$here/build/constraints" "$here/build/scripts" "$CL_DIR/build/"
rm -f "$CL_DIR/design/systole_f2_pkg.awk"
cp "$root"/rtl/prim/*.svh "$CL_DIR/design/"
sed 's,//.*,,' "$root/rtl/systole.f" | grep -v -e '_dpi.sv$' -e '^ *$' | while IFS= read -r file; do
    cp "$root/$file" "$CL_DIR/design/"
    basename "$file"
done >"$CL_DIR/design/sources.f"
{
    echo systole_f2_pkg.sv
    for file in "$here"/design/systole_f2*.sv "$here/design/$cl.sv"; do basename "$file"; done | grep -v '^systole_f2_pkg.sv$'
} >>"$CL_DIR/design/sources.f"
for script in aws_build_dcp_from_cl.py build_all.tcl build_level_1_cl.tcl; do
    ln -s "$HDK_SHELL_DIR/build/scripts/$script" "$CL_DIR/build/scripts/$script"
done

tag=$(echo "$commit" | cut -c 1-12)
SYSTOLE_ROOT=$root SYSTOLE_SETTINGS=$here/target.conf
export CL_DIR SYSTOLE_ROOT SYSTOLE_SETTINGS
(cd "$CL_DIR/build/scripts" && ./aws_build_dcp_from_cl.py --cl="$cl" --mode=small_shell --flow=BuildAll --tag="$tag")

checkpoints=$CL_DIR/build/checkpoints
[ ! -f "$checkpoints/$cl.$tag.post_route.VIOLATED.dcp" ] || \
    die "250 MHz is not met (reports in $CL_DIR/build/reports): make the array smaller in target.conf; nothing is written" 1
[ -f "$checkpoints/$tag.Developer_CL.tar" ] || die "the HDK has written no $checkpoints/$tag.Developer_CL.tar: see its log" 1
SYSTOLE_CORE=systole_core SYSTOLE_REPORT=$out/report.conf
export SYSTOLE_CORE SYSTOLE_REPORT
rm -f "$SYSTOLE_REPORT"
(cd "$out" && vivado -mode batch -nojournal -log report.log -source "$here/build/scripts/report_dcp.tcl" \
    -tclargs "$root" "$checkpoints/$cl.$tag.post_route.dcp")
[ -f "$SYSTOLE_REPORT" ] || die "no report of the routed design was written: $SYSTOLE_REPORT" 1
printf 'commit=%s\nshell=%s\n' "$commit" "$(sed -n 's/^small_shell=//p' "$HDK_SHELL_DIR/shell_version.txt")" >>"$SYSTOLE_REPORT"
cp "$checkpoints/$tag.Developer_CL.tar" "$out/$cl.tar"
echo "build.sh: $out/$cl.tar; bitstreams/aws_f2/afi.sh makes an image of it"
