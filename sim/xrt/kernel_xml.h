/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's description in XML: as package_xo reads it, and as it stands in an xclbin. */
#ifndef SYSTOLE_XRT_KERNEL_XML_H
#define SYSTOLE_XRT_KERNEL_XML_H

#include <stdint.h>
#include <stdio.h>

/* kernel.xml of an RTL kernel whose memory port has `axi_bytes` a beat. */
void kernel_xml_package(FILE *f, uint32_t axi_bytes);

/* The metadata of an xclbin for hardware emulation with one kernel; units at `unit_base[i]`. */
void kernel_xml_xclbin(FILE *f, uint32_t axi_bytes, const uint64_t *unit_base, unsigned units);

#endif
