/* SPDX-License-Identifier: Apache-2.0 */
/* RNN, GRU and LSTM, one step of one batch entry after the other, as double. */
#include "host/graph/ops.h"

enum cell { RNN, GRU, LSTM };

typedef double (*activation_fn)(double v, double alpha, double beta);

struct activation {
    activation_fn f;
    double alpha, beta;
};

enum { MOST_ACTIVATIONS = 6 };

struct rnn {
    enum cell cell;
    int gates, dirs;
    int64_t steps, batch, input, hidden;
    bool by_batch, backward, before_reset, coupled;
    double clip;
    const struct systole_tensor *x, *w, *r, *b, *lengths, *h0, *c0, *peephole;
    struct activation act[MOST_ACTIVATIONS]; /* up to three a direction */
    struct systole_tensor *y, *y_h, *y_c;
    double *h, *c, *sum, *part; /* state; of a step: gates from the input, gates from the state */
};

static double relu(double v, double a, double b) { (void)a; (void)b; return v > 0 ? v : 0; }
static double tanh_(double v, double a, double b) { (void)a; (void)b; return tanh(v); }
static double sigmoid(double v, double a, double b) { (void)a; (void)b; return 1 / (1 + exp(-v)); }
static double affine(double v, double a, double b) { return a * v + b; }
static double leaky(double v, double a, double b) { (void)b; return v < 0 ? a * v : v; }
static double thresholded(double v, double a, double b) { (void)b; return v > a ? v : 0; }
static double scaled_tanh(double v, double a, double b) { return a * tanh(b * v); }
static double hard_sigmoid(double v, double a, double b) { return fmin(fmax(a * v + b, 0), 1); }
static double elu(double v, double a, double b) { (void)b; return v < 0 ? a * expm1(v) : v; }
static double softsign(double v, double a, double b) { (void)a; (void)b; return v / (1 + fabs(v)); }
static double softplus(double v, double a, double b) { (void)a; (void)b; return log1p(exp(v)); }

static bool find_activation(const char *name, size_t n, struct activation *a)
{
    static const struct { const char *name; struct activation a; } known[] = {
        {"Relu", {relu, 0, 0}}, {"Tanh", {tanh_, 0, 0}}, {"Sigmoid", {sigmoid, 0, 0}}, {"Affine", {affine, 1, 0}},
        {"LeakyRelu", {leaky, 0.01, 0}}, {"ThresholdedRelu", {thresholded, 1, 0}}, {"ScaledTanh", {scaled_tanh, 1, 1}},
        {"HardSigmoid", {hard_sigmoid, 0.2, 0.5}}, {"Elu", {elu, 1, 0}}, {"Softsign", {softsign, 0, 0}},
        {"Softplus", {softplus, 0, 0}}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strlen(known[i].name) == n && strncmp(known[i].name, name, n) == 0) {
            *a = known[i].a;
            return true;
        }
    return false;
}

static enum systole_status read_activations(struct sy_call *c, struct rnn *r, const char *defaults)
{
    const struct sy_attr *names = sy_attr(c, "activations"), *alpha = sy_attr(c, "activation_alpha"),
                         *beta = sy_attr(c, "activation_beta");
    const char *at = names && names->kind == SY_ATTR_STRINGS ? names->s : defaults;
    int each = r->cell == LSTM ? 3 : r->cell == GRU ? 2 : 1;
    for (int i = 0; i < each * r->dirs; i++) {
        const char *end = strchr(at, '\n');
        if (!end || !find_activation(at, (size_t)(end - at), &r->act[i]))
            return sy_cannot(c, "activation %d", i);
        if (alpha && alpha->floats && (size_t)i < alpha->count)
            r->act[i].alpha = (double)alpha->floats[i];
        if (beta && beta->floats && (size_t)i < beta->count)
            r->act[i].beta = (double)beta->floats[i];
        at = end + 1;
    }
    return SYSTOLE_OK;
}

static bool has_dims(const struct systole_tensor *t, int rank, int64_t a, int64_t b, int64_t c)
{
    const int64_t dims[3] = {a, b, c};
    if (!t)
        return true;
    bool ok = t->rank == rank;
    for (int i = 0; ok && i < rank; i++)
        ok = t->dims[i] == dims[i];
    return ok;
}

