#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_files.sh [ROOT]: what is the same in every file. Each says its licence at its beginning; no line ends in blanks; C and SystemVerilog
# have no tabs; a file of code has at most 500 lines, and a line of code $WIDTH columns (160). Not held to it: generated files ("Generated
# by" or "from" at their beginning), transcripts of commands (*.t), data, and the width of pages and tables. What is wrong is printed, and the script fails.
set -eu

cd "${1:-.}"
list=$(mktemp)
trap 'rm -f "$list"' EXIT

if git ls-files --error-unmatch README.md >/dev/null 2>&1; then
    git ls-files
else
    find . -type f -not -path './build/*' -not -path './.git/*' -not -name '*.pyc' | sed 's,^\./,,'
fi | sort >"$list"

awk -v width="${WIDTH:-160}" '
    function say(what) { print file what; bad++ }
    function is(pattern) { return file ~ pattern }
    {
        file = $0
        if (is("\\.(json|png|npy|pb|onnx)$") || file == "LICENSE") next
        lines = licensed = generated = 0
        code = is("\\.(c|h|cpp|cl|sv|svh|sh|py|awk|tcl|mk)$") || file == "Makefile"
        while ((got = (getline line < file)) > 0) {
            lines++
            if (lines <= 6 && line ~ /SPDX-License-Identifier: Apache-2\.0/) licensed = 1
            if (lines <= 6 && line ~ /Generated (by|from)/) generated = 1
            if (line ~ /[ \t\r]$/ && !is("\\.(t|patch)$")) say(":" lines ": blanks at the end of the line")
            if (line ~ /\t/ && is("\\.(c|h|cpp|cl|sv|svh|def)$")) say(":" lines ": a tab")
            if (code && !generated && length(line) > width) say(":" lines ": " length(line) " columns, the limit is " width)
        }
        close(file)
        if (got < 0) next  # deleted, and not yet committed
        files++
        if (!licensed) say(" does not say its licence: SPDX-License-Identifier: Apache-2.0")
        if (code && !generated && lines > 500) say(" has " lines " lines, the limit is 500")
    }
    END {
        print "check-files: " files + 0 " files, " bad + 0 " things to mend"
        exit (bad > 0 || files == 0)
    }' "$list"
