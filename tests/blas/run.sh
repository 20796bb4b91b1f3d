#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The BLAS provider on $DEVICE: level 3, what it exports, a device that is not there, and unmodified NumPy and PyTorch training through it.
set -eu

device=${DEVICE:-hls:16x16}
python=/usr/bin/python3
. tests/claims.sh

blas_folder=$PWD/build/blas
testers=/usr/lib/x86_64-linux-gnu/blas

# settings command...: the command with the provider in the place of libblas.so.3 and every product on the device
through() {
    chosen=$1
    shift
    env SYSTOLE_BLAS_DEVICE="$chosen" SYSTOLE_BLAS_MIN=0 SYSTOLE_BLAS_VERBOSE=1 LD_LIBRARY_PATH="$blas_folder" "$@"
}

through_here() {
    through "$device" "$@"
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

# package check...: does the check succeed, or once the package is installed?
have_package() {
    package=$1
    shift
    "$@" 2>"$work/why" && return 0
    sudo=
    test "$(id -u)" = 0 || sudo='sudo -n'
    echo "installing $package"
    $sudo apt-get install -q -y --no-install-recommends "$package" >"$work/apt" 2>&1 && "$@" 2>"$work/why"
}

# package module
have() {
    have_package "$1" $python -c "import $2"
}

# The reference library's own tests of level 3, as Debian builds them: each routine by its sums and by its errors. name, program, its input,
# where its report is, how many sums it reports; sizes in the place of the input's.
tester() {
    claim="theirs, $1: level 3 in sizes of $6, on $device"
    sed "s/^6  *NUMBER OF VALUES OF N.*/$(echo "$6" | wc -w) NUMBER OF VALUES OF N/; s/^0 1 2 3 5 9 .*/$6 VALUES OF N/" "$testers/$3" >"$work/in"
    if ! (cd "$work" && rm -f "$4" && through_here "$testers/$2" <in >said 2>log); then
        bad "$claim: it ends with an error"
    elif test "$(grep -c 'PASSED THE TESTS OF ERROR-EXITS' "$work/$4")" = 6 && ! grep -q 'FAIL\|SUSPECT\|\*\*\*' "$work/$4" &&
        test "$(grep -c 'PASSED THE .*COMPUTATIONAL TESTS' "$work/$4")" = "$5" && grep -q "0 products on the cpu instead.*; 0 calls passed on" "$work/log"; then
        good "$claim: $(sed -n 's/.*TESTS ( *\([0-9]*\) CALLS).*/\1/p' "$work/$4" | awk '{ n += $1 } END { print n }') calls"
    else
        bad "$claim"
        grep 'FAIL\|SUSPECT\|\*\*\*' "$work/$4" || tail -3 "$work/log"
    fi
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

if have_package libblas-test test -x "$testers/xblat3s"; then
    for sizes in '0 1 2 3 5 9' '7 31 33 65'; do
        tester sblat3 xblat3s sblat3.in sblat3.out 6 "$sizes"
        tester c_sblat3 xscblat3 sin3 said 12 "$sizes"
    done
    (cd "$work" && SYSTOLE_BLAS_PRECISION=x1 through_here "$testers/xblat3s" <"$testers/sblat3.in" >said 2>log) || true
    if grep -q 'SUSPECT\|LESS THAN HALF ACCURATE' "$work/sblat3.out"; then good 'theirs: one pass is noticed'; else bad 'theirs: one pass is noticed'; fi
else
    skip "theirs: $testers/xblat3s is not there, and cannot be installed (package libblas-test)"
fi

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
    # The other ways to it: preloaded, and registered as the system's (in folders of its own, which leaves the system's alone).
    env SYSTOLE_BLAS_DEVICE="$device" SYSTOLE_BLAS_MIN=0 SYSTOLE_BLAS_VERBOSE=1 LD_PRELOAD="$PWD/build/libsystole_blas.so" \
        $python tests/blas/train_numpy.py >"$work/preloaded" 2>"$work/log" || true
    if cmp -s "$work/preloaded" "$work/numpy.cpu" && grep -q "150 calls on $device: 150 products" "$work/log"; then
        good 'preloaded: the same losses'
    else
        bad 'preloaded: the same losses'
        cat "$work/log"
    fi
    mkdir "$work/lib" "$work/alternatives" "$work/registered"
    name=libblas.so.3-x86_64-linux-gnu
    if ! command -v update-alternatives >/dev/null; then
        skip 'registered: update-alternatives is not there'
    elif update-alternatives --altdir "$work/alternatives" --admindir "$work/registered" --install "$work/lib/libblas.so.3" $name \
        "$PWD/build/libsystole_blas.so" 5 >"$work/log" 2>&1 &&
        env SYSTOLE_BLAS_DEVICE="$device" SYSTOLE_BLAS_MIN=0 SYSTOLE_BLAS_VERBOSE=1 LD_LIBRARY_PATH="$work/lib" \
            $python tests/blas/train_numpy.py >"$work/as_system" 2>>"$work/log" &&
        cmp -s "$work/as_system" "$work/numpy.cpu" && grep -q "150 calls on $device: 150 products" "$work/log"; then
        good "registered by update-alternatives: the same losses"
    else
        bad 'registered by update-alternatives: the same losses'
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

finish
