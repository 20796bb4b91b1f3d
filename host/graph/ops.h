/* SPDX-License-Identifier: Apache-2.0 */
/* The functions named in ops.def. */
#ifndef SY_OPS_H
#define SY_OPS_H

#include "host/ref/call.h"

#define SY_OP(domain, name, since, least, most, function) enum systole_status function(struct sy_call *call);
#include "host/graph/ops.def"
#undef SY_OP

/* All others want tensors: whoever runs a node sees to it. */
bool sy_op_takes_sequences(const struct sy_op *op);

#endif
