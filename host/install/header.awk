# SPDX-License-Identifier: Apache-2.0
# systole.h, systole_status.h, status.def: the public header as one file. With SYSTOLE_STATUS(NAME, number, "text") of status.def
# as the enumerators they stand for.
#
# usage: awk -v status=FILE -v def=FILE -f header.awk systole.h

function enumerators(   line, parts) {
    while ((getline line < def) > 0)
        if (line ~ /^SYSTOLE_STATUS\(/) {
            sub(/^SYSTOLE_STATUS\(/, "", line)
            sub(/\)$/, "", line)
            split(line, parts, /, */)
            text = substr(line, index(line, "\"") + 1)
            sub(/"$/, "", text)
            printf "    SYSTOLE_%s = %s, /* %s */\n", parts[1], parts[2], text
        }
}

function statuses(   line, skip) {
    while ((getline line < status) > 0) {
        if (line ~ /SPDX-License-Identifier/ || line ~ /^#define SYSTOLE_STATUS\(/ || line ~ /^#undef SYSTOLE_STATUS/)
            continue
        if (line ~ /^#include "status.def"/)
            enumerators()
        else
            print line
    }
}

/^#include "systole_status.h"/ { statuses(); next }
/^#include "/ { print "header.awk: not foreseen: " $0 > "/dev/stderr"; exit 1 }
{ print }
