/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "card.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../driver/systole_spec.h"

#define POLL_CYCLES 2048u    /* that pass after a register of a busy device was read */
#define REST_CYCLES 6u       /* after any other access */
#define COMBINED 10u         /* lines that a processor holds before it writes them */
#define DIRTY_BYTES (16u << 20) /* memory is not zero when a card is found */
#define CTRL_START 1u
#define BUSY_LED 1u
#define ALL_BYTES (~(uint64_t)0)

/* A line that was written in part or whole, and is still in the processor. */
struct line {
    uint64_t offset, strobes;
    uint8_t data[SHELL_LINE];
};

struct card {
    struct board *board;
    struct memory *memory;
    struct shell *shell;
    uint8_t *ddr;
    struct card_options opt;
    struct line line[COMBINED];
    unsigned lines;
    uint64_t cycles, starts, second_start;
    bool was_told;
};

/* ---- options ---- */

#define AT(field) offsetof(struct card_options, field)

static const struct {
    const char *name;
    size_t offset;
    bool is_wide;
} options[] = {
    {"slots", AT(slots), false},   {"twin", AT(twin), false}, {"loaded", AT(loaded), false},     {"ready", AT(ready), false},
    {"fail", AT(fail_call), false}, {"gone", AT(gone), true}, {"contract", AT(contract), true}, {"prefetch", AT(shell.prefetch),
                                                                                                 false},
};

static int set_number(struct card_options *o, const char *pair, const char *value)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strlen(options[i].name) != (size_t)(value - pair) || strncmp(options[i].name, pair, (size_t)(value - pair)) != 0)
            continue;
        char *end = NULL;
        errno = 0;
        const uint64_t number = strtoull(value + 1, &end, 0);
        const uint32_t number32 = (uint32_t)number;
        if (end == value + 1 || *end != '\0' || errno != 0 || (!options[i].is_wide && number > UINT32_MAX))
            return -1;
        memcpy((char *)o + options[i].offset, options[i].is_wide ? (const void *)&number : &number32,
               options[i].is_wide ? sizeof number : sizeof number32);
        return 1;
    }
    return 0;
}

int card_options_parse(struct card_options *o, const char *text, char *err, size_t err_size)
{
    char rest[512] = "";
    *o = (struct card_options){.shell = {.prefetch = 30}, .slots = 1, .loaded = 1, .ready = 1, .image = "agfi-0123456789abcdef0"};
    while (text && *text) {
        char pair[160];
        const size_t n = strcspn(text, ",");
        const size_t used = strlen(rest);
        if (n >= sizeof pair || used + n + 2 > sizeof rest)
            return snprintf(err, err_size, "too long: %.100s", text), -1;
        snprintf(pair, sizeof pair, "%.*s", (int)n, text);
        text += n + (text[n] == ',');
        const char *value = strchr(pair, '=');
        const int known = value ? set_number(o, pair, value) : 0;
        if (known < 0)
            return snprintf(err, err_size, "not a number: %.100s", pair), -1;
        if (strncmp(pair, "image=", 6) == 0)
            snprintf(o->image, sizeof o->image, "%.*s", (int)sizeof o->image - 1, pair + 6);
        else if (!known)
            snprintf(rest + used, sizeof rest - used, "%s%s", used ? "," : "", pair);
    }
    if (sim_options_parse(&o->sim, rest, err, err_size) != 0)
        return -1;
    o->shell.seed = o->sim.memory.seed;
    o->shell.stall = o->sim.memory.stall;
    return 0;
}

/* ---- time ---- */

static void cycle(void *user)
{
    struct card *c = user;
    memory_edge(c->memory);
    shell_edge(c->shell);
    board_rise(c->board);
    memory_drive(c->memory);
    shell_drive(c->shell);
    board_fall(c->board);
    c->cycles++;
}

static bool is_busy(struct card *c)
{
    return *board_ports(c->board)->vled & BUSY_LED;
}

const char *card_failure(const struct card *c)
{
    const char *rule = shell_violation(c->shell);
    const char *assertion = board_failure(c->board), *axi = memory_violation(c->memory);
    return *assertion ? assertion : *rule ? rule : axi;
}

/* A card that broke a rule is lost, as one that left the bus; it says so once. */
static bool is_lost(struct card *c)
{
    const char *failure = card_failure(c);
    if (*failure && !c->was_told)
        fprintf(stderr, "systole f2: %s\n", failure);
    c->was_told |= *failure != '\0';
    return *failure || (c->opt.gone != 0 && c->starts > 1 && c->cycles - c->second_start >= c->opt.gone);
}

/* ---- memory, through the buffers that combine writes ---- */

/* One line to the card: whole, or as pieces of 4 bytes and more. */
static void write_line(struct card *c, const struct line *l)
{
    uint64_t left = l->strobes;
    while (left != 0) {
        const unsigned from = 4 * (unsigned)(shell_random(c->shell) % 16);
        const unsigned to = from + 4 + 4 * (unsigned)(shell_random(c->shell) % 16);
        const uint64_t above = to >= 64 ? 0 : ALL_BYTES << to;
        uint64_t now = c->opt.shell.stall == 0 ? left : left & (ALL_BYTES << from) & ~above;
        if (now != 0)
            shell_write_memory(c->shell, l->offset, 1, l->data, &now);
        left &= ~now;
    }
}

