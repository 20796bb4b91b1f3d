# SPDX-License-Identifier: Apache-2.0
# The HDK's build_all.tcl sources this before synthesis: it puts the sources where synthesis reads them. Ours are open, so nothing is
# encrypted.

foreach old [glob -nocomplain -directory $src_post_enc_dir *] { file delete -force $old }
foreach file [glob -directory $design_dir *.{sv,svh,vh,f}] { file copy -force $file $src_post_enc_dir }
