/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that share a loop. The caller takes part; indices are handed out one by one, so that uneven ones do not matter.
 * Every index runs under round-to-nearest with subnormals kept, whatever the caller's thread was set to.
 */
#ifndef SY_ENGINE_POOL_H
#define SY_ENGINE_POOL_H

#include <stdint.h>

struct sy_pool;

/* The number of cores this process may use; at least 1. */
int sy_pool_cores(void);

/* NULL without memory. Threads start at the first loop that needs them; where one cannot be started, fewer take part. */
struct sy_pool *sy_pool_new(int threads);
void sy_pool_free(struct sy_pool *p);
int sy_pool_threads(const struct sy_pool *p);

/* body(user, i) for every i below count, in any order; returns when all are done. A NULL pool: in the caller's thread alone. */
void sy_pool_run(struct sy_pool *p, int64_t count, void (*body)(void *user, int64_t i), void *user);

#endif
