#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test_install.sh: installs into an empty DESTDIR, builds tests/install/use_installed.c against it through pkg-config and runs it, looks at
# the library's symbols, and takes all away again.
set -eu

passed=0 failed=0 skipped=0
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
prefix=/usr
make=${MAKE:-make}
# As the random programs have it, which run after this: nothing is built again with other flags.
devices='ROWS=4,COLS=4,INTEGER=1'
model=build/examples/transformer.onnx
lib=$root$prefix/lib

check() {
    what=$1
    shift
    if "$@" >"$root/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        cat "$root/log"
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "SKIP: $1"
}

make_target() {
    "$make" "$@" PREFIX="$prefix" DESTDIR="$root" INSTALL_DEVICES="$devices" MAKEFLAGS=
}

public_headers() {
    test "$(cd "$root$prefix/include" && find . -type f | sort | tr '\n' ' ')" = './systole.h ./systole_group.h ./systole_multiply.h ./systole_train.h '
}

header_alone() {
    for header in systole systole_group systole_multiply systole_train; do
        printf '#include <%s.h>\nint main(void) { return SYSTOLE_OK; }\n' "$header" >"$root/alone.$2" &&
            "$1" "$3" -Wall -Wextra -Wpedantic -Werror -I"$root$prefix/include" -c -o "$root/alone.o" "$root/alone.$2" || return 1
    done
}

soname() {
    readelf -d "$lib/libsystole.so.0" | grep -q 'SONAME.*\[libsystole.so.0\]'
}

only_our_symbols() {
    nm -D --defined-only "$lib/libsystole.so.0" >"$root/symbols" && grep -q ' systole_version$' "$root/symbols" &&
        ! grep -v ' systole_[a-z0-9_]*$' "$root/symbols"
}

# Each function that the header declares is there.
declared_symbols() {
    nm -D --defined-only "$lib/libsystole.so.0" | sed 's/.* //' | sort >"$root/there"
    sed -n 's/^SYSTOLE_API .*[ *]\(systole_[a-z0-9_]*\)(.*/\1/p' "$root$prefix"/include/*.h | sort >"$root/declared"
    test "$(wc -l <"$root/declared")" -gt 30 && ! comm -13 "$root/there" "$root/declared" | grep .
}

build_program() {
    PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
        pkg-config --cflags --libs systole >"$root/flags" || return 1
    # shellcheck disable=SC2046 # a list of flags
    "${CC:-cc}" -std=c11 -Wall -Wextra -Werror tests/install/use_installed.c -o "$root/program" $(cat "$root/flags")
}

# The device is found where it was installed, without a word about where that is.
run_program() {
    (unset SYSTOLE_LIBRARY_PATH; LD_LIBRARY_PATH=$lib "$root/program" "$model" "$1" | grep -q ' values of version ')
}

run_command() {
    (unset SYSTOLE_LIBRARY_PATH; "$root$prefix/bin/systole" run "$model" --random 1 --device "$1" 2>&1 | grep -q ' products, ')
}

plugin_symbols() {
    test "$(nm -D --defined-only "$lib/systole/libsystole_ort_ep.so" | sed 's/.* //' | sort | tr '\n' ' ')" = 'CreateEpFactories ReleaseEpFactory '
}

nothing_left() {
    test -z "$(find "$root$prefix" ! -type d)"
}

check 'make install' make_target install
if [ "$failed" -ne 0 ]; then
    echo "test-install: $passed passed, $failed failed, $skipped skipped"
    exit 1
fi
check 'the public headers' public_headers
check 'each header alone, as C' header_alone "${CC:-cc}" c -std=c99
if command -v g++ >/dev/null; then check 'each header alone, as C++' header_alone g++ cpp -std=c++11; else skip 'no g++'; fi
check 'the soname' soname
check 'only symbols of ours' only_our_symbols
check 'every function of the headers' declared_symbols
if command -v pkg-config >/dev/null; then
    check 'a program built through pkg-config' build_program
    for device in cpu hls:4x4 sim:4x4; do check "the program on $device" run_program "$device"; done
else
    skip 'no pkg-config'
fi
check 'the installed command on the installed device' run_command hls:4x4
check 'the installed command on the installed fast model' run_command model:4x4
check 'the plug-in for ONNX Runtime' plugin_symbols
check 'make uninstall' make_target uninstall
check 'nothing left' nothing_left
echo "test-install: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
