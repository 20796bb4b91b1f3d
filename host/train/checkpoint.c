/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints. The file, little endian:
 *
 *     "SYSTRAIN", u32 version, u32 parameters, u64 steps, u64 seed, u32 words, u32 0, the words (u64)
 *     for each parameter: u32 length of its name, u32 rank, u32 flags (1, 2: it has that moment; 4: frozen), u32 0, dimensions
 * (i64), name, values (fp32), then each moment (fp32) u64: FNV-1a of all bytes before
 */
#define _POSIX_C_SOURCE 200809L
#include "host/train/train.h"

#include "host/io/file.h"

#include <stdio.h>
#include <string.h>

static const char magic[8] = {'S', 'Y', 'S', 'T', 'R', 'A', 'I', 'N'};
enum { VERSION = 1, MOST_WORDS = 1024, FLAG_FROZEN = 4, CHECK_BYTES = 8 };

static uint64_t checksum(const uint8_t *data, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 0x100000001b3u;
    return hash;
}

/* ---- writing ---- */

/* Counts, or copies where there is memory. */
struct writer {
    uint8_t *to;
    size_t at;
};

static void put(struct writer *w, const void *from, size_t size)
{
    if (w->to && size)
        memcpy(w->to + w->at, from, size);
    w->at += size;
}

static void put32(struct writer *w, uint32_t v)
{
    put(w, &v, sizeof v);
}

static void put64(struct writer *w, uint64_t v)
{
    put(w, &v, sizeof v);
}

static uint32_t flags_of(const struct sy_param *p)
{
    return (p->moment[0] ? 1u : 0) | (p->moment[1] ? 2u : 0) | (p->frozen ? (uint32_t)FLAG_FROZEN : 0);
}

static void put_all(struct writer *w, const struct systole_trainer *t, const uint64_t *words, int count)
{
    put(w, magic, sizeof magic);
    put32(w, VERSION);
    put32(w, (uint32_t)t->n_params);
    put64(w, t->steps);
    put64(w, t->seed);
    put32(w, (uint32_t)count);
    put32(w, 0);
    put(w, words, (size_t)count * sizeof *words);
    for (int i = 0; i < t->n_params; i++) {
        const struct sy_param *const p = t->params[i];
        const size_t bytes = (size_t)p->value.count * sizeof(float);
        put32(w, (uint32_t)strlen(p->name));
        put32(w, (uint32_t)p->value.rank);
        put32(w, flags_of(p));
        put32(w, 0);
        put(w, p->value.dims, (size_t)p->value.rank * sizeof *p->value.dims);
        put(w, p->name, strlen(p->name));
        put(w, p->value.data, bytes);
        for (int k = 0; k < 2; k++)
            if (p->moment[k])
                put(w, p->moment[k], bytes);
    }
}

enum systole_status systole_checkpoint_write(struct systole_trainer *trainer, const char *path, const uint64_t *words, int count)
{
    struct systole_trainer *const t = trainer;
    if (!t || !path || (count && !words))
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(t->ctx);
    if (count < 0 || count > MOST_WORDS)
        return sy_fail(t->ctx, SYSTOLE_BAD_ARGUMENT, "a checkpoint with %d words; the most is %d", count, MOST_WORDS);
    for (int i = 0; i < t->n_params; i++)
        if (t->params[i]->sum)
            return sy_fail(t->ctx, SYSTOLE_BAD_STATE, "parameter '%s' has a gradient that no step has used: write between steps",
                           t->params[i]->name);
    struct writer w = {0};
    put_all(&w, t, words, count);
    uint8_t *const data = sy_alloc(w.at + CHECK_BYTES, 1);
    if (!data)
        return sy_no_memory(t->ctx);
    w = (struct writer){.to = data};
    put_all(&w, t, words, count);
    put64(&w, checksum(data, w.at));
    const enum systole_status status = sy_file_replace(t->ctx, path, data, w.at, true);
    sy_free(data);
    return status;
}

/* ---- reading: everything is looked at before anything is changed ---- */

struct reader {
    struct systole_trainer *t;
    const char *path;
    const uint8_t *data;
    size_t at, size;
};

static enum systole_status wrong(const struct reader *r, const char *what)
{
    return sy_fail(r->t->ctx, SYSTOLE_IO, "%s: %s (byte %zu of %zu)", r->path, what, r->at, r->size);
}

static const uint8_t *take(struct reader *r, size_t size)
{
    if (size > r->size - r->at)
        return NULL;
    r->at += size;
    return r->data + r->at - size;
}

static bool take32(struct reader *r, uint32_t *v)
{
    const uint8_t *const from = take(r, sizeof *v);
    if (from)
        memcpy(v, from, sizeof *v);
    return from != NULL;
}

struct header {
    uint32_t version, params, words, reserved;
    uint64_t steps, seed;
};

