/* SPDX-License-Identifier: Apache-2.0 */
/* Rewrites of a loaded graph, the same for every device; docs/numerics.md says what they compute. */
#ifndef SY_FOLD_H
#define SY_FOLD_H

#include "host/graph/graph.h"

/*
 * - Nodes whose inputs are all constants become constants.
 * - Quantised networks in QDQ form: where a product (its bias, a sum with another tensor, a Relu), a sum, an average, a move or a function of
 *   one element stands between DequantizeLinear and QuantizeLinear, and nothing else reads what is between, they become one integer operator of
 *   the domain "systole".
 * - fp32: a batch normalisation, a bias or a sum behind a product goes into the product.
 *
 * What does not fit stays as it is. Nodes nobody needs are removed. Call it on a finished graph; it is finished again afterwards. A graph with
 * graphs inside is left alone: they read its values unseen.
 */
enum systole_status sy_graph_fold(struct systole_context *ctx, struct sy_graph *g);

#endif
