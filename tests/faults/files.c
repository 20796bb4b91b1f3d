/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks that are full, memory that is refused. A disk of n bytes is a limit on the size of files, for a process of its own; the same with
 * /dev/full. The file that was there before must be there afterwards, nothing else beside it, and the failure must be told.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "host/core/alloc.h"

/* ---- what is written ---- */

bool files_trainer(struct systole_context *ctx, uint64_t seed, struct systole_trainer **t)
{
    struct systole_value *w = NULL;
    const int64_t dims[2] = {17, 23};
    *t = NULL;
    return !systole_trainer_create(ctx, "cpu", seed, t) && !systole_param_create(*t, "w", 2, dims, SYSTOLE_INIT_UNIFORM, 1, &w);
}

static enum systole_status write_checkpoint(struct systole_context *ctx, const char *path, uint64_t seed)
{
    struct systole_trainer *t = NULL;
    enum systole_status status = files_trainer(ctx, seed, &t) ? systole_checkpoint_write(t, path, &seed, 1) : SYSTOLE_NO_MEMORY;
    systole_trainer_free(t);
    return status;
}

static bool read_checkpoint(struct systole_context *ctx, const char *path, uint64_t *seed)
{
    struct systole_trainer *t = NULL, *want = NULL;
    bool good = files_trainer(ctx, 0, &t) && !systole_checkpoint_read(t, path, seed, 1) && files_trainer(ctx, *seed, &want);
    good = good && memcmp(systole_value_data(systole_param_at(t, 0)), systole_value_data(systole_param_at(want, 0)), 17 * 23 * sizeof(float)) == 0;
    systole_trainer_free(t);
    systole_trainer_free(want);
    return good;
}

/* A tensor whose elements are all its seed. */
static enum systole_status write_tensor(struct systole_context *ctx, const char *path, uint64_t seed)
{
    struct systole_tensor *t = NULL;
    const int64_t dims[1] = {300};
    enum systole_status status = systole_tensor_create(ctx, SYSTOLE_U64, 1, dims, NULL, &t);
    for (int64_t i = 0; i < dims[0] && !status; i++)
        ((uint64_t *)systole_tensor_data_mutable(t))[i] = seed;
    if (!status)
        status = systole_tensor_write(ctx, path, t);
    systole_tensor_free(t);
    return status;
}

static bool read_tensor(struct systole_context *ctx, const char *path, uint64_t *seed)
{
    struct systole_tensor *t = NULL;
    bool good = !systole_tensor_read(ctx, path, &t) && systole_tensor_count(t) == 300 && systole_tensor_dtype(t) == SYSTOLE_U64;
    for (int64_t i = 0; i < 300 && good; i++)
        good = ((const uint64_t *)systole_tensor_data(t))[i] == *(const uint64_t *)systole_tensor_data(t);
    if (good)
        *seed = *(const uint64_t *)systole_tensor_data(t);
    systole_tensor_free(t);
    return good;
}

/* A compiled network; its seed is in the precision that it was compiled for: x1, x3, x6. */
static const char *const session_devices[3] = {"hls:4x4,precision=x1", "hls:4x4,precision=x3", "hls:4x4,precision=x6"};

static enum systole_status write_session(struct systole_context *ctx, const char *path, uint64_t seed)
{
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    enum systole_status status = systole_model_load(ctx, "build/examples/resnet8.onnx", &model);
    if (!status)
        status = systole_session_create(ctx, model, session_devices[seed % 3], &session);
    if (!status)
        status = systole_session_save(session, path);
    systole_session_free(session);
    systole_model_free(model);
    return status;
}

static bool read_session(struct systole_context *ctx, const char *path, uint64_t *seed)
{
    for (uint64_t i = 0; i < 3; i++) {
        struct systole_session *session = NULL;
        const enum systole_status status = systole_session_load(ctx, path, session_devices[i], &session);
        systole_session_free(session);
        if (!status) {
            *seed = i;
            return true;
        }
    }
    return false;
}

const struct file_kind file_kinds[] = {
    {"a checkpoint", "c.checkpoint", 1, write_checkpoint, read_checkpoint},
    {"a tensor, .npy", "t.npy", 1, write_tensor, read_tensor},
    {"a tensor, .pb", "t.pb", 1, write_tensor, read_tensor},
    {"a compiled network", "n.sy", 40, write_session, read_session},
};
const unsigned file_kind_count = sizeof file_kinds / sizeof *file_kinds;

