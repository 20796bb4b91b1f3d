#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# resnet50.sh FOLDER PRECISION DEVICE ... : light_resnet50 and the same network with random weights on every device and the cpu: all
# have to give the same bits. The layers are told of the first device, and the package's own output is asked of the second. Writes
# build/report/test-resnet50.json, and the layers as pages with plots.
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

# compare 'what' PAGE ARGUMENT ... : of the command
compare() {
    name=$1
    page=$2
    shift 2
    echo "ResNet-50, $name, precision $precision"
    code=0
    build/systole compare "$@" --profile --report "build/report/$page.html" --quiet >"$log" || code=$?
    cat "$log"
    if [ "$code" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    row "ResNet-50, $name, $precision: comparisons that are not exact" "$((code != 0))" comparisons 0 max
    busy=$(sed -n "s/^sim:[^ ]* *[0-9.]* *[0-9]* *\([0-9.]*\) %.*/\1/p" "$log")
    if [ -n "$busy" ]; then row "ResNet-50, $name, $precision: array busy, of all cycles" "$busy" % 90 min; fi
}

devices=
for device in "$@" cpu; do
    devices="$devices --device $device,precision=$precision"
done
# shellcheck disable=SC2086 # a list of arguments
compare 'weights constant' resnet50_constant "$folder/light/light_resnet50/model.onnx" \
    --input "$folder/light/light_resnet50/test_data_set_0/input_0.pb" $devices
# shellcheck disable=SC2086
compare 'weights random' resnet50_random "$folder/random.onnx" --input "$folder/x.npy" $devices

shift
echo "The package's own output, on $1"
code=0
build/systole conformance "$folder/light" --device "$1" || code=$?
if [ "$code" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
row "ResNet-50: the ONNX package's own output, cases that fail on $1" "$((code != 0))" cases 0 max

printf '[%s]\n' "$rows" >build/report/test-resnet50.json
echo "test-resnet50: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
