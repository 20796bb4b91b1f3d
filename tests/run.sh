#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh SEED PROGRAMS FLAWED 'CONFIGURATION' ... : runs the programs in $UNITS, the make targets in $CHECKS, and compares
# random programs on the RTL and the HLS C of each configuration (arguments of make): PROGRAMS of which few have a flaw, FLAWED
# of which most have one, and on the RTL alone a quarter as many with windows that begin far below their memory. Ends with one
# line that sums what passed, failed and was skipped, and fails when something failed.
set -eu

seed=$1
programs=$2
flawed=$3
shift 3
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The last number on a line that matches, or 0.
count() {
    sed -n "s/$1/\\1/p" "$log" | tail -1 | grep . || echo 0
}

# The sum of the numbers that cmocka says after a word: a command may run several of its programs.
sum() {
    awk -v word="$1" '$1 == "[" && $2 == word { total += $4 } END { print total + 0 }' "$log"
}

# Runs a command; counts cmocka's tests, or the command's own 'N passed, N failed, N skipped', or the command as one test.
run() {
    name=$1
    shift
    status=0
    "$@" >"$log" 2>&1 || status=$?
    if grep -q '^\[==========\]' "$log"; then
        p=$(sum PASSED) f=$(sum FAILED) s=$(sum SKIPPED)
    elif grep -q '[0-9]* passed, [0-9]* failed' "$log"; then
        p=$(count '.*\b\([0-9][0-9]*\) passed,.*')
        f=$(count '.*\b\([0-9][0-9]*\) failed.*')
        s=$(count '.*\b\([0-9][0-9]*\) skipped.*')
    else
        p=1 f=0 s=0
        if [ "$status" -ne 0 ]; then p=0; fi
    fi
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
    if [ "$f" -ne 0 ] || [ "$status" -ne 0 ] || [ -n "${V:-}" ]; then cat "$log"; fi
    echo "  $name: $p passed, $f failed, $s skipped"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

for unit in ${UNITS:-}; do
    run "$(basename "$unit")" "$unit"
done
for check in ${CHECKS:-}; do
    run "$check" "${MAKE:-make}" "$check"
done
for config in "$@"; do
    # shellcheck disable=SC2046,SC2086 # lists of arguments
    set -- $("${MAKE:-make}" -s show-libs $config)
    options=${OPTIONS:-stall=20}
    run "fuzz $config" build/tests/fuzz --lib "$1" --lib "$2" --programs "$programs" --seed "$seed" --options "$options"
    run "fuzz, flaws, $config" build/tests/fuzz --lib "$1" --lib "$2" --programs "$flawed" --seed "$((seed + 1))" \
        --flaws 70 --options "$options"
    run "fuzz, far windows, $config" build/tests/fuzz --lib "$1" --programs "$((flawed / 4))" --seed "$((seed + 2))" \
        --far --options "$options"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
