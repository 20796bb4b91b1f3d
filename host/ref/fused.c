/* SPDX-License-Identifier: Apache-2.0 */
/* What ONNX Runtime's optimiser writes for several operators at once (domain com.microsoft), on floats. */
#include "host/graph/ops.h"
#include "host/ref/compose.h"

static char epsilon_name[] = "epsilon", axis_name[] = "axis", approximate_name[] = "approximate", tanh_form[] = "tanh", alpha_name[] = "alpha";

/* ---- Gelu with a bias; x times sigmoid of alpha x ---- */

static enum systole_status gelu_of_sum(struct sy_call *c, bool by_tanh)
{
    struct sy_steps s = {.c = c};
    const struct sy_attr form = {.name = approximate_name, .kind = SY_ATTR_STRING, .s = tanh_form};
    const struct systole_tensor *x = sy_in(c, 1) ? sy_step2(&s, "Add", sy_in(c, 0), sy_in(c, 1)) : sy_in(c, 0);
    sy_steps_out(&s, 0, sy_step(&s, "Gelu", 1, &x, by_tanh, &form));
    return sy_steps_end(&s);
}

enum systole_status sy_op_fast_gelu(struct sy_call *c)
{
    return gelu_of_sum(c, true);
}

enum systole_status sy_op_bias_gelu(struct sy_call *c)
{
    return gelu_of_sum(c, false);
}

enum systole_status sy_op_quick_gelu(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct sy_attr alpha = {.name = alpha_name, .kind = SY_ATTR_FLOAT, .f = sy_attr_float(c, "alpha", 1.702f)};
    const struct systole_tensor *x = sy_in(c, 0);
    sy_steps_out(&s, 0, sy_step(&s, "Swish", 1, &x, 1, &alpha));
    return sy_steps_end(&s);
}

/* ---- Sums that are normalised ---- */

static const struct systole_tensor *normalised(struct sy_steps *s, const char *op, const struct systole_tensor *x,
                                               const struct systole_tensor *scale, const struct systole_tensor *bias)
{
    const struct sy_attr attrs[] = {{.name = epsilon_name, .kind = SY_ATTR_FLOAT, .f = sy_attr_float(s->c, "epsilon", 1e-12f)},
                                    {.name = axis_name, .kind = SY_ATTR_INT, .i = -1}};
    return sy_step(s, op, bias ? 3 : 2, (const struct systole_tensor *const[]){x, scale, bias}, 2, attrs);
}

/* input, skip, scale, and then beta (where `has_beta`) and bias; output 3 is the sum. */
static enum systole_status skip_norm(struct sy_call *c, const char *op, bool has_beta)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *bias = sy_in(c, has_beta ? 4 : 3), *sum = sy_step2(&s, "Add", sy_in(c, 0), sy_in(c, 1));
    if (bias)
        sum = sy_step2(&s, "Add", sum, bias);
    sy_steps_out(&s, 0, normalised(&s, op, sum, sy_in(c, 2), has_beta ? sy_in(c, 3) : NULL));
    sy_steps_out(&s, 3, sum);
    return sy_steps_end(&s);
}

enum systole_status sy_op_skip_layer_norm(struct sy_call *c)
{
    return skip_norm(c, "LayerNormalization", true);
}

enum systole_status sy_op_skip_rms_norm(struct sy_call *c)
{
    return skip_norm(c, "RMSNormalization", false);
}

/* How many positions of each line the mask has. */
static void count_mask(struct sy_steps *s, const struct systole_tensor *mask, int64_t batch, int64_t length)
{
    struct systole_tensor *count = sy_step_new(s, SYSTOLE_I32, 1, &batch);
    if (count && mask && mask->count != batch * length)
        sy_steps_fail(s, sy_bad(s->c, "a mask %s for %lld lines of %lld", sy_shape(mask).text, (long long)batch, (long long)length));
    for (int64_t i = 0; !s->status && mask && i < mask->count; i++)
        sy_put_int(count, i / length, sy_get_int(count, i / length) + (sy_get_int(mask, i) == 1));
    sy_steps_out(s, 1, count);
}

/* ids, segments, words, positions, segment embeddings, scale, bias, mask, position ids */
enum systole_status sy_op_embed_layer_norm(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *ids = sy_in(c, 0), *segments = sy_in(c, 1), *places = sy_in(c, 3), *of_segment = sy_in(c, 4);
    if (ids->rank != 2 || !sy_in(c, 2) || !places || places->rank != 2 || (!sy_in(c, 8) && places->dims[0] < ids->dims[1]))
        return sy_bad(c, "ids %s with %s positions", sy_shape(ids).text, places ? sy_shape(places).text : "no");
    const struct systole_tensor *sum = sy_step2(&s, "Gather", sy_in(c, 2), ids);
    const struct systole_tensor *position = sy_in(c, 8) ? sy_step2(&s, "Gather", places, sy_in(c, 8))
                                                        : sy_step_slice(&s, places, 0, 0, ids->dims[1]);
    sum = sy_step2(&s, "Add", sum, position);
    if (segments && of_segment)
        sum = sy_step2(&s, "Add", sum, sy_step2(&s, "Gather", of_segment, segments));
    sy_steps_out(&s, 0, normalised(&s, "LayerNormalization", sum, sy_in(c, 5), sy_in(c, 6)));
    count_mask(&s, sy_in(c, 7), ids->dims[0], ids->dims[1]);
    sy_steps_out(&s, 2, sum);
    return sy_steps_end(&s);
}
