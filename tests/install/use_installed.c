/* SPDX-License-Identifier: Apache-2.0 */
/* A program as a user would write it: runs a model, given on the command line with a device, on zeros. */
#include <stdio.h>
#include <systole.h>

int main(int argc, char **argv)
{
    struct systole_context *ctx = NULL;
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    struct systole_tensor *x = NULL, *y = NULL;
    struct systole_value_info in = {.size = sizeof in}, out = {.size = sizeof out};
    if (argc != 3 || systole_context_create(NULL, &ctx))
        return 2;
    enum systole_status status = systole_model_load(ctx, argv[1], &model);
    if (!status && !(status = systole_model_input(model, 0, &in)) && !(status = systole_model_output(model, 0, &out)) &&
        !(status = systole_tensor_create(ctx, in.dtype, in.rank, in.dims, NULL, &x)) &&
        !(status = systole_session_create(ctx, model, argv[2], &session)) && !(status = systole_session_set(session, in.name, x)) &&
        !(status = systole_session_run(session)) && !(status = systole_session_get(session, out.name, &y)))
        printf("%s: %lld values of version %s\n", out.name, (long long)systole_tensor_count(y), systole_version());
    else
        fprintf(stderr, "%s: %s\n", systole_status_text(status), systole_context_detail(ctx));
    systole_tensor_free(y);
    systole_tensor_free(x);
    systole_session_free(session);
    systole_model_free(model);
    systole_context_free(ctx);
    return status ? 1 : 0;
}
