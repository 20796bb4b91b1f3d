/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that run graphs of their own: If, Loop, Scan. */
#include "host/graph/ops.h"

/* Loops that a file makes endless have to end somewhere: of all loops of a run, those within others too. */
enum { MOST_STEPS = 1 << 22 };

static enum systole_status count_step(struct sy_call *c)
{
    if (c->ctx->steps++ < MOST_STEPS)
        return SYSTOLE_OK;
    return sy_bad(c, "more than %d steps of loops in one run; does its condition become false? A longer loop is cut into several runs", MOST_STEPS);
}

/* Runs the graph on n inputs (references stay the caller's); out: references of the caller, n_outputs of them. */
static enum systole_status run_body(struct sy_call *c, const struct sy_graph *g, struct systole_tensor *const *in, int n,
                                    struct systole_tensor **out)
{
    if (n != g->n_inputs)
        return sy_bad(c, "its graph has %d inputs; it gets %d", g->n_inputs, n);
    struct systole_tensor **values = sy_alloc((size_t)g->n_values, sizeof(*values));
    if (!values)
        return sy_no_memory(c->ctx);
    for (int i = 0; i < n; i++)
        if (!values[g->inputs[i]])
            values[g->inputs[i]] = systole_tensor_ref(in[i]);
    const struct sy_scope scope = {.graph = g, .values = values, .outer = c->scope};
    enum systole_status status = sy_graph_run(c->ctx, &scope);
    for (int i = 0; i < g->n_outputs && !status; i++)
        out[i] = systole_tensor_ref(values[g->outputs[i]]);
    for (int v = 0; v < g->n_values; v++)
        systole_tensor_free(values[v]);
    sy_free(values);
    return status;
}

static const struct sy_graph *body_of(struct sy_call *c, const char *name)
{
    const struct sy_attr *a = sy_attr(c, name);
    return a ? a->g : NULL;
}

static void free_all(struct systole_tensor **t, int n)
{
    for (int i = 0; i < n; i++) {
        systole_tensor_free(t[i]);
        t[i] = NULL;
    }
}

enum systole_status sy_op_if(struct sy_call *c)
{
    const struct systole_tensor *p = sy_in(c, 0);
    if (p->count != 1)
        return sy_bad(c, "the condition is %s", sy_shape(p).text);
    const struct sy_graph *g = body_of(c, sy_get(p, 0) != 0 ? "then_branch" : "else_branch");
    if (!g || g->n_outputs != c->n_out)
        return sy_bad(c, "a branch is missing or has another number of outputs");
    return run_body(c, g, NULL, 0, c->out);
}

/* What iterations left behind of one output, to be stacked. */
struct stack { struct systole_tensor **list; int n, room; };

static enum systole_status push(struct sy_call *c, struct stack *s, struct systole_tensor *t)
{
    if (s->n == s->room) {
        int room = s->room ? 2 * s->room : 16;
        struct systole_tensor **list = sy_realloc(s->list, (size_t)room, sizeof(*list));
        if (!list)
            return sy_no_memory(c->ctx);
        s->list = list;
        s->room = room;
    }
    s->list[s->n++] = systole_tensor_ref(t);
    return SYSTOLE_OK;
}

static void free_stacks(struct stack *s, int n)
{
    for (int i = 0; s && i < n; i++) {
        free_all(s[i].list, s[i].n);
        sy_free(s[i].list);
    }
    sy_free(s);
}

/* Output i of the node: the list along a new dimension `axis`, backwards if asked for. */
static enum systole_status stack_up(struct sy_call *c, int i, const struct stack *s, int64_t axis, bool backwards)
{
    struct systole_tensor *y = NULL;
    int64_t dims[SYSTOLE_MAX_RANK + 1];
    if (s->n == 0)
        return sy_cannot(c, "output %d of no iterations", i);
    const struct systole_tensor *first = s->list[0];
    int at = sy_axis(axis, first->rank + 1);
    for (int k = 1; k < s->n; k++)
        if (at < 0 || s->list[k]->dtype != first->dtype || s->list[k]->count != first->count)
            return sy_bad(c, "output %d: iterations give other shapes", i);
    if (at < 0)
        return sy_bad(c, "output %d: axis %lld", i, (long long)axis);
    for (int d = 0; d <= first->rank; d++)
        dims[d] = d == at ? s->n : first->dims[d < at ? d : d - 1];
    enum systole_status status = sy_out(c, i, first->dtype, first->rank + 1, dims, &y);
    int64_t inner = sy_span(first, at, first->rank);
    for (int64_t k = 0; !status && k < y->count; k++) {
        int64_t step = k / inner % s->n;
        sy_copy_element(y, k, s->list[backwards ? s->n - 1 - step : step], k / inner / s->n * inner + k % inner);
    }
    return status;
}

