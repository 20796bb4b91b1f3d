#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh COLLECTION ... : runs build/systole conformance over build/conformance/COLLECTION on $DEVICE, prints each summary and
# writes build/report/conformance.json. Fails when the tool crashes or a collection has no cases, not when a case fails:
# the failed ones are listed.
set -eu

device=${DEVICE:-cpu}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
mkdir -p build/report
rows=
for collection in "$@"; do
    code=0
    build/systole conformance "build/conformance/$collection" --device "$device" >"$log" || code=$?
    if [ "$code" -gt 1 ]; then
        echo "conformance $collection: exit code $code" >&2
        exit 1
    fi
    sed "s|^|$collection: |" "$log"
    set -- "$(sed -n 's/^[0-9]* cases on .*: \([0-9]*\) passed, .*/\1/p' "$log")" \
        "$(sed -n 's/^[0-9]* cases on .* \([0-9]*\) failed, .*/\1/p' "$log")"
    least=0
    if [ "$collection" = node ]; then least=900; fi
    row="{\"claim\": \"ONNX cases passed, $collection, $device\", \"value\": $1, \"unit\": \"cases\", \"bound\": $least,
  \"sense\": \"min\", \"command\": \"make conformance\"},
 {\"claim\": \"ONNX cases failed, $collection, $device\", \"value\": $2, \"unit\": \"cases\", \"bound\": 0,
  \"sense\": \"max\", \"command\": \"make conformance\"}"
    rows="$rows${rows:+,
 }$row"
done
printf '[%s]\n' "$rows" >build/report/conformance.json
