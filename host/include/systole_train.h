/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Training: parameters, layers on a tape, backward passes, optimisers, checkpoints, data.
 *
 *     systole_trainer_create(context, "hls:16x16", 1, &t);
 *     systole_param_create(t, "w", 2, (int64_t[]){10, 64}, SYSTOLE_INIT_UNIFORM, 0.125f, &w);
 *     for (;;) {
 *         systole_train_input(t, 2, (int64_t[]){32, 64}, pixels, &x);
 *         systole_train_dense(t, x, w, b, &y);
 *         systole_train_cross_entropy(t, y, labels, &loss);
 *         systole_train_backward(t, loss);
 *         systole_train_step(t, &adam, 0.001f);
 *     }
 *
 * Every matrix product - forward, and of both gradients - runs on the device; the rest on the host in fixed sequences of fp32
 * operations. All devices train to the same bits: docs/training.md has every order.
 *
 * - A value on the tape lives until systole_train_clear() or a step; a parameter, which is a value too, as long as the trainer.
 * - When a layer fails, the layers after it fail with the same status, and so does the backward pass; clearing ends that. A
 * program may record a whole network and look at the last status only. Outputs are untouched by a failure, so set them to NULL
 * first.
 * - A trainer belongs to one thread at a time.
 */
#ifndef SYSTOLE_TRAIN_H
#define SYSTOLE_TRAIN_H

#include "systole_multiply.h"

