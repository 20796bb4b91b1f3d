#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [FILE.t ...] : what the command prints, exactly, and its exit codes. A file is a transcript: a line '$ COMMAND', then what it
# prints, standard output and standard error together, then '[CODE]' where the exit code is not 0. Commands of a file share a temporary
# folder, where resnet8.onnx and transformer.onnx are. A line '# needs DEVICE ...' skips the file where a device is not built.
# UPDATE=1 rewrites the files: read the difference before believing it. Ends with 'N passed, N failed, N skipped'.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
networks=$PWD/build/examples
PATH=$PWD/build:$here:$PATH
export PATH
unset NO_COLOR SYSTOLE_PROGRESS SYSTOLE_LIBRARY_PATH SYSTOLE_TRACE_REGISTERS 2>/dev/null || true
LC_ALL=C TERM=dumb
export LC_ALL TERM
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# Runs the commands of the transcript $1 in the folder $2; prints the transcript that should have been.
replay() {
    while IFS= read -r line; do
        case $line in
        '$ '*)
            printf '%s\n' "$line"
            code=0
            (cd "$2" && sh -c "${line#??}" </dev/null >"$work/said" 2>&1) || code=$?
            cat "$work/said"
            if [ "$code" -ne 0 ]; then echo "[$code]"; fi ;;
        '#'*) printf '%s\n' "$line" ;;
        esac
    done <"$1"
}

# Commands of transcript $1 whose text differs in $2.
differing() {
    awk 'FNR == 1 { n = 0; file++ }
         /^\$ / { n++ }
         /^#/ { next }
         { text[file, n] = text[file, n] $0 "\n"; if (n > most) most = n }
         END { for (i = 1; i <= most; i++) wrong += text[1, i] != text[2, i]; print wrong + 0 }' "$1" "$2"
}

if [ $# -eq 0 ]; then set -- "$here"/*.t; fi
for file in "$@"; do
    name=$(basename "$file" .t) commands=$(grep -c '^\$ ' "$file")
    missing='' devices=$(sed -n 's/^# needs //p' "$file")
    for device in $devices; do
        if ! systole run "$networks/transformer.onnx" --random 1 --device "$device" >/dev/null 2>"$work/log"; then
            if grep -q 'was not found' "$work/log"; then missing=$device; else cat "$work/log"; fi
        fi
    done
    if [ -n "$missing" ]; then
        echo "SKIP $name: $missing is not built"
        skipped=$((skipped + commands))
        continue
    fi
    mkdir "$work/$name"
    ln -s "$networks/resnet8.onnx" "$networks/transformer.onnx" "$work/$name"
    replay "$file" "$work/$name" >"$work/$name.new"
    wrong=$(differing "$file" "$work/$name.new")
    if [ -n "${UPDATE:-}" ]; then
        cp "$work/$name.new" "$file"
    elif [ "$wrong" -ne 0 ]; then
        diff -u "$file" "$work/$name.new" || true
    fi
    failed=$((failed + wrong)) passed=$((passed + commands - wrong))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || [ -n "${UPDATE:-}" ]
