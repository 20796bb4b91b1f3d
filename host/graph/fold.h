/* SPDX-License-Identifier: Apache-2.0 */
/* Quantised networks in QDQ form: DequantizeLinear, a product, QuantizeLinear, as three or more nodes. */
#ifndef SY_FOLD_H
#define SY_FOLD_H

#include "host/graph/graph.h"

/*
 * Where a MatMul or Conv, its bias and a Relu stand between DequantizeLinear and QuantizeLinear, and nothing else reads what is
 * between, they become one integer operator of the domain "systole": the sums are exact and requantised once, as on the
 * device. What does not fit the form stays as it is. Nodes nobody needs are removed. Call it on a finished graph; it is
 * finished again afterwards.
 */
enum systole_status sy_graph_fold(struct systole_context *ctx, struct sy_graph *g);

#endif
