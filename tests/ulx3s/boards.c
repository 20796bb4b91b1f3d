/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "boards.h"

#include <sys/wait.h>

static char board_program[PATH_BYTES];

/* Beside this program. */
static void find_program(void)
{
    const ssize_t n = readlink("/proc/self/exe", board_program, sizeof board_program - 32);
    assert_true(n > 0);
    board_program[n] = '\0';
    strcpy(strrchr(board_program, '/'), "/ulx3s_board");
}

void board_start(struct board_process *p, ...)
{
    char *arguments[BOARD_ARGUMENTS + 1] = {board_program};
    int to[2], from[2], count = 1;
    va_list list;
    find_program();
    snprintf(p->folder, sizeof p->folder, "/tmp/systole-board-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->link, sizeof p->link, "%s/line", p->folder);
    snprintf(p->report, sizeof p->report, "%s/report", p->folder);
    char *const fixed[] = {"--link", p->link, "--report", p->report};
    for (int i = 0; i < 4; i++)
        arguments[count++] = fixed[i];
    va_start(list, p);
    for (char *a; (a = va_arg(list, char *)) && count < BOARD_ARGUMENTS;)
        arguments[count++] = a;
    va_end(list);
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        for (int i = 0; i < 2; i++) {
            close(to[i]);
            close(from[i]);
        }
        execv(board_program, arguments);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    p->input = to[1];
    char word[16] = "";
    const ssize_t n = read(from[0], word, sizeof word - 1);
    close(from[0]);
    if (n <= 0)
        print_error("%s does not start\n", board_program);
    assert_true(n > 0);
    assert_string_equal(word, "ready\n");
}

static void clean(struct board_process *p)
{
    int status;
    if (p->pid > 0)
        waitpid(p->pid, &status, 0);
    p->pid = 0;
}

void board_end(struct board_process *p)
{
    close(p->input);
    clean(p);
}

void board_kill(struct board_process *p)
{
    kill(p->pid, SIGKILL);
    board_end(p);
    unlink(p->link);
}

unsigned long board_counted(const struct board_process *p, const char *what)
{
    char text[512] = "";
    FILE *f = fopen(p->report, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    const char *at = strstr(text, what);
    assert_non_null(at);
    return strtoul(at + strlen(what), NULL, 10);
}

const char *board_device(const struct board_process *p, const char *options)
{
    static char device[DEVICE_BYTES];
    snprintf(device, sizeof device, "serial:%s%s", p->link, options);
    return device;
}
