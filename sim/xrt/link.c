/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define GONE 0xffffffffu

struct access {
    uint64_t address;
    uint32_t value;
    uint32_t is_write;
};

/* ---- in the simulation ---- */

static int serve(struct card *card, int fd)
{
    bool working = false;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        const int n = poll(&ready, 1, working ? 0 : -1);
        if (n < 0 && errno != EINTR)
            return 1;
        if (n > 0) {
            struct access a;
            const ssize_t got = recv(fd, &a, sizeof a, 0);
            if (got != (ssize_t)sizeof a)
                return got == 0 ? 0 : 1;
            if (a.is_write)
                card_write(card, a.address, a.value);
            else
                a.value = card_read(card, a.address);
            if (send(fd, &a, sizeof a, MSG_NOSIGNAL) != (ssize_t)sizeof a)
                return 1;
        }
        working = card_work(card);
    }
}

static int simulate(struct card_options *options, int fd, const char *directory)
{
    char library[PATH_MAX];
    if (!realpath(options->library, library)) {
        fprintf(stderr, "systole-xrt-server: %s: %s\n", options->library, strerror(errno));
        return 1;
    }
    options->library = library;
    /* Files that options name are relative to where the program runs. */
    if (chdir(directory) != 0)
        fprintf(stderr, "systole-xrt-server: cannot change to %s: %s\n", directory, strerror(errno));
    struct card *card = card_create(options);
    const int code = card ? serve(card, fd) : 1;
    card_destroy(card);
    return code;
}

/* ---- outside it ---- */

int link_start(struct link *l, struct card_options *options, const char *directory)
{
    int pair[2];
    *l = (struct link){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        fprintf(stderr, "systole-xrt-server: no pair of sockets: %s\n", strerror(errno));
        return -1;
    }
    l->child = fork();
    if (l->child == 0) {
        close(pair[0]);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        prctl(PR_SET_NAME, "systole-card");
        exit(simulate(options, pair[1], directory));
    }
    close(pair[1]);
    l->fd = pair[0];
    if (l->child > 0)
        return 0;
    fprintf(stderr, "systole-xrt-server: cannot start a process: %s\n", strerror(errno));
    close(l->fd);
    return -1;
}

static void wait_for_child(struct link *l)
{
    int how = 0;
    while (waitpid(l->child, &how, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(how))
        fprintf(stderr, "systole-xrt-server: the simulation was ended by signal %d: the card is gone\n", WTERMSIG(how));
    else if (WEXITSTATUS(how) != 0)
        fprintf(stderr, "systole-xrt-server: the simulation ended: the card is gone\n");
}

bool link_end(struct link *l)
{
    if (l->fd < 0)
        return false;
    close(l->fd);
    l->fd = -1;
    wait_for_child(l);
    return true;
}

static uint32_t access_card(struct link *l, struct access a)
{
    if (l->fd < 0)
        return GONE;
    if (send(l->fd, &a, sizeof a, MSG_NOSIGNAL) == (ssize_t)sizeof a && recv(l->fd, &a, sizeof a, 0) == (ssize_t)sizeof a)
        return a.value;
    link_end(l);
    return GONE;
}

uint32_t link_read(struct link *l, uint64_t address)
{
    return access_card(l, (struct access){.address = address});
}

void link_write(struct link *l, uint64_t address, uint32_t value)
{
    access_card(l, (struct access){.address = address, .value = value, .is_write = 1});
}
