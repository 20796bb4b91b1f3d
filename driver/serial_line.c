/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "serial_line.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/serial.h>
#endif

#define HEADER_MOST (1 + SERIAL_REQUEST_BYTES + SERIAL_CRC_BYTES)
#define FRAME_MOST (HEADER_MOST + SERIAL_MOST_BYTES + SERIAL_CRC_BYTES)
#define BITS_PER_BYTE 10u /* on the line */

/* ---- the terminal ---- */

#define RATES(RATE)                                                                                                                    \
    RATE(9600) RATE(19200) RATE(38400) RATE(57600) RATE(115200) RATE(230400) RATE(460800) RATE(500000) RATE(921600) RATE(1000000)      \
    RATE(1500000) RATE(2000000) RATE(3000000) RATE(4000000)
#define RATE_TEXT(n) " " #n
const char serial_line_rates[] = RATES(RATE_TEXT);

static bool speed_of(uint32_t baud, speed_t *out)
{
#define RATE_ROW(n) {n, B##n},
    static const struct {
        uint32_t baud;
        speed_t speed;
    } rates[] = {RATES(RATE_ROW)};
#undef RATE_ROW
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (rates[i].baud == baud) {
            *out = rates[i].speed;
            return true;
        }
    return false;
}

/* The adapter of the board keeps what came for 16 ms, unless it is asked not to; where that cannot be asked for it is slower. */
static void ask_for_low_latency(int fd)
{
#ifdef ASYNC_LOW_LATENCY
    struct serial_struct about;
    memset(&about, 0, sizeof about);
    if (ioctl(fd, TIOCGSERIAL, &about) == 0) {
        about.flags |= (int)ASYNC_LOW_LATENCY;
        ioctl(fd, TIOCSSERIAL, &about);
    }
#else
    (void)fd;
#endif
}

static enum systole_status set_terminal(struct serial_line *line, const char *path, struct driver_message *why)
{
    struct termios t;
    speed_t speed;
    if (!speed_of(line->baud, &speed))
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": no such baud: %u; there are%s", line->device, (unsigned)line->baud,
                           serial_line_rates);
    if (tcgetattr(line->fd, &t) != 0)
        return driver_fail(why, SYSTOLE_IO, "device \"%s\": %s is no serial line: %s", line->device, path, strerror(errno));
    if (flock(line->fd, LOCK_EX | LOCK_NB) != 0)
        return driver_fail(why, SYSTOLE_BUSY, "device \"%s\": %s is in use by another process or device", line->device, path);
    t.c_iflag = 0;
    t.c_oflag = 0;
    t.c_lflag = 0;
    t.c_cflag = CS8 | CREAD | CLOCAL;
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 0;
    if (cfsetispeed(&t, speed) != 0 || cfsetospeed(&t, speed) != 0 || tcsetattr(line->fd, TCSANOW, &t) != 0)
        return driver_fail(why, SYSTOLE_IO, "device \"%s\": %s does not take %u baud: %s", line->device, path, (unsigned)line->baud,
                           strerror(errno));
    ask_for_low_latency(line->fd);
    tcflush(line->fd, TCIOFLUSH);
    return SYSTOLE_OK;
}

enum systole_status serial_line_open(struct serial_line *line, const char *path, struct driver_message *why)
{
    line->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line->fd < 0)
        return driver_fail(why, errno == ENOENT ? SYSTOLE_NOT_FOUND : SYSTOLE_IO, "device \"%s\": cannot open %s: %s%s", line->device, path,
                           strerror(errno), errno == EACCES ? "; whoever is in the group dialout may" : "");
    const enum systole_status status = set_terminal(line, path, why);
    if (status != SYSTOLE_OK)
        serial_line_close(line);
    return status;
}

void serial_line_close(struct serial_line *line)
{
    if (line->fd >= 0)
        close(line->fd);
    line->fd = -1;
}

/* ---- bytes ---- */

static uint64_t now_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* Where a try stands: nothing moved until `deadline`; `came` bytes since it began. */
struct attempt {
    uint64_t deadline;
    size_t came;
};

