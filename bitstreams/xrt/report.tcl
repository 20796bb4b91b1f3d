# SPDX-License-Identifier: Apache-2.0
# Runs in Vivado after routing: writes what the manifest says of the design, as lines name=value, to $SYSTOLE_REPORT;
# the module that is counted is $SYSTOLE_CORE.

proc systole_count {report row} {
    # | CLB LUTs | 123456 | ...
    if {[regexp "\\|\\s*$row\\s*\\|\\s*(\[0-9.\]+)\\s*\\|" $report -> count]} { return [expr {int(ceil($count))}] }
    error "report.tcl: no row '$row' in the report of utilisation"
}

proc systole_report {} {
    set name $::env(SYSTOLE_CORE)
    set core [get_cells -hierarchical -filter "REF_NAME =~ *$name* || ORIG_REF_NAME =~ *$name*"]
    set report [report_utilization -return_string -cells $core]
    set file [open $::env(SYSTOLE_REPORT) w]
    foreach {name row} {lut {CLB LUTs} ff {CLB Registers} bram36 {Block RAM Tile} uram URAM dsp DSPs} {
        puts $file "$name=[systole_count $report $row]"
    }
    set slack [get_property SLACK [get_timing_paths -max_paths 1 -setup]]
    puts $file "clock_met=[expr {$slack >= 0 ? "true" : "false"}]"
    puts $file "tool_version=[version -short]"
    close $file
}
systole_report
