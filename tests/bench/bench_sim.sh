#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bench_sim.sh REPORT REPEATS 'M,N,K,TYPE BOUND ARGUMENTS-OF-MAKE' ... : cycles simulated in a second of CPU time. Each job is a product on a
# simulator that make builds; the results are checked. Of the repetitions the best counts, for other processes only make it slower; the median
# stands beside. BOUND is in million cycles a second, 0 for none.
set -eu

report=$1
repeats=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
separator='[' status=0

: >"$report"
printf '%-66s %10s %8s %8s\n' 'M cycles/s, one core' best median goal
for job in "$@"; do
    product=${job%% *} rest=${job#* }
    bound=${rest%% *} arguments=${rest#* }
    # shellcheck disable=SC2086 # a list of arguments
    set -- $arguments
    ${MAKE:-make} -s sim "$@" >"$log" 2>&1 || { cat "$log"; exit 2; }
    library=$(${MAKE:-make} -s show-libs "$@" | cut -d' ' -f1)
    : >"$log"
    for _ in $(seq "$repeats"); do
        build/tests/bench_rtl "$library:$product" >>"$log" || status=1
    done
    speeds=$(sed -n 's/.*simulated at \([0-9.]*\) M cycles.*/\1/p' "$log" | sort -n)
    best=$(echo "$speeds" | tail -1)
    median=$(echo "$speeds" | sed -n "$((repeats / 2 + 1))p")
    what="$product $arguments"
    printf '%-66s %10s %8s %8s\n' "$what" "$best" "$median" "$bound"
    printf '%s{"claim": "simulated cycles, %s", "value": %s, "unit": "M cycles/s", "bound": %s, "sense": "min", "command": "make bench-sim"}' \
        "$separator" "$what" "$best" "$bound" >>"$report"
    separator=',
 '
done
echo ']' >>"$report"
[ "$status" -eq 0 ] || echo 'a result is wrong' >&2
exit "$status"
