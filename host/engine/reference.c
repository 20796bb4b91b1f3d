/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other people's products as engines: OpenBLAS and oneDNN, found at run time. fp32 sums are in the library's own order, so results
 * differ in their last bits from those of every other engine; that is what they are for. int8 is exact (OpenBLAS: as doubles).
 * A convolution is a product with the pixels laid out as a matrix.
 */
#include "host/engine/reference.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/cpu.h"
#include "host/engine/library.h"
#include "host/ref/chain.h"

typedef void sgemm_fn(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                      float beta, float *c, int ldc);
typedef void dgemm_fn(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb,
                      double beta, double *c, int ldc);
typedef int dnnl_sgemm_fn(char ta, char tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda, const float *b,
                          int64_t ldb, float beta, float *c, int64_t ldc);
typedef int dnnl_i8_fn(char ta, char tb, char offset, int64_t m, int64_t n, int64_t k, float alpha, const void *a, int64_t lda,
                       int8_t a_zero, const int8_t *b, int64_t ldb, int8_t b_zero, float beta, int32_t *c, int64_t ldc,
                       const int32_t *c_offset);
typedef void threads_fn(int n);

enum { ROW_MAJOR = 101, NO_TRANS = 111, TRANS = 112 };

struct reference {
    void *library;
    int threads;
    threads_fn *set_threads;
    sgemm_fn *sgemm;
    dgemm_fn *dgemm;
    dnnl_sgemm_fn *dnnl_sgemm;
    dnnl_i8_fn *dnnl_s8, *dnnl_u8;
};

/* ---- operands as the libraries take them: rows or columns together ---- */

struct matrix {
    const void *data;
    int64_t stride;
    bool trans;
    void *memory; /* where it had to be gathered */
};

static bool is_dense(const struct sy_factor *f, int64_t rows, int64_t cols)
{
    return (f->column == 1 && f->row >= cols) || (f->row == 1 && f->column >= rows);
}

static bool as_matrix(const struct sy_factor *f, int64_t rows, int64_t cols, bool f32, struct matrix *m)
{
    if (is_dense(f, rows, cols)) {
        const bool trans = f->column != 1 || f->row < cols;
        *m = (struct matrix){f->data, trans ? f->column : f->row, trans, NULL};
        return true;
    }
    void *memory = sy_alloc((size_t)rows, (size_t)cols * (f32 ? sizeof(float) : 1));
    for (int64_t r = 0; memory && r < rows; r++)
        for (int64_t c = 0; c < cols; c++) {
            const int64_t from = r * f->row + c * f->column, to = r * cols + c;
            if (f32)
                ((float *)memory)[to] = ((const float *)f->data)[from];
            else
                ((uint8_t *)memory)[to] = ((const uint8_t *)f->data)[from];
        }
    *m = (struct matrix){memory, cols, false, memory};
    return memory != NULL;
}

static enum systole_status refused(struct systole_context *ctx, const struct sy_gemm *g)
{
    return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "a product of %lld x %lld x %lld is too large for this library", (long long)g->m,
                   (long long)g->n, (long long)g->k);
}

static enum systole_status multiply_f32(const struct reference *r, struct systole_context *ctx, const struct sy_gemm *g)
{
    struct matrix a = {0}, b = {0};
    enum systole_status status = SYSTOLE_OK;
    if (!as_matrix(&g->a, g->m, g->k, true, &a) || !as_matrix(&g->b, g->k, g->n, true, &b))
        status = sy_no_memory(ctx);
    else if (r->sgemm && (g->m > INT_MAX || g->n > INT_MAX || g->k > INT_MAX || a.stride > INT_MAX || b.stride > INT_MAX))
        status = refused(ctx, g);
    else if (r->sgemm)
        r->sgemm(ROW_MAJOR, a.trans ? TRANS : NO_TRANS, b.trans ? TRANS : NO_TRANS, (int)g->m, (int)g->n, (int)g->k, 1, a.data,
                 (int)a.stride, b.data, (int)b.stride, 1, g->c, (int)g->n);
    else if (r->dnnl_sgemm(a.trans ? 'T' : 'N', b.trans ? 'T' : 'N', g->m, g->n, g->k, 1, a.data, a.stride, b.data, b.stride, 1, g->c,
                           g->n))
        status = refused(ctx, g);
    if (!status)
        sy_canonical_f32(g->c, g->m * g->n);
    sy_free(a.memory);
    sy_free(b.memory);
    return status;
}

/* B of oneDNN is signed: unsigned bytes are 128 less, and so is their zero point. */
static bool make_signed(struct matrix *b, int64_t rows, int64_t cols)
{
    const int64_t outer = b->trans ? cols : rows, inner = b->trans ? rows : cols;
    int8_t *to = sy_alloc((size_t)outer, (size_t)inner);
    for (int64_t i = 0; to && i < outer; i++)
        for (int64_t k = 0; k < inner; k++)
            to[i * inner + k] = (int8_t)(((const uint8_t *)b->data)[i * b->stride + k] ^ 0x80);
    sy_free(b->memory);
    *b = (struct matrix){to, inner, b->trans, to};
    return to != NULL;
}

