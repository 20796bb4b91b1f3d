/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board without the board: the Verilated top of the ULX3S, its serial pins on a pseudo-terminal.
 *
 *     board --link PATH [--damage N] [--lose N] [--seed S] [--mute-after N] [--replace OFFSET=VALUE] [--report FILE]
 *
 * PATH becomes a link to the terminal; a line `ready` on standard output says that it is there. Bits have the length of the baud rate that the
 * other end has set, against the one that the top is built for, so a wrong rate is seen as a board would see it. --damage N turns about one
 * bit in one of N bytes, --lose N leaves one of N bytes out, in both directions. --mute-after N: after N bytes from the host the board is
 * silent. --replace: the answer for this register is another one. Ends when its standard input does; --report then counts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "board_shim.h"
#include "driver/serial_line.h"

#define NOMINAL_BAUD 3000000.0
#define SLICE 2000u /* cycles between looks at the terminal */
#define QUIET_CYCLES (3u * BOARD_GAP_CLOCKS)
#define REQUEST_ALL (1 + SERIAL_REQUEST_BYTES + SERIAL_CRC_BYTES)
#define ANSWER_ALL (1 + SERIAL_ANSWER_BYTES + SERIAL_CRC_BYTES)

struct options {
    const char *link, *report;
    unsigned long damage, lose, mute_after, replace_offset, replace_value;
    uint64_t random;
};

/* One direction of the line, a bit at a time. */
struct wire {
    bool level;
    uint8_t byte;
    unsigned bit;    /* 0: idle; else bits done, with the start bit */
    double left;     /* cycles to the next change, or sample */
};

struct board {
    struct options o;
    struct board_model *model;
    int master;
    double clocks_per_bit;
    struct wire in, out;
    uint8_t buffer[4096];
    size_t have, at;
    uint8_t answer[ANSWER_ALL]; /* to the host, kept back until it is whole */
    size_t answered;
    uint8_t request[REQUEST_ALL]; /* the last bytes to the board */
    uint64_t cycles, bytes_in, bytes_out, damaged, lost, quiet;
};

static bool one_of(struct board *b, unsigned long n)
{
    b->o.random = b->o.random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return n > 0 && (b->o.random >> 33) % n == 0;
}

/* Whether the byte still goes on. */
static bool pass(struct board *b, uint8_t *byte)
{
    if (one_of(b, b->o.lose)) {
        b->lost++;
        return false;
    }
    if (one_of(b, b->o.damage)) {
        *byte ^= (uint8_t)(1u << (b->o.random >> 40) % 8);
        b->damaged++;
    }
    return true;
}

/* ---- a register's answer, replaced ---- */

static void note_request(struct board *b, uint8_t byte)
{
    memmove(b->request, b->request + 1, sizeof b->request - 1);
    b->request[sizeof b->request - 1] = byte;
}

/* Whether what went to the board last is a request for the register. */
static bool is_asked(const struct board *b, uint8_t number)
{
    const uint8_t *r = b->request;
    const uint32_t address = (uint32_t)r[5] | (uint32_t)r[6] << 8 | (uint32_t)r[7] << 16 | (uint32_t)r[8] << 24;
    return r[0] == SERIAL_REQUEST_MARK && r[1] == SERIAL_OP_READ_REGISTER && r[2] == number && address == b->o.replace_offset;
}

static void replace(struct board *b)
{
    for (unsigned i = 0; i < 4; i++)
        b->answer[5 + i] = (uint8_t)(b->o.replace_value >> (8 * i));
    const uint32_t crc = serial_line_crc(b->answer + 1, SERIAL_ANSWER_BYTES);
    for (unsigned i = 0; i < 4; i++)
        b->answer[1 + SERIAL_ANSWER_BYTES + i] = (uint8_t)(crc >> (8 * i));
}

static void send(struct board *b, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t n = write(b->master, bytes, size);
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return; /* nobody is at the other end */
        } else {
            struct pollfd p = {.fd = b->master, .events = POLLOUT};
            if (poll(&p, 1, 100) == 0)
                return; /* nobody reads: the bytes are lost, as on a line */
        }
    }
}

/* Where an answer's value may be replaced, answers are kept until they are whole; all else goes on at once. */
static void deliver(struct board *b, uint8_t byte)
{
    if (b->o.replace_offset == ULONG_MAX) {
        send(b, &byte, 1);
        return;
    }
    b->answer[b->answered++] = byte;
    if (b->answer[0] != SERIAL_ANSWER_MARK || b->answered == ANSWER_ALL) {
        if (b->answered == ANSWER_ALL && is_asked(b, b->answer[2]))
            replace(b);
        send(b, b->answer, b->answered);
        b->answered = 0;
    }
}

/* ---- bits ---- */

static void begin_byte(struct board *b)
{
    struct wire *w = &b->in;
    if (b->at == b->have)
        return;
    w->byte = b->buffer[b->at++];
    b->bytes_in++;
    note_request(b, w->byte);
    if (pass(b, &w->byte)) {
        w->bit = 1;
        w->level = false;
        w->left = b->clocks_per_bit;
    }
}

static void step_in(struct board *b)
{
    struct wire *w = &b->in;
    if (w->bit == 0) {
        begin_byte(b);
        return;
    }
    w->left -= 1;
    if (w->left > 0)
        return;
    w->left += b->clocks_per_bit;
    w->level = w->bit > 8 || (w->byte >> (w->bit - 1) & 1);
    if (++w->bit > 10)
        w->bit = 0;
}

