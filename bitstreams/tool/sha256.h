/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SYSTOLE_BITSTREAM_SHA256_H
#define SYSTOLE_BITSTREAM_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_TEXT 65

/* SHA-256 (FIPS 180-4) of a file, as hexadecimal digits, and its size. False, with errno, when it cannot be read. */
bool sha256_file(const char *path, char text[SHA256_TEXT], uint64_t *size);

void sha256_bytes(const void *data, size_t size, char text[SHA256_TEXT]);

#endif
