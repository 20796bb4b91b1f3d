#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# view.sh : pages of `systole trace --view`, opened in a browser without a window: in each, all sums that left the array are those of the
# operands shown; with a fault in a PE they are not; the cycle in the address is the one shown, and its vector's last sums leave at the bottom.
# Without chromium the pages are only written. Ends with 'N passed, N failed, N skipped'.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)

told() { sed -n "s/.*<body[^>]* data-$1=\"\([0-9]*\)\".*/\1/p" "$work/dom"; }

# name, whether all sums are right, device, model, options of run
page() {
    name=$1 wanted=$2 device=$3 model=$4
    shift 4
    if ! build/systole trace "$model" --random 1 --device "$device" --view "$work/$name.html" --quiet "$@" >"$work/log" 2>&1; then
        echo "$name: $(cat "$work/log")"
        failed=$((failed + 1))
        return
    fi
    passed=$((passed + 1))
    if [ -z "$browser" ]; then skipped=$((skipped + 1)); return; fi
    cycle=$(sed -n 's/^x \([0-9a-f]*\) .*/\1/p' "$work/$name.html" | sed -n 40p)
    cycle=$((0x$cycle))
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --dump-dom \
        "file://$work/$name.html#cycle=$cycle" >"$work/dom" 2>"$work/browser.log" || true
    vectors=$(told vectors) right=$(told right)
    entered=$(grep -c '^x ' "$work/$name.html")
    if [ "${vectors:-0}" = "$entered" ] && [ "$entered" -gt 40 ] && [ "$(told cycle)" = "$cycle" ] && grep -q 'data-pe="3,3"' "$work/dom" &&
        if [ "$wanted" = all ]; then [ "$right" = "$vectors" ]; else [ "$right" -lt "$vectors" ]; fi; then
        passed=$((passed + 1))
    else
        echo "$name: of $entered vectors the page shows ${vectors:-none}, ${right:-none} of them right; cycle $(told cycle), not $cycle"
        failed=$((failed + 1))
    fi
}

page bf16 all sim:4x4 build/examples/transformer.onnx --layer scores
bytes=${SYSTOLE_DATA:-../shared/data}/mlperf_tiny/ad_int8.onnx
if [ -e "$bytes" ]; then page int8 all sim:4x4 "$bytes"; else echo "SKIP: there is no $bytes"; skipped=$((skipped + 2)); fi
page fault some sim:4x4_faults1,fault=pe:2:1:stuck1:bit20 build/examples/transformer.onnx --layer scores
if [ -z "$browser" ]; then echo 'SKIP: no chromium: the pages were not opened'; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
