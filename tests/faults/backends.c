/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs through the driver, as a tenant would send them: on every back end that is here. Around what the windows show lie other bytes of the
 * same buffers, and other buffers; none of them may move, every run must end or let itself be stopped, and a sound program must run next.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs.h"
#include "systole_driver.h"

enum { PROGRAMS = 1500, OPEN = 2048, ROOM = 8192, BUFFERS = 5, MOST_CODE = CASE_INSNS * SYSTOLE_INSN_BYTES };
#define WAIT_NS 60000000000ull
#define RESET_NS 20000000000ull

/* Buffers 0, 2, 4 are nobody's; 1 is the program's, 3 the data's, of which OPEN bytes from OPEN on are in window 1, and the next in window 2. */
struct tenant {
    struct systole_device *dev;
    struct systole_buffer *buffer[BUFFERS];
    uint8_t before[BUFFERS][MOST_CODE > ROOM ? MOST_CODE : ROOM];
    size_t size[BUFFERS];
};

static bool open_tenant(struct tenant *t, const char *device, char *why, size_t room)
{
    const struct systole_open_options options = {.size = sizeof options, .message = why, .message_size = room};
    memset(t, 0, sizeof *t);
    if (systole_device_open(device, &options, &t->dev))
        return false;
    bool good = true;
    for (int i = 0; i < BUFFERS; i++) {
        t->size[i] = i == 1 ? MOST_CODE : ROOM;
        good = good && !systole_buffer_alloc(t->dev, t->size[i], &t->buffer[i]);
    }
    for (uint32_t w = 1; w <= 2; w++)
        good = good && !systole_device_set_window(t->dev, w, t->buffer[3], (uint64_t)w * OPEN, OPEN);
    return good && !systole_device_set_watchdog(t->dev, 3000000);
}

static bool fill_all(struct tenant *t, uint64_t seed)
{
    struct rng r = {seed};
    bool good = true;
    for (int i = 0; i < BUFFERS; i++) {
        for (size_t b = 0; b < t->size[i]; b++)
            t->before[i][b] = (uint8_t)rng_next(&r);
        good = good && !systole_buffer_write(t->buffer[i], 0, t->before[i], t->size[i]);
    }
    return good;
}

static bool moved(struct tenant *t, uint64_t code, char *what, size_t room)
{
    static uint8_t now[sizeof t->before[0]];
    for (int i = 0; i < BUFFERS; i++) {
        if (systole_buffer_read(t->buffer[i], 0, now, t->size[i]))
            return snprintf(what, room, "buffer %d cannot be read", i), true;
        for (size_t b = 0; b < t->size[i]; b++) {
            const bool is_open = (i == 1 && b < code) || (i == 3 && b >= OPEN && b < 3 * (size_t)OPEN);
            if (!is_open && now[b] != t->before[i][b])
                return snprintf(what, room, "byte %zu of buffer %d was written", b, i), true;
        }
    }
    return false;
}

/* FILL and STORE: a word that has to arrive. */
static enum outcome sound_program(struct tenant *t, uint32_t word, char *what, size_t room)
{
    uint32_t insn[3][SYSTOLE_INSN_WORDS] = {{0}}, got = 0;
    SYSTOLE_PUT(insn[0], ANY, opcode, SYSTOLE_OP_FILL);
    SYSTOLE_PUT(insn[0], FILL, mem, SYSTOLE_MEM_ACC);
    SYSTOLE_PUT(insn[0], FILL, conv, SYSTOLE_CONV_COPY32);
    SYSTOLE_PUT(insn[0], FILL, len, 1);
    SYSTOLE_PUT(insn[0], FILL, n1, 1);
    SYSTOLE_PUT(insn[0], FILL, n2, 1);
    SYSTOLE_PUT(insn[0], FILL, n3, 1);
    SYSTOLE_PUT(insn[0], FILL, value, word);
    SYSTOLE_PUT(insn[0], ANY, signal, 1u << 8);
    SYSTOLE_PUT(insn[1], ANY, opcode, SYSTOLE_OP_STORE);
    SYSTOLE_PUT(insn[1], ANY, wait, 1u << 8);
    SYSTOLE_PUT(insn[1], STORE, window, 2);
    SYSTOLE_PUT(insn[1], STORE, n, 1);
    SYSTOLE_PUT(insn[1], STORE, n_tail, 1);
    SYSTOLE_PUT(insn[1], STORE, p, 1);
    SYSTOLE_PUT(insn[1], STORE, q, 1);
    SYSTOLE_PUT(insn[2], ANY, opcode, SYSTOLE_OP_END);
    enum systole_status status = systole_buffer_write(t->buffer[1], 0, insn, sizeof insn);
    if (!status)
        status = systole_device_set_window(t->dev, 0, t->buffer[1], 0, sizeof insn);
    if (!status)
        status = systole_device_start(t->dev);
    if (!status)
        status = systole_device_wait(t->dev, WAIT_NS);
    if (status)
        return snprintf(what, room, "the next program: %.90s", systole_device_message(t->dev)), status == SYSTOLE_TIMEOUT ? HUNG : WRONG;
    if (systole_buffer_read(t->buffer[3], (uint64_t)2 * OPEN, &got, sizeof got) || got != word)
        return snprintf(what, room, "the next program's word is 0x%08x, not 0x%08x", got, word), WRONG;
    return HANDLED;
}

