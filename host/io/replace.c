/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files written whole: into a file beside the one that is meant, which then takes its name. Whoever is killed in between, or finds the disk full,
 * leaves the old file as it was. What is no ordinary file (a device, a pipe) is written to as it is.
 */
#define _XOPEN_SOURCE 700
#include "host/core/alloc.h"
#include "host/core/context.h"
#include "host/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum systole_status io_failed(struct systole_context *ctx, const char *what, const char *path)
{
    return sy_fail(ctx, SYSTOLE_IO, "'%.500s' %s: %s", path, what, strerror(errno));
}

/* All of it or an error; `sync`: on the disk. `mode` of a file that is made here. */
static enum systole_status write_all(struct systole_context *ctx, const char *path, const uint8_t *data, size_t size, mode_t mode, bool sync)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (file < 0)
        return io_failed(ctx, "cannot be made", path);
    enum systole_status status = SYSTOLE_OK;
    for (size_t at = 0; at < size && !status;) {
        const ssize_t n = write(file, data + at, size - at);
        if (n < 0 && errno != EINTR)
            status = io_failed(ctx, "cannot be written", path);
        at += n > 0 ? (size_t)n : 0;
    }
    if (!status && sync && fsync(file))
        status = io_failed(ctx, "cannot be written", path);
    if (close(file) && !status)
        status = io_failed(ctx, "cannot be written", path);
    return status;
}

/* The new name of a file is on the disk when its folder is. */
static void sync_folder(char *path)
{
    char *const slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = '\0';
    const int folder = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
}

enum systole_status sy_file_replace(struct systole_context *ctx, const char *path, const void *data, size_t size, bool sync)
{
    struct stat old;
    const bool exists = stat(path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode))
        return write_all(ctx, path, data, size, 0666, false);
    /* Through a link to the file that it names: the link stays. */
    char *const target = sy_alloc(PATH_MAX + 32, 1), *const fresh = sy_alloc(PATH_MAX + 64, 1);
    enum systole_status status = target && fresh ? SYSTOLE_OK : sy_no_memory(ctx);
    if (!status && (!exists || !realpath(path, target)))
        snprintf(target, PATH_MAX, "%s", path);
    if (!status) {
        snprintf(fresh, PATH_MAX + 64, "%s.new%ld", target, (long)getpid());
        status = write_all(ctx, fresh, data, size, 0666, sync);
        if (!status && exists && chmod(fresh, old.st_mode & 07777))
            status = io_failed(ctx, "cannot be given the rights of the file that it replaces", fresh);
        if (!status && rename(fresh, target))
            status = io_failed(ctx, "cannot be replaced", path);
        if (status)
            unlink(fresh);
        else if (sync)
            sync_folder(target);
    }
    sy_free(target);
    sy_free(fresh);
    return status;
}

enum systole_status sy_file_write(struct systole_context *ctx, const char *path, const void *data, size_t size)
{
    return sy_file_replace(ctx, path, data, size, false);
}
