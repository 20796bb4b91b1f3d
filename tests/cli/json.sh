#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# json.sh COMMAND ... : the command's exit code, and whether its standard output is JSON.
set -u
text=$(mktemp)
code=0
"$@" >"$text" 2>/dev/null || code=$?
if python3 -m json.tool <"$text" >/dev/null; then echo valid; else echo 'not JSON'; cat "$text"; fi
rm -f "$text"
exit "$code"
