/* SPDX-License-Identifier: Apache-2.0 */
#include "sha256.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 64u
#define ROUNDS 64u

struct sha256 {
    uint32_t h[8];
    uint8_t block[BLOCK];
    size_t filled;
    uint64_t size;
};

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes; of the square roots of the first 8. */
static uint32_t constant[ROUNDS], initial[8];

__extension__ typedef unsigned __int128 wide;

/* floor(2^32 * frac(p^(1/n))) by bisection in integers: the largest x with x^n <= p * 2^(32 n). */
static uint32_t fraction_of_root(uint32_t p, unsigned n)
{
    uint64_t low = 0, high = UINT64_C(1) << 36;
    while (high - low > 1) {
        const uint64_t x = (low + high) / 2;
        /* x^n against p * 2^(32 n) in 128 and more bits: x = a * 2^32 + b is compared by long multiplication. */
        const wide square = (wide)x * x;
        bool above;
        if (n == 2) {
            above = square > (wide)p << 64;
        } else {
            const wide upper = (square >> 64) * x, lower = (square & UINT64_MAX) * x;
            const wide whole = upper + (lower >> 64); /* x^3 / 2^64 */
            above = whole > (wide)p << 32 || (whole == (wide)p << 32 && (uint64_t)lower != 0);
        }
        if (above)
            high = x;
        else
            low = x;
    }
    return (uint32_t)low;
}

static void make_constants(void)
{
    unsigned count = 0;
    if (constant[0])
        return;
    for (uint32_t p = 2; count < ROUNDS; p++) {
        bool prime = true;
        for (uint32_t d = 2; d * d <= p; d++)
            prime &= p % d != 0;
        if (!prime)
            continue;
        if (count < 8)
            initial[count] = fraction_of_root(p, 2);
        constant[count++] = fraction_of_root(p, 3);
    }
}

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void mix(struct sha256 *s)
{
    uint32_t w[ROUNDS], v[8];
    for (unsigned i = 0; i < 16; i++)
        w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 | (uint32_t)s->block[4 * i + 2] << 8 |
               s->block[4 * i + 3];
    for (unsigned i = 16; i < ROUNDS; i++) {
        const uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    memcpy(v, s->h, sizeof v);
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint32_t e = v[4], a = v[0];
        const uint32_t t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + constant[i] + w[i];
        const uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static void begin(struct sha256 *s)
{
    make_constants();
    *s = (struct sha256){.filled = 0};
    memcpy(s->h, initial, sizeof initial);
}

static void add(struct sha256 *s, const uint8_t *data, size_t size)
{
    s->size += size;
    for (size_t i = 0; i < size; i++) {
        s->block[s->filled++] = data[i];
        if (s->filled == BLOCK) {
            mix(s);
            s->filled = 0;
        }
    }
}

static void finish(struct sha256 *s, char text[SHA256_TEXT])
{
    const uint64_t bits = 8 * s->size;
    const uint8_t one = 0x80, zero = 0;
    add(s, &one, 1);
    while (s->filled != BLOCK - 8)
        add(s, &zero, 1);
    for (int i = 56; i >= 0; i -= 8) {
        const uint8_t byte = (uint8_t)(bits >> i);
        add(s, &byte, 1);
    }
    for (unsigned i = 0; i < 8; i++)
        snprintf(text + 8 * i, 9, "%08x", (unsigned)s->h[i]);
}

void sha256_bytes(const void *data, size_t size, char text[SHA256_TEXT])
{
    struct sha256 s;
    begin(&s);
    add(&s, data, size);
    finish(&s, text);
}

bool sha256_file(const char *path, char text[SHA256_TEXT], uint64_t *size)
{
    struct sha256 s;
    uint8_t part[65536];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    begin(&s);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        add(&s, part, n);
    const bool good = !ferror(f);
    fclose(f);
    *size = s.size;
    finish(&s, text);
    if (!good)
        errno = EIO;
    return good;
}
