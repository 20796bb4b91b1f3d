# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2317 # functions are called by those who read this
#
# For scripts of tests that try commands and count: `. tests/claims.sh`, in the root of the project. A folder $work that goes away, what the
# last command said in $work/log, and the counts. A script that runs its commands otherwise (with a limit, say) defines `runs` anew.
# Names that begin with _ are of this file.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

runs() { "$@"; }

good() { # NAME
    passed=$((passed + 1))
    echo "  ok      $1"
}

bad() { # NAME
    failed=$((failed + 1))
    echo "  FAILED  $1"
    if [ -e "$work/log" ]; then sed 's/^/          /' "$work/log" | tail -30; fi
}

verdict() { # NAME STATUS
    if [ "$2" -eq 0 ]; then good "$1"; else bad "$1"; fi
}

# A command that has to end with a code, 0 or another.
expect() { # NAME EXIT_CODE COMMAND ...
    _name=$1 _code=$2 _status=0
    shift 2
    runs "$@" >"$work/log" 2>&1 || _status=$?
    if [ "$_status" = "$_code" ]; then good "$_name"; else bad "$_name (exit code $_status, not $_code)"; fi
}

works() { # NAME COMMAND ...
    _works=$1
    shift
    expect "$_works" 0 "$@"
}

# The codes of the command are below 100; a shell says 128 and more of one that a signal ended.
fails() { # NAME EXIT_CODE|any WORDS COMMAND ...
    _name=$1 _code=$2 _words=$3 _status=0
    shift 3
    runs "$@" >"$work/log" 2>&1 || _status=$?
    if [ "$_code" = any ] && [ "$_status" -gt 0 ] && [ "$_status" -lt 100 ]; then _code=$_status; fi
    if [ "$_status" = "$_code" ] && grep -qF -e "$_words" "$work/log"; then _status=0; else
        echo "exit code $_status, not $_code; or not said: $_words" >>"$work/log"
        _status=1
    fi
    verdict "$_name" "$_status"
}

skip() { skipped=$((skipped + 1)); echo "  SKIPPED $1"; }

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    test "$failed" -eq 0
    exit
}
