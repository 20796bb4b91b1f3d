# SPDX-License-Identifier: Apache-2.0
# vivado -mode batch -source package_rtl.tcl -tclargs ROOT SETTINGS OUTPUT.xo
#
# The RTL as a Vitis kernel: an IP of the core in its shell, then an .xo with the kernel.xml that follows from the contract.

lassign $argv root settings_file output
source [file join $root bitstreams xrt common.tcl]
set settings [read_settings $settings_file]
set work [file rootname $output]_ip

create_project -in_memory -part [dict get $settings part] systole
add_files -norecurse [concat [rtl_sources $root] [list [file join $root bitstreams xrt systole.sv]]]
add_files -norecurse [glob [file join $root rtl prim *.svh]]
set_property file_type {Verilog Header} [get_files *.svh]
add_files -fileset constrs_1 -norecurse [file join $root bitstreams xrt systole_ooc.xdc]
set_property USED_IN {synthesis implementation out_of_context} [get_files *systole_ooc.xdc]
set_property top systole [current_fileset]
set_property include_dirs [list [file join $root rtl prim]] [current_fileset]

set generics {}
dict for {name value} [core_parameters $settings] { lappend generics $name=$value }
set_property generic $generics [current_fileset]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $work -vendor systole -library rtl -taxonomy /KernelIP -import_files -force
set core [ipx::current_core]
# The values of this target become those of the IP: a kernel cannot be given parameters where it is linked.
dict for {name value} [core_parameters $settings] {
    set parameter [ipx::get_user_parameters $name -of_objects $core]
    set_property value $value $parameter
    set_property value_resolve_type immediate $parameter
}
foreach interface {s_axi_control m_axi_gmem} {
    ipx::associate_bus_interfaces -busif $interface -clock ap_clk $core
}
# The tools that link set the frequency; one that stands here would contradict them.
foreach parameter [ipx::get_bus_parameters FREQ_HZ -of_objects [ipx::get_bus_interfaces ap_clk -of_objects $core]] {
    ipx::remove_bus_parameter FREQ_HZ [ipx::get_bus_interfaces ap_clk -of_objects $core]
}
set_property sdx_kernel true $core
set_property sdx_kernel_type rtl $core
set_property supported_families {} $core
set_property auto_family_support_level level_2 $core
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity -kernel $core
ipx::save_core $core

package_xo -force -xo_path $output -kernel_name systole -ip_directory $work \
    -kernel_xml [file join $root bitstreams xrt kernel.xml]
