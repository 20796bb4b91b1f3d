/* SPDX-License-Identifier: Apache-2.0 */
/* What the passes of the compiler share: shapes of values, operations that the device takes, segments of them. */
#ifndef SY_NET_COMPILE_H
#define SY_NET_COMPILE_H

#include "host/engine/backend.h"
#include "host/graph/profile.h"
#include "host/net/net.h"
#include "host/plan/conv.h"

/* ---- shapes.c ---- */

struct net_shape {
    bool known;
    enum systole_dtype dtype;
    int rank;
    int64_t dims[SYSTOLE_MAX_RANK], count;
    const struct systole_tensor *constant; /* its elements, where no run changes them */
    struct systole_tensor *owned;          /* the same, where they were worked out here */
};

/* ---- operations ---- */

/* How a value lies in the device's memory: as on the host, or pixel by pixel with the channels together. */
enum net_layout { NET_ROWS, NET_PIXELS };

/* One operation of the device, of one node or several: a convolution in the sense of host/plan/conv.h, or the same bytes under another shape. */
struct net_op {
    int node;              /* of the graph, the first of those that it does */
    int level;             /* segments.c */
    bool is_alias, is_product, gone;
    int in, other, out;    /* values; other: what is added, -1 where there is none */
    enum net_layout layout;
    struct sy_convolution conv; /* but for windows and offsets */
    const struct systole_tensor *weights, *bias, *table;
    struct sy_weight_strides strides;
    float *scale;          /* of each channel, where post asks for them */
    uint64_t macs;
    struct sy_conv_layout cut;
};

struct net_compiler {
    struct systole_context *ctx;
    const struct sy_graph *g;
    struct sy_engine *e;
    struct sy_caps caps;
    struct systole_tensor *const *set;
    struct net_shape *shape; /* by value */
    int *uses;               /* by value: nodes that read it, and the graph's outputs */
    int *maker;              /* by value: operation, or -1 */
    enum net_layout *layout; /* by value that an operation makes */
    bool *half;              /* by value of the segment that is made: halves.c */
    int *op_of;              /* by node: operation, or -1 */
    char (*why)[SY_WHY];     /* by node without an operation */
    struct net_op *ops;
    int n_ops;
    bool no_memory; /* while an operation was looked at */
};

/* The elements of an input that no run changes, or NULL. */
const struct systole_tensor *net_constant(const struct net_compiler *c, const struct sy_node *n, int input);
const struct net_shape *net_input(const struct net_compiler *c, const struct sy_node *n, int input); /* NULL: left out, or not known */
void net_set_shape(struct net_compiler *c, int value, enum systole_dtype dtype, int rank, const int64_t *dims);

/* Is it the same in both layouts? */
bool net_is_both(const struct net_shape *s);

/* Shapes and operations of all nodes, in their order. */
enum systole_status net_shapes(struct net_compiler *c);

/* ---- recognise.c and its neighbours: what one node is to the device ---- */

/*
 * Fills in the operation (zeroed, in, other and out -1), the shape of the output too, and returns true; or says in `why` what the device lacks.
 */
bool net_recognise(struct net_compiler *c, int node, struct net_op *op, char why[SY_WHY]);
bool net_no(char why[SY_WHY], const char *format, ...) SY_PRINTF(2, 3);
bool net_short_of_memory(struct net_compiler *c);
/* An activation behind a product: into the operation that makes its input. */
bool net_fuse(struct net_compiler *c, int node, char why[SY_WHY]);

typedef bool (*net_recognise_fn)(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);
bool net_conv(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);
bool net_product(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);
bool net_max_pool(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);
bool net_average(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);
bool net_add(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);
bool net_table(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);
bool net_dequantize(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);
bool net_alias(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY]);

bool net_is_byte(enum systole_dtype d);
/* One zero point of 8 bits for all; absent: 0. */
bool net_zero(const struct net_compiler *c, const struct sy_node *n, int input, uint32_t *zero, char why[SY_WHY]);
/* What STORE does for a result of 8 bits with this zero point. */
void net_to_bytes(struct net_op *op, const struct systole_tensor *zero, enum systole_dtype dtype);
void net_scale_imm(struct net_op *op, float scale);
/* Bytes of op->other that STORE adds, with their scale and zero point. */
void net_residual(struct net_op *op, enum systole_dtype dtype, float scale, uint32_t zero);
/* Over whole tensors, element by element: the geometry for lanes. */
bool net_lanes(struct net_compiler *c, struct net_op *op, uint32_t mode, char why[SY_WHY]);

/* ---- segments.c ---- */

/*
 * Levels of all nodes: what a node reads comes from its own level or a lower one. Operations of the device have even levels, and those of one
 * level are a segment; other nodes have odd ones. Operations with no product beside them go back to the host.
 */
