/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests: what a bitstream is, beside it as <file>.json. One table of members says what must be there; the schema, what is
 * checked and what is written follow from it.
 */
#ifndef SYSTOLE_BITSTREAM_MANIFEST_H
#define SYSTOLE_BITSTREAM_MANIFEST_H

#include <stdio.h>

#include "json.h"

#define MANIFEST_REASON_BYTES 512

enum manifest_verdict { MANIFEST_GOOD, MANIFEST_BAD, MANIFEST_UNREADABLE };

void manifest_print_schema(FILE *f);

/*
 * Reads one and checks it: its members, that its contract is this source's, the clock met, and its file's size and checksum.
 * The reason of a failure in `reason`.
 */
enum manifest_verdict manifest_check(const char *path, struct json *out, char reason[MANIFEST_REASON_BYTES]);

/*
 * Writes one for a file. Values are "name=value" texts: members by their names, parameters by names in capitals, utilisation by
 * "utilisation.lut=1". contract, file, bytes and sha256 are found here. Checked before it is written.
 */
enum manifest_verdict manifest_write(const char *path, const char *file, char **values, int count, char reason[MANIFEST_REASON_BYTES]);

#endif
