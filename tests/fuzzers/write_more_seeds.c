/* SPDX-License-Identifier: Apache-2.0 */
/* Seeds of the formats that the library writes itself, of data sets, manifests and settings. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/include/systole_train.h"
#include "seeds.h"
#include "tests/unit/test_host_model.h"

enum { ROOM = 600, MOST = 1 << 17 };

/* The formats begin with some bytes of the fuzzer's own: see there. */
static void put_after(const char *folder, const char *name, const void *head, size_t head_size, const void *data, size_t size)
{
    static char all[MOST];
    if (head_size + size > sizeof all)
        exit(1);
    memcpy(all, head, head_size);
    memcpy(all + head_size, data, size);
    seed_put(folder, name, all, head_size + size);
}

static void write_datasets(const char *folder)
{
    /* Two pictures of 2 x 3 and their labels, as IDX. */
    static const unsigned char idx[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255,
                                        0, 0, 8, 1, 0, 0, 0, 2, 3, 9};
    static unsigned char cifar[2 * (2 + 3072)];
    static const unsigned char tokens[] = {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0};
    put_after(folder, "idx", (const char[]){0, 28, 0, 20}, 4, idx, sizeof idx);
    put_after(folder, "cifar", (const char[]){1, 2, 0, 20}, 4, cifar, sizeof cifar);
    put_after(folder, "tokens", (const char[]){2, 2, 0, 20}, 4, tokens, sizeof tokens);
}

static size_t read_back(const char *path, char *data)
{
    FILE *f = fopen(path, "rb");
    const size_t n = f ? fread(data, 1, MOST, f) : 0;
    if (f)
        fclose(f);
    unlink(path);
    if (n == 0 || n == MOST)
        exit(1);
    return n;
}

/* As in fuzz_checkpoint.c; without moments, and with them. */
static void write_checkpoints(struct systole_context *ctx, const char *folder)
{
    static char data[MOST];
    char path[ROOM];
    struct systole_trainer *t = NULL;
    struct systole_value *w = NULL, *b = NULL, *x = NULL, *loss = NULL;
    const struct systole_optimiser_options adam = {.size = sizeof adam, .kind = SYSTOLE_ADAM};
    const uint64_t words[2] = {1, 2};
    const float in[3] = {1, 2, 3}, target[2] = {0, 0};
    snprintf(path, sizeof path, "%s/written", folder);
    assert_int_equal(systole_trainer_create(ctx, "cpu", 1, &t), SYSTOLE_OK);
    assert_int_equal(systole_param_create(t, "w", 2, (const int64_t[]){2, 3}, SYSTOLE_INIT_UNIFORM, 1, &w), SYSTOLE_OK);
    assert_int_equal(systole_param_create(t, "b", 1, (const int64_t[]){2}, SYSTOLE_INIT_CONSTANT, 0, &b), SYSTOLE_OK);
    for (int k = 0; k < 3; k++) {
        assert_int_equal(systole_checkpoint_write(t, path, words, k), SYSTOLE_OK);
        const size_t size = read_back(path, data);
        char name[24];
        const char head = (char)(1 | k << 1);
        snprintf(name, sizeof name, "checkpoint_%d", k);
        put_after(folder, name, &head, 1, data, size);
        systole_train_input(t, 2, (const int64_t[]){1, 3}, in, &x);
        systole_train_dense(t, x, w, b, &x);
        systole_train_mean_square(t, x, target, &loss);
        systole_train_backward(t, loss);
        assert_int_equal(systole_train_step(t, &adam, 0.1f), SYSTOLE_OK);
    }
    systole_trainer_free(t);
}

