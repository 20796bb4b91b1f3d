/* SPDX-License-Identifier: Apache-2.0 */
/* A network: nodes between values. Built by a loader, then never changed. */
#ifndef SY_GRAPH_H
#define SY_GRAPH_H

#include "host/graph/tensor.h"

struct sy_call;
struct sy_engine;
struct sy_graph;
struct sy_profile;
struct sy_progress;

/* A line of ops.def. */
struct sy_op {
    const char *domain, *name;
    int since;      /* the first version of the domain whose meaning the function knows */
    int least;      /* inputs that must be there */
    int most;       /* inputs there may be; negative: any number */
    enum systole_status (*run)(struct sy_call *call);
};
/* Must its input i be there? Of an operator that takes any number none may be left out, but for those of Loop, which needs none. */
static inline bool sy_op_needs(const struct sy_op *op, int i)
{
    return i < op->least || (op->most < 0 && op->least > 0);
}

/* NULL when the table has no such operator at that version. ONNX's own domain is "". */
const struct sy_op *sy_op_find(const char *domain, const char *name, int64_t version);

enum sy_attr_kind { SY_ATTR_OTHER, SY_ATTR_INT, SY_ATTR_FLOAT, SY_ATTR_STRING, SY_ATTR_TENSOR, SY_ATTR_INTS, SY_ATTR_FLOATS,
                    SY_ATTR_GRAPH, SY_ATTR_STRINGS };
struct sy_attr {
    char *name;
    enum sy_attr_kind kind;
    int64_t i;
    float f;
    char *s;           /* a string; of several: each with a line end behind it */
    struct systole_tensor *t;
    int64_t *ints;
    float *floats;
    size_t count; /* of ints or floats */
    struct sy_graph *g;
};

struct sy_node {
    char *name; /* never empty: a node without a name gets "#<place in the file>" */
    char *domain, *op_type;
    const struct sy_op *op;
    int64_t version;   /* of its domain */
    int n_in, n_out;
    int *in, *out;     /* values; -1: left out */
    int n_attrs;
    struct sy_attr *attrs;
};

struct sy_value {
    char *name;
    struct systole_tensor *initialiser; /* NULL: comes from a node, from outside, or from the graph around */
    int producer;                       /* node, or -1 */
    int last_use;                       /* node that is last to read it in running order; n_nodes when it is an output */
    enum systole_dtype dtype;           /* as declared; 0: not */
    int rank;                           /* -1: not declared */
    int64_t dims[SYSTOLE_MAX_RANK];
};

struct sy_graph {
    const struct sy_graph *parent; /* of a subgraph: where names that are not its own come from */
    int n_values, room_values;
    struct sy_value *values;
    int n_buckets;
    int *buckets, *chain;          /* hash table from names to values */
    int n_nodes, room_nodes;
    struct sy_node *nodes;
    int *order;                    /* nodes in topological order */
    int n_inputs, n_outputs;
    int *inputs, *outputs;         /* inputs: all that the file lists, those with initialisers too */
};

struct systole_model {
    atomic_int refs;
    struct sy_graph *graph;
    char *path;        /* of the file that it is from, or NULL: then its bytes */
    uint8_t *bytes;
    size_t size;       /* of them */
    uint64_t checksum;
};

struct sy_graph *sy_graph_new(void);
void sy_graph_free(struct sy_graph *g);
/* Index of the value of that name, or -1. */
int sy_graph_find(const struct sy_graph *g, const char *name);
/* Finds or makes it; -1 without memory. */
int sy_graph_value(struct sy_graph *g, const char *name);
/* A zeroed node at the end; NULL without memory. Valid until the next is added. */
struct sy_node *sy_graph_node(struct sy_graph *g);
/* Frees what the node holds, not the node. */
void sy_node_clear(struct sy_node *n);
/* After the last node, and again when nodes changed: producers, the order, last uses. Refuses cycles, values made twice and values nobody makes. */
enum systole_status sy_graph_finish(struct systole_context *ctx, struct sy_graph *g);

/* Runs the graph: `values` has n_values entries, set for inputs (references that are kept), NULL else; initialisers are taken
 * from the graph. Afterwards outputs are set; all else is freed but for what was set before. `outer`: values of the graph
 * around, for a subgraph. */
struct sy_scope {
    const struct sy_graph *graph;
    struct systole_tensor **values;
    const struct sy_scope *outer;
    struct sy_engine *engine; /* of the session; NULL in a subgraph, which has its outer one's */
    struct sy_profile *profile; /* gets a record of each node; NULL in a subgraph: what runs there is the node's around it */
    const struct sy_progress *progress; /* or NULL */
    bool keeps; /* nothing is freed after a run that succeeds */
};
struct sy_progress {
    systole_progress_fn told;
    void *user;
};
enum systole_status sy_graph_run(struct systole_context *ctx, const struct sy_scope *scope);
/* Parts of it, for whoever runs the nodes in an order of his own. */
enum systole_status sy_run_node(struct systole_context *ctx, const struct sy_scope *scope, const struct sy_node *n);
struct systole_tensor *sy_value_of(const struct sy_scope *scope, int value); /* NULL: not there */
enum systole_status sy_take_outputs(struct systole_context *ctx, const struct sy_scope *scope);

#endif
