# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2317 # functions are called by those who read this
#
# For scripts of tests that try commands and count: `. tests/claims.sh`, in the root of the project. A folder $work that goes away, what the
# last command said in $work/log, and the counts. A script that runs its commands otherwise (with a limit, say) defines `runs` anew.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

runs() { "$@"; }

verdict() { # NAME STATUS
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); echo "  ok      $1"; return; fi
    failed=$((failed + 1))
    echo "  FAILED  $1"
    sed 's/^/          /' "$work/log" | tail -30
}

works() { # NAME COMMAND ...
    name=$1 status=0
    shift
    runs "$@" >"$work/log" 2>&1 || status=$?
    verdict "$name" "$status"
}

fails() { # NAME EXIT_CODE WORDS COMMAND ...
    name=$1 code=$2 words=$3 status=0
    shift 3
    runs "$@" >"$work/log" 2>&1 || status=$?
    if [ "$status" -eq "$code" ] && grep -qF -e "$words" "$work/log"; then status=0; else
        echo "exit code $status, not $code; or not said: $words" >>"$work/log"
        status=1
    fi
    verdict "$name" "$status"
}

skip() { skipped=$((skipped + 1)); echo "  SKIPPED $1"; }

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    test "$failed" -eq 0
    exit
}