/* One product with a constant, compiled for the device of the fuzzers. */
static void write_compiled(struct systole_context *ctx, const char *folder)
{
    static char data[MOST];
    char path[ROOM], device[1200];
    const char *library = getenv("FUZZ_DEVICE"), head = 1;
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    const int64_t dims[2] = {3, 4};
    size_t size = 0;
    struct one_node n = {.domain = "", .op = "MatMul", .version = 13, .n_in = 2, .n_out = 1};
    uint8_t *bytes = one_node_bytes(&n, &size);
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, size, bytes);
    free(bytes);
    assert_non_null(m);
    declare_input(m->graph->input[0], SYSTOLE_F32, 2, dims);
    declare_input(m->graph->input[1], SYSTOLE_F32, 2, (const int64_t[]){4, 5});
    bytes = pack_model(m, &size);
    onnx__model_proto__free_unpacked(m, NULL);
    snprintf(device, sizeof device, "%s,precision=x1", library ? library : "hls:4x4");
    snprintf(path, sizeof path, "%s/written", folder);
    assert_int_equal(systole_model_load_memory(ctx, bytes, size, NULL, &model), SYSTOLE_OK);
    if (systole_session_create(ctx, model, device, &session) == SYSTOLE_OK && systole_session_save(session, path) == SYSTOLE_OK) {
        const size_t written = read_back(path, data);
        put_after(folder, "compiled", &head, 1, data, written);
    } else {
        fprintf(stderr, "write_seeds: no compiled network: %s\n", systole_context_detail(ctx));
        exit(1);
    }
    systole_session_free(session);
    systole_model_free(model);
    free(bytes);
}

static void put_text(const char *folder, const char *name, const char *text)
{
    seed_put(folder, name, text, strlen(text));
}

static void write_commands(const char *root)
{
    static const char *const lines[] = {
        "run\nm.onnx\n--random\n1\n--profile\n--json",
        "run\nm.onnx\n--random\n1\n--device\nhls:4x4\n--report\nr.html\n--trace\nt.json\n--output\nout",
        "run\nm.onnx\nA=a.npy\n--quiet",
        "compare\nm.onnx\n--device\ncpu\n--device\nhls:4x4\n--layers\n--isolated\n--json",
        "compare\nm.onnx\n--device\ncpu\n--capture\ncap\n--random\n2",
        "compare\nm.onnx\n--against\ncap\n--bisect",
        "bench\nmatmul\n4\n5\n6\n--type\nint8\n--repeat\n2\n--device\nhls:4x4",
        "bench\nconv\n1\n2\n8\n8\n2\n3\n3\n--stride\n2\n--pad\n1\n--groups\n1\n--repeat\n1",
        "sweep\nm.onnx\n--device\nhls:4x4\n--device\ncpu\n--report\ns.html",
        "compile\nm.onnx\n--device\nhls:4x4\n--output\nc.net",
        "explain\nm.onnx\n--device\nhls:4x4",
        "conformance\n.\n--device\ncpu",
        "disasm\nm.onnx\n--json", "asm\nm.onnx\n--output\np", "devices\n--json", "completion\nbash", "version\n--json", "help\nsweep",
        "bitstream\nlist", "xclbin\n--cus\n2\n--output\nx",
    };
    char folder[ROOM], name[24];
    seed_folder(folder, sizeof folder, root, "command");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(name, sizeof name, "command_%zu", i);
        put_text(folder, name, lines[i]);
    }
}

static void write_texts(const char *root)
{
    static const char *const settings[] = {
        "cpu\n\nx6\n100\n1", "cpu,threads=2,precision=x1\nlibx.so\nx3\n1e9\n2", "hls:4x4,latency=9\n\nx9\n-1\n7", "sim:4x4,wipe=1\nnone\n\n\n",
    };
    char folder[ROOM], name[24];
    seed_folder(folder, sizeof folder, root, "manifest");
    put_text(folder, "manifest",
             "{\"target\": \"xrt_u250\", \"kernel\": \"rtl\", \"contract\": \"0x0123456789abcdef\", \"clock_mhz\": 250.5, \"clock_met\": true,\n"
             " \"file\": \"a\\\"b.xclbin\", \"bytes\": 12, \"parameters\": {\"ROWS\": 16, \"COLS\": 16}, \"utilisation\": {\"lut\": 1}}\n");
    seed_folder(folder, sizeof folder, root, "settings");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        snprintf(name, sizeof name, "settings_%zu", i);
        put_text(folder, name, settings[i]);
    }
}

void write_more_seeds(const char *root)
{
    char folder[ROOM];
    struct systole_context *ctx = NULL;
    assert_int_equal(systole_context_create(NULL, &ctx), SYSTOLE_OK);
    seed_folder(folder, sizeof folder, root, "dataset");
    write_datasets(folder);
    seed_folder(folder, sizeof folder, root, "checkpoint");
    write_checkpoints(ctx, folder);
    seed_folder(folder, sizeof folder, root, "compiled");
    write_compiled(ctx, folder);
    write_texts(root);
    write_commands(root);
    systole_context_free(ctx);
}