/* Lines that follow each other in the buffers may go as one burst. */
static void write_out(struct card *c)
{
    while (c->lines > 0) {
        const unsigned first = c->opt.shell.stall == 0 ? 0 : (unsigned)(shell_random(c->shell) % c->lines);
        unsigned n = 0;
        uint8_t data[4][SHELL_LINE];
        uint64_t strobes[4];
        while (n < 4 && first + n < c->lines && c->line[first + n].strobes == ALL_BYTES &&
               c->line[first + n].offset == c->line[first].offset + n * SHELL_LINE &&
               (c->line[first + n].offset % 4096 != 0 || n == 0)) {
            memcpy(data[n], c->line[first + n].data, SHELL_LINE);
            strobes[n] = ALL_BYTES;
            n++;
        }
        if (n > 1)
            shell_write_memory(c->shell, c->line[first].offset, n, data[0], strobes);
        else
            write_line(c, &c->line[first]);
        n += n == 0;
        c->lines -= n;
        memmove(&c->line[first], &c->line[first + n], (c->lines - first) * sizeof c->line[0]);
    }
}

void card_write(struct card *c, uint64_t offset, const uint8_t *from, size_t size)
{
    while (size > 0 && !is_lost(c)) {
        const uint64_t base = offset & ~(uint64_t)(SHELL_LINE - 1);
        const size_t at = (size_t)(offset - base), n = size < SHELL_LINE - at ? size : SHELL_LINE - at;
        struct line *l = NULL;
        for (unsigned i = 0; i < c->lines; i++)
            if (c->line[i].offset == base)
                l = &c->line[i];
        if (!l) {
            if (c->lines == COMBINED)
                write_out(c);
            l = &c->line[c->lines++];
            *l = (struct line){.offset = base};
        }
        memcpy(l->data + at, from, n);
        l->strobes |= (n == SHELL_LINE ? ALL_BYTES : (((uint64_t)1 << n) - 1)) << at;
        offset += n;
        from += n;
        size -= n;
    }
}

void card_read(struct card *c, uint64_t offset, uint8_t *to, size_t lines)
{
    if (!is_lost(c))
        write_out(c);
    if (!is_lost(c))
        shell_read_memory(c->shell, offset, to, lines);
    if (is_lost(c))
        memset(to, 0xff, SHELL_LINE * lines);
}

/* ---- registers: an access to them is uncached, so what the buffers hold goes first ---- */

static uint32_t shown(const struct card *c, uint32_t offset, uint32_t value)
{
    if (c->opt.contract == 0)
        return value;
    return offset == SYSTOLE_REG_CONTRACT_LO ? (uint32_t)c->opt.contract
           : offset == SYSTOLE_REG_CONTRACT_HI ? (uint32_t)(c->opt.contract >> 32) : value;
}

uint32_t card_peek(struct card *c, uint32_t offset)
{
    if (is_lost(c))
        return SHELL_GONE;
    write_out(c);
    const uint32_t value = shell_read_register(c->shell, offset);
    shell_run(c->shell, is_busy(c) ? POLL_CYCLES : REST_CYCLES);
    return is_lost(c) ? SHELL_GONE : shown(c, offset, value);
}

void card_poke(struct card *c, uint32_t offset, uint32_t value)
{
    if (is_lost(c))
        return;
    write_out(c);
    if (offset == SYSTOLE_REG_CTRL && value & CTRL_START && ++c->starts == 2)
        c->second_start = c->cycles;
    shell_write_register(c->shell, offset, value);
    shell_run(c->shell, REST_CYCLES);
    is_lost(c);
}

struct card_ids card_ids(struct card *c)
{
    const struct board_ports *p = board_ports(c->board);
    return (struct card_ids){*p->id0, *p->id1};
}

uint64_t card_interrupts(const struct card *c)
{
    return shell_interrupts(c->shell);
}

uint64_t card_slowest(const struct card *c)
{
    return shell_slowest(c->shell);
}

/* ---- life ---- */

struct card *card_create(const struct card_options *o)
{
    struct card *c = calloc(1, sizeof *c);
    void *ddr = mmap(NULL, CARD_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ddr == MAP_FAILED)
        ddr = NULL;
    if (!c || !ddr)
        goto failed;
    c->opt = *o;
    c->ddr = ddr;
    c->board = board_create();
    c->memory = c->board ? memory_create(&board_ports(c->board)->mem, &o->sim.memory) : NULL;
    c->shell = c->memory ? shell_create(board_ports(c->board), &o->shell, cycle, c) : NULL;
    if (!c->shell || memory_attach(c->memory, 0, ddr, CARD_MEMORY) != 0)
        goto failed;
    memset(ddr, 0xa5, DIRTY_BYTES);
    *board_ports(c->board)->twin = (uint8_t)o->twin;
    *board_ports(c->board)->ddr_ready = o->ready != 0;
    shell_run(c->shell, 300);
    return c;
failed:
    if (ddr && (!c || !c->ddr))
        munmap(ddr, CARD_MEMORY);
    card_destroy(c);
    return NULL;
}

void card_destroy(struct card *c)
{
    if (!c)
        return;
    shell_destroy(c->shell);
    memory_destroy(c->memory);
    board_destroy(c->board);
    if (c->ddr)
        munmap(c->ddr, CARD_MEMORY);
    free(c);
}
