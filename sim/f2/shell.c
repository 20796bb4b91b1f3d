/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of the shell: OCL one access at a time, PCIS as many bursts as the shell has under way. What is asked for is put
 * into a ring, the clock moves it over the wires, and whoever asked lets time pass until it is answered.
 */
#include "shell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING (2 * SHELL_UNDER_WAY)
#define FROM_HOST 0x20u         /* the ID of accesses by the host */
#define OKAY 0u
#define BUSY_LED 1u
#define CTRL 0u                 /* a register of the core: its done is what a read could clear */
#define CTRL_DONE 2u
#define STEADY_CYCLES 200u      /* after so many without work no register changes by itself */
#define ACCEPT_CYCLES 40u       /* at most, from an interrupt to its answer */

struct burst {
    uint64_t offset, since; /* the cycle in which its address was first valid */
    unsigned lines, done;
    uint8_t *to;            /* of a read */
    uint64_t strobes[SHELL_MAX_BEATS];
    uint8_t data[SHELL_MAX_BEATS][SHELL_LINE];
};

/* Bursts in order: head is answered next, address is sent next, data is sent next. */
struct ring {
    struct burst slot[RING];
    uint32_t head, address, data, tail;
};

/* An answer that waits for ready and must not change until then. */
struct held {
    bool is;
    uint16_t id;
    uint8_t resp, last;
    uint8_t data[SHELL_LINE];
};

/* What is on its way on OCL: a write while `is_write`, else a read, while `is`. */
struct access {
    bool is, is_write, aw_sent, w_sent, ar_sent;
    uint32_t offset, value;
    uint64_t since;
};

/* Channels on which the shell gives a valid. */
enum channel { OCL_AW = 1, OCL_W = 2, OCL_AR = 4, PCIS_AW = 8, PCIS_W = 16, PCIS_AR = 32 };

struct shell {
    struct board_ports p;
    struct shell_options opt;
    void (*cycle)(void *user);
    void *user;
    uint64_t now, rng, idle_since, interrupts, slowest;
    struct access ocl;
    struct ring writes, reads;
    struct held held_r, held_b, held_ocl_r;
    bool was_done;          /* CTRL has said so, and nothing was written since */
    unsigned waits;         /* of enum channel: a valid that was not taken at the last edge */
    uint32_t accept_in[16]; /* cycles until an interrupt is accepted; 0: none waits */
    char violation[200];
};

/* ---- rules ---- */

static void violate(struct shell *s, const char *rule, uint64_t offset)
{
    if (s->violation[0] == '\0')
        snprintf(s->violation, sizeof s->violation, "cycle %" PRIu64 ": %s (offset 0x%" PRIx64 ")", s->now, rule, offset);
}

static bool is_broken(const struct shell *s)
{
    return s->violation[0] != '\0';
}

