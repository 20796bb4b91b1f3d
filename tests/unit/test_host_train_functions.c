/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients of layers with functions in them: activations, normalisations, attention, losses. */
#include "train_bench.h"

/* ---- activations ---- */

static enum systole_activation activation_at;

static enum systole_status activation(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    struct systole_value *wide = NULL;
    systole_train_add(t, in[0], in[0], &wide); /* from -2 to 2 */
    return systole_train_activation(t, activation_at, wide, y);
}

static double exact_activation_of(double x)
{
    switch (activation_at) {
    case SYSTOLE_RELU:
        return x > 0 ? x : 0;
    case SYSTOLE_GELU:
        return 0.5 * x * (1 + erf(x / sqrt(2)));
    case SYSTOLE_GELU_TANH:
        return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case SYSTOLE_TANH:
        return tanh(x);
    case SYSTOLE_SIGMOID:
        break;
    }
    return 1 / (1 + exp(-x));
}

static void exact_activation(const double *const *in, double *y)
{
    for (int i = 0; i < 40; i++)
        y[i] = exact_activation_of(2 * in[0][i]);
}

static void test_gradients_of_activations(void **unused)
{
    (void)unused;
    static const char *const names[] = {"relu", "gelu", "gelu by tanh", "tanh", "sigmoid"};
    for (int i = SYSTOLE_RELU; i <= SYSTOLE_SIGMOID; i++) {
        activation_at = (enum systole_activation)i;
        /* 1 - y^2 and the like: the terms are at most twice the largest slope. */
        const struct bench_case c = {names[i], 1, {{40}}, 1, 1, activation, exact_activation};
        bench_run(&c);
    }
}

/* ---- normalisations ---- */

static enum systole_status layer_norm(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    return systole_train_layer_norm(t, in[0], in[1], in[2], 1e-3f, y);
}

/* `size` numbers, `step` apart, normalised in place of y. */
static void normalise(const double *x, double *y, int size, const int *at, double epsilon)
{
    double mean = 0, variance = 0;
    for (int i = 0; i < size; i++)
        mean += x[at[i]] / size;
    for (int i = 0; i < size; i++)
        variance += (x[at[i]] - mean) * (x[at[i]] - mean) / size;
    for (int i = 0; i < size; i++)
        y[at[i]] = (x[at[i]] - mean) / sqrt(variance + epsilon);
}

static void exact_layer_norm(const double *const *in, double *y)
{
    for (int r = 0; r < 3; r++) {
        int at[7];
        for (int i = 0; i < 7; i++)
            at[i] = 7 * r + i;
        normalise(in[0], y, 7, at, (double)1e-3f);
        for (int i = 0; i < 7; i++)
            y[at[i]] = y[at[i]] * in[1][i] + in[2][i];
    }
}

static enum systole_status batch_norm(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    const struct systole_batch_norm_options o = {.size = sizeof o, .epsilon = 1e-3f};
    return systole_train_batch_norm(t, in[0], in[1], in[2], &o, y);
}

static void exact_batch_norm(const double *const *in, double *y)
{
    for (int c = 0; c < 3; c++) {
        int at[12];
        for (int i = 0; i < 12; i++)
            at[i] = (i / 4 * 3 + c) * 4 + i % 4;
        normalise(in[0], y, 12, at, (double)1e-3f);
        for (int i = 0; i < 12; i++)
            y[at[i]] = y[at[i]] * in[1][c] + in[2][c];
    }
}

static const float running_mean[] = {0.25f, -0.5f, 0}, running_variance[] = {2, 0.5f, 1};

static enum systole_status batch_norm_running(struct systole_trainer *t, struct systole_value *const *in,
                                              struct systole_value **y)
{
    struct systole_value *mean = NULL, *variance = NULL;
    systole_param_create(t, "mean", 1, (const int64_t[]){3}, SYSTOLE_INIT_CONSTANT, 0, &mean);
    systole_param_create(t, "variance", 1, (const int64_t[]){3}, SYSTOLE_INIT_CONSTANT, 0, &variance);
    systole_param_freeze(t, mean);
    systole_param_freeze(t, variance);
    memcpy(systole_value_data_mutable(mean), running_mean, sizeof running_mean);
    memcpy(systole_value_data_mutable(variance), running_variance, sizeof running_variance);
    const struct systole_batch_norm_options o = {sizeof o, 1e-3f, 0.1f, mean, variance, 1};
    return systole_train_batch_norm(t, in[0], in[1], in[2], &o, y);
}

