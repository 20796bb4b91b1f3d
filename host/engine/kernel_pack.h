/* SPDX-License-Identifier: Apache-2.0 */
/* Panels, and the parts of fp32 numbers: included by the file of an instruction set, so that the compiler's vectors are its own. */

/* WORD_TYPE: what a word of int8 consists of, GROUP of them. */
enum { GROUP = sizeof(int32_t) / sizeof(WORD_TYPE), BITS = 32 / GROUP };

#ifndef TRANSPOSE
/* Words of `from`, rows `from_step` bytes apart, as columns of `to`; how many of `count` were done. */
static int64_t transpose(uint32_t *to, int width, int lanes, int64_t count, const char *from, int64_t from_step, uint32_t flip)
{
    (void)to, (void)width, (void)lanes, (void)count, (void)from, (void)from_step, (void)flip;
    return 0;
}
#endif

static void pack_f32(float *to, int width, int lanes, int64_t k, struct sy_source from)
{
    const float *data = from.data;
    if (lanes < width)
        memset(to, 0, (size_t)(k * width) * sizeof *to);
    if (from.lane_step == 1) {
        for (int64_t i = 0; i < k; i++)
            memcpy(to + i * width, data + i * from.k_step, (size_t)lanes * sizeof *to);
        return;
    }
    enum { BLOCK = 16 }; /* of k: what is written stays near until its line is full */
    const int64_t done =
        from.k_step == 1 ? transpose((uint32_t *)(void *)to, width, lanes, k, from.data, from.lane_step * (int64_t)sizeof *to, 0) : 0;
    for (int64_t i = done; i < k; i += BLOCK)
        for (int l = 0; l < lanes; l++) {
            const int64_t end = i + BLOCK < k ? i + BLOCK : k;
            for (int64_t j = i; j < end; j++)
                to[j * width + l] = data[j * from.k_step + l * from.lane_step];
        }
}

static inline __attribute__((always_inline)) WORD_TYPE byte_as(uint8_t v, bool is_unsigned, int32_t zero)
{
#if SHIFTED
    (void)is_unsigned;
    return (WORD_TYPE)(v ^ (uint8_t)zero);
#else
    return (WORD_TYPE)((is_unsigned ? (int32_t)v : (int32_t)(int8_t)v) - zero);
#endif
}

/* GROUP rows of k into one row of words: rows[g][l * step]. */
static inline __attribute__((always_inline)) void pack_row(int32_t *to, int lanes, const uint8_t *const rows[GROUP], int64_t step,
                                                           bool is_unsigned, int32_t zero)
{
    for (int l = 0; l < lanes; l++) {
        uint32_t word = 0;
        for (int g = 0; g < GROUP; g++)
            word |= ((uint32_t)byte_as(rows[g][l * step], is_unsigned, zero) & 0xffffffffu >> (32 - BITS)) << g * BITS;
        to[l] = (int32_t)word;
    }
}

static void pack_i8(int32_t *to, int width, int lanes, int64_t k, struct sy_source from, struct sy_bytes_as as)
{
    const uint8_t *data = from.data;
    const int32_t zero = SHIFTED ? (as.is_unsigned != as.to_unsigned ? 0x80 : 0) : as.zero;
    const int64_t count = (k + GROUP - 1) / GROUP, whole = k / GROUP;
    if (lanes < width || count > whole)
        memset(to, 0, (size_t)(count * width) * sizeof *to);
    if (from.k_step == 1 && SHIFTED) {
        const uint32_t flip = (uint32_t)zero * 0x01010101u;
        for (int64_t w = transpose((uint32_t *)to, width, lanes, whole, from.data, from.lane_step, flip); w < whole; w++)
            for (int l = 0; l < lanes; l++) {
                uint32_t word;
                memcpy(&word, data + l * from.lane_step + w * GROUP, sizeof word);
                to[w * width + l] = (int32_t)(word ^ flip);
            }
    } else {
        for (int64_t w = 0; w < whole; w++) {
            const uint8_t *rows[GROUP];
            for (int g = 0; g < GROUP; g++)
                rows[g] = data + (w * GROUP + g) * from.k_step;
            if (from.lane_step == 1)
                pack_row(to + w * width, lanes, rows, 1, as.is_unsigned, zero);
            else
                pack_row(to + w * width, lanes, rows, from.lane_step, as.is_unsigned, zero);
        }
    }
    for (int l = 0; l < lanes && count > whole; l++) {
        WORD_TYPE last[GROUP] = {0};
        for (int64_t g = whole * GROUP; g < k; g++)
            last[g % GROUP] = byte_as(data[g * from.k_step + l * from.lane_step], as.is_unsigned, zero);
        memcpy(&to[whole * width + l], last, sizeof last);
    }
}

/* For `shifted` words only. */
static void sum_words(int32_t *restrict sum, int width, int64_t count, const int32_t *restrict panel, bool is_unsigned)
{
    const uint32_t flip = is_unsigned ? 0 : 0x80808080u;
    for (int l = 0; l < width; l++)
        sum[l] = is_unsigned ? 0 : (int32_t)(count * -512);
    for (int64_t w = 0; w < count; w++, panel += width)
        for (int l = 0; l < width; l++) {
            const uint32_t u = (uint32_t)panel[l] ^ flip, pairs = (u & 0xff00ff) + (u >> 8 & 0xff00ff);
            sum[l] += (int32_t)((pairs & 0xffff) + (pairs >> 16));
        }
}

static inline __attribute__((always_inline)) uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static inline __attribute__((always_inline)) float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* x rounded to the upper half of its bits; NaN to the NaN. */
static inline __attribute__((always_inline)) uint32_t upper(uint32_t u)
{
    const uint32_t r = (u + 0x7fff + ((u >> 16) & 1)) & 0xffff0000u;
    return (u & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : r;
}

static inline __attribute__((always_inline)) void split_as(float *to, const float *from, int64_t count, uint32_t part)
{
    for (int64_t i = 0; i < count; i++) {
        const uint32_t u = bits_of(from[i]), magnitude = u & 0x7fffffffu, r = upper(u);
        const bool over = magnitude < 0x7f800000u && (r & 0x7fffffffu) == 0x7f800000u;
        const uint32_t h = over ? u & 0xffff0000u : r;
        if (part == SYSTOLE_CONV_F32_H) {
            to[i] = float_of(h);
            continue;
        }
        const float rest = from[i] - float_of(h);
        const uint32_t m = upper(bits_of(rest));
        const uint32_t v = part == SYSTOLE_CONV_F32_M ? m : upper(bits_of(rest - float_of(m)));
        to[i] = float_of(magnitude < 0x7f800000u ? v : 0);
    }
}

static void split(float *to, const float *from, int64_t count, uint32_t part)
{
    if (part == SYSTOLE_CONV_F32_H)
        split_as(to, from, count, SYSTOLE_CONV_F32_H);
    else if (part == SYSTOLE_CONV_F32_M)
        split_as(to, from, count, SYSTOLE_CONV_F32_M);
    else
        split_as(to, from, count, SYSTOLE_CONV_F32_L);
}

static void canonical(float *v, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const uint32_t u = bits_of(v[i]);
        v[i] = float_of((u & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : u);
    }
}

static const struct sy_kernels here = {
    .name = KERNEL_NAME, .rows = ROWS, .lanes = VECTORS * LANES, .vector = LANES, .group = GROUP, .shifted = SHIFTED,
#ifndef PACK_ONLY
    .f32 = f32, .i32 = i32,
#endif
    .pack_f32 = pack_f32, .pack_i8 = pack_i8, .sum_words = sum_words, .split = split, .canonical = canonical,
};
