#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh DEVICE NETWORKS DATA REPORT: puts each fault of faults.txt into the simulator DEVICE and lets `systole compare --bisect` look for it. NETWORKS and
# DATA are folders of models; one that is in neither is skipped, and counted. Ends with 'N passed, N failed, N skipped'.
set -eu

device=$1 networks=$2 data=$3 report=$4
here=$(cd "$(dirname "$0")" && pwd)
said=$(mktemp)
trap 'rm -f "$said"' EXIT
passed=0 failed=0 skipped=0

# The line that the fault $1 must be followed to, as a pattern; for what is no PE, one that must not be there.
PE_LINE='^  PE row [0-9]*, column [0-9]*$'
is_found() {
    case $1 in
    pe:*)
        row=$(echo "$1" | cut -d: -f2) column=$(echo "$1" | cut -d: -f3)
        grep -q "^  PE row $row, column $column\(, the last of its column.*\)\{0,1\}\$" "$said" ;;
    *:from*) grep -q 'its products are right when they are done again' "$said" ;;
    *) ! grep -q "$PE_LINE" "$said" ;;
    esac
}

hunt() {
    model=$1 fault=$2 layer=$3 status=0
    build/systole compare "$model" --quiet --devices "cpu,$device,fault=$fault" --bisect >"$said" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 1 ] && grep -qF "the first wrong layer is '$layer'" "$said" && is_found "$fault"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not localised (exit code $status): $fault in $model, layer $layer"
        sed -n '/^WRONG/,$p;/^EXACT/p;/^systole/p' "$said"
    fi
}

# Without a fault there is nothing to find.
if build/systole compare "$networks/transformer.onnx" --quiet --devices "cpu,$device" --bisect >"$said" 2>&1 </dev/null; then
    passed=1
else
    failed=1
    cat "$said"
fi
while read -r model fault layer; do
    case $model in '#'*) continue ;; esac
    if [ -e "$networks/$model.onnx" ]; then
        hunt "$networks/$model.onnx" "$fault" "$layer"
    elif [ -e "$data/$model.onnx" ]; then
        hunt "$data/$model.onnx" "$fault" "$layer"
    else
        skipped=$((skipped + 1))
        echo "SKIP $fault: no $model.onnx in $networks and $data"
    fi
done <"$here/faults.txt"

printf '[{"claim": "injected faults localised, array faults to the PE", "value": %d, "unit": "faults", "bound": %d, "sense": "min", ' \
    "$((passed - 1))" "$((passed + failed - 1))" >"$report"
printf '"command": "make test-bisect"}]\n' >>"$report"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
