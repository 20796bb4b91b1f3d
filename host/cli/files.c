/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

FILE *cli_create_file(const char *path)
{
    errno = 0;
    FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    if (!f)
        cli_file_error(path);
    return f;
}

enum cli_exit cli_finish_file(FILE *f, const char *path)
{
    errno = 0;
    const int failed = fflush(f) != 0 || ferror(f);
    const int number = errno;
    if (f != stdout && fclose(f) != 0 && !failed)
        return cli_file_error(path);
    errno = number ? number : EIO;
    return failed ? cli_file_error(path) : CLI_OK;
}