static void exact_batch_norm_running(const double *const *in, double *y)
{
    for (int i = 0; i < 36; i++) {
        const int c = i / 4 % 3;
        y[i] = (in[0][i] - (double)running_mean[c]) / sqrt((double)running_variance[c] + (double)1e-3f) * in[1][c] + in[2][c];
    }
}

/* ---- attention ---- */

static bool causal;

static enum systole_status attention(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    return systole_train_attention(t, in[0], 2, causal, y);
}

/* Two sequences of four, six channels, two heads. */
static void exact_attention(const double *const *in, double *y)
{
    for (int s = 0; s < 2; s++)
        for (int head = 0; head < 2; head++)
            for (int i = 0; i < 4; i++) {
                double share[4], sum = 0;
                const double *const q = in[0] + (s * 4 + i) * 18 + head * 3;
                for (int j = 0; j < 4; j++) {
                    const double *const k = in[0] + (s * 4 + j) * 18 + 6 + head * 3;
                    share[j] = causal && j > i ? 0 : exp((q[0] * k[0] + q[1] * k[1] + q[2] * k[2]) / sqrt(3));
                    sum += share[j];
                }
                for (int d = 0; d < 3; d++) {
                    double *const to = y + (s * 4 + i) * 6 + head * 3 + d;
                    *to = 0;
                    for (int j = 0; j < 4; j++)
                        *to += share[j] / sum * in[0][(s * 4 + j) * 18 + 12 + head * 3 + d];
                }
            }
}

/* ---- losses ---- */

static const int32_t labels[] = {2, 0, 4, 4};

static enum systole_status cross_entropy(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    return systole_train_cross_entropy(t, in[0], labels, y);
}

static void exact_cross_entropy(const double *const *in, double *y)
{
    *y = 0;
    for (int r = 0; r < 4; r++) {
        double sum = 0;
        for (int c = 0; c < 5; c++)
            sum += exp(in[0][5 * r + c]);
        *y += (log(sum) - in[0][5 * r + labels[r]]) / 4;
    }
}

static const float targets[] = {0.5f, -0.25f, 1, 0, 0, 2, -1};

static enum systole_status mean_square(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y)
{
    return systole_train_mean_square(t, in[0], targets, y);
}

static void exact_mean_square(const double *const *in, double *y)
{
    *y = 0;
    for (int i = 0; i < 7; i++)
        *y += (in[0][i] - (double)targets[i]) * (in[0][i] - (double)targets[i]) / 7;
}

static void test_gradients_of_normalisations_and_losses(void **unused)
{
    (void)unused;
    static const struct bench_case cases[] = {
        {"layer norm", 3, {{3, 7}, {7}, {7}}, 7, 4, layer_norm, exact_layer_norm},
        {"batch norm", 3, {{3, 3, 2, 2}, {3}, {3}}, 12, 4, batch_norm, exact_batch_norm},
        {"batch norm, running values", 3, {{3, 3, 2, 2}, {3}, {3}}, 12, 1, batch_norm_running, exact_batch_norm_running},
        {"cross entropy", 1, {{4, 5}}, 5, 1, cross_entropy, exact_cross_entropy},
        {"mean square", 1, {{7}}, 1, 1, mean_square, exact_mean_square},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        bench_run(&cases[i]);
}

static void test_gradients_of_attention(void **unused)
{
    (void)unused;
    static const struct bench_case c = {"attention", 1, {{2, 4, 18}}, 4, 4, attention, exact_attention};
    causal = false;
    bench_run(&c);
    causal = true;
    bench_run(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_of_activations),
        cmocka_unit_test(test_gradients_of_normalisations_and_losses),
        cmocka_unit_test(test_gradients_of_attention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
