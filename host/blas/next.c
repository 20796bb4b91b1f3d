/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BLAS behind this one. Every function of forward.def is a jump through a variable, so that it needs no prototype; the
 * variables are filled when the library is loaded. A function that the next BLAS does not have ends the program with its name.
 */
#define _GNU_SOURCE
#include "host/blas/blas.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#ifndef __x86_64__
#error "the jumps below are written for x86-64; another machine needs its own BLAS_FORWARD"
#endif

__attribute__((noreturn, used, visibility("hidden"))) void sy_blas_missing(const char *name);

#define BLAS_FORWARD(name)                                                    \
    extern blas_function sy_blas_missing_##name;                              \
    __attribute__((used, visibility("hidden"))) blas_function *sy_blas_next_##name = sy_blas_missing_##name; \
    __asm__(".text\n"                                                         \
            "\t.globl " #name "\n"                                            \
            "\t.type " #name ", @function\n"                                  \
            "" #name ":\n"                                                    \
            "\tendbr64\n"                                                     \
            "\tjmp *sy_blas_next_" #name "(%rip)\n"                           \
            "\t.size " #name ", . - " #name "\n"                              \
            "\t.globl sy_blas_missing_" #name "\n"                            \
            "\t.hidden sy_blas_missing_" #name "\n"                           \
            "\t.type sy_blas_missing_" #name ", @function\n"                  \
            "sy_blas_missing_" #name ":\n"                                    \
            "\tendbr64\n"                                                     \
            "\tleaq 1f(%rip), %rdi\n"                                         \
            "\tjmp sy_blas_missing\n"                                         \
            "\t.section .rodata\n"                                            \
            "1:\t.asciz \"" #name "\"\n"                                      \
            "\t.text\n");
#include "host/blas/forward.def"
#undef BLAS_FORWARD

int CBLAS_CallFromC, RowMajorStrg;

static void *handle;

enum { ROUTINES = BLAS_TRSM + 1 };
static blas_function *of_fortran[ROUTINES], *of_c[ROUTINES];

static bool is_own(const void *function)
{
    Dl_info there, here;
    return dladdr(function, &there) && dladdr(&handle, &here) && there.dli_fbase == here.dli_fbase;
}

/* A library counts as a BLAS when it has a function that this one only passes on. */
static bool accept(void *library)
{
    const void *const probe = library ? dlsym(library, "dgemm_") : NULL;
    if (probe && !is_own(probe)) {
        handle = library;
        return true;
    }
    if (library && library != RTLD_NEXT)
        dlclose(library);
    return false;
}

static bool open_path(const char *path)
{
    return accept(dlopen(path, RTLD_NOW | RTLD_LOCAL));
}

static bool find(void)
{
    static const char *const paths[] = {
        "/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3", "/usr/lib/x86_64-linux-gnu/openblas-openmp/libblas.so.3",
        "/usr/lib/x86_64-linux-gnu/openblas-serial/libblas.so.3",  "/usr/lib/x86_64-linux-gnu/blis-pthread/libblas.so.3",
        "/usr/lib/x86_64-linux-gnu/blis-openmp/libblas.so.3",      "/usr/lib/x86_64-linux-gnu/blis-serial/libblas.so.3",
        "/usr/lib/x86_64-linux-gnu/atlas/libblas.so.3",            "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3",
        "/usr/lib64/libblas.so.3",                                 "/usr/lib/libblas.so.3",
        "/usr/lib/x86_64-linux-gnu/libblas.so.3",                  "libopenblas.so.0",
    };
    if (blas_settings.next[0]) {
        if (open_path(blas_settings.next))
            return true;
        const char *const why = dlerror();
        blas_say("SYSTOLE_BLAS_NEXT=%s is no other BLAS (%s): looking for one", blas_settings.next,
                 why ? why : "it has no dgemm_");
    }
    if (accept(RTLD_NEXT))
        return true;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (open_path(paths[i]))
            return true;
    return false;
}

blas_function *blas_next(const char *name)
{
    blas_function *function = NULL;
    void *const symbol = handle ? dlsym(handle, name) : NULL;
    if (symbol && !is_own(symbol))
        memcpy(&function, &symbol, sizeof function);
    return function;
}

blas_function *blas_next_routine(enum blas_routine routine, bool from_c)
{
    return from_c ? of_c[routine] : of_fortran[routine];
}

static void find_routines(void)
{
    static const char *const fortran[] = {"sgemm_", "sgemmtr_", "ssymm_", "ssyrk_", "ssyr2k_", "strmm_", "strsm_"};
    static const char *const c[] = {"cblas_sgemm", "cblas_sgemmtr", "cblas_ssymm", "cblas_ssyrk",
                                    "cblas_ssyr2k", "cblas_strmm", "cblas_strsm"};
    for (int i = 0; i < ROUTINES; i++) {
        of_fortran[i] = blas_next(fortran[i]);
        of_c[i] = blas_next(c[i]);
    }
}

void blas_find_next(void)
{
    if (!find() && blas_settings.verbose)
        blas_say("no other BLAS was found; SYSTOLE_BLAS_NEXT names one by its path");
#define BLAS_FORWARD(name)                                    \
    {                                                         \
        blas_function *const function = blas_next(#name);     \
        if (function)                                         \
            sy_blas_next_##name = function;                   \
    }
#include "host/blas/forward.def"
#undef BLAS_FORWARD
    find_routines();
    if (blas_settings.verbose && handle)
        blas_say("the next BLAS is %s", systole_blas_next());
}

const char *systole_blas_next(void)
{
    Dl_info info;
    const void *const probe = handle ? dlsym(handle, "dgemm_") : NULL;
    return probe && dladdr(probe, &info) ? info.dli_fname : NULL;
}

void sy_blas_missing(const char *name)
{
    blas_say("%s is called, and %s; SYSTOLE_BLAS_NEXT names a BLAS by its path", name,
             handle ? "the next BLAS has no such function" : "there is no other BLAS to pass it on to");
    abort();
}
