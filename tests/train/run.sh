#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The training examples on devices: what they learn, and that every device learns the same bits. DEVICE, SIM: other devices than the usual.
set -eu

device=${DEVICE:-hls:16x16}
simulated=${SIM:-sim:16x16_assert0}
digits=build/examples/train_digits
gpt=build/examples/train_gpt
. tests/claims.sh

# What the last command ran on: every product on the device that is named, each of them.
on_device() {
    for d in "$@"; do
        line=$(grep "^$d: " "$work/log" || true)
        case $line in
        "$d: "[1-9]*" products, "*"; 0 on the host instead, 0 with an infinity or a NaN") ;;
        *)
            bad "every product on $d: it says '$line'"
            return ;;
        esac
    done
    good "every product on $*: $(sed -n "s/^$1: \([0-9]*\) products.*/\1/p" "$work/log")"
}

expect "digits: at least 95 % of those held out, trained on $device" 0 $digits --device "$device" --steps 400 --accuracy 95
sed -n 's/^/     /; /recognised/p' "$work/log"
percent=$(sed -n 's/.*recognised: \([0-9.]*\) %.*/\1/p' "$work/log")
mkdir -p build/report
on_device "$device"
printf '[{"claim": "held-out digits recognised after 400 steps on %s", "value": %s, "unit": "%%", "bound": 95, "sense": "min", %s}]\n' \
    "$device" "${percent:-0}" '"command": "make test-train"' >build/report/test-train.json

expect "digits: 40 steps on $device, every loss, parameter and moment as on the cpu" 0 $digits --device "$device" --check cpu --steps 40
expect "digits: 40 steps of two dense layers, the same" 0 $digits --device "$device" --check cpu --steps 40 --mlp
expect "digits: 20 steps on $simulated, the same" 0 $digits --device "$simulated" --check cpu --steps 20 --every 5
on_device "$simulated" cpu
expect "gpt: 200 steps on $device, every loss, parameter and moment as on the cpu" 0 $gpt --device "$device" --check cpu --steps 200
sed -n '/^step/s/^/     /p' "$work/log"
on_device "$device" cpu
expect "gpt: 2 steps on $simulated, the same" 0 $gpt --device "$simulated" --check cpu --steps 2
on_device "$simulated" cpu
if $digits --device opencl:0 --steps 1 >"$work/log" 2>&1; then
    expect 'digits: 20 steps on opencl:0, the same' 0 $digits --device opencl:0 --check cpu --steps 20
    expect 'gpt: 20 steps on opencl:0, the same' 0 $gpt --device opencl:0 --check cpu --steps 20
else
    skip "training on opencl:0: $(tail -1 "$work/log")"
fi
expect 'a device of another precision is noticed' 1 $digits --device "$device,precision=x3" --check cpu --steps 2

# A run that stopped has the bits of one that did not; the rate depends on the number of steps, so both have the same.
expect 'digits: a run of 30 steps that saves' 0 $digits --steps 30 --every 15 --mlp --checkpoint "$work/whole" --curve "$work/whole.csv"
timeout -s KILL 600 sh -c "$digits --steps 30 --every 15 --mlp --checkpoint $work/part --curve $work/part.csv | { while read -r line; do
    case \$line in *'15  loss'*) break;; esac; done; }" >"$work/log" 2>&1 || true
if test -e "$work/part"; then
    expect 'digits: one that was ended in between goes on' 0 $digits --steps 30 --every 15 --mlp --checkpoint "$work/part" --curve "$work/part.csv"
    if cmp -s "$work/whole" "$work/part"; then good 'and its checkpoint is the same, byte by byte'; else bad 'and its checkpoint is the same, byte by byte'; fi
else
    bad 'digits: one that was ended in between goes on: it left no checkpoint'
fi
head -c 100 "$work/whole" >"$work/short"
expect 'a checkpoint that is cut off is refused' 3 $digits --steps 30 --mlp --checkpoint "$work/short"

# Files in MNIST's format.
{
    printf '\000\000\010\003\000\000\000\144\000\000\000\014\000\000\000\014'
    head -c 14400 /dev/urandom
} >"$work/images"
{
    printf '\000\000\010\001\000\000\000\144'
    tr -dc '\000-\011' </dev/urandom | head -c 100
} >"$work/labels"
expect 'digits from IDX files' 0 $digits --images "$work/images" --labels "$work/labels" --steps 3 --batch 16
expect 'IDX files that are exchanged are refused' 3 $digits --images "$work/labels" --labels "$work/images" --steps 3
expect 'a device that is not there' 3 $digits --device hls:5x5 --steps 1
expect 'an option that is none' 2 $digits --fast

# Gradients against PyTorch in fp64, and wrong ones, which have to be refused.
if /usr/bin/python3 -c 'import torch, numpy' 2>/dev/null; then
    mkdir "$work/gradients"
    expect "gradients on $device, written" 0 build/tests/train_gradients "$device" "$work/gradients"
    expect 'gradients of every layer against PyTorch, within derived bounds' 0 /usr/bin/python3 tests/train/check_torch.py "$work/gradients"
    expect 'wrong gradients are refused, for every layer' 0 /usr/bin/python3 tests/train/check_torch.py "$work/gradients" --wrong
else
    skip 'gradients against PyTorch: python3-torch is not there'
fi

finish
