/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "text.h"

enum { STEP_ROOM = 64, BAR = 24, LEAST_COLUMNS = 60 };

struct cli_progress {
    const char *what;
    int terminal, drawn, stop;
    double every, began, last; /* seconds; of the last line */
    double stepped;            /* when the last step ended */
    uint64_t done, total;
    char step[STEP_ROOM];
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
};

double cli_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int columns(void)
{
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

/* Seconds that remain if the steps to come take as long as those done; negative: nobody knows yet. */
static double remaining(const struct cli_progress *p, double now)
{
    if (p->done == 0 || p->total == 0)
        return -1;
    const double whole = (p->stepped - p->began) / (double)p->done * (double)p->total, rest = whole - (now - p->began);
    return rest > 0 ? rest : 0;
}

static void draw_bar(struct cli_progress *p, double now)
{
    char bar[BAR + 1], line[256];
    const uint64_t full = p->total ? BAR * p->done / p->total : 0;
    for (uint64_t i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = '\0';
    const double rest = remaining(p, now);
    int n = snprintf(line, sizeof line, "%s [%s] %llu/%llu  %s", p->what, bar, (unsigned long long)p->done, (unsigned long long)p->total,
                     cli_seconds(now - p->began).text);
    if (n > 0 && (size_t)n < sizeof line && rest >= 0)
        n += snprintf(line + n, sizeof line - (size_t)n, ", %s to go", cli_seconds(rest).text);
    if (n > 0 && (size_t)n < sizeof line && p->step[0])
        snprintf(line + n, sizeof line - (size_t)n, "  %s", p->step);
    const int room = columns() - 1;
    fprintf(stderr, "\r%.*s\033[K", room < LEAST_COLUMNS ? LEAST_COLUMNS : room, line);
    fflush(stderr);
    p->drawn = 1;
}

static void draw_line(struct cli_progress *p, double now)
{
    const double rest = remaining(p, now);
    fprintf(stderr, "systole: %s: %llu of %llu, %s%s%s%s%s%s\n", p->what, (unsigned long long)p->done, (unsigned long long)p->total,
            cli_seconds(now - p->began).text, rest >= 0 ? ", " : "", rest >= 0 ? cli_seconds(rest).text : "",
            rest >= 0 ? " to go" : "", p->step[0] ? "; " : "", p->step);
}

static void draw(struct cli_progress *p)
{
    const double now = cli_now();
    if (now - p->last < p->every)
        return;
    p->last = now;
    if (p->terminal)
        draw_bar(p, now);
    else
        draw_line(p, now);
}

/* Redraws while a step takes long. */
static void *tick(void *user)
{
    struct cli_progress *p = user;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        pthread_cond_timedwait(&p->wake, &p->lock, &until);
        if (!p->stop && p->every > 0)
            draw(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static double interval(int terminal)
{
    const char *text = getenv("SYSTOLE_PROGRESS");
    char *end = NULL;
    const double wanted = text ? strtod(text, &end) : -1;
    return text && end != text && *end == '\0' && wanted >= 0 ? wanted : terminal ? 0.1 : 10;
}

struct cli_progress *cli_progress_start(const char *what, int quiet)
{
    struct cli_progress *p = quiet ? NULL : calloc(1, sizeof *p);
    const char *term = getenv("TERM");
    if (!p)
        return NULL;
    p->what = what;
    p->terminal = isatty(STDERR_FILENO) == 1 && term && strcmp(term, "dumb") != 0;
    p->every = interval(p->terminal);
    p->began = p->stepped = p->last = cli_now();
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    if (pthread_create(&p->thread, NULL, tick, p) != 0) {
        pthread_cond_destroy(&p->wake);
        pthread_mutex_destroy(&p->lock);
        free(p);
        return NULL;
    }
    return p;
}

void cli_progress_step(void *user, uint64_t done, uint64_t total, const char *step)
{
    struct cli_progress *p = user;
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->done = done;
    p->total = total;
    p->stepped = cli_now();
    size_t n = 0;
    for (; step[n] && n + 1 < STEP_ROOM; n++) /* names come out of files: nothing that moves the cursor */
        p->step[n] = step[n] >= ' ' && step[n] < 0x7f ? step[n] : '?';
    p->step[n] = '\0';
    draw(p);
    pthread_mutex_unlock(&p->lock);
}

void cli_progress_hide(struct cli_progress *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    if (p->drawn)
        fprintf(stderr, "\r\033[K");
    p->drawn = 0;
    pthread_mutex_unlock(&p->lock);
}

void cli_progress_end(struct cli_progress *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = 1;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    if (p->drawn)
        fprintf(stderr, "\r\033[K");
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