static enum systole_status read_header(struct reader *r, struct header *h, int count)
{
    const uint8_t *const begin = take(r, sizeof magic);
    if (!begin || memcmp(begin, magic, sizeof magic) != 0)
        return wrong(r, "no checkpoint");
    bool whole = take32(r, &h->version) && take32(r, &h->params);
    const uint8_t *const longs = take(r, 2 * sizeof(uint64_t));
    whole = whole && longs && take32(r, &h->words) && take32(r, &h->reserved);
    if (!whole)
        return wrong(r, "it ends early");
    memcpy(&h->steps, longs, sizeof h->steps);
    memcpy(&h->seed, longs + sizeof h->steps, sizeof h->seed);
    if (h->reserved)
        return wrong(r, "a reserved word is set");
    if (h->version != VERSION)
        return sy_fail(r->t->ctx, SYSTOLE_IO, "%s: version %u; this library reads %d", r->path, (unsigned)h->version, VERSION);
    if (h->words != (uint32_t)count || h->params != (uint32_t)r->t->n_params)
        return sy_fail(r->t->ctx, SYSTOLE_BAD_ARGUMENT, "%s has %u words and %u parameters, the program %d and %d", r->path,
                       (unsigned)h->words, (unsigned)h->params, count, r->t->n_params);
    return SYSTOLE_OK;
}

/* Reads a parameter that has to be p; `apply`: and takes it over. */
static enum systole_status read_param(struct reader *r, struct sy_param *p, bool apply)
{
    uint32_t length, rank, flags, reserved;
    const size_t bytes = (size_t)p->value.count * sizeof(float);
    if (!take32(r, &length) || !take32(r, &rank) || !take32(r, &flags) || !take32(r, &reserved))
        return wrong(r, "it ends early");
    const bool same_rank = rank == (uint32_t)p->value.rank && length == strlen(p->name);
    const uint8_t *const dims = same_rank ? take(r, rank * sizeof *p->value.dims) : NULL;
    const uint8_t *const name = dims ? take(r, length) : NULL;
    if (!name || memcmp(dims, p->value.dims, rank * sizeof *p->value.dims) != 0 || memcmp(name, p->name, length) != 0)
        return sy_fail(r->t->ctx, SYSTOLE_BAD_ARGUMENT,
                       "%s: its parameter is not '%s' of %s, which the program has in that place", r->path, p->name,
                       sy_value_shape(&p->value).text);
    if (flags > 7 || reserved)
        return wrong(r, "unknown flags");
    const uint8_t *from = take(r, bytes);
    if (from && apply)
        memcpy(p->value.data, from, bytes);
    for (int k = 0; k < 2 && from; k++) {
        const bool there = flags >> k & 1;
        from = there ? take(r, bytes) : from;
        if (there && from && !apply && !p->moment[k] && !(p->moment[k] = sy_alloc((size_t)p->value.count, sizeof(float))))
            return sy_no_memory(r->t->ctx);
        if (there && from && apply)
            memcpy(p->moment[k], from, bytes);
        if (!there && apply) {
            sy_free(p->moment[k]);
            p->moment[k] = NULL;
        }
    }
    if (!from)
        return wrong(r, "it ends early");
    if (apply) {
        p->frozen = (flags & FLAG_FROZEN) != 0;
        p->value.wants_gradient = !p->frozen;
    }
    return SYSTOLE_OK;
}

/* `apply` false: is it all there, and of these parameters? Moments that are missing get their memory. */
static enum systole_status read_all(struct reader *r, uint64_t *words, int count, bool apply)
{
    struct header h = {0};
    r->at = 0;
    enum systole_status status = read_header(r, &h, count);
    const uint8_t *const own = status ? NULL : take(r, (size_t)count * sizeof *words);
    if (!status && !own)
        status = wrong(r, "it ends early");
    for (int i = 0; i < r->t->n_params && !status; i++)
        status = read_param(r, r->t->params[i], apply);
    if (!status && r->at != r->size)
        status = wrong(r, "there is more than the parameters");
    if (!status && apply) {
        r->t->steps = h.steps;
        r->t->seed = h.seed;
        if (count)
            memcpy(words, own, (size_t)count * sizeof *words);
    }
    return status;
}

/* Moments that were made for a checkpoint that was then refused go again. */
static void drop_fresh_moments(struct systole_trainer *t, const bool *had)
{
    for (int i = 0; i < 2 * t->n_params; i++)
        if (!had[i]) {
            sy_free(t->params[i / 2]->moment[i % 2]);
            t->params[i / 2]->moment[i % 2] = NULL;
        }
}

enum systole_status systole_checkpoint_read(struct systole_trainer *trainer, const char *path, uint64_t *words, int count)
{
    struct systole_trainer *const t = trainer;
    if (!t || !path || count < 0 || (count && !words))
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(t->ctx);
    struct reader r = {.t = t, .path = path};
    uint8_t *data = NULL;
    enum systole_status status = sy_file_read(t->ctx, path, &data, &r.size);
    if (status)
        return status;
    bool *const had = sy_alloc(2 * (size_t)t->n_params, sizeof *had);
    uint64_t stored = 0;
    r.data = data;
    if (!had)
        status = sy_no_memory(t->ctx);
    else if (r.size < CHECK_BYTES)
        status = wrong(&r, "no checkpoint");
    if (!status) {
        r.size -= CHECK_BYTES;
        memcpy(&stored, data + r.size, sizeof stored);
        for (int i = 0; i < 2 * t->n_params; i++)
            had[i] = t->params[i / 2]->moment[i % 2] != NULL;
        if (stored != checksum(data, r.size))
            status = wrong(&r, "its checksum is not that of its bytes");
    }
    if (!status) {
        status = read_all(&r, words, count, false);
        if (status)
            drop_fresh_moments(t, had);
        else
            status = read_all(&r, words, count, true);
    }
    if (!status) {
        systole_train_clear_gradients(t);
        systole_train_clear(t);
    }
    sy_free(had);
    sy_free(data);
    return status;
}
