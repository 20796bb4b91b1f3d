# SPDX-License-Identifier: Apache-2.0
# cycles.awk RECORD : the first run in a record of the option `view` (sim/view.h) as a diagram: what enters a small array, where each vector
# is in each cycle, what leaves. Tiles of weights are called A, B, ...; A1 is the first vector through tile A.

function number(hex,    i, n)
{
    for (i = 1; i <= length(hex); i++)
        n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
}

function line(name, what,    t, text)
{
    text = sprintf("    %-9s", name)
    for (t = first; t <= last; t++)
        text = text sprintf("%4s", ((what, t) in cell) ? cell[what, t] : (what == "cycle" ? t - first : "."))
    print text
}

$1 == "systole-view" { rows = number($3); cols = number($4); latency = number($5) }
$1 == "r" { runs++ }
runs != 1 { next }
$1 == "w" {
    t = number($2)
    if (first == "")
        first = t
    tile[$3] = substr("ABCDEFGHIJKLMNOPQRSTUVWXYZ", ++tiles, 1)
    vectors[$3] = 0
    cell["w", t] = tile[$3]
}
$1 == "x" {
    t = number($2)
    name = tile[$3] (++vectors[$3])
    partial = sum = ""
    for (i = 0; i < cols; i++) {
        partial = partial " " $(6 + rows + i)
        sum = sum " " $(6 + rows + cols + i)
    }
    cell["in", t] = (partial in made) ? made[partial] : (partial ~ /[1-9a-f]/ ? "?" : "0")
    made[sum] = name
    for (r = 0; r < rows; r++)
        cell["row" r, t + r * latency] = name
    last = t + rows * latency + 1
    cell["out", last] = name
}
END {
    line("cycle", "cycle")
    line("weights", "w")
    line("sums in", "in")
    for (r = 0; r < rows; r++)
        line("row " r, "row" r)
    line("sums out", "out")
}
