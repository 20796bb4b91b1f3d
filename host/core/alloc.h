/* SPDX-License-Identifier: Apache-2.0 */
/* All memory of the library. Sizes are products that are checked; memory comes zeroed. */
#ifndef SY_ALLOC_H
#define SY_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL when count*size overflows, is above the limit, or more than is left of the machine's memory. Never NULL for zero bytes. */
void *sy_alloc(size_t count, size_t size);
/* Grows or shrinks; what is new is not zeroed. The old memory stays when NULL is returned. */
void *sy_realloc(void *old, size_t count, size_t size);
void sy_free(void *memory);
char *sy_strdup(const char *text);

/* False, and *product untouched, on overflow or a negative factor. */
bool sy_mul(int64_t a, int64_t b, int64_t *product);

/* For tests. The n-th allocation from now (1 is the next) of this process fails, and only it; 0: none. Not for threads. */
void sy_alloc_fail_at(long n);
/* True once the failure asked for has happened. */
bool sy_alloc_has_failed(void);
/* Bytes that one allocation may have: a file cannot make the library ask for more. */
void sy_alloc_set_limit(size_t bytes);
size_t sy_alloc_limit(void);

#endif
