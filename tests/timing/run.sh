#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh SEED PROGRAMS 'CONFIGURATION' ... : the fast model against the simulated RTL. PROGRAMS random programs, shared out over the
# configurations (arguments of make), under a memory of each kind; random networks on the fast model alone, passed over and stepped through; then the networks
# in $NETWORKS on the first configuration, cycle for cycle. Ends with one line that sums what passed, failed and was skipped.
set -eu

seed=$1
programs=$2
shift 2
model=build/model/libsystole_model.so
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

check() {
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        tail -1 "$log"
    else
        failed=$((failed + 1))
        cat "$log"
    fi
}

library() {
    # shellcheck disable=SC2086 # a list of arguments
    "${MAKE:-make}" -s show-libs $1 | cut -d' ' -f1
}

share=$((programs / $# / 5 + 1))
for config in "$@"; do
    sim=$(library "$config")
    name=$(basename "$sim" .so)
    name=${name#libsystole_sim_}
    for memory in '' stall=20,seed=%SEED latency=1,write_latency=3 latency=37,bandwidth=3.5,refresh_every=50,refresh_for=20 \
        read_outstanding=2,write_outstanding=1; do
        check build/tests/timing_compare --sim "$sim" --model "$model" --config "$name" --programs "$share" --seed "$seed" \
            --flaws 20 --holes --events --options "$memory"
        seed=$((seed + 1))
    done
    # What it computes, registers and statuses, against the reference of tests/fuzz.
    check build/tests/fuzz --lib "$model" --options "config=$name" --programs "$share" --seed "$seed" --flaws 20 --quiet
done

# What is passed over in whole stretches, which random programs are too small for.
check build/tests/timing_passing --networks "$((programs / 10 + 1))" --seed "$seed"

# The column of cycles, which must be one number.
same_cycles() {
    build/systole compare "$1" --device "sim:$2" --device "model:$2,data=0" 2>&1 | awk -v network="$1" -v device="$2" '
        $1 ~ /^(sim|model):/ && NF >= 7 { cycles[$1] = $3; n++ }
        END {
            for (d in cycles) if (first == "") first = cycles[d]; else if (cycles[d] != first) differ = 1
            printf "%s on %s: %s cycles\n", network, device, n == 2 && !differ ? first : "differing"
            exit n != 2 || differ || first + 0 == 0
        }'
}
first=$(library "$1")
name=$(basename "$first" .so)
for network in ${NETWORKS:-}; do
    if [ -e "$network" ]; then
        check same_cycles "$network" "${name#libsystole_sim_}"
    else
        echo "SKIP: there is no $network"
        skipped=$((skipped + 1))
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
