#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# In the place of aws on PATH: calls are written to $FAKE_AWS/calls. Files in $FAKE_AWS say what goes wrong: fail_<word> lets the call
# with that word fail, `state` is what an image becomes after `pending` looks, `misses` looks fail before.
set -eu

echo "$*" >>"$FAKE_AWS/calls"
for fault in "$FAKE_AWS"/fail_*; do
    [ -e "$fault" ] || continue
    case " $* " in *" ${fault##*/fail_} "*) echo 'An error occurred (Fake)' >&2; exit 254 ;; esac
done
count() { # FILE: takes one off; false when there is none left
    n=$(cat "$FAKE_AWS/$1" 2>/dev/null || echo 0)
    [ "$n" -gt 0 ] || return 1
    echo $((n - 1)) >"$FAKE_AWS/$1"
}
case "$1 $2" in
's3 cp') [ -f "$3" ] ;;
's3api head-bucket' | 's3 rm' | 'ec2 delete-fpga-image') ;;
'ec2 create-fpga-image') printf '%s\n' "$(cat "$FAKE_AWS/ids" 2>/dev/null || printf 'afi-0aaaaaaaaaaaaaaaa\tagfi-0bbbbbbbbbbbbbbbb')" ;;
'ec2 describe-fpga-images')
    if count misses; then echo 'Could not connect to the endpoint URL' >&2; exit 255; fi
    if count pending; then printf 'agfi-0bbbbbbbbbbbbbbbb\tpending\tNone\n'; else
        printf 'agfi-0bbbbbbbbbbbbbbbb\t%s\n' "$(cat "$FAKE_AWS/state" 2>/dev/null || printf 'available\tNone')"
    fi ;;
*) echo "the fake knows no $1 $2" >&2; exit 252 ;;
esac
