#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh LIBRARY PROGRAMS SEED REPORT: how much of the RTL random programs reach. LIBRARY is a simulator built with COVERAGE=toggle. Prints
# lines, branches and toggles that were seen, by kind and by source file, and writes the kinds to REPORT.
set -eu

library=$1
programs=$2
seed=$3
report=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build/tests/fuzz --lib "$library" --programs "$programs" --seed "$seed" --flaws 20 --options "stall=20,coverage=$work/data" >"$work/log" ||
    { cat "$work/log" >&2; exit 1; }
tail -1 "$work/log"

# A point is a line: C 'key<2>value<1>key<2>value...' count. f: file; page: v_kind/module.
awk -v report="$report" -v command="make coverage PROGRAMS=$programs SEED=$seed" '
    /^C / {
        n = split($0, part, "\001")
        for (i = 1; i <= n; i++) {
            if (part[i] ~ /\002rtl\//) { file = part[i]; sub(/.*\002/, "", file) }
            if (part[i] ~ /^page\002v_/) { kind = part[i]; sub(/^page\002v_/, "", kind); sub(/\/.*/, "", kind) }
        }
        all[kind]++; seen[kind] += $NF > 0
        all_of[file]++; seen_of[file] += $NF > 0
    }
    END {
        if (length(all) == 0) { print "no points: built without COVERAGE=toggle?"; exit 1 }
        for (file in all_of)
            printf "  %-34s %6d of %6d  %5.1f %%\n", file, seen_of[file], all_of[file], 100 * seen_of[file] / all_of[file] | "sort"
        close("sort")
        printf "[" >report
        for (kind in all) {
            share = 100 * seen[kind] / all[kind]
            printf "%s: %d of %d seen, %.1f %%\n", kind, seen[kind], all[kind], share
            printf "%s{\"claim\": \"coverage of random programs, %s\", \"value\": %.2f, \"unit\": \"%%\", ", \
                rows++ ? ",\n " : "", kind, share >report
            printf "\"bound\": 0, \"sense\": \"min\", \"command\": \"%s\"}", command >report
        }
        print "]" >report
    }' "$work/data"
