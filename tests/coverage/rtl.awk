# SPDX-License-Identifier: Apache-2.0
# rtl.awk REPORT EXCLUSIONS DATA ...: what Verilator's files of coverage say together. A point is a place in the source (for a toggle, a bit of a
# signal there), seen when any instance in any configuration has seen it. Variables: command, for the report; holes=1 lists what was not seen.
#
# EXCLUSIONS: 'FILE SIGNALS REASON' a line, FILE '*' for all, SIGNALS a regular expression that fits the whole name. One that
# fits nothing, or something that was seen, is an error: then it says what is not so.

BEGIN {
    report = ARGV[1]
    ARGV[1] = ""
}

FILENAME == ARGV[2] {
    if ($0 ~ /^#/ || NF == 0) next
    if (NF < 3) { print "exclusions: a line without a reason: " $0; bad = 1; next }
    excluded++
    where[excluded] = $1
    signals[excluded] = "^(" $2 ")$"
    said[excluded] = $0
    next
}

# C 'key<2>value<1>key<2>value...' count
/^C / {
    n = split($0, part, "\001")
    file = kind = line = name = extent = ""
    for (i = 1; i <= n; i++) {
        key = part[i]
        value = substr(part[i], index(part[i], "\002") + 1)
        if (key ~ /f\002rtl\//) file = value
        else if (key ~ /^page\002v_/) { kind = value; sub(/^v_/, "", kind); sub(/\/.*/, "", kind) }
        else if (key ~ /^l\002/) line = value
        else if (key ~ /^o\002/) name = value
        else if (key ~ /^S\002/) { extent = value; sub(/'.*/, "", extent) }
    }
    sub(/'.*/, "", name)
    point = kind SUBSEP file SUBSEP line SUBSEP name SUBSEP extent
    seen[point] += $NF
}

# The exclusion that a toggle falls under, or 0.
function exclusion(file, name, i) {
    for (i = 1; i <= excluded; i++)
        if ((where[i] == "*" || where[i] == file) && name ~ signals[i]) return i
    return 0
}

function row(claim, value, bound) {
    printf "%s{\"claim\": \"%s\", \"value\": %.2f, \"unit\": \"%%\", \"bound\": %s, \"sense\": \"min\", \"command\": \"%s\"}", \
        rows++ ? ",\n " : "[", claim, value, bound, command >report
}

END {
    if (length(seen) == 0) { print "no points: built without COVERAGE=toggle?"; exit 1 }
    for (point in seen) {
        split(point, p, SUBSEP)
        e = p[1] == "toggle" ? exclusion(p[2], p[4]) : 0
        if (e) {
            used[e]++
            all_excluded++
            if (seen[point] > 0) { hit[e]++; which[e] = p[2] " " p[4] }
            continue
        }
        all[p[1]]++
        all_of[p[2], p[1]]++
        files[p[2]]
        if (seen[point] > 0) { got[p[1]]++; got_of[p[2], p[1]]++ }
        else if (holes) print "  not seen: " p[1] " " p[2] ":" p[3] " " p[4] " " p[5] | "sort"
    }
    if (holes) close("sort")
    printf "  %-36s %16s %16s %18s\n", "source", "lines", "branches", "toggles"
    for (file in files) {
        text = sprintf("  %-36s", file)
        for (k = 1; k <= 3; k++) {
            kind = substr("line  branchtoggle", 6 * k - 5, 6)
            sub(/ *$/, "", kind)
            text = text sprintf("  %6d of %6d", got_of[file, kind], all_of[file, kind])
        }
        print text | "sort"
    }
    close("sort")
    for (i = 1; i <= excluded; i++) {
        if (!used[i]) { print "exclusions: fits nothing: " said[i]; bad = 1 }
        else if (hit[i]) { print "exclusions: " hit[i] " of it are seen, as " which[i] ": " said[i]; bad = 1 }
    }
    bound["line"] = 95
    bound["branch"] = 0
    bound["toggle"] = 90
    for (kind in bound) {
        share = 100 * got[kind] / all[kind]
        printf "%s: %d of %d seen, %.1f %%%s\n", kind, got[kind], all[kind], share, kind == "toggle" ? sprintf(" (%d more excluded)", all_excluded) : ""
        row("RTL coverage of the test run, " kind, share, bound[kind])
    }
    print "]" >report
    exit bad
}