static enum systole_status gone(struct serial_line *line, const char *words, struct driver_message *why)
{
    line->lost = true;
    return driver_fail(why, SYSTOLE_IO, "device \"%s\": the line is gone (%s): was the board unplugged?", line->device, words);
}

/* Waits until the line can be read or written. TIMEOUT without a message. */
static enum systole_status wait_for(struct serial_line *line, const struct attempt *a, short events, struct driver_message *why)
{
    for (;;) {
        struct pollfd p = {.fd = line->fd, .events = events};
        const uint64_t now = now_ms();
        const int n = poll(&p, 1, now < a->deadline ? (int)(a->deadline - now) : 0);
        if (n > 0 && (p.revents & events))
            return SYSTOLE_OK;
        if (n > 0)
            return gone(line, "it hung up", why);
        if (n == 0)
            return SYSTOLE_TIMEOUT;
        if (errno != EINTR)
            return gone(line, strerror(errno), why);
    }
}

static enum systole_status put(struct serial_line *line, struct attempt *a, const uint8_t *bytes, size_t size, struct driver_message *why)
{
    while (size > 0) {
        const ssize_t n = write(line->fd, bytes, size);
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
            a->deadline = now_ms() + line->timeout_ms;
            continue;
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return gone(line, strerror(errno), why);
        const enum systole_status status = wait_for(line, a, POLLOUT, why);
        if (status != SYSTOLE_OK)
            return status;
    }
    return SYSTOLE_OK;
}

static enum systole_status get(struct serial_line *line, struct attempt *a, uint8_t *bytes, size_t size, struct driver_message *why)
{
    while (size > 0) {
        const ssize_t n = read(line->fd, bytes, size);
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
            a->came += (size_t)n;
            a->deadline = now_ms() + line->timeout_ms;
            continue;
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return gone(line, strerror(errno), why);
        const enum systole_status status = wait_for(line, a, POLLIN, why);
        if (status != SYSTOLE_OK)
            return status;
    }
    return SYSTOLE_OK;
}

/* ---- frames ---- */

