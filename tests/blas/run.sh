#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The BLAS provider on $DEVICE: level 3, what it exports, a device that is not there, and unmodified NumPy and PyTorch training through it.
set -eu

device=${DEVICE:-hls:16x16}
python=/usr/bin/python3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

good() {
    passed=$((passed + 1))
    echo "ok   $1"
}

bad() {
    failed=$((failed + 1))
    echo "FAIL $1"
}

skip() {
    skipped=$((skipped + 1))
    echo "SKIP $1"
}

# settings command...: the command with the provider in the place of libblas.so.3 and every product on the device
through() {
    chosen=$1
    shift
    env SYSTOLE_BLAS_DEVICE="$chosen" SYSTOLE_BLAS_MIN=0 SYSTOLE_BLAS_VERBOSE=1 LD_LIBRARY_PATH="$PWD/build/blas" "$@"
}

# name, level-3 program's environment
level3() {
    name=$1
    shift
    if env SYSTOLE_BLAS_MIN=0 "$@" build/tests/test_level3 >"$work/level3" 2>&1; then
        good "level 3, $name"
        grep residual "$work/level3"
    else
        bad "level 3, $name"
        cat "$work/level3"
    fi
}

level3 "$device, six passes" "SYSTOLE_BLAS_DEVICE=$device"
level3 'cpu, six passes' SYSTOLE_BLAS_DEVICE=cpu
reference=/usr/lib/x86_64-linux-gnu/blas/libblas.so.3
if test -e $reference; then
    level3 'before the reference BLAS' "SYSTOLE_BLAS_DEVICE=$device" SYSTOLE_BLAS_NEXT=$reference
    level3 'no device: all passed on to the reference BLAS' SYSTOLE_BLAS_NEXT=$reference SYSTOLE_TEST_RESIDUALS=1
else
    skip "level 3 before the reference BLAS: $reference is not there (package libblas3)"
fi

# Every function of the BLAS that is installed has to be in the provider.
names() {
    nm -D --defined-only "$1" | sed 's/.* //; s/@.*//' | grep -v '^__' | sort -u
}
if test -e $reference; then
    names $reference >"$work/theirs"
    names build/libsystole_blas.so >"$work/ours"
    missing=$(comm -23 "$work/theirs" "$work/ours" | tr '\n' ' ')
    if test -z "$missing"; then good "exports: all $(wc -l <"$work/theirs") names of $reference"; else bad "exports: missing $missing"; fi
else
    skip "exports: $reference is not there (package libblas3)"
fi

# package module: is it there, or can it be installed?
have() {
    $python -c "import $2" 2>"$work/why" && return 0
    sudo=
    test "$(id -u)" = 0 || sudo='sudo -n'
    echo "installing $1"
    $sudo apt-get install -q -y --no-install-recommends "$1" >"$work/apt" 2>&1 && $python -c "import $2" 2>"$work/why"
}

# program products command...: every product on the device, losses as on the cpu
train() {
    program=$1
    products=$2
    shift 2
    for d in "$device" cpu; do
        if ! through "$d" "$@" >"$work/$program.${d%%:*}" 2>"$work/log"; then
            bad "$program on $d"
            tail -5 "$work/log"
            return
        fi
        if ! grep -q "$products calls on $d: $products products.*; 0 products on the cpu instead.*; 0 calls passed on" "$work/log"; then
            bad "$program on $d: not every product ran there"
            tail -2 "$work/log"
            return
        fi
    done
    if cmp -s "$work/$program.${device%%:*}" "$work/$program.cpu"; then
        good "$program: $products products on $device, $(wc -l <"$work/$program.cpu") losses equal in every bit to the cpu's"
    else
        bad "$program: losses differ"
        diff "$work/$program.${device%%:*}" "$work/$program.cpu" | head -4
    fi
}

for program in numpy torch; do
    if have "python3-$program" $program; then
        train $program 150 $python tests/blas/train_$program.py
    else
        skip "$program: python3-$program cannot be installed here"
    fi
done
if command -v octave-cli >/dev/null; then
    train octave 150 octave-cli --norc tests/blas/train_octave.m
else
    skip 'octave: octave-cli is not there (package octave)'
fi

# A device that is not there is said, and costs no result.
if $python -c 'import numpy' 2>"$work/why"; then
    through hls:5x5 $python tests/blas/train_numpy.py >"$work/absent" 2>"$work/log" || true
    if cmp -s "$work/absent" "$work/numpy.cpu" && grep -q 'hls:5x5: ' "$work/log" && grep -q '150 products on the cpu instead' "$work/log"; then
        good 'a device that is not there: said, counted, the same losses'
    else
        bad 'a device that is not there'
        cat "$work/log"
    fi
    SYSTOLE_BLAS_PRECISION=x5 SYSTOLE_BLAS_NEXT=/none through cpu $python tests/blas/train_numpy.py >"$work/odd" 2>"$work/log" || true
    if cmp -s "$work/odd" "$work/numpy.cpu" && grep -q 'x5 is none of' "$work/log" && grep -q 'NEXT=/none is no other BLAS' "$work/log"; then
        good 'settings that are none: said, and left out'
    else
        bad 'settings that are none'
        cat "$work/log"
    fi
    SYSTOLE_BLAS_PRECISION=x1 through "$device" $python tests/blas/train_numpy.py >"$work/x1" 2>"$work/log" || true
    if test -s "$work/x1" && ! cmp -s "$work/x1" "$work/numpy.cpu"; then good 'one pass is another precision'; else bad 'one pass is another precision'; fi
else
    skip 'settings: no NumPy'
fi

echo "$passed passed, $failed failed, $skipped skipped"
test "$failed" = 0
