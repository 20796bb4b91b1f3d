#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test_faults.sh LIBRARY TWIN SEED REPORT: LIBRARY is a simulator with faults built in, TWIN the same without. Without the option the two must
# agree in everything, cycles included; with each line of faults.txt random programs must give another answer than the reference.
set -eu

library=$1
twin=$2
seed=$3
report=$4
log=$(mktemp)
trap 'rm -f "$log" "$log.list"' EXIT
noticed=0 missed=0

build/tests/test_two_simulators --programs 40 --seed "$seed" "$twin" "$library" >"$log" 2>&1 || { cat "$log"; echo '0 passed, 1 failed, 0 skipped'; exit 1; }
echo "no fault: $(tail -1 "$log")"

grep -v '^#' "$(dirname "$0")/faults.txt" >"$log.list"
while read -r fault what; do
    status=0
    build/tests/fuzz --lib "$library" --programs 150 --seed "$seed" --flaws 5 --max-cycles 300000 --no-shrink --quiet \
        --options "fault=$fault" >"$log" 2>&1 || status=$?
    if [ "$status" -eq 1 ] && grep -q '^MISMATCH' "$log"; then
        noticed=$((noticed + 1))
    else
        missed=$((missed + 1))
        echo "not noticed (status $status): $fault ($what)"
        tail -2 "$log"
    fi
done <"$log.list"

printf '[{"claim": "injected faults that change an answer", "value": %d, "unit": "faults", "bound": %d, "sense": "min", "command": "make test-faults"}]\n' \
    "$noticed" "$((noticed + missed))" >"$report"
echo "$((noticed + 1)) passed, $missed failed, 0 skipped"
[ "$missed" -eq 0 ]
