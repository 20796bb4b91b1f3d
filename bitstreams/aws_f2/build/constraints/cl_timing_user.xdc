# SPDX-License-Identifier: Apache-2.0
# The virtual LEDs are looked at by software, at any time.
set_false_path -from [get_cells -hierarchical -filter {NAME =~ *cl_sh_status_vled_reg*}]
