# SPDX-License-Identifier: Apache-2.0
# No floorplan: the tool places the custom logic within the region that the HDK leaves to it. Where timing is not met: SH_DDR is at home
# in SLR2; a pblock below pblock_CL for WRAPPER/CL/u_systole/u_core is the first thing to try.
