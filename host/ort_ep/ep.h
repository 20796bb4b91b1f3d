/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The execution-provider plug-in of ONNX Runtime: docs/onnx-runtime-ep.md says what it promises.
 *
 * factory.c is what ONNX Runtime finds and asks first; settings.c reads the options of a session. graph.c reads a graph through ONNX Runtime's
 * interface, claim.c decides which nodes are ours, model.c writes nodes as an ONNX model, compute.c makes a session of the library of
 * it and runs it. status.c: messages.
 *
 * Functions that can fail return ONNX Runtime's status: NULL when all went well.
 */
#ifndef ORT_EP_EP_H
#define ORT_EP_EP_H

#include <pthread.h>
#include <stdatomic.h>

#include "host/ort_ep/abi.h"
#include "systole.h"

/* ---- ONNX Runtime and its messages. status.c ---- */

/* Of the ONNX Runtime that has loaded the plug-in: the one of the process. */
extern struct ort_calls ort;

/* Fails where it is too old, or not the one of the process. */
struct OrtStatus *ort_bind(const struct ort_base *base);

struct OrtStatus *ort_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct OrtStatus *ort_no_memory(void);
/* What the library said last. */
struct OrtStatus *ort_library_failed(const struct systole_context *ctx, enum systole_status status, const char *doing);
void ort_log(const struct OrtLogger *logger, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- Memory that is freed all together. pool.c ---- */

struct pool {
    struct pool_block *blocks;
    bool failed; /* once, and nothing that came since is there */
};

/* Zeroed; NULL without memory. */
void *pool_get(struct pool *pool, size_t count, size_t size);
void pool_free(struct pool *pool);

/* ---- Settings. settings.c ---- */

struct settings {
    char device[512]; /* the precision among its options */
    bool verbose;
};

/* From the options of a session that begin with "ep.<name>.", and the environment for those that are not given. */
struct OrtStatus *settings_read(const struct OrtSessionOptions *options, const char *name, struct settings *settings);

/* ---- A graph as it is read. graph.c ---- */

struct view_value {
    const char *name;
    const struct OrtValueInfo *info;
    int producer;         /* node; -1: none of this graph */
    int uses, consumer;   /* how often nodes read it, a graph inside one counts; the last of them */
    bool constant, output;
    int dtype;            /* ONNX's number; 0: no tensor */
    int rank;             /* 0 where it is not known, too */
    int64_t dims[SYSTOLE_MAX_RANK];
};

struct view_node {
    const struct OrtNode *node;
    const char *name, *op, *domain;
    int n_in, n_out;
    int *in, *out; /* values; -1: left out */
};

struct view {
    struct pool pool;
    int n_nodes, n_values;
    struct view_node *nodes; /* each behind those it reads */
    struct view_value *values;
    int n_buckets, *buckets;
    size_t n_sets;
    const char **domains;
    int64_t *versions;
};

/* view_free() is due in any case. Texts and nodes are ONNX Runtime's and live as long as the graph. */
struct OrtStatus *view_read(const struct OrtGraph *graph, struct view *view);
void view_free(struct view *view);
/* The value at a place of a node's inputs; NULL where there is none. */
struct view_value *view_input(const struct view *view, const struct view_node *node, int place);
struct view_value *view_output(const struct view *view, const struct view_node *node, int place);

/* ---- Nodes as a model. model.c ---- */

struct model_part {
    const int *nodes; /* of the view */
    int n_nodes;
    const int *inputs, *outputs; /* values */
    int n_inputs, n_outputs;
    bool bare; /* neither constants nor shapes: all that the nodes read is an input */
};

/* *data is from the pool. */
struct OrtStatus *model_write(const struct view *view, const struct model_part *part, struct pool *pool, uint8_t **data, size_t *size);

/* ---- Which nodes. claim.c ---- */

struct claims {
    int *region;      /* by node: which fused node it is in; -1: none */
    const char **why; /* by node without one: why */
    int n_regions;
};

/* From the pool of the view. */
struct OrtStatus *claims_make(struct systole_context *ctx, struct view *view, bool has_fp, struct claims *claims);

/* ---- The provider ---- */

struct factory {
    struct ort_factory base; /* first: ONNX Runtime knows it by this */
    char name[128];
    atomic_int refs; /* of itself until it is released, and of each provider: one that is unregistered may still have sessions */
};

struct provider {
    struct ort_ep base; /* first */
    struct factory *factory;
    const struct OrtLogger *logger;
    struct settings settings;
    struct systole_context *ctx;
    struct systole_session *holder; /* the first that was made: the others run on its device */
    pthread_mutex_t lock;           /* whoever uses ctx and the sessions */
    bool has_fp;
    int fused;                      /* nodes so far, for messages */
};

/* Told always; where the option verbose is set, so that it is seen at ONNX Runtime's usual level. */
#define provider_tell(provider, ...) ort_log((provider)->logger, (provider)->settings.verbose ? ORT_LEVEL_WARNING : ORT_LEVEL_INFO, __VA_ARGS__)

/* compute.c */
struct OrtStatus *provider_compile(struct ort_ep *self, const struct OrtGraph **graphs, const struct OrtNode **fused, size_t count,
                                   struct ort_compute_info **infos, struct OrtNode **context_nodes);
void provider_release_infos(struct ort_ep *self, struct ort_compute_info **infos, size_t count);

#endif
