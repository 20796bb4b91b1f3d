/* SPDX-License-Identifier: Apache-2.0 */
/* The device: opened when it is first needed, used by one thread at a time, replaced by the cpu - the same bits - where it fails.
 */
#include "host/blas/blas.h"
#include "systole_multiply.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct systole_context *context;
static struct systole_multiplier *device, *cpu;
static bool device_refused, exact;
static uint64_t on_cpu, calls_done, calls_passed;
static uint64_t products_of_call;

bool blas_takes(double multiplications)
{
    return blas_settings.device[0] && multiplications >= blas_settings.least;
}

void blas_begin(bool is_exact)
{
    pthread_mutex_lock(&lock);
    exact = is_exact;
    products_of_call = 0;
}

void blas_end(void)
{
    pthread_mutex_unlock(&lock);
}

static struct systole_multiplier *open_one(const char *name)
{
    struct systole_multiplier *m = NULL;
    if (!context && systole_context_create(NULL, &context)) {
        blas_say("no memory");
        return NULL;
    }
    if (systole_multiplier_create(context, name, &m))
        blas_say("%s: %s", name, systole_context_detail(context));
    return m;
}

/* Without a device named, what cannot be passed on is the cpu's. */
static const char *device_name(void)
{
    return blas_settings.device[0] ? blas_settings.device : "cpu";
}

static bool run(struct systole_multiplier *m, const struct systole_product *p)
{
    if (!m)
        return false;
    const enum systole_status status = systole_multiply(m, p);
    if (status)
        blas_say("a product of %lld x %lld x %lld: %s", (long long)p->m, (long long)p->n, (long long)p->k,
                 systole_context_detail(context));
    return status == SYSTOLE_OK;
}

/* The passes of the device's string, so that the cpu takes as many. */
static enum systole_precision precision_of_string(void)
{
    const char *const at = strstr(blas_settings.device, ",precision=x");
    const char digit = at ? at[strlen(",precision=x")] : '6';
    return digit == '1' ? SYSTOLE_X1 : digit == '3' ? SYSTOLE_X3 : SYSTOLE_X6;
}

bool blas_product(int64_t m, int64_t n, int64_t k, float alpha, struct blas_view a, struct blas_view b, float beta,
                  struct blas_view c)
{
    struct systole_product p = {.size = sizeof p, .m = m, .n = n, .k = k, .alpha = alpha, .beta = beta,
                                .a = {a.data, a.row, a.column}, .b = {b.data, b.row, b.column},
                                .c = c.data, .c_row = c.row, .c_column = c.column};
    p.precision = exact                     ? SYSTOLE_X1
                  : blas_settings.precision ? (enum systole_precision)blas_settings.precision
                                            : precision_of_string();
    products_of_call++;
    if (!device && !device_refused) {
        device = open_one(device_name());
        device_refused = !device;
        if (device_refused)
            blas_say("products run on the cpu instead, with the same bits");
    }
    if (run(device, &p))
        return true;
    on_cpu++;
    if (!cpu)
        cpu = open_one(strstr(device_name(), ",precision=f32") ? "cpu,precision=f32" : "cpu");
    return run(cpu, &p);
}

void blas_note(const struct blas_args *x, enum blas_routine routine, enum blas_outcome outcome)
{
    static const char *const names[] = {"gemm", "gemmtr", "symm", "syrk", "syr2k", "trmm", "trsm"};
    pthread_mutex_lock(&lock);
    const uint64_t products = products_of_call;
    *(outcome == BLAS_DONE ? &calls_done : &calls_passed) += 1;
    pthread_mutex_unlock(&lock);
    if (blas_settings.verbose < 2)
        return;
    char where[600] = "passed on";
    if (outcome == BLAS_DONE)
        snprintf(where, sizeof where, "%llu products on %s", (unsigned long long)products, device_name());
    blas_say("s%s%s side=%c uplo=%c trans=%c%c diag=%c m=%d n=%d k=%d alpha=%g beta=%g: %s", names[routine],
             x->row_major ? " by rows" : "", x->side ? 'R' : 'L', x->uplo ? 'L' : 'U', x->ta ? 'T' : 'N', x->tb ? 'T' : 'N',
             x->diag ? 'U' : 'N', x->m, x->n, x->k, (double)x->alpha, (double)x->beta, where);
}

static void say_totals(void)
{
    struct systole_totals t = {.size = sizeof t};
    if (device)
        systole_multiplier_totals(device, &t);
    blas_say("%llu calls on %s: %llu products, %llu multiply-adds, %llu cycles; %llu products on the cpu instead, "
             "%llu with an infinity or a NaN; %llu calls passed on",
             (unsigned long long)calls_done, blas_settings.device[0] ? blas_settings.device : "no device",
             (unsigned long long)t.runs, (unsigned long long)t.macs, (unsigned long long)t.cycles, (unsigned long long)on_cpu,
             (unsigned long long)t.special, (unsigned long long)calls_passed);
}

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void start(void)
{
    blas_read_settings();
    blas_find_next();
    pthread_atfork(before_fork, after_fork, after_fork);
}

__attribute__((destructor)) static void stop(void)
{
    if (blas_settings.verbose)
        say_totals();
    systole_multiplier_free(device);
    systole_multiplier_free(cpu);
    systole_context_free(context);
}
