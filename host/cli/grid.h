/* SPDX-License-Identifier: Apache-2.0 */
/* Text with alternatives: "model:8x8+16x16,acc=1024+2048" names four devices, each value of one with each of the other. */
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <stddef.h>
#include <stdint.h>

/* How many texts it stands for: 1 without a '+'. A value with a '/' is a path, and has none. At most UINT32_MAX. */
uint32_t cli_grid_count(const char *text);
/* The index-th of them, the last alternatives changing first. 0, or -1 where there is no room. */
int cli_grid_at(const char *text, uint32_t index, char *out, size_t room);

#endif