static enum systole_status multiply_dnnl_i8(const struct reference *r, struct systole_context *ctx, const struct sy_gemm *g)
{
    static const int32_t none = 0;
    struct matrix a = {0}, b = {0};
    enum systole_status status = SYSTOLE_OK;
    if (!as_matrix(&g->a, g->m, g->k, false, &a) || !as_matrix(&g->b, g->k, g->n, false, &b) ||
        (g->b.is_unsigned && !make_signed(&b, g->k, g->n)))
        status = sy_no_memory(ctx);
    else if ((g->a.is_unsigned ? r->dnnl_u8 : r->dnnl_s8)(a.trans ? 'T' : 'N', b.trans ? 'T' : 'N', 'F', g->m, g->n, g->k, 1, a.data,
                                                          a.stride, (int8_t)g->a.zero, b.data, b.stride,
                                                          (int8_t)(g->b.zero - (g->b.is_unsigned ? 128 : 0)), 1, g->c, g->n, &none))
        status = refused(ctx, g);
    sy_free(a.memory);
    sy_free(b.memory);
    return status;
}

static double *as_doubles(const struct sy_factor *f, int64_t rows, int64_t cols)
{
    double *to = sy_alloc((size_t)rows, (size_t)cols * sizeof *to);
    for (int64_t r = 0; to && r < rows; r++)
        for (int64_t c = 0; c < cols; c++) {
            const int64_t at = r * f->row + c * f->column;
            to[r * cols + c] = (f->is_unsigned ? ((const uint8_t *)f->data)[at] : ((const int8_t *)f->data)[at]) - f->zero;
        }
    return to;
}

/* Exact: |sum| stays below 2^53 for any k that memory has room for. */
static enum systole_status multiply_blas_i8(const struct reference *r, struct systole_context *ctx, const struct sy_gemm *g)
{
    if (g->m > INT_MAX || g->n > INT_MAX || g->k > INT_MAX)
        return refused(ctx, g);
    double *a = as_doubles(&g->a, g->m, g->k), *b = as_doubles(&g->b, g->k, g->n), *c = sy_alloc((size_t)g->m, (size_t)g->n * sizeof *c);
    const bool whole = a && b && c;
    if (whole)
        r->dgemm(ROW_MAJOR, NO_TRANS, NO_TRANS, (int)g->m, (int)g->n, (int)g->k, 1, a, (int)g->k, b, (int)g->n, 0, c, (int)g->n);
    for (int64_t i = 0; whole && i < g->m * g->n; i++)
        ((uint32_t *)g->c)[i] += (uint32_t)(int64_t)c[i];
    sy_free(a);
    sy_free(b);
    sy_free(c);
    return whole ? SYSTOLE_OK : sy_no_memory(ctx);
}

static enum systole_status reference_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    const struct reference *r = e->own;
    if (r->set_threads)
        r->set_threads(r->threads);
    if (g->f32)
        return multiply_f32(r, ctx, g);
    return r->dgemm ? multiply_blas_i8(r, ctx, g) : multiply_dnnl_i8(r, ctx, g);
}

/* ---- convolutions ---- */

enum { AT_A_TIME = 48 }; /* pixels */

/* Pixels of an image and group as a matrix: rows (kernel row, kernel column, channel), columns pixels; padding is 0, or the zero point. */
static void lay_out(const struct sy_pixels *p, bool f32, int64_t k, int64_t pixels, void *to, void *some)
{
    const size_t size = f32 ? sizeof(float) : 1;
    for (int64_t first = 0; first < pixels; first += AT_A_TIME) {
        const int lanes = pixels - first < AT_A_TIME ? (int)(pixels - first) : AT_A_TIME;
        if (f32)
            sy_pixels_f32(p, first, lanes, 0, k, AT_A_TIME, some, NULL);
        else
            sy_pixels_i8(p, first, lanes, 0, k, AT_A_TIME, some);
        for (int64_t i = 0; i < k; i++)
            memcpy((char *)to + (size_t)(i * pixels + first) * size, (const char *)some + (size_t)(i * AT_A_TIME) * size,
                   (size_t)lanes * size);
    }
}

