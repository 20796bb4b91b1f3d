#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh : the examples of docs/extend.md, examples/extend/*.patch, put into a copy of the project, built and used there: an operator, a back
# end, an instruction. Each may touch three files that people write. Ends with 'N passed, N failed, N skipped'.
set -eu

here=$PWD
tree=$PWD/build/extend/tree
unset MAKEFLAGS MAKELEVEL MFLAGS 2>/dev/null || true
passed=0 failed=0

check() { # what, command...
    what=$1
    shift
    if "$@" >build/extend.log 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "extend: $what"
        tail -20 build/extend.log
    fi
}

rm -rf "$tree"
mkdir -p "$tree/build"
{ git ls-files 2>/dev/null || find . -type f -not -path './build/*' | sed 's,^\./,,'; } | while IFS= read -r f; do
    if [ -e "$f" ]; then echo "$f"; fi
done | tar -cf - -T - | tar -xf - -C "$tree"
# What is built already is built again only where the examples change it.
for made in obj host sim/runtime sim/obj; do
    if [ -d "build/$made" ]; then mkdir -p "$tree/build/$made" && cp -a "build/$made/." "$tree/build/$made"; fi
done

few() { [ "$(grep -c '^+++ ' "$here/examples/extend/$1.patch")" -le 3 ]; }
# The copy lies in a repository, and is not of it.
put() { (cd "$tree" && GIT_CEILING_DIRECTORIES=$here/build/extend git apply "$here/examples/extend/$1.patch"); }
for example in layer backend instruction; do
    check "$example touches more than three files" few $example
    check "$example.patch does not fit any more: make it again" put $example
done
cd "$tree"
check 'the specification is not understood' make gen
check 'the library or the tests do not build' make -s host build/tests/test_host_ops build/examples/transformer.onnx build/examples/run_program
check 'the devices do not build' make -s sim hls ROWS=4 COLS=4
check 'the RTL has warnings' make -s lint-0

# The operator, against values worked out by hand.
check 'the operator' sh -c 'build/tests/test_host_ops 2>&1 | grep "OK.*test_low_rank_goes_on_from_the_dense_product"'

# The back end: the same bits, and what it counted.
run() { build/systole run build/examples/transformer.onnx --random 1 --device "$1" --output "build/out-$2" --quiet; }
check 'hls:4x4' run hls:4x4 plain
counted() {
    run count:hls:4x4 counted 2>build/counted.txt &&
        grep -q 'hls:4x4: [1-9][0-9]* registers read, [1-9][0-9]* written, [1-9][0-9]* bytes copied' build/counted.txt
}
check 'the back end that counts' counted
check 'the back end changes bits' cmp build/out-plain/encoded.npy build/out-counted/encoded.npy

# The instruction: text to bytes and back, 64 cycles each on the RTL, none on the HLS C.
cycles() { # device, number of PAUSE
    { i=0; while [ $i -lt "$2" ]; do echo PAUSE; i=$((i + 1)); done; echo END; } | build/systole asm - --output build/pause.bin &&
        build/examples/run_program "$1" build/pause.bin | sed -n 's/^CYCLES //p'
}
paused() {
    none=$(cycles sim:4x4 1) && more=$(cycles sim:4x4 11) && echo "1: $none cycles, 11: $more" &&
        [ $((more - none)) -ge 640 ] && [ $((more - none)) -le 680 ]
}
check 'PAUSE on the RTL' paused
check 'PAUSE as text' sh -c 'build/systole disasm build/pause.bin | grep -c "^PAUSE" | grep -qx 11'
check 'PAUSE on the HLS C' build/examples/run_program hls:4x4 build/pause.bin
cd "$here"
if [ "$failed" -eq 0 ]; then rm -rf build/extend; fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