unsigned files_in(const char *folder)
{
    unsigned n = 0;
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

/* ---- full disks ---- */

static void limit_files(uint64_t bytes)
{
    const struct rlimit limit = {bytes, bytes};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* In a process of its own, which exits with the status. */
static int write_with(const struct file_kind *kind, const char *path, uint64_t seed, uint64_t limit)
{
    int code = -1;
    const pid_t child = fork();
    if (child == 0) {
        struct systole_context *ctx = NULL;
        limit_files(limit);
        enum systole_status status = systole_context_create(NULL, &ctx);
        if (!status)
            status = kind->write(ctx, path, seed);
        _exit(status == SYSTOLE_IO && !systole_context_detail(ctx)[0] ? 99 : (int)status);
    }
    return child > 0 && waitpid(child, &code, 0) == child && WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

/* The file of seed 1 is there; seed 2 is written onto a disk of so many bytes. */
static enum outcome fill(struct systole_context *ctx, const struct file_kind *kind, const char *path, const char *folder, uint64_t limit, bool fits,
                         char *what, size_t room)
{
    uint64_t seed = 0;
    const int status = write_with(kind, path, 2, limit);
    if (status < 0)
        return snprintf(what, room, "the process was ended by a signal"), HUNG;
    if (status != (fits ? SYSTOLE_OK : SYSTOLE_IO))
        return snprintf(what, room, "status %d", status), WRONG;
    if (!kind->read(ctx, path, &seed))
        return snprintf(what, room, "the old file is gone, and the new one not whole"), LOST;
    if (seed != (fits ? 2u : 1u))
        return snprintf(what, room, "the file is of seed %" PRIu64, seed), fits ? WRONG : LOST;
    if (files_in(folder) != 1)
        return snprintf(what, room, "%u files are left", files_in(folder)), LOST;
    return fits && kind->write(ctx, path, 1) ? WRONG : HANDLED;
}

static void fill_kind(const struct setup *s, struct tally *t, struct systole_context *ctx, const struct file_kind *kind)
{
    char path[300], what[120] = "";
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", s->folder, kind->file);
    if (kind->write(ctx, path, 1) || stat(path, &info)) {
        tally_case(t, WRONG, "%s: %s", kind->name, systole_context_detail(ctx));
        return;
    }
    const uint64_t size = (uint64_t)info.st_size, step = (size / 200 + 1) * kind->cost * s->share;
    for (uint64_t limit = 0; limit < size; limit += step)
        tally_case(t, fill(ctx, kind, path, s->folder, limit, false, what, sizeof what), "%s, %" PRIu64 " bytes free: %s", kind->name, limit, what);
    tally_case(t, fill(ctx, kind, path, s->folder, size - 1, false, what, sizeof what), "%s, a byte too few: %s", kind->name, what);
    tally_case(t, fill(ctx, kind, path, s->folder, 10 * size, true, what, sizeof what), "%s, room enough: %s", kind->name, what);
    unlink(path);
}

/* A device that takes no byte: the path is a link to it, so that the ending is right; it must still be that device. */
static void fill_device(const struct setup *s, struct tally *t, struct systole_context *ctx, const struct file_kind *kind)
{
    char path[300];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", s->folder, kind->file);
    if (symlink("/dev/full", path)) {
        tally_case(t, WRONG, "no link to /dev/full");
        return;
    }
    const enum systole_status status = kind->write(ctx, path, 1);
    const bool is_device = stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode);
    tally_case(t, !is_device ? LOST : status == SYSTOLE_IO ? HANDLED : WRONG, "%s to /dev/full: status %d", kind->name, (int)status);
    unlink(path);
}

void campaign_full_disk(const struct setup *s, struct tally *t)
{
    struct systole_context *ctx = NULL;
    if (systole_context_create(NULL, &ctx)) {
        tally_case(t, WRONG, "no context");
        return;
    }
    for (unsigned k = 0; k < file_kind_count; k++) {
        fill_kind(s, t, ctx, &file_kinds[k]);
        fill_device(s, t, ctx, &file_kinds[k]);
    }
    tally_note(t, "checkpoint, .npy, .pb, .sy");
    systole_context_free(ctx);
}

/* ---- the command ---- */

/* Exit code of the command, -1 when a signal ended it; its words go nowhere. */
static int command(const struct setup *s, const char *const *arguments, uint64_t limit)
{
    const char *argv[16] = {s->systole};
    int code = -1;
    for (unsigned i = 0; i < 14 && arguments[i]; i++)
        argv[i + 1] = arguments[i];
    const pid_t child = fork();
    if (child == 0) {
        const int nowhere = open("/dev/null", O_WRONLY);
        limit_files(limit);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        execv(s->systole, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return child > 0 && waitpid(child, &code, 0) == child && WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

static bool copy_is(const char *path, const char *text)
{
    char got[64] = "";
    FILE *f = fopen(path, "r");
    const size_t n = f ? fread(got, 1, sizeof got - 1, f) : 0;
    if (f)
        fclose(f);
    return n == strlen(text) && strcmp(got, text) == 0;
}

static bool put_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    return f && fputs(text, f) >= 0 && fclose(f) == 0;
}

/* A file that was there: without room it stays, and the exit code is that of files; with room it is replaced. */
static void try_command(const struct setup *s, struct tally *t, const char *name, const char *const *arguments, const char *path)
{
    static const uint64_t limits[] = {0, 1, 100, 1000, 4096};
    for (unsigned i = 0; i < sizeof limits / sizeof *limits; i++) {
        const bool ready = put_text(path, "what was there");
        const int code = command(s, arguments, limits[i]);
        const bool stays = copy_is(path, "what was there");
        tally_case(t, !ready || code < 0 ? HUNG : !stays ? LOST : code != 3 || files_in(s->folder) != 1 ? WRONG : HANDLED,
                   "%s, %" PRIu64 " bytes free: exit code %d, %s, %u files", name, limits[i], code, stays ? "the old file stays" : "the old file is lost",
                   files_in(s->folder));
    }
    const int code = command(s, arguments, RLIM_INFINITY);
    tally_case(t, code || copy_is(path, "what was there") ? WRONG : HANDLED, "%s, room enough: exit code %d", name, code);
    unlink(path);
}

void campaign_full_disk_command(const struct setup *s, struct tally *t)
{
    char report[300], trace[300], compiled[300], wave[300], device[400];
    snprintf(report, sizeof report, "%s/report.html", s->folder);
    snprintf(trace, sizeof trace, "%s/trace.json", s->folder);
    snprintf(compiled, sizeof compiled, "%s/network.sy", s->folder);
    snprintf(wave, sizeof wave, "%s/wave.fst", s->folder);
    snprintf(device, sizeof device, "sim:4x4,lib=%s", s->sim);
    const char *const net = "build/examples/transformer.onnx";
    const char *const with_report[] = {"run", net, "--random", "1", "--device", device, "--report", report, NULL};
    const char *const with_trace[] = {"run", net, "--random", "1", "--device", device, "--trace", trace, NULL};
    const char *const compile[] = {"compile", net, "--device", device, "--output", compiled, NULL};
    try_command(s, t, "run --report", with_report, report);
    try_command(s, t, "run --trace", with_trace, trace);
    try_command(s, t, "compile", compile, compiled);
    tally_note(t, "report, trace, compiled network");
}

/* ---- memory ---- */

/* A saved network is loaded, set, run and read with the first allocation refused, the second, ...: told each time, and then it works. */
static enum systole_status use_saved(struct systole_context *ctx, const char *path, bool *ran)
{
    struct systole_session *session = NULL;
    struct systole_value_info info = {.size = sizeof info};
    struct systole_tensor *in = NULL, *out = NULL;
    enum systole_status status = systole_session_load(ctx, path, session_devices[0], &session);
    if (!status)
        status = systole_model_input(systole_session_model(session), 0, &info);
    if (!status) {
        for (int k = 0; k < info.rank; k++)
            info.dims[k] = info.dims[k] < 0 ? 1 : info.dims[k];
        status = systole_tensor_create(ctx, info.dtype, info.rank, info.dims, NULL, &in);
    }
    if (!status)
        status = systole_session_set(session, info.name, in);
    if (!status)
        status = systole_session_run(session);
    if (!status) {
        systole_model_output(systole_session_model(session), 0, &info);
        status = systole_session_get(session, info.name, &out);
    }
    *ran = !status && out;
    systole_tensor_free(out);
    systole_tensor_free(in);
    systole_session_free(session);
    return status;
}

void campaign_no_memory(const struct setup *s, struct tally *t)
{
    struct systole_context *ctx = NULL;
    char path[300];
    bool refused = true;
    snprintf(path, sizeof path, "%s/saved.sy", s->folder);
    if (systole_context_create(NULL, &ctx) || write_session(ctx, path, 0)) {
        tally_case(t, WRONG, "nothing is saved");
        return;
    }
    uint64_t n = 1;
    for (; refused; n += s->share) {
        bool ran = false;
        sy_alloc_fail_at((long)n);
        const enum systole_status status = use_saved(ctx, path, &ran);
        refused = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        const bool good = refused ? status == SYSTOLE_NO_MEMORY : !status && ran;
        tally_case(t, good ? HANDLED : WRONG, "allocation %" PRIu64 ": status %d%s", n, (int)status, ran ? ", and it ran" : "");
    }
    tally_note(t, "%" PRIu64 " allocations", n - s->share);
    unlink(path);
    systole_context_free(ctx);
}
