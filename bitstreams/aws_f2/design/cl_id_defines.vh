// SPDX-License-Identifier: Apache-2.0
// The PCIe identity of the custom logic. The HDK's scripts read these two lines by their form, 32'hDEVICE_VENDOR.
`ifndef CL_ID_DEFINES_VH
`define CL_ID_DEFINES_VH
`define CL_SH_ID0 32'hF053_1D0F
`define CL_SH_ID1 32'h1D53_FEDC
`endif
