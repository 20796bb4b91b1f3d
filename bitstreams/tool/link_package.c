/* SPDX-License-Identifier: Apache-2.0 */
#include "link_package.h"

static const struct {
    const char *name;
    unsigned bits;
    unsigned long value;
    const char *text;
} entries[] = {
#define SERIAL_LINK(name, bits, value, text) {#name, bits, value, text},
#include "../../driver/serial_link.def"
#undef SERIAL_LINK
};

void link_package_print(FILE *f)
{
    fprintf(f, "// SPDX-License-Identifier: Apache-2.0\n"
               "// Generated from driver/serial_link.def; `make gen-bitstreams` rewrites it.\n"
               "`default_nettype none\npackage systole_link_pkg;\n\n");
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        fprintf(f, "  localparam logic [%u:0] LINK_%s = %u'h%0*lx;  // %s\n", entries[i].bits - 1, entries[i].name, entries[i].bits,
                (int)entries[i].bits / 4, entries[i].value, entries[i].text);
    fprintf(f, "\nendpackage\n`default_nettype wire\n");
}
