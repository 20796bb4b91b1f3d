# SPDX-License-Identifier: Apache-2.0
# vitis_hls -f package_hls.tcl -tclargs ROOT SETTINGS OUTPUT.xo
#
# The HLS C as a kernel. Its arguments are at the offsets of the RTL's, so it fits the same links; what is beside them in the register
# map it has not: bitstreams/README.md, "The HLS kernel".

lassign [lrange $argv end-2 end] root settings_file output
source [file join $root bitstreams xrt common.tcl]
set settings [read_settings $settings_file]

set flags "-std=c11 -I[file join $root hls] -I[file join $root driver] -DSYSTOLE_HLS_KERNEL"
dict for {name value} [core_parameters $settings] { append flags " -DSYSTOLE_$name=$value" }

open_project -reset [file rootname $output]_hls
set_top systole_hls_kernel
foreach source [lsort [glob [file join $root hls *.c]]] {
    # model.c is the library for a simulated device.
    if {[file tail $source] eq "model.c"} continue
    add_files $source -cflags $flags
}
open_solution -reset -flow_target vitis solution
set_part [dict get $settings part]
create_clock -period [format %.3f [expr {1000.0 / [dict get $settings clock_mhz]}]] -name default
config_interface -m_axi_addr64
csynth_design
export_design -rtl verilog -format xo -output $output
close_project
