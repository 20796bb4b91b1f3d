/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of write_seeds share. */
#ifndef SYSTOLE_TESTS_FUZZERS_SEEDS_H
#define SYSTOLE_TESTS_FUZZERS_SEEDS_H

#include <stddef.h>

/* Makes root/name, and puts its path into `path`. */
void seed_folder(char *path, size_t room, const char *root, const char *name);
void seed_put(const char *folder, const char *name, const void *data, size_t size);

void write_more_seeds(const char *root);

#endif
