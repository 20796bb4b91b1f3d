/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of a model from files and from a seed, for every verb that runs one. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli.h"

enum { CLI_INPUTS = 64 };

/* Of inputs with free dimensions: [NAME=]2x3x224x224. */
struct cli_shapes {
    const char *list[CLI_INPUTS];
    int n;
};

struct cli_inputs {
    struct cli_shapes shapes;
    const char *files[CLI_INPUTS]; /* [NAME=]FILE */
    int n_files;
    int random; /* fill those without a file */
    uint64_t seed;
};

/* `--input` and `--random`, for option tables: the member is the struct cli_inputs. `text` goes on with what the verb has to say of it. */
enum cli_exit cli_take_input(void *inputs, const char *value);
enum cli_exit cli_take_seed(void *inputs, const char *value);
#define CLI_INPUT_OPTION(at) \
    {"--input", CLI_LIST, at, "[NAME=]FILE", "an input from a .npy, .pb (TensorProto) or .raw file, by name or in the model's order", cli_take_input}
enum cli_exit cli_take_shape(void *shapes, const char *value);
#define CLI_SHAPE_OPTION(at) \
    {"--shape", CLI_LIST, at, "[NAME=]2x3x...", "the shape of an input that has free dimensions, which are 1 else", cli_take_shape}
/* The model has those shapes from then on. What does not fit is said. */
enum cli_exit cli_fix_shapes(struct systole_context *ctx, struct systole_model *model, const struct cli_shapes *shapes);
#define CLI_RANDOM_OPTION(at, text) \
    {"--random", CLI_CALL, at, "SEED", "fills the inputs not given with random values of that seed" text, cli_take_seed}

enum cli_exit cli_set_inputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                             const struct cli_inputs *in);
/* Free dimensions that nobody said anything of, where no file brings them, are told. */
void cli_hint_free_dimensions(const struct systole_model *model, const struct cli_inputs *in);

#endif
