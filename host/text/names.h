/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the contract's numbers; "?" where there is none. */
#ifndef SY_TEXT_NAMES_H
#define SY_TEXT_NAMES_H

#include <stdint.h>

const char *sy_opcode_name(uint32_t code);
const char *sy_queue_name(uint32_t queue);

#endif