uint64_t shell_random(struct shell *s)
{
    uint64_t z = (s->rng += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool draw(struct shell *s, uint32_t percent)
{
    return percent != 0 && shell_random(s) % 100 < percent;
}

/* Valid stays until ready, and what it comes with does not change. */
static void check_held(struct shell *s, struct held *h, const struct held *now, bool valid, bool ready, const char *channel)
{
    char rule[80];
    if (h->is && (!valid || h->id != now->id || h->resp != now->resp || h->last != now->last ||
                  memcmp(h->data, now->data, sizeof h->data) != 0)) {
        snprintf(rule, sizeof rule, "an answer on %s %s before it was taken", channel, valid ? "changed" : "was withdrawn");
        violate(s, rule, 0);
    }
    *h = *now;
    h->is = valid && !ready;
}

static void note_time(struct shell *s, uint64_t since)
{
    const uint64_t took = s->now - since;
    s->slowest = took > s->slowest ? took : s->slowest;
}

static void check_time(struct shell *s, const struct ring *r, const char *rule)
{
    const struct burst *b = &r->slot[r->head % RING];
    if (r->head != r->tail && b->since != 0 && s->now - b->since > SHELL_LIMIT_CYCLES)
        violate(s, rule, b->offset);
}

/* ---- the clock edge: OCL ---- */

static void edge_ocl(struct shell *s)
{
    const struct board_ports *p = &s->p;
    struct access *a = &s->ocl;
    struct held now = {.resp = *p->ocl_r_resp};
    memcpy(now.data, p->ocl_r_data, sizeof *p->ocl_r_data);
    check_held(s, &s->held_ocl_r, &now, *p->ocl_r_valid, *p->ocl_r_ready, "OCL");
    a->aw_sent |= *p->ocl_aw_valid && *p->ocl_aw_ready;
    a->w_sent |= *p->ocl_w_valid && *p->ocl_w_ready;
    a->ar_sent |= *p->ocl_ar_valid && *p->ocl_ar_ready;
    if (*p->ocl_b_valid && *p->ocl_b_ready) {
        if (!a->is || !a->is_write || !a->aw_sent || !a->w_sent)
            violate(s, "OCL answers a write that was not made", a->offset);
        if (*p->ocl_b_resp != OKAY)
            violate(s, "OCL answers a write with an error", a->offset);
        note_time(s, a->since);
        a->is = false;
    }
    if (*p->ocl_r_valid && *p->ocl_r_ready) {
        if (!a->is || a->is_write || !a->ar_sent)
            violate(s, "OCL answers a read that was not made", a->offset);
        if (*p->ocl_r_resp != OKAY)
            violate(s, "OCL answers a read with an error", a->offset);
        a->value = *p->ocl_r_data;
        note_time(s, a->since);
        a->is = false;
    }
    if (a->is && a->since != 0 && s->now - a->since > SHELL_LIMIT_CYCLES)
        violate(s, "OCL did not answer within 8 us", a->offset);
}

/* ---- the clock edge: PCIS ---- */

static void edge_writes(struct shell *s)
{
    const struct board_ports *p = &s->p;
    struct ring *r = &s->writes;
    const struct held now = {.id = *p->b_id, .resp = *p->b_resp};
    check_held(s, &s->held_b, &now, *p->b_valid, *p->b_ready, "PCIS");
    if (*p->aw_valid && *p->aw_ready)
        r->address++;
    if (*p->w_valid && *p->w_ready) {
        struct burst *b = &r->slot[r->data % RING];
        if (++b->done == b->lines)
            r->data++;
    }
    if (*p->b_valid && *p->b_ready) {
        const uint64_t offset = r->slot[r->head % RING].offset;
        if (r->head == r->address || r->head == r->data)
            violate(s, "PCIS answers a write that is not complete", offset);
        else
            note_time(s, r->slot[r->head++ % RING].since);
        if (*p->b_id != FROM_HOST)
            violate(s, "PCIS answers a write with another ID", offset);
    }
    check_time(s, r, "PCIS did not answer a write within 8 us");
}

static void take_line(struct shell *s)
{
    const struct board_ports *p = &s->p;
    struct ring *r = &s->reads;
    struct burst *b = &r->slot[r->head % RING];
    if (r->head == r->address) {
        violate(s, "PCIS answers a read that was not made", 0);
        return;
    }
    memcpy(b->to + SHELL_LINE * b->done, p->r_data, SHELL_LINE);
    b->done++;
    if (*p->r_id != FROM_HOST)
        violate(s, "PCIS answers a read with another ID", b->offset);
    if ((*p->r_last != 0) != (b->done == b->lines))
        violate(s, "PCIS ends a read at the wrong beat", b->offset);
    if (b->done < b->lines)
        return;
    note_time(s, b->since);
    r->head++;
}

static void edge_reads(struct shell *s)
{
    const struct board_ports *p = &s->p;
    struct held now = {.id = *p->r_id, .resp = *p->r_resp, .last = *p->r_last};
    if (*p->r_valid || s->held_r.is) {
        memcpy(now.data, p->r_data, sizeof now.data);
        check_held(s, &s->held_r, &now, *p->r_valid, *p->r_ready, "PCIS");
    }
    if (*p->ar_valid && *p->ar_ready)
        s->reads.address++;
    if (*p->r_valid && *p->r_ready)
        take_line(s);
    check_time(s, &s->reads, "PCIS did not answer a read within 8 us");
}

/* ---- the clock edge ---- */

static unsigned untaken(const uint8_t *valid, const uint8_t *ready, unsigned channel)
{
    return *valid && !*ready ? channel : 0;
}

void shell_edge(struct shell *s)
{
    const struct board_ports *p = &s->p;
    s->now++;
    s->waits = untaken(p->ocl_aw_valid, p->ocl_aw_ready, OCL_AW) | untaken(p->ocl_w_valid, p->ocl_w_ready, OCL_W) |
               untaken(p->ocl_ar_valid, p->ocl_ar_ready, OCL_AR) | untaken(p->aw_valid, p->aw_ready, PCIS_AW) |
               untaken(p->w_valid, p->w_ready, PCIS_W) | untaken(p->ar_valid, p->ar_ready, PCIS_AR);
    if (*p->vled & BUSY_LED)
        s->idle_since = s->now;
    edge_ocl(s);
    edge_writes(s);
    edge_reads(s);
}

/* ---- what the shell drives after the edge ---- */

static void note_issue(const struct shell *s, uint64_t *since)
{
    if (*since == 0)
        *since = s->now;
}

/* A valid that was given stays until it is taken; a new one may be withheld. */
static bool give_valid(struct shell *s, unsigned channel, bool wanted)
{
    return wanted && ((s->waits & channel) != 0 || !draw(s, s->opt.stall));
}

static void drive_ocl(struct shell *s)
{
    const struct board_ports *p = &s->p;
    struct access *a = &s->ocl;
    *p->ocl_aw_valid = give_valid(s, OCL_AW, a->is && a->is_write && !a->aw_sent);
    *p->ocl_w_valid = give_valid(s, OCL_W, a->is && a->is_write && !a->w_sent);
    *p->ocl_ar_valid = give_valid(s, OCL_AR, a->is && !a->is_write && !a->ar_sent);
    *p->ocl_aw_addr = *p->ocl_ar_addr = a->offset;
    if (a->is_write)
        *p->ocl_w_data = a->value;
    *p->ocl_w_strb = 0xf;
    if (*p->ocl_aw_valid || *p->ocl_ar_valid)
        note_issue(s, &a->since);
    *p->ocl_b_ready = a->is && !draw(s, s->opt.stall);
    *p->ocl_r_ready = a->is && !draw(s, s->opt.stall);
}

static void drive_pcis(struct shell *s)
{
    const struct board_ports *p = &s->p;
    struct ring *w = &s->writes, *r = &s->reads;
    *p->aw_valid = give_valid(s, PCIS_AW, w->address != w->tail);
    if (*p->aw_valid) {
        struct burst *b = &w->slot[w->address % RING];
        note_issue(s, &b->since);
        *p->aw_id = FROM_HOST;
        *p->aw_addr = b->offset;
        *p->aw_len = (uint8_t)(b->lines - 1);
    }
    *p->w_valid = give_valid(s, PCIS_W, w->data != w->tail);
    if (*p->w_valid) {
        const struct burst *b = &w->slot[w->data % RING];
        memcpy(p->w_data, b->data[b->done], SHELL_LINE);
        *p->w_strb = b->strobes[b->done];
        *p->w_last = b->done + 1 == b->lines;
    }
    *p->ar_valid = give_valid(s, PCIS_AR, r->address != r->tail);
    if (*p->ar_valid) {
        struct burst *b = &r->slot[r->address % RING];
        note_issue(s, &b->since);
        *p->ar_id = FROM_HOST;
        *p->ar_addr = b->offset;
        *p->ar_len = (uint8_t)(b->lines - 1);
    }
    *p->b_ready = !draw(s, s->opt.stall);
    *p->r_ready = !draw(s, s->opt.stall);
}

/* A request is a pulse of one cycle, and so is what accepts it. */
static void answer_interrupts(struct shell *s)
{
    uint16_t accepted = 0;
    for (unsigned i = 0; i < 16; i++) {
        const bool asks = *s->p.irq_request >> i & 1;
        if (asks && s->accept_in[i] != 0)
            violate(s, "an interrupt is asked for again before it was accepted", i);
        if (asks) {
            s->interrupts++;
            s->accept_in[i] = 2 + (uint32_t)(shell_random(s) % ACCEPT_CYCLES);
        } else if (s->accept_in[i] != 0 && --s->accept_in[i] == 0) {
            accepted |= (uint16_t)(1u << i);
        }
    }
    *s->p.irq_accept = accepted;
}

void shell_drive(struct shell *s)
{
    drive_ocl(s);
    drive_pcis(s);
    answer_interrupts(s);
}

/* ---- what is asked for ---- */

static void pass(struct shell *s)
{
    s->cycle(s->user);
}

static void finish_access(struct shell *s)
{
    while (s->ocl.is && !is_broken(s))
        pass(s);
}

static uint32_t read_once(struct shell *s, uint32_t offset)
{
    s->ocl = (struct access){.is = true, .offset = offset};
    finish_access(s);
    /* Done stays until something is written, however often it is read. */
    if (offset == CTRL && s->was_done && !(s->ocl.value & CTRL_DONE))
        violate(s, "a read of a register has a side effect", offset);
    s->was_done |= offset == CTRL && s->ocl.value & CTRL_DONE;
    return is_broken(s) ? SHELL_GONE : s->ocl.value;
}

static bool is_steady(const struct shell *s)
{
    return s->now - s->idle_since > STEADY_CYCLES && !(*s->p.vled & BUSY_LED);
}

/* Some of the registers of the same line, as a bridge may that reads ahead; what they give is thrown away. */
static void read_ahead(struct shell *s, uint32_t offset)
{
    for (unsigned n = 1 + (unsigned)(shell_random(s) % 4); n-- > 0;)
        read_once(s, (offset & ~(SHELL_LINE - 1)) + 4u * (uint32_t)(shell_random(s) % (SHELL_LINE / 4)));
}

uint32_t shell_read_register(struct shell *s, uint32_t offset)
{
    if (draw(s, s->opt.prefetch))
        read_ahead(s, offset);
    const bool steady = is_steady(s);
    const uint32_t value = read_once(s, offset);
    if (draw(s, s->opt.prefetch)) {
        /* Nothing works, nothing was written: whoever reads a register twice sees the same. */
        if (read_once(s, offset) != value && steady && is_steady(s))
            violate(s, "a read of a register has a side effect", offset);
    }
    if (draw(s, s->opt.prefetch))
        read_ahead(s, offset);
    return is_broken(s) ? SHELL_GONE : value;
}

void shell_write_register(struct shell *s, uint32_t offset, uint32_t value)
{
    if (is_broken(s))
        return;
    s->ocl = (struct access){.is = true, .is_write = true, .offset = offset, .value = value};
    finish_access(s);
    s->idle_since = s->now; /* what it changes is seen a little later */
    s->was_done = false;
}

static struct burst *next_burst(struct shell *s, struct ring *r, uint64_t offset, unsigned lines)
{
    while (r->tail - r->head >= SHELL_UNDER_WAY && !is_broken(s))
        pass(s);
    struct burst *b = &r->slot[r->tail % RING];
    *b = (struct burst){.offset = offset, .lines = lines};
    return b;
}

void shell_write_memory(struct shell *s, uint64_t offset, unsigned lines, const uint8_t *data, const uint64_t *strobes)
{
    if (is_broken(s))
        return;
    struct burst *b = next_burst(s, &s->writes, offset, lines);
    memcpy(b->data, data, SHELL_LINE * (size_t)lines);
    memcpy(b->strobes, strobes, lines * sizeof *strobes);
    s->writes.tail++;
}

void shell_read_memory(struct shell *s, uint64_t offset, uint8_t *to, size_t lines)
{
    uint8_t *const begin = to;
    const size_t all = lines;
    /* A read is not sent before the address of each write before it was. */
    while (s->writes.address != s->writes.tail && !is_broken(s))
        pass(s);
    while (lines > 0 && !is_broken(s)) {
        const size_t most = lines < SHELL_MAX_BEATS ? lines : SHELL_MAX_BEATS;
        const unsigned n = 1 + (unsigned)(shell_random(s) % most);
        next_burst(s, &s->reads, offset, n)->to = to;
        s->reads.tail++;
        offset += SHELL_LINE * (uint64_t)n;
        to += SHELL_LINE * (size_t)n;
        lines -= n;
    }
    while (s->reads.head != s->reads.tail && !is_broken(s))
        pass(s);
    if (is_broken(s))
        memset(begin, 0xff, SHELL_LINE * all);
}

void shell_run(struct shell *s, uint64_t cycles)
{
    for (uint64_t i = 0; i < cycles && !is_broken(s); i++)
        pass(s);
}

uint64_t shell_interrupts(const struct shell *s)
{
    return s->interrupts;
}

uint64_t shell_slowest(const struct shell *s)
{
    return s->slowest;
}

const char *shell_violation(const struct shell *s)
{
    return s->violation;
}

/* ---- life ---- */

struct shell *shell_create(const struct board_ports *ports, const struct shell_options *options, void (*cycle)(void *user),
                           void *user)
{
    struct shell *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->p = *ports;
    s->opt = *options;
    s->rng = options->seed;
    s->cycle = cycle;
    s->user = user;
    return s;
}

void shell_destroy(struct shell *s)
{
    free(s);
}
