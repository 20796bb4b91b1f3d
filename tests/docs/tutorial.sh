#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tutorial.sh PAGE.md ... : does what the pages tell a reader to do, in the root of the checkout, and compares what is printed with
# what they say. In a page:
#   ```console      '$ COMMAND' and what it prints; '...' stands for anything, as a line for any lines; '[CODE]' for an exit code.
#   ```LANGUAGE FILE  the file's text: it is written.
#   <!-- needs COMMAND -->   from here to the end of the page, unless the command succeeds, nothing is done: counted as skipped.
# Ends with 'N passed, N failed, N skipped'.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
unset MAKEFLAGS MAKELEVEL MFLAGS NO_COLOR SYSTOLE_PROGRESS SYSTOLE_LIBRARY_PATH 2>/dev/null || true
LC_ALL=C TERM=dumb
export LC_ALL TERM
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# A page becomes numbered steps: N.run and N.want, N.file and N.text, or N.needs.
steps() {
    awk -v dir="$work" '
        function step() { n++; return sprintf("%s/%04d", dir, n) }
        /^<!-- needs / { sub(/^<!-- needs /, ""); sub(/ -->$/, ""); print >(step() ".needs"); next }
        /^```/ && inside { inside = 0; target = ""; next }
        /^```console/ { inside = 1; console = 1; next }
        /^```[a-z]+ / { inside = 1; console = 0; base = step(); print $2 >(base ".file"); target = base ".text"; next }
        /^```/ { inside = 1; console = 0; target = ""; next }
        inside && console && /^\$ / { base = step(); target = base ".want"; print substr($0, 3) >(base ".run"); printf "" >target; next }
        inside && target { print >target }' "$1"
}

do_step() {
    base=${1%.*}
    case $1 in
    *.needs)
        if ! sh -c "$(cat "$1")" >/dev/null 2>&1; then off=1 why=$(cat "$1"); fi ;;
    *.file)
        if [ "$off" = 0 ]; then
            mkdir -p "$(dirname "$(cat "$1")")"
            cp "$base.text" "$(cat "$1")"
        fi ;;
    *.run)
        if [ "$off" = 1 ]; then skipped=$((skipped + 1)); return; fi
        code=0
        sh -c "$(cat "$1")" </dev/null >"$work/said" 2>&1 || code=$?
        if [ "$code" -ne 0 ]; then echo "[$code]" >>"$work/said"; fi
        if awk -f "$here/match.awk" "$base.want" "$work/said"; then
            passed=$((passed + 1))
        else
            echo "$page: \$ $(cat "$1")"
            sed 's/^/    /' "$work/said" | tail -40
            failed=$((failed + 1))
        fi ;;
    esac
}

for page in "$@"; do
    rm -f "$work"/*
    off=0 why=
    steps "$page"
    for step in "$work"/*.needs "$work"/*.file "$work"/*.run; do
        if [ -e "$step" ]; then echo "$step"; fi
    done | sort >"$work/steps"
    while IFS= read -r step; do do_step "$step"; done <"$work/steps"
    if [ "$off" = 1 ]; then echo "SKIP $page: from where it needs '$why'"; fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
