# SPDX-License-Identifier: Apache-2.0
# driver/backend_f2_registers.def as a package of SystemVerilog.
BEGIN {
    FS = "[(,]"
    print "// SPDX-License-Identifier: Apache-2.0"
    print "// Generated from driver/backend_f2_registers.def; `make gen-f2` rewrites it."
    print "`default_nettype none"
    print "package systole_f2_pkg;"
}
/^SYSTOLE_F2_(REGISTER|VALUE)\(/ {
    value = $3
    gsub(/ /, "", value)
    if (value ~ /^0x/) value = "h" substr(value, 3)
    else value = "d" value
    printf "  localparam logic [31:0] F2_%s = 32'%s;\n", $2, value
}
END {
    print "endpackage"
    print "`default_nettype wire"
}
