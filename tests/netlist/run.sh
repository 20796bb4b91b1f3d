#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh NETLIST ... : build/netlist/NETLIST.vvp, compiled by Icarus Verilog, driven with the recordings build/netlist/NETLIST.wires/*/N.0: every output in
# every cycle as Verilator had it. A comparison that cannot fail shows nothing, so two more things are asked of it: of a recording in which
# one bit of each output is turned, each in a cycle of its own, it must find just these cycles; and it must notice a netlist one in 500 of
# whose gates are altered. JOBS simulations run at once. Writes build/report/test-netlist.json; its last line is 'N passed, N failed, N skipped'.
set -eu

passed=0 failed=0 rows=
jobs=${JOBS:-2}

# $1: what it is, $2: what the bench said, $3: what it must say, a pattern
judge() {
    # shellcheck disable=SC2254 # a pattern it is
    case $2 in
    $3) passed=$((passed + 1)) verdict= ;;
    *) failed=$((failed + 1)) verdict="  FAILED, expected: $3" ;;
    esac
    echo "  $1: $2$verdict"
}

row() { # CLAIM VALUE BOUND SENSE
    rows="$rows${rows:+,
 }{\"claim\": \"$1\", \"value\": $2, \"unit\": \"cycles\", \"bound\": $3, \"sense\": \"$4\", \"command\": \"make test-netlist\"}"
}

# $1: a compiled netlist, $2: a list of recordings; the sum of what JOBS simulations of a part of them each said.
simulate() {
    rm -f "$2".part*
    awk -v jobs="$jobs" -v name="$2.part" '{ print >(name NR % jobs) }' "$2"
    for part in "$2".part*; do
        vvp -n "$1" "+list=$part" >"$part.out" 2>&1 &
    done
    wait
    sed '/ programs, .* differ$/d' "$2".part*.out | head -15 >"$2.shown"
    awk '/ programs, .* differ$/ { p += $1; c += $3; d += $5 } END { printf "%d programs, %d cycles, %d differ\n", p, c, d }' "$2".part*.out
}

# $1: a netlist; the whole comparison
compare() {
    at=build/netlist/$1
    find "$at.wires" -name '*.0' | sort -V >"$at.list"
    cycles=$(xargs cat <"$at.list" | wc -l)
    begun=$(date +%s)
    said=$(simulate "$at.vvp" "$at.list")
    judge "$1" "$said" "$(wc -l <"$at.list") programs, $cycles cycles, 0 differ"
    cat "$at.list.shown"
    echo "      in $(($(date +%s) - begun)) s"
    row "$1: cycles in which an output is not Verilator's" "$(echo "$said" | sed 's/.*cycles, //; s/ differ//')" 0 max
    row "$1: cycles compared" "$(echo "$said" | sed 's/.*programs, //; s/ cycles.*//')" "$cycles" min

    # Both controls with the first program, a product.
    first=$(head -1 "$at.list")
    awk -v counted="$at.turns" -f tests/netlist/turn.awk "$first" >"$at.turned"
    echo "$at.turned" >"$at.list_turned"
    judge "$1, the recording has a bit of each of $(cat "$at.turns") outputs turned" "$(simulate "$at.vvp" "$at.list_turned")" \
        "1 programs, $(wc -l <"$at.turned") cycles, $(cat "$at.turns") differ"
    # In the compiled netlist, which spares compiling it again.
    awk -v every=500 -v counted="$at.gates" -f tests/netlist/alter.awk "$at.vvp" >"$at.altered.vvp"
    echo "$first" >"$at.list_altered"
    judge "$1 with $(cat "$at.gates") altered gates" "$(simulate "$at.altered.vvp" "$at.list_altered")" '1 programs, * cycles, [1-9]* differ'
}

if ! command -v vvp >/dev/null; then
    echo "  SKIP  $*: there is no Icarus Verilog (Debian: iverilog)"
    echo "test-netlist: 0 passed, 0 failed, $# skipped"
    exit 0
fi
skipped=0
for name; do
    if [ -f "build/netlist/$name.vvp" ]; then compare "$name"; else
        echo "  SKIP  $name: there is no netlist, for there is no Yosys"
        skipped=$((skipped + 1))
    fi
done
mkdir -p build/report
printf '[%s]\n' "$rows" >build/report/test-netlist.json
echo "test-netlist: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
