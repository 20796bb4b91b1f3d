#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh FOLDER SECONDS FUZZER ... : runs FOLDER/fuzz_<FUZZER> for so long, each from its seeds and what build/fuzz-corpus has kept.
# A find is written to build/fuzz-finds, and fails.
set -eu

folder=$1
seconds=$2
shift 2
passed=0 failed=0
seeds=$(mktemp -d)
log=$(mktemp)
trap 'rm -rf "$seeds" "$log"' EXIT
export FUZZ_DEVICE="hls:4x4,lib=$PWD/$folder/libsystole_hls_4x4.so"
"$folder/write_seeds" "$seeds"
# The command finds a model in a folder of its own, and devices beside the fuzzers.
export FUZZ_FOLDER="$seeds/work" SYSTOLE_LIBRARY_PATH="$PWD/$folder"
mkdir -p build/fuzz-finds "$FUZZ_FOLDER"
cp "$(find "$seeds/onnx" -type f -name '*_MatMul')" "$FUZZ_FOLDER/m.onnx"
for fuzzer in "$@"; do
    mkdir -p "build/fuzz-corpus/$fuzzer"
    code=0
    # What the provider and the command print is not what is looked for. A command may measure for seconds.
    quiet=
    case $fuzzer in settings) quiet=-close_fd_mask=3 ;; command) quiet='-close_fd_mask=3 -timeout=120' ;; esac
    # shellcheck disable=SC2086 # lists of options
    "$folder/fuzz_$fuzzer" ${FUZZ_LIMITS:-} $quiet -print_final_stats=1 \
        -max_total_time="$seconds" -artifact_prefix="$PWD/build/fuzz-finds/$fuzzer-" "$PWD/build/fuzz-corpus/$fuzzer" "$seeds/$fuzzer" >"$log" 2>&1 || code=$?
    if [ "$code" -eq 0 ]; then
        passed=$((passed + 1))
        echo "fuzz $fuzzer: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, nothing found"
    else
        failed=$((failed + 1))
        tail -60 "$log"
        echo "fuzz $fuzzer: FOUND something, exit code $code"
    fi
done
echo "fuzzers: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
