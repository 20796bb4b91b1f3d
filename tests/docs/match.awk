# SPDX-License-Identifier: Apache-2.0
# match.awk WANT SAID: is what was said what was wanted? '...' in a line stands for any text, as a line for any lines; blanks count as
# one. Exit code 1 and the first line that is missing, where not.

function as_pattern(line)
{
    gsub(/[][\\.^$*+?(){}|\/]/, "\\\\&", line)
    gsub(/\\\.\\\.\\\./, ".*", line)
    return "^" line "$"
}

{
    gsub(/[ \t]+/, " ")
    sub(/ $/, "")
}

FILENAME == ARGV[1] { want[++wants] = $0; next }
{ said[++lines] = $0 }

END {
    at = 1
    for (w = 1; w <= wants; w++) {
        if (want[w] == "...") {
            any = 1
            continue
        }
        pattern = as_pattern(want[w])
        while (any && at <= lines && said[at] !~ pattern)
            at++
        if (at > lines || said[at] !~ pattern) {
            printf "not printed: %s\n", want[w]
            exit 1
        }
        at++
        any = 0
    }
    # '...' at the end takes anything but a failure.
    if (at <= lines && (!any || said[lines] ~ /^\[[0-9]+\]$/)) {
        printf "not expected: %s\n", any ? said[lines] : said[at]
        exit 1
    }
}
