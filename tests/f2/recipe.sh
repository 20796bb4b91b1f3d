#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# recipe.sh : bitstreams/aws_f2 as far as it goes without a vendor's tool and without an account: the HDK's flow with commands that record,
# the sources that it would read, the script that makes an image with a fake of aws on PATH, its failures, and what removes it all.
# Ends with a line that counts.
# shellcheck disable=SC2016,SC2317 # what stands between single quotes is for another shell; functions are called by others
set -eu

root=$PWD
here=bitstreams/aws_f2
tool=$root/build/systole-bitstream
. tests/claims.sh

# ---- the checkpoint ----

command -v tclsh >/dev/null || { skip 'the recipe for AWS F2: no tclsh (Debian: tcl)'; finish; }
mkdir "$work/bin" "$work/tree" "$work/tree/build"
for part in bitstreams rtl driver; do ln -s "$root/$part" "$work/tree/$part"; done
ln -s "$tool" "$work/tree/build/systole-bitstream"
sh tests/f2/fake_hdk.sh "$work/hdk" "$root/tests/f2/stubs.tcl" "$work/calls"
printf '#!/bin/sh\nstubs=%s calls=%s\n' "$root/tests/f2/stubs.tcl" "$work/calls" >"$work/bin/vivado"
cat >>"$work/bin/vivado" <<'SCRIPT'
while [ "$1" != -source ]; do shift; done
script=$2
shift 3
exec tclsh "$stubs" "$calls" "$script" "$@"
SCRIPT
chmod +x "$work/bin/vivado"
commit=0123456789abcdef0123456789abcdef01234567
build() { (cd "$work/tree" && PATH="$work/bin:$PATH" SYSTOLE_COMMIT=$commit HDK_SHELL_DIR="$work/hdk" "$@" sh "$here/build.sh"); }
says() { grep -q -e "$1" "$work/calls"; }
: >"$work/calls"
works 'the checkpoint with recording tools' build env
out=$work/tree/build/bitstreams/aws_f2
works 'the HDK builds the custom logic' says '^synth_design .*-top cl_systole -part xcvu47p-fsvh2892-2-e'
works 'parameters reach it' says '^synth_design .*-generic ROWS=32 -generic COLS=32 .*-generic WEIGHT_PLANES=4'
works 'the controller of the memory is read' says '^read_ip .*cl_ddr4.xci'
works 'the DPI body stays out' sh -c '! grep -q _dpi "$1"' sh "$work/calls"
works 'the packages come first' sh -c 'head -1 "$1" | grep -q systole_pkg.sv' sh "$out/cl_systole/design/sources.f"
works 'the LEDs are no timing path' says '^set_false_path '
works 'what was routed is what is reported' says '^open_checkpoint .*cl_systole.0123456789ab.post_route.dcp'
works 'the resources of the core are counted' says '^get_cells .*systole_core'
works 'the report is whole' sh -c \
    'for n in lut ff bram36 uram dsp clock_met tool_version commit shell; do grep -q "^$n=." "$1" || exit 1; done' sh "$out/report.conf"
works 'the checkpoint is there' test -s "$out/cl_systole.tar"
if command -v verilator >/dev/null; then
    # shellcheck disable=SC2046 # a list of files
    works 'the files that the HDK would read are a whole design' verilator --lint-only -Wall --assert -I"$out/cl_systole/design" \
        -I"$here/verif" --top-module f2_board rtl/systole.vlt $here/verif/verif.vlt \
        $(sed "s,^,$out/cl_systole/design/," "$out/cl_systole/design/sources.f") $here/verif/sh_ddr.sv $here/verif/f2_board.sv
else
    skip 'the files that the HDK would read: no verilator'
fi
fails 'timing that is not met gives no checkpoint' 1 '250 MHz is not met' build env FAKE_VIOLATED=1
fails 'an HDK for another device is told' 1 'the HDK builds for xcvu9p' build env FAKE_PART=xcvu9p
fails 'no HDK is told' 5 'source hdk_setup.sh' build env HDK_SHELL_DIR=/nowhere
fails 'no vivado is told' 5 'vivado is not found' \
    env PATH=/usr/bin:/bin SYSTOLE_COMMIT=$commit HDK_SHELL_DIR="$work/hdk" sh $here/build.sh
works 'the checkpoint again' build env

# ---- the image ----

