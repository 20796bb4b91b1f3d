#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [NETWORK ...]: the tests of the back end `serial` on the Verilated board, then networks through it, whose outputs must be those of the
# simulated core in the library SIM, and networks TOO_LARGE for the board's memory, which must be refused. SEED and PROGRAMS go to the tests.
# Ends with a line that counts.
set -eu

passed=0 failed=0 skipped=0
work=$(mktemp -d)
board=
# shellcheck disable=SC2317 # by the trap
clean() {
    exec 3>&-
    [ -z "$board" ] || wait "$board" || true
    rm -rf "$work"
}
trap clean EXIT

status=0
build/tests/test_ulx3s >"$work/log" 2>&1 || status=$?
grep -E 'seed|programs,|damaged,|FAILED|Error|error' "$work/log" || true
passed=$(grep -c '^\[       OK' "$work/log" || true)
failed=$(grep -c '^\[  FAILED  \] test_' "$work/log" || true)
if [ "$status" -ne 0 ]; then
    cat "$work/log"
    [ "$failed" -gt 0 ] || failed=1
fi

mkfifo "$work/in"
# A board for each network: it ends when its input does.
start_board() {
    rm -f "$work/ready"
    build/tests/ulx3s_board --link "$work/line" --report "$work/report" <"$work/in" >"$work/ready" &
    board=$!
    exec 3>"$work/in"
    while [ ! -s "$work/ready" ]; do sleep 0.1; done
}
end_board() {
    exec 3>&-
    wait "$board" || true
    board=
}
skip() {
    echo "  SKIP    $1 is not there"
    skipped=$((skipped + 1))
}
failure() {
    failed=$((failed + 1))
    echo "  FAILED  $1"
    tail -20 "$work/log"
}

for network; do
    if [ ! -f "$network" ]; then skip "$network"; continue; fi
    start_board
    status=0
    build/systole compare "$network" --random 5 --device "sim:8x8,lib=$SIM" --device "serial:$work/line,timeout=60000" >"$work/log" 2>&1 || status=$?
    end_board
    if [ "$status" -eq 0 ] && grep -q '^EXACT' "$work/log"; then
        passed=$((passed + 1))
        echo "  ok      $network: $(tail -1 "$work/log"); the board: $(cut -d' ' -f1-6 "$work/report")"
        grep -E '^(sim|serial)' "$work/log" | sed 's/^/          /'
    else
        failure "$network"
    fi
done

for network in ${TOO_LARGE:-}; do
    if [ ! -f "$network" ]; then skip "$network"; continue; fi
    start_board
    status=0
    build/systole run "$network" --random 5 --device "serial:$work/line,timeout=60000" >"$work/log" 2>&1 || status=$?
    end_board
    if [ "$status" -eq 6 ] && grep -q "no place for a buffer of [0-9]* bytes: of the board's [0-9]* bytes" "$work/log"; then
        passed=$((passed + 1))
        echo "  ok      refused: $(sed 's/.*no place/no place/' "$work/log" | tail -1)"
    else
        failure "$network, which the board has no place for, ended with $status"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
