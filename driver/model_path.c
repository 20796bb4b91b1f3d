/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "model_path.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SYSTOLE_LIBDIR
#define SYSTOLE_LIBDIR "/usr/local/lib/systole"
#endif

/* ---- names ---- */

/* A decimal number of up to five digits without sign; 0 when there is none. Moves *p behind it. */
static uint32_t parse_number(const char **p)
{
    const size_t n = strspn(*p, "0123456789");
    uint32_t value = 0;
    for (size_t i = 0; i < n && n <= 5; i++)
        value = 10 * value + (uint32_t)((*p)[i] - '0');
    *p += n;
    return value;
}

/* "_has_fp0" becomes " HAS_FP=0". Returns what follows, NULL when it is not of that form. */
static const char *parse_parameter(const char *p, char *out, size_t room)
{
    if (*p++ != '_')
        return NULL;
    const size_t name = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
    const size_t digits = strspn(p + name, "0123456789");
    if (name == 0 || digits == 0 || name + digits + 3 > room)
        return NULL;
    *out++ = ' ';
    for (size_t i = 0; i < name; i++)
        *out++ = (char)(p[i] == '_' ? '_' : p[i] - 'a' + 'A');
    *out++ = '=';
    memcpy(out, p + name, digits);
    out[digits] = '\0';
    return p + name + digits;
}

enum systole_status model_configuration_parse(const char *name, struct model_configuration *out, struct driver_message *why)
{
    struct model_configuration c;
    const char *p = name;
    c.rows = parse_number(&p);
    const bool crossed = *p == 'x';
    p += crossed;
    c.cols = crossed ? parse_number(&p) : 0;
    size_t used = (size_t)snprintf(c.make, sizeof c.make, "ROWS=%u COLS=%u", (unsigned)c.rows, (unsigned)c.cols);
    while (crossed && p && *p != '\0') {
        p = parse_parameter(p, c.make + used, sizeof c.make - used);
        used = strlen(c.make);
    }
    if (!crossed || !p)
        return driver_fail(why, SYSTOLE_BAD_DEVICE,
                           "\"%s\" is no configuration: rows, 'x' and columns, as 16x16, then _name<number> for each "
                           "parameter that is not the default, as 16x16_has_fp0", name);
    if (c.rows < SYSTOLE_MIN_DIM || c.rows > SYSTOLE_MAX_DIM || c.cols < SYSTOLE_MIN_DIM || c.cols > SYSTOLE_MAX_DIM)
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "configuration \"%s\": rows and columns are %d to %d", name,
                           SYSTOLE_MIN_DIM, SYSTOLE_MAX_DIM);
    *out = c;
    return SYSTOLE_OK;
}

/* ---- directories ---- */

/* Cuts the file's name off; "." when there is only that. */
static void to_directory(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = '\0';
    else
        strcpy(path, ".");
}

