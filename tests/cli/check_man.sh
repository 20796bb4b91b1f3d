#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_man.sh PAGE PAGE SHELL:FILE ... : formats the manual pages with what there is (mandoc, man), and holds docs/man's completions
# against the command. Ends with 'N passed, N failed, N skipped'.
set -eu

passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# expect NAME COMMAND ... : the command succeeds and says nothing.
expect() {
    name=$1
    shift
    if "$@" >"$log" 2>&1 && ! [ -s "$log" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name:"
        cat "$log"
    fi
}

skip() {
    echo "SKIP $1: $2 is not installed"
    skipped=$((skipped + 1))
}

man_quietly() {
    { MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" >/dev/null; } 2>&1
}

names_all() {
    build/systole help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | while read -r verb; do
        grep -q "^\.Ss systole $verb\b" "$1" || echo "no word of $verb"
    done
}

for page in "$1" "$2"; do
    if command -v mandoc >/dev/null; then expect "mandoc $page" mandoc -Tlint -W warning "$page"; else skip "mandoc $page" mandoc; fi
    if command -v man >/dev/null; then expect "man $page" man_quietly "$page"; else skip "man $page" man; fi
done
expect 'manual names every verb' names_all "$1"
shift 2
for pair in "$@"; do
    shell=${pair%%:*} file=docs/man/${pair#*:}
    build/systole completion "$shell" >"$log.new"
    expect "$file: run make man" cmp "$log.new" "$file"
    rm -f "$log.new"
    case $shell in
    bash) set -- bash -n "$file" ;;
    zsh) set -- zsh -n "$file" ;;
    fish) set -- fish --no-execute "$file" ;;
    esac
    if command -v "$shell" >/dev/null; then expect "$file" "$@"; else skip "$file" "$shell"; fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