#ifdef __cplusplus
extern "C" {
#endif

struct systole_trainer;
struct systole_value;

/* ---- Trainer ---- */

/* `device` as for a session; `seed` is where random numbers (initial values, stochastic rounding) come from. */
SYSTOLE_API enum systole_status systole_trainer_create(struct systole_context *context, const char *device, uint64_t seed,
                                                       struct systole_trainer **trainer);
SYSTOLE_API void systole_trainer_free(struct systole_trainer *trainer);
/* Passes of the products of layers recorded from now on. */
SYSTOLE_API enum systole_status systole_trainer_set_precision(struct systole_trainer *trainer, enum systole_precision precision);
SYSTOLE_API enum systole_status systole_trainer_totals(const struct systole_trainer *trainer, struct systole_totals *totals);
SYSTOLE_API uint64_t systole_trainer_steps(const struct systole_trainer *trainer);

/* ---- Values ---- */

SYSTOLE_API int systole_value_rank(const struct systole_value *value);
SYSTOLE_API const int64_t *systole_value_dims(const struct systole_value *value);
SYSTOLE_API int64_t systole_value_count(const struct systole_value *value);
SYSTOLE_API const float *systole_value_data(const struct systole_value *value);
/* A parameter's: the program may write to it, between steps. NULL for other values. */
SYSTOLE_API float *systole_value_data_mutable(struct systole_value *value);
/* After a backward pass. For parameters: the sum over the backward passes since the last step. NULL when there is none. */
SYSTOLE_API const float *systole_value_gradient(const struct systole_value *value);
/* A parameter's sum, for programs that add up those of several devices; NULL where there is none, and for other values. */
SYSTOLE_API float *systole_param_gradient_mutable(struct systole_value *param);

/* ---- Parameters: fp32, kept by name ---- */

enum systole_init {
    SYSTOLE_INIT_CONSTANT, /* `scale` everywhere */
    SYSTOLE_INIT_UNIFORM,  /* between -scale and scale, by (seed of the trainer, name, element) */
    SYSTOLE_INIT_NORMAL    /* with that deviation: a sum of twelve uniform numbers */
};

SYSTOLE_API enum systole_status systole_param_create(struct systole_trainer *trainer, const char *name, int rank,
                                                     const int64_t *dims, enum systole_init init, float scale,
                                                     struct systole_value **param);
/* No gradient and no optimiser: running means, for instance. Part of checkpoints all the same. */
SYSTOLE_API enum systole_status systole_param_freeze(struct systole_trainer *trainer, struct systole_value *param);
SYSTOLE_API int systole_param_count(const struct systole_trainer *trainer);
SYSTOLE_API struct systole_value *systole_param_at(const struct systole_trainer *trainer, int index); /* NULL outside */
SYSTOLE_API struct systole_value *systole_param_find(const struct systole_trainer *trainer, const char *name);
SYSTOLE_API const char *systole_param_name(const struct systole_value *param);
/* An optimiser's first (0) or second (1) moment; NULL before there is one. */
SYSTOLE_API const float *systole_param_moment(const struct systole_value *param, int which);

/* ---- Layers. Shapes are written with their dimensions; `...` is any number of them. ---- */

/* Copies `data`. */
SYSTOLE_API enum systole_status systole_train_input(struct systole_trainer *trainer, int rank, const int64_t *dims,
                                                    const float *data, struct systole_value **y);
/* The same, and a gradient is computed for it. */
SYSTOLE_API enum systole_status systole_train_input_with_gradient(struct systole_trainer *trainer, int rank, const int64_t *dims,
                                                                  const float *data, struct systole_value **y);
/* x (..., in), w (out, in), b (out) or NULL: y (..., out) = x w' + b. */
SYSTOLE_API enum systole_status systole_train_dense(struct systole_trainer *trainer, struct systole_value *x,
                                                    struct systole_value *w, struct systole_value *b, struct systole_value **y);

struct systole_conv_options {
    size_t size;
    int64_t stride, pad, dilation, groups; /* in both directions; 0 for the usual: 1, 0, 1, 1 */
};
/* x (n, groups*c, h, w), w (m, c, kh, kw), b (m) or NULL. `options` may be NULL. */
SYSTOLE_API enum systole_status systole_train_conv2d(struct systole_trainer *trainer, struct systole_value *x,
                                                     struct systole_value *w, struct systole_value *b,
                                                     const struct systole_conv_options *options, struct systole_value **y);

enum systole_activation { SYSTOLE_RELU, SYSTOLE_GELU, SYSTOLE_GELU_TANH, SYSTOLE_TANH, SYSTOLE_SIGMOID };
SYSTOLE_API enum systole_status systole_train_activation(struct systole_trainer *trainer, enum systole_activation which,
                                                         struct systole_value *x, struct systole_value **y);
/* Shapes are equal, or b's are the last dimensions of a's: then it is added to each part. */
SYSTOLE_API enum systole_status systole_train_add(struct systole_trainer *trainer, struct systole_value *a,
                                                  struct systole_value *b, struct systole_value **y);
SYSTOLE_API enum systole_status systole_train_reshape(struct systole_trainer *trainer, struct systole_value *x, int rank,
                                                      const int64_t *dims, struct systole_value **y);

enum systole_pool { SYSTOLE_POOL_MAX, SYSTOLE_POOL_AVERAGE };
/* x (n, c, h, w); square windows without padding. */
SYSTOLE_API enum systole_status systole_train_pool2d(struct systole_trainer *trainer, enum systole_pool which,
                                                     struct systole_value *x, int64_t kernel, int64_t stride,
                                                     struct systole_value **y);
/* x (..., c), gain (c), shift (c). */
SYSTOLE_API enum systole_status systole_train_layer_norm(struct systole_trainer *trainer, struct systole_value *x,
                                                         struct systole_value *gain, struct systole_value *shift, float epsilon,
                                                         struct systole_value **y);
struct systole_batch_norm_options {
    size_t size;
    float epsilon, momentum;                /* of the running values: r = (1 - momentum) r + momentum * the batch's */
    struct systole_value *mean, *variance;  /* frozen parameters (c) */
    int evaluate;                           /* use the running values, and leave them */
};
/* x (n, c, ...). */
SYSTOLE_API enum systole_status systole_train_batch_norm(struct systole_trainer *trainer, struct systole_value *x,
                                                         struct systole_value *gain, struct systole_value *shift,
                                                         const struct systole_batch_norm_options *options,
                                                         struct systole_value **y);
/* Rows of table (v, c) by number: y (dims..., c). */
SYSTOLE_API enum systole_status systole_train_embedding(struct systole_trainer *trainer, const int32_t *numbers, int rank,
                                                        const int64_t *dims, struct systole_value *table,
                                                        struct systole_value **y);
/* qkv (batch, time, 3*c): y (batch, time, c), `heads` heads of c / heads, scores scaled by 1 / sqrt(c / heads). causal: no look
 * ahead. */
SYSTOLE_API enum systole_status systole_train_attention(struct systole_trainer *trainer, struct systole_value *qkv, int64_t heads,
                                                        int causal, struct systole_value **y);
/* logits (..., c), a label for each row: the mean over the rows of -ln softmax(row)[label]; y has rank 0. */
SYSTOLE_API enum systole_status systole_train_cross_entropy(struct systole_trainer *trainer, struct systole_value *logits,
                                                            const int32_t *labels, struct systole_value **y);
/* The mean of (x - target)^2; y has rank 0. */
SYSTOLE_API enum systole_status systole_train_mean_square(struct systole_trainer *trainer, struct systole_value *x,
                                                          const float *target, struct systole_value **y);

/* ---- Steps ---- */

/* Gradients of `loss` (one element), times `scale`, are added to the parameters'; the tape is cleared. Several passes before a
 * step add up, each computed from zero: as many devices with a part of the batch each give the same bits. */
SYSTOLE_API enum systole_status systole_train_backward_scaled(struct systole_trainer *trainer, struct systole_value *loss,
                                                              float scale);
SYSTOLE_API enum systole_status systole_train_backward(struct systole_trainer *trainer, struct systole_value *loss);
/* The same with any gradient of `y`, and the tape stays: for programs that look at the gradients of its values. */
SYSTOLE_API enum systole_status systole_train_backward_from(struct systole_trainer *trainer, struct systole_value *y,
                                                            const float *gradient);
/* Forgets all values but parameters, and an earlier failure. */
SYSTOLE_API void systole_train_clear(struct systole_trainer *trainer);
SYSTOLE_API void systole_train_clear_gradients(struct systole_trainer *trainer);

enum systole_optimiser { SYSTOLE_SGD, SYSTOLE_ADAM, SYSTOLE_ADAMW };
struct systole_optimiser_options {
    size_t size;
    enum systole_optimiser kind;
    float momentum;             /* SGD; 0: none */
    float beta1, beta2, epsilon; /* ADAM, ADAMW; all 0: 0.9, 0.999, 1e-8 */
    float weight_decay;         /* SGD, ADAM: added to the gradient; ADAMW: taken from the weight */
    float clip;                 /* most that the norm of all gradients together may have; 0: no limit */
    float scale;                /* gradients are divided by it first; 0: 1 */
    int stochastic_bf16;        /* weights are rounded to bf16 after the step, up or down by (seed, step, parameter, element) */
};
/* One step with the gradients that were added up; they are forgotten, and so is the tape. With an infinity or a NaN among the
 * gradients: no step, BAD_STATE, and the gradients are forgotten, so that a program may lower its scale and go on. */
SYSTOLE_API enum systole_status systole_train_step(struct systole_trainer *trainer,
                                                   const struct systole_optimiser_options *options, float rate);

enum systole_schedule { SYSTOLE_RATE_CONSTANT, SYSTOLE_RATE_LINEAR, SYSTOLE_RATE_COSINE };
/* The rate of a step: up from 0 in `warm_up` steps, then constant, or down to `last` at step `steps`. */
SYSTOLE_API float systole_train_rate(enum systole_schedule schedule, uint64_t step, uint64_t warm_up, uint64_t steps, float peak,
                                     float last);

/* ---- Checkpoints: parameters, moments, steps, seed, and words of the program's own ---- */

/* Atomic: the file is there whole, or as it was. */
SYSTOLE_API enum systole_status systole_checkpoint_write(struct systole_trainer *trainer, const char *path, const uint64_t *words,
                                                         int count);
/* Into a trainer with the same parameters, which stays as it is when the file is not whole or not of these. `count` words are
 * expected. */
SYSTOLE_API enum systole_status systole_checkpoint_read(struct systole_trainer *trainer, const char *path, uint64_t *words,
                                                        int count);

/* ---- Data ---- */

struct systole_dataset;

/* Pictures with labels in MNIST's format: two IDX files of unsigned bytes. Pixels become v / 255. */
SYSTOLE_API enum systole_status systole_dataset_idx(struct systole_context *context, const char *pictures, const char *labels,
                                                    struct systole_dataset **dataset);
/* CIFAR's binary format: rows of a label (the last of `label_bytes`) and 3 x 32 x 32 bytes. */
SYSTOLE_API enum systole_status systole_dataset_cifar(struct systole_context *context, const char *path, int label_bytes,
                                                      struct systole_dataset **dataset);
/* Tokens of `width` (1, 2 or 4) bytes, little endian, each below `vocabulary`. */
SYSTOLE_API enum systole_status systole_dataset_tokens(struct systole_context *context, const char *path, int width,
                                                       int64_t vocabulary, struct systole_dataset **dataset);
/* The same from memory: pictures of c x h x w bytes one after the other (`labels` one byte each), or tokens. */
SYSTOLE_API enum systole_status systole_dataset_pictures(struct systole_context *context, int64_t count, const int64_t shape[3],
                                                         const uint8_t *pixels, const uint8_t *labels,
                                                         struct systole_dataset **dataset);
SYSTOLE_API enum systole_status systole_dataset_text(struct systole_context *context, int64_t count, const int32_t *tokens,
                                                     struct systole_dataset **dataset);
SYSTOLE_API void systole_dataset_free(struct systole_dataset *dataset);
SYSTOLE_API int64_t systole_dataset_count(const struct systole_dataset *dataset);        /* pictures, or tokens */
SYSTOLE_API const int64_t *systole_dataset_shape(const struct systole_dataset *dataset); /* c, h, w; NULL for tokens */
/* Pictures `order[0]` to `order[n-1]` as fp32, with their labels. */
SYSTOLE_API enum systole_status systole_dataset_batch(struct systole_context *context, const struct systole_dataset *dataset,
                                                      const int64_t *order, int64_t n, float *pixels, int32_t *labels);
/* n windows of `time` tokens at `starts`, and the tokens that follow each. */
SYSTOLE_API enum systole_status systole_dataset_windows(struct systole_context *context, const struct systole_dataset *dataset,
                                                        const int64_t *starts, int64_t n, int64_t time, int32_t *tokens,
                                                        int32_t *next);
/* Numbers 0 to count-1 in an order that depends on (seed, epoch) alone. */
SYSTOLE_API void systole_shuffle(uint64_t seed, uint64_t epoch, int64_t count, int64_t *order);
/* A number below `limit` by (seed, index) alone; 0 when limit is. */
SYSTOLE_API uint64_t systole_random(uint64_t seed, uint64_t index, uint64_t limit);

#ifdef __cplusplus
}
#endif

#endif