static enum systole_status read_shapes(struct sy_call *c, struct rnn *r)
{
    const char *direction = sy_attr_string(c, "direction", "forward");
    r->gates = r->cell == LSTM ? 4 : r->cell == GRU ? 3 : 1;
    r->dirs = strcmp(direction, "bidirectional") == 0 ? 2 : 1;
    r->backward = strcmp(direction, "reverse") == 0;
    r->by_batch = sy_attr_int(c, "layout", 0) != 0;
    r->before_reset = sy_attr_int(c, "linear_before_reset", 0) != 0;
    r->coupled = sy_attr_int(c, "input_forget", 0) != 0;
    r->clip = (double)sy_attr_float(c, "clip", INFINITY);
    if (r->x->rank != 3 || r->r->rank != 3)
        return sy_bad(c, "X is %s, R is %s", sy_shape(r->x).text, sy_shape(r->r).text);
    r->steps = r->x->dims[r->by_batch ? 1 : 0];
    r->batch = r->x->dims[r->by_batch ? 0 : 1];
    r->input = r->x->dims[2];
    r->hidden = r->r->dims[2];
    int64_t rows = r->gates * r->hidden, b0 = r->by_batch ? r->batch : r->dirs, b1 = r->by_batch ? r->dirs : r->batch;
    if (!has_dims(r->w, 3, r->dirs, rows, r->input) || !has_dims(r->r, 3, r->dirs, rows, r->hidden) ||
        !has_dims(r->b, 2, r->dirs, 2 * rows, 0) || !has_dims(r->lengths, 1, r->batch, 0, 0) ||
        !has_dims(r->h0, 3, b0, b1, r->hidden) || !has_dims(r->c0, 3, b0, b1, r->hidden) ||
        !has_dims(r->peephole, 2, r->dirs, 3 * r->hidden, 0))
        return sy_bad(c, "X %s, W %s, R %s and the others do not fit", sy_shape(r->x).text, sy_shape(r->w).text,
                      sy_shape(r->r).text);
    for (int64_t i = 0; r->lengths && i < r->batch; i++)
        if (sy_get_int(r->lengths, i) < 0 || sy_get_int(r->lengths, i) > r->steps)
            return sy_bad(c, "length %lld of %lld", (long long)sy_get_int(r->lengths, i), (long long)r->steps);
    return SYSTOLE_OK;
}

static enum systole_status make_outputs(struct sy_call *c, struct rnn *r)
{
    const int64_t d = r->dirs, n = r->batch, s = r->steps, h = r->hidden;
    const int64_t y[4] = {r->by_batch ? n : s, r->by_batch ? s : d, r->by_batch ? d : n, h};
    const int64_t last[3] = {r->by_batch ? n : d, r->by_batch ? d : n, h};
    enum systole_status status = SYSTOLE_OK;
    if (sy_wants(c, 0))
        status = sy_out(c, 0, r->x->dtype, 4, y, &r->y);
    if (!status && sy_wants(c, 1))
        status = sy_out(c, 1, r->x->dtype, 3, last, &r->y_h);
    if (!status && r->cell == LSTM && sy_wants(c, 2))
        status = sy_out(c, 2, r->x->dtype, 3, last, &r->y_c);
    return status;
}

static double act(const struct rnn *r, int d, int k, double v)
{
    const struct activation *a = &r->act[d * (r->cell == LSTM ? 3 : r->cell == GRU ? 2 : 1) + k];
    return a->f(fmin(fmax(v, -r->clip), r->clip), a->alpha, a->beta);
}

/* sum: W x + both biases; part: R h (with its bias where it has to stay apart). */
static void gates(const struct rnn *r, int d, int64_t n, int64_t t, const double *h)
{
    int64_t rows = r->gates * r->hidden;
    int64_t x = ((r->by_batch ? n * r->steps + t : t * r->batch + n)) * r->input;
    for (int64_t g = 0; g < rows; g++) {
        r->sum[g] = r->b ? sy_get(r->b, d * 2 * rows + g) : 0;
        r->part[g] = r->b ? sy_get(r->b, d * 2 * rows + rows + g) : 0;
        for (int64_t i = 0; i < r->input; i++)
            r->sum[g] += sy_get(r->w, (d * rows + g) * r->input + i) * sy_get(r->x, x + i);
        for (int64_t i = 0; i < r->hidden; i++)
            r->part[g] += sy_get(r->r, (d * rows + g) * r->hidden + i) * h[i];
    }
}

/* Gates z, r, h. Without linear_before_reset the reset applies to the state before its matrix. */
static void gru_step(const struct rnn *r, int d)
{
    int64_t n = r->hidden, rows = 3 * n;
    double *z = r->sum, *reset = r->sum + n, *next = r->sum + 2 * n;
    for (int64_t i = 0; i < 2 * n; i++)
        r->sum[i] = act(r, d, 0, r->sum[i] + r->part[i]);
    for (int64_t i = 0; i < n; i++) {
        double linear = r->part[2 * n + i];
        if (!r->before_reset) {
            linear = r->b ? sy_get(r->b, d * 2 * rows + rows + 2 * n + i) : 0;
            for (int64_t k = 0; k < n; k++)
                linear += sy_get(r->r, (d * rows + 2 * n + i) * n + k) * reset[k] * r->h[k];
        } else
            linear *= reset[i];
        next[i] = act(r, d, 1, next[i] + linear);
    }
    for (int64_t i = 0; i < n; i++)
        r->h[i] = (1 - z[i]) * next[i] + z[i] * r->h[i];
}