cp tests/f2/fake_aws.sh "$work/bin/aws"
chmod +x "$work/bin/aws"
aws=$work/aws
afi() { # what goes wrong ... -- arguments
    rm -rf "$aws"
    mkdir "$aws"
    while [ "$1" != -- ]; do
        case $1 in *=*) printf '%b' "${1#*=}" >"$aws/${1%%=*}" ;; *) : >"$aws/$1" ;; esac
        shift
    done
    shift
    PATH="$work/bin:$PATH" FAKE_AWS=$aws SYSTOLE_AFI_POLL=0.05 SYSTOLE_AFI_LIMIT="${LIMIT:-60}" sh "$work/tree/$here/afi.sh" "$@"
}
said() { grep -q -e "$1" "$aws/calls"; }
key=systole/systole-0123456789ab
works 'an image is made' afi pending=3 -- --region eu-west-2 bucket
works 'the checkpoint is copied' said "^s3 cp .*cl_systole.tar s3://bucket/$key/cl_systole.tar --region eu-west-2"
works 'the image is asked for' said "^ec2 create-fpga-image .*--input-storage-location Bucket=bucket,Key=$key/cl_systole.tar"
works 'logs have a place' said "--logs-storage-location Bucket=bucket,Key=$key/logs"
works 'it is waited for' test "$(grep -c describe-fpga-images "$aws/calls")" -eq 4
works 'its names are kept' sh -c \
    'grep -qx afi=afi-0aaaaaaaaaaaaaaaa "$1" && grep -qx agfi=agfi-0bbbbbbbbbbbbbbbb "$1"' sh "$out/cl_systole.afi"
works 'its manifest is good' "$tool" check "$out/cl_systole.afi.json"
works 'it says what was built' sh -c '"$1" list "$2" | grep -q "^aws_f2 *rtl *32x32 .*good$"' sh "$tool" "$work/tree/build"
works 'it says which shell' grep -q '"platform": "aws-f2-small_shell 0x10212415"' "$out/cl_systole.afi.json"
cp "$out/cl_systole.afi" "$work/record"
rm "$out/cl_systole.afi" "$out/cl_systole.afi.json"
works 'a dry run' afi -- --dry-run --region eu-west-2 bucket
cp "$work/log" "$work/said"
works 'it names the commands' grep -q '^aws ec2 create-fpga-image --region eu-west-2' "$work/said"
works 'it runs none' sh -c '! test -e "$1/calls" && ! test -e "$2/cl_systole.afi"' sh "$aws" "$out"
works 'some looks that fail are passed over' afi misses=4 -- bucket
fails 'looks that go on failing are told' 6 'cannot be looked at, 5 times in a row' afi misses=9 -- bucket
fails 'a bucket that there is not is told' 3 'aws s3 mb s3://bucket --region us-east-1' afi fail_head-bucket -- bucket
fails 'a copy that fails is told' 6 'cannot be copied to s3://bucket/' afi fail_cp -- bucket
fails 'an image that is refused is told' 6 'was not asked for' afi fail_create-fpga-image -- bucket
fails 'an answer that is none is told' 6 'has given no identifier' afi ids=nonsense -- bucket
rm -f "$out/cl_systole.afi" "$out/cl_systole.afi.json"
fails 'an image that failed is told' 1 'INVALID_DCP; its logs are in s3://bucket/' afi 'state=failed\tINVALID_DCP' -- bucket
works 'there is no manifest of it' test ! -e "$out/cl_systole.afi.json"
LIMIT=0
fails 'an image that takes too long is told' 4 '--afi afi-0aaaaaaaaaaaaaaaa bucket' afi pending=9 -- bucket
LIMIT=60
fails 'a state that is not known is told' 6 'a state that is not known: odd' afi 'state=odd\tNone' -- bucket
works 'waiting is gone on with' afi pending=1 -- --afi afi-0aaaaaaaaaaaaaaaa bucket
works 'nothing is copied again' sh -c '! grep -q "^s3 cp" "$1/calls"' sh "$aws"
fails 'no bucket is told' 2 'usage' afi -- --region eu-west-2
fails 'no checkpoint is told' 3 'make bitstream TARGET=aws_f2' afi -- bucket "$work/nowhere"
mkdir "$work/few"
for need in sh dirname sed cut date; do ln -s "$(command -v $need)" "$work/few/$need"; done
fails 'no aws is told' 5 'aws is not found' env PATH="$work/few" sh "$work/tree/$here/afi.sh" bucket "$out"

# ---- what removes it ----

clean() { PATH="$work/bin:$PATH" FAKE_AWS=$aws sh "$work/tree/$here/clean.sh" "$@"; }
rm -rf "$aws"
mkdir "$aws"
works 'a dry run of the removal' clean --dry-run
cp "$work/log" "$work/said"
works 'it names the image' grep -q '^aws ec2 delete-fpga-image --region us-east-1 --fpga-image-id afi-0aaaaaaaaaaaaaaaa$' "$work/said"
works 'it runs none of it' test ! -e "$aws/calls"
: >"$aws/fail_delete-fpga-image"
fails 'an image that is not removed is told' 6 'was not removed' clean
works 'its record stays' test -e "$out/cl_systole.afi"
rm "$aws/fail_delete-fpga-image"
works 'the removal' clean
works 'what is in the bucket is removed' said "^s3 rm s3://bucket/$key/ --recursive"
works 'its record is removed' test ! -e "$out/cl_systole.afi"
fails 'nothing to remove is told' 3 'there is no' clean
sed 's/^prefix=.*/prefix=/' "$work/record" >"$out/cl_systole.afi"
fails 'a record without a prefix removes nothing' 3 'is not as afi.sh writes it' clean

finish
