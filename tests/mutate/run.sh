#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [NAME ...]: breaks one line of the RTL or of the HLS C at a time (mutations.txt, or those named) in a copy of the
# sources, builds the small device that shows it, and asks who notices: random programs against the reference (tests/fuzz),
# tests of the whole device that look at what programs cannot (registers, interrupts, faults of the bus), more programs with
# a flaw in each, the bench of the unit. Prints what noticed each. Fails when one survives that explained.txt does not
# explain, or when the list does not fit the sources.
#
# MUTATE_PROGRAMS, SEED, JOBS: random programs for each, their seed, builds at a time. Works in a directory below TMPDIR.
set -eu

programs=${MUTATE_PROGRAMS:-300}
seed=${SEED:-1}
jobs=${JOBS:-2}
make=${MAKE:-make}
here=tests/mutate
work=$(mktemp -d)
# shellcheck disable=SC2329 # called by the trap
finish() {
    status=$?
    trap - EXIT INT TERM
    for job in $(jobs -p); do kill "$job" 2>/dev/null || :; done
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# What to build for a name of mutations.txt: the kind of library and the arguments of make.
configuration() {
    case $1 in
    fp) echo sim ROWS=4 COLS=4 ;;
    loops) echo sim ROWS=4 COLS=4 BODY=0 ;;
    pe) echo sim ROWS=4 COLS=4 BODY=1 ;;
    int) echo sim ROWS=8 COLS=8 HAS_FP=0 ;;
    lanes) echo sim ROWS=4 COLS=4 POST_LATENCY=7 ;;
    thin) echo sim ROWS=8 COLS=4 AXI_BYTES=8 ;;
    hls) echo hls ROWS=4 COLS=4 INTEGER=1 ;;
    *) echo "$here: no configuration '$1'" >&2 && exit 2 ;;
    esac
}

# One file for each field of each mutation: $work/m/<number>/{name,config,file,breaks,old,new}.
parse() {
    count=0
    while IFS= read -r line; do
        d=$work/m/$count
        case $line in
        'mutation '*)
            count=$((count + 1))
            d=$work/m/$count
            mkdir -p "$d"
            echo "$line" | {
                read -r _ name config file
                echo "$name" >"$d/name" && echo "$config" >"$d/config" && echo "$file" >"$d/file"
            }
            ;;
        '  breaks '*) printf '%s\n' "${line#  breaks }" >"$d/breaks" ;;
        '  - '*) printf '%s\n' "${line#  - }" >"$d/old" ;;
        '  + '*) printf '%s\n' "${line#  + }" >"$d/new" ;;
        esac
    done <"$here/mutations.txt"
}

# apply <mutation> <from> <to>: the file with the one place changed; false when there is not exactly one.
apply() {
    OLD=$(cat "$1/old") NEW=$(cat "$1/new") awk '
        {
            old = ENVIRON["OLD"]
            at = index($0, old)
            if (at) {
                rest = substr($0, at + length(old))
                found += index(rest, old) ? 2 : 1
                $0 = substr($0, 1, at - 1) ENVIRON["NEW"] rest
            }
            print
        }
        END { exit found != 1 }' "$2" >"$3"
}

# library <tree> <configuration>: builds it; prints its path.
library() {
    # shellcheck disable=SC2046 # arguments
    set -- "$1" $(configuration "$2")
    tree=$1 kind=$2
    shift 2
    MAKEFLAGS='' "$make" -C "$tree" "$kind" "$@" CFLAGS=-O1 CXX_FLAGS='-std=c++17 -O1 -fPIC -fvisibility=hidden -pthread' \
        >"$tree.log" 2>&1 || return 1
    # shellcheck disable=SC2046 # two paths
    set -- "$tree" "$kind" $(MAKEFLAGS='' "$make" -C "$tree" -s show-libs "$@")
    if [ "$kind" = sim ]; then echo "$tree/$3"; else echo "$tree/$4"; fi
}

# compare <library> <configuration> <programs> <per cent with a flaw> <log>: random programs; the simulated memory also
# withholds its answers now and then.
compare() {
    options=stall=20
    if [ "$2" = hls ]; then options=; fi
    timeout 300 "$work/fuzz" --options "$options" --lib "$1" --programs "$3" --flaws "$4" --seed "$seed" \
        --max-cycles 300000 --no-shrink --quiet >"$5" 2>&1
}

# Runs a program of tests; prints the name of the first test that fails, or its own.
suite() {
    timeout 300 "$1" >"$2" 2>&1 && return 0
    sed -n 's/^\[  FAILED  \] \([a-z].*\)/\1/p' "$2" | head -1 | grep . || basename "$1"
}

# directed <tree> <library> <configuration> <log>: tests of the whole device; prints the first that fails.
directed() {
    failure=
    case $3 in
    fp | loops | pe)
        for name in test_sim_model test_rtl_errors test_rtl_model test_rtl_transfer; do
            [ -n "$failure" ] || failure=$(SYSTOLE_SIM=$2 suite "$work/$name" "$4")
        done
        ;;
    hls) failure=$(units "$1" "$4" hls_float hls_model hls_transfer hls_errors) ;;
    esac
    echo "$failure"
}