/* The body's inputs: iteration, condition, state; its outputs: condition, state, what is stacked. */
static enum systole_status iterate(struct sy_call *c, const struct sy_graph *g, int64_t most, struct systole_tensor **in,
                                   struct systole_tensor **out, struct stack *stacks)
{
    int states = c->n_in - 2;
    enum systole_status status = SYSTOLE_OK;
    for (int64_t k = 0; k < most && sy_get(in[1], 0) != 0 && !status; k++) {
        status = count_step(c);
        if (status)
            return status;
        systole_tensor_free(in[0]);
        in[0] = NULL;
        status = sy_tensor_new(c->ctx, SYSTOLE_I64, 0, NULL, &in[0]);
        if (status)
            return status;
        sy_put_int(in[0], 0, k);
        status = run_body(c, g, in, g->n_inputs, out);
        for (int i = 0; i <= states && !status; i++) {
            systole_tensor_free(in[1 + i]);
            in[1 + i] = systole_tensor_ref(out[i]);
        }
        for (int i = 1 + states; i < g->n_outputs && !status; i++)
            status = push(c, &stacks[i - 1 - states], out[i]);
        free_all(out, g->n_outputs);
        if (!status && in[1]->count != 1)
            status = sy_bad(c, "the condition is %s", sy_shape(in[1]).text);
    }
    return status;
}

enum systole_status sy_op_loop(struct sy_call *c)
{
    const struct sy_graph *g = body_of(c, "body");
    const struct systole_tensor *most = sy_in(c, 0), *go = sy_in(c, 1);
    int states = c->n_in - 2;
    if (!g || states < 0 || g->n_inputs != c->n_in || g->n_outputs != c->n_out + 1 || c->n_out < states ||
        (most && most->count != 1) || (go && go->count != 1))
        return sy_bad(c, "its graph does not fit its inputs and outputs");
    struct systole_tensor **in = sy_alloc((size_t)g->n_inputs, sizeof(*in));
    struct systole_tensor **out = sy_alloc((size_t)g->n_outputs, sizeof(*out));
    struct stack *stacks = sy_alloc((size_t)(c->n_out - states), sizeof(*stacks));
    enum systole_status status = in && out && stacks ? SYSTOLE_OK : sy_no_memory(c->ctx);
    if (!status)
        status = sy_tensor_new(c->ctx, SYSTOLE_BOOL, 0, NULL, &in[1]);
    if (!status)
        sy_put_int(in[1], 0, go ? sy_get(go, 0) != 0 : 1);
    for (int i = 0; i < states && !status; i++) {
        if (!sy_in(c, 2 + i))
            status = sy_bad(c, "input %d is missing", 2 + i);
        else if (sy_in(c, 2 + i)->items) /* a sequence is never changed */
            in[2 + i] = systole_tensor_ref((struct systole_tensor *)(uintptr_t)sy_in(c, 2 + i));
        else
            status = sy_tensor_reshaped(c->ctx, sy_in(c, 2 + i), sy_in(c, 2 + i)->rank, sy_in(c, 2 + i)->dims, &in[2 + i]);
    }
    if (!status)
        status = iterate(c, g, most ? sy_get_int(most, 0) : INT64_MAX, in, out, stacks);
    for (int i = 0; i < c->n_out && !status; i++) {
        if (i < states)
            c->out[i] = systole_tensor_ref(in[2 + i]);
        else if (sy_wants(c, i))
            status = stack_up(c, i, &stacks[i - states], 0, false);
    }
    if (in)
        free_all(in, g->n_inputs);
    sy_free(in);
    sy_free(out);
    free_stacks(stacks, c->n_out - states);
    return status;
}

/* ---- Scan ---- */

struct scan {
    const struct sy_graph *g;
    int states, scans, outputs; /* inputs: states, then scans; outputs: states, then stacked ones */
    int64_t length;
    struct sy_ints in_axes, in_backwards, out_axes, out_backwards;
};

static int64_t listed(const struct sy_ints *l, int i)
{
    return i < l->n ? l->v[i] : 0;
}

