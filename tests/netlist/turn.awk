# SPDX-License-Identifier: Apache-2.0
# A recording of wires (sim/wires.c) in which a bit of each output is turned, each in a line of its own, the first one where it counts: a
# payload does while its valid is high. How many were turned goes to the file `counted`: an output that never counts stays as it is.
function digit(text, from_end) { return index("0123456789abcdef", substr(text, length(text) - from_end, 1)) - 1 }
function is_set(text, b) { return int(digit(text, int(b / 4)) / 2 ^ (b % 4)) % 2 }
BEGIN {
    # Columns 10 and 14 are the levels of the registers' bus and the memory's; of each payload beside them: its column, its valid's bit.
    n = split("11 2 12 0 13 0", payload)
    for (i = 1; i < n; i += 2) register_valid[payload[i]] = payload[i + 1]
    n = split("15 6 16 6 17 3 18 3 19 2 20 2", payload)
    for (i = 1; i < n; i += 2) memory_valid[payload[i]] = payload[i + 1]
}
function counts(c) {
    return c in register_valid ? is_set($10, register_valid[c]) : c in memory_valid ? is_set($14, memory_valid[c]) : 1
}
{
    for (c = 20; c >= 10; c--) if (!(c in turned) && counts(c)) {
        d = digit($c, 0)
        $c = substr($c, 1, length($c) - 1) substr("0123456789abcdef", d % 2 ? d : d + 2, 1)
        turned[c] = 1
        turns++
        break
    }
    print
}
END { print turns + 0 >counted }
