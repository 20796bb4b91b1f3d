# SPDX-License-Identifier: Apache-2.0
# One in `every` gates of a netlist that Icarus has compiled becomes another: an exclusive or its opposite, an and an or, an or an and. How
# many were altered goes to the file `counted`.
/\.functor (XOR|AND|OR) 1, / && ++gates % every == 0 {
    if (!sub(/\.functor XOR /, ".functor XNOR ") && !sub(/\.functor AND /, ".functor OR ")) sub(/\.functor OR /, ".functor AND ")
    altered++
}
{ print }
END { print altered + 0 >counted }
