/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_xml.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "../../driver/backend_xrt_kernel.h"
#include "card.h"

static void print_name(FILE *f, const char *name, bool upper)
{
    for (; *name; name++)
        fputc(upper ? toupper((unsigned char)*name) : *name, f);
}

/* v++ writes the names of ports in capitals into what it links. */
static void print_ports(FILE *f, const char *indent, uint32_t axi_bytes, bool linked)
{
    fprintf(f, "%s<port name=\"", indent);
    print_name(f, XRT_KERNEL_MEMORY, linked);
    fprintf(f, "\" mode=\"master\" range=\"0xFFFFFFFFFFFFFFFF\" dataWidth=\"%" PRIu32 "\" portType=\"addressable\" base=\"0x0\"/>\n",
            8 * axi_bytes);
    fprintf(f, "%s<port name=\"", indent);
    print_name(f, XRT_KERNEL_CONTROL, linked);
    fprintf(f, "\" mode=\"slave\" range=\"0x%x\" dataWidth=\"32\" portType=\"addressable\" base=\"0x0\"/>\n", XRT_KERNEL_CONTROL_BYTES);
}

static void print_args(FILE *f, const char *indent, bool linked)
{
    for (unsigned i = 0; i < XRT_KERNEL_ARGS; i++) {
        const struct xrt_kernel_arg arg = xrt_kernel_arg(i);
        fprintf(f, "%s<arg name=\"%s\" addressQualifier=\"%d\" id=\"%u\" port=\"", indent, arg.name, arg.is_memory, i);
        print_name(f, arg.is_memory ? XRT_KERNEL_MEMORY : XRT_KERNEL_CONTROL, linked);
        fprintf(f, "\" size=\"0x8\" offset=\"0x%03" PRIX32 "\" type=\"%s\" hostOffset=\"0x0\" hostSize=\"0x8\"/>\n", arg.offset,
                arg.is_memory ? "void*" : "unsigned long");
    }
}

static void print_kernel(FILE *f, const char *indent)
{
    fprintf(f, "%s<kernel name=\"" XRT_KERNEL_NAME "\" language=\"ip_c\" vlnv=\"systole:rtl:" XRT_KERNEL_NAME ":1.0\" attributes=\"\" "
               "preferredWorkGroupSizeMultiple=\"0\" workGroupSize=\"1\" interrupt=\"true\" hwControlProtocol=\"ap_ctrl_hs\">\n",
            indent);
}

void kernel_xml_package(FILE *f, uint32_t axi_bytes)
{
    fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
               "<!-- Generated from driver/spec/registers.def; `make gen-bitstreams` rewrites it. -->\n"
               "<root versionMajor=\"1\" versionMinor=\"6\">\n");
    print_kernel(f, "  ");
    fprintf(f, "    <ports>\n");
    print_ports(f, "      ", axi_bytes, false);
    fprintf(f, "    </ports>\n    <args>\n");
    print_args(f, "      ", false);
    fprintf(f, "    </args>\n  </kernel>\n</root>\n");
}

void kernel_xml_xclbin(FILE *f, uint32_t axi_bytes, const uint64_t *unit_base, unsigned units)
{
    fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project name=\"" XRT_KERNEL_NAME "\">\n"
               "  <platform vendor=\"xilinx\" boardid=\"u250\" name=\"gen3x16_xdma_4_1\" featureRomTime=\"0\">\n"
               "    <version major=\"1\" minor=\"0\"/>\n"
               "    <device name=\"fpga0\" fpgaDevice=\"virtexuplus:xcu250:figd2104:-2L-e\" addrWidth=\"0\">\n"
               "      <core name=\"OCL_REGION_0\" target=\"hw_em\" type=\"clc_region\" clockFreq=\"0MHz\" numComputeUnits=\"%u\">\n"
               "        <kernelClocks><clock port=\"KERNEL_CLK\" frequency=\"300.0MHz\"/></kernelClocks>\n",
            units);
    print_kernel(f, "        ");
    print_ports(f, "          ", axi_bytes, true);
    print_args(f, "          ", true);
    fprintf(f, "          <compileWorkGroupSize x=\"1\" y=\"1\" z=\"1\"/>\n          <maxWorkGroupSize x=\"1\" y=\"1\" z=\"1\"/>\n");
    for (unsigned i = 0; i < units; i++)
        fprintf(f, "          <instance name=\"" XRT_KERNEL_NAME "_%u\"><addrRemap base=\"0x%" PRIx64 "\" range=\"0x%x\" "
                   "port=\"S_AXI_CONTROL\"/></instance>\n", i + 1, unit_base[i], CARD_UNIT_BYTES);
    fprintf(f, "        </kernel>\n");
    for (unsigned i = 0; i < units; i++)
        fprintf(f, "        <connection srcType=\"core\" srcInst=\"OCL_REGION_0\" srcPort=\"M%02u\" dstType=\"kernel\" dstInst=\""
                   XRT_KERNEL_NAME "_%u\" dstPort=\"S_AXI_CONTROL\"/>\n", i, i + 1);
    fprintf(f, "      </core>\n    </device>\n  </platform>\n</project>\n");
}
