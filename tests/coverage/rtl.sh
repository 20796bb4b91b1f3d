#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# rtl.sh PROGRAMS SEED LIBRARY ...: what the tests reach of the RTL. Each library is a simulator built with COVERAGE=toggle. Random programs run on
# all, those with flaws and with far windows and the tests of the whole device on the first, which is a 4x4. Every model leaves a file of its
# points (SYSTOLE_COVERAGE, sim/shim.cpp); rtl.awk adds them up. HOLES=1 lists what nothing reached.
set -eu

programs=$1
seed=$2
shift 2
first=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SYSTOLE_COVERAGE=$work
export SYSTOLE_COVERAGE

# $1: what it is, then the command; a failed test is a failure of this target, for its coverage says nothing.
run() {
    what=$1
    shift
    "$@" >"$work.log" 2>&1 || { cat "$work.log" >&2; echo "coverage: $what fails" >&2; rm -f "$work.log"; exit 1; }
    echo "  $what: $(grep -h -e ' programs, ' -e 'PASSED' "$work.log" | tail -1)"
    rm -f "$work.log"
}

run "programs on $(basename "$first" .so)" build/tests/fuzz --options stall=0 --lib "$first" --options stall=20 --lib "$first" \
    --programs "$programs" --seed "$seed" --flaws 20
shift
for library; do
    run "programs on $(basename "$library" .so)" \
        build/tests/fuzz --lib "$library" --programs $((programs / 2)) --seed "$seed" --flaws 20 --options stall=20
done
run 'programs with flaws' build/tests/fuzz --lib "$first" --programs $((programs / 4)) --seed $((seed + 2)) --flaws 100 --options stall=20
run 'programs with far windows' build/tests/fuzz --lib "$first" --programs $((programs / 4)) --seed $((seed + 3)) --far --options stall=20
for test in test_sim_model test_rtl_errors test_rtl_model test_rtl_transfer test_rtl_wide; do
    SYSTOLE_SIM=$first run "$test" "build/tests/$test"
done
awk -v command='make coverage' -v holes="${HOLES:-}" -f tests/coverage/rtl.awk build/report/coverage-rtl.json tests/coverage/exclusions.txt "$work"/*
