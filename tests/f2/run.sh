#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh DIRECTORY SIMULATOR PROGRAMS SEED : the custom logic for AWS F2 in DIRECTORY/libfpga_mgmt.so behind the back end f2: its tests,
# networks, and what the command says when something is wrong. Needs what `make test-f2` builds. Ends with a line that counts.
set -eu

directory=$PWD/$1 sim=sim:4x16,lib=$PWD/$2 programs=$3 seed=$4
network=$PWD/build/examples/transformer.onnx
systole=$PWD/build/systole
. tests/claims.sh
unset SYSTOLE_F2_CARD 2>/dev/null || true
LD_LIBRARY_PATH=$directory${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

runs() { timeout 300 "$@"; }
tests() { # NAME OPTIONS_OF_THE_CARD
    status=0
    SYSTOLE_F2_CARD=$2 timeout 600 build/tests/test_f2 "$sim" "$directory/libfpga_mgmt.so" "$programs" "$seed" >"$work/log" 2>&1 || \
        status=$?
    p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$work/log" | awk '{ n += $1 } END { print n + 0 }')
    f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$work/log" | awk '{ n += $1 } END { print n + 0 }')
    passed=$((passed + p)) failed=$((failed + f))
    if [ "$status" -ne 0 ]; then verdict "$1 (exit code $status)" 1; return; fi
    echo "  ok      $1: $p tests, $(grep ' programs of seed ' "$work/log"), $(grep 'longest answer' "$work/log")"
}

tests 'test_f2' ''
tests 'test_f2, a shell and a memory that hesitate' "stall=30,seed=$seed"
if [ -n "${F2_MORE:-}" ]; then
    tests 'test_f2, a slow memory with refresh' "stall=50,latency=300,refresh_every=1000,refresh_for=80,seed=$seed"
    tests 'test_f2, each read of a register with others' "prefetch=100,stall=10,seed=$seed"
fi

works 'a network on f2:0: the bits of the simulated device' "$systole" compare "$network" --random 7 --device "$sim" --device f2:0
works 'the same with back-pressure and reads ahead' env SYSTOLE_F2_CARD=stall=40,prefetch=80,seed=3 \
    "$systole" compare "$network" --random 8 --device "$sim" --device f2:0
works 'a network on f2:0: written to files' "$systole" run "$network" --random 7 --device f2:0 --output "$work/f2"
works 'a network on the simulated device: written to files' "$systole" run "$network" --random 7 --device "$sim" --output "$work/sim"
works 'the files are equal' diff -r "$work/sim" "$work/f2"
# shellcheck disable=SC2016 # for the inner shell
works 'the command lists f2:0, and opens it' sh -c '"$1" devices >"$2/list" && grep -q "^f2:0  *4x16 .*loaded agfi-" "$2/list"' \
    sh "$systole" "$work"

run_on() { # DEVICE: arguments of the command
    echo run "$network" --random 7 --device "$1"
}
# shellcheck disable=SC2046 # words, here and below
fails 'f2 where the SDK is not installed' 5 'the AWS FPGA SDK is not installed' env LD_LIBRARY_PATH= "$systole" $(run_on f2:0)
mkdir "$work/other"
ln -s "$PWD/build/tests/libsystole_fake.so" "$work/other/libfpga_mgmt.so"
# shellcheck disable=SC2046
fails 'f2 with a library that is another' 5 'libfpga_mgmt.so has no fpga_' env LD_LIBRARY_PATH="$work/other" "$systole" $(run_on f2:0)
# shellcheck disable=SC2046
fails 'f2 without a card' 5 'there is no card in slot 3' "$systole" $(run_on f2:3)
# shellcheck disable=SC2046
fails 'f2 without an image' 5 'no image is loaded in slot 0' env SYSTOLE_F2_CARD=loaded=0 "$systole" $(run_on f2:0)
# shellcheck disable=SC2046
fails 'f2 with another image' 5 'is agfi-0123456789abcdef0, not agfi-1' "$systole" $(run_on f2:0,afi=agfi-1)
# shellcheck disable=SC2046
fails 'f2 of another contract' 5 'build both from the same sources' env SYSTOLE_F2_CARD=contract=0x1234 "$systole" $(run_on f2:0)
# shellcheck disable=SC2046
fails 'f2 with memory that is not ready' 5 'memory of 65536 MiB is not ready' env SYSTOLE_F2_CARD=ready=0 "$systole" $(run_on f2:0)
# shellcheck disable=SC2046
fails 'f2 lost in the middle of a run' 7 'is gone' env SYSTOLE_F2_CARD=gone=1500 "$systole" $(run_on f2:0)
# shellcheck disable=SC2046
fails 'f2 with custom logic that answers late' 7 'OCL did not answer within 8 us' env SYSTOLE_F2_CARD=twin=1 "$systole" $(run_on f2:0)

finish
