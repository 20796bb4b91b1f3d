/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AXI4 memory model. The work of a cycle is proportional to what moves in it: an idle port costs a few loads, a beat one
 * copy of its bytes. Wires are written only when they change.
 */
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regions.h"

#define RING (MEMORY_MAX_OUTSTANDING)
#define PAGE 4096u

struct burst {
    uint64_t addr;  /* of the next beat, aligned to a beat */
    uint8_t *host;  /* of the next beat; NULL: look each beat up */
    uint64_t due;   /* first edge that may give the next beat (read) or B (write) */
    uint32_t left;  /* beats */
    uint8_t resp;   /* write: the worst so far */
};

/* Bursts in order. Reads use head and tail; writes take data at `data`, between them. */
struct ring {
    struct burst slot[RING];
    uint32_t head, data, tail;
};

struct bucket {
    uint64_t level, last;
};

/* A payload that waits for ready and must not change until then. */
struct held {
    bool is;
    uint64_t addr, strb;
    uint8_t id, len, last;
    uint8_t data[MEMORY_MAX_BEAT];
};

struct memory {
    struct memory_port port;
    uint64_t now;  /* edges so far */
    bool active;   /* the next edge cannot be skipped */
    bool dirty;    /* memory_drive has something to do */
    bool ar_ready, aw_ready, w_ready, r_valid, b_valid; /* what the memory drives */
    uint8_t r_id;
    uint32_t reading, writing; /* bursts accepted and not yet answered */
    struct memory_stats stats;
    struct memory_options opt;
    uint64_t cost;  /* of a beat, in units of opt.bandwidth */
    struct bucket read_bucket, write_bucket;
    uint64_t rng;
    uint32_t draw;  /* one bit a wire: withheld in the next cycle */
    struct ring reads[MEMORY_IDS];
    struct ring writes;
    struct held held_ar, held_aw, held_w;
    uint32_t orphan; /* cycles that a W beat waited without AW */
    uint64_t hung_read, hung_write; /* since when, 0: not yet */
    const uint8_t *r_source;
    uint8_t r_resp, b_resp;
    bool r_last;
    struct regions regions;
    char violation[160];
};

enum draw { DRAW_AR = 1, DRAW_AW = 2, DRAW_W = 4, DRAW_R = 8, DRAW_B = 16, DRAW_ORDER = 32 };

/* What an erroneous beat carries: a byte that no test takes for data. */
static const uint8_t poison[MEMORY_MAX_BEAT] = {
    0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd,
    0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd,
    0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd,
    0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd,
};

struct memory_options memory_defaults(void)
{
    return (struct memory_options){
        .read_latency = 100,
        .write_latency = 100,
        .read_outstanding = 128,
        .write_outstanding = 128,
    };
}

static bool options_legal(const struct memory_options *o, uint32_t bytes)
{
    return (bytes == 8 || bytes == 16 || bytes == 32 || bytes == 64) && o->read_latency >= 1 && o->write_latency >= 1 &&
           o->read_outstanding >= 1 && o->read_outstanding <= MEMORY_MAX_OUTSTANDING && o->write_outstanding >= 1 &&
           o->write_outstanding <= MEMORY_MAX_OUTSTANDING && o->stall < 100 && o->bandwidth < (uint64_t)1 << 32 &&
           (o->refresh_every == 0 || o->refresh_for < o->refresh_every);
}

struct memory *memory_create(const struct memory_port *port, const struct memory_options *options)
{
    if (!options_legal(options, port->bytes))
        return NULL;
    struct memory *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->port = *port;
    m->opt = *options;
    m->cost = (uint64_t)port->bytes << 16;
    m->read_bucket.level = m->cost;
    m->write_bucket.level = m->cost;
    m->rng = options->seed;
    m->ar_ready = true;
    m->aw_ready = true;
    m->active = options->stall != 0;
    m->dirty = true;
    memory_drive(m);
    return m;
}

void memory_destroy(struct memory *m)
{
    if (!m)
        return;
    regions_free(&m->regions);
    free(m);
}

int memory_attach(struct memory *m, uint64_t addr, void *host, uint64_t size)
{
    return regions_add(&m->regions, addr, host, size);
}

