# SPDX-License-Identifier: Apache-2.0
# For synthesis of the kernel by itself. When it is linked, the platform's clock takes its place.
create_clock -name ap_clk -period 3.333 [get_ports ap_clk]
