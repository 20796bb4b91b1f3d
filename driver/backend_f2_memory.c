/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "backend_f2_memory.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "alloc.h"

#define SETTLE_MS 1000u
#define FIRST_ADDRESS 4096u /* no buffer is at 0 */

struct f2_extent {
    struct f2_extent *next;
    uint64_t address, size;
};

/* ---- places ---- */

enum systole_status f2_memory_alloc(struct f2_memory *m, uint64_t size, uint64_t *address, struct driver_message *why)
{
    struct f2_extent **at = &m->used;
    uint64_t from = FIRST_ADDRESS, largest = 0;
    for (; *at; at = &(*at)->next) {
        const uint64_t gap = (*at)->address - from;
        if (gap >= size)
            break;
        largest = gap > largest ? gap : largest;
        from = (*at)->address + (*at)->size;
    }
    if (!*at && m->size - from < size) {
        largest = m->size - from > largest ? m->size - from : largest;
        return driver_fail(why, SYSTOLE_NO_MEMORY, "device \"%s\": no room for a buffer of %" PRIu64 " bytes: of the card's "
                                                                                                     "%" PRIu64
                           " the largest gap has %" PRIu64, m->device, size, m->size, largest);
    }
    const int error = m->api->fpga_pci_memset(m->handle, from, 0, size / sizeof(uint32_t));
    if (error != 0)
        return driver_fail(why, SYSTOLE_IO, "device \"%s\": %" PRIu64 " bytes at 0x%" PRIx64 " of the card cannot be cleared: "
                                                                                             "error %d (%s)",
                           m->device, size, from, error, m->api->fpga_mgmt_strerror(error));
    struct f2_extent *e = driver_alloc(sizeof *e);
    if (!e)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for the handle of a buffer of %" PRIu64 " bytes", size);
    *e = (struct f2_extent){.next = *at, .address = from, .size = size};
    *at = e;
    *address = from;
    return SYSTOLE_OK;
}

void f2_memory_free(struct f2_memory *m, uint64_t address)
{
    for (struct f2_extent **at = &m->used; *at; at = &(*at)->next) {
        struct f2_extent *e = *at;
        if (e->address != address)
            continue;
        *at = e->next;
        driver_free(e);
        return;
    }
}

void f2_memory_free_all(struct f2_memory *m)
{
    while (m->used)
        f2_memory_free(m, m->used->address);
}

/* ---- bytes ---- */

/* What this processor has written is sent, and what it reads from now on is read anew. */
static void fence(void)
{
#if defined(__x86_64__)
    _mm_mfence();
#else
    __sync_synchronize();
#endif
}

#if defined(__x86_64__)
/* From memory that combines writes this is one read of a line; any other load would be one of its own size. */
__attribute__((target("sse4.1"))) static void stream_lines(uint8_t *to, const uint8_t *from, size_t lines)
{
    for (size_t i = 0; i < lines; i++) {
        /* The intrinsic takes no pointer to const in older compilers. */
        __m128i *at = (__m128i *)(uintptr_t)(from + F2_LINE * i);
        __m128i part[4];
        for (int k = 0; k < 4; k++)
            part[k] = _mm_stream_load_si128(at + k);
        memcpy(to + F2_LINE * i, part, sizeof part);
    }
}
#endif

static void read_lines(uint8_t *to, const uint8_t *from, size_t lines)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.1")) {
        stream_lines(to, from, lines);
        return;
    }
#endif
    memcpy(to, from, F2_LINE * lines);
}

static enum systole_status fail_write(const struct f2_memory *m, uint64_t address, int error, struct driver_message *why)
{
    return driver_fail(why, SYSTOLE_IO, "device \"%s\": the card cannot be written at 0x%" PRIx64 ": error %d (%s)", m->device,
                       address, error, m->api->fpga_mgmt_strerror(error));
}

/* Bytes one by one, up to a whole word or to the end. */
static enum systole_status write_bytes(struct f2_memory *m, uint64_t address, const uint8_t *from, size_t size,
                                       struct driver_message *why)
{
    for (size_t i = 0; i < size; i++) {
        const int error = m->api->fpga_pci_poke8(m->handle, address + i, from[i]);
        if (error != 0)
            return fail_write(m, address + i, error, why);
    }
    return SYSTOLE_OK;
}

enum systole_status f2_memory_write(struct f2_memory *m, uint64_t address, const void *data, size_t size,
                                    struct driver_message *why)
{
    const uint8_t *from = data;
    const size_t word = sizeof m->chunk[0], odd = (size_t)(-address % word), head = odd < size ? odd : size;
    enum systole_status status = write_bytes(m, address, from, head, why);
    address += head;
    from += head;
    size -= head;
    while (status == SYSTOLE_OK && size >= word) {
        /* A chunk ends where a line ends, so that all lines but the first and the last are written whole. */
        const size_t room = F2_CHUNK - (size_t)(address % F2_LINE), n = (size < room ? size : room) / word * word;
        memcpy(m->chunk, from, n);
        const int error = m->api->fpga_pci_write_burst(m->handle, address, m->chunk, n / word);
        if (error != 0)
            return fail_write(m, address, error, why);
        address += n;
        from += n;
        size -= n;
    }
    return status == SYSTOLE_OK ? write_bytes(m, address, from, size, why) : status;
}

enum systole_status f2_memory_read(struct f2_memory *m, uint64_t address, void *data, size_t size, struct driver_message *why)
{
    uint8_t *to = data;
    (void)why;
    fence();
    while (size > 0) {
        const size_t skip = (size_t)(address % F2_LINE), room = F2_CHUNK - skip, n = size < room ? size : room;
        read_lines((uint8_t *)m->chunk, m->window + (address - skip), (skip + n + F2_LINE - 1) / F2_LINE);
        memcpy(to, (const uint8_t *)m->chunk + skip, n);
        address += n;
        to += n;
        size -= n;
    }
    return SYSTOLE_OK;
}

/*
 * Writes to one BAR stay in order from the processor's fence on, and the custom logic reads behind them: when a mark is seen
 * that was written last, what was written before it is there.
 */
enum systole_status f2_memory_settle(struct f2_memory *m, struct driver_message *why)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    const uint64_t number = ++m->settled;
    uint64_t mark[F2_LINE / sizeof number], seen[F2_LINE / sizeof number];
    for (size_t i = 0; i < sizeof mark / sizeof mark[0]; i++)
        mark[i] = number;
    fence();
    enum systole_status status = f2_memory_write(m, m->size, mark, sizeof mark, why);
    for (unsigned ms = 0; status == SYSTOLE_OK && ms < SETTLE_MS; ms++) {
        status = f2_memory_read(m, m->size, seen, sizeof seen, why);
        if (status != SYSTOLE_OK || memcmp(seen, mark, sizeof mark) == 0)
            return status;
        if (seen[0] == UINT64_MAX)
            return driver_fail(why, SYSTOLE_LOST, "device \"%s\" is gone: its memory reads all ones", m->device);
        nanosleep(&pause, NULL);
    }
    return status != SYSTOLE_OK ? status : driver_fail(why, SYSTOLE_IO,
                                                       "device \"%s\": the card's memory does not show within %u ms what was "
                                                       "written to "
                                                       "it: load its image anew (fpga-load-local-image)", m->device, SETTLE_MS);
}
