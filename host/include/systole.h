/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Systole: neural networks on a systolic array, and on its references.
 *
 * Simple use: create a context, load a model, create a session on a device, set its inputs by name, run, get its outputs.
 *
 * - A fallible function returns a status; its outputs come last and stay untouched when it fails. The context then holds
 *   one line of detail: systole_context_detail().
 * - A context, and every session made with it, belongs to one thread at a time. Models and tensors that are no longer
 *   written to may be shared by threads.
 * - A file that is malformed is SYSTOLE_IO; shapes, types or values that do not fit an operator are SYSTOLE_BAD_ARGUMENT.
 * - Every free function takes NULL.
 * - Option structs begin with their size; zero means the default everywhere else.
 */
#ifndef SYSTOLE_H
#define SYSTOLE_H

#include <stddef.h>
#include <stdint.h>

#include "systole_status.h" /* SYSTOLE_API and enum systole_status */

#ifdef __cplusplus
extern "C" {
#endif

#define SYSTOLE_VERSION_MAJOR 0
#define SYSTOLE_VERSION_MINOR 1
#define SYSTOLE_VERSION_PATCH 0

#define SYSTOLE_MAX_RANK 16

/* Element types, by ONNX's numbers. The types below a byte hold one element a byte in memory. */
enum systole_dtype {
    SYSTOLE_F32 = 1,
    SYSTOLE_U8 = 2,
    SYSTOLE_I8 = 3,
    SYSTOLE_U16 = 4,
    SYSTOLE_I16 = 5,
    SYSTOLE_I32 = 6,
    SYSTOLE_I64 = 7,
    SYSTOLE_BOOL = 9,
    SYSTOLE_F16 = 10,
    SYSTOLE_F64 = 11,
    SYSTOLE_U32 = 12,
    SYSTOLE_U64 = 13,
    SYSTOLE_BF16 = 16,
    SYSTOLE_F8E4M3FN = 17,
    SYSTOLE_F8E4M3FNUZ = 18,
    SYSTOLE_F8E5M2 = 19,
    SYSTOLE_F8E5M2FNUZ = 20,
    SYSTOLE_U4 = 21,
    SYSTOLE_I4 = 22,
    SYSTOLE_F4E2M1 = 23,
    SYSTOLE_F8E8M0 = 24,
    SYSTOLE_U2 = 25,
    SYSTOLE_I2 = 26
};

enum systole_log_level { SYSTOLE_LOG_ERROR = 1, SYSTOLE_LOG_WARNING = 2, SYSTOLE_LOG_INFO = 3, SYSTOLE_LOG_DEBUG = 4 };

struct systole_context;
struct systole_tensor;
struct systole_model;
struct systole_session;

/* ---- Library ---- */

SYSTOLE_API const char *systole_version(void);

/* ---- Context ---- */

typedef void (*systole_log_fn)(void *user, enum systole_log_level level, const char *text);

struct systole_context_options {
    size_t size; /* sizeof(struct systole_context_options) */
    systole_log_fn log;
    void *log_user;
};

/* `options` may be NULL. */
SYSTOLE_API enum systole_status systole_context_create(const struct systole_context_options *options,
                                                       struct systole_context **context);
SYSTOLE_API void systole_context_free(struct systole_context *context);
/* What the last failure was, with its numbers and the node's name; "" when nothing failed. Valid until the next call. */
SYSTOLE_API const char *systole_context_detail(const struct systole_context *context);
/* The operator ("domain:Name", no prefix for ONNX's own) the last failure was about; "" when it was about none. */
SYSTOLE_API const char *systole_context_operator(const struct systole_context *context);

/* ---- Tensors: row-major, contiguous; counted references ---- */

/* Copies `data`; zeros when it is NULL. */
SYSTOLE_API enum systole_status systole_tensor_create(struct systole_context *context, enum systole_dtype dtype, int rank,
                                                      const int64_t *dims, const void *data, struct systole_tensor **tensor);
/* Over memory of the caller's, without a copy: it has to stay, and to stay as it is, while anybody uses the tensor; a session that it was set for, until
 * another took its place or the session was freed. Nothing writes to it. */
SYSTOLE_API enum systole_status systole_tensor_wrap(struct systole_context *context, enum systole_dtype dtype, int rank,
                                                    const int64_t *dims, const void *data, struct systole_tensor **tensor);
SYSTOLE_API void systole_tensor_free(struct systole_tensor *tensor);
SYSTOLE_API struct systole_tensor *systole_tensor_ref(struct systole_tensor *tensor);
SYSTOLE_API enum systole_dtype systole_tensor_dtype(const struct systole_tensor *tensor);
SYSTOLE_API int systole_tensor_rank(const struct systole_tensor *tensor);
SYSTOLE_API const int64_t *systole_tensor_dims(const struct systole_tensor *tensor);
SYSTOLE_API int64_t systole_tensor_count(const struct systole_tensor *tensor);
SYSTOLE_API size_t systole_tensor_bytes(const struct systole_tensor *tensor);
SYSTOLE_API const void *systole_tensor_data(const struct systole_tensor *tensor);
/* Only for whoever holds the one reference. */
SYSTOLE_API void *systole_tensor_data_mutable(struct systole_tensor *tensor);
/* An element as a double, whatever its type; NaN when `index` is outside. */
SYSTOLE_API double systole_tensor_value(const struct systole_tensor *tensor, int64_t index);
SYSTOLE_API const char *systole_dtype_name(enum systole_dtype dtype);

/* By the file's ending: .npy (NumPy) or .pb (ONNX TensorProto). */
SYSTOLE_API enum systole_status systole_tensor_read(struct systole_context *context, const char *path,
                                                    struct systole_tensor **tensor);
SYSTOLE_API enum systole_status systole_tensor_write(struct systole_context *context, const char *path,
                                                     const struct systole_tensor *tensor);

/* ---- Models ---- */

/* An ONNX file; external data is read from its folder. Or the file of a saved session: the model within it, without its programs. */
SYSTOLE_API enum systole_status systole_model_load(struct systole_context *context, const char *path,
                                                   struct systole_model **model);
/* The same from memory; `folder` is where external data is, NULL when there is none. */
SYSTOLE_API enum systole_status systole_model_load_memory(struct systole_context *context, const void *data, size_t size,
                                                          const char *folder, struct systole_model **model);
SYSTOLE_API void systole_model_free(struct systole_model *model);

struct systole_value_info {
    size_t size; /* sizeof(struct systole_value_info), set by the caller */
    const char *name;
    enum systole_dtype dtype; /* 0 when the model does not say */
    int rank;                 /* -1 when the model does not say */
    int64_t dims[SYSTOLE_MAX_RANK]; /* -1 where free */
};

/* Inputs are those without an initialiser. */
SYSTOLE_API int systole_model_input_count(const struct systole_model *model);
SYSTOLE_API int systole_model_output_count(const struct systole_model *model);
SYSTOLE_API enum systole_status systole_model_input(const struct systole_model *model, int index,
                                                    struct systole_value_info *info);
SYSTOLE_API enum systole_status systole_model_output(const struct systole_model *model, int index,
                                                     struct systole_value_info *info);
/*
 * Says what the free dimensions of an input are: sessions created from then on compile for that shape, and take no other. Before anybody else
 * uses the model. NOT_FOUND: no such input; BAD_ARGUMENT: another rank, or a dimension that the model says otherwise.
 */
SYSTOLE_API enum systole_status systole_model_set_shape(struct systole_context *context, struct systole_model *model, const char *name,
                                                        int rank, const int64_t *dims);

/* ---- Sessions: one model on one device ---- */

/*
 * `device`: where matrix products and convolutions run: "cpu", "sim:16x16" (the simulated RTL), "hls:16x16" (the HLS C), with the driver's options
 * after commas. Everything else runs on the host. All devices give the same bits.
 * fp32 products run on the bf16 array in passes: option "precision=x6" (the default, as accurate as fp32), x3 or x1; "f32" on the cpu alone.
 * The session keeps the model alive by a reference of its own.
 */
SYSTOLE_API enum systole_status systole_session_create(struct systole_context *context, struct systole_model *model,
                                                       const char *device, struct systole_session **session);
/* The same on the device that `other`, of the same context, has open. It is closed with the last of them; systole_session_totals() of each tells of all. */
SYSTOLE_API enum systole_status systole_session_create_beside(struct systole_context *context, struct systole_model *model,
                                                              struct systole_session *other, struct systole_session **session);
/*
 * The session, and those beside it, go on as if they had been created on the device of another string, which differs from its own in the options of a
 * simulated memory alone (bandwidth=16, write_latency=50): what was compiled stays. UNSUPPORTED where it cannot, as with another latency, which programs are
 * chosen by: then a session of its own does. docs/fast-model.md.
 */
SYSTOLE_API enum systole_status systole_session_retime(struct systole_session *session, const char *device);
SYSTOLE_API void systole_session_free(struct systole_session *session);
/* Keeps a reference to the tensor; the tensor must not change until it is replaced or the session freed.
 * An input that has an initialiser may be set too; it replaces the initialiser. (In files of ONNX's IR version 3 such inputs are constants.) */
SYSTOLE_API enum systole_status systole_session_set(struct systole_session *session, const char *name,
                                                    struct systole_tensor *tensor);
SYSTOLE_API enum systole_status systole_session_run(struct systole_session *session);
/*
 * A session on a device as a file: the model and its compiled programs, for devices of the same build and sessions of the same precision.
 * Loading compiles nothing. MISMATCH: another device (both hashes are told) or precision; IO: damaged. UNSUPPORTED: nothing was compiled (on the
 * cpu), or the model has data in other files. A session that is loaded is like the one that was saved, whose inputs have still to be set.
 */
SYSTOLE_API enum systole_status systole_session_save(struct systole_session *session, const char *path);
SYSTOLE_API enum systole_status systole_session_load(struct systole_context *context, const char *path, const char *device,
                                                     struct systole_session **session);
SYSTOLE_API enum systole_status systole_session_load_memory(struct systole_context *context, const void *data, size_t size, const char *device,
                                                            struct systole_session **session);
/* Of the model that a session runs: inputs and outputs as systole_model_input() tells them. Lives as long as the session. */
SYSTOLE_API const struct systole_model *systole_session_model(const struct systole_session *session);
/* The caller gets a reference of its own. */
SYSTOLE_API enum systole_status systole_session_get(struct systole_session *session, const char *name,
                                                    struct systole_tensor **tensor);

/* ---- Inside a model: what each node made, and one node by itself ---- */

struct systole_node_info {
    size_t size;           /* sizeof(struct systole_node_info), set by the caller */
    const char *name, *op; /* as the model calls them */
    int n_outputs;
};

/* Nodes in running order, as they are after the rewrites of loading; texts live as long as the model. */
SYSTOLE_API int systole_model_node_count(const struct systole_model *model);
SYSTOLE_API enum systole_status systole_model_node(const struct systole_model *model, int index, struct systole_node_info *info);
/* The name of a value that the node makes; NULL where there is none. */
SYSTOLE_API const char *systole_model_node_output(const struct systole_model *model, int index, int output);
/*
 * From the next run on: are all values kept? Then it goes node by node, nothing compiled, and systole_session_get() knows every
 * node's values and the inputs.
 */
SYSTOLE_API void systole_session_keep(struct systole_session *session, int wanted);
/* In place of what a node made, or would have made, until the next run; a reference is kept. */
SYSTOLE_API enum systole_status systole_session_put(struct systole_session *session, const char *name, struct systole_tensor *tensor);
/* One node on the values that are there: of the inputs set, of a run that kept them, or put. What it makes takes the place of what was; that stays
 * when the node fails. It is then the one step that systole_session_step() tells. The session has to keep its values. */
SYSTOLE_API enum systole_status systole_session_run_node(struct systole_session *session, int index);

/* What is wrong in a column of the array, by products that stand in each of its rows in turn. */
enum systole_fault_place {
    SYSTOLE_FAULT_ELSEWHERE = 0, /* they are right, or no one PE explains them */
    SYSTOLE_FAULT_PE = 1,        /* the PE at (row, column) */
    SYSTOLE_FAULT_ENTERING = 2,  /* the sums that enter the first row */
    SYSTOLE_FAULT_LEAVING = 3,   /* the sum of the PE in the last row, or the way of results behind it */
    SYSTOLE_FAULT_ROW = 4        /* several columns are wrong, in this row: what feeds it */
};

/* Where the products of a node leave the chains that the host computes. */
struct systole_fault {
    size_t size;               /* sizeof(struct systole_fault), set by the caller */
    uint64_t products, wrong;  /* of the node: on the device, those of them with a wrong sum */
    uint64_t bounded, beyond;  /* fp32, and no array: sums of all its products, those further from the real number than any order of K steps may be */
    /* The rest is of the first wrong one. */
    int is_convolution;
    uint64_t sums, wrong_sums;
    int64_t element;           /* the first wrong sum, as the product's result lies: row by row, or by image, channel, row, column. -1: none */
    double got, wanted;        /* it */
    int64_t length;            /* steps of its chain: padding is none */
    int64_t k;                 /* its chain, run by itself, is right before step k and wrong behind it; -1: by itself it is right */
    int64_t kernel_row, kernel_column, channel; /* of a convolution: what step k multiplies */
    double got_at, wanted_at;  /* partial sums behind step k */
    uint32_t rows, cols;       /* of the array; 0: the device has none, and there is no more to tell */
    uint32_t tile;             /* of the chain by itself, where step k is */
    enum systole_fault_place place;
    uint32_t row, column;      /* of the array: column of the chain; row of the PE */
    uint32_t wrong_columns;    /* of the array's, where all of them do that chain: one is a PE's fault, all are a fault of what a row shares */
};
/* Runs a node as systole_session_run_node() and looks at its products. */
SYSTOLE_API enum systole_status systole_session_locate(struct systole_session *session, int index, struct systole_fault *fault);

/* What a session's runs did so far. */
struct systole_totals {
    size_t size;       /* sizeof(struct systole_totals), set by the caller */
    uint64_t runs;     /* products and convolutions on the device */
    uint64_t on_host;  /* those that the device does not take: each was said to the log with its node and why */
    uint64_t special;  /* those with an infinity or a NaN among their operands, done on the host */
    uint64_t macs;
    uint64_t cycles, busy; /* of the array; 0 where a device has no time */
    uint64_t read_bytes, write_bytes;
    uint64_t rows, cols; /* of the array; 0 on the cpu */
    double waited;       /* seconds from the device's starts to the ends of its programs; a simulated device's own work is in them */
};
SYSTOLE_API enum systole_status systole_session_totals(const struct systole_session *session, struct systole_totals *totals);

/* ---- What each step of a run was ---- */

enum systole_place {
    SYSTOLE_STEP_HOST = 0,
    SYSTOLE_STEP_DEVICE = 1, /* all of it, or a part: then `why` says what the host did of it */
    SYSTOLE_STEP_FUSED = 2   /* done by another step, `into`; cycles and bytes are told there */
};

#define SYSTOLE_COUNTERS 32 /* room for a device's counters; systole_counter_name() says which there are */

struct systole_step {
    size_t size;          /* sizeof(struct systole_step), set by the caller */
    const char *node, *op; /* as the model calls them */
    enum systole_place place;
    const char *why;      /* it, or a part of it, ran on the host; NULL when there is nothing to explain */
    uint64_t into;        /* FUSED: index of the step that does it */
    uint64_t launches;    /* programs started on the device */
    uint64_t on_host, special; /* products on the host, as in struct systole_totals */
    uint64_t macs, cycles, busy, read_bytes, write_bytes;
    uint64_t counter[SYSTOLE_COUNTERS]; /* of the device, over the step */
    double start, seconds; /* by the host's clock, since the run began; a simulated device's own work included */
};

/* Steps of the last run, in the order they ran, those before a failure too; texts are valid until the next run. NOT_FOUND past the last. */
SYSTOLE_API uint64_t systole_session_step_count(const struct systole_session *session);
SYSTOLE_API enum systole_status systole_session_step(const struct systole_session *session, uint64_t index,
                                                     struct systole_step *step);

/* What the compiler made of a node of the model, for the inputs that were last set. */
struct systole_part {
    size_t size; /* sizeof(struct systole_part), set by the caller */
    const char *node, *op;
    enum systole_place place;
    const char *text;      /* DEVICE: how it was cut; HOST: what the device lacks; NULL where there is nothing to tell */
    uint64_t into;         /* FUSED: index of the part that does it */
    uint64_t program;      /* DEVICE, FUSED: which of the session's programs */
    uint64_t first, count; /* DEVICE: its instructions in that program */
    uint64_t macs, bytes_in, bytes_out; /* DEVICE: operands and results, once each */
};

/* In the order they run; NOT_FOUND past the last. */
SYSTOLE_API enum systole_status systole_session_part(const struct systole_session *session, uint64_t index, struct systole_part *part);
/* Copies from a compiled program, at most `room` bytes; *size is all that it has. NOT_FOUND when there is no such program. */
SYSTOLE_API enum systole_status systole_session_program(struct systole_session *session, uint64_t program, uint64_t offset, void *to,
                                                        size_t room, uint64_t *size);

/* An instruction of the last run, for a device that tells when each began and ended: a simulated one, opened with events=1. */
struct systole_instruction {
    size_t size; /* sizeof(struct systole_instruction), set by the caller */
    const char *name, *queue; /* "MATMUL", "COMPUTE" */
    uint64_t launch, index;   /* which program of the run, which of its instructions */
    uint64_t enter, begin, end; /* cycles since the run began, programs without what is between them; UINT64_MAX: never */
};

/* From the next run on: are instructions recorded? */
SYSTOLE_API void systole_session_record(struct systole_session *session, int wanted);
SYSTOLE_API uint64_t systole_session_instruction_count(const struct systole_session *session);
/* NOT_FOUND past the last; NO_MEMORY when memory was short and there were more. */
SYSTOLE_API enum systole_status systole_session_instruction(const struct systole_session *session, uint64_t index,
                                                            struct systole_instruction *instruction);

/* "CYCLES", and what it counts; NULL when there is no such counter. */
SYSTOLE_API const char *systole_counter_name(uint32_t index);
SYSTOLE_API const char *systole_counter_text(uint32_t index);
/* 1 for the counters that divide a run's cycles among them, each cycle counted by exactly one: busy, or a cause of waiting. */
SYSTOLE_API int systole_counter_is_share(uint32_t index);

/* Called during a run, in its thread: `done` of `total` steps are finished, `what` is the next, "" after the last. NULL: no longer. */
typedef void (*systole_progress_fn)(void *user, uint64_t done, uint64_t total, const char *what);
SYSTOLE_API void systole_session_set_progress(struct systole_session *session, systole_progress_fn progress, void *user);

/* ---- Devices ---- */

/* Whether a device can be opened here; the detail says why not. */
SYSTOLE_API enum systole_status systole_device_check(struct systole_context *context, const char *device);

/* A device that was found, or (device NULL) a back end that has none here; `detail` says where, or why not. Texts live as long as the call. */
typedef void (*systole_device_fn)(void *user, const char *backend, const char *purpose, const char *device, const char *detail);
SYSTOLE_API void systole_devices(systole_device_fn each, void *user);

#define SYSTOLE_CAPABILITIES 32 /* room for a device's capability words */

/* What a device can do at most, measured on it now, for a second: multiply-adds out of registers, bytes from and to memory. */
struct systole_roofline {
    size_t size; /* sizeof(struct systole_roofline), set by the caller */
    double fp32_macs, int8_macs, bytes;
    uint32_t threads;
};
/* UNSUPPORTED for what does not run on the processor: an array's limit follows from its size, and a device's clock is not known here. */
SYSTOLE_API enum systole_status systole_roofline(struct systole_context *context, const char *device, struct systole_roofline *roofline);

/* How a device was built; all zero on the cpu. */
struct systole_device_info {
    size_t size; /* sizeof(struct systole_device_info), set by the caller */
    uint32_t rows, cols, has_fp, bus_bytes; /* bus_bytes: a beat of the memory bus */
    uint32_t version;                       /* of the contract */
    uint64_t contract, build;               /* hashes of the contract, and of it with the capabilities */
    uint32_t capability[SYSTOLE_CAPABILITIES];
};
SYSTOLE_API enum systole_status systole_device_query(struct systole_context *context, const char *device,
                                                     struct systole_device_info *info);
/* "ROWS", and what it means; NULL when there is no such capability. */
SYSTOLE_API const char *systole_capability_name(uint32_t index);
SYSTOLE_API const char *systole_capability_text(uint32_t index);
/* The hash of the contract that this library was built for. */
SYSTOLE_API uint64_t systole_contract(void);

/* ---- Programs as text ---- */

#define SYSTOLE_INSTRUCTION_BYTES 128
#define SYSTOLE_INSTRUCTION_TEXT 1024 /* room for any instruction's text */

/* One instruction as a line without its end: whatever the bytes are, they have one. BAD_ARGUMENT when `room` is too small. */
SYSTOLE_API enum systole_status systole_instruction_print(const void *bytes, char *text, size_t room);
/* The same bytes from that line. '#' begins a remark. IO with the detail; NOT_FOUND when the line has no instruction. */
SYSTOLE_API enum systole_status systole_instruction_parse(struct systole_context *context, const char *text, void *bytes);

#ifdef __cplusplus
}
#endif

#endif