static void step_out(struct board *b, bool level)
{
    struct wire *w = &b->out;
    if (w->bit == 0) {
        if (!level) {
            w->bit = 1;
            w->left = 1.5 * b->clocks_per_bit;
        }
        return;
    }
    w->left -= 1;
    if (w->left > 0)
        return;
    w->left += b->clocks_per_bit;
    if (w->bit <= 8)
        w->byte = (uint8_t)(w->byte >> 1 | (level ? 0x80 : 0));
    if (++w->bit <= 9)
        return;
    w->bit = 0;
    b->bytes_out++;
    if ((b->o.mute_after == 0 || b->bytes_in < b->o.mute_after) && pass(b, &w->byte))
        deliver(b, w->byte);
}

/* ---- the terminal ---- */

static void take_rate(struct board *b)
{
    static const struct {
        speed_t speed;
        double baud;
    } rates[] = {{B9600, 9600}, {B115200, 115200}, {B1000000, 1e6}, {B1500000, 1.5e6}, {B2000000, 2e6}, {B3000000, 3e6}, {B4000000, 4e6}};
    struct termios t;
    if (tcgetattr(b->master, &t) != 0)
        return;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (cfgetospeed(&t) == rates[i].speed)
            b->clocks_per_bit = BOARD_CLOCKS_PER_BIT * NOMINAL_BAUD / rates[i].baud;
}

/* Bytes of the host, if there are any. `wait`: for a while, since nothing else is to do. */
static void look(struct board *b, bool wait)
{
    struct pollfd p[2] = {{.fd = b->master, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    if (wait)
        poll(p, 2, 50);
    if (b->at < b->have)
        return;
    const ssize_t n = read(b->master, b->buffer, sizeof b->buffer);
    b->at = 0;
    b->have = n > 0 ? (size_t)n : 0;
    if (n > 0)
        take_rate(b);
    else if (wait && (p[0].revents & POLLHUP))
        usleep(20000); /* nobody has the other end open: poll() does not wait */
}

static bool is_ended(void)
{
    char c;
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&p, 1, 0) > 0 && read(STDIN_FILENO, &c, 1) <= 0;
}

static void run(struct board *b)
{
    while (!is_ended()) {
        for (unsigned i = 0; i < SLICE; i++) {
            step_in(b);
            const bool level = board_model_cycle(b->model, b->in.bit == 0 || b->in.level);
            step_out(b, level);
            b->cycles++;
            const bool is_quiet = b->in.bit == 0 && b->out.bit == 0 && level && (board_model_leds(b->model) & 2u) == 0;
            b->quiet = is_quiet ? b->quiet + 1 : 0;
        }
        /* Time goes on for as long as the board may wait for the rest of a frame. */
        look(b, b->quiet > QUIET_CYCLES && b->at == b->have);
    }
}

static bool open_terminal(struct board *b)
{
    struct termios t;
    b->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (b->master < 0 || grantpt(b->master) != 0 || unlockpt(b->master) != 0 || tcgetattr(b->master, &t) != 0)
        return false;
    cfmakeraw(&t);
    cfsetspeed(&t, B3000000);
    unlink(b->o.link);
    return tcsetattr(b->master, TCSANOW, &t) == 0 && symlink(ptsname(b->master), b->o.link) == 0;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.random = 1, .replace_offset = ULONG_MAX};
    for (int i = 1; i + 1 < argc; i += 2) {
        const unsigned long n = strtoul(argv[i + 1], NULL, 0);
        const char *equals = strchr(argv[i + 1], '=');
        if (strcmp(argv[i], "--link") == 0)
            o->link = argv[i + 1];
        else if (strcmp(argv[i], "--report") == 0)
            o->report = argv[i + 1];
        else if (strcmp(argv[i], "--damage") == 0)
            o->damage = n;
        else if (strcmp(argv[i], "--lose") == 0)
            o->lose = n;
        else if (strcmp(argv[i], "--seed") == 0)
            o->random = n;
        else if (strcmp(argv[i], "--mute-after") == 0)
            o->mute_after = n;
        else if (strcmp(argv[i], "--replace") == 0 && equals) {
            o->replace_offset = n;
            o->replace_value = strtoul(equals + 1, NULL, 0);
        } else
            return false;
    }
    return argc % 2 == 1 && o->link;
}

static void report(const struct board *b)
{
    FILE *f = b->o.report ? fopen(b->o.report, "w") : NULL;
    if (!f)
        return;
    fprintf(f, "cycles %" PRIu64 " in %" PRIu64 " out %" PRIu64 " damaged %" PRIu64 " lost %" PRIu64 "\n", b->cycles, b->bytes_in, b->bytes_out,
            b->damaged, b->lost);
    fclose(f);
}

int main(int argc, char **argv)
{
    static struct board b = {.clocks_per_bit = BOARD_CLOCKS_PER_BIT};
    if (!read_options(&b.o, argc, argv)) {
        fprintf(stderr, "usage: board --link PATH [--damage N] [--lose N] [--seed S] [--mute-after N] [--replace OFFSET=VALUE] [--report FILE]\n");
        return 2;
    }
    if (!open_terminal(&b)) {
        fprintf(stderr, "board: %s: %s\n", b.o.link, strerror(errno));
        return 3;
    }
    b.model = board_model_new();
    for (int i = 0; i < 200; i++) /* until the PLL has locked, and the reset is over */
        board_model_cycle(b.model, true);
    printf("ready\n");
    fflush(stdout);
    run(&b);
    report(&b);
    unlink(b.o.link);
    board_model_free(b.model);
    return 0;
}