static bool executable_directory(char path[MODEL_PATH_BYTES])
{
    const ssize_t n = readlink("/proc/self/exe", path, MODEL_PATH_BYTES - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    to_directory(path);
    return true;
}

/* Of the shared library that this code is in; of the executable as it was called, where it is linked into that. */
static bool library_directory(char path[MODEL_PATH_BYTES])
{
    static const char here;
    Dl_info info;
    if (dladdr(&here, &info) == 0 || !info.dli_fname || strlen(info.dli_fname) >= MODEL_PATH_BYTES)
        return false;
    strcpy(path, info.dli_fname);
    to_directory(path);
    return true;
}

/* Of that library's file itself, where the loader found a link to it in another directory: libblas.so.3 is one. */
static bool linked_directory(char path[MODEL_PATH_BYTES])
{
    static const char here;
    char as_named[PATH_MAX], linked[PATH_MAX];
    Dl_info info;
    if (dladdr(&here, &info) == 0 || !info.dli_fname || info.dli_fname[0] != '/' || strlen(info.dli_fname) >= MODEL_PATH_BYTES)
        return false;
    strcpy(path, info.dli_fname);
    to_directory(path);
    if (!realpath(path, as_named) || !realpath(info.dli_fname, linked))
        return false;
    to_directory(linked);
    strcpy(path, linked);
    return strcmp(as_named, linked) != 0;
}

static bool visit_format(model_path_visit *visit, void *user, const char *format, const char *base, const char *kind)
{
    char directory[MODEL_PATH_BYTES];
    const size_t n = (size_t)snprintf(directory, sizeof directory, "%s%s%s", base, format, kind);
    return n < sizeof directory && visit(user, directory);
}

/* In the build tree a program is in build/, in a folder of build/, or beside build/; installed it is in bin/ or lib/, or in a
 * folder of lib/ that is named after the machine. */
static bool visit_around(const char *base, const char *kind, model_path_visit *visit, void *user)
{
    return visit_format(visit, user, "/", base, kind) || visit_format(visit, user, "/../", base, kind) ||
           visit_format(visit, user, "/../build/", base, kind) || visit_format(visit, user, "/systole", base, "") ||
           visit_format(visit, user, "/../lib/systole", base, "");
}

static bool visit_listed(const char *list, model_path_visit *visit, void *user)
{
    for (const char *p = list; p && *p != '\0';) {
        char directory[MODEL_PATH_BYTES];
        const size_t n = strcspn(p, ":");
        if (n > 0 && n < sizeof directory) {
            memcpy(directory, p, n);
            directory[n] = '\0';
            if (visit(user, directory))
                return true;
        }
        p += n + (p[n] == ':');
    }
    return false;
}

bool model_path_each(const char *kind, model_path_visit *visit, void *user)
{
    char executable[MODEL_PATH_BYTES], library[MODEL_PATH_BYTES], linked[MODEL_PATH_BYTES];
    if (visit_listed(getenv("SYSTOLE_LIBRARY_PATH"), visit, user))
        return true;
    const bool has_executable = executable_directory(executable);
    /* Installed, the BLAS provider and the plug-in for ONNX Runtime lie among the devices: their own directories count too. */
    if (library_directory(library)) {
        /* The loader names the executable as it was called, perhaps relative to a directory that was left since. */
        const bool is_relative = library[0] != '/';
        if (!(has_executable && (is_relative || strcmp(library, executable) == 0)) &&
            (visit(user, library) || visit_around(library, kind, visit, user)))
            return true;
    }
    if (linked_directory(linked) && (visit(user, linked) || visit_around(linked, kind, visit, user)))
        return true;
    if (has_executable && visit_around(executable, kind, visit, user))
        return true;
    return visit(user, SYSTOLE_LIBDIR);
}

/* ---- files ---- */

struct search {
    const char *kind, *name;
    char path[MODEL_PATH_BYTES];
    struct driver_message *why; /* gets the directories; or NULL */
    const char *until;          /* the search ends at this directory, or NULL */
};

static bool look_in(void *user, const char *directory)
{
    struct search *s = user;
    if (s->until && strcmp(s->until, directory) == 0)
        return true;
    const int n = snprintf(s->path, sizeof s->path, "%s/libsystole_%s%s%s.so", directory, s->kind, s->name ? "_" : "",
                           s->name ? s->name : "");
    if (n > 0 && (size_t)n < sizeof s->path && access(s->path, F_OK) == 0)
        return true;
    s->path[0] = '\0';
    if (s->why)
        driver_add(s->why, "\n  %s", directory);
    return false;
}

enum systole_status model_path_find(const char *kind, const char *name, char path[MODEL_PATH_BYTES], struct driver_message *why)
{
    struct model_configuration c;
    const enum systole_status status = model_configuration_parse(name, &c, why);
    if (status != SYSTOLE_OK)
        return status;
    struct search s = {.kind = kind, .name = name, .why = why};
    driver_fail(why, SYSTOLE_NOT_FOUND, "libsystole_%s_%s.so was not found; `make %s %s` builds it. Looked in", kind, name, kind,
                c.make);
    if (!model_path_each(kind, look_in, &s))
        return SYSTOLE_NOT_FOUND;
    why->text[0] = '\0';
    memcpy(path, s.path, MODEL_PATH_BYTES);
    return SYSTOLE_OK;
}

enum systole_status model_path_find_any(const char *kind, char path[MODEL_PATH_BYTES], struct driver_message *why)
{
    struct search s = {.kind = kind, .why = why};
    driver_fail(why, SYSTOLE_NOT_FOUND, "libsystole_%s.so was not found; `make %s` builds it. Looked in", kind, kind);
    if (!model_path_each(kind, look_in, &s))
        return SYSTOLE_NOT_FOUND;
    why->text[0] = '\0';
    memcpy(path, s.path, MODEL_PATH_BYTES);
    return SYSTOLE_OK;
}

enum systole_status systole_library_find(const char *kind, char *path, size_t room, char *message, size_t message_size)
{
    char found[MODEL_PATH_BYTES];
    struct driver_message why = {.text = ""};
    enum systole_status status = kind && path ? model_path_find_any(kind, found, &why) : SYSTOLE_BAD_ARGUMENT;
    if (!status && strlen(found) >= room)
        status = driver_fail(&why, SYSTOLE_BAD_ARGUMENT, "the path of libsystole_%s.so has %zu characters, room for %zu", kind,
                             strlen(found), room);
    if (!status)
        strcpy(path, found);
    if (message && message_size)
        snprintf(message, message_size, "%s", why.text);
    return status;
}

struct listing {
    const char *kind;
    void (*found)(void *user, const char *name, const char *path);
    void *user;
    size_t count;
};

/* Whether the search for a configuration would end in an earlier directory. */
static bool is_hidden(const struct listing *l, const char *directory, const char *name)
{
    struct search s = {.kind = l->kind, .name = name, .until = directory};
    return model_path_each(l->kind, look_in, &s) && s.path[0] != '\0';
}

static bool list_directory(void *user, const char *directory)
{
    struct listing *l = user;
    char prefix[32], name[256], path[MODEL_PATH_BYTES];
    const size_t start = (size_t)snprintf(prefix, sizeof prefix, "libsystole_%s_", l->kind);
    DIR *d = opendir(directory);
    if (!d)
        return false;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        const size_t length = strlen(e->d_name);
        struct driver_message unused;
        struct model_configuration c;
        if (strncmp(e->d_name, prefix, start) != 0 || length <= start + 3 || length - start - 3 >= sizeof name ||
            strcmp(e->d_name + length - 3, ".so") != 0)
            continue;
        memcpy(name, e->d_name + start, length - start - 3);
        name[length - start - 3] = '\0';
        const int n = snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        if (n < 0 || (size_t)n >= sizeof path || model_configuration_parse(name, &c, &unused) != SYSTOLE_OK ||
            is_hidden(l, directory, name))
            continue;
        l->found(l->user, name, path);
        l->count++;
    }
    closedir(d);
    return false;
}

size_t model_path_list(const char *kind, void (*found)(void *user, const char *name, const char *path), void *user)
{
    struct listing l = {kind, found, user, 0};
    model_path_each(kind, list_directory, &l);
    return l.count;
}