static enum outcome send(struct tenant *t, const struct fuzz_case *c, uint64_t seed, char *what, size_t room)
{
    const uint64_t code = (uint64_t)c->count * SYSTOLE_INSN_BYTES;
    if (!fill_all(t, seed))
        return snprintf(what, room, "buffers cannot be written"), HUNG;
    memcpy(t->before[1], c->insn, code);
    enum systole_status status = systole_buffer_write(t->buffer[1], 0, c->insn, code);
    if (!status)
        status = systole_device_set_window(t->dev, 0, t->buffer[1], 0, code);
    if (!status)
        status = systole_device_start(t->dev);
    if (!status)
        status = systole_device_wait(t->dev, WAIT_NS);
    if (status == SYSTOLE_TIMEOUT && systole_device_reset(t->dev, RESET_NS))
        return snprintf(what, room, "a reset does not stop it"), HUNG;
    if (status && status != SYSTOLE_DEVICE_ERROR && status != SYSTOLE_TIMEOUT)
        return snprintf(what, room, "status %d", (int)status), WRONG;
    return moved(t, code, what, room) ? LOST : sound_program(t, (uint32_t)seed ^ 0x12345678u, what, room);
}

static void on_device(const struct setup *s, struct tally *t, const char *device, unsigned share)
{
    static struct tenant tenant;
    struct fuzz_case *c = malloc(sizeof *c);
    char what[160], why[SYSTOLE_MESSAGE_BYTES] = "";
    const struct ref_caps *caps;
    struct machine m = {0};
    if (!c || !machine_load(&m, s->hls) || !open_tenant(&tenant, device, why, sizeof why)) {
        tally_skip(t, PROGRAMS / share, why[0] ? why : "no device");
        goto out;
    }
    caps = &m.caps; /* of a 4x4: what the program was made for does not matter to a device */
    for (uint32_t n = 0; n < PROGRAMS; n += share) {
        struct rng r = {s->seed + n};
        reference_case(c, caps, s->seed + n);
        c->window[1] = (struct ref_window){0x40002000, OPEN};
        c->window[2] = (struct ref_window){0x40004000, OPEN};
        program_scramble(c, &r);
        if (program_is_long(c))
            continue; /* campaign random_programs stops such ones */
        const enum outcome o = send(&tenant, c, s->seed + n, what, sizeof what);
        tally_case(t, o, "%s, program of seed 0x%" PRIx64 ": %s", device, s->seed + n, what);
        if (o == HUNG)
            break;
    }
out:
    systole_device_close(tenant.dev);
    memset(&tenant, 0, sizeof tenant);
    machine_close(&m);
    free(c);
}

void campaign_every_backend(const struct setup *s, struct tally *t)
{
    char sim[400], hls[400];
    snprintf(sim, sizeof sim, "sim:4x4,lib=%s", s->sim);
    snprintf(hls, sizeof hls, "hls:4x4,lib=%s", s->hls);
    if (s->device) {
        on_device(s, t, s->device, s->share);
        return;
    }
    on_device(s, t, sim, s->share);
    on_device(s, t, hls, s->share);
    on_device(s, t, "model:4x4", s->share);
    tally_note(t, "sim, hls, model (xrt, ocl-fpga: make test-xrt)");
}
