#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh REPORT PAGES DEVICE ... : one command compares a network over all the devices, the first of which is right; openblas, onednn and cublas add in
# an order of their own and have to be within its bound, all others exact. Then every operator with random operands (test_host_matrix). REPORT is the
# table as JSON, PAGES begins the names of the pages. Ends with 'N passed, N failed, N skipped'.
set -eu

report=$1 pages=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

devices='' count=0
for device in "$@"; do
    if build/systole devices "$device" >/dev/null 2>"$work/why"; then
        devices="$devices $device" count=$((count + 1))
    else
        skipped=$((skipped + 1))
        echo "SKIP $device: $(cat "$work/why")"
    fi
done

devices=${devices# }

# The verdict of each device, a line each.
verdicts() {
    sed -n 's/^ *{"device": "\([^"]*\)", "verdict": "\([^"]*\)", "first_wrong_layer".*/\1 \2/p' "$1"
}

for network in resnet8 transformer; do
    status=0
    build/systole compare build/examples/$network.onnx --quiet --devices "$devices" --isolated --report "$pages-$network.html" --json \
        >"$work/said" 2>"$work/why" </dev/null || status=$?
    verdicts "$work/said" >"$work/verdicts"
    if [ "$status" -ne 0 ] || [ "$(wc -l <"$work/verdicts")" -ne $((count - 1)) ]; then
        failed=$((failed + 1))
        echo "FAIL $network over $devices: exit code $status"
        cat "$work/why" "$work/verdicts"
        continue
    fi
    passed=$((passed + 1))
    while read -r device verdict; do
        case $device,$verdict in
        *,exact | openblas*,'within bound' | onednn*,'within bound' | cublas*,'within bound') passed=$((passed + 1)) ;;
        *) failed=$((failed + 1)) && echo "FAIL $network on $device: $verdict" ;;
        esac
        echo "$network on $device: $verdict"
    done <"$work/verdicts"
done

status=0
build/tests/test_host_matrix >"$work/said" 2>&1 </dev/null || status=$?
grep 'SKIP\|seed\|ERROR\|FAILED' "$work/said" || true
skipped=$((skipped + $(grep -c '^SKIP' "$work/said" || true)))
ran=$(grep -c '^\[       OK' "$work/said" || true)
passed=$((passed + ran))
if [ "$status" -ne 0 ]; then failed=$((failed + 1)); fi

printf '[{"claim": "devices that one command compared on ResNet-8 and a transformer", "value": %d, "unit": "devices", "bound": 5, "sense": "min", ' \
    "$count" >"$report"
printf '"command": "make test-compare"},\n {"claim": "operators with the same bits on all devices", "value": %d, "unit": "operators", "bound": 21, ' \
    "$((ran > 0 ? ran - 1 : 0))" >>"$report"
printf '"sense": "min", "command": "make test-compare"}]\n' >>"$report"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
