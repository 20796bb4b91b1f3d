#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh FILE ... : each program and library that is handed out was built as it should be: position independent, relocations read-only and bound at
# start, no executable stack, checks of stacks and of the C library's copies where code of ours is in it. A file that was not built is skipped.
set -eu

passed=0 failed=0 skipped=0
table=$(mktemp)
trap 'rm -f "$table"' EXIT

# has WORDS FILE: whether the table of readelf has them.
has() { grep -qE "$1" "$table"; }

for file in "$@"; do
    if [ ! -e "$file" ]; then
        skipped=$((skipped + 1))
        echo "SKIP: $file is not built"
        continue
    fi
    readelf -hldW --dyn-syms "$file" >"$table"
    wrong=
    has 'Type: +DYN' || wrong="$wrong; not position independent"
    has 'GNU_RELRO' || wrong="$wrong; relocations can be written to"
    has 'BIND_NOW|Flags:.* NOW' || wrong="$wrong; not bound at start"
    has 'GNU_STACK.* RW ' || wrong="$wrong; an executable stack"
    has '__stack_chk_fail' || wrong="$wrong; no check of stacks"
    has '__(v?s?n?f?printf|memcpy|memset|strcpy|read|realpath)_chk' || wrong="$wrong; no checks of the C library"
    if [ -z "$wrong" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$file${wrong#;}"
    fi
done
echo "hardened: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
