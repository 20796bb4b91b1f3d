# SPDX-License-Identifier: Apache-2.0
# tclsh stubs.tcl LOG SCRIPT ARGUMENTS ... : as tests/bitstreams/stubs.tcl, with the commands that the scripts for AWS F2 use besides.

foreach name {synth_design set_false_path open_checkpoint close_design} {
    proc $name {args} [format {note %s $args} $name]
}
proc must_exist {command files} {
    foreach file $files {
        if {![file exists $file]} { error "$command: there is no $file" }
    }
}
proc read_verilog {args} {
    note read_verilog $args
    must_exist read_verilog [lindex $args end]
}
proc read_ip {file} {
    note read_ip $file
    must_exist read_ip $file
}
# Constraints are Tcl, too.
proc read_xdc {args} {
    note read_xdc $args
    must_exist read_xdc [lindex $args end]
    foreach file [lindex $args end] { source $file }
}
source [file join [file dirname [info script]] .. bitstreams stubs.tcl]
