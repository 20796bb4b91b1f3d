# SPDX-License-Identifier: Apache-2.0
# vivado -mode batch -source report_dcp.tcl -tclargs ROOT CHECKPOINT
#
# What the manifest says of a routed design, into $SYSTOLE_REPORT: the HDK has closed it by then, so it is opened again.

lassign $argv root checkpoint
open_checkpoint $checkpoint
source [file join $root bitstreams xrt report.tcl]
close_design