uint32_t serial_line_crc(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = (crc >> 1) ^ (crc & 1u ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

static uint8_t *put_number(uint8_t *at, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

static uint32_t number_at(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)at[i] << (8 * i);
    return value;
}

static size_t make_frame(const struct serial_request *r, uint8_t number, uint8_t frame[FRAME_MOST])
{
    uint8_t *at = frame;
    *at++ = SERIAL_REQUEST_MARK;
    *at++ = r->op;
    *at++ = number;
    at = put_number(at, r->count, 2);
    at = put_number(at, r->address, 4);
    at = put_number(at, r->value, 4);
    at = put_number(at, serial_line_crc(frame + 1, SERIAL_REQUEST_BYTES), SERIAL_CRC_BYTES);
    if (r->out) {
        memcpy(at, r->out, r->count);
        at = put_number(at + r->count, serial_line_crc(r->out, r->count), SERIAL_CRC_BYTES);
    }
    return (size_t)(at - frame);
}

/*
 * The header of the answer to this request. What stands before it, and answers to requests of before, are passed over, a byte at a time:
 * a mark may be a byte of something else.
 */
static enum systole_status get_header(struct serial_line *line, struct attempt *a, uint8_t header[SERIAL_ANSWER_BYTES],
                                      struct driver_message *why)
{
    uint8_t all[1 + SERIAL_ANSWER_BYTES + SERIAL_CRC_BYTES];
    size_t have = 0;
    for (;;) {
        const enum systole_status status = get(line, a, all + have, sizeof all - have, why);
        if (status != SYSTOLE_OK)
            return status;
        if (all[0] == SERIAL_ANSWER_MARK && all[2] == line->number &&
            number_at(all + 1 + SERIAL_ANSWER_BYTES, SERIAL_CRC_BYTES) == serial_line_crc(all + 1, SERIAL_ANSWER_BYTES)) {
            memcpy(header, all + 1, SERIAL_ANSWER_BYTES);
            return SYSTOLE_OK;
        }
        const uint8_t *next = memchr(all + 1, SERIAL_ANSWER_MARK, sizeof all - 1);
        have = next ? (size_t)(all + sizeof all - next) : 0;
        if (next)
            memmove(all, next, have);
    }
}

/* TIMEOUT: not answered, or not as it should be: to be tried again. */
static enum systole_status try_once(struct serial_line *line, const struct serial_request *r, const uint8_t *frame, size_t size,
                                    struct attempt *a, uint8_t header[SERIAL_ANSWER_BYTES], struct driver_message *why)
{
    uint8_t crc[SERIAL_CRC_BYTES];
    enum systole_status status = put(line, a, frame, size, why);
    if (status != SYSTOLE_OK)
        return status;
    /* All of it may still stand in the system's buffer. */
    a->deadline = now_ms() + line->timeout_ms + (uint64_t)size * BITS_PER_BYTE * 1000u / line->baud;
    status = get_header(line, a, header, why);
    const uint32_t count = number_at(header + 2, 2);
    if (status != SYSTOLE_OK || header[0] != SERIAL_STATE_OK || !r->in)
        return status == SYSTOLE_OK && header[0] == SERIAL_STATE_BAD_CRC ? SYSTOLE_TIMEOUT : status;
    if (count != r->count)
        return SYSTOLE_TIMEOUT;
    status = get(line, a, r->in, count, why);
    if (status == SYSTOLE_OK)
        status = get(line, a, crc, sizeof crc, why);
    if (status == SYSTOLE_OK && number_at(crc, sizeof crc) != serial_line_crc(r->in, count))
        status = SYSTOLE_TIMEOUT;
    return status;
}

static enum systole_status refuse(const struct serial_line *line, const struct serial_request *r, uint8_t state, struct driver_message *why)
{
    const char *text = "it answered with a state that this library does not know";
    switch (state) {
    case SERIAL_STATE_BAD_OP: text = "the board does not know it: its bitstream is of another version"; break;
    case SERIAL_STATE_BAD_ADDRESS: text = "it is not inside the memory of the board"; break;
    case SERIAL_STATE_BAD_REGISTER: text = "there is no such register"; break;
    default: break;
    }
    return driver_fail(why, SYSTOLE_IO, "device \"%s\": request %u (address 0x%08" PRIx32 ", %u bytes) is refused, state %u: %s",
                       line->device, (unsigned)r->op, r->address, (unsigned)r->count, (unsigned)state, text);
}

static enum systole_status no_answer(struct serial_line *line, size_t came, struct driver_message *why)
{
    line->lost = true;
    driver_fail(why, SYSTOLE_IO, "device \"%s\": no answer: a request was sent %u times, each waited %u ms at %u baud; ", line->device,
                (unsigned)line->tries, (unsigned)line->timeout_ms, (unsigned)line->baud);
    if (came > 0)
        driver_add(why, "%zu bytes came, but no whole answer: is the baud that of the bitstream?", came);
    else
        driver_add(why, "nothing came: is the board on, has it the bitstream, is this its line, and the baud that of the bitstream?");
    return SYSTOLE_IO;
}

enum systole_status serial_line_ask(struct serial_line *line, const struct serial_request *request, uint32_t *value,
                                    struct driver_message *why)
{
    uint8_t frame[FRAME_MOST], header[SERIAL_ANSWER_BYTES] = {0};
    size_t came = 0;
    if (line->lost)
        return driver_fail(why, SYSTOLE_IO, "device \"%s\": its line failed before: close the device, and open it again", line->device);
    const size_t size = make_frame(request, ++line->number, frame);
    for (uint32_t i = 0; i < line->tries; i++) {
        struct attempt a = {.deadline = now_ms() + line->timeout_ms};
        if (i > 0) {
            line->retries++;
            tcflush(line->fd, TCIFLUSH);
        }
        const enum systole_status status = try_once(line, request, frame, size, &a, header, why);
        came += a.came;
        if (status == SYSTOLE_TIMEOUT)
            continue;
        if (status != SYSTOLE_OK)
            return status;
        if (header[0] != SERIAL_STATE_OK)
            return refuse(line, request, header[0], why);
        if (value)
            *value = number_at(header + 4, 4);
        return SYSTOLE_OK;
    }
    return no_answer(line, came, why);
}