enum systole_status net_levels(struct net_compiler *c, int *level);
/* The operation is none of the device's after all. */
void net_drop(struct net_compiler *c, int op, const char *why);

/* ---- halves.c ---- */

/* Bytes of an element of a value where the segment that is made has it. */
int net_size_of(const struct net_compiler *c, int value);
/* Which fp32 values of a level's segment lie in the device's memory as bf16; its operations are changed to read and to write them so. */
void net_choose_halves(struct net_compiler *c, int level, const int *levels);

/* ---- segment.c: one program ---- */

/* Does a node outside the segment, or whoever runs the graph, want the value? */
bool net_leaves(const struct net_compiler *c, int value, int level, const int *levels);

/* A tensor that goes in or comes out. */
struct net_port {
    int value;
    enum net_layout layout;
    enum systole_dtype dtype;
    int rank;
    int64_t dims[SYSTOLE_MAX_RANK], count;
    uint64_t offset;             /* in the arena */
    struct systole_tensor *kept; /* of an output: used again when nobody else has it */
    bool checked;                /* fp32: an infinity or a NaN in it sends the segment to the host */
    bool half;                   /* fp32 on the host, its high parts (bf16) in the arena */
};

/* One operation in its program. */
struct net_step {
    int node;
    uint32_t first, count; /* instructions */
    uint64_t macs, bytes_in, bytes_out;
    char text[SY_WHY];     /* how it was cut, and why */
};

struct net_segment {
    struct sy_engine *e;
    struct systole_buffer *program, *constants, *arena;
    char *host;      /* the arena in the host's memory, its own or a copy */
    bool mapped;
    uint64_t program_size, constants_size, arena_size;
    uint32_t instructions;
    struct net_port *in, *out, *watch;
    int n_in, n_out, n_watch;
    struct net_step *steps;
    int n_steps;
    int *nodes; /* in an order that works: what it does */
    int *into;  /* by place in `nodes`: the node whose step does it */
    int n_nodes;
    uint64_t products;
    size_t record;                  /* of its first node, in the profile of the run that goes on */
    struct sy_engine_totals before; /* of the engine, when that run began */
};

/* The operations of `level`, in their order. UNSUPPORTED with *failed: that operation does not fit after all. */
enum systole_status net_segment_new(struct net_compiler *c, int level, const int *levels, struct net_segment **out, int *failed);
void net_segment_free(struct net_segment *s);
/* Memory of the device with these bytes, or zeros where `data` is NULL. */
enum systole_status net_to_buffer(struct systole_context *ctx, struct sy_engine *e, struct systole_buffer **buffer, uint64_t size,
                                  const void *data);
enum systole_status net_make_arena(struct systole_context *ctx, struct net_segment *s);
enum { NET_PROGRAM, NET_CONSTANTS, NET_ARENA }; /* windows */
/* *done is false where its inputs are not those it was made for, or have an infinity or a NaN: then run it node by node. */
enum systole_status net_segment_run(struct systole_context *ctx, struct net_segment *s, const struct sy_scope *scope, bool *done);

/* ---- net.c ---- */

/* One after the other: a node of the host, or a segment. */
struct net_item {
    int node;
    struct net_segment *segment;
};

struct sy_net {
    const struct sy_graph *g;
    struct sy_engine *e;
    struct net_item *items;
    int n_items;
    int *last_use;           /* by value: the item that reads it last; n_items for outputs */
    char (*why)[SY_WHY];     /* by node of the host */
    struct net_shape *inputs; /* as many as the graph has: shapes it was compiled for; not known: of any shape */
};

/* Empty; NULL without memory. */
struct sy_net *net_alloc(const struct sy_graph *g, struct sy_engine *e);
void net_find_last_uses(struct sy_net *net);

/* ---- profile.c: around net_segment_run ---- */

enum systole_status net_profile_begin(struct systole_context *ctx, const struct sy_graph *g, struct net_segment *s, const struct sy_scope *scope);
void net_profile_end(struct net_segment *s, const struct sy_scope *scope, bool done);

/* ---- explain.c ---- */

/* What a step moves, and in words how it was cut and why; but for its instructions. */
void net_describe(const struct net_compiler *c, const struct net_op *op, struct net_step *step);

/* ---- convert.c ---- */

uint64_t net_port_bytes(const struct net_port *p); /* in the arena */
void net_to_device(const struct net_port *p, const void *from, void *to);
void net_from_device(const struct net_port *p, const void *from, void *to); /* of an output: no halves */
/* An infinity or a NaN among fp32, or bf16 where `half`. */
bool net_is_special(const void *data, int64_t count, bool half);

#endif
