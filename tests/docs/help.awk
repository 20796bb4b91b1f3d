# SPDX-License-Identifier: Apache-2.0
#
# `make help`: sorts the lines that the Makefile and the folders say of their targets by what a person wants to do. A line that begins
# with blanks belongs to the one before.

BEGIN {
    count = split("To see it work|To build|To install|To change it|To doubt it|To measure it", titles, "|")
    place("run test trial deps clean", 1)
    place("host sim hls sims model blas train xrt-tools bitstream", 2)
    place("install man deb", 3)
    place("gen check-gen lint", 4)
}

function place(names, section,    list, i, n) {
    n = split(names, list, " ")
    for (i = 1; i <= n; i++) {
        of[list[i]] = section
        rank[list[i]] = i
    }
}

# What is named nowhere above is told by the beginning of its name.
function section_of(target) {
    if (target in of) return of[target]
    if (target ~ /^(check|gen)-/) return 4
    if (target ~ /^bench/) return 6
    return 5
}

/^make / {
    target = $2
    section = section_of(target)
    at = section * 1000 + (target in rank ? rank[target] : 500)
    while (at in lines) at++
}
{ lines[at] = lines[at] (lines[at] == "" ? "" : "\n") "  " $0 }

END {
    for (section = 1; section <= count; section++) {
        print (section > 1 ? "\n" : "") titles[section]
        for (at = section * 1000; at < (section + 1) * 1000; at++)
            if (at in lines) print lines[at]
    }
}
