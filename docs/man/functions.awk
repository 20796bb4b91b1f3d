# SPDX-License-Identifier: Apache-2.0
# The sections of systole.h with their functions, as mdoc: what stands before a function is its text.

/^\/\* ---- .* ---- \*\/$/ {
    if (open) print ".El"
    open = 0
    sub(/^\/\* ---- /, ""); sub(/ ---- \*\/$/, ""); sub(/:.*/, "")
    section = $0
    text = ""
    next
}
section == "" { next }
/^\/\*/ { comment = 1; text = "" }
comment {
    line = $0
    sub(/^ \* ?/, "", line)
    text = text (text == "" ? "" : " ") line
    if (/\*\/[ \t]*$/) comment = 0
    next
}
/^SYSTOLE_API/ { call = "" ; calling = 1 }
calling {
    line = $0
    sub(/^[ \t]+/, "", line)
    call = call (call == "" ? "" : " ") line
    if (/;[ \t]*(\/\*.*)?$/) {
        calling = 0
        tail = ""
        if (match(call, /\/\*.*\*\//)) { tail = substr(call, RSTART, RLENGTH); call = substr(call, 1, RSTART - 1) }
        if (!open) { print ".Ss " section; print ".Bl -tag -width Ds"; open = 1 }
        sub(/^SYSTOLE_API /, "", call)
        sub(/[ \t]+$/, "", call)
        print ".It Li \"" call "\""
        if (tail != "") text = text == "" ? tail : text " " tail
        gsub(/^[ \t]*\/\*+[ \t]*|[ \t]*\*\/[ \t]*$/, "", text)
        gsub(/\\/, "\\e", text)
        sub(/^[.']/, "\\\\\\&&", text)
        while (match(text, /[.] [A-Z]/)) text = substr(text, 1, RSTART) "\n" substr(text, RSTART + 2)
        if (text != "") print text
        text = ""
    }
    next
}
{ text = "" }
END { if (open) print ".El" }
