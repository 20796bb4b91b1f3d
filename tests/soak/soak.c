/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soak MINUTES REPORT: inference, training, files and failures on several devices in one process, a thread each. Every result is compared with the
 * cpu's, byte by byte; the process' memory and its open files are looked at all along and must not grow: in the last quarter of the time against
 * the second, the most memory and the fewest files (some are open while they are written, and a file that is never closed shows in the fewest). Exit
 * 0, 1 where something failed or grew, 2 for usage.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "soak.h"

enum { MOST_SAMPLES = 20000, QUARTERS = 4, TELL_EVERY = 60, ROOM_TO_GROW_KIB = 4096, HANG_SECONDS = 600 };

_Atomic bool soak_stop;
static char folder[] = "/tmp/systole_soak_XXXXXX";

#define RESNET "build/examples/resnet8.onnx"
#define TRANSFORMER "build/examples/transformer.onnx"
static struct worker workers[] = {
    {.name = "inference on the RTL", .round = round_inference, .reference = "cpu", .device = "sim:4x4", .model = TRANSFORMER, .seed = 1},
    {.name = "inference on the HLS C", .round = round_inference, .reference = "cpu", .device = "hls:4x4", .model = RESNET, .seed = 2},
    {.name = "inference on another HLS C", .round = round_inference, .reference = "cpu,precision=x1", .device = "hls:4x4,precision=x1",
     .model = TRANSFORMER, .seed = 3},
    {.name = "inference on the cpu", .round = round_inference, .reference = "cpu", .device = "cpu,threads=2", .model = RESNET, .seed = 4},
    {.name = "training on the RTL", .round = round_training, .device = "sim:4x4", .seed = 5},
    {.name = "training on the HLS C", .round = round_training, .device = "hls:4x4", .seed = 6},
    {.name = "training on the cpu", .round = round_training, .device = "cpu,threads=2", .seed = 7},
    {.name = "files", .round = round_files, .device = "hls:4x4", .model = RESNET, .seed = 8},
    {.name = "failures", .round = round_failures, .device = "sim:4x4", .model = TRANSFORMER, .seed = 9},
};
enum { WORKERS = sizeof workers / sizeof *workers };

static void *work(void *user)
{
    struct worker *w = user;
    while (!soak_stop) {
        if (!w->round(w)) {
            w->failed = true;
            soak_stop = true;
            break;
        }
        w->rounds++;
    }
    return NULL;
}

/* ---- what the process holds ---- */

struct sample {
    double at;
    long kib;
    int files;
};

static long resident_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*d %ld", &pages) != 1)
        pages = -1;
    if (f)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int open_files(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    for (const struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The most memory, the fewest files. */
static void look_at(const struct sample *s, int n, double span, int quarter, long *kib, int *files)
{
    *kib = 0;
    *files = INT_MAX;
    for (int i = 0; i < n; i++) {
        const int in = (int)(s[i].at * QUARTERS / span);
        if ((in < QUARTERS ? in : QUARTERS - 1) != quarter)
            continue;
        *kib = s[i].kib > *kib ? s[i].kib : *kib;
        *files = s[i].files < *files ? s[i].files : *files;
    }
}

/* ---- the course ---- */

static bool watch(double span, struct sample *samples, int *n)
{
    const double begin = now();
    double told = begin, looked = begin;
    while (!soak_stop && now() - begin < span) {
        const struct timespec pause = {.tv_nsec = 500000000};
        nanosleep(&pause, NULL);
        if (*n < MOST_SAMPLES)
            samples[(*n)++] = (struct sample){now() - begin, resident_kib(), open_files()};
        if (now() - told >= TELL_EVERY) {
            told = now();
            printf("%6.0f s: %ld KiB, %d files\n", told - begin, samples[*n - 1].kib, samples[*n - 1].files);
            fflush(stdout);
        }
        if (now() - looked < HANG_SECONDS)
            continue;
        looked = now();
        for (unsigned i = 0; i < WORKERS; i++) {
            if (workers[i].mark == workers[i].rounds) {
                printf("%s: no round ended in %d seconds\n", workers[i].name, HANG_SECONDS);
                return false;
            }
            workers[i].mark = workers[i].rounds;
        }
    }
    return true;
}

static bool write_report(const char *path, double minutes, uint64_t rounds, unsigned failed, const long kib[QUARTERS], const int files[QUARTERS])
{
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    const char *const row = "%s{\"claim\": \"%s\", \"value\": %.1f, \"unit\": \"%s\", \"bound\": %.1f, \"sense\": \"%s\", \"command\": \"make soak\"}";
    fprintf(f, row, "[", "soak: time", minutes, "minutes", 0.0, "min");
    fprintf(f, row, ",\n ", "soak: rounds compared with the cpu, equal", (double)rounds, "rounds", 1.0, "min");
    fprintf(f, row, ",\n ", "soak: workers that failed", (double)failed, "workers", 0.0, "max");
    fprintf(f, row, ",\n ", "soak: resident memory, last quarter over second", (double)(kib[3] - kib[1]), "KiB", (double)ROOM_TO_GROW_KIB, "max");
    fprintf(f, row, ",\n ", "soak: open files, last quarter over second", (double)(files[3] - files[1]), "files", 0.0, "max");
    fprintf(f, "]\n");
    return fclose(f) == 0;
}

static int judge(double span, const struct sample *samples, int n, bool alive, const char *report)
{
    long kib[QUARTERS];
    int files[QUARTERS];
    unsigned failed = 0;
    uint64_t rounds = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        rounds += workers[i].rounds;
        failed += workers[i].failed;
        printf("%-28s %-24s %8" PRIu64 " rounds%s%s\n", workers[i].name, workers[i].device, (uint64_t)workers[i].rounds, workers[i].failed ? "  FAILED: " : "",
               workers[i].why);
    }
    for (int q = 0; q < QUARTERS; q++) {
        look_at(samples, n, span, q, &kib[q], &files[q]);
        printf("quarter %d: at most %ld KiB, at least %d files\n", q + 1, kib[q], files[q]);
    }
    const bool flat = kib[3] <= kib[1] + ROOM_TO_GROW_KIB && files[3] <= files[1];
    if (!flat)
        printf("memory or files grew\n");
    const bool written = write_report(report, span / 60, rounds, failed, kib, files);
    printf("soak: %d passed, %u failed, 0 skipped\n", (int)WORKERS - (int)failed, failed + !flat + !alive);
    return failed || !flat || !alive || !written;
}

int main(int argc, char **argv)
{
    static struct sample samples[MOST_SAMPLES];
    pthread_t threads[WORKERS];
    char command[64];
    int n = 0;
    const double minutes = argc == 3 ? strtod(argv[1], NULL) : 0;
    if (minutes <= 0 || !mkdtemp(folder)) {
        fprintf(stderr, "usage: soak MINUTES REPORT\n");
        return 2;
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].folder = folder;
        if (systole_context_create(NULL, &workers[i].ctx) || pthread_create(&threads[i], NULL, work, &workers[i]) != 0) {
            fprintf(stderr, "soak: no thread\n");
            return 2;
        }
    }
    const bool alive = watch(minutes * 60, samples, &n);
    soak_stop = true;
    if (!alive)
        return judge(minutes * 60, samples, n, alive, argv[2]); /* a thread that hangs cannot be waited for */
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    const int code = judge(minutes * 60, samples, n, alive, argv[2]);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) || code;
}
