# SPDX-License-Identifier: Apache-2.0
# A header whose comments Doxygen takes for documentation: what stands before something, and what stands behind it on its line.

/^\/\* SPDX/ { print ""; next }
/^\/\* ---- .* ---- \*\/$/ { print ""; next }
!file && /^\/\*$/ { file = 1; print "/** @file"; next }
/^[ \t]*\/\*([ \t]|$)/ { sub(/\/\*/, "/**") }
/[;,{})] *\/\* / { sub(/\/\* /, "/**< ") }
/^[^*]*[A-Za-z0-9_] +\/\* .*\*\/$/ && !/^[ \t]*\/\*/ { sub(/\/\* /, "/**< ") }
# Lists that are included where they are used.
/^#include "[a-z_]*[.]def"$/ {
    name = "driver/" substr($2, 2, length($2) - 2)
    while ((getline line <name) > 0)
        if (line ~ /^[A-Z_]+\(/)
            print line
    close(name)
    next
}
{ print }
