# SPDX-License-Identifier: Apache-2.0
# The HDK's build_all.tcl sources this with CL, DEVICE_TYPE, TAG and its folders set; target.conf is $SYSTOLE_SETTINGS, what reads it is
# in $SYSTOLE_ROOT.

source ${HDK_SHELL_DIR}/build/scripts/synth_cl_header.tcl
source [file join $::env(SYSTOLE_ROOT) bitstreams xrt common.tcl]
set settings [read_settings $::env(SYSTOLE_SETTINGS)]
if {[dict get $settings part] ne $DEVICE_TYPE} {
    error "the HDK builds for $DEVICE_TYPE, target.conf says [dict get $settings part]"
}

# In the order of sources.f: packages first.
set sources {}
set list [open [file join $src_post_enc_dir sources.f] r]
foreach name [split [string trim [read $list]] \n] { lappend sources [file join $src_post_enc_dir $name] }
close $list
read_verilog -sv $sources
read_verilog [glob -directory $src_post_enc_dir *.svh *.vh]
set_property file_type {Verilog Header} [get_files [glob -directory $src_post_enc_dir *.svh *.vh]]
set_property include_dirs [list $src_post_enc_dir ${HDK_SHELL_DESIGN_DIR}/interfaces] [current_fileset]

# The controller of the 64 GiB DIMM, which sh_ddr instantiates.
read_ip ${HDK_IP_SRC_DIR}/cl_ddr4/cl_ddr4.xci

read_xdc [list ${constraints_dir}/cl_synth_user.xdc ${constraints_dir}/cl_timing_user.xdc]
set_property PROCESSING_ORDER LATE [get_files cl_synth_user.xdc]
set_property PROCESSING_ORDER LATE [get_files cl_timing_user.xdc]
update_compile_order -fileset sources_1

set generics {}
dict for {name value} [core_parameters $settings] { lappend generics -generic $name=$value }
synth_design -mode out_of_context -top ${CL} -part ${DEVICE_TYPE} -verilog_define XSDB_SLV_DIS -keep_equivalent_registers \
    {*}$generics

source ${HDK_SHELL_DIR}/build/scripts/synth_cl_footer.tcl
