#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test_compare.sh MODEL [DEVICE ...] : what `systole compare` prints and its exit codes, on a model whose products are fp32.
# A DEVICE that is not built is a skipped test. Ends with 'N passed, N failed, N skipped'.
set -eu

systole=build/systole
model=$1
shift
passed=0 failed=0 skipped=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect NAME CODE PATTERN ARGUMENT ... : systole compare ARGUMENT ... exits with CODE and says PATTERN.
expect() {
    name=$1 wanted=$2 pattern=$3
    shift 3
    code=0
    "$systole" compare "$@" >"$folder/log" 2>&1 || code=$?
    if [ "$code" -eq "$wanted" ] && grep -q -e "$pattern" "$folder/log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: exit code $code, wanted $wanted and '$pattern':"
        cat "$folder/log"
    fi
}

expect compare_equal_devices_is_exact 0 '^EXACT' "$model" --devices cpu,cpu
expect compare_other_precision_differs 1 '^DIFFERS' "$model" --devices cpu --device cpu,precision=x1
expect compare_list_keeps_options_with_their_device 1 'cpu,precision=x3 .* differs$' "$model" \
    --devices cpu,cpu,precision=x3,cpu,precision=x6
expect compare_list_takes_spaces 0 'on all 3 devices' "$model" --devices 'cpu cpu,precision=x6 cpu'
expect compare_first_device_is_the_reference 0 '^EXACT' "$model" --devices cpu,precision=x1,cpu,precision=x1
expect compare_json_says_exact 0 '"verdict": "exact"}$' "$model" --devices cpu,cpu --json
expect compare_json_says_differs 1 '"verdict": "differs"}$' "$model" --devices cpu,cpu,precision=x1 --json
expect compare_unknown_back_end_is_named 5 'no back end is called "abacus"' "$model" --devices cpu,abacus:3
expect compare_library_not_built_says_how 5 'make hls ROWS=5 COLS=7' "$model" --devices cpu,hls:5x7
expect compare_bad_precision_is_refused 5 'precision is x6' "$model" --devices cpu,cpu,precision=x9
expect compare_one_device_is_usage 2 'two devices' "$model" --devices cpu
expect compare_empty_device_is_usage 2 'empty' "$model" --devices cpu,,cpu
expect compare_no_model_is_usage 2 'which model' --devices cpu,cpu
expect compare_unknown_option_is_usage 2 'unknown option' "$model" --devices cpu,cpu --colour red
expect compare_missing_file_is_a_file_error 3 'absent.onnx' "$folder/absent.onnx" --devices cpu,cpu
head -c 1000 "$model" >"$folder/short.onnx"
expect compare_cut_model_is_a_file_error 3 'short.onnx' "$folder/short.onnx" --devices cpu,cpu
printf 'not a model' >"$folder/text.onnx"
expect compare_text_as_model_is_a_file_error 3 'text.onnx' "$folder/text.onnx" --devices cpu,cpu

for device in "$@"; do
    if "$systole" run "$model" --random 1 --device "$device" >"$folder/log" 2>&1; then
        expect "compare_cpu_with_$device" 0 '^EXACT' "$model" --random 7 --device cpu --device "$device"
    elif grep -q 'was not found' "$folder/log"; then
        skipped=$((skipped + 1))
        echo "compare_cpu_with_$device: skipped, it is not built"
    else
        failed=$((failed + 1))
        cat "$folder/log"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
