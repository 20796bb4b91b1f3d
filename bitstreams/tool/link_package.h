/* SPDX-License-Identifier: Apache-2.0 */
/* The SystemVerilog package of the serial link, from driver/serial_link.def. */
#ifndef SYSTOLE_BITSTREAMS_LINK_PACKAGE_H
#define SYSTOLE_BITSTREAMS_LINK_PACKAGE_H

#include <stdio.h>

void link_package_print(FILE *f);

#endif