int memory_detach(struct memory *m, uint64_t addr)
{
    if (regions_remove(&m->regions, addr) != 0)
        return -1;
    /* Bursts in flight look every beat up from now on, and find nothing. */
    for (unsigned id = 0; id < MEMORY_IDS; id++)
        for (uint32_t i = m->reads[id].head; i != m->reads[id].tail; i++)
            m->reads[id].slot[i % RING].host = NULL;
    for (uint32_t i = m->writes.data; i != m->writes.tail; i++)
        m->writes.slot[i % RING].host = NULL;
    return 0;
}

bool memory_idle(const struct memory *m)
{
    return m->reading == 0 && m->writing == 0;
}

const struct memory_stats *memory_stats(const struct memory *m)
{
    return &m->stats;
}

const char *memory_violation(const struct memory *m)
{
    return m->violation;
}

static void violate(struct memory *m, const char *what, uint64_t addr)
{
    if (m->stats.violations++ == 0)
        snprintf(m->violation, sizeof(m->violation), "cycle %" PRIu64 ": %s (address 0x%" PRIx64 ")", m->now, what, addr);
}

/* ---- Random, bandwidth, refresh: which channels are held back in the next cycle ---- */

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t draw_stalls(struct memory *m)
{
    uint64_t bits = next_random(&m->rng);
    uint64_t limit = (uint64_t)m->opt.stall * 4096 / 100;
    uint32_t draw = (uint32_t)(bits >> 63) * DRAW_ORDER;
    for (unsigned wire = 0; wire < 5; wire++, bits >>= 12)
        draw |= (uint32_t)((bits & 4095) < limit) << wire;
    return draw;
}

static bool has_credit(const struct memory *m, struct bucket *b, uint64_t edge)
{
    if (m->opt.bandwidth == 0)
        return true;
    uint64_t level = b->level + (edge - b->last) * m->opt.bandwidth;
    uint64_t most = m->cost + m->opt.bandwidth;
    b->level = level < most ? level : most;
    b->last = edge;
    return b->level >= m->cost;
}

static void spend(const struct memory *m, struct bucket *b)
{
    if (m->opt.bandwidth != 0)
        b->level -= m->cost;
}

static bool refreshing(const struct memory *m, uint64_t edge)
{
    return m->opt.refresh_every != 0 && edge % m->opt.refresh_every < m->opt.refresh_for;
}

/* ---- Rules ---- */

static uint64_t load_strobe(const struct memory *m)
{
    uint64_t strb = 0;
    memcpy(&strb, m->port.w_strb, m->port.bytes / 8);
    return strb;
}

static void check_address(struct memory *m, struct held *h, bool taken, bool valid, uint64_t addr, uint8_t len, uint8_t id,
                          const char *dropped, const char *changed)
{
    if (h->is) {
        if (!valid)
            violate(m, dropped, h->addr);
        else if (h->addr != addr || h->len != len || h->id != id)
            violate(m, changed, h->addr);
    }
    h->is = valid && !taken;
    h->addr = addr;
    h->len = len;
    h->id = id;
}

static void check_data(struct memory *m, bool valid)
{
    const struct memory_port *p = &m->port;
    struct held *h = &m->held_w;
    if (h->is) {
        if (!valid)
            violate(m, "W valid was withdrawn before ready", 0);
        else if (h->last != *p->w_last || h->strb != load_strobe(m) || memcmp(h->data, p->w_data, p->bytes) != 0)
            violate(m, "W payload changed before ready", 0);
    }
    h->is = valid && !m->w_ready;
    if (!h->is) {
        m->orphan = 0;
        return;
    }
    h->last = *p->w_last;
    h->strb = load_strobe(m);
    memcpy(h->data, p->w_data, p->bytes);
    if (m->writes.data != m->writes.tail || *p->aw_valid)
        m->orphan = 0;
    else if (++m->orphan == MEMORY_ORPHAN_CYCLES)
        violate(m, "a W beat waits and no AW comes", 0);
}

/* ---- The clock edge ---- */

static struct burst *accept(struct memory *m, struct ring *r, uint64_t addr, uint32_t beats)
{
    uint64_t bytes = (uint64_t)beats * m->port.bytes;
    struct burst *b = &r->slot[r->tail++ % RING];
    b->addr = addr & ~(uint64_t)(m->port.bytes - 1);
    b->host = regions_find(&m->regions, b->addr, bytes);
    b->left = beats;
    b->resp = MEMORY_OKAY;
    if ((b->addr & (PAGE - 1)) + bytes > PAGE)
        violate(m, r == &m->writes ? "AW burst crosses 4 KiB" : "AR burst crosses 4 KiB", addr);
    return b;
}