/* Gates i, o, f, c; peepholes i, o, f. */
static void lstm_step(const struct rnn *r, int d)
{
    int64_t n = r->hidden;
    for (int64_t k = 0; k < n; k++) {
        double p[3] = {0, 0, 0}, g[4];
        for (int i = 0; i < 3 && r->peephole; i++)
            p[i] = sy_get(r->peephole, (d * 3 + i) * n + k);
        for (int i = 0; i < 4; i++)
            g[i] = r->sum[i * n + k] + r->part[i * n + k];
        double in = act(r, d, 0, g[0] + p[0] * r->c[k]);
        double forget = r->coupled ? 1 - in : act(r, d, 0, g[2] + p[2] * r->c[k]);
        r->c[k] = forget * r->c[k] + in * act(r, d, 1, g[3]);
        double out = act(r, d, 0, g[1] + p[1] * r->c[k]);
        r->h[k] = out * act(r, d, 2, r->c[k]);
    }
}

static void run_sequence(const struct rnn *r, int d, int64_t n)
{
    int64_t h = r->hidden, state = (r->by_batch ? n * r->dirs + d : d * r->batch + n) * h;
    int64_t length = r->lengths ? sy_get_int(r->lengths, n) : r->steps;
    for (int64_t i = 0; i < h; i++) {
        r->h[i] = r->h0 ? sy_get(r->h0, state + i) : 0;
        r->c[i] = r->c0 ? sy_get(r->c0, state + i) : 0;
    }
    for (int64_t k = 0; k < length; k++) {
        int64_t t = d == 1 || r->backward ? length - 1 - k : k;
        gates(r, d, n, t, r->h);
        if (r->cell == LSTM)
            lstm_step(r, d);
        else if (r->cell == GRU)
            gru_step(r, d);
        else
            for (int64_t i = 0; i < h; i++)
                r->h[i] = act(r, d, 0, r->sum[i] + r->part[i]);
        int64_t y = (r->by_batch ? (n * r->steps + t) * r->dirs + d : (t * r->dirs + d) * r->batch + n) * h;
        for (int64_t i = 0; r->y && i < h; i++)
            sy_put(r->y, y + i, r->h[i]);
    }
    for (int64_t i = 0; i < h; i++) {
        if (r->y_h)
            sy_put(r->y_h, state + i, r->h[i]);
        if (r->y_c)
            sy_put(r->y_c, state + i, r->c[i]);
    }
}

static enum systole_status run_rnn(struct sy_call *c, enum cell cell, const char *defaults)
{
    struct rnn r = {.cell = cell, .x = sy_in(c, 0), .w = sy_in(c, 1), .r = sy_in(c, 2), .b = sy_in(c, 3),
                    .lengths = sy_in(c, 4), .h0 = sy_in(c, 5), .c0 = sy_in(c, 6), .peephole = sy_in(c, 7)};
    enum systole_status status = read_shapes(c, &r);
    if (!status)
        status = read_activations(c, &r, defaults);
    if (!status)
        status = make_outputs(c, &r);
    if (status)
        return status;
    size_t rows = (size_t)(r.gates * r.hidden);
    r.h = sy_alloc((size_t)r.hidden, sizeof(double));
    r.c = sy_alloc((size_t)r.hidden, sizeof(double));
    r.sum = sy_alloc(rows, sizeof(double));
    r.part = sy_alloc(rows, sizeof(double));
    if (!r.h || !r.c || !r.sum || !r.part)
        status = sy_no_memory(c->ctx);
    for (int d = 0; d < r.dirs && !status; d++)
        for (int64_t n = 0; n < r.batch; n++)
            run_sequence(&r, d, n);
    sy_free(r.h);
    sy_free(r.c);
    sy_free(r.sum);
    sy_free(r.part);
    return status;
}

enum systole_status sy_op_rnn(struct sy_call *c)
{
    return run_rnn(c, RNN, "Tanh\nTanh\n");
}

enum systole_status sy_op_gru(struct sy_call *c)
{
    return run_rnn(c, GRU, "Sigmoid\nTanh\nSigmoid\nTanh\n");
}

enum systole_status sy_op_lstm(struct sy_call *c)
{
    return run_rnn(c, LSTM, "Sigmoid\nTanh\nTanh\nSigmoid\nTanh\nTanh\n");
}
