#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# clean.sh [--dry-run] [DIRECTORY] : removes the image that DIRECTORY/cl_systole.afi names (build/bitstreams/aws_f2), and what afi.sh has
# put into the S3 bucket: what else would go on costing. The bucket stays.
# Exit codes: 0 removed; 2 usage; 3 no such file; 5 no aws; 6 aws failed.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
dry=''
die() { echo "clean.sh: $1" >&2; exit "$2"; }
if [ "${1:-}" = --dry-run ]; then dry=1; shift; fi
case ${1:-} in -*) die 'usage: clean.sh [--dry-run] [DIRECTORY]' 2 ;; esac
record=${1:-$root/build/bitstreams/aws_f2}/cl_systole.afi
[ -f "$record" ] || die "there is no $record: afi.sh writes it" 3
value() { sed -n "s/^$1=//p" "$record"; }
afi=$(value afi) region=$(value region) bucket=$(value bucket) prefix=$(value prefix)
# An empty prefix would be the whole bucket.
case $afi:$bucket:$prefix in afi-*:?*:systole/?*) ;; *) die "$record is not as afi.sh writes it" 3 ;; esac

run() { if [ -n "$dry" ]; then echo "aws $*"; else aws "$@"; fi; }
[ -n "$dry" ] || command -v aws >/dev/null || die 'aws is not found: install the AWS command line interface, version 2' 5
run ec2 delete-fpga-image --region "$region" --fpga-image-id "$afi" || die "$afi was not removed" 6
run s3 rm "s3://$bucket/$prefix/" --recursive --region "$region" || die "s3://$bucket/$prefix/ was not removed" 6
[ -n "$dry" ] || rm -f "$record" "$record.json"