/* The host's memory of the next beat, or NULL; steps to the beat after it. */
static uint8_t *step(struct memory *m, struct burst *b)
{
    uint8_t *at = b->host;
    if (at)
        b->host = at + m->port.bytes;
    else
        at = regions_find(&m->regions, b->addr, m->port.bytes);
    if (!at)
        m->stats.stray++;
    b->addr += m->port.bytes;
    b->left--;
    return at;
}

static void edge_read(struct memory *m)
{
    const struct memory_port *p = &m->port;
    bool valid = *p->ar_valid != 0;
    bool taken = valid && m->ar_ready;
    if (m->held_ar.is || (valid && !taken))
        check_address(m, &m->held_ar, taken, valid, *p->ar_addr, *p->ar_len, *p->ar_id,
                      "AR valid was withdrawn before ready", "AR payload changed before ready");
    if (taken) {
        struct burst *b = accept(m, &m->reads[*p->ar_id % MEMORY_IDS], *p->ar_addr, *p->ar_len + 1u);
        b->due = m->now + m->opt.read_latency;
        m->reading++;
        m->stats.read_bursts++;
    }
    if (m->r_valid && *p->r_ready) {
        m->r_valid = false;
        m->reading -= m->r_last;
        m->dirty = true;
    }
}

static void store_beat(uint8_t *to, const uint8_t *from, uint64_t strb, uint32_t bytes)
{
    uint64_t all = bytes == 64 ? ~(uint64_t)0 : ((uint64_t)1 << bytes) - 1;
    strb &= all;
    if (strb == all && bytes == 64) {
        memcpy(to, from, 64); /* of constant size: two or four moves */
        return;
    }
    while (strb != 0) { /* run by run; there is nearly always one */
        unsigned first = (unsigned)__builtin_ctzll(strb);
        uint64_t above = ~(strb >> first);
        unsigned run = above == 0 ? 64 : (unsigned)__builtin_ctzll(above);
        memcpy(to + first, from + first, run);
        if (first + run >= 64)
            break;
        strb &= ~(uint64_t)0 << (first + run);
    }
}

static void take_data(struct memory *m)
{
    const struct memory_port *p = &m->port;
    struct burst *b = &m->writes.slot[m->writes.data % RING];
    uint64_t addr = b->addr;
    uint8_t *to = step(m, b);
    bool fault = ++m->stats.write_beats == m->opt.error_write;
    spend(m, &m->write_bucket);
    if (!to)
        b->resp = MEMORY_DECERR;
    else if (fault)
        b->resp = b->resp == MEMORY_DECERR || m->opt.error_decode ? MEMORY_DECERR : MEMORY_SLVERR;
    else
        store_beat(to, p->w_data, load_strobe(m), p->bytes);
    if ((*p->w_last != 0) != (b->left == 0))
        violate(m, b->left == 0 ? "W last is missing" : "W last comes too early", addr);
    if (b->left == 0) {
        b->due = m->now + m->opt.write_latency;
        m->writes.data++;
    }
}

static void edge_write(struct memory *m)
{
    const struct memory_port *p = &m->port;
    bool valid = *p->aw_valid != 0;
    bool taken = valid && m->aw_ready;
    if (m->held_aw.is || (valid && !taken))
        check_address(m, &m->held_aw, taken, valid, *p->aw_addr, *p->aw_len, 0, "AW valid was withdrawn before ready",
                      "AW payload changed before ready");
    bool data = *p->w_valid != 0;
    if (m->held_w.is || (data && !m->w_ready))
        check_data(m, data);
    if (data && m->w_ready)
        take_data(m);
    if (taken) {
        accept(m, &m->writes, *p->aw_addr, *p->aw_len + 1u);
        m->writing++;
        m->stats.write_bursts++;
    }
    if (m->b_valid && *p->b_ready) {
        m->b_valid = false;
        m->writing--;
        m->dirty = true;
    }
}

/* ---- What the memory drives after the edge ---- */

static struct ring *pick_read(struct memory *m, uint64_t edge)
{
    struct ring *best = NULL;
    for (unsigned id = 0; id < MEMORY_IDS; id++) {
        struct ring *r = &m->reads[id];
        if (r->head == r->tail || r->slot[r->head % RING].due > edge)
            continue;
        if (!best || r->slot[r->head % RING].due < best->slot[best->head % RING].due || (m->draw & DRAW_ORDER) != 0)
            best = r;
    }
    return best;
}

