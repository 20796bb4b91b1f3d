/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700
#include "files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

enum cli_exit cli_read_file(const char *path, char **data, size_t *size)
{
    errno = 0;
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *all = NULL;
    size_t used = 0, room = 0;
    enum cli_exit code = f ? CLI_OK : cli_file_error(path);
    while (!code) {
        if (room - used < CHUNK + 1) {
            room = room ? 2 * room : 2 * CHUNK;
            char *more = realloc(all, room);
            if (!more) {
                code = cli_no_memory();
                break;
            }
            all = more;
        }
        const size_t n = fread(all + used, 1, CHUNK, f);
        used += n;
        if (n == 0)
            break;
    }
    if (!code && ferror(f))
        code = cli_file_error(path);
    if (f && f != stdin)
        fclose(f);
    if (code) {
        free(all);
        return code;
    }
    all[used] = '\0';
    *data = all;
    *size = used;
    return CLI_OK;
}

/* Where a file is written before it takes its name: beside the file that `path` names, through links. False: it is written in place, for it is
 * no ordinary file. */
static int fresh_path(char fresh[CLI_PATH_ROOM + 32], const char *path)
{
    char target[PATH_MAX];
    struct stat old;
    const int exists = stat(path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode))
        return 0;
    if (!exists || !realpath(path, target))
        snprintf(target, sizeof target, "%s", path);
    return snprintf(fresh, CLI_PATH_ROOM + 32, "%s.new%ld", target, (long)getpid()) < CLI_PATH_ROOM + 32;
}

/* The name that the file is to have: the other's, without its end. */
static int take_name(char *fresh, const char *path)
{
    char target[CLI_PATH_ROOM + 32];
    struct stat old;
    snprintf(target, sizeof target, "%.*s", (int)(strrchr(fresh, '.') - fresh), fresh);
    if (stat(path, &old) == 0)
        chmod(fresh, old.st_mode & 07777);
    return rename(fresh, target);
}

FILE *cli_create_file(const char *path)
{
    char fresh[CLI_PATH_ROOM + 32];
    errno = 0;
    FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(fresh_path(fresh, path) ? fresh : path, "wb");
    if (!f)
        cli_file_error(path);
    return f;
}

enum cli_exit cli_finish_file(FILE *f, const char *path)
{
    char fresh[CLI_PATH_ROOM + 32];
    errno = 0;
    int failed = fflush(f) != 0 || ferror(f), number = errno;
    if (f != stdout) {
        if (fclose(f) != 0 && !failed) {
            failed = 1;
            number = errno;
        }
        if (fresh_path(fresh, path) && !failed && take_name(fresh, path) != 0) {
            failed = 1;
            number = errno;
        }
        if (failed && fresh_path(fresh, path))
            unlink(fresh);
    }
    errno = number ? number : EIO;
    return failed ? cli_file_error(path) : CLI_OK;
}
