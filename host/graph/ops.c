/* SPDX-License-Identifier: Apache-2.0 */
#include "host/graph/ops.h"

#define ANY (-1)

const struct sy_op *sy_op_find(const char *domain, const char *name, int64_t version)
{
    static const struct sy_op ops[] = {
#define SY_OP(domain, name, since, least, most, function) {domain, #name, since, least, most, function},
#include "host/graph/ops.def"
#undef SY_OP
    };
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        if (strcmp(ops[i].name, name) == 0 && strcmp(ops[i].domain, domain) == 0 && version >= ops[i].since)
            return &ops[i];
    return NULL;
}