/* Whether the beat after so many is the one from which on the memory does not answer: for ever, or for a while. */
static bool hangs(const struct memory *m, uint64_t from, uint64_t beats, uint64_t *since, uint64_t edge)
{
    if (from == 0 || beats + 1 < from)
        return false;
    *since = *since ? *since : edge;
    return m->opt.hang_for == 0 || edge - *since < m->opt.hang_for;
}

static void plan_read(struct memory *m, uint64_t edge)
{
    struct ring *r = m->reading == 0 || m->r_valid || (m->draw & DRAW_R) != 0 ? NULL : pick_read(m, edge);
    if (!r || refreshing(m, edge) || !has_credit(m, &m->read_bucket, edge))
        return;
    if (hangs(m, m->opt.hang_read, m->stats.read_beats, &m->hung_read, edge))
        return;
    struct burst *b = &r->slot[r->head % RING];
    const uint8_t *from = step(m, b);
    bool fault = ++m->stats.read_beats == m->opt.error_read;
    spend(m, &m->read_bucket);
    m->r_resp = !from || (fault && m->opt.error_decode) ? MEMORY_DECERR : fault ? MEMORY_SLVERR : MEMORY_OKAY;
    m->r_source = m->r_resp != MEMORY_OKAY ? poison : from;
    m->r_id = (uint8_t)(r - m->reads);
    m->r_last = b->left == 0;
    m->r_valid = true;
    m->dirty = true;
    r->head += m->r_last;
}

static void plan_write(struct memory *m, uint64_t edge)
{
    struct ring *r = &m->writes;
    bool open = r->data != r->tail && (m->draw & DRAW_W) == 0 && !refreshing(m, edge) &&
                !hangs(m, m->opt.hang_write, m->stats.write_beats, &m->hung_write, edge) && has_credit(m, &m->write_bucket, edge);
    m->dirty |= open != m->w_ready;
    m->w_ready = open;
    if (!m->b_valid && r->head != r->data && r->slot[r->head % RING].due <= edge && (m->draw & DRAW_B) == 0) {
        m->b_resp = r->slot[r->head++ % RING].resp;
        m->b_valid = true;
        m->dirty = true;
    }
}

static void plan(struct memory *m)
{
    uint64_t edge = m->now + 1;
    bool stall = m->opt.stall != 0;
    if (stall)
        m->draw = draw_stalls(m);
    plan_read(m, edge);
    plan_write(m, edge);
    bool ar_ready = m->reading < m->opt.read_outstanding && (m->draw & DRAW_AR) == 0;
    bool aw_ready = m->writing < m->opt.write_outstanding && (m->draw & DRAW_AW) == 0;
    m->dirty |= ar_ready != m->ar_ready || aw_ready != m->aw_ready;
    m->ar_ready = ar_ready;
    m->aw_ready = aw_ready;
    m->active = stall || m->reading != 0 || m->writing != 0 || m->held_ar.is || m->held_aw.is || m->held_w.is;
}

void memory_edge(struct memory *m)
{
    const struct memory_port *p = &m->port;
    m->stats.cycles = ++m->now;
    if (!m->active && (*p->ar_valid | *p->aw_valid | *p->w_valid) == 0)
        return;
    edge_read(m);
    edge_write(m);
    plan(m);
}

static void drive_data(const struct memory *m)
{
    switch (m->port.bytes) { /* copies of constant size */
    case 64:
        memcpy(m->port.r_data, m->r_source, 64);
        break;
    case 32:
        memcpy(m->port.r_data, m->r_source, 32);
        break;
    case 16:
        memcpy(m->port.r_data, m->r_source, 16);
        break;
    default:
        memcpy(m->port.r_data, m->r_source, 8);
        break;
    }
}

void memory_drive(struct memory *m)
{
    if (!m->dirty)
        return;
    const struct memory_port *p = &m->port;
    m->dirty = false;
    *p->ar_ready = m->ar_ready;
    *p->aw_ready = m->aw_ready;
    *p->w_ready = m->w_ready;
    *p->b_valid = m->b_valid;
    *p->b_resp = m->b_resp;
    *p->r_valid = m->r_valid;
    if (m->r_valid && m->r_source) {
        *p->r_id = m->r_id;
        *p->r_resp = m->r_resp;
        *p->r_last = m->r_last;
        drive_data(m);
        m->r_source = NULL; /* once for each beat */
    }
}
