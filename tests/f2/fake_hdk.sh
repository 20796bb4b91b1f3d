#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fake_hdk.sh DIRECTORY STUBS LOG : a folder in the place of the HDK's shell_stable. Its aws_build_dcp_from_cl.py asks for what the real
# one asks for, runs our scripts with the variables that the real one sets, under commands that record, and leaves files of the real names.
set -eu

hdk=$1 stubs=$2 log=$3
scripts=$hdk/build/scripts
mkdir -p "$scripts" "$hdk/design/interfaces" "$hdk/ip/cl_ddr4"
: >"$hdk/ip/cl_ddr4/cl_ddr4.xci"
echo 'small_shell=0x10212415' >"$hdk/shell_version.txt"
echo 'note header {}' >"$scripts/synth_cl_header.tcl"
# shellcheck disable=SC2016 # for Tcl
echo 'note footer $TAG; close [open $checkpoints_dir/$CL.$TAG.post_synth.dcp w]' >"$scripts/synth_cl_footer.tcl"
for script in build_all.tcl build_level_1_cl.tcl; do echo 'error "the fake runs its own"' >"$scripts/$script"; done
printf '#!/bin/sh\nhdk=%s stubs=%s log=%s\n' "$hdk" "$stubs" "$log" >"$scripts/aws_build_dcp_from_cl.py"
cat >>"$scripts/aws_build_dcp_from_cl.py" <<'SCRIPT'
set -eu
cl='' tag=''
for argument in "$@"; do
    case $argument in
    --cl=*) cl=${argument#--cl=} ;;
    --tag=*) tag=${argument#--tag=} ;;
    --mode=small_shell | --flow=BuildAll) ;;
    *) echo "no such option: $argument" >&2; exit 2 ;;
    esac
done
# The real one refuses both.
[ "$(basename "$CL_DIR")" = "$cl" ] || { echo 'CL_DIR is not the folder of --cl' >&2; exit 1; }
[ "$(pwd -P)" = "$(cd "$CL_DIR" && pwd -P)/build/scripts" ] || { echo 'not started in CL_DIR/build/scripts' >&2; exit 1; }
# It takes the identity from lines of this form.
grep -q "^.define CL_SH_ID0 32'h[0-9A-F]\{4\}_[0-9A-F]\{4\}$" "$CL_DIR/design/cl_id_defines.vh"
mkdir -p ../checkpoints ../reports ../src_post_encryption
cat >"$CL_DIR/run.tcl" <<TCL
set CL $cl
set TAG $tag
set DEVICE_TYPE ${FAKE_PART:-xcvu47p-fsvh2892-2-e}
set HDK_SHELL_DIR $hdk
set HDK_SHELL_DESIGN_DIR $hdk/design
set HDK_IP_SRC_DIR $hdk/ip
set CL_DIR $CL_DIR
set design_dir $CL_DIR/design
set constraints_dir $CL_DIR/build/constraints
set checkpoints_dir $CL_DIR/build/checkpoints
set src_post_enc_dir $CL_DIR/build/src_post_encryption
source encrypt.tcl
source synth_$cl.tcl
read_xdc $CL_DIR/build/constraints/small_shell_cl_pnr_user.xdc
TCL
tclsh "$stubs" "$log" "$CL_DIR/run.tcl"
routed=post_route${FAKE_VIOLATED:+.VIOLATED}.dcp
echo routed >"../checkpoints/$cl.$tag.$routed"
(cd ../checkpoints && tar -cf "$tag.Developer_CL.tar" "$cl.$tag.$routed")
SCRIPT
chmod +x "$scripts/aws_build_dcp_from_cl.py"
