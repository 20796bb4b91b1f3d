#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# afi.sh [--dry-run] [--region REGION] [--name NAME] [--afi afi-...] BUCKET [DIRECTORY]
#
# Makes an Amazon FPGA Image of DIRECTORY/cl_systole.tar (build/bitstreams/aws_f2): copies it to the S3 bucket, asks for the image,
# waits until it is there, and writes DIRECTORY/cl_systole.afi, which names it, with the manifest cl_systole.afi.json. --afi goes on
# waiting for an image that was asked for before. --dry-run prints the commands and runs none. Costs: docs/deploy-f2.md; what removes
# it all: clean.sh.
#
# SYSTOLE_AFI_POLL, SYSTOLE_AFI_LIMIT: seconds between looks (60), and until it gives up (14400).
# Exit codes: 0 the image is available; 1 it failed; 2 usage; 3 a file or the bucket is missing; 4 not available in time; 5 no aws;
# 6 aws failed.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
dry='' region=${AWS_DEFAULT_REGION:-us-east-1} name='' afi=''

die() { echo "afi.sh: $1" >&2; exit "$2"; }
usage() { die 'usage: afi.sh [--dry-run] [--region REGION] [--name NAME] [--afi afi-...] BUCKET [DIRECTORY]' 2; }

while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) dry=1 ;;
    --region | --name | --afi)
        [ $# -gt 1 ] || usage
        case $1 in --region) region=$2 ;; --name) name=$2 ;; --afi) afi=$2 ;; esac
        shift ;;
    -*) usage ;;
    *) break ;;
    esac
    shift
done
[ $# -eq 1 ] || [ $# -eq 2 ] || usage
bucket=$1 directory=${2:-$root/build/bitstreams/aws_f2}
tar=$directory/cl_systole.tar report=$directory/report.conf
settings=$root/bitstreams/aws_f2/target.conf
case $afi in '' | afi-*) ;; *) usage ;; esac
for file in "$tar" "$report"; do [ -f "$file" ] || die "there is no $file: make bitstream TARGET=aws_f2 writes it" 3; done
commit=$(sed -n 's/^commit=//p' "$report")
[ -n "$name" ] || name=systole-$(echo "$commit" | cut -c 1-12)
key=systole/$name/cl_systole.tar logs=systole/$name/logs

ask() { # what is printed in a dry run, and run else
    if [ -n "$dry" ]; then echo "aws $*" >&2; else aws "$@"; fi
}
go_on() { echo "--region $region --name $name --afi $afi $bucket $directory"; }
if [ -z "$dry" ]; then
    command -v aws >/dev/null || die 'aws is not found: install the AWS command line interface, version 2, and run aws configure' 5
    [ -x "$root/build/systole-bitstream" ] || die "there is no $root/build/systole-bitstream: make build/systole-bitstream" 3
fi

# ---- the image is asked for ----

if [ -z "$afi" ]; then
    ask s3api head-bucket --bucket "$bucket" --region "$region" >/dev/null || \
        die "there is no bucket $bucket in $region, or it is not yours: aws s3 mb s3://$bucket --region $region" 3
    ask s3 cp "$tar" "s3://$bucket/$key" --region "$region" --only-show-errors || \
        die "$tar cannot be copied to s3://$bucket/$key" 6
    ids=$(ask ec2 create-fpga-image --region "$region" --name "$name" --description "Systole, commit $commit" \
        --input-storage-location "Bucket=$bucket,Key=$key" --logs-storage-location "Bucket=$bucket,Key=$logs" \
        --query '[FpgaImageId,FpgaImageGlobalId]' --output text) || die "the image was not asked for; s3://$bucket/$key is there" 6
    afi=$(echo "$ids" | awk '{ print $1 }')
    [ -n "$dry" ] || echo "afi.sh: $afi was asked for; if this ends, go on with: $0 $(go_on)"
fi
[ -z "$dry" ] || [ -n "$afi" ] || afi='afi-...'
case $afi in afi-*) ;; *) die "create-fpga-image has given no identifier, but: $ids" 6 ;; esac

# ---- until it is there ----

look() {
    ask ec2 describe-fpga-images --region "$region" --fpga-image-ids "$afi" \
        --query 'FpgaImages[0].[FpgaImageGlobalId,State.Code,State.Message]' --output text
}
if [ -n "$dry" ]; then
    look
    echo "systole-bitstream write $directory/cl_systole.afi.json $directory/cl_systole.afi ..." >&2
    exit 0
fi
begin=$(date +%s) misses=0
while :; do
    state='' agfi='' message=''
    if answer=$(look); then
        misses=0
        read -r agfi state message <<EOF
$answer
EOF
    else
        misses=$((misses + 1))
        [ "$misses" -lt 5 ] || die "$afi cannot be looked at, $misses times in a row" 6
    fi
    case $state in
    available) break ;;
    failed) die "$afi failed: $message; its logs are in s3://$bucket/$logs" 1 ;;
    '' | pending) ;;
    *) die "$afi is in a state that is not known: $state" 6 ;;
    esac
    [ $(($(date +%s) - begin)) -lt "${SYSTOLE_AFI_LIMIT:-14400}" ] || \
        die "$afi is still pending after ${SYSTOLE_AFI_LIMIT:-14400} s; wait on with: $0 $(go_on)" 4
    sleep "${SYSTOLE_AFI_POLL:-60}"
done

# ---- what it is, for whoever loads it, and for clean.sh ----

cat >"$directory/cl_systole.afi" <<EOF
afi=$afi
agfi=$agfi
region=$region
bucket=$bucket
prefix=systole/$name
tar_sha256=$(sha256sum "$tar" | cut -d ' ' -f 1)
EOF
set -- target=aws_f2 kernel=rtl tool=Vivado
while IFS= read -r line; do
    case $line in '#'* | '' | platform=*) ;; *) set -- "$@" "$line" ;; esac
done <"$settings"
while IFS= read -r line; do
    case $line in
    shell=*) set -- "$@" "platform=$(sed -n 's/^platform=//p' "$settings") ${line#shell=}" ;;
    tool_version=* | clock_met=* | commit=*) set -- "$@" "$line" ;;
    *) set -- "$@" "utilisation.$line" ;;
    esac
done <"$report"
"$root/build/systole-bitstream" write "$directory/cl_systole.afi.json" "$directory/cl_systole.afi" "$@"
"$root/build/systole-bitstream" check "$directory/cl_systole.afi.json"
echo "afi.sh: $agfi is available; on an F2 instance: sudo fpga-load-local-image -S 0 -I $agfi"