# benches <tree> <file> <log>: those of the unit that the file belongs to; prints the first that fails.
benches() {
    case $2 in
    rtl/prim/*) units "$1" "$3" mac store ;;
    rtl/array/systole_array* | rtl/array/systole_pe.sv) units "$1" "$3" array ;;
    sim/array_body.c) units "$1" "$3" array_body_native ;;
    rtl/dma/*write* | rtl/post/*) units "$1" "$3" store ;;
    rtl/dma/*) units "$1" "$3" load ;;
    esac
}

# units <tree> <log> <name> ...: builds and runs build/tests/test_<name>; prints the first failure.
units() {
    tree=$1 log=$2
    shift 2
    for name in "$@"; do
        if ! MAKEFLAGS='' "$make" -C "$tree" "build/tests/test_$name" CFLAGS=-O1 >"$log" 2>&1; then
            echo "test_$name does not build"
            return 0
        fi
        failed=$(suite "$tree/build/tests/test_$name" "$log")
        if [ -n "$failed" ]; then echo "$failed" && return 0; fi
    done
}

# Who noticed, in words, from the comparison's log and exit status.
verdict() {
    said=$(sed -n 's/.*systole sim: cycle [0-9]*: *//p' "$1" | head -1)
    first=$(sed -n 's/^MISMATCH seed \(0x[0-9a-f]*\) on [^ ]* (flaw: [^)]*): \(.*\), offset .*/\1 \2/p' "$1" | head -1)
    if [ -n "$said" ]; then
        echo "assertion: $(echo "$said" | sed 's/.*%Error: //; s/Assertion failed in TOP.systole_core.//; s/^\[[0-9]*\] //' | cut -c1-60)"
    elif [ "$2" -eq 124 ]; then
        echo "hang: no end in 300 s"
    elif [ -n "$first" ]; then
        case $first in
        *hangs*) echo "hang: program ${first%% *}" ;;
        *) echo "program ${first%% *}: ${first#* }" | cut -c1-70 ;;
        esac
    else
        echo "program: exit status $2"
    fi
}

# One mutation in a tree; its result goes to <mutation>/result.
try() {
    m=$1 tree=$2
    file=$(cat "$m/file") config=$(cat "$m/config")
    if ! apply "$m" "$file" "$tree/$file"; then
        echo "ERROR: the text is not found exactly once in $file" >"$m/result"
    elif ! lib=$(library "$tree" "$config"); then
        echo "compile: $(grep -h -i -m1 error "$tree.log" | cut -c1-60)" >"$m/result"
    else
        # The quick ones first.
        status=0 said=
        compare "$lib" "$config" "$programs" 15 "$m/log" || status=$?
        [ "$status" -ne 0 ] || said=$(directed "$tree" "$lib" "$config" "$m/log")
        if [ "$status" -eq 0 ] && [ -z "$said" ]; then
            compare "$lib" "$config" $((4 * programs)) 100 "$m/log" || status=$?
            [ "$status" -ne 0 ] || said=$(benches "$tree" "$file" "$m/log")
        fi
        [ "$status" -eq 0 ] || said=$(verdict "$m/log" "$status")
        echo "${said:-SURVIVED}" >"$m/result"
    fi
    cp "$work/clean/$file" "$tree/$file"
    printf '  %-24s %s\n' "$(cat "$m/name")" "$(cat "$m/result")"
}

# worker <index>: every jobs-th mutation.
worker() {
    i=0
    for m in $chosen; do
        i=$((i + 1))
        if [ $((i % jobs)) -eq "$1" ]; then try "$work/m/$m" "$work/tree$1"; fi
    done
}

parse
chosen=
i=0
while [ $((i += 1)) -le "$count" ]; do
    if [ $# -eq 0 ]; then
        chosen="$chosen $i"
    else
        for name in "$@"; do if [ "$name" = "$(cat "$work/m/$i/name")" ]; then chosen="$chosen $i"; fi; done
    fi
done
[ -n "$chosen" ] || { echo "$here: no such mutation" >&2 && exit 2; }

# The sources as they are now, once unbroken: what fails there would kill everything.
mkdir "$work/clean"
cp -r Makefile rtl sim hls driver tests "$work/clean"
cp build/tests/fuzz build/tests/test_sim_model build/tests/test_rtl_* "$work"
cp -r "$work/clean" "$work/tree0"
for config in $(for m in $chosen; do cat "$work/m/$m/config"; done | sort -u); do
    lib=$(library "$work/tree0" "$config") || { cat "$work/tree0.log" >&2 && exit 2; }
    compare "$lib" "$config" "$programs" 50 "$work/log" || { tail -20 "$work/log" >&2 && echo "$here: $config fails unbroken" >&2 && exit 2; }
    test=$(directed "$work/tree0" "$lib" "$config" "$work/log")
    [ -z "$test" ] || { echo "$here: $test fails unbroken" >&2 && exit 2; }
done
i=0
while [ $((i += 1)) -lt "$jobs" ]; do cp -r "$work/tree0" "$work/tree$i"; done

i=-1
while [ $((i += 1)) -lt "$jobs" ]; do worker "$i" & done
wait

# The table: what survived, why if known, and the sum.
killed=0 explained=0 bad=0
for m in $chosen; do
    result=$(cat "$work/m/$m/result") name=$(cat "$work/m/$m/name")
    case $result in
    SURVIVED | ERROR*)
        reason=$(sed -n "s/^$name: *//p" "$here/explained.txt")
        printf '%s: %s: %s\n' "$name" "$result" "$(cat "$work/m/$m/breaks")"
        if [ -n "$reason" ] && [ "$result" = SURVIVED ]; then
            printf '    explained: %s\n' "$reason"
            explained=$((explained + 1))
        else
            bad=$((bad + 1))
        fi
        ;;
    *) killed=$((killed + 1)) ;;
    esac
done
mkdir -p build/report
cat >build/report/mutate.json <<END
[{"claim": "broken lines of RTL and HLS that no test notices", "value": $bad, "unit": "lines", "bound": 0, "sense": "max",
  "command": "make mutate"},
 {"claim": "broken lines that are noticed", "value": $killed, "unit": "lines", "bound": 40, "sense": "min", "command": "make mutate"}]
END
echo "mutate: $killed noticed, $explained explained, $bad not noticed"
[ "$bad" -eq 0 ]
