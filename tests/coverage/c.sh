#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# c.sh FOLDER REPORT: lines of driver/, host/, hls/ and sim/ that were executed, from the counts that a build with --coverage in FOLDER has left
# beside its objects. A source compiled several times counts once: a line is executed where any of the objects executed it. HOLES=1 names the
# lines that were not.
set -eu

folder=$1
report=$PWD/$2
holes=${HOLES:-}
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
cd "$folder"
find build -name '*.gcno' | while read -r notes; do
    gcov -t "$notes" 2>/dev/null || :
done | awk -F: '
    # count:line:text; a count of - is no code, of ##### or ===== was not executed.
    { gsub(/ /, "", $1); gsub(/ /, "", $2) }
    $2 == 0 && $3 == "Source" { file = $4; counted = file ~ /^(driver|host|hls|sim)\/.*\.[ch]$/ }
    counted && $2 > 0 && $1 != "-" { key = file ":" $2; lines[key]; if ($1 !~ /^[#=]/) hit[key] }
    END { for (key in lines) print key, (key in hit) }' >"$lines"
awk -v report="$report" -v holes="$holes" '
    { split($1, p, ":"); split(p[1], d, "/"); part = d[1] (d[1] == "host" ? "/" d[2] : ""); all[part]++; got[part] += $2; n++; sum += $2
      all_of[p[1]]++; got_of[p[1]] += $2
      if (holes && !$2) print "  not executed: " $1 | "sort -t: -k2,2 -k3,3n" }
    END {
        if (n == 0) { print "no counts: nothing was built with --coverage, or nothing ran"; exit 1 }
        if (holes) close("sort -t: -k2,2 -k3,3n")
        for (part in all) printf "  %-24s %6d of %6d  %5.1f %%\n", part, got[part], all[part], 100 * got[part] / all[part] | "sort"
        close("sort")
        for (f in all_of) if (got_of[f] < 0.8 * all_of[f]) printf "  below 80 %%: %-36s %6d of %6d\n", f, got_of[f], all_of[f] | "sort"
        close("sort")
        printf "C: %d of %d lines executed, %.1f %%\n", sum, n, 100 * sum / n
        printf "[{\"claim\": \"C coverage of the test run, lines\", \"value\": %.2f, \"unit\": \"%%\", \"bound\": 90, ", 100 * sum / n >report
        printf "\"sense\": \"min\", \"command\": \"make coverage\"}]\n" >report
    }' "$lines"
