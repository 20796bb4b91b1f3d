#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# resnet50.sh FOLDER PRECISION DEVICE ... : light_resnet50 and the same network with random weights on every device, each output
# held against the cpu's bits; the package's own output on the first. Writes
# build/report/test-resnet50.json.
set -eu

folder=$1
precision=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
mkdir -p build/report
rows=
failed=0
passed=0

row() {
    rows="$rows${rows:+,
 }{\"claim\": \"$1\", \"value\": $2, \"unit\": \"$3\", \"bound\": $4, \"sense\": \"$5\", \"command\": \"make test-resnet50 PRECISION=$precision\"}"
}

# Values, and how many differ, summed over the lines of a comparison that are about outputs.
compare() {
    name=$1
    shift
    echo "ResNet-50, $name, precision $precision"
    code=0
    build/systole compare "$@" >"$log" || code=$?
    cat "$log"
    if [ "$code" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    row "ResNet-50, $name, $precision: comparisons with the cpu that are not exact" "$((code != 0))" comparisons 0 max
    set -- "$(sed -n "s/^sim:[^ ]* *[0-9.]* *\([0-9]*\) *\([0-9.]*\) %.*/\1/p" "$log")" \
        "$(sed -n "s/^sim:[^ ]* *[0-9.]* *\([0-9]*\) *\([0-9.]*\) %.*/\2/p" "$log")"
    if [ -n "$1" ]; then
        row "ResNet-50, $name, $precision: cycles on the simulated RTL" "$1" cycles null max
        row "ResNet-50, $name, $precision: array busy" "$2" % null min
    fi
}

devices=
for device in cpu "$@"; do
    devices="$devices --device $device,precision=$precision"
done
# shellcheck disable=SC2086 # a list of arguments
compare 'weights constant' "$folder/light/light_resnet50/model.onnx" --input "$folder/light/light_resnet50/test_data_set_0/input_0.pb" $devices
# shellcheck disable=SC2086
compare 'weights random' "$folder/random.onnx" --input "$folder/x.npy" $devices

echo "The package's own output, on $1"
code=0
build/systole conformance "$folder/light" --device "$1" || code=$?
if [ "$code" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
row "ResNet-50: the ONNX package's own output, cases that fail on $1" "$((code != 0))" cases 0 max

printf '[%s]\n' "$rows" >build/report/test-resnet50.json
echo "test-resnet50: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
