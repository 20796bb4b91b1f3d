# SPDX-License-Identifier: Apache-2.0
# tclsh stubs.tcl LOG SCRIPT ARGUMENTS ... : runs a script of Vivado or Vitis HLS where those are not. Their commands are written to
# LOG, one a line, and answer what a script needs of them; a command that neither Tcl nor this file knows is an error, and so is a
# source file that is not there.

set log [open [lindex $argv 0] a]
set script [lindex $argv 1]
set argv [lrange $argv 2 end]
set argc [llength $argv]

proc note {name arguments} {
    puts $::log [concat $name $arguments]
    flush $::log
}

# Commands that only do something. Those with a :: are in namespaces.
namespace eval ipx {}
foreach name {create_project set_property update_compile_order ipx::package_project ipx::associate_bus_interfaces
              ipx::remove_bus_parameter ipx::create_xgui_files ipx::update_checksums ipx::check_integrity ipx::save_core
              open_project set_top open_solution set_part create_clock config_interface csynth_design close_project} {
    proc $name {args} [format {note %s $args} $name]
}

# Commands that give something.
proc current_fileset {} { return sources_1 }
proc ipx::current_core {} { return core }
proc ipx::get_user_parameters {name args} { return parameter:$name }
proc ipx::get_bus_interfaces {name args} { return interface:$name }
proc ipx::get_bus_parameters {name args} { return [list bus_parameter:$name] }
proc get_files {pattern} { return $pattern }
proc get_cells {args} { note get_cells $args; return cell }
proc get_timing_paths {args} { return path }
proc get_property {name object} { return 0.012 }
proc report_utilization {args} {
    note report_utilization $args
    return "| CLB LUTs | 101234 | 0 |\n| CLB Registers | 98765 | 0 |\n| Block RAM Tile | 210.5 | 0 |\n| URAM | 32 | 0 |\n| DSPs | 1100 | 0 |\n"
}
proc version {args} { return 2022.1 }

# Commands that take files: they must be there.
proc add_files {args} {
    note add_files $args
    for {set i 0} {$i < [llength $args]} {incr i} {
        set argument [lindex $args $i]
        if {$argument in {-fileset -cflags}} { incr i; continue }
        if {[string index $argument 0] eq "-"} continue
        foreach file $argument {
            if {![file exists $file]} { error "add_files: there is no $file" }
        }
    }
}

# Commands that make the result.
proc result {option arguments} {
    set path [dict get $arguments $option]
    close [open $path w]
}
proc package_xo {args} {
    note package_xo $args
    set options [lrange $args [expr {[lsearch $args -force] + 1}] end]
    if {![file exists [dict get $options -kernel_xml]]} { error "package_xo: there is no [dict get $options -kernel_xml]" }
    result -xo_path $options
}
proc export_design {args} {
    note export_design $args
    result -output $args
}

source $script
close $log
