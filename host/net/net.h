/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network compiled for a device: runs of nodes that the device takes are one program each, the others stay on the reference operators.
 *
 * The answer is the one of the graph run node by node, in every bit: docs/network.md.
 */
#ifndef SY_NET_H
#define SY_NET_H

#include "host/engine/engine.h"
#include "host/graph/graph.h"

struct sy_net;

/*
 * Compiles for the shapes of `set` (by value; NULL entries: as declared, a free dimension being 1). What cannot be compiled is no failure:
 * it runs node by node, and the log says why. NO_MEMORY, or what the device's driver says.
 */
enum systole_status sy_net_new(struct systole_context *ctx, const struct sy_graph *g, struct sy_engine *e,
                               struct systole_tensor *const *set, struct sy_net **out);
void sy_net_free(struct sy_net *net);

/* Was it compiled for inputs of these shapes? */
bool sy_net_fits(const struct sy_net *net, struct systole_tensor *const *set);

/* As sy_graph_run. */
enum systole_status sy_net_run(struct systole_context *ctx, struct sy_net *net, const struct sy_scope *scope);

/* ---- file.c: as bytes ---- */

struct sy_writer;
struct sy_reader;

/* What the programs are for (the device's build and capabilities, the precision), then the programs with their constants. */
enum systole_status sy_net_save(struct systole_context *ctx, struct sy_net *net, struct sy_writer *w);
/* The same, of a graph loaded from the same model. MISMATCH: for another device or precision. IO: the bytes are damaged. */
enum systole_status sy_net_load(struct systole_context *ctx, const struct sy_graph *g, struct sy_engine *e, struct sy_reader *r,
                                struct sy_net **out);

#endif