static enum systole_status read_scan(struct sy_call *c, struct scan *s)
{
    s->g = body_of(c, "body");
    int64_t n = sy_attr_int(c, "num_scan_inputs", 0);
    if (!s->g || n < 1 || n > c->n_in || s->g->n_inputs != c->n_in || s->g->n_outputs != c->n_out)
        return sy_bad(c, "its graph does not fit its inputs and outputs");
    s->scans = (int)n;
    s->states = c->n_in - s->scans;
    s->outputs = c->n_out - s->states;
    if (s->outputs < 0)
        return sy_bad(c, "%d states and %d outputs", s->states, c->n_out);
    enum systole_status status = sy_ints(c, -1, "scan_input_axes", &s->in_axes);
    if (!status)
        status = sy_ints(c, -1, "scan_input_directions", &s->in_backwards);
    if (!status)
        status = sy_ints(c, -1, "scan_output_axes", &s->out_axes);
    if (!status)
        status = sy_ints(c, -1, "scan_output_directions", &s->out_backwards);
    for (int i = 0; i < c->n_in && !status; i++) {
        const struct systole_tensor *t = sy_in(c, i);
        int axis = t && i >= s->states ? sy_axis(listed(&s->in_axes, i - s->states), t->rank) : 0;
        if (!t || axis < 0 || (i > s->states && t->dims[axis] != s->length))
            return sy_bad(c, "input %d is missing or of another length", i);
        if (i == s->states)
            s->length = t->dims[axis];
    }
    return status;
}

/* Step k of a scanned input. */
static enum systole_status slice_of(struct sy_call *c, const struct systole_tensor *t, int64_t axis, int64_t k,
                                    struct systole_tensor **slice)
{
    int at = sy_axis(axis, t->rank), rank = 0;
    int64_t dims[SYSTOLE_MAX_RANK], inner = sy_span(t, at + 1, t->rank), length = t->dims[at];
    for (int d = 0; d < t->rank; d++)
        if (d != at)
            dims[rank++] = t->dims[d];
    enum systole_status status = sy_tensor_new(c->ctx, t->dtype, rank, dims, slice);
    for (int64_t i = 0; !status && i < (*slice)->count; i++)
        sy_copy_element(*slice, i, t, (i / inner * length + k) * inner + i % inner);
    return status;
}

static enum systole_status scan_step(struct sy_call *c, const struct scan *s, int64_t k, struct systole_tensor **in,
                                     struct systole_tensor **out, struct stack *stacks)
{
    enum systole_status status = count_step(c);
    for (int i = 0; i < s->scans && !status; i++) {
        int64_t step = listed(&s->in_backwards, i) ? s->length - 1 - k : k;
        systole_tensor_free(in[s->states + i]);
        in[s->states + i] = NULL;
        status = slice_of(c, sy_in(c, s->states + i), listed(&s->in_axes, i), step, &in[s->states + i]);
    }
    if (!status)
        status = run_body(c, s->g, in, c->n_in, out);
    for (int i = 0; i < c->n_out && !status; i++) {
        if (i >= s->states) {
            status = push(c, &stacks[i - s->states], out[i]);
            continue;
        }
        systole_tensor_free(in[i]);
        in[i] = systole_tensor_ref(out[i]);
    }
    free_all(out, c->n_out);
    return status;
}

enum systole_status sy_op_scan(struct sy_call *c)
{
    struct scan s = {.g = NULL};
    enum systole_status status = read_scan(c, &s);
    if (status)
        return status;
    struct systole_tensor **in = sy_alloc((size_t)c->n_in, sizeof(*in)), **out = sy_alloc((size_t)c->n_out, sizeof(*out));
    struct stack *stacks = sy_alloc((size_t)s.outputs, sizeof(*stacks));
    if (!in || !out || !stacks)
        status = sy_no_memory(c->ctx);
    for (int i = 0; i < s.states && !status; i++)
        status = sy_tensor_reshaped(c->ctx, sy_in(c, i), sy_in(c, i)->rank, sy_in(c, i)->dims, &in[i]);
    for (int64_t k = 0; k < s.length && !status; k++)
        status = scan_step(c, &s, k, in, out, stacks);
    for (int i = 0; i < c->n_out && !status; i++) {
        if (i < s.states)
            c->out[i] = systole_tensor_ref(in[i]);
        else if (sy_wants(c, i))
            status = stack_up(c, i, &stacks[i - s.states], listed(&s.out_axes, i - s.states),
                              listed(&s.out_backwards, i - s.states) != 0);
    }
    if (in)
        free_all(in, c->n_in);
    sy_free(in);
    sy_free(out);
    free_stacks(stacks, s.outputs);
    return status;
}
