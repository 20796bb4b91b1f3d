/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimisers of ONNX's domain ai.onnx.preview.training. Inputs: the rate R, the number of updates so far T, then groups of n
 * tensors each: X, G, and one or two of state. Outputs: new X, then new states. Computed as double and rounded once, like every
 * function of floats.
 */
#include "host/graph/ops.h"

enum { MOST_STATES = 2 };

/* What every element's update needs to know. */
struct update {
    double rate, norm, a, b, epsilon, shrink; /* a, b: the two factors of the operator; shrink: what is left of X afterwards */
    bool nesterov;
};

typedef double element_fn(const struct update *u, double x, double g, double *state);

static double adagrad(const struct update *u, double x, double g, double *h)
{
    const double regular = u->norm * x + g;
    h[0] += regular * regular;
    return x - u->rate * regular / (sqrt(h[0]) + u->epsilon);
}

static double adam(const struct update *u, double x, double g, double *state)
{
    const double regular = u->norm * x + g;
    state[0] = u->a * state[0] + (1 - u->a) * regular;
    state[1] = u->b * state[1] + (1 - u->b) * regular * regular;
    return u->shrink * (x - u->rate * state[0] / (sqrt(state[1]) + u->epsilon));
}

static double momentum(const struct update *u, double x, double g, double *v)
{
    const double regular = u->norm * x + g;
    v[0] = u->a * v[0] + u->b * regular;
    return x - u->rate * (u->nesterov ? regular + u->a * v[0] : v[0]);
}

/* Tensor k of n: one X, G and its states. */
static enum systole_status update_one(struct sy_call *c, const struct update *u, element_fn *element, int states, int n, int k)
{
    const struct systole_tensor *const x = sy_in(c, 2 + k), *const g = sy_in(c, 2 + n + k), *state[MOST_STATES] = {NULL};
    struct systole_tensor *new_x = NULL, *new_state[MOST_STATES] = {NULL};
    bool fits = x && g && sy_dtype_is_float(x->dtype) && g->dtype == x->dtype && g->rank == x->rank &&
                memcmp(g->dims, x->dims, (size_t)x->rank * sizeof *x->dims) == 0;
    for (int s = 0; s < states && fits; s++) {
        state[s] = sy_in(c, 2 + (2 + s) * n + k);
        fits = state[s] && state[s]->dtype == x->dtype && state[s]->rank == x->rank &&
               memcmp(state[s]->dims, x->dims, (size_t)x->rank * sizeof *x->dims) == 0;
    }
    if (!fits)
        return sy_bad(c, "tensor %d, its gradient and its state are not of one type and shape", k);
    enum systole_status status = sy_out_like(c, k, x, &new_x);
    for (int s = 0; s < states && !status; s++)
        status = sy_out_like(c, (1 + s) * n + k, x, &new_state[s]);
    for (int64_t i = 0; i < x->count && !status; i++) {
        double v[MOST_STATES] = {0};
        for (int s = 0; s < states; s++)
            v[s] = sy_get(state[s], i);
        sy_put(new_x, i, element(u, sy_get(x, i), sy_get(g, i), v));
        for (int s = 0; s < states; s++)
            sy_put(new_state[s], i, v[s]);
    }
    return status;
}

static enum systole_status update_all(struct sy_call *c, const struct update *u, element_fn *element, int states)
{
    const int each = 2 + states, n = (c->n_in - 2) / each;
    if (c->n_in < 2 + each || (c->n_in - 2) % each != 0 || c->n_out != (1 + states) * n)
        return sy_bad(c, "%d inputs and %d outputs; there are %d inputs and %d outputs a tensor, and two inputs before them",
                      c->n_in, c->n_out, each, 1 + states);
    enum systole_status status = SYSTOLE_OK;
    for (int k = 0; k < n && !status; k++)
        status = update_one(c, u, element, states, n, k);
    return status;
}

/* R and T, one number each. */
static enum systole_status read_scalars(struct sy_call *c, double *rate, int64_t *updates)
{
    const struct systole_tensor *const r = sy_in(c, 0), *const t = sy_in(c, 1);
    if (r->count != 1 || !sy_dtype_is_float(r->dtype) || t->count != 1 || t->dtype != SYSTOLE_I64)
        return sy_bad(c, "R is one floating-point number and T one int64, not %s and %s", sy_shape(r).text, sy_shape(t).text);
    *rate = sy_get(r, 0);
    *updates = sy_get_int(t, 0);
    return SYSTOLE_OK;
}

enum systole_status sy_op_adagrad(struct sy_call *c)
{
    struct update u = {.norm = (double)sy_attr_float(c, "norm_coefficient", 0),
                       .epsilon = (double)sy_attr_float(c, "epsilon", 1e-6f)};
    int64_t updates;
    const enum systole_status status = read_scalars(c, &u.rate, &updates);
    if (status)
        return status;
    u.rate /= 1 + (double)updates * (double)sy_attr_float(c, "decay_factor", 0);
    return update_all(c, &u, adagrad, 1);
}

enum systole_status sy_op_adam(struct sy_call *c)
{
    struct update u = {.norm = (double)sy_attr_float(c, "norm_coefficient", 0),
                       .epsilon = (double)sy_attr_float(c, "epsilon", 1e-6f),
                       .a = (double)sy_attr_float(c, "alpha", 0.9f),
                       .b = (double)sy_attr_float(c, "beta", 0.999f),
                       .shrink = 1 - (double)sy_attr_float(c, "norm_coefficient_post", 0)};
    int64_t updates;
    const enum systole_status status = read_scalars(c, &u.rate, &updates);
    if (status)
        return status;
    if (updates > 0)
        u.rate *= sqrt(1 - pow(u.b, (double)updates)) / (1 - pow(u.a, (double)updates));
    return update_all(c, &u, adam, 2);
}

enum systole_status sy_op_momentum(struct sy_call *c)
{
    const char *const mode = sy_attr_string(c, "mode", "standard");
    struct update u = {.norm = (double)sy_attr_float(c, "norm_coefficient", 0), .a = (double)sy_attr_float(c, "alpha", 0),
                       .b = (double)sy_attr_float(c, "beta", 1), .nesterov = strcmp(mode, "nesterov") == 0};
    int64_t updates;
    if (!u.nesterov && strcmp(mode, "standard") != 0)
        return sy_bad(c, "mode '%.40s' is neither standard nor nesterov", mode);
    const enum systole_status status = read_scalars(c, &u.rate, &updates);
    if (status)
        return status;
    if (updates <= 0)
        u.b = 1;
    return update_all(c, &u, momentum, 1);
}