enum systole_status sy_reference_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j)
{
    const struct sy_conv2d *v = j->v;
    const int64_t k = v->c * v->kh * v->kw, pixels = v->p * v->q, area = v->h * v->w;
    const size_t size = j->f32 ? sizeof(float) : 1;
    char *weights = sy_alloc((size_t)(v->m * k), size), *matrix = sy_alloc((size_t)k, (size_t)pixels * size);
    char *some = sy_alloc((size_t)k, AT_A_TIME * size);
    enum systole_status status = weights && matrix && some ? SYSTOLE_OK : sy_no_memory(ctx);
    if (!status)
        sy_conv_start(j);
    for (int64_t i = 0; i < v->batch * v->groups && !status; i++) {
        const int64_t group = i % v->groups;
        const struct sy_pixels p = {v, (const char *)j->x.data + (size_t)(i * v->c * area) * size, j->x.zero};
        const struct sy_gemm g = {.m = v->m, .n = pixels, .k = k, .f32 = j->f32,
                                  .a = {weights, k, 1, j->w.is_unsigned, j->w.zero},
                                  .b = {matrix, pixels, 1, j->x.is_unsigned, j->x.zero},
                                  .c = (uint32_t *)j->y + i * v->m * pixels};
        sy_order_weights(v, (const char *)j->w.data + (size_t)(group * v->m * k) * size, weights, size);
        lay_out(&p, j->f32, k, pixels, matrix, some);
        if (k > 0)
            status = e->ops->gemm(e, ctx, &g);
    }
    sy_free(weights);
    sy_free(matrix);
    sy_free(some);
    return status;
}

/* ---- finding the library ---- */

static void reference_close(struct sy_engine *e)
{
    struct reference *r = e->own;
    if (r && r->library)
        dlclose(r->library);
    sy_free(r);
    e->own = NULL;
}

static const struct sy_engine_ops reference_ops = {.gemm = reference_gemm, .conv = sy_reference_conv, .close = reference_close};

int sy_reference_threads(const struct sy_engine *e)
{
    return e->ops == &reference_ops ? ((const struct reference *)e->own)->threads : 0;
}

static const char *const blas_names[] = {"libopenblas.so.0", "libopenblas.so"};
static const char *const dnnl_names[] = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"};

static bool find_blas(struct reference *r)
{
    sy_library_find(r->library, "openblas_set_num_threads", &r->set_threads);
    return sy_library_find(r->library, "cblas_sgemm", &r->sgemm) && sy_library_find(r->library, "cblas_dgemm", &r->dgemm);
}

static bool find_dnnl(struct reference *r)
{
    sy_library_find(r->library, "omp_set_num_threads", &r->set_threads);
    return sy_library_find(r->library, "dnnl_sgemm", &r->dnnl_sgemm) && sy_library_find(r->library, "dnnl_gemm_s8s8s32", &r->dnnl_s8) &&
           sy_library_find(r->library, "dnnl_gemm_u8s8s32", &r->dnnl_u8);
}

static const struct {
    const char *name, *package;
    const char *const *files;
    size_t count;
    bool (*find)(struct reference *r);
} libraries[] = {
    [SY_OPENBLAS] = {"openblas", "libopenblas0-pthread", blas_names, sizeof blas_names / sizeof *blas_names, find_blas},
    [SY_ONEDNN] = {"onednn", "libdnnl2", dnnl_names, sizeof dnnl_names / sizeof *dnnl_names, find_dnnl},
};

bool sy_reference_is_here(enum sy_reference which)
{
    void *library = sy_library_open(libraries[which].files, libraries[which].count);
    if (library)
        dlclose(library);
    return library != NULL;
}

static enum systole_status open_reference(struct sy_engine *e, struct systole_context *ctx, const char *options, enum sy_reference which)
{
    const char *name = libraries[which].name;
    long threads = sy_pool_cores();
    char *end = NULL;
    if (strncmp(options, ",threads=", 9) == 0)
        threads = strtol(options + 9, &end, 10);
    if (*(end ? end : options) != '\0' || threads < 1 || threads > 256)
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "%s: options '%s': there is threads=1 to 256", name, options);
    if (e->precision_given && e->precision != SY_F32)
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "%s: it multiplies fp32 as it is, in its own order; leave precision out", name);
    struct reference *r = sy_alloc(1, sizeof *r);
    if (!r)
        return sy_no_memory(ctx);
    e->own = r;
    e->ops = &reference_ops;
    e->precision = SY_F32;
    r->threads = (int)threads;
    r->library = sy_library_open(libraries[which].files, libraries[which].count);
    if (r->library && libraries[which].find(r))
        return SYSTOLE_OK;
    const enum systole_status status =
        sy_fail(ctx, SYSTOLE_NOT_FOUND, "%s: %s %s; the Debian package is %s", name, libraries[which].files[0],
                r->library ? "lacks a function that is needed" : "was not found", libraries[which].package);
    reference_close(e);
    return status;
}

enum systole_status sy_engine_open_openblas(struct sy_engine *e, struct systole_context *ctx, const char *options)
{
    return open_reference(e, ctx, options, SY_OPENBLAS);
}

enum systole_status sy_engine_open_onednn(struct sy_engine *e, struct systole_context *ctx, const char *options)
{
    return open_reference(e, ctx, options, SY_ONEDNN);
}
